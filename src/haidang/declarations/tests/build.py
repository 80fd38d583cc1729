"""Builders of valid declarations and of the messages that carry them. Reused by the tests of other rooms, the demo and the bench."""

import json
from datetime import date
from typing import Any

from haidang.declarations.terms import Declaration, GoodsItem, HeaderParticulars, ItemParticulars

TRADER_CODE = "9901234560"
"""A tax code (mã số thuế) with a right check digit."""

_GOODS = (
    ("84713020", "Máy tính xách tay, màn hình 14 inch, mới 100%", "PCE", "12", "850.25", "KR", "B01"),
    ("85171300", "Điện thoại thông minh 5G, bộ nhớ 256 GB, mới 100%", "PCE", "40", "312.5", "CN", "B05"),
    ("39269099", "Nắp nhựa dùng cho thiết bị gia dụng", "PCE", "1500", "0.85", "JP", "B01"),
    ("73181510", "Bu lông bằng thép, đường kính thân dưới 16 mm", "KGM", "320.75", "4", "KR", "B01"),
    ("61091010", "Áo phông nam bằng bông, dệt kim", "PCE", "600", "6.4", "TH", "B04"),
)
"""Commodity code, description, unit, quantity, unit price, origin, schedule."""


def _milli(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(3, "0"))


def _with_particulars(term: Any, particulars: Any, values: dict[str, Any]) -> Any:
    """Make a term; what it has no attribute for (or what is written `particulars.x`) goes into its particulars."""
    names = set(particulars.__struct_fields__)
    said = {}
    for name in list(values):
        plain = name.removeprefix("particulars.")
        if plain in names:
            said[plain] = values.pop(name)
    return term(**values, **({"particulars": particulars(**said)} if said else {}))


def goods_item(line_no: int = 1, **changes: Any) -> GoodsItem:
    """Return a valid import line in USD; lines differ by their number."""
    commodity_code, description, unit_code, quantity, unit_price, origin, schedule = _GOODS[(line_no - 1) % len(_GOODS)]
    quantity_milli = _milli(quantity)
    unit_price_e6 = _milli(unit_price) * 1000
    values: dict[str, Any] = {
        "line_no": line_no,
        "commodity_code": commodity_code,
        "description": f"{description} ({line_no})",
        "origin_country_code": origin,
        "tariff_schedule_code": schedule,
        "quantity_milli": quantity_milli,
        "unit_code": unit_code,
        "invoice_value_e4": quantity_milli * unit_price_e6 // 100_000,
        "unit_price_e6": unit_price_e6,
        "unit_price_currency_code": "USD",
        "unit_price_unit_code": unit_code,
    }
    return _with_particulars(GoodsItem, ItemParticulars, {**values, **changes})  # type: ignore[no-any-return]


def export_item(line_no: int = 1, **changes: Any) -> GoodsItem:
    """Return a valid export line: no origin, no import schedule."""
    return goods_item(line_no, **{"origin_country_code": "", "tariff_schedule_code": "", **changes})


def declaration(lines: int = 3, **changes: Any) -> Declaration:
    """Return a valid import declaration, kind A11, CIF in USD, by sea in containers; `changes` replace attributes.

    The invoice total follows the lines unless it is given.
    """
    items = changes.pop("items", None) or tuple(goods_item(line_no) for line_no in range(1, lines + 1))
    values: dict[str, Any] = {
        "is_export": False,
        "kind_code": "A11",
        "trader_code": TRADER_CODE,
        "trader_name": "Công ty TNHH Thương mại Bình Minh",
        "trader_address": "Số 12 đường Lê Lợi, quận Ngô Quyền, Hải Phòng",
        "counterparty_name": "HANBIT ELECTRONICS CO LTD",
        "counterparty_country_code": "KR",
        "transport_mode_code": "2",
        "person_class_code": "4",
        "customs_office_code": "03CC",
        "warehouse_code": "03CCS03",
        "transport_document_nos": ("HBLHAN260301234",),
        "package_count": 42,
        "package_unit_code": "CT",
        "gross_mass_g": 2_450_500 + len(items) * 100_000,
        "vessel_name": "HAI DANG 01",
        "arrival_on": date(2026, 3, 1),
        "unloading_place_code": "VNHPH",
        "loading_place_code": "SGSIN",
        "container_count": 1,
        "invoice_class_code": "A",
        "invoice_no": "INV-2026-0301",
        "invoice_on": date(2026, 2, 20),
        "payment_method_code": "TTR",
        "price_kind_code": "A",
        "price_condition_code": "CIF",
        "invoice_currency_code": "USD",
        "invoice_total_e4": sum(item.invoice_value_e4 or 0 for item in items),
        "notes": "Hàng mới",
        "trader_reference": "BM-0301",
        "items": items,
    }
    return _with_particulars(Declaration, HeaderParticulars, {**values, **changes})  # type: ignore[no-any-return]


