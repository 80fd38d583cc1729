"""Release before clearance and release to storage: what each asks for, what stands in its way, and what it makes of the list of conditions. Pure.

Released goods may be used, their official value or classification is still to be found; stored goods have left the port while a result is awaited, and may
not be used. Neither is clearance. The pass calls these rules with what it has locked; `haidang verify` calls them again with what was stored.

Law: 38/2015/TT-BTC Art. 32 (storage), Art. 33 (release), as amended by 39/2018/TT-BTC; 107/2016/QH13 Art. 9 (tax before release). Unverified.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from haidang.clearance.rules.conditions import (
    ConditionBook,
    awaits_result,
    blocks_release,
    blocks_storage,
    close,
    open_another,
)
from haidang.clearance.rules.securing import GUARANTEED
from haidang.clearance.rules.states import EDGES, was_released, was_stored
from haidang.clearance.terms import SETTLED_STATES, Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.goods import (
    AskedAlready,
    ImportsOnly,
    NoResultAwaited,
    NotAskedFor,
    StillInTheWay,
    TaxUnpaid,
)
from haidang.clearance.terms.refusals import MoveRefused
from haidang.reference.terms import Parameter

RELEASE_CODES = ("A", "B", "C")
"""Reasons for which release is asked for (item BP of VNACCS): the code awaits classification, the value is awaited, another reason."""
STORAGE_TRIGGER: Mapping[str, str] = {"own": "storage_at_own_place", "site": "storage_at_site"}
"""Where goods are stored: a place of the declarant's own (form 18), or the site of the specialised inspection."""
RELEASING = frozenset(
    (
        *(Deed.REQUEST_RELEASE, Deed.RELEASE, Deed.REFUSE_RELEASE),
        *(Deed.REQUEST_STORAGE, Deed.RELEASE_TO_STORAGE, Deed.REFUSE_STORAGE),
    )
)
"""The deeds of these rules."""
ON_GUARANTEE = "release.on_guarantee"
_REQUESTED: Mapping[Deed, ConditionKind] = {
    Deed.RELEASE: ConditionKind.RELEASE,
    Deed.REFUSE_RELEASE: ConditionKind.RELEASE,
    Deed.RELEASE_TO_STORAGE: ConditionKind.STORAGE,
    Deed.REFUSE_STORAGE: ConditionKind.STORAGE,
}
_FROM = {act: frozenset(edge.from_state for edge in EDGES if edge.act == act) for act in (Deed.RELEASE, Deed.RELEASE_TO_STORAGE)}  # fmt: skip
_CLEARED = frozenset((State.CLEARED, State.GATE_OUT, State.AMENDED))

Conditions = tuple[Condition, ...]
Goods = Literal["under_supervision", "stored", "released", "cleared"]


def goods_are(state: State, conditions: Sequence[Condition]) -> Goods:
    """Return how far the goods have come: only those released or cleared may be used, those in storage may not."""
    if state in _CLEARED:
        return "cleared"
    if state in SETTLED_STATES:
        return "under_supervision"
    if was_released(conditions):
        return "released"
    return "stored" if was_stored(conditions) else "under_supervision"


def may_be_used(goods: Goods) -> bool:
    """Whether goods may be used or sold."""
    return goods in ("released", "cleared")


def release_asked(
    conditions: Conditions, state: State, book: ConditionBook, at: datetime, code: str, text: str, *, is_export: bool
) -> Conditions:
    """Return the list with the request for release, which waits for the head of the unit.

    Raises:
        ImportsOnly, AskedAlready: it is an export, or asked for already.
        MoveRefused: nothing can be released from this state.
    """
    _refuse(conditions, state, Deed.RELEASE, ConditionKind.RELEASE, is_export)
    return open_another(conditions, book, "release_requested", at, f"{code}: {text}")


