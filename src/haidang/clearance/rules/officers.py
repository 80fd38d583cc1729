"""Who may do which deed, and what a deed must say. Pure: powers, instant and message come in as arguments."""

from collections.abc import Mapping
from datetime import datetime

from haidang.clearance.terms import ConditionKind
from haidang.clearance.terms.acts import Authority, Deed
from haidang.clearance.terms.refusals import OfficerNeeded, OutsideQueue, PowerMissing
from haidang.kernel.findings import Finding
from haidang.organisation.rules import Powers, is_outside_queue, power_over, powers_for
from haidang.organisation.terms import Act

POWER_OF_DEED: Mapping[Deed, Act] = {
    Deed.DOCUMENT_CHECK: Act.DOCUMENT_CHECK,
    Deed.INSPECTION_RESULT: Act.INSPECTION_RESULT,
    Deed.ASK_QUESTION: Act.DOCUMENT_CHECK,
    Deed.RAISE_CHANNEL: Act.RAISE_CHANNEL,
    Deed.PROPOSE_LOWER_CHANNEL: Act.LOWER_CHANNEL,
    Deed.APPROVE: Act.APPROVE,
    Deed.REFUSE: Act.APPROVE,
    Deed.INSTRUCT_CORRECTION: Act.INSTRUCT_CORRECTION,
    Deed.DOUBT_VALUE: Act.DOUBT_VALUE,
    Deed.ACCEPT_VALUE: Act.DOUBT_VALUE,
    Deed.REJECT_VALUE: Act.DOUBT_VALUE,
    Deed.ACCEPT_AMENDMENT: Act.DECIDE_AMENDMENT,
    Deed.REFUSE_AMENDMENT: Act.DECIDE_AMENDMENT,
    Deed.APPROVE_ASSESSMENT: Act.APPROVE,
    Deed.REFUSE_ASSESSMENT: Act.APPROVE,
    Deed.APPROVE_ADJUSTMENT: Act.APPROVE_ADJUSTMENT,
    Deed.REFUSE_ADJUSTMENT: Act.APPROVE_ADJUSTMENT,
    Deed.APPROVE_CANCELLATION: Act.APPROVE,
    Deed.REFUSE_CANCELLATION: Act.APPROVE,
    Deed.RELEASE: Act.RELEASE,
    Deed.REFUSE_RELEASE: Act.RELEASE,
    Deed.RELEASE_TO_STORAGE: Act.RELEASE_TO_STORAGE,
    Deed.REFUSE_STORAGE: Act.RELEASE_TO_STORAGE,
}
"""Which power a deed needs; those of `DECLARANTS` need none."""

POWER_OF_RESULT: Mapping[ConditionKind, Act] = {
    ConditionKind.DOCUMENT_CHECK: Act.DOCUMENT_CHECK,
    ConditionKind.INSPECTION: Act.INSPECTION_RESULT,
    ConditionKind.PERMIT: Act.RECORD_RESULT,
    ConditionKind.SPECIALISED_INSPECTION: Act.RECORD_RESULT,
    ConditionKind.ORIGIN: Act.RECORD_RESULT,
    ConditionKind.RATE: Act.RECORD_RESULT,
    ConditionKind.HOLD: Act.LIFT_HOLD,
    ConditionKind.CORRECTION: Act.INSTRUCT_CORRECTION,
    ConditionKind.DETERMINATION: Act.RECORD_RESULT,
    ConditionKind.RULING: Act.DOCUMENT_CHECK,
}
"""Which power an officer needs who sends the result of a condition."""

_NEEDS: Mapping[Deed, tuple[str, ...]] = {
    Deed.DOCUMENT_CHECK: ("outcome",),
    Deed.INSPECTION_RESULT: ("outcome", "lines", "evidence"),
    Deed.ASK_QUESTION: ("text",),
    Deed.ANSWER_QUESTION: ("text", "question_no"),
    Deed.RAISE_CHANNEL: ("text", "channel"),
    Deed.PROPOSE_LOWER_CHANNEL: ("text", "channel"),
    Deed.APPROVE: ("proposal_no",),
    Deed.REFUSE: ("text", "proposal_no"),
    Deed.INSTRUCT_CORRECTION: ("text",),
    Deed.DOUBT_VALUE: ("text", "line_nos"),
    Deed.ASK_CONSULTATION: ("text",),
    Deed.ATTACH: ("documents",),
    Deed.ACCEPT_VALUE: ("text",),
    Deed.REJECT_VALUE: ("text",),
    Deed.ACCEPT_AMENDMENT: (),
    Deed.REFUSE_AMENDMENT: ("text",),
    Deed.APPROVE_ASSESSMENT: (),
    Deed.REFUSE_ASSESSMENT: ("text",),
    Deed.APPROVE_ADJUSTMENT: (),
    Deed.REFUSE_ADJUSTMENT: ("text",),
    Deed.APPROVE_CANCELLATION: (),
    Deed.REFUSE_CANCELLATION: ("text",),
    Deed.REQUEST_RELEASE: ("text", "release_code"),
    Deed.RELEASE: ("text",),
    Deed.REFUSE_RELEASE: ("text",),
    Deed.REQUEST_STORAGE: ("text", "place_code", "storage_place"),
    Deed.RELEASE_TO_STORAGE: ("text",),
    Deed.REFUSE_STORAGE: ("text",),
}
_RED = 3


def authorise(
    powers: Powers, thumbprint: bytes, act: Act, unit: str | None, at: datetime, outside_reason: str
) -> Authority | None:
    """Return by what the holder of this certificate may do `act` on a file of `unit` at the instant `at`.

    None when the file does not exist (`unit` None) or is out of the officer's reach: the two must look alike to who asks.

    Raises:
        OfficerNeeded: the certificate is no officer's.
        PowerMissing: the officer may do this nowhere; asked first, so that nothing of the file is learnt.
        OutsideQueue: the file is of another unit than the officer's own, and no reason is given.
    """
    officer = powers.officer(thumbprint)
    if officer is None:
        raise OfficerNeeded
    held = powers.of.get(officer, ())
    if not powers_for(held, act, at):
        raise PowerMissing(act)
    power = None if unit is None else power_over(held, act, unit, at)
    if power is None or unit is None:
        return None
    outside = is_outside_queue(held, unit, at)
    if outside and not outside_reason:
        raise OutsideQueue
    return Authority(officer, power.power_id, unit, outside_reason if outside else "")


def deed_findings(deed: Deed, given: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return what a message lacks for its deed. `given` maps field names to values; empty ones count as left out."""
    needed = _NEEDS[deed] + (("order",) if deed is Deed.RAISE_CHANNEL and given.get("channel") == _RED else ())
    return tuple(
        Finding(
            code="HD-MISSING",
            pointer=f"/{name}",
            text_vi=f"Việc {deed} cần chỉ tiêu {name}.",
            text_en=f"The act {deed} needs the field {name}.",
            repair_vi=f'Ghi "{name}".',
            repair_en=f'Give "{name}".',
        )
        for name in needed
        if not given.get(name)
    )
