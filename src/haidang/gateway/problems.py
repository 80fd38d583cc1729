"""Problem details (RFC 9457): what a caller reads when something is not done."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

_encode = msgspec.json.Encoder().encode

Reply = tuple[int, bytes]
"""HTTP status and JSON body, as a lane answers a message."""

JSON = "application/json"
PROBLEM = "application/problem+json"
HTML = "text/html; charset=utf-8"


class Response(NamedTuple):
    """What goes over HTTP: status, body, its type, and further headers."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()


def respond(reply: Reply) -> Response:
    """Turn a lane's reply into a response; who is told to come back is told when."""
    status, body = reply
    if status < 400:
        return Response(status, body)
    return Response(status, body, PROBLEM, _HEADERS.get(status, ()))


_HEADERS = {401: (("www-authenticate", "Bearer"),), 503: (("retry-after", "1"),)}


def problem(status: int, kind: str, title: str, title_vi: str, extra: Mapping[str, object] | None = None) -> Reply:
    """Return a problem of the type `/problems/<kind>`."""
    body: dict[str, object] = {"type": "/problems/" + kind, "title": title, "title_vi": title_vi, "status": status}
    if extra:
        body |= extra
    return status, _encode(body)


NOT_FOUND = problem(404, "not-found", "There is nothing here for you.", "Không có gì ở đây dành cho bạn.")
NO_TOKEN = problem(
    401,
    "token",
    "A valid token is needed: Authorization: Bearer ….",
    "Cần mã truy cập hợp lệ: Authorization: Bearer ….",
)
ONLY_READS = problem(
    403,
    "only-reads",
    "This token only reads tax receipts: ask with the token of somebody who may act for the party.",
    "Mã truy cập này chỉ dùng để đọc phiếu tính thuế: hãy dùng mã của người được làm thủ tục cho doanh nghiệp.",
)
TOO_LARGE = problem(413, "too-large", "The message is larger than 5 MB.", "Thông điệp lớn hơn 5 MB.")
ENCODED = problem(
    415,
    "encoding",
    "Send plain JSON bytes without Content-Encoding: the signature covers the bytes as sent.",
    "Gửi JSON thường, không nén: chữ ký tính trên đúng các byte gửi đi.",
)
METHOD = problem(405, "method", "This address does not take that method.", "Địa chỉ này không nhận phương thức đó.")
CURSOR = problem(
    400,
    "cursor",
    "Send next_cursor of the page before as it is, or no cursor.",
    "Gửi nguyên next_cursor của trang trước, hoặc không gửi cursor.",
)
NOT_ACCEPTABLE = problem(
    406,
    "form",
    "A declaration is given as application/json, application/xml or application/pdf; ask for one of them in Accept.",
    "Tờ khai được trả dưới dạng application/json, application/xml hoặc application/pdf; ghi một dạng trong tiêu đề Accept.",
)
NO_SUCH_SET = problem(
    406,
    "form",
    "A declaration as a split set is given as application/json, application/xml or text/csv; ask for one of them in Accept.",
    "Bộ tờ khai chia nhỏ được trả dưới dạng application/json, application/xml hoặc text/csv; ghi một dạng trong tiêu đề Accept.",
)
TOO_LONG_TO_SPLIT = problem(
    406,
    "form",
    "The declaration has more than 4,950 goods lines: the old system numbers 99 branches of 50 lines and takes no more. Ask for the declaration as a whole.",
    "Tờ khai có hơn 4.950 dòng hàng: hệ thống cũ chỉ đánh số 99 nhánh, mỗi nhánh 50 dòng. Hãy hỏi tờ khai nguyên vẹn.",
)
NO_SUCH_PROOF = problem(
    406,
    "form",
    "The proof of a service is given as application/json or application/pdf; ask for one of them in Accept.",
    "Bằng chứng tống đạt được trả dưới dạng application/json hoặc application/pdf; ghi một dạng trong tiêu đề Accept.",
)
NO_SUCH_RECEIPT = problem(
    406,
    "form",
    "A tax receipt is given as application/json or application/pdf; ask for one of them in Accept.",
    "Bảng tính thuế được trả dưới dạng application/json hoặc application/pdf; ghi một dạng trong tiêu đề Accept.",
)
NO_SUCH_CONVERSION = problem(
    406,
    "form",
    "A file is turned into application/json; a workbook or CSV file is also given back marked, as .xlsx. Ask for one of them in Accept.",
    "Tệp được chuyển thành application/json; sổ tính và tệp CSV còn được trả lại dạng .xlsx có đánh dấu lỗi. Ghi một dạng trong tiêu đề Accept.",
)


