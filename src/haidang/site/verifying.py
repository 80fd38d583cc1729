"""`haidang verify`: re-derives every invariant from the database and names the rows that break one.

Nothing is believed that can be computed: digests from rows, taxes from base and rate, and the whole judgement of each declaration from the bytes as
received, with the law book, criteria, compliance level and draw of its instant.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.balances import lookups as balances
from haidang.clearance import lookups as clearance
from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.clearance.lookups import Books, ConditionRows, OfficerRows, RevisionRows
from haidang.clearance.rules.judging import DayBook, Judgement, judge, with_tax_secured
from haidang.clearance.rules.securing import GUARANTEED, is_secured, secured_until
from haidang.clearance.rules.states import EDGES, open_kinds, state_of, was_released, was_stored
from haidang.clearance.terms import ConditionKind, State
from haidang.clearance.terms.revisions import RevisionKind
from haidang.declarations import lookups as declarations
from haidang.declarations.lookups import Blocks, DeclarationRows, VersionRows
from haidang.gateway.messages.envelope import decode_draft, decode_lodgement
from haidang.journal import lookups as journal
from haidang.journal.terms import Received
from haidang.kernel.calendar import vn_date
from haidang.ledger import lookups as ledger
from haidang.ledger.lookups import Booked
from haidang.ledger.rules import assessed_vnd, balance_of, overpaid_account, paid_vnd
from haidang.organisation.lookups import read_powers
from haidang.organisation.rules import Powers
from haidang.parcels.lookups import ParcelBlocks
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.signing import parse, verify
from haidang.parties.terms import Certificate
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.risk import lookups as risk
from haidang.site.verifying_acts import check_acts, check_views
from haidang.site.verifying_balances import OnServer, check_balances, check_held, reserved
from haidang.site.verifying_digests import check_digests
from haidang.site.verifying_documents import check_documents, check_references
from haidang.site.verifying_parcels import check_parcels
from haidang.site.verifying_releases import check_releases
from haidang.site.verifying_service import check_service
from haidang.site.verifying_versions import (
    Stored,
    check_drawn_upon,
    check_following,
    check_versions,
    last_channel,
    registered_debt,
)
from haidang.tariff.lookups import Shelf
from haidang.taxes.rules import recompute
from haidang.taxes.terms import TaxKind

PAGE = 2_000
PARCELS_OF_A_LIST = 100
"""As many parcels as a list holds in the bench: one of its lists takes as long to check as so many declarations would."""
MOST = 1_000
"""Violations that are named; beyond, they are only counted."""
KEPT_BOOKS = 4
"""Versions of the law book held at once."""

_TAX_COLUMN = {
    TaxKind.IMPORT_DUTY: "import_duty_vnd",
    TaxKind.TRADE_REMEDY: "trade_remedy_vnd",
    TaxKind.SPECIAL_CONSUMPTION: "special_consumption_vnd",
    TaxKind.ENVIRONMENT: "environment_vnd",
    TaxKind.VALUE_ADDED: "value_added_vnd",
    TaxKind.EXPORT_DUTY: "export_duty_vnd",
}
_FITTING = frozenset(
    (State.DOC_CHECK, State.INSPECTION, State.TAX_PENDING, State.STORAGE, State.RELEASED, State.CLEARED)
)
"""States that the open conditions alone account for."""
_EDGE_PAIRS = {(int(edge.from_state), int(edge.to_state)) for edge in EDGES}


class Violation(Struct, frozen=True):
    """One broken invariant: which, of what row, and what was found."""

    invariant: str
    subject: str
    found: str


class Report(Struct):
    """What was checked and what is broken."""

    declarations: int = 0
    parcels: int = 0
    messages: int = 0
    taxes: int = 0
    transfers: int = 0
    documents: int = 0
    violations: int = 0
    rows: list[Violation] = []

    def add(self, invariant: str, subject: str, found: str) -> None:
        self.violations += 1
        if len(self.rows) < MOST:
            self.rows.append(Violation(invariant, subject, found))


def violations(config: Config, progress: Callable[[int], None] | None = None, most: int | None = None) -> Report:
    """Check every server of the installation; `progress` is called with the number of declarations checked so far.

    `most` stops after so many declarations (on each server, in the order of their keys): for the bench, which cannot wait for all of its own.
    """
    report = Report()
    servers = Servers(config)
    with servers.connect("auditor") as first:
        people = _People(first)
        replay = _Replay(first)
        for server in range(servers.count):
            with servers.connect("auditor", server) as connection:
                _check_server(connection, first, people, replay, report, progress, most)
    return report


def read_directory_for_audit(connection: psycopg.Connection[Any]) -> Directory:
    """Return parties and certificates; tokens are nobody's to read but the lanes'."""
    return read_directory(connection, tokens=False)


def _check_server(
    connection: psycopg.Connection[Any],
    directory: psycopg.Connection[Any],
    people: "_People",
    replay: "_Replay",
    report: Report,
    progress: Callable[[int], None] | None,
    most: int | None,
) -> None:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    on_server = check_balances(connection, people.directory, people.powers, report.add)
    for what, shard, subject in journal.orphans(connection, on_server.messages):
        report.add("durable once", f"shard {shard}: {subject}", what)
    for what, shard, notice in journal.delivery_faults(connection):
        report.add("notices", f"shard {shard}: {notice}", what)
    for what, shard, no11 in declarations.misplaced_numbers(connection):
        report.add("durable once", f"shard {shard}: {no11}", what)
    for block, given, reached in declarations.number_gaps(connection):
        report.add("durable once", f"block {block}", f"{given} numbers are there, {reached} were given")
    # Read after the rows: the block of a number was opened before the number was given.
    blocks = Blocks(directory)
    for no11, what in blocks.draft_faults(connection):
        report.add("numbers", f"draft {no11}0", what)
    for shard, subject, what in clearance.misnumbered_revisions(connection):
        report.add("numbers", f"shard {shard}: {subject}", what)
    report.documents += check_documents(connection, report.add)
    for account, listed, booked in ledger.unexplained_suspense(connection):
        report.add("money", account, f"{listed} đ waits, {booked} đ is booked")
    check_views(connection, people.powers, report.add)
    seen: set[tuple[int, str]] = set()
    for case in islice(_cases(connection), most):
        seen.add((case.declared.key[0], str(case.declared.fact("no11"))))
        report.declarations += 1
        if fault := blocks.fault(case.declared.fact("no11"), case.declared.fact("is_export"), case.declared.key[0]):
            report.add("numbers", case.subject, fault)
        _check(connection, case, people, replay, on_server, report)
        if progress is not None and report.declarations % 100 == 0:
            progress(report.declarations)
    report.parcels += check_parcels(
        connection,
        ParcelBlocks(directory),
        lambda version, criteria, at: replay.day(version, criteria, vn_date(at)),
        people.powers,
        lambda subject, message, at: _check_signature(subject, message, at, people, report),
        report.add,
        None if most is None else max(1, most // PARCELS_OF_A_LIST),
    ).parcels
    for shard, no11 in on_server.of_declaration.keys() - seen if most is None else ():
        report.add("balances", f"shard {shard}: {no11}", "goods of a declaration that is not there are on file")
    connection.execute("COMMIT")


def _cases(connection: psycopg.Connection[Any]) -> Iterator[Stored]:
    after: tuple[int, int, UUID] | None = None
    while keys := declarations.keys_after(connection, after, PAGE):
        declared, entries = declarations.rows(connection, keys), journal.entries(connection, keys)
        messages, conditions = journal.messages(connection, keys), clearance.condition_rows(connection, keys)
        booked, decided = ledger.booked(connection, keys), risk.read_decisions(connection, keys)
        moved, officers = balances.movements(connection, keys), clearance.officer_rows(connection, keys)
        services = journal.service_events(connection, keys)
        revisions = clearance.revision_rows(connection, keys)
        for key in keys:
            one = key[2]
            yield Stored(
                f"{declared[one].fact('no11')}{declared[one].amendment_no}",
                declared[one],
                entries.get(one, []),
                messages.get(one, []),
                conditions.get(one) or ConditionRows([], [], ()),
                booked.get(one) or Booked([], None),
                decided.get(one, []),
                moved.get(one, []),
                officers.get(one) or OfficerRows(),
                services.get(one, []),
                revisions.get(one) or RevisionRows(),
            )
        after = keys[-1]


def _check(
    connection: psycopg.Connection[Any],
    case: Stored,
    people: "_People",
    replay: "_Replay",
    on_server: OnServer,
    report: Report,
) -> None:
    _check_whole(case, report)
    if not case.entries or not case.messages or not case.decided:
        return
    _check_states(case, report)
    check_service(case.subject, case.entries, case.services, report.add)
    _check_money(case, report)
    check_versions(case, report.add)
    check_drawn_upon(case, on_server, report.add)
    obligation = case.booked.obligation
    guaranteed = obligation is not None and case.declared.now.fact("payment_timing_code") in GUARANTEED
    revised = any(each.accepted and each.kind is not RevisionKind.CANCELLATION for each in case.revisions.revisions)
    check_held(
        case.subject,
        case.moved,
        obligation.outstanding_vnd if obligation and guaranteed else 0,
        on_server,
        report.add,
        at_most=revised,
    )
    check_digests(case, report.add)
    _check_signatures(case, people, report)
    check_acts(
        case.subject,
        case.declared,
        case.entries,
        case.messages,
        case.officers,
        case.revisions,
        people.powers,
        people.directory,
        report.add,
    )
    check_references(connection, case.subject, case.declared, case.entries, case.messages, case.officers, report.add)
    replay.check(case, on_server, report)


def _check_whole(case: Stored, report: Report) -> None:
    lines = [row[3] for row in case.declared.items]
    if lines != list(range(1, case.declared.fact("line_count") + 1)):
        report.add("whole", case.subject, f"goods items {lines} of {case.declared.fact('line_count')}")
    acts = [entry.journal_seq for entry in case.entries]
    if acts != list(range(1, case.declared.journal_seq + 1)):
        report.add("whole", case.subject, f"journal entries {acts} of {case.declared.journal_seq}")
    sent = [message.journal_seq for message in case.messages if message.journal_seq >= REGISTERED_SEQ]
    if sent != acts:
        report.add("whole", case.subject, f"messages {sent} for acts {acts}")
    if not case.decided:
        report.add("whole", case.subject, "no decision on the channel")
    elif last_channel(case) != case.declared.channel:
        report.add("whole", case.subject, "the channel is not the one last decided")


def _check_states(case: Stored, report: Report) -> None:
    state, at = int(State.DRAFT), case.entries[0].acted_at
    for entry in case.entries:
        if entry.acted_at < at:
            report.add("time", case.subject, f"act {entry.journal_seq} is before the act it follows")
        at = entry.acted_at
        for step in entry.states:
            if (state, step) not in _EDGE_PAIRS:
                report.add("legal moves", case.subject, f"{State(state).name} to {State(step).name}")
            state = step
    if state != case.declared.state:
        report.add("legal moves", case.subject, f"stands at {case.declared.state}, the journal ends at {state}")
    cleared = next((entry.acted_at for entry in case.entries if State.CLEARED in entry.states), None)
    if cleared != case.declared.cleared_at:
        report.add("legal moves", case.subject, f"cleared at {case.declared.cleared_at}, by the journal at {cleared}")
    kinds = open_kinds(case.conditions.conditions)
    if state == State.CANCELLED and kinds:
        report.add("legal moves", case.subject, f"cancelled with {[kind.name for kind in kinds]} open")
    if state == State.CLEARED:
        # A request to cancel or amend what is cleared leaves it cleared until customs has decided.
        kinds = tuple(kind for kind in kinds if kind not in (ConditionKind.CANCELLATION, ConditionKind.AMENDMENT))
    if state in _FITTING:
        released, stored = was_released(case.conditions.conditions), was_stored(case.conditions.conditions)
        wanted = state_of(case.declared.channel, kinds, released=released, stored=stored)
        if wanted is None or int(wanted) != state:
            report.add("legal moves", case.subject, f"{State(state).name} with {[kind.name for kind in kinds]} open")


def _check_money(case: Stored, report: Report) -> None:
    versions: list[DeclarationRows | VersionRows] = [case.declared, *case.declared.versions]
    for version in versions:
        _check_taxes(case, version, report)
    _check_ledger(case, report)


def _check_taxes(case: Stored, version: DeclarationRows | VersionRows, report: Report) -> None:
    """Every tax is what its trace gives, every total the sum of its lines, at the registration and at each amendment."""
    sums = dict.fromkeys(_TAX_COLUMN, 0)
    for line_no, tax in declarations.taxes_of(version):
        report.taxes += 1
        if recompute(tax) != tax.amount_vnd_e4:
            report.add(
                "money", case.subject, f"line {line_no}: {tax.kind.name} is {tax.amount_vnd_e4}, not {recompute(tax)}"
            )
        sums[tax.kind] += tax.amount_vnd_e4
    for kind, column in _TAX_COLUMN.items():
        total = (2 * sums[kind] + 10_000) // 20_000
        if total != version.fact(column):
            report.add("money", case.subject, f"{column} is {version.fact(column)}, the lines give {total}")


def _check_ledger(case: Stored, report: Report) -> None:
    """What is booked is what stands assessed: the last version's taxes, nothing once it is cancelled."""
    trader, transfers = case.declared.fact("trader_code"), case.booked.transfers
    report.transfers += len(transfers)
    by_kind = assessed_vnd(trader, transfers)
    stands = case.declared.state != State.CANCELLED
    totals = {kind: case.declared.now.fact(column) if stands else 0 for kind, column in _TAX_COLUMN.items()}
    for kind, total in totals.items():
        if by_kind.get(kind, 0) != total:
            report.add("money", case.subject, f"{kind.name}: {by_kind.get(kind, 0)} booked, {total} assessed")
    paid, owed, obligation = paid_vnd(trader, transfers), sum(totals.values()), case.booked.obligation
    if (obligation.assessed_vnd if obligation else 0) != owed:
        report.add("money", case.subject, f"the obligation is not the {owed} đ assessed")
    if obligation and obligation.outstanding_vnd != obligation.assessed_vnd - paid:
        report.add("money", case.subject, f"{obligation.outstanding_vnd} đ outstanding after {paid} đ paid")
    if balance_of(overpaid_account(trader), transfers) < 0:
        report.add("money", case.subject, "more was taken of what is overpaid than there is")


