"""What becomes of the condition about advance rulings when a declaration says something else. Pure, and so replayable.

The condition names each ruling that is relied on where it does not hold, with the lines: `XDT-2026-0042: 1, 3; XDT-2026-0043: 2`. An amendment by which
the lines say what was ruled closes it. One that only stops naming the ruling does not: else whoever takes the mark out of a description would
undo the look that customs was to take.

Law: 08/2015/NĐ-CP Art. 24 (a ruling is of no force for other goods; that its doubt outlasts an amendment is inferred).
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from haidang.clearance.rules.conditions import AMENDED, next_no
from haidang.clearance.terms import Condition, ConditionKind
from haidang.rulings.terms import RuledLine, RuledStatus


def rulings_anew(
    conditions: Sequence[Condition],
    want: Condition | None,
    ruled: Iterable[RuledLine],
    changed_lines: Container[int],
    at: datetime,
    evidence: str,
) -> tuple[Condition, ...]:
    """Return the list with the doubts about rulings considered anew, one condition at most open for all of them.

    `want` is the condition that the declaration would open as it is now, `ruled` what the rulings say of it now. What customs has looked at already is
    not asked again while its lines stay as they were; what was doubted and is as ruled now is asked no more; what is not named any more stays.
    """
    its = [condition for condition in conditions if condition.kind is ConditionKind.RULING]
    if want is None and not its:
        return tuple(conditions)
    wanted = _doubted(want)
    standing = next((condition for condition in its if condition.closed_at is None), None)
    passed = {
        number: lines
        for condition in its
        if condition.closed_at is not None and condition.closed_by != AMENDED
        for number, lines in _doubted(condition).items()
    }
    asked = {
        number: lines
        for number, lines in wanted.items()
        if passed.get(number) != lines or any(line_no in changed_lines for line_no in lines)
    }
    met = {each.ruling_no for each in ruled if each.status is RuledStatus.RULED} - wanted.keys()
    kept = {number: lines for number, lines in _doubted(standing).items() if number not in met | wanted.keys()}
    detail = _told({**asked, **kept})
    if standing is not None and standing.detail == detail:
        return tuple(conditions)
    result = [
        replace(each, closed_at=at, closed_by=AMENDED, evidence=evidence) if each is standing else each
        for each in conditions
    ]
    like = want or standing
    if detail and like is not None:
        result.append(
            replace(like, condition_no=next_no(result), detail=detail, opened_at=at, closed_at=None, closed_by="", evidence="")
        )  # fmt: skip
    return tuple(result)


def _doubted(condition: Condition | None) -> Mapping[str, tuple[int, ...]]:
    """Return the lines of each ruling that a condition names."""
    if condition is None:
        return {}
    parts = (part.partition(": ") for part in condition.detail.split("; "))
    return {number: tuple(int(line) for line in lines.split(", ")) for number, _, lines in parts}


def _told(doubted: Mapping[str, tuple[int, ...]]) -> str:
    return "; ".join(f"{number}: {', '.join(map(str, lines))}" for number, lines in doubted.items())
