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
    "correction": "khai sửa theo yêu cầu · correction",
    "cancellation": "chờ quyết định hủy · cancellation",
    "value_doubt": "nghi ngờ trị giá · doubt of the value",
    "consultation": "tham vấn giá · consultation on the value",
    "amendment": "chờ chấp nhận khai bổ sung · amendment after clearance",
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
FACTS = {
    "declarations": "Tờ khai · declarations",
    "messages": "Thông điệp · messages",
    "taxes": "Dòng thuế · taxes",
    "transfers": "Bút toán · transfers",
    "violations": "Vi phạm · violations",
    "folder": "Thư mục · folder",
    "digest": "Mã băm · digest",
    "instruments": "Văn bản · instruments",
    "instruments_unverified": "  chưa kiểm chứng · unverified",
    "parameters": "Tham số · parameters",
    "parameters_unverified": "  chưa kiểm chứng · unverified",
    "codes": "Mã danh mục · codes",
    "codes_unverified": "  chưa kiểm chứng · unverified",
    "codes_sample": "  mẫu · sample",
    "exchange_rate_weeks": "Tuần có tỷ giá · weeks with exchange rates",
    "tariff_on": "Biểu thuế ngày · tariff of",
    "tariff.codes": "  mã hàng · commodity codes",
    "tariff.priced": "  đủ thuế suất · priced",
    "tariff.several_vat": "  nhiều mức GTGT · several VAT rates",
    "tariff.several_duty": "  nhiều mức thuế nhập khẩu · several duty rates",
    "tariff.without_rate": "  thiếu thuế suất · without rate",
    "tariff.without_vat": "  thiếu GTGT · without VAT",
    "tariff.export_unknown": "  chưa rõ thuế xuất khẩu · export duty unknown",
    "tariff.with_charge_without_amount": "  khoản thu chưa có mức · charge without amount",
    "tariff.with_control": "  hàng quản lý chuyên ngành · with a control",
    "tariff.measures": "  mức thuế · measures",
    "tariff.unverified": "  chưa kiểm chứng · unverified",
    "tariff.samples": "  mẫu · samples",
    "server": "Máy chủ · server",
    "exists": "Đã tạo · exists",
    "trial": "Bản thử · trial",
    "missing_migrations": "Thiếu bước nâng cấp · missing migrations",
    "version": "Phiên bản · version",
    "legal_now": "Giờ pháp lý · legal time",
    "tables": "Bảng · tables",
    "rows": "Dòng dữ liệu · rows",
    "servers": "Máy chủ · servers",
    "made_now": "Vừa tạo · made now",
    "law_book_version": "Phiên bản sách luật · law book version",
    "tariff_rows_added": "Dòng biểu thuế thêm · tariff rows added",
    "tariff_rows_closed": "Dòng biểu thuế đóng · tariff rows closed",
    "applied": "Đã nâng cấp · applied",
    "party_id": "Số nội bộ · our number",
    "authority_id": "Số nội bộ · our number",
    "code": "Mã · code",
    "kind": "Loại · kind",
    "name": "Tên · name",
    "level": "Mức tuân thủ · level",
    "token": "Mã truy cập · token",
    "valid_until": "Hết hiệu lực · valid until",
    "revoked_at": "Thu hồi lúc · revoked at",
    "thumbprint_sha256": "Dấu vân tay SHA-256 · thumbprint",
    "topic": "Chủ đề · topic",
    "url": "Địa chỉ · address",
    "secret": "Khóa bí mật, chỉ hiện lần này · secret, shown this once",
    "replayed": "Gửi lại · replayed",
    "lines": "Dòng hàng · lines",
    "rows_left_out": "Dòng bỏ qua · rows left out",
    "answers": "Trả lời theo mã HTTP · answers by status",
    "refused": "Bị từ chối · refused",
}
"""What the facts of a result are called; their names in JSON on the left."""


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
