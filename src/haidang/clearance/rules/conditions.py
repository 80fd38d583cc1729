"""Open conditions: what opens at registration and later, who may close what, and what stands in the way of release and storage.

Which kinds exist, whose they are, which law and which clock stands behind them is data (`conditions.csv`); the figures (hours, days) are
dated parameters of the law book. `compile_conditions` joins the two once per book and day.
"""

import csv
import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources

import msgspec

from haidang.clearance.terms import Clock, Condition, ConditionKind, ConditionTerm, Owner, PassFacts
from haidang.clearance.terms.refusals import (
    ConditionAmbiguous,
    ConditionClosedAlready,
    ConditionUnknown,
    EvidenceMissing,
    NotTheirsToClose,
    ParameterMissing,
    TableInvalid,
)
from haidang.kernel.calendar import (
    WorkingCalendar,
    add_calendar_days,
    day_start,
    month_after,
    registered_month,
    vn_date,
)
from haidang.reference.terms import Parameter

_YELLOW, _RED = 2, 3
_INSTANT = timedelta(microseconds=1)

_TRIGGERS = frozenset(
    (
        *("yellow_or_red", "red", "permit_line", "inspected_line", "origin_proof_awaited", "rate_missing"),
        "consigned_otherwise",
        *("payable_now", "payable_under_guarantee", "payable_next_month", "goods_not_arrived", "ordered"),
        "correction_instructed",
        "cancellation_requested",
        "amendment_asked",
        "declared_incomplete",
        "ruling_doubted",
        *("value_doubted", "consultation_asked"),
        *("assessment_proposed", "value_rejected"),
        *("release_requested", "storage_at_own_place", "storage_at_site", "released", "sent_to_storage"),
    )
)
"""The reasons that the rules below know; the table gives each exactly one row."""

_TAX_TRIGGER = {
    "A": "payable_under_guarantee",
    "B": "payable_under_guarantee",
    "C": "payable_next_month",
    "D": "payable_now",
}
"""Payment timing declared (ENC): individual and general guarantee, deferral of a priority enterprise, now."""


def load_conditions(text: str) -> Mapping[str, ConditionTerm]:
    """Read the table of condition kinds from CSV text; the result maps each trigger to its term.

    Raises:
        TableInvalid: a column is missing, a value is unknown, or a trigger stands twice or not at all.
    """
    terms: dict[str, ConditionTerm] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            term = _term(row)
        except (KeyError, ValueError) as error:
            raise TableInvalid(f"conditions, line {number}: {error}") from error
        if term.trigger in terms or term.trigger not in _TRIGGERS:
            raise TableInvalid(f"conditions, line {number}: trigger {term.trigger} is unknown or stands twice")
        terms[term.trigger] = term
    if absent := _TRIGGERS - terms.keys():
        raise TableInvalid(f"conditions: no row for {', '.join(sorted(absent))}")
    return terms


def _term(row: Mapping[str, str]) -> ConditionTerm:
    flags = {name: row[name] for name in ("blocks_release", "blocks_storage", "verified")}
    if set(flags.values()) - {"yes", "no"}:
        raise ValueError(f"yes or no is needed: {flags}")
    clock = Clock[row["clock"].upper()]
    if (clock > Clock.AT_ONCE) != bool(row["length_parameter"]):
        raise ValueError(f"the clock {row['clock']} and the length {row['length_parameter']!r} do not go together")
    return ConditionTerm(
        kind=ConditionKind[row["kind"]],
        trigger=row["trigger"],
        owner=Owner[row["owner"]],
        closers=frozenset(Owner[name] for name in row["closers"].split()),
        law=f"{row['instrument']} Art. {row['article']}" if row["article"] else row["instrument"],
        clock=clock,
        length_parameter=row["length_parameter"],
        switch_parameter=row["switch_parameter"],
        **{name: value == "yes" for name, value in flags.items()},
    )


TERMS = load_conditions(resources.files("haidang.clearance").joinpath("conditions.csv").read_text("utf-8"))
"""The table in force, by trigger."""

CLOSERS: Mapping[ConditionKind, frozenset[Owner]] = {
    kind: frozenset().union(*(term.closers for term in TERMS.values() if term.kind is kind)) for kind in ConditionKind
}
"""Who may close a condition of each kind."""

