"""What a later version of the law book makes of declarations that were judged by an earlier one: compared to the đồng, and prepared for booking.

The day is that of the registration in both versions: an instrument that reaches back, or a mistake of the book that was mended.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from haidang.clearance.lookups import OFFICE
from haidang.clearance.rules import adjusting
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.gateway.messages.following import declared_in
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Refusal
from haidang.ledger import actions as ledger
from haidang.ledger.lookups import batch_rows
from haidang.ledger.rules import batch_statement, rows_digest, standing
from haidang.ledger.terms import AdjustmentBatch, PreparedAdjustment
from haidang.organisation.lookups import read_powers
from haidang.organisation.rules import Powers, conflict_over, powers_for
from haidang.organisation.terms import Act, Concerned, Power
from haidang.parcels.lookups import parcels_judged_before
from haidang.parties.lookups import read_directory
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.reference import lookups as reference
from haidang.reference.rules import codes_of_day, parameters_of_day
from haidang.reference.rules.drafting import merged
from haidang.reference.terms import CodesOfDay
from haidang.site.adjustment_signing import signing_fault
from haidang.site.setting_up import legal_now
from haidang.site.verifying_cases import cases
from haidang.site.verifying_replay import Replay
from haidang.site.verifying_stored import Stored, declaring
from haidang.tariff.lookups import tariff_from_files, tariff_with
from haidang.tariff.rules import LINES
from haidang.taxes.rules.treatment import compile_treatments
from haidang.taxes.terms import TaxKind

EVERY = 50


class Law(Struct, frozen=True):
    """The law that is held against what judged: a loaded `version`, or what a folder or draft would make of the newest (0). `of` reads a day of it."""

    name: str
    version: int
    of: Callable[[Replay, psycopg.Connection[Any], int, date], DayBook]


class Changed(Struct, frozen=True, kw_only=True):
    """One declaration whose taxes another law gives otherwise: whole đồng by tax, above 0 what is owed more. `adjustment` is what could be booked."""

    declaration_no: str
    trader_code: str
    customs_office_code: str
    registered_on: date
    state: str
    judged_version: int
    was_vnd: int
    now_vnd: int
    difference: dict[str, int]
    declarant_id: int
    waits: bool
    adjustment: PreparedAdjustment


class Undecided(Struct, frozen=True, kw_only=True):
    """One declaration of a day whose law changes, of which the other law says no taxes: why, as (code, Vietnamese, English)."""

    declaration_no: str
    trader_code: str
    registered_on: date
    judged_version: int
    reasons: tuple[tuple[str, str, str], ...]


class Compared(Struct):
    """Two laws of the same days over what was registered. `days` are (day, version that judged) whose taxes may differ; `same` came out alike there."""

    law: str
    version: int
    declarations: int = 0
    days: list[tuple[date, int]] = []
    same: int = 0
    parcels_left_out: int = 0
    """Parcels that an earlier version judged and that nobody compares."""
    changed: list[Changed] = []
    undecided: list[Undecided] = []

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return (more, less) of each tax, whole đồng, both 0 or above."""
        sums: dict[str, tuple[int, int]] = {}
        for each in self.changed:
            for name, amount in each.difference.items():
                more, less = sums.get(name, (0, 0))
                sums[name] = (more + max(0, amount), less + max(0, -amount))
        return sums


class NothingToPrepare(Refusal):
    """No declaration of this officer's offices is cleared, changed by that version, and free of an adjustment that waits."""

    code = "NOTHING_TO_PREPARE"
    text_vi = "Không có tờ khai nào để lập điều chỉnh: phải đã thông quan, thuộc đơn vị của công chức, chưa có điều chỉnh đang chờ duyệt."
    text_en = "There is nothing to prepare: a declaration must be cleared, of an office of this officer, and without an adjustment that waits."


class PreparationNotSigned(Refusal):
    """A batch is signed by the officer who prepares it, with a certificate that is valid now."""

    code = "PREPARATION_NOT_SIGNED"
    text_vi = "Đợt điều chỉnh phải được chính công chức lập ký bằng chứng thư số còn hiệu lực: dùng --key và --cert của người đó."
    text_en = "A batch is signed by the officer who prepares it, with a certificate valid now: give that officer's --key and --cert."


class AdjustmentPowerMissing(Refusal):
    """The officer may prepare adjustments of no office now."""

    code = "ADJUSTMENT_POWER_MISSING"
    text_vi = "Công chức này không có thẩm quyền lập điều chỉnh (PREPARE_ADJUSTMENT) vào lúc này: dùng mã người khác, hoặc giao thẩm quyền."
    text_en = "This officer holds no power to prepare adjustments (PREPARE_ADJUSTMENT) now: name another one, or give their post the power."


def of_version(version: int) -> Law:
    """Return a loaded version of the law book."""
    return Law(f"v{version}", version, lambda books, _, criteria, on: books.day(version, criteria, on))


