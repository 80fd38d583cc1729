"""The rows of the source: synthetic import declarations of the Korea Customs Service (MIT licence, see NOTICE). One row is one goods line."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from msgspec import Struct

from haidang.site.demo.korean_codes import seen_from_viet_nam

LINES_PER_DECLARATION = 60

_LEAST_MASS_G = 50
"""The set rounds to 0.1 kg: a mass of 0.0 is taken as half of that."""
_TO_GRAMS = Decimal(1000)
_TO_E4 = Decimal(10_000)


class Row(Struct, frozen=True, kw_only=True):
    """One row of the source, as far as it is used. `price_won_e4` ten-thousandths of a won, `net_mass_g` grams."""

    row_id: str
    importer: str
    seller: str
    office: str
    mode: str
    payment: str
    hs6: str
    departure: str
    origin: str
    claims_preference: bool
    net_mass_g: int
    price_won_e4: int


COLUMNS = (
    "row_id", "Importer ID", "Seller ID", "Office ID", "Mode of Transport", "Payment Type", "HS6 Code", "Country of Departure",
    "Country of Origin", "Tax Type", "Net Mass", "Item Price",
)  # fmt: skip
"""The columns of the source file that are read."""


class NotTheSource(Exception):
    """The file is not the one that is read here; names what it lacks."""


def read_rows(path: Path) -> list[Row]:
    """Return the rows of the source file in its order.

    Raises:
        NotTheSource: it has other columns, or is no text.
    """
    raw = path.read_bytes()
    try:
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError):
        raise NotTheSource(f"{path}: không phải tệp CSV · is no CSV file") from None
    table = csv.DictReader(io.StringIO(text))
    if absent := [name for name in COLUMNS if name not in (table.fieldnames or ())]:
        raise NotTheSource(f"{path}: thiếu cột · columns missing: {', '.join(absent)}")
    return [
        Row(
            row_id=row["row_id"],
            importer=row["Importer ID"],
            seller=row["Seller ID"],
            office=row["Office ID"],
            mode=row["Mode of Transport"],
            payment=row["Payment Type"],
            hs6=row["HS6 Code"],
            departure=seen_from_viet_nam(row["Country of Departure"]),
            origin=seen_from_viet_nam(row["Country of Origin"]),
            claims_preference=row["Tax Type"].startswith("F"),
            net_mass_g=_scaled(row["Net Mass"], _TO_GRAMS) or _LEAST_MASS_G,
            price_won_e4=_scaled(row["Item Price"], _TO_E4),
        )
        for row in table
    ]


def groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each importer, importers in order of first appearance, cut at 60 rows."""
    of_importer: dict[str, list[Row]] = {}
    for row in rows:
        of_importer.setdefault(row.importer, []).append(row)
    for own in of_importer.values():
        for start in range(0, len(own), LINES_PER_DECLARATION):
            yield own[start : start + LINES_PER_DECLARATION]


def _scaled(text: str, factor: Decimal) -> int:
    return int((Decimal(text) * factor).to_integral_value(ROUND_HALF_UP))
