"""Builders for tests of the pass."""

from datetime import UTC, date, datetime, timedelta, timezone

from haidang.clearance.rules.conditions import ConditionBook, compile_conditions
from haidang.clearance.terms import ConditionKind, ControlledGoods, PassFacts
from haidang.kernel.calendar import WorkingCalendar
from haidang.reference.terms import Citation, Parameter

VIETNAM = timezone(timedelta(hours=7))
TET = frozenset(date(2026, 2, day) for day in (16, 17, 18, 19, 20))
FIGURES = {
    "clearance.document_check_hours": 2,
    "clearance.inspection_hours": 8,
    "clearance.specialised_result_days": 30,
    "clearance.cancel_without_goods_days": 15,
    "amendment.on_request": 5,
    "amendment.customs_answer": 2,
    "value.amendment": 5,
    "value.doubt": 30,
    "tax.guarantee_days": 30,
    "tax.priority_payment_day": 10,
    "cancellation.customs_answer": 8,
    "storage.answer_own_place": 2,
    "storage.answer_site": 1,
    "value.after_release": 30,
    "declaration.supplement": 30,
}


def a_parameter(name: str, value: int) -> Parameter:
    """One dated figure of a law book."""
    return Parameter(name, value, "", date(2020, 1, 1), None, Citation("test", "1", False))


def a_book(**more: int) -> ConditionBook:
    """The table of conditions with the figures of the fact sheet; `more` adds or replaces figures, dots written as two underscores."""
    figures = FIGURES | {name.replace("__", "."): value for name, value in more.items()}
    return compile_conditions({name: a_parameter(name, figures[name]) for name in figures}, WorkingCalendar(TET))


def vn(text: str) -> datetime:
    """An instant written in Vietnamese time."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


MORNING = vn("2026-03-02 08:00")
BOOK = a_book()


def facts(**changes: object) -> PassFacts:
    """A green import that owes tax and whose goods have arrived, registered on Monday 2 March 2026 at 8:00."""
    plain: dict[str, object] = {
        "is_export": False,
        "channel": 1,
        "payable_vnd": 1_000_000,
        "registered_at": MORNING,
        "arrival_on": date(2026, 3, 1),
    }
    return PassFacts(**(plain | changes))  # type: ignore[arg-type]


def a_permit(*line_nos: int, code: str = "AB") -> ControlledGoods:
    """Goods that need one permit."""
    return ControlledGoods(ConditionKind.PERMIT, code, "a decree Annex I", line_nos or (1,))


def an_inspection(*line_nos: int, code: str = "KD") -> ControlledGoods:
    """Goods under one regime of specialised inspection."""
    return ControlledGoods(ConditionKind.SPECIALISED_INSPECTION, code, "", line_nos or (1,))
