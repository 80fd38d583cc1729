"""What the printed form of a declaration says, as plain data for the template: every text in Vietnamese and English, every amount written out."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from haidang.clearance.lookups import Declaring
from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.declaration import GROUPS, HEADER, ITEM
from haidang.gateway.words import CONDITIONS, OWNERS, STATES, TAXES
from haidang.kernel.calendar import VN
from haidang.kernel.money import format_scaled
from haidang.tariff.terms import Measure
from haidang.taxes.terms import TaxKind

Pair = tuple[str, str]
"""The same words in Vietnamese and in English."""


class Printed(Struct, frozen=True):
    """All that a form is made from. The same facts make the same form, byte by byte; `trial` marks every page."""

    view: Mapping[str, Any]
    declared: Mapping[str, Any]
    is_export: bool
    behind: Declaring
    measures: Mapping[int, Measure]
    trial: bool
    line_nos: range
    """The goods lines that are printed, by number: all of them, or those of one part."""


_TITLES = (
    ("Tờ khai hàng hóa nhập khẩu", "Import goods declaration"),
    ("Tờ khai hàng hóa xuất khẩu", "Export goods declaration"),
)
TRIAL = "Cơ sở dữ liệu thử, không có giá trị pháp lý · trial database, no legal effect"
"""Stands on every page printed from a trial database."""
_IN_COLUMNS = frozenset(
    (
        *("commodity_code", "description", "origin_country_code", "tariff_schedule_code", "quantity", "unit_code", "unit_price"),
        *("unit_price_currency_code", "unit_price_unit_code", "invoice_value"),
    )
)  # fmt: skip
"""Fields of a line that have a column of their own; all others stand below the line."""

_WORDS: Mapping[str, Any] = {
    "header": ("Chỉ tiêu chung", "header"),
    "items": ("Dòng hàng", "goods items"),
    "item_columns": (
        ("", ""), ("Mã hàng", "HS code"), ("Mô tả hàng hóa", "description"), ("Xuất xứ", "origin"), ("Số lượng", "quantity"),
        ("Đơn giá", "unit price"), ("Trị giá hóa đơn", "invoice value"),
    ),
    "taxes": ("Thuế từng dòng hàng, kèm căn cứ", "taxes of each line, with their law"),
    "tax_columns": (
        ("", ""), ("Sắc thuế", "tax"), ("Trị giá tính thuế (đ)", "base"), ("Mức thuế", "rate"), ("Tiền thuế (đ)", "amount"),
        ("Căn cứ", "law"),
    ),
    "conditions": ("Điều kiện thông quan", "conditions of clearance"),
    "condition_columns": (
        ("Điều kiện", "condition"), ("Ai giữ", "owner"), ("Mở lúc", "opened"), ("Đóng lúc", "closed"), ("Căn cứ", "law"),
    ),
    "none": ("Không có.", "None."),
    "evidence": ("Chữ ký và nhật ký", "signature and journal"),
    "check": (
        "Mã QR chứa số tờ khai và mã băm của nhật ký. Kiểm tra: in lại tờ khai từ hệ thống; cùng mã băm thì cùng nội dung đến lần xử lý đó.",
        "The QR code holds the number and the digest of the journal. To check: print the declaration again; the same digest is the same file up to that act.",
    ),
}  # fmt: skip


def check_text(number: str, digest: bytes) -> str:
    """Return what the QR code holds: the number and the digest of the last act, by which a print is compared with the record."""
    return f"HAIDANG {number} {digest.hex().upper()}"


def spoken(printed: Printed) -> dict[str, Any]:
    """Return the whole form as the template reads it, without its two pictures."""
    view, declared = printed.view, printed.declared
    title = _TITLES[printed.is_export]
    return {
        "number": view["declaration_no"],
        "title": title,
        "trial": printed.trial,
        "trial_words": TRIAL,
        "printed_from": ("Bản in từ hồ sơ điện tử Hải Đăng", "printed from the electronic record"),
        "check": check_text(view["declaration_no"], printed.behind.digest),
        "words": _WORDS,
        "summary": [*_summary(view), *part_said(len(declared["items"]), printed.line_nos)],
        "header": list(_said(declared, HEADER, printed.is_export, leave_out=frozenset(("items",)))),
        "items": [_item(no, declared["items"][no - 1], printed.is_export) for no in printed.line_nos],
        "taxes": [_tax(each, printed.measures) for each in view["lines"] if each["line_no"] in printed.line_nos],
        "totals": [
            {"name": pair(TAXES[name.removesuffix("_vnd")]), "value": grouped(str(amount))}
            for name, amount in view["taxes"].items()
            if amount
        ],
        "payable": f"Tổng số thuế · total payable: {grouped(str(view['payable_vnd']))} đ",
        "conditions": [_condition(each) for each in view["conditions"]],
        "evidence": _evidence(printed.behind),
    }


def part_said(count: int, lines: range) -> list[dict[str, Any]]:
    """Say which of `count` lines a part of a long print holds; header, totals and conditions are those of the whole in each."""
    if len(lines) == count:
        return []
    return [{"name": ("Phần này: dòng hàng", "this part: lines"), "value": f"{lines[0]}–{lines[-1]} / {count}"}]


def _summary(view: Mapping[str, Any]) -> list[dict[str, Any]]:
    told: tuple[tuple[Pair, str], ...] = (
        (("Loại hình", "kind"), view["kind_code"]),
        (("Cơ quan hải quan", "customs office"), view["customs_office_code"]),
        (("Mã số thuế", "tax code"), view["trader_code"]),
        (("Đăng ký lúc", "registered"), written_moment(view["registered_at"])),
        (("Luồng", "channel"), f"{view['channel']} {view['channel_name_vi']} · {view['channel_name']}"),
        (("Trạng thái", "state"), STATES.get(view["state"], view["state"])),
        (("Thông quan lúc", "cleared"), written_moment(view["cleared_at"]) or "chưa · not yet"),
        (("Trị giá tính thuế (đ)", "customs value"), amount_e4(view["customs_value_vnd_e4"])),
        (("Sách luật", "law book"), f"v{view['law_book_version']}"),
    )
    return [{"name": name, "value": value} for name, value in told]


def _said(declared: Mapping[str, Any], rows: Mapping[str, Field], is_export: bool, leave_out: frozenset[str]) -> Any:
    """Yield each field that was declared: its names, its VNACCS item, its value in words."""
    for name, field in rows.items():
        if name in declared and name not in leave_out:
            value = _value(declared[name], field)
            yield {"name": (field.name_vi, field.name_en), "code": field.vnaccs(is_export), "value": value}


def _value(value: Any, field: Field) -> str:
    if field.type == "G":
        members = GROUPS[field.name]
        return "; ".join(
            ", ".join(_value(each[name], members[name]) for name in members if name in each) for each in value
        )
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, bool):
        return "có · yes" if value else "không · no"
    return grouped(value) if field.type == "F" else str(value)


def _item(line_no: int, line: Mapping[str, Any], is_export: bool) -> dict[str, Any]:
    units = " / ".join(line[name] for name in ("unit_price_currency_code", "unit_price_unit_code") if name in line)
    return {
        "no": str(line_no),
        "commodity": line["commodity_code"],
        "description": line["description"],
        "origin": " ".join(line[name] for name in ("origin_country_code", "tariff_schedule_code") if name in line),
        "quantity": f"{grouped(line['quantity'])} {line['unit_code']}",
        "price": f"{grouped(line['unit_price'])} {units}" if "unit_price" in line else "",
        "value": grouped(line.get("invoice_value", "")),
        "others": [
            {"name": each["name"][0], "value": each["value"]} for each in _said(line, ITEM, is_export, _IN_COLUMNS)
        ],
    }


def _tax(tax: Mapping[str, Any], measures: Mapping[int, Measure]) -> dict[str, Any]:
    measure = measures.get(tax["measure_id"])
    law = f"{measure.instrument}, {measure.schedule}: {measure.printed}" if measure else ""
    if tax["relieved_vnd_e4"]:
        law = f"{law}; miễn giảm · relieved {amount_e4(tax['relieved_vnd_e4'])} đ".removeprefix("; ")
    if measure and not measure.verified:
        law += " (chưa kiểm chứng · unverified)"
    return {
        "line": str(tax["line_no"]),
        "name": pair(TAXES[TaxKind(tax["kind"]).name.lower()]),
        "base": amount_e4(tax["base_vnd_e4"]),
        "rate": _rate(tax),
        "amount": amount_e4(tax["amount_vnd_e4"]),
        "law": law,
    }


def _rate(tax: Mapping[str, Any]) -> str:
    rate = f"{format_scaled(tax['rate_bp'], 2)} %"
    if not tax["specific_vnd_e4"]:
        return rate
    return f"{rate} + {amount_e4(tax['specific_vnd_e4'])} đ × {grouped(format_scaled(tax['quantity_milli'], 3))}"


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    closed = written_moment(condition.get("closed_at"))
    return {
        "name": pair(CONDITIONS[condition["kind"]]),
        "owner": pair(OWNERS[condition["owner"]]),
        "opened": written_moment(condition["opened_at"]),
        "closed": f"{closed} {condition.get('closed_by', '')}".strip() or "đang mở · open",
        "law": condition["law"],
    }


def _evidence(behind: Declaring) -> list[dict[str, Any]]:
    told: Sequence[tuple[Pair, str]] = (
        (("SHA-256 của thông điệp đã ký", "of the signed message"), hashlib.sha256(behind.sent).hexdigest()),
        (("Chứng thư của người ký, SHA-256", "certificate of the signer"), behind.signed_sha256.hex()),
        (
            ("Việc mới nhất trong nhật ký", "last act in the journal"),
            f"{behind.journal_seq} {behind.act} {written_moment(behind.acted_at.astimezone(VN).isoformat())}",
        ),
        (("Mã băm nối chuỗi của nhật ký", "chained digest of the journal"), behind.digest.hex()),
    )
    return [{"name": name, "value": value} for name, value in told]


def pair(text: str) -> Pair:
    """Return both languages of `tiếng Việt · English`."""
    vietnamese, _, english = text.partition(" · ")
    return vietnamese, english


def amount_e4(value_e4: int) -> str:
    """Return ten-thousandths as a grouped decimal."""
    return grouped(format_scaled(value_e4, 4))


def grouped(decimal: str) -> str:
    """Return a plain decimal with its thousands apart by a no-break space."""
    whole, point, fraction = decimal.partition(".")
    return (f"{int(whole):,}".replace(",", "\u00a0") if whole else "") + point + fraction


def written_moment(text: str | None) -> str:
    """Write an instant of a view in Vietnamese time, to the second; nothing for none."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S") if text else ""
