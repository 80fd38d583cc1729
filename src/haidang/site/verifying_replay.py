"""Judges declarations again from their bytes as received, with law book, criteria, compliance level and draw of their instant."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
from msgspec import Struct

from haidang.clearance.actions import answers
from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.clearance.lookups import rows as clearance
from haidang.clearance.lookups.books import Books
from haidang.clearance.rules.judging import DayBook, Judgement, judge, with_tax_secured
from haidang.clearance.rules.securing import is_secured, secured_until
from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.declarations.comparing import said_otherwise
from haidang.declarations.rules.completing import ground_findings
from haidang.gateway.messages.envelope import decode_draft, decode_lodgement
from haidang.kernel.calendar import vn_date
from haidang.site.verifying_balances import OnServer, reserved
from haidang.site.verifying_interest import check_interest
from haidang.site.verifying_releases import check_releases
from haidang.site.verifying_report import Report
from haidang.site.verifying_rulings import ruled_faults
from haidang.site.verifying_stored import Stored, ruled_by
from haidang.site.verifying_values import check_values
from haidang.site.verifying_versions import check_following, registered_debt
from haidang.tariff.lookups import Shelf
from haidang.taxes.terms import LineTax, TaxKind

KEPT_BOOKS = 4
"""Versions of the law book held at once."""


class Replay:
    """Judges declarations again from their bytes, with the book of their instant."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._books: dict[tuple[int, int | None], Books] = {}
        self._shelf = Shelf()

    def check(self, case: Stored, on_server: OnServer, report: Report) -> bytes | None:
        """Judge a declaration and everything done to it since; return the answer that its registration had to be given, None when it could not be."""
        first, decided = case.messages[0], case.decided[0]
        message: Any = decode_draft(first.raw) if first.journal_seq < REGISTERED_SEQ else decode_lodgement(first.raw)
        declared = getattr(message, "declaration", None)
        if declared is None:
            report.add("replay", case.subject, "the bytes as received are no longer a declaration")
            return None
        at = case.declared.fact("registered_at")
        version = case.declared.fact("book_version")
        day = self._book(version, decided.decision.criteria_version).day(vn_date(at), self._connection)
        ruled = ruled_by(case, REGISTERED_SEQ)
        judged = judge(declared, day, at, decided.decision.level, decided.decision.draw, ruled)
        if not isinstance(judged, Judgement):
            report.add("replay", case.subject, f"is refused today: {[finding.code for finding in judged]}")
            return None
        for fault in ruled_faults(declared, ruled, on_server.rulings, at):
            report.add("rulings", case.subject, fault)
        for finding in ground_findings(declared, decided.decision.level, day.on):
            report.add("replay", case.subject, f"is refused today: {finding.code}")
        if judged.decision != decided.decision:
            told = ", ".join(_fields(decided.decision, judged.decision))
            report.add("replay", case.subject, f"another channel decision: {told}")
        again = [(line.line_no, tax) for line in judged.assessment.lines for tax in line.taxes]
        if differs := _taxes(declarations.taxes_of(case.declared), again):
            report.add("replay", case.subject, f"other taxes: {', '.join(differs)}")
        payable = judged.assessment.payable_vnd
        moved = [movement for movement in case.moved if movement.journal_seq == REGISTERED_SEQ]
        taken = reserved(case.subject, declared, payable, case.declared.key, at, moved, on_server, day, report.add)
        debt, due_on = registered_debt(case.booked), None
        if payable:
            due_on = secured_until(declared, at, day.conditions, [balance for balance, _ in taken])
            if debt and debt[1] != due_on:
                report.add("replay", case.subject, f"the last day to pay is {debt[1]}, not {due_on}")
        if is_secured(declared, decided.decision.level, payable, sum(movement.amount for _, movement in taken)):
            judged = with_tax_secured(judged, day)
        if tuple(int(state) for state in judged.states) != tuple(case.entries[0].states):
            now = [state.name for state in judged.states]
            report.add(
                "replay",
                case.subject,
                f"other states: {[State(each).name for each in case.entries[0].states]} not {now}",
            )
        opened = clearance.opened_rows(case.declared.key, judged.conditions, REGISTERED_SEQ)
        if opened != case.conditions.opened_by(REGISTERED_SEQ):
            kinds = [each.kind.name.lower() for each in judged.conditions]
            report.add("replay", case.subject, f"other conditions: the law opens {kinds}, the rows say otherwise")
        if differs := said_otherwise(case.declared, declared, judged.assessment):
            report.add("replay", case.subject, f"the bytes declare something else: {', '.join(differs)}")
        check_following(case, self.day, on_server, report.add)
        check_releases(case, self.day, on_server, report.add)
        check_values(case, self.day, on_server, report.add)
        check_interest(case, self.day, on_server, report.add)
        return answers.registered(case.declared.fact("no11"), 0, declared, judged, at, version, due_on)

    def day(self, version: int, criteria_version: int, on: date) -> DayBook:
        """Return the law of a day by the books of these versions."""
        return self._book(version, criteria_version).day(on, self._connection)

    def books(self, version: int) -> Books:
        """Return the books of a version with the criteria of now, for what no criterion has to do with."""
        return self._book(version, None)

    def _book(self, version: int, criteria_version: int | None) -> Books:
        """Return the books of a version. Every week brings one, so only those asked for last are kept: declarations come in order of time."""
        key = (version, criteria_version)
        found = self._books.pop(key, None) or Books(self._connection, version, criteria_version, self._shelf)
        self._books[key] = found
        if len(self._books) > KEPT_BOOKS:
            del self._books[next(iter(self._books))]
        return found


def _taxes(kept: list[tuple[int, LineTax]], again: list[tuple[int, LineTax]]) -> tuple[str, ...]:
    """Name each tax that differs by line, tax and field; what is stored comes first."""
    was, now = ({(line_no, tax.kind, tax.measure_id): tax for line_no, tax in taxes} for taxes in (kept, again))
    return tuple(
        f"line {line_no} {TaxKind(kind).name} {told}"
        for line_no, kind, measure_id in sorted(was.keys() | now.keys())
        for told in _fields(was.get((line_no, kind, measure_id)), now.get((line_no, kind, measure_id)))
    )


def _fields(was: Struct | None, now: Struct | None) -> Iterator[str]:
    """Name the fields in which two structs of one kind differ; one that is missing altogether is named so."""
    if was is None or now is None:
        yield "is stored and not due" if now is None else "is due and not stored"
        return
    for name in was.__struct_fields__:
        if getattr(was, name) != getattr(now, name):
            yield f"{name} {getattr(was, name)!r} not {getattr(now, name)!r}"