def _check_signatures(case: Stored, people: "_People", report: Report) -> None:
    acted = {entry.journal_seq: entry.acted_at for entry in case.entries}
    for message in case.messages:
        if message.journal_seq < REGISTERED_SEQ:
            continue
        _check_signature(case.subject, message, acted.get(message.journal_seq), people, report)


def _check_signature(subject: str, message: Received, at: datetime | None, people: "_People", report: Report) -> None:
    report.messages += 1
    certificate = people.certificate(message.certificate_sha256)
    if certificate is None or certificate.party_id != message.sender_id:
        report.add("signatures", subject, f"message {message.message_id}: no certificate of its sender")
    elif not verify(parse(message.signature), message.raw, people.directory.public_key(certificate)):
        report.add("signatures", subject, f"message {message.message_id}: the signature does not fit the bytes")
    elif at is not None and not _was_valid(certificate, at):
        report.add("signatures", subject, f"message {message.message_id}: its certificate was not valid then")


def _was_valid(certificate: Certificate, at: datetime) -> bool:
    revoked = certificate.revoked_at is not None and certificate.revoked_at <= at
    return certificate.not_before <= at < certificate.not_after and not revoked


class _People:
    """Parties and certificates, read again when somebody came after the first reading."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.directory = read_directory_for_audit(connection)
        self.powers: Powers = read_powers(connection)

    def certificate(self, thumbprint: bytes) -> Certificate | None:
        found = self.directory.certificate(thumbprint)
        if found is None:
            self.directory = read_directory_for_audit(self._connection)
            self.powers = read_powers(self._connection)
            found = self.directory.certificate(thumbprint)
        return found


class _Replay:
    """Judges declarations again from their bytes, with the book of their instant."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._books: dict[tuple[int, int], Books] = {}
        self._shelf = Shelf()

    def check(self, case: Stored, on_server: OnServer, report: Report) -> None:
        first, decided = case.messages[0], case.decided[0]
        message: Any = decode_draft(first.raw) if first.journal_seq < REGISTERED_SEQ else decode_lodgement(first.raw)
        declared = getattr(message, "declaration", None)
        if declared is None:
            report.add("replay", case.subject, "the bytes as received are no longer a declaration")
            return
        at = case.declared.fact("registered_at")
        version = case.declared.fact("book_version")
        day = self._book(version, decided.decision.criteria_version).day(vn_date(at), self._connection)
        judged = judge(declared, day, at, decided.decision.level, decided.decision.draw)
        if not isinstance(judged, Judgement):
            report.add("replay", case.subject, f"is refused today: {[finding.code for finding in judged]}")
            return
        if judged.decision != decided.decision:
            report.add("replay", case.subject, "another channel decision")
        again = [(line.line_no, tax) for line in judged.assessment.lines for tax in line.taxes]
        if sorted(again, key=_by_line) != sorted(declarations.taxes_of(case.declared), key=_by_line):
            report.add("replay", case.subject, "other taxes")
        payable = judged.assessment.payable_vnd
        moved = [movement for movement in case.moved if movement.journal_seq == REGISTERED_SEQ]
        taken = reserved(case.subject, declared, payable, case.declared.key, at, moved, on_server, report.add)
        debt = registered_debt(case.booked)
        if debt and payable:
            due_on = secured_until(declared, at, day.conditions, [balance for balance, _ in taken])
            if debt[1] != due_on:
                report.add("replay", case.subject, f"the last day to pay is {debt[1]}, not {due_on}")
        if is_secured(declared, decided.decision.level, payable, sum(movement.amount for _, movement in taken)):
            judged = with_tax_secured(judged, day)
        if tuple(int(state) for state in judged.states) != tuple(case.entries[0].states):
            report.add("replay", case.subject, "other states")
        opened = clearance.opened_rows(case.declared.key, judged.conditions, REGISTERED_SEQ)
        if opened != case.conditions.opened_by(REGISTERED_SEQ):
            report.add("replay", case.subject, "other conditions")
        if not declarations.says_the_same(case.declared, declared, judged.assessment):
            report.add("replay", case.subject, "the bytes declare something else")
        check_following(case, self.day, on_server, report.add)
        check_releases(case, self.day, on_server, report.add)

    def day(self, version: int, criteria_version: int, on: date) -> DayBook:
        """Return the law of a day by the books of these versions."""
        return self._book(version, criteria_version).day(on, self._connection)

    def _book(self, version: int, criteria_version: int) -> Books:
        """Return the books of a version. Every week brings one, so only those asked for last are kept: declarations come in order of time."""
        key = (version, criteria_version)
        found = self._books.pop(key, None) or Books(self._connection, version, criteria_version, self._shelf)
        self._books[key] = found
        if len(self._books) > KEPT_BOOKS:
            del self._books[next(iter(self._books))]
        return found


def _by_line(each: tuple[int, Any]) -> tuple[int, int, int]:
    return each[0], int(each[1].kind), each[1].measure_id
