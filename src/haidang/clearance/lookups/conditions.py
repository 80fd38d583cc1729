"""How conditions are told to people: whose turn it is, since when and until when, and, of what is open now, whether it is overdue."""

from collections.abc import Sequence

from haidang.clearance.terms import Condition
from haidang.kernel.calendar import vn_text
from haidang.platform.db import Transaction


def condition_view(condition: Condition) -> dict[str, object]:
    """Return what everybody concerned may see of a condition: kind, owner, law, opened, due, closed and by whom."""
    view: dict[str, object] = {
        "condition_no": condition.condition_no,
        "kind": condition.kind.name.lower(),
        "owner": condition.owner.name.lower(),
        "law": condition.law,
        "opened_at": vn_text(condition.opened_at),
        "due_at": vn_text(condition.due_at),
    }
    if condition.holder:
        view["holder"] = condition.holder
    if condition.detail:
        view["detail"] = condition.detail
    if condition.closed_at is not None:
        view |= {"closed_at": vn_text(condition.closed_at), "closed_by": condition.closed_by}
    return view


def told_now(transaction: Transaction, conditions: Sequence[Condition]) -> list[dict[str, object]]:
    """Return the views of all conditions of a declaration; an open one whose time has passed in law says `overdue`."""
    timed = any(condition.closed_at is None and condition.due_at is not None for condition in conditions)
    row = transaction.execute("SELECT legal_now()").fetchone() if timed else None
    now = row[0] if row is not None else None
    told = []
    for condition in conditions:
        view = condition_view(condition)
        if now is not None and condition.closed_at is None and condition.due_at is not None and condition.due_at <= now:
            view["overdue"] = True
        told.append(view)
    return told
