"""Choosing the samples that come with the platform: `python -m haidang.site.demo.ship SOURCE` writes them anew, the same bytes each time.

300 declarations: 253 imports and 27 exports whose every line has its rates on file, and 20 (17 imports, 3 exports) with a line that has none on purpose,
so that customs must determine it. Lines of tiny value, and goods under quota or a tax whose amount is not on file, are left out of the former.
"""

import csv
import gzip
import hashlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from haidang.site.demo.korean_codes import TRANSPORT_MODES
from haidang.site.demo.korean_rows import Row, groups, read_rows
from haidang.site.demo.mapper import DEMO_DAY, Mapped, Mapper, MapReport
from haidang.site.demo.samples import INDEX_COLUMNS, SHIPPED, SHIPPED_INDEX
from haidang.tariff.terms import TariffEntry

SERIES = "MAU300"
IMPORTS_BY_LINES = ((1, 1, 88), (2, 3, 74), (4, 9, 60), (10, 25, 26), (26, 60, 5))
"""Least and most lines, and how many imports with rates of that size."""
EXPORTS_BY_LINES = ((1, 1, 9), (2, 9, 15), (10, 60, 3))
IMPORTS_WITHOUT_RATE, EXPORTS_WITHOUT_RATE = 17, 3
LEAST_LINE_WON_E4 = 5_000 * 10_000
LEAST_TOTAL_WON_E4 = 500_000 * 10_000

Choice = tuple[list[Row], bool]
"""Rows of one declaration, and whether it is an export."""


def choose(path: Path) -> list[Mapped]:
    """Return the samples, chosen from a source file by the hash of each group's first row: no order of the file shows through."""
    mapper = Mapper(DEMO_DAY)
    whole = [[row for row in group if _worth_showing(row)] for group in groups(read_rows(path))]
    shuffled = sorted((group for group in whole if group), key=_hash)
    taken: set[str] = set()
    chosen: list[Choice] = []
    for is_export, sizes in ((False, IMPORTS_BY_LINES), (True, EXPORTS_BY_LINES)):
        complete = list(_with_rates(mapper, shuffled, is_export))
        for least, most, count in sizes:
            of_size = [rows for rows in complete if least <= len(rows) <= most]
            chosen += _take(of_size, taken, count, is_export)
    for is_export, count in ((False, IMPORTS_WITHOUT_RATE), (True, EXPORTS_WITHOUT_RATE)):
        lacking = _lacking_a_rate(mapper, shuffled, is_export)
        chosen += _take(lacking, taken, count, is_export)
    chosen.sort(key=lambda choice: _hash(choice[0]))
    report = MapReport()
    samples = [
        mapper.declaration(ordinal, rows, report, is_export=is_export, keep_without_rate=True, series=SERIES)
        for ordinal, (rows, is_export) in enumerate(chosen, 1)
    ]
    assert not report.misses, "every chosen row becomes a line"
    return [sample for sample in samples if sample is not None]


def write(samples: list[Mapped], folder: Path) -> None:
    """Write messages and index into a folder, the same bytes for the same samples."""
    messages = [sample.message() for sample in samples]
    with open(folder / SHIPPED, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        for message in messages:
            packed.write(message + b"\n")
    with open(folder / SHIPPED_INDEX, "w", encoding="utf-8", newline="") as text:
        index = csv.writer(text, lineterminator="\n")
        index.writerow(INDEX_COLUMNS)
        for sample, message in zip(samples, messages, strict=True):
            declared = sample.declaration
            index.writerow(
                (
                    *(sample.message_id, sample.sender, declared.trader_code, declared.kind_code, len(declared.items)),
                    *("yes" if sample.without_rate else "no", hashlib.sha256(message).hexdigest()),
                )
            )


def _worth_showing(row: Row) -> bool:
    return (
        row.price_won_e4 >= LEAST_LINE_WON_E4
        and row.mode in TRANSPORT_MODES
        and "ZZ" not in (row.origin, row.departure)
    )


def _hash(rows: list[Row]) -> str:
    return hashlib.sha256(rows[0].row_id.encode()).hexdigest()


def _with_rates(mapper: Mapper, shuffled: Iterable[list[Row]], is_export: bool) -> Iterator[list[Row]]:
    """Yield of each group the rows whose every rate is on file."""
    for group in shuffled:
        rows = [row for row in group if _entry_is_complete(mapper, row, is_export)]
        if rows and sum(row.price_won_e4 for row in rows) >= LEAST_TOTAL_WON_E4:
            yield rows


def _lacking_a_rate(mapper: Mapper, shuffled: Iterable[list[Row]], is_export: bool) -> Iterator[list[Row]]:
    """Yield the groups that have a row without any rate on file, that row with at most two others."""
    for group in shuffled:
        known = [row for row in group if mapper.code_of(row.hs6, is_export)]
        lacking = [row for row in known if not _is_priced(mapper, row, is_export)]
        if lacking and sum(row.price_won_e4 for row in lacking) >= LEAST_TOTAL_WON_E4:
            others = [row for row in known if row not in lacking and _entry_is_complete(mapper, row, is_export)]
            yield [*lacking[:3], *others[:3]]


def _take(groups_of_rows: Iterable[list[Row]], taken: set[str], count: int, is_export: bool) -> list[Choice]:
    found: list[Choice] = []
    for rows in groups_of_rows:
        if len(found) < count and rows[0].importer not in taken:
            taken.add(rows[0].importer)
            found.append((rows, is_export))
    assert len(found) == count, f"the source has only {len(found)} of {count} such declarations"
    return found


def _is_priced(mapper: Mapper, row: Row, is_export: bool) -> bool:
    found = mapper.code_of(row.hs6, is_export)
    return found is not None and found[1]


def _entry_is_complete(mapper: Mapper, row: Row, is_export: bool) -> bool:
    found = mapper.code_of(row.hs6, is_export)
    return found is not None and found[1] and _asks_nothing_unknown(mapper.tariff.entries[found[0]])


def _asks_nothing_unknown(entry: TariffEntry) -> bool:
    charges = (*entry.special_consumption, *entry.environment, *entry.trade_remedies)
    return not entry.quota and all(charge.rate is not None for charge in charges)


def main(arguments: list[str]) -> int:
    """Write the samples of SOURCE into FOLDER. Returns the exit code: 0 done, 2 wrong use."""
    if len(arguments) != 2:
        print("usage: python -m haidang.site.demo.ship SOURCE FOLDER")
        return 2
    samples = choose(Path(arguments[0]))
    write(samples, Path(arguments[1]))
    print(f"{len(samples)} declarations, {sum(len(sample.row_ids) for sample in samples)} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