def export_declaration(lines: int = 3, **changes: Any) -> Declaration:
    """Return a valid export declaration, kind B11, FOB in USD."""
    items = changes.pop("items", None) or tuple(export_item(line_no) for line_no in range(1, lines + 1))
    values: dict[str, Any] = {
        "is_export": True,
        "kind_code": "B11",
        "person_class_code": "",
        "arrival_on": None,
        "departure_on": date(2026, 3, 6),
        "unloading_place_code": "",
        "loading_place_code": "VNHPH",
        "final_destination_code": "KRPUS",
        "container_count": None,
        "price_condition_code": "FOB",
        "items": items,
    }
    return declaration(lines, **{**values, **changes})


def wire(declared: Declaration | None = None) -> dict[str, Any]:
    """Return the JSON object of a declaration, written without the encoder under test."""
    declared = declared or declaration()
    header = {
        "gross_mass": ("gross_mass_g", 3),
        "invoice_total": ("invoice_total_e4", 4),
        "freight": ("freight_e4", 4),
        "insurance": ("insurance_e4", 4),
        "allocation_total": ("allocation_total_e4", 4),
        "base_price": ("base_price_e4", 4),
        "tax_value_total": ("tax_value_total_e4", 4),
    }
    item = {
        "quantity": ("quantity_milli", 3),
        "quantity2": ("quantity2_milli", 3),
        "invoice_value": ("invoice_value_e4", 4),
        "unit_price": ("unit_price_e6", 6),
        "declared_customs_value": ("declared_customs_value_e4", 4),
        "duty_reduction": ("duty_reduction_vnd_e4", 4),
        "declared_duty_rate": ("declared_duty_rate_bp", 2),
        "declared_specific_duty": ("declared_specific_duty_e4", 4),
        "reduction": ("reduction_vnd_e4", 4),
    }
    members = _plain(declared, header, leave_out={"is_export", "items", "permits", "adjustments"})
    members["items"] = [_plain(line, item, leave_out={"line_no"}) for line in declared.items]
    if declared.permits:
        members["permits"] = [
            {"type_code": permit.type_code, "permit_no": permit.permit_no} for permit in declared.permits
        ]
    if declared.adjustments:
        members["adjustments"] = [
            _plain(adjustment, {"amount": ("amount_e4", 4), "factor": ("factor_e4", 4)}, leave_out={"sign"})
            for adjustment in declared.adjustments
        ]
    return members


def message(
    declared: Declaration | None = None, message_id: str = "BM-2026-000001", sender: str = TRADER_CODE, **changes: Any
) -> bytes:
    """Return the bytes of a lodgement; `changes` add or replace members of the envelope."""
    body: dict[str, Any] = {
        "message_id": message_id,
        "sender": sender,
        "procedure": "LODGE",
        "declaration": wire(declared),
        **changes,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(term: Any, decimals: dict[str, tuple[str, int]], leave_out: set[str]) -> dict[str, Any]:
    scaled = {attribute: (name, places) for name, (attribute, places) in decimals.items()}
    members: dict[str, Any] = {}
    for attribute in term.__struct_fields__:
        value = getattr(term, attribute)
        if attribute == "particulars":
            members |= _plain(value, decimals, leave_out)
            continue
        if attribute in leave_out or value in (None, "", (), False, 0):
            continue
        if attribute in scaled:
            name, places = scaled[attribute]
            members[name] = _decimal(value, places)
        elif isinstance(value, date):
            members[attribute] = value.isoformat()
        elif isinstance(value, tuple):
            members[attribute] = [
                _plain(each, decimals, leave_out) if hasattr(each, "__struct_fields__") else each for each in value
            ]
        else:
            members[attribute] = value
    return members


def _decimal(value: int, places: int) -> str:
    digits = str(value).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")
