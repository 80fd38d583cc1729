"""`haidang verify`: re-derives every invariant from the database and names the rows that break one.

Nothing is believed that can be computed: digests from rows, taxes from base and rate, and the whole judgement of each declaration from the bytes as
received, with the law book, criteria, compliance level and draw of its instant.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import psycopg
from msgspec.structs import replace

from haidang.clearance.lookups import rows as clearance
from haidang.clearance.rules.securing import GUARANTEED
from haidang.clearance.terms.revisions import RevisionKind
from haidang.declarations import lookups as declarations
from haidang.declarations.lookups import Blocks
from haidang.journal import lookups as journal
from haidang.kernel.calendar import vn_date
from haidang.ledger import lookups as ledger
from haidang.ledger.terms import LATE_INTEREST
from haidang.parcels.lookups import ParcelBlocks
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.site.verifying_acts import check_acts, check_office_readings, check_views
from haidang.site.verifying_adjustments import check_batches, check_prepared
from haidang.site.verifying_balances import OnServer, check_balances, check_held, check_used
from haidang.site.verifying_cases import cases
from haidang.site.verifying_conflicts import check_conflicts
from haidang.site.verifying_digests import check_digests
from haidang.site.verifying_documents import check_documents, check_references
from haidang.site.verifying_lawbook import check_lawbook
from haidang.site.verifying_money import check_money
from haidang.site.verifying_parcels import check_parcels
from haidang.site.verifying_people import People, check_mandates, check_profiles, check_signature, check_signatures
from haidang.site.verifying_replay import Replay
from haidang.site.verifying_report import Report
from haidang.site.verifying_rulings import check_rulings
from haidang.site.verifying_service import check_service
from haidang.site.verifying_states import check_states, check_whole
from haidang.site.verifying_versions import (
    Stored,
    check_drawn_upon,
    check_versions,
)
from haidang.site.verifying_whatif import check_whatifs

PARCELS_OF_A_LIST = 100
"""As many parcels as a list holds in the bench: one of its lists takes as long to check as so many declarations would."""


def violations(config: Config, progress: Callable[[int], None] | None = None, most: int | None = None) -> Report:
    """Check every server of the installation; `progress` is called with the number of declarations checked so far.

    `most` stops after so many declarations (on each server, in the order of their keys): for the bench, which cannot wait for all of its own.
    """
    report = Report()
    servers = Servers(config)
    with servers.connect("auditor") as first:
        people = People(first)
        check_conflicts(first, report.add)
        replay = Replay(first)
        check_lawbook(first, people.powers, report.add)
        check_whatifs(first, people.powers, report.add)
        check_profiles(first, report.add)
        check_mandates(first, report.add)
        check_batches(first, servers, people, report.add)
        for server in range(servers.count):
            with servers.connect("auditor", server) as connection:
                _check_server(connection, first, people, replay, report, progress, most)
    return report


def _check_server(
    connection: psycopg.Connection[Any],
    directory: psycopg.Connection[Any],
    people: People,
    replay: "Replay",
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
    check_office_readings(connection, people.powers, people.directory, report.add)
    rulings = check_rulings(
        connection,
        replay.books,
        people.powers,
        lambda subject, message, at, of: check_signature(subject, message, at, of, people, report),
        report.add,
    )
    on_server = replace(on_server, rulings=rulings)
    seen: set[tuple[int, str]] = set()
    for case in islice(cases(connection), most):
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
        lambda subject, message, at, of: check_signature(subject, message, at, of, people, report),
        report.add,
        None if most is None else max(1, most // PARCELS_OF_A_LIST),
    ).parcels
    for shard, no11 in on_server.of_declaration.keys() - seen if most is None else ():
        report.add("balances", f"shard {shard}: {no11}", "goods of a declaration that is not there are on file")
    connection.execute("COMMIT")


def _check(
    connection: psycopg.Connection[Any],
    case: Stored,
    people: People,
    replay: "Replay",
    on_server: OnServer,
    report: Report,
) -> None:
    check_whole(case, report)
    if not case.entries or not case.messages or not case.decided:
        return
    check_states(case, report)
    check_service(case.subject, case.entries, case.services, report.add)
    check_money(case, report)
    check_versions(case, report.add)
    check_drawn_upon(case, on_server, report.add)
    obligation = case.booked.obligation
    guaranteed = obligation is not None and case.declared.now.fact("payment_timing_code") in GUARANTEED
    # What was added after clearance has no guarantee.
    revised = any(each.accepted and each.kind is not RevisionKind.CANCELLATION for each in case.revisions.revisions)
    revised |= any(each.kind == LATE_INTEREST for each in case.booked.transfers)
    revised |= any(each.accepted for each in case.adjustments)
    check_held(
        case.subject,
        case.moved,
        obligation.outstanding_vnd if obligation and guaranteed else 0,
        on_server,
        report.add,
        at_most=revised,
    )
    check_used(case.subject, case.declared.key, case.entries, case.moved, on_server, report.add)
    check_digests(case, report.add)
    check_signatures(case, people, report)
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
    check_prepared(case, replay.day, people.powers, report.add)
    replay.check(case, on_server, report)