UNVERIFIED_LAW = frozenset(term.kind for term in TERMS.values() if not term.verified)
"""Kinds of conditions whose law was not seen in its text: screens say so."""

_BLOCKS_RELEASE = frozenset(term.kind for term in TERMS.values() if term.blocks_release)
_BLOCKS_STORAGE = frozenset(term.kind for term in TERMS.values() if term.blocks_storage)

_Due = Callable[[datetime], datetime | None]


class ConditionBook:
    """The table joined with the figures of one law-book day: opens conditions with their due instants. Immutable, shared by all."""

    __slots__ = ("_due", "_terms", "switched_off")

    def __init__(
        self, terms: Mapping[str, ConditionTerm], due: Mapping[str, _Due], switched_off: frozenset[str]
    ) -> None:
        self._terms = terms
        self._due = due
        self.switched_off = switched_off
        """Reasons that open no condition that day: the switch parameter that the table names is not on."""

    def open(
        self, trigger: str, condition_no: int, at: datetime, detail: str = "", law: str = "", holder: str = ""
    ) -> Condition:
        """Return one condition opened for the reason `trigger`; `law` replaces the table's citation by a nearer one."""
        term = self._terms[trigger]
        return Condition(
            condition_no=condition_no,
            kind=term.kind,
            owner=term.owner,
            law=law or term.law,
            opened_at=at,
            due_at=self._due[trigger](at),
            detail=detail,
            holder=holder,
        )

    def due_at(self, trigger: str, at: datetime) -> datetime | None:
        """Return the instant at which a period ends that the reason `trigger` begins at `at`; None when no time is set."""
        return self._due[trigger](at)

    def due_on(self, trigger: str, at: datetime) -> date:
        """Return the last Vietnamese day in time of a period that the reason `trigger` begins at `at`; the day itself when no time is set."""
        due = self._due[trigger](at)
        return vn_date(at) if due is None else max(vn_date(at), vn_date(due - _INSTANT))


def compile_conditions(
    parameters: Mapping[str, Parameter], calendar: WorkingCalendar, terms: Mapping[str, ConditionTerm] = TERMS
) -> ConditionBook:
    """Join the table of condition kinds with the dated figures and the working calendar in force on one day.

    A switch that is not on file is off.

    Raises:
        ParameterMissing: the table names a figure that the law book does not hold.
    """
    due = {}
    for trigger, term in terms.items():
        length = 0
        if term.length_parameter:
            if term.length_parameter not in parameters:
                raise ParameterMissing(term.length_parameter)
            length = parameters[term.length_parameter].value
        due[trigger] = _due_by(term.clock, length, calendar)
    off = {
        trigger
        for trigger, term in terms.items()
        if (switch := term.switch_parameter) and (switch not in parameters or parameters[switch].value != 1)
    }
    return ConditionBook(terms, due, frozenset(off))


def _due_by(clock: Clock, length: int, calendar: WorkingCalendar) -> _Due:
    def day_of_next_month(at: datetime) -> datetime:
        year, month = divmod(month_after(registered_month(at)), 100)
        return add_calendar_days(day_start(date(year, month, length)), 0)

    clocks: Mapping[Clock, _Due] = {
        Clock.NONE: lambda at: None,
        Clock.AT_ONCE: lambda at: at,
        Clock.CALENDAR_DAYS: lambda at: add_calendar_days(at, length),
        Clock.WORKING_HOURS: lambda at: calendar.add_working_hours(at, length),
        Clock.WORKING_DAYS: lambda at: calendar.add_working_days(at, length),
        Clock.DAY_OF_NEXT_MONTH: day_of_next_month,
    }
    return clocks[clock]


