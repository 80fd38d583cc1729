"""Reads and marks a file of others in a process of its own, with little memory and time: `python -m haidang.gateway.sheets.apart`.

Standard input is one line of JSON (`Task`) and then the file. Standard output is JSON (`Found`) for `read`, a workbook for `mark`. What a file costs, its process
pays; the lane that asked goes on.
"""

import resource
import subprocess
import sys
from typing import Any

import msgspec
from msgspec import Struct

from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.sheets import guarding, reading, writing
from haidang.kernel.findings import Finding

MEMORY = 1_500_000_000
"""Bytes of address space; the largest workbook that is opened takes a third."""
SECONDS = 30
_MODULE = "haidang.gateway.sheets.apart"


TOO_MUCH = 3
"""Exit status of a process that had too little memory for its file, or cannot mark it. One that had too little time ends by a signal."""


class Failed(Exception):
    """The process failed by a fault of ours; what it wrote of it."""


class Task(Struct, frozen=True):
    """What is to be done: read, or mark these findings in the file."""

    mark: bool = False
    findings: list[Finding] = []


class Found(Struct, frozen=True):
    """What was read; or, with `refused`, why nothing was. `places` gives the cell of each pointer."""

    declaration: dict[str, Any] = {}
    findings: list[Finding] = []
    places: dict[str, str] = {}
    refused: Undecodable | None = None


def read(raw: bytes) -> Found:
    """Read a file apart."""
    done = _run(Task(), raw)
    return Found(refused=guarding.TOO_MUCH) if done is None else msgspec.json.decode(done, type=Found)


def marked(raw: bytes, findings: list[Finding]) -> bytes | None:
    """Mark findings in a file, apart; None when it cannot be done."""
    return _run(Task(True, findings), raw)


def _run(task: Task, raw: bytes) -> bytes | None:
    """Return what the process wrote; None when it ran out of memory or time, or was refused."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", _MODULE],
            input=msgspec.json.encode(task) + b"\n" + raw,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode > 0 and done.returncode != TOO_MUCH:
        raise Failed(done.stderr.decode(errors="replace")[-4_000:])
    return done.stdout if done.returncode == 0 else None


def main() -> int:
    """Do the task on the standard input; return the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        return _do()
    except MemoryError:
        return TOO_MUCH


def _do() -> int:
    given = sys.stdin.buffer.read()
    head, _, raw = given.partition(b"\n")
    task = msgspec.json.decode(head, type=Task)
    found = reading.read(raw)
    if task.mark:
        made = writing.annotated(raw, None if isinstance(found, Undecodable) else found, task.findings)
        if isinstance(made, Undecodable):
            return TOO_MUCH
        sys.stdout.buffer.write(made)
        return 0
    if isinstance(found, Undecodable):
        told = Found(refused=found)
    else:
        places = {pointer: str(place) for pointer, place in found.places.items()}
        told = Found(found.declaration, found.findings, places)
    sys.stdout.buffer.write(msgspec.json.encode(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
