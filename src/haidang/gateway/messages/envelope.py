"""What partners send around a declaration: who, which message, which procedure; and notices of payments, arrivals, results and guarantees.

Every decoder has the same answer: the message; or `Undecodable` (400: the bytes are not one JSON object); or all its findings of form (422), as
`remains.Faults` with what could be read.
The procedure codes are those users know from VNACCS, but for LODGE and AMEND (draft and registration in one, IDA01 with IDE, EDA01 with EDE),
PAYMENT, ARRIVAL, RESULT, ACT, GUARANTEE, GOODS_LIST, CANCEL and CANCEL_RESULT, which are ours.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import Struct

from haidang.balances.rules import guarantee_key, is_guarantee_key
from haidang.declarations.rules.fields import Field
from haidang.declarations.terms import Declaration
from haidang.gateway.messages import acts, goods_lists
from haidang.gateway.messages.acts import ActNotice
from haidang.gateway.messages.declaration import Doubtful, declaration_from_wire, encode_declaration, read_ordinary
from haidang.gateway.messages.decoding import Message
from haidang.gateway.messages.exact import FIRST_YEAR, LAST_YEAR, ExactReader
from haidang.gateway.messages.goods_lists import GoodsList
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.ordinary_tables import reader
from haidang.gateway.messages.remains import Faults
from haidang.kernel.findings import Finding


class Lodgement(Struct, frozen=True):
    """A declaration lodged and registered in one signed message. `accept_repricing` takes rates that changed since a draft."""

    message_id: str
    sender: str
    procedure: str
    declaration: Declaration
    accept_repricing: bool = False


class Registration(Struct, frozen=True):
    """IDC or EDC: the registration of a draft, by its number."""

    message_id: str
    sender: str
    procedure: str
    draft_no: str
    accept_repricing: bool = False


class Draft(Struct, frozen=True):
    """IDA or EDA: a draft, without legal effect and without signature. `draft_no` names the draft it replaces."""

    procedure: str
    declaration: Declaration
    draft_no: str = ""


class PaymentNotice(Struct, frozen=True):
    """A bank says that `amount_vnd` whole đồng were paid for a declaration."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    amount_vnd: int
    reference: str
    payer_code: str
    paid_at: datetime | None = None


class ArrivalNotice(Struct, frozen=True):
    """A warehouse says that goods arrived, by declaration or by transport document."""

    message_id: str
    sender: str
    procedure: str
    warehouse_code: str
    declaration_no: str = ""
    transport_document_no: str = ""
    arrived_at: datetime | None = None
    condition_no: int | None = None


