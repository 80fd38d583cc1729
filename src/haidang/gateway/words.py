"""What codes of answers are called, on screens and on paper: Vietnamese first, then English."""

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeVar

from haidang.clearance.terms import naming

Code = TypeVar("Code", bound=IntEnum)


def _in_both(names: Mapping[Code, naming.Pair]) -> dict[str, str]:
    """Return names by the code of an answer, both languages in one text."""
    return {code.name.lower(): " · ".join(pair) for code, pair in names.items()}


TAXES = {
    "import_duty": "nhập khẩu · import duty",
    "trade_remedy": "phòng vệ · trade remedy",
    "special_consumption": "TTĐB · special consumption",
    "environment": "BVMT · environment",
    "value_added": "GTGT · VAT",
    "export_duty": "xuất khẩu · export duty",
    "customs_fee": "lệ phí · fee",
}
CONDITIONS = _in_both(naming.CONDITIONS)
OWNERS = _in_both(naming.OWNERS)
STATES = _in_both(naming.STATES)
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