def no_such_part(parts: int) -> Reply:
    """There is no such part of the printed form."""
    return problem(
        404,
        "part",
        f"The printed form has {parts} parts: ask with part=1 to part={parts}.",
        f"Bản in có {parts} phần: hỏi với part=1 đến part={parts}.",
    )


NO_SUBSCRIPTION = problem(
    409,
    "no-subscription",
    "You subscribe to no such topic now; have an address registered (haidang user webhook) and ask again.",
    "Hiện không có đăng ký nhận thông báo cho chủ đề này; đăng ký địa chỉ (haidang user webhook) rồi gửi lại.",
)
REPLAY = problem(
    400,
    "replay",
    'Send {"topic": "declaration.cleared", "since": "2026-03-02T08:00:00+07:00"}: a topic and an instant with its offset.',
    'Gửi {"topic": "declaration.cleared", "since": "2026-03-02T08:00:00+07:00"}: chủ đề và thời điểm có múi giờ.',
)
STOPPING = problem(
    503, "stopping", "The lane is stopping; send the same message again in a moment.", "Hệ thống đang dừng; gửi lại đúng thông điệp này sau ít phút."
)  # fmt: skip
BUSY = problem(
    503, "busy", "Too many messages wait; send the same message again in a moment.", "Đang có quá nhiều thông điệp chờ; gửi lại đúng thông điệp này sau ít phút."
)  # fmt: skip
NO_DATABASE = problem(
    503,
    "unavailable",
    "The outcome is not known yet; send the same message again with the same message_id.",
    "Chưa rõ kết quả; gửi lại đúng thông điệp này với cùng message_id.",
)


def undecodable(code: str, text_en: str, text_vi: str) -> Reply:
    """Return a 400 for bytes that are not a message."""
    return problem(400, "undecodable", text_en, text_vi, {"code": code})


def method_not_taken(methods: tuple[str, ...]) -> Response:
    """Return a 405 that names the methods taken here."""
    return Response(*METHOD, PROBLEM, (("allow", ", ".join(methods)),))


def over_budget(seconds: float) -> Response:
    """Return a 429 that says when the next message will be taken: in whole milliseconds, never sooner than that."""
    seconds = math.ceil(seconds * 1000) / 1000
    status, body = problem(
        429,
        "budget",
        f"Your budget is used up; the next slot is in {seconds:.3f} s.",
        f"Đã hết lượt gửi; lượt kế tiếp sau {seconds:.3f} giây.",
        {"next_slot_s": seconds},
    )
    return Response(status, body, PROBLEM, (("retry-after", str(math.ceil(seconds))),))


def misdirected(address: str) -> Reply:
    """Return a 421 with the address that takes this path."""
    return problem(
        421,
        "other-lane",
        f"This path is taken at {address}.",
        f"Địa chỉ này được nhận tại {address}.",
        {"address": address},
    )


def fault(incident: str) -> Reply:
    """Return a 500: ours to mend. Nothing was stored; the incident number is in our log."""
    return problem(
        500,
        "fault",
        f"A fault of ours; nothing was stored. Incident {incident}.",
        f"Lỗi của hệ thống; chưa ghi nhận gì. Mã sự cố {incident}.",
        {"incident": incident},
    )


SLOW = problem(408, "slow", "The message did not arrive within 30 seconds.", "Thông điệp không đến đủ trong 30 giây.")
