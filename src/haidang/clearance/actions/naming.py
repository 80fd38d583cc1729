"""What a declaration names by number: earlier declarations (temporary import and what follows it) and documents. Read once for a batch, and checked."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from haidang.clearance.actions import answers
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.declarations.rules.earlier import check_earlier
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.documents import lookups as documents
from haidang.documents.rules.wording import unknown_document
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.organisation.rules import is_party_code
from haidang.parties.standing import Standings
from haidang.platform.db import Transaction

Read = Callable[[bytes], Declaration]
"""Turns a message as received into what it declares."""
Earlier = Mapping[tuple[int, int], EarlierDeclaration]
"""Declarations that others name, by (shard, 11-digit number)."""


class Named(Struct, frozen=True):
    """What declarations of a batch name: earlier declarations, and for whom documents were given, by number."""

    earlier: Earlier = {}
    documents: Mapping[str, str] = {}


def read_named(transaction: Transaction, declared: Iterable[Declaration]) -> Named:
    """Return what these name; most name nothing, and nothing is asked."""
    earlier: set[tuple[int, int]] = set()
    numbers: set[str] = set()
    for each in declared:
        its = each.particulars
        if its.temporary_declaration_no:
            earlier.add(_key(each))
        if its.attachments:
            numbers.update(attachment.attachment_no for attachment in its.attachments)
    return Named(
        declarations.earlier(transaction, sorted(earlier)) if earlier else {},
        documents.traders_of(transaction.connection, numbers) if numbers else {},
    )


def named_findings(declared: Declaration, named: Named, day: DayBook) -> tuple[Finding, ...]:
    """Return what is wrong with what a declaration names; nothing when it names nothing."""
    findings: tuple[Finding, ...] = ()
    if declared.particulars.temporary_declaration_no:
        findings = _earlier_findings(declared, named, day)
    if declared.particulars.attachments:
        places = [
            (each.attachment_no, f"/declaration/attachments/{place}/attachment_no")
            for place, each in enumerate(declared.particulars.attachments)
        ]
        findings += document_findings(places, declared.trader_code, named.documents)
    return findings


def entrusting_findings(declared: Declaration, standings: Standings) -> tuple[Finding, ...]:
    """Return E8001 when who entrusted a declaration is nobody in the directory; a code that is no tax code is told by the declaration's own rules."""
    code = declared.entrusting_party_code
    if not code or code in standings.traders or not is_party_code(code):
        return ()
    return (answers.unknown_trader(code, "/declaration/entrusting_party_code"),)


def document_findings(
    places: Sequence[tuple[str, str]], trader_code: str, documents: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Return a finding for each (number, pointer) that names no document of the trader: none at all, or another's."""
    return tuple(
        unknown_document(number, pointer) for number, pointer in places if documents.get(number) != trader_code
    )


def _earlier_findings(declared: Declaration, named: Named, day: DayBook) -> tuple[Finding, ...]:
    earlier = named.earlier.get(_key(declared))
    kind = day.codes.lists["declaration_kind"].get(declared.kind_code)
    is_cancelled = earlier is not None and State(earlier.state) is State.CANCELLED
    return check_earlier(declared, earlier, kind, is_cancelled=is_cancelled)


def _key(declared: Declaration) -> tuple[int, int]:
    """Return shard and 11 digits of the earlier declaration: it is the same trader's, so it lies on the same shard."""
    return shard_of(declared.trader_code), int(declared.particulars.temporary_declaration_no[:11])
