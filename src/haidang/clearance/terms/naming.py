"""What conditions, their owners and states are called, Vietnamese and English: for refusals, and for whoever shows the codes in words."""

from collections.abc import Mapping

from haidang.clearance.terms import ConditionKind, Owner, State

Pair = tuple[str, str]
"""Vietnamese, English."""

CONDITIONS: Mapping[ConditionKind, Pair] = {
    ConditionKind.DOCUMENT_CHECK: ("kiểm tra hồ sơ", "document check"),
    ConditionKind.INSPECTION: ("kiểm tra thực tế", "inspection"),
    ConditionKind.PERMIT: ("giấy phép", "permit"),
    ConditionKind.SPECIALISED_INSPECTION: ("kiểm tra chuyên ngành", "specialised inspection"),
    ConditionKind.ORIGIN: ("xuất xứ", "origin"),
    ConditionKind.RATE: ("xác định thuế suất", "rate"),
    ConditionKind.TAX: ("nộp thuế", "tax"),
    ConditionKind.ARRIVAL: ("hàng đến", "arrival"),
    ConditionKind.HOLD: ("tạm dừng", "hold"),
    ConditionKind.CORRECTION: ("khai sửa theo yêu cầu", "correction"),
    ConditionKind.CANCELLATION: ("chờ quyết định hủy", "cancellation"),
    ConditionKind.VALUE_DOUBT: ("nghi ngờ trị giá", "doubt of the value"),
    ConditionKind.CONSULTATION: ("tham vấn giá", "consultation on the value"),
    ConditionKind.AMENDMENT: ("chờ chấp nhận khai bổ sung", "amendment after clearance"),
    ConditionKind.SUPPLEMENT: ("hoàn chỉnh tờ khai", "supplement"),
    ConditionKind.ASSESSMENT: ("hải quan xem xét ấn định thuế", "assessment ex officio"),
    ConditionKind.RELEASE: ("chờ quyết định giải phóng hàng", "release asked for"),
    ConditionKind.STORAGE: ("chờ quyết định đưa hàng về bảo quản", "storage asked for"),
    ConditionKind.DETERMINATION: ("chờ trị giá, mã số chính thức", "official value or code"),
    ConditionKind.RULING: ("đối chiếu văn bản xác định trước", "comparison with an advance ruling"),
    ConditionKind.STORAGE_ARRIVAL: ("hàng đến nơi bảo quản", "arrival at the storage"),
}
OWNERS: Mapping[Owner, Pair] = {
    Owner.TRADER: ("người khai", "trader"),
    Owner.CUSTOMS: ("hải quan", "customs"),
    Owner.MINISTRY: ("bộ chuyên ngành", "ministry"),
    Owner.BANK: ("ngân hàng", "bank"),
    Owner.PORT: ("cảng, kho", "port"),
}
STATES: Mapping[State, Pair] = {
    State.DRAFT: ("khai tạm", "draft"),
    State.EXPIRED: ("quá hạn lưu", "expired"),
    State.REGISTERED: ("đã đăng ký", "registered"),
    State.CHANNELLED: ("đã phân luồng", "channelled"),
    State.DOC_CHECK: ("đang kiểm tra hồ sơ", "documents are checked"),
    State.INSPECTION: ("đang kiểm tra thực tế", "goods are inspected"),
    State.TAX_PENDING: ("chờ nộp thuế", "waits for the tax"),
    State.STORAGE: ("đưa hàng về bảo quản", "in storage"),
    State.RELEASED: ("giải phóng hàng", "released"),
    State.CLEARED: ("thông quan", "cleared"),
    State.GATE_OUT: ("hàng qua khu vực giám sát", "out of the gate"),
    State.AMENDED: ("đã khai bổ sung", "amended"),
    State.CANCELLED: ("đã hủy", "cancelled"),
    State.MANUAL: ("xử lý thủ công", "by hand"),
}
