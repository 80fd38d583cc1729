"""Runs registered declarations and lists of parcels again: from the bytes received, with the book of their instant, each act after the other.

What differs is told by field. `haidang verify` judges by the same replay and looks at much else besides (people, signatures, balances).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec
import psycopg
from msgspec import Struct
from msgspec.structs import replace

from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.declarations.lookups import ShardFinder, key_of
from haidang.journal.lookups import InboxQuestion
from haidang.journal.terms import MessageKey
from haidang.kernel.calendar import vn_date
from haidang.organisation.lookups import read_powers
from haidang.parties.lookups import read_directory
from haidang.platform.config import Config
from haidang.platform.db import Servers, Transaction
from haidang.site.verifying_balances import OnServer, check_balances
from haidang.site.verifying_cases import Key, cases, stored
from haidang.site.verifying_digests import check_digests
from haidang.site.verifying_parcels import Case, check_journal, list_cases, replay_list
from haidang.site.verifying_replay import Replay
from haidang.site.verifying_report import Report
from haidang.site.verifying_rulings import rulings_on_file
from haidang.site.verifying_stored import Stored

EVERY = 50
"""After so many declarations the progress is told."""


class Chosen(Struct, frozen=True, kw_only=True):
    """What is to be run again: registered from a Vietnamese day until before another (None: from the first, to the last), or these 11-digit numbers."""

    since: date | None = None
    until: date | None = None
    numbers: tuple[int, ...] = ()

    def month(self, key: Key) -> bool:
        """Tell whether something registered in the month of a key may be meant."""
        first, last = (_month(each) if each else None for each in (self.since, self.until))
        return (first is None or first <= key[1]) and (last is None or key[1] <= last)

    def day(self, on: date) -> bool:
        """Tell whether a Vietnamese day of registration is meant."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


class Difference(Struct, frozen=True):
    """One thing that is not again what it was: of which declaration or list, and where. `what` names the fields, what is stored first."""

    subject: str
    where: str
    what: str


class Replayed(Struct):
    """What was run again, and what came out otherwise. `unknown` are numbers that nothing has; `differences` are named up to a thousand, counted beyond."""

    declarations: int = 0
    acts: int = 0
    lists: int = 0
    parcels: int = 0
    differing: int = 0
    differences: list[Difference] = []
    unknown: list[int] = []


def replay(config: Config, chosen: Chosen, progress: Callable[[int], None]) -> Replayed:
    """Run what is chosen again, on every server of the installation; `progress` is called with the number of declarations and lists done."""
    servers, done = Servers(config), Replayed(unknown=list(chosen.numbers))
    with servers.connect("auditor") as first:
        again = Replay(first)
        for server in range(servers.count):
            with servers.connect("auditor", server) as connection, _one_view(connection):
                _replay_server(connection, first, again, chosen, done, progress)
    return done


@contextmanager
def _one_view(connection: psycopg.Connection[Any]) -> Iterator[None]:
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    yield
    connection.execute("COMMIT")


def _replay_server(
    connection: psycopg.Connection[Any],
    first: psycopg.Connection[Any],
    again: Replay,
    chosen: Chosen,
    done: Replayed,
    progress: Callable[[int], None],
) -> None:
    on_server = check_balances(connection, read_directory(first, tokens=False), read_powers(first), _elsewhere)
    on_server = replace(on_server, rulings=rulings_on_file(connection))
    for case in _chosen(connection, first, chosen):
        done.declarations += 1
        done.acts += len(case.entries)
        _found(case.declared.fact("no11"), done)
        _compare(connection, case, again, on_server, done)
        if done.declarations % EVERY == 0:
            progress(done.declarations)
    for of in _lists(connection, chosen):
        done.lists += 1
        done.parcels += len(of.rows.parcels)
        done.acts += len(of.entries)
        for number in (of.rows.fact("list_no11"), *(of.parcel(row)["no11"] for row in of.rows.parcels)):
            _found(number, done)
        report = Report()
        check_journal(of, report.add)
        replay_list(of, connection, lambda version, criteria, at: again.day(version, criteria, vn_date(at)), report.add)
        _note(report, done)
        progress(done.declarations + done.lists)


def _elsewhere(invariant: str, subject: str, found: str) -> None:
    """Balances are needed here, not judged: what is wrong with them `haidang verify` tells."""


def _chosen(
    connection: psycopg.Connection[Any], directory: psycopg.Connection[Any], chosen: Chosen
) -> Iterator[Stored]:
    if not chosen.numbers:
        for case in cases(connection, chosen.month):
            if chosen.day(vn_date(case.declared.fact("registered_at"))):
                yield case
        return
    finder = ShardFinder(directory)
    places = [(shard, no11) for no11 in chosen.numbers if (shard := finder.shard_of_number(no11)) is not None]
    keys = [key_of(Transaction(connection), shard, no11) for shard, no11 in places]
    yield from stored(connection, sorted(key for key in keys if key is not None))


def _lists(connection: psycopg.Connection[Any], chosen: Chosen) -> Iterator[Case]:
    wanted = frozenset(chosen.numbers)
    for case in list_cases(connection):
        if wanted:
            numbers = {case.rows.fact("list_no11"), *(case.parcel(row)["no11"] for row in case.rows.parcels)}
            if wanted & numbers:
                yield case
        elif chosen.day(vn_date(case.rows.fact("registered_at"))):
            yield case


def _compare(
    connection: psycopg.Connection[Any], case: Stored, again: Replay, on_server: OnServer, done: Replayed
) -> None:
    """Hold one declaration against its replay: every act judged again, and the rows of each against the digest that the journal chained."""
    report = Report()
    if not case.entries or not case.messages or not case.decided:
        report.add("whole", case.subject, "journal, messages or decision are missing: haidang verify tells which")
    else:
        check_digests(case, report.add)
        answer = again.check(case, on_server, report)
        if answer is not None:
            _compare_answers(connection, case, answer, report)
    _note(report, done)


def _compare_answers(connection: psycopg.Connection[Any], case: Stored, answer: bytes, report: Report) -> None:
    """Hold the answer that was given to the registration against the one that it gets now, byte by byte, and name the fields that differ."""
    message = next(each for each in case.messages if each.journal_seq == REGISTERED_SEQ)
    key = MessageKey(case.declared.key[0], message.sender_id, case.declared.fact("trader_code"), message.message_id)
    kept = InboxQuestion(connection, [key]).answers().get(0)
    if kept is None:
        report.add("answer", case.subject, "the answer to its registration is not there")
    elif kept.answer != answer:
        was, now = (msgspec.json.decode(each) for each in (kept.answer, answer))
        names = [name for name in sorted(was.keys() | now.keys()) if was.get(name) != now.get(name)]
        report.add("answer", case.subject, f"another answer: {', '.join(names) or 'the same fields in other bytes'}")


def _found(number: int, done: Replayed) -> None:
    if number in done.unknown:
        done.unknown.remove(number)


def _note(report: Report, done: Replayed) -> None:
    done.differing += report.violations
    room = 1_000 - len(done.differences)
    done.differences += [Difference(each.subject, each.invariant, each.found) for each in report.rows[:room]]


def _month(on: date) -> int:
    return on.year * 100 + on.month
