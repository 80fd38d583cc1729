"""Kinds of declaration (mã loại hình) of QĐ 1357/QĐ-TCHQ: their direction, and what each asks of the declaration.

Codes and directions are known before any law book is read, because the direction decides how a message is read. What a kind asks for is dated data of
the law book (`declaration_kind`): the date by which goods must leave or return, the earlier declaration, transport in bond.
"""

from collections.abc import Mapping
from functools import cache

from haidang.declarations.rules.fields import rows_of
from haidang.declarations.rules.wording import about_header
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding
from haidang.reference.terms import CodeValue


@cache
def _column(column: str, value: str) -> frozenset[str]:
    return frozenset(row["code"] for row in rows_of("kinds.csv") if row[column] == value)


EXPORT_KINDS = _column("direction", "export")
IMPORT_KINDS = _column("direction", "import")
ACCEPTED_KINDS = IMPORT_KINDS | EXPORT_KINDS
"""All kinds of the decision. A kind of which the law book of the day does not say how it is taxed is refused all the same: `is_taxable`."""
_TAXED_BY_EVERY_BOOK = frozenset(("A11", "B11"))
"""Trade for consumption and for export: taxed by the tariff, also by law books that say nothing of kinds."""
EXTENDED_KINDS = ACCEPTED_KINDS - _TAXED_BY_EVERY_BOOK
"""Kinds that ask for more than plain trade."""
_YES, _NO = "yes", "no"


def is_export(kind_code: str) -> bool:
    """Whether a kind is of the export direction. An unknown kind counts as import; `checking.check` names it."""
    return kind_code in EXPORT_KINDS


def is_taxable(kind: CodeValue) -> bool:
    """Whether the law book of the day says how a kind is taxed."""
    return kind.code in _TAXED_BY_EVERY_BOOK or "taxed" in kind.attributes


def taxable(kinds: Mapping[str, CodeValue]) -> list[str]:
    """Return the kinds that the law book of the day accepts, in the order of their codes."""
    return sorted(code for code in kinds if is_taxable(kinds[code]))


def check_kind(declared: Declaration, kind: CodeValue, found: list[Finding]) -> None:
    """Append what a kind asks for and the declaration lacks, or what it does not allow.

    VNACCS R1000 to R1003, R1058; source: attributes of `declaration_kind`, read from the names of the kinds and from the guides of 2014.
    """
    asks = kind.attributes
    code = kind.code
    earlier = asks.get("needs_earlier_declaration", _NO)
    if earlier == _YES and not declared.particulars.temporary_declaration_no:
        kinds = asks.get("earlier_kind", "").replace(" ", ", ")
        found.append(about_header("R1000", code=code, kinds=kinds))
    elif earlier == _NO and declared.particulars.temporary_declaration_no:
        found.append(about_header("R1001", code=code))
    due = asks.get("temporary", _NO)
    if due == _YES and declared.particulars.return_due_on is None:
        found.append(about_header("R1003", code=code))
    elif due == _NO and declared.particulars.return_due_on is not None:
        found.append(about_header("R1002", code=code))
    if asks.get("combined_transport", _NO) == _NO and declared.particulars.transport_start_on is not None:
        found.append(about_header("R1058", code=code))