def open_conditions(facts: PassFacts, book: ConditionBook) -> tuple[Condition, ...]:
    """Return the conditions that one declaration opens at its registration, numbered from 1; none means cleared at once.

    Documents are checked on yellow and red, goods on red; each permit and each regime of specialised inspection is one condition for
    all lines it controls; goods that claim an agreement and were loaded outside it await the proof of direct consignment; a rate nobody has determined is customs' to find; tax above 0 awaits the bank, unless the pass itself has
    secured it; imports that are still on their way await the port; release asked for with the declaration (BP) awaits customs; a declaration
    lodged incomplete awaits its supplement; goods that name an advance ruling that does not hold for them await a look of customs.

    Law: 54/2014/QH13 Art. 23 (checks); 38/2015/TT-BTC Art. 32 (specialised inspection), Art. 22 (goods that do not arrive);
    107/2016/QH13 Art. 9 (payment before clearance, guarantee). That clearing waits for the arrival of the goods is inferred from
    38/2015/TT-BTC Art. 19 (the channel may change when they arrive).
    """
    at = facts.registered_at
    opened: list[Condition] = []
    if facts.channel >= _YELLOW:
        opened.append(book.open("yellow_or_red", 1, at))
        if facts.channel >= _RED:
            opened.append(book.open("red", 2, at))
    for goods in facts.controlled:
        trigger = "permit_line" if goods.kind is ConditionKind.PERMIT else "inspected_line"
        detail = f"{goods.code}: {', '.join(map(str, goods.line_nos))}"
        opened.append(book.open(trigger, len(opened) + 1, at, detail, goods.law, goods.agency))
    if facts.origin_proof_awaited and "origin_proof_awaited" not in book.switched_off:
        opened.append(book.open("origin_proof_awaited", len(opened) + 1, at))
    if facts.consigned_otherwise and "consigned_otherwise" not in book.switched_off:
        opened.append(book.open("consigned_otherwise", len(opened) + 1, at, facts.consigned_otherwise))
    if facts.ruling_doubts:
        opened.append(book.open("ruling_doubted", len(opened) + 1, at, facts.ruling_doubts))
    if facts.missing:
        opened.append(book.open("rate_missing", len(opened) + 1, at, "; ".join(facts.missing)))
    if facts.payable_vnd > 0 and not facts.tax_secured:
        opened.append(book.open(_TAX_TRIGGER[facts.payment_timing_code], len(opened) + 1, at))
    if not facts.is_export and facts.arrival_on is not None and facts.arrival_on > vn_date(at):
        opened.append(book.open("goods_not_arrived", len(opened) + 1, at, facts.arrival_on.isoformat()))
    if facts.release_code:
        opened.append(book.open("release_requested", len(opened) + 1, at, facts.release_code))
    if facts.incomplete:
        opened.append(book.open("declared_incomplete", len(opened) + 1, at, facts.incomplete, facts.incomplete_law))
    return tuple(opened)


def tax_due_on(payment_timing_code: str, at: datetime, book: ConditionBook) -> date:
    """Return the last day on which tax can be paid in time: at once, within the days of a guarantee, or on that day of the next month.

    Law: 107/2016/QH13 Art. 9.
    """
    return book.due_on(_TAX_TRIGGER[payment_timing_code], at)


def open_another(
    conditions: Sequence[Condition], book: ConditionBook, trigger: str, at: datetime, detail: str = "", law: str = ""
) -> tuple[Condition, ...]:
    """Return the list with one condition more, opened after registration for the reason `trigger` (`ordered` is a hold)."""
    return (*conditions, book.open(trigger, next_no(conditions), at, detail, law))


def open_checks(
    conditions: Sequence[Condition], book: ConditionBook, channel: int, at: datetime
) -> tuple[Condition, ...]:
    """Return the list with the checks that a raised channel adds: those it asks for and the declaration has never had.

    A document check that is already done is not asked for again when yellow becomes red.
    """
    had = {condition.kind for condition in conditions}
    wanted = []
    if channel >= _YELLOW and ConditionKind.DOCUMENT_CHECK not in had:
        wanted.append("yellow_or_red")
    if channel >= _RED and ConditionKind.INSPECTION not in had:
        wanted.append("red")
    first = next_no(conditions)
    return (*conditions, *(book.open(trigger, first + n, at) for n, trigger in enumerate(wanted)))


