"""What partners send about a declaration that is registered: amendments, requests to cancel, assessments, and the decisions of customs on them.

Decoders answer as those of `envelope` do. The procedure codes are ours, but for IDE, EDE and AMC, which users know from VNACCS.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from haidang.clearance.rules.amending import AMEND_CLEARED, ASSESS
from haidang.clearance.rules.cancelling import CASES
from haidang.clearance.rules.revising import GROUNDS
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.revisions import RevisionKind
from haidang.declarations.rules.fields import Field
from haidang.declarations.terms import Declaration
from haidang.gateway.messages import envelope
from haidang.gateway.messages.acts import OUTSIDE_REASON
from haidang.gateway.messages.declaration import declaration_from_wire
from haidang.gateway.messages.decoding import Message
from haidang.gateway.messages.envelope import (
    DECLARATION,
    NUMBER,
    SIGNED,
    Draft,
    Lodgement,
    decode_draft,
    decode_lodgement,
    field_of,
    less_wide,
    procedure_of,
    rows_of,
    within,
)
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.remains import Faults


class Amendment(Struct, frozen=True):
    """The whole new declaration for a registered number, before clearance, and in words why."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    declaration: Declaration
    reason: str = ""


class Supplement(Amendment, frozen=True):
    """The whole complete declaration for a number that was registered incomplete."""


class CancellationRequest(Struct, frozen=True):
    """A trader asks for its declaration to be cancelled, for one of the cases of the law."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    case: str
    reason: str


class CancellationResult(Struct, frozen=True):
    """An officer proposes that a cancellation be approved or refused, on a paper."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    outcome: str
    reference: str
    note: str = ""
    outside_reason: str = ""


class ClearedAmendment(Struct, frozen=True):
    """The whole declaration as it should be, for a number that is cleared, with the code of the reason and the reason in words (AMA and AMC)."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    declaration: Declaration
    reason_code: str
    reason: str


class AssessmentProposal(Struct, frozen=True):
    """An officer proposes that taxes be assessed ex officio: the whole declaration as it should be, the ground in law and the reason in words."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    declaration: Declaration
    ground: str
    reason: str
    outside_reason: str = ""


