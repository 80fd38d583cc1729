"""The message GOODS_LIST: an officer puts a list of goods exempt from duty, or a tariff quota licence, on file, line by line, for a trader to draw down."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from haidang.clearance.rules.goods_lists import EXEMPT_GOODS, KINDS, ListedGoods
from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.exact import ExactReader
from haidang.gateway.messages.wire import wire_struct
from haidang.kernel.findings import Finding
from haidang.kernel.money import parse_scaled

QUANTITY_PLACES = 3
MOST_LINES = 999
"""A declaration names a line by three digits (item TXR of VNACCS)."""


class GoodsList(Struct, frozen=True):
    """A list of goods for a trader, exempt or (`kind`) inside a tariff quota, in force from `valid_from` until before `valid_until`; `paper` is the decision behind it."""

    message_id: str
    sender: str
    procedure: str
    trader_code: str
    list_no: str
    paper: str
    valid_from: date
    valid_until: date
    goods: tuple[ListedGoods, ...]
    kind: str


def _field(name: str, type_: str, width: int, vi: str, en: str, group: str = "envelope", **more: Any) -> Field:
    return Field(
        group=group, name=name, type=type_, width=width, name_vi=vi, name_en=en,  # type: ignore[arg-type]
        **{"need_import": "M", "need_export": "M", "code_list": "", **more},
    )  # fmt: skip


GOODS = {
    field.name: field
    for field in (
        _field("line_no", "I", 3, "Số dòng trong danh mục, từ 1", "Number of the line, from 1", "goods"),
        _field("commodity_code", "A", 12, "Mã số hàng hóa", "Commodity code", "goods"),
        _field(
            "quantity",
            "F",
            15,
            "Lượng được miễn thuế hoặc trong hạn ngạch",
            "Quantity exempt or inside the quota",
            "goods",
            decimals=QUANTITY_PLACES,
        ),
        _field("unit_code", "A", 4, "Đơn vị tính", "Unit", "goods"),
    )
}
GROUPS: Mapping[str, Mapping[str, Field]] = {"goods": GOODS}
"""Members of the list within the message."""
MEMBERS: Mapping[str, Any] = {"goods": wire_struct("WireListedGoods", GOODS.values())}
"""Their wire types."""
OWN_FIELDS = (
    _field("trader_code", "K", 13, "Mã số thuế doanh nghiệp", "Tax code of the trader"),
    _field(
        "kind",
        "A",
        12,
        "Loại danh mục; để trống: hàng miễn thuế",
        "Kind of list; empty: exempt goods",
        need_import="C",
        need_export="C",
        code_list="=" + "|".join(KINDS),
    ),
    _field(
        "list_no",
        "K",
        20,
        "Số danh mục hàng miễn thuế hoặc giấy phép hạn ngạch",
        "Number of the list or the quota licence",
    ),
    _field("paper", "W", 140, "Văn bản về danh mục", "The paper behind the list"),
    _field("valid_from", "D", 10, "Ngày bắt đầu hiệu lực", "First day in force"),
    _field(
        "valid_until", "D", 10, "Ngày hết hiệu lực (từ ngày này không còn hiệu lực)", "First day no longer in force"
    ),
    _field(
        "goods",
        "G",
        0,
        "Hàng hóa được miễn thuế hoặc trong hạn ngạch",
        "Goods exempt or inside the quota",
        repeat=MOST_LINES,
    ),
)

_WIDTH_OF_A_LIST = 12
"""A declaration names a list of exempt goods by so many characters (item TXN of VNACCS), and a licence by those of the field."""
_LONG = Finding(
    code="HD-LIST-NO",
    pointer="/list_no",
    text_vi=f"Số danh mục hàng miễn thuế dài hơn {_WIDTH_OF_A_LIST} ký tự.",
    text_en=f"The number of a list of exempt goods is longer than {_WIDTH_OF_A_LIST} characters.",
    repair_vi="Ghi số mà tờ khai sẽ khai.",
    repair_en="Write the number that declarations are to name.",
)
_STROKE = Finding(
    code="HD-LIST-NO",
    pointer="/list_no",
    text_vi="Số danh mục không được chứa dấu gạch chéo.",
    text_en="The number of a list holds no stroke.",
    repair_vi="Ghi số danh mục không có dấu gạch chéo.",
    repair_en="Write the number without strokes.",
)


def check_number(reader: ExactReader, read: Mapping[str, object]) -> None:
    """Note a number that could not be told from that of a line, or that no declaration could name. A licence bears the number of its paper."""
    number = read.get("list_no")
    if isinstance(number, str) and read.get("kind", EXEMPT_GOODS) == EXEMPT_GOODS:
        if "/" in number:
            reader.findings.append(_STROKE)
        if len(number) > _WIDTH_OF_A_LIST:
            reader.findings.append(_LONG)


def list_from_wire(wire: Any) -> GoodsList | None:
    """Return the terms of a decoded message; None when its number is none."""
    kind = wire.kind or EXEMPT_GOODS
    if kind == EXEMPT_GOODS and ("/" in wire.list_no or len(wire.list_no) > _WIDTH_OF_A_LIST):
        return None
    goods = tuple(
        ListedGoods(each.line_no, each.commodity_code, parse_scaled(each.quantity, QUANTITY_PLACES), each.unit_code)
        for each in wire.goods
    )
    return GoodsList(
        wire.message_id, wire.sender, wire.procedure, wire.trader_code, wire.list_no, wire.paper, wire.valid_from,
        wire.valid_until, goods, kind,
    )  # fmt: skip
