"""The messages RULING_APPLY and RULING_STEP: an application for an advance ruling, and what is done in its file by traders and officers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.acts import OWN_FIELDS
from haidang.gateway.messages.declaration import Doubtful
from haidang.gateway.messages.decoding import Message
from haidang.gateway.messages.envelope import SIGNED, field_of, procedure_of, rows_of, within
from haidang.gateway.messages.exact import FIRST_YEAR, LAST_YEAR
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.remains import Faults
from haidang.rulings.terms import Content, Outcome, RulingAct, RulingGoods, RulingKind

KINDS = {kind.name.lower(): kind for kind in RulingKind}
STEPS = tuple(act.value for act in RulingAct if act is not RulingAct.APPLY)


class RulingApplication(Struct, frozen=True):
    """A trader asks, itself or by its agent, for a ruling on the code, the method of value or the origin of goods."""

    message_id: str
    sender: str
    procedure: str
    trader_code: str
    kind: RulingKind
    goods: RulingGoods
    asked: Content
    text: str = ""
    documents: tuple[str, ...] = ()


class RulingStep(Struct, frozen=True):
    """One step in the file that bears `number` (of the application or of a ruling of it)."""

    message_id: str
    sender: str
    procedure: str
    trader_code: str
    number: str
    act: RulingAct
    text: str = ""
    outcome: str = ""
    content: Content = Content()
    valid_until: date | None = None
    documents: tuple[str, ...] = ()


_TRADER = field_of("trader_code", "K", 13, "Mã số thuế doanh nghiệp", "Tax code of the trader")
_CONTENT = (
    field_of("commodity_code", "A", 12, "Mã số hàng hóa", "Commodity code", needed=False),
    field_of("value_method", "A", 10, "Phương pháp xác định trị giá", "Method of the customs value", needed=False),
    field_of("origin_country_code", "A", 2, "Mã nước xuất xứ", "Country of origin", needed=False),
)
_DOCUMENTS = next(field for field in OWN_FIELDS if field.name == "documents")
APPLICATION = rows_of(
    *SIGNED,
    procedure_of("RULING_APPLY"),
    _TRADER,
    field_of("kind", "A", 6, "Nội dung đề nghị xác định trước", "What is to be ruled on", values=tuple(KINDS)),
    field_of("goods_name", "W", 600, "Mô tả hàng hóa", "Description of the goods"),
    field_of(
        "goods_mark", "W", 70, "Tên thương mại hoặc ký hiệu để nhận ra hàng", "Trade name or model by which lines are known", needed=False
    ),
    field_of("lot", "A", 35, "Số vận đơn của lô hàng (trị giá)", "Bill of the lot, for a value", needed=False),
    *_CONTENT,
    field_of("text", "W", 600, "Căn cứ của đề nghị", "Grounds of the application", needed=False),
    _DOCUMENTS,
)  # fmt: skip
STEP = rows_of(
    *SIGNED,
    procedure_of("RULING_STEP"),
    _TRADER,
    field_of("number", "K", 20, "Số đơn hoặc số văn bản xác định trước", "Number of the application or ruling"),
    field_of("act", "A", 14, "Việc thực hiện", "What is done", values=STEPS),
    field_of("text", "W", 600, "Nội dung, lý do hoặc căn cứ", "What is wanted, why, or the ground", needed=False),
    field_of("outcome", "A", 10, "Nội dung đề xuất", "What is proposed", needed=False, values=tuple(Outcome)),
    *_CONTENT,
    field_of("valid_until", "D", 10, "Ngày không còn hiệu lực", "First day no longer in force", needed=False),
    _DOCUMENTS,
)
ENVELOPES: Mapping[str, Mapping[str, Field]] = {"RULING_APPLY": APPLICATION, "RULING_STEP": STEP}
"""The fields of each message, by procedure."""


def _content(wire: Any) -> Content:
    return Content(wire.commodity_code, wire.value_method, wire.origin_country_code)


def _application(wire: Any, spare: int) -> RulingApplication:
    within(APPLICATION, wire, spare, "goods_name", "goods_mark", "text")
    goods = RulingGoods(wire.goods_name, wire.goods_mark, wire.lot)
    return RulingApplication(
        wire.message_id, wire.sender, wire.procedure, wire.trader_code, KINDS[wire.kind], goods, _content(wire), wire.text,
        tuple(wire.documents),
    )  # fmt: skip


def _step(wire: Any, spare: int) -> RulingStep:
    within(STEP, wire, spare, "text")
    if wire.valid_until is not None and not FIRST_YEAR <= wire.valid_until.year <= LAST_YEAR:
        raise Doubtful
    return RulingStep(
        wire.message_id, wire.sender, wire.procedure, wire.trader_code, wire.number, RulingAct(wire.act), wire.text, wire.outcome,
        _content(wire), wire.valid_until, tuple(wire.documents),
    )  # fmt: skip


_APPLICATION = Message("RulingApplication", APPLICATION, _application)
_STEP = Message("RulingStep", STEP, _step)


def decode_ruling_application(raw: bytes) -> RulingApplication | Undecodable | Faults:
    """Read an application for an advance ruling."""
    return _APPLICATION.decode(raw)  # type: ignore[no-any-return]


def decode_ruling_step(raw: bytes) -> RulingStep | Undecodable | Faults:
    """Read a step in the file of an advance ruling."""
    return _STEP.decode(raw)  # type: ignore[no-any-return]
