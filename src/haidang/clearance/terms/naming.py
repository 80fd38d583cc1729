"""What conditions, their owners, states and the powers of officers are called, Vietnamese and English: for refusals, and for whoever shows the codes in words."""

from collections.abc import Mapping

from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.organisation.terms import Act

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
POWERS: Mapping[Act, Pair] = {
    Act.DOCUMENT_CHECK: ("kiểm tra hồ sơ, hỏi người khai", "check documents, ask the declarant"),
    Act.INSPECTION_RESULT: ("ghi kết quả kiểm tra thực tế", "record an inspection"),
    Act.RAISE_CHANNEL: ("chuyển lên luồng cao hơn", "raise the channel"),
    Act.LOWER_CHANNEL: ("đề xuất luồng thấp hơn", "propose a lower channel"),
    Act.APPROVE: ("quyết định đề xuất của công chức khác", "decide what another officer proposed"),
    Act.INSTRUCT_CORRECTION: ("yêu cầu khai sửa", "instruct a correction"),
    Act.RECORD_RESULT: ("ghi kết quả của cơ quan khác, mức thuế, xuất xứ", "record results of other agencies, rates, origin"),
    Act.LIFT_HOLD: ("bỏ tạm dừng", "lift a hold"),
    Act.DECIDE_AMENDMENT: ("quyết định khai bổ sung sau thông quan", "decide amendments after clearance"),
    Act.ASSESS: ("đề xuất ấn định thuế", "propose an assessment ex officio"),
    Act.CANCEL: ("đề xuất về việc hủy", "propose on a cancellation"),
    Act.DOUBT_VALUE: ("nghi ngờ và tham vấn trị giá", "doubt a value and consult on it"),
    Act.RELEASE: ("giải phóng hàng", "release goods"),
    Act.RELEASE_TO_STORAGE: ("cho đưa hàng về bảo quản", "let goods go to storage"),
    Act.REGISTER_GOODS_LIST: ("ghi danh mục hàng miễn thuế", "put a list of exempt goods on file"),
    Act.RECORD_CONFLICT: ("ghi xung đột lợi ích", "record conflicts of interest"),
    Act.HOLD_PARCEL: ("tạm dừng hàng trị giá thấp", "hold a parcel"),
    Act.PUBLISH_LAW: ("soạn, duyệt, công bố sách luật", "draft, approve and publish law"),
    Act.ANALYSE_RULING: ("thẩm định đơn xác định trước", "examine applications for advance rulings"),
    Act.DECIDE_RULING: ("quyết định về xác định trước", "decide on advance rulings"),
    Act.END_RULING: ("đề xuất chấm dứt văn bản xác định trước", "propose the end of an advance ruling"),
    Act.PREPARE_ADJUSTMENT: ("lập điều chỉnh thuế theo luật hồi tố", "prepare adjustments by retroactive law"),
    Act.APPROVE_ADJUSTMENT: ("duyệt điều chỉnh thuế theo luật hồi tố", "approve adjustments by retroactive law"),
    Act.REGISTER_QUOTA: ("ghi giấy phép hạn ngạch thuế quan", "put a tariff quota licence on file"),
}  # fmt: skip
"""What a power lets an officer do, after “power to”."""
ACTS: Mapping[str, Pair] = {
    Deed.DOCUMENT_CHECK: ("ghi kết quả kiểm tra hồ sơ", "to record the document check"),
    Deed.INSPECTION_RESULT: ("ghi kết quả kiểm tra thực tế", "to record the inspection"),
    Deed.ASK_QUESTION: ("hỏi người khai", "to ask the declarant"),
    Deed.ANSWER_QUESTION: ("trả lời câu hỏi", "to answer a question"),
    Deed.RAISE_CHANNEL: ("chuyển lên luồng cao hơn", "to raise the channel"),
    Deed.PROPOSE_LOWER_CHANNEL: ("đề xuất luồng thấp hơn", "to propose a lower channel"),
    Deed.APPROVE: ("duyệt đề xuất", "to approve the proposal"),
    Deed.REFUSE: ("từ chối đề xuất", "to refuse the proposal"),
    Deed.INSTRUCT_CORRECTION: ("yêu cầu khai sửa", "to instruct a correction"),
    Deed.DOUBT_VALUE: ("nghi ngờ trị giá", "to doubt the value"),
    Deed.ASK_CONSULTATION: ("đề nghị tham vấn trị giá", "to ask for a consultation on the value"),
    Deed.ATTACH: ("nộp thêm chứng từ", "to attach documents"),
    Deed.ACCEPT_VALUE: ("chấp nhận trị giá", "to accept the value"),
    Deed.REJECT_VALUE: ("bác bỏ trị giá", "to reject the value"),
    Deed.ACCEPT_AMENDMENT: ("chấp nhận khai bổ sung", "to accept the amendment"),
    Deed.REFUSE_AMENDMENT: ("từ chối khai bổ sung", "to refuse the amendment"),
    Deed.APPROVE_ASSESSMENT: ("duyệt ấn định thuế", "to approve the assessment"),
    Deed.REFUSE_ASSESSMENT: ("không duyệt ấn định thuế", "to refuse the assessment"),
    Deed.APPROVE_ADJUSTMENT: ("duyệt điều chỉnh thuế", "to approve the adjustment"),
    Deed.REFUSE_ADJUSTMENT: ("không duyệt điều chỉnh thuế", "to refuse the adjustment"),
    Deed.APPROVE_CANCELLATION: ("duyệt đề xuất về việc hủy", "to approve the proposal on the cancellation"),
    Deed.REFUSE_CANCELLATION: ("không duyệt đề xuất về việc hủy", "to refuse the proposal on the cancellation"),
    Deed.REQUEST_RELEASE: ("đề nghị giải phóng hàng", "to ask for release"),
    Deed.RELEASE: ("giải phóng hàng", "to release the goods"),
    Deed.REFUSE_RELEASE: ("từ chối giải phóng hàng", "to refuse the release"),
    Deed.REQUEST_STORAGE: ("đề nghị đưa hàng về bảo quản", "to ask for storage"),
    Deed.RELEASE_TO_STORAGE: ("cho đưa hàng về bảo quản", "to let the goods go to storage"),
    Deed.REFUSE_STORAGE: ("từ chối đưa hàng về bảo quản", "to refuse the storage"),
    "LODGE": ("đăng ký tờ khai", "to register the declaration"),
    "IDC": ("đăng ký tờ khai nhập khẩu (IDC)", "to register the import (IDC)"),
    "EDC": ("đăng ký tờ khai xuất khẩu (EDC)", "to register the export (EDC)"),
    "AMEND": ("khai bổ sung", "to amend"),
    "IDE": ("khai bổ sung nhập khẩu (IDE)", "to amend the import (IDE)"),
    "EDE": ("khai bổ sung xuất khẩu (EDE)", "to amend the export (EDE)"),
    "SUPPLEMENT": ("hoàn chỉnh tờ khai", "to complete the declaration"),
    "AMC": ("khai bổ sung sau thông quan", "to amend after clearance"),
    "ASSESS": ("đề xuất ấn định thuế", "to propose an assessment"),
    "CANCEL": ("đề nghị hủy tờ khai", "to ask for cancellation"),
    "CANCEL_RESULT": ("đề xuất về việc hủy", "to propose on the cancellation"),
    "PAYMENT": ("nộp thuế", "to pay the tax"),
    "ARRIVAL": ("báo hàng đến", "to report the arrival"),
    "RESULT": ("ghi kết quả của một điều kiện", "to record the result of a condition"),
    "amend": ("khai bổ sung trong thông quan", "to amend before clearance"),
    "amend_after_clearance": ("khai bổ sung đã được chấp nhận", "to amend what is cleared"),
    "supplement": ("bổ sung tờ khai chưa hoàn chỉnh", "to supply what is left out"),
    "cancel": ("hủy tờ khai", "to cancel the declaration"),
    "gate_out": ("đưa hàng qua khu vực giám sát", "to let the goods out of the gate"),
}  # fmt: skip
"""What deeds, messages and steps of the state table are, as a refusal names them."""
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


def act_in_words(act: str) -> Pair:
    """Return what a deed, message or step is called; what stands in brackets after it stays, and a code of none of them stays as it is."""
    code, bracket, rest = act.partition(" (")
    vi, en = ACTS.get(code, (code, code))
    return f"{vi}{bracket}{rest}", f"{en}{bracket}{rest}"
