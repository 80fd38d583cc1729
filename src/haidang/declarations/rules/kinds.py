"""Kinds of declaration (mã loại hình) of QĐ 1357/QĐ-TCHQ: their direction, and which of them this release accepts."""

from functools import cache

from haidang.declarations.rules.fields import rows_of


@cache
def _column(column: str, value: str) -> frozenset[str]:
    return frozenset(row["code"] for row in rows_of("kinds.csv") if row[column] == value)


EXPORT_KINDS = _column("direction", "export")
IMPORT_KINDS = _column("direction", "import")
ACCEPTED_KINDS = _column("accepted", "yes")


def is_export(kind_code: str) -> bool:
    """Whether a kind is of the export direction. An unknown kind counts as import; `checking.check` names it."""
    return kind_code in EXPORT_KINDS