def meant(
    conditions: Sequence[Condition], kind: ConditionKind, by: Owner, sender_code: str, condition_no: int | None
) -> Condition:
    """Return the one open condition that a message of `sender_code` is about.

    A condition that the law gives to one agency (`holder`) is for no other ministry; customs may record any.

    Raises:
        NotTheirsToClose: the kind, or each condition of it that is open, belongs to others.
        ConditionUnknown, ConditionClosedAlready, ConditionAmbiguous: as for `close`.
    """
    if by not in CLOSERS[kind]:
        raise NotTheirsToClose(kind, by, CLOSERS[kind])
    of_kind = [c for c in conditions if c.kind is kind and condition_no in (None, c.condition_no)]
    if not of_kind:
        raise ConditionUnknown
    still_open = [condition for condition in of_kind if condition.closed_at is None]
    if not still_open:
        raise ConditionClosedAlready(of_kind[-1])
    theirs = [c for c in still_open if by is not Owner.MINISTRY or c.holder in ("", sender_code)]
    if not theirs:
        raise NotTheirsToClose(kind, by, CLOSERS[kind])
    if len(theirs) > 1:
        raise ConditionAmbiguous(kind, tuple(condition.condition_no for condition in theirs))
    return theirs[0]


def close(
    conditions: Sequence[Condition],
    kind: ConditionKind,
    by: Owner,
    at: datetime,
    evidence: str,
    *,
    closed_by: str = "",
    condition_no: int | None = None,
) -> tuple[Condition, ...]:
    """Return the list with one condition closed at `at`, the others unchanged.

    `by` is the role of whoever closes, `closed_by` names them (default: the role), `evidence` the paper or message. `condition_no` chooses
    among several open conditions of one kind.

    Raises:
        NotTheirsToClose: the table gives this kind to others.
        EvidenceMissing: nothing to show.
        ConditionUnknown: no condition of this kind (and number).
        ConditionClosedAlready: it was closed before; the refusal says by whom and when.
        ConditionAmbiguous: several are open and no number was given.
    """
    if by not in CLOSERS[kind]:
        raise NotTheirsToClose(kind, by, CLOSERS[kind])
    if not evidence:
        raise EvidenceMissing
    of_kind = [c for c in conditions if c.kind is kind and condition_no in (None, c.condition_no)]
    if not of_kind:
        raise ConditionUnknown
    still_open = [condition for condition in of_kind if condition.closed_at is None]
    if not still_open:
        raise ConditionClosedAlready(of_kind[-1])
    if len(still_open) > 1:
        raise ConditionAmbiguous(kind, tuple(condition.condition_no for condition in still_open))
    changes = {"closed_at": at, "closed_by": closed_by or by.name, "evidence": evidence}
    closed = msgspec.structs.replace(still_open[0], **changes)
    return tuple(closed if condition is still_open[0] else condition for condition in conditions)