class ResultNotice(Struct, frozen=True):
    """Who owns a condition says how it came out."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    condition: str
    outcome: str
    reference: str = ""
    note: str = ""
    condition_no: int | None = None
    outside_reason: str = ""


class Guarantee(Struct, frozen=True):
    """A bank guarantees taxes of a trader, `amount_vnd` whole đồng, from `valid_from` until before `valid_until`; `kind` individual or general."""

    message_id: str
    sender: str
    procedure: str
    trader_code: str
    year: int
    sign: str
    number: str
    amount_vnd: int
    kind: str
    valid_from: date
    valid_until: date


def field_of(
    name: str, type_: str, width: int, vi: str, en: str, needed: bool = True, values: tuple[str, ...] = ()
) -> Field:
    return Field(
        group="envelope",
        name=name,
        type=type_,
        width=width,
        name_vi=vi,
        name_en=en,
        need_import="M" if needed else "C",
        need_export="M" if needed else "C",
        code_list="=" + "|".join(values) if values else "",
    )


def rows_of(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


def procedure_of(*codes: str) -> Field:
    return field_of("procedure", "A", max(7, *map(len, codes)), "Nghiệp vụ", "Procedure", values=codes)


SIGNED = (
    field_of("message_id", "K", 64, "Số thông điệp của bên gửi", "The sender's own message number"),
    field_of("sender", "K", 35, "Mã bên gửi", "Code of the sender"),
)
DECLARATION = field_of("declaration", "O", 0, "Tờ khai", "Declaration")
_REPRICING = field_of("accept_repricing", "B", 1, "Chấp nhận tính lại", "Accept new rates", needed=False)
_CONDITION_NO = field_of("condition_no", "I", 3, "Số của điều kiện", "Number of the condition", needed=False)
NUMBER = field_of("declaration_no", "N", 12, "Số tờ khai", "Declaration number")

LODGEMENT = rows_of(*SIGNED, procedure_of("LODGE"), DECLARATION, _REPRICING)
REGISTRATION = rows_of(
    *SIGNED,
    procedure_of("IDC", "EDC"),
    field_of("draft_no", "N", 12, "Số tờ khai nháp", "Number of the draft"),
    _REPRICING,
)
DRAFT = rows_of(
    procedure_of("IDA", "EDA"),
    DECLARATION,
    field_of("draft_no", "N", 12, "Số tờ khai nháp", "Number of the draft", needed=False),
)
PAYMENT = rows_of(
    *SIGNED,
    procedure_of("PAYMENT"),
    NUMBER,
    field_of("amount_vnd", "I", 15, "Số tiền đã nộp (đồng)", "Amount paid (whole đồng)"),
    field_of("paid_at", "T", 35, "Thời điểm nộp", "When it was paid", needed=False),
    field_of("reference", "W", 140, "Số chứng từ nộp tiền", "Payment reference"),
    field_of("payer_code", "K", 35, "Mã người nộp", "Code of the payer"),
)
ARRIVAL = rows_of(
    *SIGNED,
    procedure_of("ARRIVAL"),
    field_of("declaration_no", "N", 12, "Số tờ khai", "Declaration number", needed=False),
    field_of("transport_document_no", "A", 35, "Số vận đơn", "Transport document number", needed=False),
    field_of("warehouse_code", "A", 7, "Mã địa điểm lưu kho", "Warehouse"),
    field_of("arrived_at", "T", 35, "Thời điểm đến", "When the goods arrived", needed=False),
    _CONDITION_NO,
)
CONDITIONS = (
    "document_check",
    "inspection",
    "permit",
    "specialised_inspection",
    "rate",
    "origin",
    "hold",
    "correction",
    "determination",
    "ruling",
)
RESULT = rows_of(
    *SIGNED,
    procedure_of("RESULT"),
    NUMBER,
    field_of("condition", "A", 30, "Điều kiện", "Condition", values=CONDITIONS),
    field_of("outcome", "A", 6, "Kết quả", "Outcome", values=("passed", "failed")),
    field_of("reference", "W", 140, "Số văn bản", "Reference of the paper", needed=False),
    field_of("note", "W", 600, "Ghi chú", "Note", needed=False),
    _CONDITION_NO,
    acts.OUTSIDE_REASON,
)
ACT = rows_of(*SIGNED, procedure_of("ACT"), NUMBER, *acts.OWN_FIELDS, acts.OUTSIDE_REASON)
GUARANTEE = rows_of(
    *SIGNED,
    procedure_of("GUARANTEE"),
    field_of("trader_code", "K", 13, "Mã số thuế doanh nghiệp được bảo lãnh", "Tax code of the trader"),
    field_of("year", "I", 4, "Năm phát hành bảo lãnh", "Year of issue"),
    field_of("sign", "K", 10, "Ký hiệu chứng từ bảo lãnh", "Sign of the guarantee"),
    field_of("number", "K", 10, "Số chứng từ bảo lãnh", "Number of the guarantee"),
    field_of("amount_vnd", "I", 15, "Số tiền bảo lãnh (đồng)", "Amount guaranteed (whole đồng)"),
    field_of(
        "kind", "A", 10, "Bảo lãnh riêng hay chung", "For one declaration or general", values=("individual", "general")
    ),
    field_of("valid_from", "D", 10, "Ngày bắt đầu hiệu lực", "First day in force"),
    field_of(
        "valid_until", "D", 10, "Ngày hết hiệu lực (từ ngày này không còn hiệu lực)", "First day no longer in force"
    ),
)
GOODS_LIST = rows_of(*SIGNED, procedure_of("GOODS_LIST"), *goods_lists.OWN_FIELDS)
ENVELOPES: Mapping[str, Mapping[str, Field]] = {
    "LODGE": LODGEMENT,
    "IDC, EDC": REGISTRATION,
    "IDA, EDA": DRAFT,
    "PAYMENT": PAYMENT,
    "ARRIVAL": ARRIVAL,
    "RESULT": RESULT,
    "ACT": ACT,
    "GUARANTEE": GUARANTEE,
    "GOODS_LIST": GOODS_LIST,
}
"""The fields of each message, by procedure; those about a registered declaration are in `following`."""

_ENCODER = msgspec.json.Encoder()


def _subject_named(reader: ExactReader, read: Mapping[str, object]) -> None:
    """An arrival names a declaration or a transport document."""
    if not read.get("declaration_no") and not read.get("transport_document_no"):
        reader.missing(NUMBER, "/declaration_no")


def _guarantee_coherent(reader: ExactReader, read: Mapping[str, object]) -> None:
    """A guarantee has a key that declarants can quote, and ends after it begins."""
    if not _has_key(read.get("sender"), read.get("year"), read.get("sign"), read.get("number")):
        reader.findings.append(_NO_GUARANTEE_KEY)
    begins, ends = read.get("valid_from"), read.get("valid_until")
    if isinstance(begins, str) and isinstance(ends, str) and ends <= begins:
        reader.findings.append(_ENDS_BEFORE)


def _has_key(sender: object, year: object, sign: object, number: object) -> bool:
    """Whether the four parts make a key; what is missing or of the wrong type has its finding already."""
    if not (isinstance(sender, str) and isinstance(year, int) and isinstance(sign, str) and isinstance(number, str)):
        return True
    return is_guarantee_key(guarantee_key(sender, year, sign, number))


_NO_GUARANTEE_KEY = Finding(
    code="HD-GUARANTEE-KEY",
    pointer="/number",
    text_vi="Mã ngân hàng, năm, ký hiệu và số không tạo thành khóa bảo lãnh mà người khai ghi được.",
    text_en="Bank code, year, sign and number make no key that a declarant can quote.",
    repair_vi="Mã ngân hàng tối đa 11 ký tự, năm 2000-2099, ký hiệu và số không chứa dấu gạch chéo.",
    repair_en="A bank code of at most 11 characters, a year of 2000-2099, no stroke in sign or number.",
)
_ENDS_BEFORE = Finding(
    code="HD-PERIOD",
    pointer="/valid_until",
    text_vi="Ngày hết hiệu lực phải sau ngày bắt đầu hiệu lực.",
    text_en="The first day no longer in force comes after the first day in force.",
    repair_vi="Sửa một trong hai ngày.",
    repair_en="Mend one of the two dates.",
)


def _lodgement(wire: Any, spare: int) -> Lodgement:
    declaration = declaration_from_wire(wire.declaration, spare)
    return Lodgement(wire.message_id, wire.sender, wire.procedure, declaration, wire.accept_repricing)


def _registration(wire: Any, _: int) -> Registration:
    return Registration(wire.message_id, wire.sender, wire.procedure, wire.draft_no, wire.accept_repricing)


def _draft(wire: Any, spare: int) -> Draft:
    return Draft(wire.procedure, declaration_from_wire(wire.declaration, spare), wire.draft_no)


def _payment(wire: Any, spare: int) -> PaymentNotice:
    _plausible(wire.paid_at)
    within(PAYMENT, wire, spare, "reference")
    return PaymentNotice(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.declaration_no,
        wire.amount_vnd,
        wire.reference,
        wire.payer_code,
        wire.paid_at,
    )


def _arrival(wire: Any, spare: int) -> ArrivalNotice:
    _plausible(wire.arrived_at)
    within(ARRIVAL, wire, spare)
    if not wire.declaration_no and not wire.transport_document_no:
        raise Doubtful
    return ArrivalNotice(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.warehouse_code,
        wire.declaration_no,
        wire.transport_document_no,
        wire.arrived_at,
        wire.condition_no,
    )


def _result(wire: Any, spare: int) -> ResultNotice:
    within(RESULT, wire, spare, "reference", "note", "outside_reason")
    return ResultNotice(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.declaration_no,
        wire.condition,
        wire.outcome,
        wire.reference,
        wire.note,
        wire.condition_no,
        wire.outside_reason,
    )


def _act(wire: Any, spare: int) -> ActNotice:
    within(ACT, wire, spare, "text", "outside_reason")
    notice = acts.act_from_wire(wire)
    if notice is None:
        raise Doubtful
    return notice


def _guarantee(wire: Any, spare: int) -> Guarantee:
    within(GUARANTEE, wire, spare)
    period = (
        wire.valid_from.year >= FIRST_YEAR and wire.valid_until.year <= LAST_YEAR and wire.valid_from < wire.valid_until
    )
    if not period or not _has_key(wire.sender, wire.year, wire.sign, wire.number):
        raise Doubtful
    return Guarantee(
        wire.message_id, wire.sender, wire.procedure, wire.trader_code, wire.year, wire.sign, wire.number, wire.amount_vnd, wire.kind,
        wire.valid_from, wire.valid_until,
    )  # fmt: skip


def _goods_list(wire: Any, spare: int) -> GoodsList:
    within(GOODS_LIST, wire, spare, "paper")
    for day in (wire.valid_from, wire.valid_until):
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Doubtful
    found = goods_lists.list_from_wire(wire)
    if found is None:
        raise Doubtful
    return found


def _plausible(instant: datetime | None) -> None:
    if instant is not None and not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise Doubtful


def within(fields: Mapping[str, Field], wire: Any, spare_bytes: int, *wide: str) -> None:
    """Wide texts within their bytes, and no wide character anywhere else."""
    if less_wide(fields, wire, spare_bytes, *wide):
        raise Doubtful


def less_wide(fields: Mapping[str, Field], wire: Any, spare_bytes: int, *wide: str) -> int:
    """Wide texts within their bytes; return how many bytes more than characters are left for the rest of the message."""
    for name in wide:
        text = getattr(wire, name)
        size = len(text.encode())
        spare_bytes -= size - len(text)
        if size > fields[name].width:
            raise Doubtful
    return spare_bytes


_LODGEMENT = Message(
    "Lodgement",
    LODGEMENT,
    _lodgement,
    as_xml=True,
    ordinary=reader(Lodgement, LODGEMENT.values(), {"declaration": read_ordinary}),
)
_REGISTRATION = Message("Registration", REGISTRATION, _registration)
_DRAFT = Message("Draft", DRAFT, _draft, ordinary=reader(Draft, DRAFT.values(), {"declaration": read_ordinary}))
_PAYMENT = Message("Payment", PAYMENT, _payment)
_ARRIVAL = Message("Arrival", ARRIVAL, _arrival, _subject_named)
_RESULT = Message("Result", RESULT, _result)
_ACT = Message("Act", ACT, _act, acts.check_hashes)
_GUARANTEE = Message("Guarantee", GUARANTEE, _guarantee, _guarantee_coherent)
_GOODS_LIST = Message("GoodsList", GOODS_LIST, _goods_list, goods_lists.check_number)


def decode_lodgement(raw: bytes) -> Lodgement | Undecodable | Faults:
    """Read a lodgement. Texts come out NFC, amounts as scaled integers; the bytes as received are the caller's to keep."""
    return _LODGEMENT.decode(raw)  # type: ignore[no-any-return]