def of_folder(folder: Path, newest: int) -> Law:
    """Return the law book of a folder; exchange rates, which come by another hand, are those of the newest version."""

    def day(books: Replay, _: psycopg.Connection[Any], criteria: int, on: date) -> DayBook:
        stands = books.day(newest, criteria, on)
        codes = replace(reference.codes_from_files(folder, on), exchange_rates_e4=stands.codes.exchange_rates_e4)
        return replace(
            stands, codes=codes, tariff=tariff_from_files(folder, on), treatments=compile_treatments(codes.lists)
        )

    return Law(str(folder), 0, day)


def of_draft(connection: psycopg.Connection[Any], draft_id: int, newest: int) -> Law:
    """Return what a draft would make of the newest version: its rows of instruments, figures, codes and tariff lines.

    Raises:
        DraftUnknown: there is no such draft.
    """
    _, rows, _ = reference.draft(connection, draft_id)
    book = merged(reference.read_book(connection, newest, reference.packed_lists(connection, newest)), rows)
    lines = reference.tariff_lines(connection, newest, rows)
    has_lines = any(row.table == LINES for row in rows)

    def day(books: Replay, connection: psycopg.Connection[Any], criteria: int, on: date) -> DayBook:
        stands = books.day(newest, criteria, on)
        lists = dict(stands.codes.lists)
        for of in book.lists:
            if not of.packed:
                lists[of.name] = codes_of_day(of, [value for value in book.codes if value.list_name == of.name], on)
        codes = CodesOfDay(on, lists, parameters_of_day(book.parameters, on), stands.codes.exchange_rates_e4)
        tariff = tariff_with(connection, newest, on, codes, lines) if has_lines else stands.tariff
        return replace(stands, codes=codes, tariff=tariff, treatments=compile_treatments(lists))

    return Law(f"draft {draft_id}", 0, day)


def compare(config: Config, law: Law, progress: Callable[[int], None]) -> Compared:
    """Hold a law against the versions that judged what was registered, on all servers, same day for same day; nothing is written.

    What is cancelled owes nothing and is left out; so is what was judged by that version or a later one. Parcels in lists are counted, not compared: a list is paid as a whole
    by its operator, and no act of customs changes what one of its parcels owes. `progress` is called with how many were looked at.
    """
    servers, found = Servers(config), Compared(law.name, law.version)
    with servers.connect("auditor") as first:
        days, differing = _Days(law, Replay(first), first), dict[tuple[int, date], bool]()
        for server in range(servers.count):
            with servers.connect("auditor", server) as connection:
                for case in cases(connection):
                    found.declarations += 1
                    _compare(case, days, differing, found)
                    if found.declarations % EVERY == 0:
                        progress(found.declarations)
                found.parcels_left_out += parcels_judged_before(connection, law.version or None)
    found.days = sorted((on, version) for (version, on), differs in differing.items() if differs)
    return found


class _Days:
    """Days of both laws. Declarations come in order of time, so only the days asked for last are kept."""

    def __init__(self, law: Law, books: Replay, connection: psycopg.Connection[Any]) -> None:
        self.law, self.books, self._connection = law, books, connection
        self._newer: dict[tuple[int, date], DayBook] = {}

    def newer(self, criteria: int, on: date) -> DayBook:
        found = self._newer.pop((criteria, on), None) or self.law.of(self.books, self._connection, criteria, on)
        self._newer = dict([*list(self._newer.items())[-3:], ((criteria, on), found)])
        return found


def _compare(case: Stored, days: _Days, differing: dict[tuple[int, date], bool], found: Compared) -> None:
    if case.declared.state == State.CANCELLED or not case.decided:
        return
    version, at = _judged_version(case), case.declared.fact("registered_at")
    on, decision = vn_date(at), case.decided[0].decision
    if days.law.version and version >= days.law.version:
        return
    newer = days.newer(decision.criteria_version, on)
    if (version, on) not in differing:
        differing[version, on] = adjusting.taxes_differ(days.books.day(version, decision.criteria_version, on), newer)
    if not differing[version, on]:
        return
    again = adjusting.recalculated(declared_in(declaring(case, _ANY)), newer, at, decision.level)
    told: dict[str, Any] = {
        "declaration_no": case.subject, "trader_code": case.declared.fact("trader_code"), "registered_on": on, "judged_version": version,
    }  # fmt: skip
    if again.undecided:
        found.undecided.append(Undecided(**told, reasons=again.undecided))
    elif (was := _stands(case)) == adjusting.amounts(again.now):
        found.same += 1
    else:
        found.changed.append(_changed(case, told, days.law, was, adjusting.amounts(again.now)))


_ANY = 1_000
"""Above every number of an amendment."""


