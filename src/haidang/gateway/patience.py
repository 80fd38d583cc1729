"""Patience: how long a lane waits for the rest of a message. One timer looks after all that wait: one for each would cost more than reading it."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

_LOOK_S = 1.0
_T = TypeVar("_T")


class Patience:
    """Ends what takes longer than `seconds`, at most a second late. Used from one event loop, inside tasks."""

    def __init__(self, seconds: float, look_s: float = _LOOK_S) -> None:
        self._seconds = seconds
        self._look_s = look_s
        # In the order of their beginning, which is the order of their ends.
        self._until: dict[asyncio.Task[Any], float] = {}
        self._ended: set[asyncio.Task[Any]] = set()
        self._is_looking = False

    async def wait(self, answer: Awaitable[_T]) -> _T:
        """Return what is awaited; a task waits for one thing at a time.

        Raises:
            TimeoutError: it took too long.
        """
        task = asyncio.current_task()
        assert task is not None, "a lane answers each request in a task of its own"
        loop = task.get_loop()
        self._until[task] = loop.time() + self._seconds
        if not self._is_looking:
            self._look_later(loop)
        try:
            return await answer
        except asyncio.CancelledError:
            # Whoever else cancelled the task is obeyed, even when the time was over too.
            if task in self._ended and not task.uncancel():
                raise TimeoutError from None
            raise
        finally:
            del self._until[task]
            self._ended.discard(task)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking = True
        loop.call_later(self._look_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, until in self._until.items():
            if until > now:
                break
            if task not in self._ended:
                self._ended.add(task)
                task.cancel()
        self._is_looking = False
        if self._until:
            self._look_later(loop)