def encode_lodgement(lodgement: Lodgement) -> bytes:
    """Return the bytes of a lodgement, ready to sign: always the same for the same lodgement."""
    body: dict[str, Any] = {
        "message_id": lodgement.message_id,
        "sender": lodgement.sender,
        "procedure": lodgement.procedure,
        "declaration": encode_declaration(lodgement.declaration),
    }
    if lodgement.accept_repricing:
        body["accept_repricing"] = True
    return _ENCODER.encode(body)


def decode_registration(raw: bytes) -> Registration | Undecodable | Faults:
    """Read the registration of a draft (IDC, EDC)."""
    return _REGISTRATION.decode(raw)  # type: ignore[no-any-return]


def decode_draft(raw: bytes) -> Draft | Undecodable | Faults:
    """Read a draft (IDA, EDA)."""
    return _DRAFT.decode(raw)  # type: ignore[no-any-return]


def decode_payment(raw: bytes) -> PaymentNotice | Undecodable | Faults:
    """Read a payment notice of a collecting bank."""
    return _PAYMENT.decode(raw)  # type: ignore[no-any-return]


def decode_arrival(raw: bytes) -> ArrivalNotice | Undecodable | Faults:
    """Read an arrival notice of a port, warehouse or airport."""
    return _ARRIVAL.decode(raw)  # type: ignore[no-any-return]


def decode_result(raw: bytes) -> ResultNotice | Undecodable | Faults:
    """Read the result of a check, a permit or another condition."""
    return _RESULT.decode(raw)  # type: ignore[no-any-return]


def decode_act(raw: bytes) -> ActNotice | Undecodable | Faults:
    """Read an officer's act on a file, or a declarant's answer."""
    return _ACT.decode(raw)  # type: ignore[no-any-return]


def decode_guarantee(raw: bytes) -> Guarantee | Undecodable | Faults:
    """Read a guarantee that a bank puts on file."""
    return _GUARANTEE.decode(raw)  # type: ignore[no-any-return]


def decode_goods_list(raw: bytes) -> GoodsList | Undecodable | Faults:
    """Read a list of exempt goods that an officer puts on file."""
    return _GOODS_LIST.decode(raw)  # type: ignore[no-any-return]