def _changed(case: Stored, told: dict[str, Any], law: Law, was: tuple[int, ...], now: tuple[int, ...]) -> Changed:
    adjustment = PreparedAdjustment(
        shard_id=case.declared.key[0], registered_month=case.declared.key[1], declaration_id=case.declared.key[2], batch_no=0,
        amendment_no=case.declared.amendment_no, judged_version=told["judged_version"], newer_version=law.version, was_vnd=was,
        now_vnd=now, prepared_by="", power_id=0, prepared_at=case.entries[-1].acted_at, reason="",
    )  # fmt: skip
    return Changed(
        **told,
        customs_office_code=case.declared.fact("customs_office_code"),
        state=State(case.declared.state).name.lower(),
        was_vnd=sum(was),
        now_vnd=sum(now),
        difference={TaxKind(kind).name.lower(): amount for kind, amount in adjustment.difference.items()},
        declarant_id=case.declared.fact("declarant_id"),
        waits=any(each.decided_seq is None for each in case.adjustments),
        adjustment=adjustment,
    )


def _judged_version(case: Stored) -> int:
    """Return the version by which a declaration stands: of its last amendment, or of what was booked since."""
    booked = [each.newer_version for each in case.adjustments if each.accepted]
    return max([case.declared.now.fact("book_version"), *booked])


def _stands(case: Stored) -> tuple[int, ...]:
    versions = case.declared.versions
    seq = versions[-1].journal_seq if versions else 0
    totals = declarations.totals_of(case.declared.now)
    return adjusting.amounts(standing(totals, case.declared.fact("trader_code"), case.booked.transfers, seq))


def prepare(
    config: Config, found: Compared, officer_code: str, reason: str, sign: Callable[[bytes], str | None]
) -> tuple[AdjustmentBatch, list[Changed], list[tuple[Changed, str]]]:
    """Put on file, as one batch that this officer signs (`sign`: detached JWS over bytes), every difference that could be booked; nothing is booked. Return it with what is in it, and what is not
    and why: `not_cleared`, `waits`, `no_power` (a file of another office), `conflict`.

    Raises:
        AdjustmentPowerMissing, NothingToPrepare, PreparationNotSigned: see there.
        AdjustmentWaits: somebody else prepared one of them meanwhile.
    """
    servers = Servers(config)
    with ExitStack() as stack:
        connections = [stack.enter_context(servers.connect("owner", server)) for server in range(servers.count)]
        for connection in connections:
            stack.enter_context(connection.transaction())
        directory = connections[0]
        at, powers = legal_now(directory), read_powers(directory)
        held = powers_for(powers.of.get(officer_code, ()), Act.PREPARE_ADJUSTMENT, at)
        if not held:
            raise AdjustmentPowerMissing
        sorted_out = [(each, _left_out(each, held, powers, officer_code, at)) for each in found.changed]
        taken = [each for each, why in sorted_out if not why]
        if not taken:
            raise NothingToPrepare
        number = ledger.next_batch_no(directory)
        rows = [
            replace(each.adjustment, batch_no=number, prepared_by=officer_code, prepared_at=at, reason=reason, power_id=_power(each, held).power_id)
            for each in taken
        ]  # fmt: skip
        batch = AdjustmentBatch(
            batch_no=number, newer_version=found.version, reason=reason, prepared_by=officer_code, prepared_at=at, row_count=len(rows),
            rows_digest=rows_digest(rows),
        )  # fmt: skip
        batch = replace(batch, signature=sign(batch_statement(batch)) or "")
        if signing_fault(batch, read_directory(directory, tokens=False), powers):
            raise PreparationNotSigned
        spread = [[row for row in rows if servers.for_shard(row.shard_id) == server] for server in range(servers.count)]
        ledger.prepare(directory, connections, batch, spread)
    return batch, taken, [(each, why) for each, why in sorted_out if why]


def _left_out(each: Changed, held: Sequence[Power], powers: Powers, officer_code: str, at: Any) -> str:
    if each.waits:
        return "waits"
    if State[each.state.upper()] not in adjusting.BOOKABLE:
        return "not_cleared"
    if not any(power.unit == each.customs_office_code[:OFFICE] for power in held):
        return "no_power"
    about = Concerned((each.trader_code,), each.declarant_id)
    return "conflict" if conflict_over(powers.conflicts.get(officer_code, ()), about, at) else ""


def _power(each: Changed, held: Sequence[Power]) -> Power:
    return next(power for power in held if power.unit == each.customs_office_code[:OFFICE])


def rows_of_batch(config: Config, batch_no: int) -> Iterator[tuple[str, PreparedAdjustment]]:
    """Yield (declaration number, adjustment) of a batch, on all servers."""
    servers = Servers(config)
    for server in range(servers.count):
        with servers.connect("report", server) as connection:
            rows = batch_rows(connection, batch_no)
            keys = [(each.shard_id, each.registered_month, each.declaration_id) for each in rows]
            stored = declarations.rows(connection, keys) if keys else {}
            for each in rows:
                its = stored[each.declaration_id]
                yield f"{its.fact('no11')}{its.amendment_no}", each
