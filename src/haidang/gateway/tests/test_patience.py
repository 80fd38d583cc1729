"""How long a lane waits for the rest of a message."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from haidang.gateway.patience import Patience

_T = TypeVar("_T")
_LONG, _SHORT, _LOOK = 60.0, 0.02, 0.005


def _run(asked: Callable[[], Awaitable[_T]]) -> _T:
    async def within() -> _T:
        return await asked()

    return asyncio.run(asyncio.wait_for(within(), 10))


def test_what_comes_in_time_is_handed_on():
    async def asked() -> list[bytes]:
        patience = Patience(_LONG)

        async def body(number: int) -> bytes:
            await asyncio.sleep(0)
            return b"%d" % number

        return await asyncio.gather(*(asyncio.create_task(patience.wait(body(number))) for number in range(3)))

    assert _run(asked) == [b"0", b"1", b"2"]


def test_what_does_not_come_is_ended_and_what_comes_beside_it_is_not():
    async def asked() -> list[bytes | BaseException]:
        patience = Patience(_SHORT, _LOOK)
        never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        soon: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waits = [asyncio.create_task(patience.wait(each)) for each in (never, soon, never)]
        asyncio.get_running_loop().call_soon(soon.set_result, b"here")
        return await asyncio.gather(*waits, return_exceptions=True)

    first, second, third = _run(asked)
    assert isinstance(first, TimeoutError) and second == b"here" and isinstance(third, TimeoutError)


def test_the_task_goes_on_after_its_wait_was_ended():
    async def asked() -> tuple[str, int]:
        patience = Patience(_SHORT, _LOOK)

        async def answer() -> tuple[str, int]:
            try:
                await patience.wait(asyncio.get_running_loop().create_future())
            except TimeoutError:
                await asyncio.sleep(4 * _SHORT)
                task = asyncio.current_task()
                assert task is not None
                return "too slow", task.cancelling()
            return "in time", 0

        return await asyncio.create_task(answer())

    assert _run(asked) == ("too slow", 0)


def test_a_task_that_somebody_else_cancels_is_cancelled():
    async def asked() -> None:
        patience = Patience(_LONG)
        task = asyncio.create_task(patience.wait(asyncio.get_running_loop().create_future()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        _run(asked)


def test_after_a_pause_without_anybody_waiting_it_looks_again():
    async def asked() -> int:
        patience, ended = Patience(_SHORT, _LOOK), 0
        for _ in range(2):
            try:
                await patience.wait(asyncio.get_running_loop().create_future())
            except TimeoutError:
                ended += 1
            await asyncio.sleep(4 * _LOOK)
        return ended

    assert _run(asked) == 2


def test_a_fault_in_what_is_awaited_is_told_as_it_is():
    async def asked() -> None:
        async def torn() -> bytes:
            raise ConnectionError("gone")

        await Patience(_LONG).wait(torn())

    with pytest.raises(ConnectionError, match="gone"):
        _run(asked)
