"""What codes of answers are called on the screen: Vietnamese first, then English."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

TAXES = {
    "import_duty": "nhập khẩu · import duty",
    "trade_remedy": "phòng vệ · trade remedy",
    "special_consumption": "TTĐB · special consumption",
    "environment": "BVMT · environment",
    "value_added": "GTGT · VAT",
    "export_duty": "xuất khẩu · export duty",
    "customs_fee": "lệ phí · fee",
}
CONDITIONS = {
    "document_check": "kiểm tra hồ sơ · document check",
    "inspection": "kiểm tra thực tế · inspection",
    "permit": "giấy phép · permit",
    "specialised_inspection": "kiểm tra chuyên ngành · specialised inspection",
    "origin": "xuất xứ · origin",
    "rate": "xác định thuế suất · rate",
    "tax": "nộp thuế · tax",
    "arrival": "hàng đến · arrival",
    "hold": "tạm dừng · hold",
}
OWNERS = {
    "trader": "người khai · trader",
    "customs": "hải quan · customs",
    "ministry": "bộ chuyên ngành · ministry",
    "bank": "ngân hàng · bank",
    "port": "cảng, kho · port",
}
STATES = {
    "draft": "khai tạm · draft",
    "expired": "quá hạn lưu · expired",
    "registered": "đã đăng ký · registered",
    "channelled": "đã phân luồng · channelled",
    "doc_check": "đang kiểm tra hồ sơ · documents are checked",
    "inspection": "đang kiểm tra thực tế · goods are inspected",
    "tax_pending": "chờ nộp thuế · waits for the tax",
    "storage": "đưa hàng về bảo quản · in storage",
    "released": "giải phóng hàng · released",
    "cleared": "thông quan · cleared",
    "gate_out": "hàng qua khu vực giám sát · out of the gate",
    "amended": "đã khai bổ sung · amended",
    "cancelled": "đã hủy · cancelled",
    "manual": "xử lý thủ công · by hand",
}
EFFECTS = {
    "permit": "giấy phép · permit",
    "prohibition": "cấm · prohibition",
    "inspection": "kiểm tra chuyên ngành · specialised inspection",
}


def counted(codes: Iterable[str]) -> str:
    """Return codes in the order in which they come, each once, with how often: `permit × 2, tax`."""
    return ", ".join(code if count == 1 else f"{code} × {count}" for code, count in Counter(codes).items())


def explained(conditions: Iterable[str]) -> str:
    """Return what the kinds of conditions in a table mean, in one line."""
    seen = set(conditions)
    return "; ".join(f"{kind} = {words.partition(' · ')[0]}" for kind, words in CONDITIONS.items() if kind in seen)


def moment(text: str | None) -> str:
    """Return an instant of an answer to the second, as people read it: 2026-03-02 08:00:13 (Vietnamese time); nothing for none."""
    if not text:
        return ""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")
