"""Processes of the bench: started with one JSON order on standard input, ended with the block whatever happens."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

_PATIENCE_S = 5.0


class ChildFailed(Exception):
    """A process of the bench ended with an error; what it said stands on standard error above."""


@contextmanager
def child(module: str, order: object, descriptors: Sequence[int] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m module` for a block, with open files passed on. Ended by its own process id when the block ends before it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=descriptors,
        # Ctrl-C at a terminal reaches the bench alone, which then ends its children in order.
        start_new_session=True,
    )
    try:
        tell(process, order)
        yield process
    except BaseException:
        process.terminate()
        raise
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tell(process: subprocess.Popen[bytes], order: object) -> None:
    """Send one line of JSON to a child."""
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(order) + b"\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[bytes]) -> Any:
    """Return the next line of JSON a child says (`Any`: each of the two programs has words of its own).

    Raises:
        ChildFailed: it ended without a word.
    """
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise ChildFailed(f"{process.args!r} ended with status {process.wait()}")
    return msgspec.json.decode(line)


def cores() -> int:
    """Return how many processors the bench may use."""
    return len(os.sched_getaffinity(0))
