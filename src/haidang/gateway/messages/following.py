"""What partners send about a declaration that is registered: amendments, requests to cancel, and the decision of customs on them.

Decoders answer as those of `envelope` do. The procedure codes are ours, but for IDE and EDE, which users know from VNACCS.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from haidang.clearance.rules.cancelling import CASES
from haidang.declarations.rules.fields import Field
from haidang.declarations.terms import Declaration
from haidang.gateway.messages import envelope
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


class CancellationRequest(Struct, frozen=True):
    """A trader asks for its declaration to be cancelled, for one of the cases of the law."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    case: str
    reason: str


class CancellationResult(Struct, frozen=True):
    """Customs approves or refuses a cancellation, on a paper."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    outcome: str
    reference: str
    note: str = ""


AMENDMENT = rows_of(
    *SIGNED,
    procedure_of("AMEND", "IDE", "EDE"),
    NUMBER,
    DECLARATION,
    field_of("reason", "W", 300, "Lý do khai sửa", "Why it is amended", needed=False),
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
)
ENVELOPES: Mapping[str, Mapping[str, Field]] = {
    **envelope.ENVELOPES,
    "AMEND, IDE, EDE": AMENDMENT,
    "CANCEL": CANCELLATION,
    "CANCEL_RESULT": CANCELLATION_RESULT,
}
"""The fields of every message, by procedure."""


def _amendment(wire: Any, spare: int) -> Amendment:
    spare = less_wide(AMENDMENT, wire, spare, "reason")
    declaration = declaration_from_wire(wire.declaration, spare)
    return Amendment(wire.message_id, wire.sender, wire.procedure, wire.declaration_no, declaration, wire.reason)


def _cancellation(wire: Any, spare: int) -> CancellationRequest:
    within(CANCELLATION, wire, spare, "reason")
    return CancellationRequest(
        wire.message_id, wire.sender, wire.procedure, wire.declaration_no, wire.case, wire.reason
    )


def _cancellation_result(wire: Any, spare: int) -> CancellationResult:
    within(CANCELLATION_RESULT, wire, spare, "reference", "note")
    return CancellationResult(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.declaration_no,
        wire.outcome,
        wire.reference,
        wire.note,
    )


_AMENDMENT = Message("Amendment", AMENDMENT, _amendment)
_CANCELLATION = Message("CancellationRequest", CANCELLATION, _cancellation)
_CANCELLATION_RESULT = Message("CancellationResult", CANCELLATION_RESULT, _cancellation_result)


def decode_amendment(raw: bytes) -> Amendment | Undecodable | Faults:
    """Read an amendment before clearance (AMEND, IDE, EDE)."""
    return _AMENDMENT.decode(raw)  # type: ignore[no-any-return]


def decode_cancellation(raw: bytes) -> CancellationRequest | Undecodable | Faults:
    """Read a request to cancel."""
    return _CANCELLATION.decode(raw)  # type: ignore[no-any-return]


def decode_cancellation_result(raw: bytes) -> CancellationResult | Undecodable | Faults:
    """Read the decision of customs on a request to cancel."""
    return _CANCELLATION_RESULT.decode(raw)  # type: ignore[no-any-return]


class NotDeclaring(ValueError):
    """Bytes that were taken once and are no declaration now: they were changed since."""


def declared_in(raw: bytes) -> Declaration:
    """Return what a message as received declares: a lodgement, an amendment, or a draft, whose envelope is another.

    Raises:
        NotDeclaring: the bytes are none of these.
    """
    for decode in (decode_lodgement, decode_amendment, decode_draft):
        message = decode(raw)
        if isinstance(message, Lodgement | Amendment | Draft):
            return message.declaration
    raise NotDeclaring
