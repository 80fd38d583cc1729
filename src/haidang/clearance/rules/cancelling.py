"""When a declaration may be cancelled (`cancellations.csv`), and who decides. Pure.

Law: 38/2015/TT-BTC Art. 22 as amended by 39/2018/TT-BTC (unverified).
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from importlib import resources

from haidang.clearance.rules.amending import After, Before, cancelled, kept
from haidang.clearance.rules.conditions import ConditionBook, close, open_another
from haidang.clearance.rules.states import follow
from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.terms.revisions import CancellationCase, Revision
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.reference.terms import Parameter

_YES_NO = {"yes": True, "no": False}


def load_cases(text: str) -> Mapping[str, CancellationCase]:
    """Read the table of cases from CSV text; the result maps each code to its case.

    Raises:
        TableInvalid: a column is missing, a value is unknown, or a code stands twice.
    """
    cases: dict[str, CancellationCase] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            case = _case(row)
        except (KeyError, ValueError) as error:
            raise TableInvalid(f"cancellations, line {number}: {error}") from error
        if case.code in cases or case.direction not in ("import", "export", "both"):
            raise TableInvalid(f"cancellations, line {number}: {case.code} stands twice or has no direction")
        cases[case.code] = case
    return cases


def _case(row: Mapping[str, str]) -> CancellationCase:
    return CancellationCase(
        code=row["code"],
        direction=row["direction"],
        days_parameter=row["days_parameter"],
        needs_no_arrival=_YES_NO[row["needs_no_arrival"]],
        after_clearance=_YES_NO[row["after_clearance"]],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        law=f"{row['instrument']} Art. {row['article']}",
        verified=_YES_NO[row["verified"]],
        name_vi=row["name_vi"],
        name_en=row["name_en"],
    )


CASES = load_cases(resources.files("haidang.clearance").joinpath("cancellations.csv").read_text("utf-8"))
"""The table in force, by code."""


def case_findings(
    case: CancellationCase, is_export: bool, registered_at: datetime, at: datetime, parameters: Mapping[str, Parameter]
) -> tuple[Finding, ...]:
    """Return why the case does not fit the declaration: other direction, not in force on the day, or its days have not passed."""
    on = vn_date(at)
    if case.direction not in ("export" if is_export else "import", "both"):
        return (_finding(case, "HD-CANCEL-CASE", "không dùng cho chiều của tờ khai này", "is not of this direction"),)
    if on < case.valid_from or (case.valid_until is not None and on >= case.valid_until):
        return (_finding(case, "HD-CANCEL-CASE", "không có hiệu lực hôm nay", "is not in force today"),)
    first = first_day(case, registered_at, parameters)
    if on < first:
        return (_finding(case, "HD-CANCEL-EARLY", f"chỉ áp dụng từ {first}", f"may be used from {first} on"),)
    return ()


def first_day(case: CancellationCase, registered_at: datetime, parameters: Mapping[str, Parameter]) -> date:
    """Return the first Vietnamese day on which the case may be used: the one after its days from registration have passed."""
    if not case.days_parameter:
        return vn_date(registered_at)
    return vn_date(registered_at) + timedelta(days=parameters[case.days_parameter].value + 1)


def cancels_by_itself(case: CancellationCase, conditions: Sequence[Condition]) -> bool:
    """Whether nobody need decide: the case is one of goods that do not come, and the port has reported none."""
    return case.needs_no_arrival and any(
        condition.kind is ConditionKind.ARRIVAL and condition.closed_at is None for condition in conditions
    )


FOR_TIME = "cancel_for_time"
"""The act by which a declaration whose goods do not come is cancelled without anybody's decision."""
AFTER_CLEARANCE = frozenset((State.CLEARED, State.AMENDED))
"""States after clearance from which a declaration may still be cancelled."""


def approving_act(state: State) -> str:
    """Return the act by which customs cancels from a state."""
    return "cancel_after_clearance" if state in AFTER_CLEARANCE else "cancel"


def asked(before: Before, case: CancellationCase, book: ConditionBook, at: datetime, reason: str) -> After:
    """Return what a request that customs must decide makes of a declaration: one condition more. Cleared goods stay cleared meanwhile.

    Raises:
        MoveRefused: the state has no place for it.
    """
    detail = f"{case.code}: {reason}"
    conditions = open_another(before.conditions, book, "cancellation_requested", at, detail, case.law)
    return kept(before, conditions, _followed(before, conditions))


def declined(before: Before, at: datetime, closed_by: str, evidence: str) -> After:
    """Return what the refusal of a request makes of a declaration: the condition closes, and what waited for nothing else is cleared.

    Raises:
        EvidenceMissing: no paper or reason is named.
    """
    conditions = close(before.conditions, ConditionKind.CANCELLATION, Owner.CUSTOMS, at, evidence, closed_by=closed_by)
    return kept(before, conditions, _followed(before, conditions))


APPROVE, REFUSE = "approve", "refuse"
"""How an officer proposes that a request be decided."""


def why(paper: str, note: str) -> str:
    """Return why an officer would decide so: the paper and what is said of it, or whichever is given."""
    return f"{paper}: {note}" if paper and note else paper or note


def settled(before: Before, decided: Revision) -> After:
    """Return what the second officer's decision makes of a declaration: what the first proposed, or, when that is refused, nothing: the request waits on.

    Raises:
        MoveRefused: the state allows no cancellation.
        EvidenceMissing: no paper or reason is named.
    """
    if not decided.accepted or decided.decided_at is None:
        return kept(before, before.conditions, ())
    by, at, evidence = decided.decided_by, decided.decided_at, decided.reason
    if decided.code == APPROVE:
        return cancelled(before, approving_act(before.state), at, decided.decided_seq, by, evidence)
    return declined(before, at, by, evidence)


def pending(conditions: Sequence[Condition]) -> Condition | None:
    """Return the open request to cancel, None when there is none."""
    return next((c for c in conditions if c.kind is ConditionKind.CANCELLATION and c.closed_at is None), None)


def case_of(request: Condition) -> CancellationCase:
    """Return the case that a request names."""
    return CASES[request.detail.partition(":")[0]]


def _followed(before: Before, conditions: tuple[Condition, ...]) -> tuple[State, ...]:
    if before.state in AFTER_CLEARANCE:
        return ()
    return follow(before.state, before.channel, conditions)


def _finding(case: CancellationCase, code: str, why_vi: str, why_en: str) -> Finding:
    return Finding(
        code=code,
        pointer="/case",
        text_vi=f"Trường hợp hủy {case.code} ({case.name_vi}) {why_vi}.",
        text_en=f"The case of cancellation {case.code} ({case.name_en}) {why_en}.",
        repair_vi="Chọn trường hợp đúng, hoặc đợi đến ngày nêu trên.",
        repair_en="Choose the case that fits, or wait for the day named.",
        law=case.law,
    )