class Decision(Struct, frozen=True):
    """An officer decides on what waits under a number of its own."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    register_no: str
    kind: str
    outcome: str
    text: str = ""
    outside_reason: str = ""

    @property
    def deed(self) -> Deed:
        """What the officer does by it."""
        return _DEEDS[self.kind, self.outcome]


_DEEDS = {
    ("amendment", "accepted"): Deed.ACCEPT_AMENDMENT,
    ("amendment", "refused"): Deed.REFUSE_AMENDMENT,
    ("assessment", "accepted"): Deed.APPROVE_ASSESSMENT,
    ("assessment", "refused"): Deed.REFUSE_ASSESSMENT,
    ("retroactive", "accepted"): Deed.APPROVE_ADJUSTMENT,
    ("retroactive", "refused"): Deed.REFUSE_ADJUSTMENT,
    ("cancellation", "accepted"): Deed.APPROVE_CANCELLATION,
    ("cancellation", "refused"): Deed.REFUSE_CANCELLATION,
}


AMENDMENT = rows_of(
    *SIGNED,
    procedure_of("AMEND", "IDE", "EDE"),
    NUMBER,
    DECLARATION,
    field_of("reason", "W", 300, "Lý do khai sửa", "Why it is amended", needed=False),
)
SUPPLEMENT = rows_of(
    *SIGNED,
    procedure_of("SUPPLEMENT"),
    NUMBER,
    DECLARATION,
    field_of("reason", "W", 300, "Ghi chú về việc khai bổ sung", "Note on the supplement", needed=False),
)
CANCELLATION = rows_of(
    *SIGNED,
    procedure_of("CANCEL"),
    NUMBER,
    field_of("case", "A", 30, "Trường hợp hủy", "Case of cancellation", values=tuple(CASES)),
    field_of("reason", "W", 600, "Lý do đề nghị hủy", "Why it is to be cancelled"),
)
CANCELLATION_RESULT = rows_of(
    *SIGNED,
    procedure_of("CANCEL_RESULT"),
    NUMBER,
    field_of("outcome", "A", 8, "Quyết định", "Decision", values=("approved", "refused")),
    field_of("reference", "W", 140, "Số văn bản", "Reference of the paper"),
    field_of("note", "W", 600, "Ghi chú", "Note", needed=False),
    OUTSIDE_REASON,
)
CLEARED_AMENDMENT = rows_of(
    *SIGNED,
    procedure_of(AMEND_CLEARED),
    NUMBER,
    DECLARATION,
    field_of("reason_code", "A", 1, "Mã lý do khai bổ sung", "Code of the reason (list amendment_reason)"),
    field_of("reason", "W", 300, "Lý do khai bổ sung", "Why it is amended"),
)
ASSESSMENT = rows_of(
    *SIGNED,
    procedure_of(ASSESS),
    NUMBER,
    DECLARATION,
    field_of(
        "ground",
        "A",
        30,
        "Căn cứ ấn định",
        "Ground of the assessment",
        values=tuple(dict.fromkeys(ground.code for ground in GROUNDS)),
    ),
    field_of("reason", "W", 600, "Lý do ấn định", "Why the taxes are assessed"),
    OUTSIDE_REASON,
)
DECISION = rows_of(
    *SIGNED,
    procedure_of("DECIDE"),
    NUMBER,
    field_of("register_no", "N", 12, "Số của đề nghị", "Number of what is decided"),
    field_of("kind", "A", 12, "Loại đề nghị", "What is decided", values=tuple(RevisionKind)),
    field_of("outcome", "A", 8, "Quyết định", "Decision", values=("accepted", "refused")),
    field_of("text", "W", 600, "Lý do quyết định", "Why, needed when it is refused", needed=False),
    OUTSIDE_REASON,
)
ENVELOPES: Mapping[str, Mapping[str, Field]] = {
    **envelope.ENVELOPES,
    "AMEND, IDE, EDE": AMENDMENT,
    "SUPPLEMENT": SUPPLEMENT,
    "CANCEL": CANCELLATION,
    "CANCEL_RESULT": CANCELLATION_RESULT,
    AMEND_CLEARED: CLEARED_AMENDMENT,
    ASSESS: ASSESSMENT,
    "DECIDE": DECISION,
}
"""The fields of every message, by procedure."""


def _amendment(wire: Any, spare: int) -> Amendment:
    spare = less_wide(AMENDMENT, wire, spare, "reason")
    declaration = declaration_from_wire(wire.declaration, spare)
    return Amendment(wire.message_id, wire.sender, wire.procedure, wire.declaration_no, declaration, wire.reason)


def _supplement(wire: Any, spare: int) -> Supplement:
    spare = less_wide(SUPPLEMENT, wire, spare, "reason")
    declaration = declaration_from_wire(wire.declaration, spare)
    return Supplement(wire.message_id, wire.sender, wire.procedure, wire.declaration_no, declaration, wire.reason)


def _cancellation(wire: Any, spare: int) -> CancellationRequest:
    within(CANCELLATION, wire, spare, "reason")
    return CancellationRequest(
        wire.message_id, wire.sender, wire.procedure, wire.declaration_no, wire.case, wire.reason
    )


def _cancellation_result(wire: Any, spare: int) -> CancellationResult:
    within(CANCELLATION_RESULT, wire, spare, "reference", "note", "outside_reason")
    return CancellationResult(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.declaration_no,
        wire.outcome,
        wire.reference,
        wire.note,
        wire.outside_reason,
    )


def _cleared_amendment(wire: Any, spare: int) -> ClearedAmendment:
    spare = less_wide(CLEARED_AMENDMENT, wire, spare, "reason")
    declaration = declaration_from_wire(wire.declaration, spare)
    return ClearedAmendment(
        wire.message_id, wire.sender, wire.procedure, wire.declaration_no, declaration, wire.reason_code, wire.reason
    )


def _assessment(wire: Any, spare: int) -> AssessmentProposal:
    spare = less_wide(ASSESSMENT, wire, spare, "reason", "outside_reason")
    declaration = declaration_from_wire(wire.declaration, spare)
    return AssessmentProposal(
        wire.message_id, wire.sender, wire.procedure, wire.declaration_no, declaration, wire.ground, wire.reason,
        wire.outside_reason,
    )  # fmt: skip


def _decision(wire: Any, spare: int) -> Decision:
    within(DECISION, wire, spare, "text", "outside_reason")
    return Decision(
        wire.message_id, wire.sender, wire.procedure, wire.declaration_no, wire.register_no, wire.kind, wire.outcome, wire.text,
        wire.outside_reason,
    )  # fmt: skip


_AMENDMENT = Message("Amendment", AMENDMENT, _amendment)
_SUPPLEMENT = Message("Supplement", SUPPLEMENT, _supplement)
_CANCELLATION = Message("CancellationRequest", CANCELLATION, _cancellation)
_CLEARED_AMENDMENT = Message("ClearedAmendment", CLEARED_AMENDMENT, _cleared_amendment)
_ASSESSMENT = Message("AssessmentProposal", ASSESSMENT, _assessment)
_DECISION = Message("Decision", DECISION, _decision)
_CANCELLATION_RESULT = Message("CancellationResult", CANCELLATION_RESULT, _cancellation_result)


def decode_amendment(raw: bytes) -> Amendment | Undecodable | Faults:
    """Read an amendment before clearance (AMEND, IDE, EDE)."""
    return _AMENDMENT.decode(raw)  # type: ignore[no-any-return]


def decode_supplement(raw: bytes) -> Supplement | Undecodable | Faults:
    """Read the supplement of an incomplete declaration."""
    return _SUPPLEMENT.decode(raw)  # type: ignore[no-any-return]


def decode_cancellation(raw: bytes) -> CancellationRequest | Undecodable | Faults:
    """Read a request to cancel."""
    return _CANCELLATION.decode(raw)  # type: ignore[no-any-return]


def decode_cancellation_result(raw: bytes) -> CancellationResult | Undecodable | Faults:
    """Read the decision of customs on a request to cancel."""
    return _CANCELLATION_RESULT.decode(raw)  # type: ignore[no-any-return]


def decode_cleared_amendment(raw: bytes) -> ClearedAmendment | Undecodable | Faults:
    """Read an amendment after clearance (AMC)."""
    return _CLEARED_AMENDMENT.decode(raw)  # type: ignore[no-any-return]


def decode_assessment(raw: bytes) -> AssessmentProposal | Undecodable | Faults:
    """Read an officer's proposal to assess taxes ex officio."""
    return _ASSESSMENT.decode(raw)  # type: ignore[no-any-return]


def decode_decision(raw: bytes) -> Decision | Undecodable | Faults:
    """Read an officer's decision on what waits under a number."""
    return _DECISION.decode(raw)  # type: ignore[no-any-return]


class NotDeclaring(ValueError):
    """Bytes that were taken once and are no declaration now: they were changed since."""


def declared_in(raw: bytes) -> Declaration:
    """Return what a message as received declares: a lodgement, an amendment or supplement, an assessment, or a draft, whose envelope is another.

    Raises:
        NotDeclaring: the bytes are none of these.
    """
    decoders: tuple[Callable[[bytes], Any], ...] = (
        decode_lodgement, decode_amendment, decode_draft, decode_supplement, decode_cleared_amendment, decode_assessment,
    )  # fmt: skip
    for decode in decoders:
        message = decode(raw)
        if isinstance(message, Lodgement | Amendment | Draft | ClearedAmendment | AssessmentProposal):
            return message.declaration
    raise NotDeclaring