def blocks_release(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the open conditions that forbid release (giải phóng hàng); none means release may be granted.

    Released goods may be used: they must be allowed into the market (permit, specialised inspection, no hold) and paid or guaranteed
    on the declared value; only the exact amount may still be open.

    Law: 38/2015/TT-BTC Art. 33 (which kinds stand in the way is inferred).
    """
    return tuple(c for c in conditions if c.closed_at is None and c.kind in _BLOCKS_RELEASE)


def blocks_storage(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
    """Return the open conditions that forbid release to storage (đưa hàng về bảo quản).

    Storage is for goods that await the result of a specialised inspection: see `awaits_result`.

    Law: 38/2015/TT-BTC Art. 32 (which kinds stand in the way is inferred).
    """
    return tuple(c for c in conditions if c.closed_at is None and c.kind in _BLOCKS_STORAGE)


def awaits_result(conditions: Sequence[Condition]) -> bool:
    """Whether the result of a specialised inspection is still awaited, without which there is no reason for storage."""
    return any(c.closed_at is None and c.kind is ConditionKind.SPECIALISED_INSPECTION for c in conditions)


AMENDED = "amendment"
"""Who closes a condition for which an amendment leaves no reason; it was not met by that."""
_OF_GOODS = frozenset((ConditionKind.PERMIT, ConditionKind.SPECIALISED_INSPECTION))
_OF_LINES = _OF_GOODS | {ConditionKind.ORIGIN, ConditionKind.RATE}
_FOLLOW_THE_GOODS = _OF_LINES | {ConditionKind.TAX}
_ENDED_BY_AMENDING = _FOLLOW_THE_GOODS | {ConditionKind.CORRECTION}
_OF_VALUE = frozenset((ConditionKind.VALUE_DOUBT, ConditionKind.CONSULTATION))
_MET_FOR_GOOD = frozenset((ConditionKind.INSPECTION, ConditionKind.ARRIVAL, ConditionKind.RELEASE))


def reconsidered(
    conditions: Sequence[Condition],
    wanted: Sequence[Condition],
    at: datetime,
    evidence: str,
    changed_lines: Container[int],
    *,
    retimed: bool,
) -> tuple[Condition, ...]:
    """Return the list of an amended declaration: `wanted` are the conditions that it would open if it were registered now.

    What is wanted and open already stays as it is. What was met stays met, but for three things: documents that customs had passed are another
    dossier now and are checked again; a permit, result, proof of consignment or rate is asked for again when a line it covers says something else (`changed_lines`); tax that
    is outstanding again awaits the bank again, and so it does from anew when the time of payment changed (`retimed`). What has no reason any
    more is closed by the amendment, and so is a correction that customs has instructed: this is it (whether it is the right one, the documents that are
    checked again show), and a doubt about the value of a line that says something else now. Arrival, inspection of the goods, and holds are not the trader's to undo.

    Law: 38/2015/TT-BTC Art. 20 (that each condition is considered anew is inferred).
    """
    lines_changed = {line_no for c in conditions for line_no in doubted_lines(c) if line_no in changed_lines}
    result = list(conditions)
    for want in wanted:
        its = [c for c in result if _same(c, want) and c.closed_by != AMENDED]
        still_open = [condition for condition in its if condition.closed_at is None]
        if still_open:
            told_anew = want.kind in _OF_LINES and still_open[0].detail != want.detail
            if not told_anew and not (retimed and want.kind is ConditionKind.TAX):
                continue
            result = [_ended(c, at, evidence) if c is still_open[0] else c for c in result]
        elif its and _stays_met(its[-1], want, changed_lines):
            continue
        result.append(msgspec.structs.replace(want, condition_no=next_no(result), opened_at=at))
    return tuple(
        _ended(c, at, evidence)
        if (c.closed_at is None and c.kind in _OF_VALUE and not doubted_lines(c).isdisjoint(lines_changed))
        or (c.closed_at is None and c.kind in _ENDED_BY_AMENDING and not any(_same(c, want) for want in wanted))
        else c
        for c in result
    )


def doubted_lines(condition: Condition) -> frozenset[int]:
    """Return the goods lines whose value a condition doubts; none of another kind."""
    if condition.kind not in _OF_VALUE:
        return frozenset()
    return frozenset(int(line_no) for line_no in condition.detail.partition(":")[0].split(", "))


def close_all(conditions: Sequence[Condition], at: datetime, closed_by: str, evidence: str) -> tuple[Condition, ...]:
    """Return the list with everything closed that was open: the declaration is cancelled, and nothing is awaited any more."""
    return tuple(_ended(c, at, evidence, closed_by) if c.closed_at is None else c for c in conditions)


def _ended(condition: Condition, at: datetime, evidence: str, closed_by: str = AMENDED) -> Condition:
    return msgspec.structs.replace(condition, closed_at=at, closed_by=closed_by, evidence=evidence)


def _same(one: Condition, other: Condition) -> bool:
    if one.kind is not other.kind:
        return False
    return one.kind not in _OF_GOODS or _regime(one) == _regime(other)


def _regime(condition: Condition) -> tuple[str, str, str]:
    return condition.detail.partition(":")[0], condition.law, condition.holder


def _stays_met(met: Condition, want: Condition, changed_lines: Container[int]) -> bool:
    if want.kind in _MET_FOR_GOOD:
        return True
    if want.kind not in _OF_LINES or met.detail != want.detail:
        return False
    lines = want.detail if want.kind is ConditionKind.RATE else want.detail.partition(":")[2]
    return not any(int(line_no) in changed_lines for line_no in _LINE_NO.findall(lines))


_LINE_NO = re.compile(r"(?:^|[ ;])([0-9]+)(?=[,:]|$)")
"""Numbers of lines in the detail of a condition: `AB: 1, 3` without its code or place, or `1: VALUE_ADDED (...); 2: ...`."""


def next_no(conditions: Sequence[Condition]) -> int:
    """Return the number of the next condition of a list."""
    return max((condition.condition_no for condition in conditions), default=0) + 1
