"""What codes of answers are called, on screens and on paper: Vietnamese first, then English."""

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
    "supplement": "hoàn chỉnh tờ khai · supplement",
    "assessment": "hải quan xem xét ấn định thuế · assessment ex officio",
    "release": "chờ quyết định giải phóng hàng · release asked for",
    "storage": "chờ quyết định đưa hàng về bảo quản · storage asked for",
    "determination": "chờ trị giá, mã số chính thức · official value or code",
    "ruling": "đối chiếu văn bản xác định trước · comparison with an advance ruling",
    "storage_arrival": "hàng đến nơi bảo quản · arrival at the storage",
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
WAYS = {
    "webhook": "qua webhook · by webhook",
    "list": "lấy danh sách · list fetched",
    "document": "đọc văn bản · text read",
    "page": "xem trang · page seen",
}
"""How a notice came to its reader."""
FOUND = "khai · declared {declared}; thực tế · found {found} {unit_code}; chênh lệch · difference {difference}"
"""What an inspection found of a goods line."""
INSPECTION_CLASSES = {"full": "toàn bộ · all of it", "partial": "một phần · part of it"}
REVISIONS = {
    "amendment": "Khai bổ sung sau thông quan · amendment after clearance",
    "assessment": "Ấn định thuế · assessment ex officio",
    "cancellation": "Hủy tờ khai · cancellation",
    "retroactive": "Điều chỉnh theo luật áp dụng hồi tố · adjustment by retroactive law",
}
DECISIONS = {"accepted": "chấp nhận · accepted", "refused": "từ chối · refused"}
