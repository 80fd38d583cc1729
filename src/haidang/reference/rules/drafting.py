"""Drafts as pure functions: rows to cells and back, a book with the changed rows put in, and what is wrong with a draft."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from haidang.kernel.money import format_scaled
from haidang.reference.rules.changing import Row
from haidang.reference.rules.checking import broken, check
from haidang.reference.rules.reading import (
    KEY_COLUMNS,
    Table,
    read_codes,
    read_holidays,
    read_instruments,
    read_lists,
    read_parameters,
    read_tariff_lines,
)
from haidang.reference.terms import (
    BEGINNING,
    Book,
    Citation,
    CodeList,
    CodeValue,
    DraftRow,
    Holiday,
    Instrument,
    Parameter,
    Problem,
    TariffLine,
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "instruments": (
        *("number", "kind", "title_vi", "issuer", "issued_on", "in_force_from", "in_force_until", "suspended_from"),
        *("suspended_until", "verified", "source", "note"),
    ),
    "parameters": ("name", "value", "unit", "from", "until", "instrument", "article", "verified", "note"),
    "holidays": ("date", "name_vi", "working", "computed", "instrument", "article", "verified"),
    "tariff_lines": (
        *(
            "commodity_code",
            "schedule",
            "from",
            "until",
            "rate",
            "specific",
            "currency",
            "unit",
            "instrument",
            "article",
        ),
        *("verified", "note"),
    ),
    "lists": ("list", "name_vi", "name_en", "source", "verified", "packed", "note"),
}
"""The columns of each table but those of code lists, which may have attributes beside those all lists have."""

OF_TARIFF = frozenset(("tariff_schedule", "vat_code", "unit"))
"""Lists that the schedules of the tariff are read with: they change with the files, so that the tariff is read again."""


def cells_of(row: Row) -> dict[str, str]:
    """Return a row of the book as the files write it: every column, dates as 2026-03-02, yes and no."""
    match row:
        case Instrument():
            return {name: _cell(getattr(row, name)) for name in COLUMNS["instruments"]}
        case Parameter():
            period = (row.valid_from, row.valid_until)
            return _cells("parameters", row.name, row.value, row.unit, *period, *_law(row.citation), row.note)
        case Holiday():
            instrument, article, verified = _law(row.citation)
            return _cells("holidays", row.on, row.name_vi, row.working, row.computed, instrument, article, verified)
        case TariffLine():
            specific = format_scaled(row.specific_e4, 4) if row.specific_e4 else ""
            rate = (row.rate, specific, row.currency_code, row.unit_code)
            key = (row.commodity_code, row.schedule_code, row.valid_from, row.valid_until)
            return _cells("tariff_lines", *key, *rate, *_law(row.citation), row.note)
        case CodeList():
            names = (row.name, row.name_vi, row.name_en)
            return _cells("lists", *names, row.source, row.verified, row.packed, row.note)
        case CodeValue():
            said = ("code", "name_vi", "name_en", "valid_from", "valid_until", "source", "verified", "sample")
            return {name: _cell(getattr(row, name)) for name in said} | dict(row.attributes)


def key_of(table: str, cells: Mapping[str, str]) -> tuple[str, ...]:
    """Return the key of a row of a table, by the columns that tell its rows apart."""
    return tuple(cells.get(column, "").strip() for column in KEY_COLUMNS[table.partition("/")[0]])


def row_of(table: str, cells: Mapping[str, str], lists: Mapping[str, CodeList]) -> Row:
    """Return what cells say as a row of a table; `lists` are those of the book.

    Raises:
        UnreadableLawbook: a cell cannot be read; the message names table, key and column.
    """
    one = Table(f"{table} {' '.join(filter(None, key_of(table, cells)))}", tuple(cells), [tuple(cells.values())])
    name = table.partition("/")[2]
    if name:
        return read_codes(lists[name], one)[0]
    readers: Mapping[str, Callable[[Table], Sequence[Row]]] = {
        "instruments": read_instruments,
        "parameters": read_parameters,
        "holidays": read_holidays,
        "lists": read_lists,
        "tariff_lines": read_tariff_lines,
    }
    return readers[table](one)[0]


def index(book: Book) -> dict[tuple[str, tuple[str, ...]], Row]:
    """Return every row of a book by table and key."""
    every: tuple[Row, ...] = (
        *book.instruments,
        *book.parameters,
        *book.holidays,
        *book.lists,
        *book.codes,
        *book.lines,
    )
    return {place_of(row): row for row in every}


def place_of(row: Row) -> tuple[str, tuple[str, ...]]:
    """Return the table and the key of a row."""
    match row:
        case Instrument():
            return "instruments", (row.number,)
        case Parameter():
            return "parameters", (row.name, _cell(row.valid_from))
        case Holiday():
            return "holidays", (row.on.isoformat(),)
        case TariffLine():
            return "tariff_lines", (row.commodity_code, row.schedule_code, row.valid_from.isoformat())
        case CodeList():
            return "lists", (row.name,)
        case CodeValue():
            return f"codes/{row.list_name}", (row.code, _cell(row.valid_from))


def merged(book: Book, rows: Sequence[DraftRow]) -> Book:
    """Return a book with the rows of a draft put in; its digest stays that of the book.

    Raises:
        UnreadableLawbook: a cell of the draft cannot be read.
    """
    every = index(book)
    lists = {row.name: row for row in book.lists}
    for changed in sorted(rows, key=lambda row: row.table != "lists"):
        place = (changed.table, changed.key)
        if changed.cells is None:
            every.pop(place, None)
            continue
        made = row_of(changed.table, changed.cells, lists)
        every[place] = made
        if isinstance(made, CodeList):
            lists[made.name] = made
    said = list(every.values())
    return replace(
        book,
        instruments=tuple(row for row in said if isinstance(row, Instrument)),
        parameters=tuple(row for row in said if isinstance(row, Parameter)),
        holidays=tuple(row for row in said if isinstance(row, Holiday)),
        lists=tuple(row for row in said if isinstance(row, CodeList)),
        codes=tuple(row for row in said if isinstance(row, CodeValue)),
        lines=tuple(row for row in said if isinstance(row, TariffLine)),
    )


def misplaced(book: Book, table: str, cells: Iterable[str]) -> list[Problem]:
    """Return why a row cannot stand in a table: there is none of that name, the tariff is read with it, or it has no such column."""
    name = table.partition("/")[2]
    place = (table, ())
    if table not in COLUMNS and (not table.startswith("codes/") or name not in {row.name for row in book.lists}):
        return [broken("table_unknown", place, what=table)]
    if name in OF_TARIFF:
        return [broken("tariff_reads_it", place, what=table)]
    if name:
        return []
    return [broken("column_unknown", place, what=table, column=cell) for cell in cells if cell not in COLUMNS[table]]


def problems_of_draft(base_version: int, base: Book, newest: Book, rows: Sequence[DraftRow]) -> list[Problem]:
    """Return everything that keeps a draft from being published on the newest book: rules of drafts, then those of the book with its rows in it.

    Raises:
        UnreadableLawbook: a cell of the draft cannot be read.
    """
    if not rows:
        return [broken("draft_empty", ("draft", ()), what="draft")]
    was, now, after = index(base), index(newest), merged(newest, rows)
    said = index(after)
    found = []
    for row in rows:
        place, what = (row.table, row.key), f"{row.table} {' '.join(filter(None, row.key))}"
        if was.get(place) != now.get(place):
            found.append(broken("row_stale", place, what=what, version=base_version))
        elif row.cells is None and place not in now:
            found.append(broken("row_unknown", place, what=what))
        elif now.get(place) == said.get(place):
            found.append(broken("row_changes_nothing", place, what=what))
    return [*found, *check(after)]


def unwritten(files: Book, published: Mapping[int, Sequence[DraftRow]]) -> list[Problem]:
    """Return the rows of published drafts (by number, in order) that the files do not say: loading the files would take them back unseen."""
    said, lists = index(files), {row.name: row for row in files.lists}
    last = {(row.table, row.key): (draft, row) for draft, rows in published.items() for row in rows}
    found = []
    for place, (draft, row) in last.items():
        known = row.cells is None or "/" not in row.table or row.table.partition("/")[2] in lists
        wanted = row_of(row.table, row.cells, lists) if row.cells is not None and known else None
        if not known or said.get(place) != wanted:
            what = f"{row.table} {' '.join(filter(None, row.key))}"
            found.append(broken("draft_not_written", place, what=what, draft=draft))
    return found


def _cells(table: str, *values: object) -> dict[str, str]:
    return dict(zip(COLUMNS[table], map(_cell, values), strict=True))


def _law(citation: Citation) -> tuple[str, str, bool]:
    return citation.instrument, citation.article, citation.verified


def _cell(value: object) -> str:
    if value is None or value == BEGINNING:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
