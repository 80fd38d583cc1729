"""What is served on a person: which acts of the journal are decisions or requests, and what they are called. Pure.

When it was sent is the instant of the act, which stands in its chained entry; delivery and first opening come after it and are recorded apart.
Law: 20/2023/QH15 (electronic transactions) on when a data message is sent and received (articles unverified).
"""

import re
from collections.abc import Mapping

from haidang.clearance.rules.amending import ASSESS, CANCEL_RESULT
from haidang.clearance.rules.conditions import AMENDED
from haidang.clearance.terms import Condition, ConditionKind
from haidang.clearance.terms.acts import Deed

SERVED: Mapping[str, tuple[str, str]] = {
    "LODGE": ("Kết quả đăng ký và phân luồng", "Registration and channel"),
    "IDC": ("Kết quả đăng ký và phân luồng", "Registration and channel"),
    "EDC": ("Kết quả đăng ký và phân luồng", "Registration and channel"),
    "RESULT": ("Kết quả xử lý một điều kiện", "The outcome of a condition"),
    "AMEND": ("Kết quả khai sửa", "Amendment taken"),
    "IDE": ("Kết quả khai sửa", "Amendment taken"),
    "EDE": ("Kết quả khai sửa", "Amendment taken"),
    "SUPPLEMENT": ("Tờ khai đã được hoàn chỉnh", "Incomplete declaration completed"),
    "CANCEL": ("Tiếp nhận đề nghị hủy tờ khai", "Request to cancel taken"),
    "approve_cancellation": ("Quyết định về đề nghị hủy tờ khai", "Decision on a cancellation"),
    "AMC": ("Tiếp nhận khai bổ sung sau thông quan", "Amendment after clearance taken"),
    "accept_amendment": ("Chấp nhận khai bổ sung sau thông quan", "Amendment after clearance accepted"),
    "refuse_amendment": ("Từ chối khai bổ sung sau thông quan", "Amendment after clearance refused"),
    "approve_assessment": ("Quyết định ấn định thuế", "Decision to assess taxes ex officio"),
    "approve_adjustment": (
        "Quyết định điều chỉnh thuế theo luật áp dụng hồi tố",
        "Decision to adjust taxes by retroactive law",
    ),
    "doubt_value": ("Thông báo nghi ngờ trị giá khai báo", "Doubt of the value declared"),
    "ask_consultation": ("Tiếp nhận đề nghị tham vấn trị giá", "Request for consultation on the value taken"),
    "accept_value": ("Kết quả tham vấn: chấp nhận trị giá khai báo", "Consultation: the value is accepted"),
    "reject_value": ("Kết quả tham vấn: bác bỏ trị giá khai báo", "Consultation: the value is rejected"),
    "document_check": ("Kết quả kiểm tra hồ sơ", "The outcome of the document check"),
    "inspection_result": ("Kết quả kiểm tra thực tế", "The outcome of the inspection"),
    "ask_question": ("Câu hỏi của hải quan", "A question of customs"),
    "raise_channel": ("Quyết định tăng mức độ kiểm tra", "Decision to check more"),
    "approve": ("Quyết định giảm mức độ kiểm tra", "Decision to check less"),
    "request_release": ("Tiếp nhận đề nghị giải phóng hàng", "Request for release taken"),
    "release": ("Quyết định giải phóng hàng", "Decision to release the goods"),
    "refuse_release": ("Từ chối đề nghị giải phóng hàng", "Release refused"),
    "request_storage": ("Tiếp nhận đề nghị đưa hàng về bảo quản", "Request for storage taken"),
    "release_to_storage": ("Quyết định cho đưa hàng về bảo quản", "Decision to let the goods go to storage"),
    "refuse_storage": ("Từ chối đề nghị đưa hàng về bảo quản", "Storage refused"),
    "instruct_correction": ("Yêu cầu sửa tờ khai", "Instruction to correct"),
}
"""Acts that are served, with their Vietnamese and English names. Proposals and their refusals stay among officers."""

AMONG_OFFICERS = frozenset((
    Deed.PROPOSE_LOWER_CHANNEL.value, Deed.REFUSE.value, ASSESS, Deed.REFUSE_ASSESSMENT.value, CANCEL_RESULT,
    Deed.REFUSE_CANCELLATION.value, Deed.REFUSE_ADJUSTMENT.value,
))  # fmt: skip
"""Acts that no declarant sees: proposals of officers and their refusals. The database holds them back too (policy `among_officers`)."""


REASONED = frozenset((
    Deed.RELEASE.value, Deed.REFUSE_RELEASE.value, Deed.RELEASE_TO_STORAGE.value, Deed.REFUSE_STORAGE.value, Deed.ACCEPT_VALUE.value,
    Deed.REJECT_VALUE.value, Deed.ACCEPT_AMENDMENT.value, Deed.REFUSE_AMENDMENT.value, Deed.APPROVE_ASSESSMENT.value,
    Deed.APPROVE_CANCELLATION.value, Deed.APPROVE_ADJUSTMENT.value,
))  # fmt: skip
"""Decisions on what the declarant asked or declared: they are served with the officer's reason."""

_ASKED_BY_DECLARANT = frozenset((
    ConditionKind.RELEASE, ConditionKind.STORAGE, ConditionKind.VALUE_DOUBT, ConditionKind.CONSULTATION, ConditionKind.AMENDMENT,
    ConditionKind.CANCELLATION,
))  # fmt: skip
_VALUE = re.compile(r"(?:accept|reject)_value: (.*)", re.DOTALL)
_UNSAID = re.compile(r"(?:ask_consultation|accept_amendment) \S+")
"""What stands as evidence where nobody gave a reason: the deed and the number of its message."""


def reason_of(condition: Condition) -> str:
    """Return why customs closed what the declarant had asked for or declared, in the officer's words; empty for everything else.

    Why a channel was chosen, raised or lowered stays among officers: checks that were dropped tell no reason here.
    """
    if condition.kind not in _ASKED_BY_DECLARANT or condition.closed_at is None or condition.closed_by == AMENDED:
        return ""
    if _UNSAID.fullmatch(condition.evidence):
        return ""
    said = _VALUE.fullmatch(condition.evidence)
    return said[1] if said else condition.evidence


def service_no(no11: int, journal_seq: int) -> str:
    """Return the number by which people quote what was served: the declaration's 11 digits and the number of the act."""
    return f"{no11}-{journal_seq}"


def parse_service_no(text: str) -> tuple[int, int] | None:
    """Return (11 digits, number of the act) of a service number, or None when it is none."""
    number, _, seq = text.partition("-")
    if not (text.isascii() and number.isdigit() and seq.isdigit() and len(number) == 11 and 0 < len(seq) < 5):
        return None
    return int(number), int(seq)
