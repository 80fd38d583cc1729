"""One message of each kind, and one body of each POST that is no act of law, as the description of `/api/v1` shows it. Parties and goods are made up; a test decodes every one of them."""

import csv
import io
from typing import Any

_DECLARATION: dict[str, Any] = {
    "kind_code": "A11",
    "transport_mode_code": "2",
    "person_class_code": "4",
    "customs_office_code": "03CC",
    "trader_code": "9900010007",
    "trader_name": "Công ty Mẫu",
    "trader_address": "Số 1 đường Mẫu, thành phố Mẫu",
    "counterparty_name": "SAMPLE PARTNER",
    "counterparty_country_code": "JP",
    "transport_document_nos": ["MAU-BL-1"],
    "package_count": 12,
    "package_unit_code": "PK",
    "gross_mass": "260",
    "gross_mass_unit_code": "KGM",
    "warehouse_code": "03CCS03",
    "vessel_name": "TAU MAU 01",
    "arrival_on": "2026-03-01",
    "unloading_place_code": "VNHPH",
    "loading_place_code": "JPZZZ",
    "invoice_class_code": "A",
    "invoice_no": "MAU-INV-1",
    "invoice_on": "2026-02-20",
    "payment_method_code": "TTR",
    "price_kind_code": "A",
    "price_condition_code": "CIF",
    "invoice_currency_code": "USD",
    "invoice_total": "1250.5",
    "payment_timing_code": "D",
    "items": [
        {
            "commodity_code": "84145110",
            "description": "Quạt bàn, hàng mẫu",
            "origin_country_code": "JP",
            "tariff_schedule_code": "B01",
            "quantity": "100",
            "unit_code": "UNIT",
            "invoice_value": "1250.5",
            "unit_price": "12.505",
            "unit_price_currency_code": "USD",
            "unit_price_unit_code": "UNIT",
            "tax_codes": ["VB905"],
        }
    ],
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "lodgement": {"message_id": "2026-03-02/0001", "sender": "9900010007", "procedure": "LODGE", "declaration": _DECLARATION},
    "draft": {"procedure": "IDA", "declaration": _DECLARATION},
    "registration": {
        "message_id": "2026-03-02/0002", "sender": "9900010007", "procedure": "IDC", "draft_no": "100000000010",
        "accept_repricing": True,
    },
    "payment": {
        "message_id": "NH-0001", "sender": "NGANHANGM01", "procedure": "PAYMENT", "declaration_no": "100000000010",
        "amount_vnd": 12_345_678, "paid_at": "2026-03-02T09:00:00+07:00", "reference": "GNT 0001", "payer_code": "9900010007",
    },
    "arrival": {
        "message_id": "CANG-0001", "sender": "CANGMAU01", "procedure": "ARRIVAL", "declaration_no": "100000000010",
        "warehouse_code": "03CCS03", "arrived_at": "2026-03-02T08:30:00+07:00",
    },
    "result": {
        "message_id": "HQ-0001", "sender": "03CC", "procedure": "RESULT", "declaration_no": "100000000010",
        "condition": "document_check", "outcome": "passed", "reference": "Biên bản 0001",
    },
    "act": {
        "message_id": "HQ-0002", "sender": "03CC", "procedure": "ACT", "declaration_no": "100000000010", "act": "raise_channel",
        "text": "Trọng lượng cân khác khai báo", "channel": "red",
        "order": {"place_code": "03CCS03", "inspection_class": "partial", "container_nos": ["MAUU1234567"]},
    },
    "guarantee": {
        "message_id": "NH-BL-0001", "sender": "NGANHANGM01", "procedure": "GUARANTEE", "trader_code": "9900010007", "year": 2026,
        "sign": "BL", "number": "0001", "amount_vnd": 500_000_000, "kind": "general", "valid_from": "2026-03-01",
        "valid_until": "2027-03-01",
    },
    "goods_list": {
        "message_id": "HQ-0003", "sender": "03CC", "procedure": "GOODS_LIST", "trader_code": "9900010007", "list_no": "030000000001",
        "paper": "Thông báo danh mục 0001", "valid_from": "2026-03-01", "valid_until": "2027-03-01",
        "goods": [{"line_no": 1, "commodity_code": "84145110", "quantity": "500", "unit_code": "PCE"}],
    },
    "amendment": {
        "message_id": "2026-03-02/0003", "sender": "9900010007", "procedure": "AMEND", "declaration_no": "100000000010",
        "declaration": _DECLARATION | {"package_count": 13}, "reason": "Đếm lại số kiện",
    },
    "supplement": {
        "message_id": "2026-03-20/0004", "sender": "9900010007", "procedure": "SUPPLEMENT", "declaration_no": "100000000010",
        "declaration": _DECLARATION | {"invoice_no": "MAU-INV-1", "package_count": 12}, "reason": "Đã nhận hóa đơn chính thức",
    },
    "cancellation": {
        "message_id": "2026-03-02/0004", "sender": "9900010007", "procedure": "CANCEL", "declaration_no": "100000000010",
        "case": "unamendable_error", "reason": "Khai sai mã phương thức vận chuyển",
    },
    "parcel_list": {
        "message_id": "CPN-0001", "sender": "9900020005", "procedure": "MIC", "operator_code": "9900020005", "customs_office_code": "03CC",
        "transport_document_no": "MAU-MAWB-1", "conveyance_no": "MAU123", "arrival_on": "2026-03-01",
        "parcels": [
            {
                "house_no": "MAU-HAWB-0001", "description": "Áo thun cotton, hàng mẫu", "party_name": "Nguyễn Văn Mẫu",
                "counterparty_name": "SAMPLE SHOP", "country_code": "CN", "customs_value_vnd": 850_000, "gross_mass": "0.35",
            },
            {
                "house_no": "MAU-HAWB-0002", "description": "Ốp lưng điện thoại, hàng mẫu", "party_name": "Trần Thị Mẫu",
                "counterparty_name": "SAMPLE SHOP", "country_code": "CN", "customs_value_vnd": 120_000, "package_count": 1,
                "commodity_code": "39269059", "permit_needed": False,
            },
        ],
    },
    "parcel_amendment": {
        "message_id": "CPN-0002", "sender": "9900020005", "procedure": "MIE", "list_no": "600000000010", "reason": "Người mua trả thêm tiền",
        "amended_parcels": [
            {
                "parcel_no": "200000000010", "house_no": "MAU-HAWB-0001", "description": "Áo thun cotton, hàng mẫu",
                "party_name": "Nguyễn Văn Mẫu", "counterparty_name": "SAMPLE SHOP", "country_code": "CN", "customs_value_vnd": 900_000,
                "gross_mass": "0.35",
            },
        ],
    },
    "parcel_cancellation": {
        "message_id": "CPN-0003", "sender": "9900020005", "procedure": "PARCEL_CANCEL", "list_no": "600000000010",
        "case": "unamendable_error", "reason": "Khai nhầm số vận đơn chủ hàng", "parcel_nos": ["200000000020"],
    },
    "parcel_act": {
        "message_id": "HQ-0003", "sender": "03CC", "procedure": "PARCEL_ACT", "parcel_no": "200000000010", "act": "hold",
        "text": "Nghi hàng giả nhãn hiệu",
    },
    "cancellation_result": {
        "message_id": "HQ-0002", "sender": "03CC", "procedure": "CANCEL_RESULT", "declaration_no": "100000000010",
        "outcome": "approved", "reference": "Quyết định 0001",
    },
    "cleared_amendment": {
        "message_id": "2026-03-20/0005", "sender": "9900010007", "procedure": "AMC", "declaration_no": "100000000010",
        "declaration": _DECLARATION | {"invoice_no": "MAU-INV-1A"}, "reason_code": "6", "reason": "Ghi sai số hóa đơn",
    },
    "assessment": {
        "message_id": "HQ-0003", "sender": "03CC", "procedure": "ASSESS", "declaration_no": "100000000010", "declaration": _DECLARATION,
        "ground": "value_untrue", "reason": "Hợp đồng thu được ghi giá khác",
    },
    "document": {
        "type": "invoice", "trader_code": "9900010007", "file_name": "hoa-don.txt", "media_type": "text/plain",
        "fields": {
            "number": "MAU-INV-1", "date": "2026-02-20", "currency": "USD", "total": "1250.5", "seller": "SAMPLE PARTNER",
            "buyer": "Công ty Mẫu", "line_count": 1,
        },
        "content": "TUFVLUlOVi0xOyBVU0QgMTI1MC41Cg==",
    },
    "ruling_application": {
        "message_id": "XDT-0001", "sender": "9900010007", "procedure": "RULING_APPLY", "trader_code": "9900010007", "kind": "code",
        "goods_name": "Máy tính bảng màn hình 10 inch", "goods_mark": "MAU-TAB 10", "commodity_code": "84713090",
        "text": "Bản mô tả kỹ thuật kèm theo",
    },
    "ruling_step": {
        "message_id": "HQ-0006", "sender": "03CC", "procedure": "RULING_STEP", "trader_code": "9900010007", "number": "DXT-2026-0001",
        "act": "need_more", "text": "Bổ sung ảnh và tài liệu kỹ thuật của hàng",
    },
    "decision": {
        "message_id": "HQ-0004", "sender": "03CC", "procedure": "DECIDE", "declaration_no": "100000000010",
        "register_no": "503000000001", "kind": "amendment", "outcome": "accepted",
    },
}  # fmt: skip


def _csv_example() -> str:
    """Return the example declaration as a CSV file: the header in the first line only, two goods lines."""
    lines = [_DECLARATION["items"][0], {**_DECLARATION["items"][0], "description": "Quạt bàn, loại hai"}]
    header: dict[str, str] = {}
    for name, value in _DECLARATION.items():
        if isinstance(value, list):
            header |= {f"{name}.{number}": str(each) for number, each in enumerate(value, 1) if name != "items"}
        else:
            header[name] = str(value)
    header |= {"invoice_total": "2501", "package_count": "24"}
    columns = [name for name in lines[0] if name != "tax_codes"]
    rows = [[*header, *(f"items.{name}" for name in columns), "items.tax_codes.1"]]
    for number, line in enumerate(lines):
        said = list(header.values()) if not number else [""] * len(header)
        rows.append([*said, *(str(line[name]) for name in columns), line["tax_codes"][0]])
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


ASKED_EXAMPLES: dict[str, Any] = {
    "conversion": _csv_example(),
    "replay": {"topic": "declaration.cleared", "since": "2026-03-02T08:00:00+07:00"},
}
