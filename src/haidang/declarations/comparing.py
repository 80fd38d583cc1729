"""Holds what stands stored of a declaration against what a message declares: for those who judge it again."""

from collections.abc import Iterator, Sequence
from typing import Any

from haidang.declarations import store
from haidang.declarations.lookups import DeclarationRows, VersionRows
from haidang.declarations.store.concerned import ENTRUSTMENT, entrustment_rows
from haidang.declarations.terms import Declaration
from haidang.taxes.terms import Assessment

_LINE = store.GOODS_ITEM.columns.index("line_no")


def said_otherwise(
    stored: DeclarationRows, declared: Declaration, assessment: Assessment, version: VersionRows | None = None
) -> tuple[str, ...]:
    """Name each field in which stored rows differ from those that this declaration and its assessment make (who lodged, when and under which number
    apart): `invoice_no 'A' not 'B'`, with what is stored first. Nothing: they are the same.

    `version` compares one amendment instead of the registration.
    """
    its: DeclarationRows | VersionRows = version or stored
    again = store.declaration_row(
        stored.key,
        stored.fact("no11"),
        declared,
        assessment,
        its.fact("declarant_id"),
        its.fact("book_version"),
        stored.fact("registered_at"),
        its.fact("ordinal"),
        version.amendment_no if version else 0,
    )
    items, others = store.item_rows(stored.key, declared, assessment)
    entrusted = entrustment_rows(stored.key, declared, version.amendment_no if version else 0)
    return (
        *_fields(store.DECLARATION.columns[: -store.CHANGING_COLUMNS], its.facts, again),
        *_rows(store.GOODS_ITEM.columns, its.items, items, "line"),
        *_rows(store.OTHER_TAX.columns, its.others, others, "other tax of line"),
        *_rows(ENTRUSTMENT.columns, its.entrusted, entrusted, "entrusting party"),
    )


def _rows(
    columns: Sequence[str], kept: Sequence[tuple[Any, ...]], again: Sequence[tuple[object, ...]], what: str
) -> Iterator[str]:
    if len(kept) != len(again):
        yield f"{what}: {len(kept)} stored, {len(again)} declared"
        return
    for was, now in zip(kept, again, strict=True):
        for told in _fields(columns, was, now):
            yield f"{what} {was[_LINE]} {told}"


def _fields(columns: Sequence[str], was: Sequence[object], now: Sequence[object]) -> Iterator[str]:
    for column, kept, again in zip(columns, was, now, strict=True):
        if kept != again:
            yield f"{column} {kept!r} not {again!r}"
