"""The 300 declarations that come with the platform: messages as a trader would send them, to be signed with keys of the demo country."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

SHIPPED = "declarations-300.jsonl.gz"
SHIPPED_INDEX = "declarations-300.csv"
INDEX_COLUMNS = ("message_id", "sender", "trader_code", "kind_code", "lines", "without_rate", "sha256")


class Sample(Struct, frozen=True, kw_only=True):
    """One of the 300 declarations that come with the platform: the message as bytes, and what is known of it.

    `kind_code` A11 or B11; `without_rate` says that some line has no rate on file, so that customs must close a condition;
    `sha256` is that of the message, in hexadecimal.
    """

    message_id: str
    sender: str
    trader_code: str
    kind_code: str
    lines: int
    without_rate: bool
    message: bytes
    sha256: str


def demo_folder() -> Path:
    """Return the folder of the shipped samples: `demo/` inside the package when it was built with it, else at the top of the checkout.

    Raises:
        FileNotFoundError: neither holds them.
    """
    package = Path(__file__).resolve().parents[2]
    for place in (package / "demo", package.parents[1] / "demo"):
        if (place / SHIPPED).is_file():
            return place
    raise FileNotFoundError(f"no {SHIPPED} in {package / 'demo'} or {package.parents[1] / 'demo'}")


def shipped_messages() -> Iterator[Sample]:
    """Yield the 300 declarations that come with the platform, in their order; nothing outside the repository is needed."""
    folder = demo_folder()
    with (
        gzip.open(folder / SHIPPED, "rb") as messages,
        open(folder / SHIPPED_INDEX, encoding="utf-8", newline="") as index,
    ):
        for known, line in zip(csv.DictReader(index), messages, strict=True):
            yield Sample(
                message_id=known["message_id"],
                sender=known["sender"],
                trader_code=known["trader_code"],
                kind_code=known["kind_code"],
                lines=int(known["lines"]),
                without_rate=known["without_rate"] == "yes",
                message=line.rstrip(b"\n"),
                sha256=known["sha256"],
            )