def storage_asked(
    conditions: Conditions, state: State, book: ConditionBook, at: datetime, place_code: str, kind: str, text: str, *,
    is_export: bool,
) -> Conditions:  # fmt: skip
    """Return the list with the request for storage at `place_code`; `kind` is a key of STORAGE_TRIGGER and gives customs its hours.

    Raises:
        ImportsOnly, AskedAlready, MoveRefused: as for release.
        NoResultAwaited: nothing is inspected by an agency, so there is no reason.
    """
    _refuse(conditions, state, Deed.RELEASE_TO_STORAGE, ConditionKind.STORAGE, is_export)
    if not awaits_result(conditions):
        raise NoResultAwaited
    return open_another(conditions, book, STORAGE_TRIGGER[kind], at, f"{place_code}: {text}")


def released(
    conditions: Conditions, book: ConditionBook, at: datetime, officer: str, evidence: str, owed: tuple[int, str],
    parameters: Mapping[str, Parameter],
) -> Conditions:  # fmt: skip
    """Return the list after release is granted: the request is closed, and the official value or code must come within its days.

    `owed` is (outstanding, time of payment declared): what is outstanding and not in the list stands under a guarantee or the deferral of a priority
    enterprise. Whether a guarantee is enough is the switch `release.on_guarantee` of the day; one that is not on file is off.

    Raises:
        NotAskedFor: nobody has asked for it.
        StillInTheWay: conditions that forbid release are open; unsecured tax is one.
        TaxUnpaid: the tax is under guarantee, and the switch is off.
    """
    request = pending(conditions, ConditionKind.RELEASE)
    if found := blocks_release(conditions):
        raise StillInTheWay(found, Deed.RELEASE)
    outstanding_vnd, timing = owed
    switch = parameters.get(ON_GUARANTEE)
    if outstanding_vnd and timing in GUARANTEED and (switch is None or switch.value != 1):
        raise TaxUnpaid(outstanding_vnd)
    after = _closed(conditions, request, at, officer, evidence)
    return open_another(after, book, "released", at, request.detail.partition(":")[0])


def stored(conditions: Conditions, book: ConditionBook, at: datetime, officer: str, evidence: str) -> Conditions:
    """Return the list after storage is granted: the request is closed, and the goods are to be reported at the place that it names.

    Raises:
        NotAskedFor, StillInTheWay: as for release.
        NoResultAwaited: the result came meanwhile.
    """
    request = pending(conditions, ConditionKind.STORAGE)
    if found := blocks_storage(conditions):
        raise StillInTheWay(found, Deed.RELEASE_TO_STORAGE)
    if not awaits_result(conditions):
        raise NoResultAwaited
    after = _closed(conditions, request, at, officer, evidence)
    return open_another(after, book, "sent_to_storage", at, request.detail.partition(":")[0])


def declined(deed: Deed, conditions: Conditions, at: datetime, officer: str, evidence: str) -> Conditions:
    """Return the list after a request is refused: it is closed, and nothing else changes.

    Raises:
        NotAskedFor: nobody has asked for it.
    """
    return _closed(conditions, pending(conditions, _REQUESTED[deed]), at, officer, evidence)


def pending(conditions: Sequence[Condition], kind: ConditionKind) -> Condition:
    """Return the open request of a kind.

    Raises:
        NotAskedFor: there is none.
    """
    found = next((c for c in conditions if c.kind is kind and c.closed_at is None), None)
    if found is None:
        raise NotAskedFor(kind)
    return found


def place_of(conditions: Sequence[Condition]) -> str:
    """Return the code of the place where stored goods are to be reported; empty when none are on their way."""
    awaited = (c for c in conditions if c.kind is ConditionKind.STORAGE_ARRIVAL and c.closed_at is None)
    return next((condition.detail for condition in awaited), "")


def _refuse(conditions: Conditions, state: State, deed: Deed, kind: ConditionKind, is_export: bool) -> None:
    if is_export:
        raise ImportsOnly
    if waiting := next((c for c in conditions if c.kind is kind and c.closed_at is None), None):
        raise AskedAlready(waiting)
    if state not in _FROM[deed] or was_released(conditions):
        raise MoveRefused(state, deed)


def _closed(conditions: Conditions, request: Condition, at: datetime, officer: str, evidence: str) -> Conditions:
    return close(
        conditions, request.kind, Owner.CUSTOMS, at, evidence, closed_by=officer, condition_no=request.condition_no
    )
