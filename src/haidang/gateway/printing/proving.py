"""What the proof of one service says on paper: what was served and its text, when it was sent, delivered and opened, and the digests that hold it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from haidang.gateway.printing.saying import TRIAL, Pair, grouped, written_moment
from haidang.gateway.words import (
    CONDITIONS,
    DECISIONS,
    FOUND,
    INSPECTION_CLASSES,
    OWNERS,
    REVISIONS,
    STATES,
    TAXES,
    WAYS,
)
from haidang.parcels.lookups import is_list_number, is_parcel_number

_TITLE = ("Bằng chứng tống đạt", "Proof of service")
_NOT_YET = ("chưa", "not yet")
_HEADS: Mapping[str, Pair] = {
    "text": ("Nội dung đã tống đạt", "what was served"),
    "course": ("Gửi, đến, mở", "sent, delivered, opened"),
    "evidence": ("Mã băm nối chuỗi của nhật ký", "chained digests of the journal"),
    "printed_from": ("Bản in từ hồ sơ điện tử Hải Đăng", "printed from the electronic record"),
    "check": (
        "Mã QR chứa số tống đạt và mã băm của việc đã tống đạt. Mỗi mã băm nối với việc ngay trước đó: hỏi lại cùng số tống đạt từ hệ thống; cùng mã băm thì cùng nội dung, cùng thời điểm.",
        "The QR code holds the service number and the digest of the act served. Each digest is chained to the act before it: ask for the same number again; the same digests are the same text and the same instants.",
    ),
}  # fmt: skip


def check_text(view: Mapping[str, Any]) -> str:
    """Return what the QR code holds."""
    return f"HAIDANG {view['service_no']} {view['record_sha256'].upper()}"


def last_at(view: Mapping[str, Any]) -> datetime:
    """Return the instant of the last thing the proof tells."""
    return max(datetime.fromisoformat(view[name]) for name in ("sent_at", "delivered_at", "opened_at") if name in view)


def spoken(view: Mapping[str, Any], trial: bool) -> dict[str, Any]:
    """Return the whole proof as the template reads it, without its two pictures. `view` is that of `served_view`."""
    return {
        "number": view["service_no"],
        "title": _TITLE,
        "trial": trial,
        "trial_words": TRIAL,
        "check": check_text(view),
        "words": _HEADS,
        "summary": [
            _told("Nội dung", "what", f"{view['name_vi']} · {view['name_en']}"),
            _told(*about(view["declaration_no"]), view["declaration_no"]),
            _told("Sách luật", "law book", f"v{view['law_book_version']}"),
        ],
        "course": [
            _told("Gửi", "sent", written_moment(view["sent_at"])),
            _told("Đã đến", "delivered", _came(view, "delivered")),
            _told("Mở lần đầu", "first opened", _came(view, "opened")),
        ],
        "text": list(_text(view)),
        "evidence": list(_evidence(view)),
    }


def about(number: str) -> tuple[str, str]:
    """Return what the number is of that something was served about, Vietnamese and English."""
    no11 = int(number[:11])
    if is_list_number(no11):
        return "Danh sách lô hàng", "list of parcels"
    return ("Lô hàng", "parcel") if is_parcel_number(no11) else ("Tờ khai", "declaration")


def _told(vietnamese: str, english: str, value: str) -> dict[str, Any]:
    return {"name": (vietnamese, english), "value": value}


def _came(view: Mapping[str, Any], what: str) -> str:
    if f"{what}_at" not in view:
        return " · ".join(_NOT_YET)
    return f"{written_moment(view[f'{what}_at'])} ({WAYS[view[f'{what}_by']]})"


def _text(view: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for state in view["states"]:
        yield _told("Trạng thái", "state", STATES[state])
    for each in view["questions"]:
        yield _told(f"Câu hỏi {each['question_no']}", "question", each["question"])
        if "due_at" in each:
            yield _told("Trả lời trước", "to be answered by", written_moment(each["due_at"]))
    for each in view["inspections"]:
        containers = ", ".join(each["container_nos"])
        parts = (each["place_code"], INSPECTION_CLASSES[each["inspection_class"]], containers)
        yield _told("Kiểm tra thực tế", "inspection", "; ".join(part for part in parts if part))
    for each in view["found"]:
        yield _told(f"Dòng hàng {each['line_no']} thực tế", "goods found", FOUND.format(**each))
    for each in view["evidence"]:
        yield _told("Ảnh, mẫu", "photo, sample", f"{each['kind']} {each['sha256']}")
    for each in view["revisions"]:
        yield from _revision(each)
    for each in view["adjustments"]:
        yield from _adjustment(each)
    for word, conditions in (
        ("Mở điều kiện · opened", "opened_conditions"),
        ("Đóng điều kiện · closed", "closed_conditions"),
    ):
        for each in view[conditions]:
            yield _told(word.partition(" · ")[0], f"condition {word.partition(' · ')[2]}", _condition(each))


def _revision(each: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield _told(
        REVISIONS[each["kind"]].partition(" · ")[0], REVISIONS[each["kind"]].partition(" · ")[2], each["register_no"]
    )
    yield _told("Lý do", "reason", each["reason"])
    if each.get("accepted") is not None:
        word = DECISIONS["accepted" if each["accepted"] else "refused"]
        yield _told("Quyết định", "decision", "; ".join(part for part in (word, each.get("decision", "")) if part))


def _adjustment(each: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Say what a later version of the law book changed: each tax, more or less, and that no interest runs on it."""
    yield _told("Sách luật áp dụng", "law books", f"v{each['judged_version']} → v{each['newer_version']}")
    yield _told("Lý do", "reason", each["reason"])
    for name, amount in each["difference"].items():
        tax = TAXES[name.removesuffix("_vnd")]
        word = "nộp thêm · owed more" if amount > 0 else "nộp thừa · owed less"
        yield _told(tax.partition(" · ")[0], tax.partition(" · ")[2], f"{word}: {grouped(str(abs(amount)))} đ")
    yield _told("Tổng số thuế", "all taxes", f"{grouped(str(each['was_vnd']))} → {grouped(str(each['now_vnd']))} đ")
    yield _told("Tiền chậm nộp", "late interest", "không tính trên chênh lệch · none on the difference")


def _condition(each: Mapping[str, Any]) -> str:
    due = f"hạn · due {written_moment(each['due_at'])}" if each.get("due_at") else ""
    parts = (CONDITIONS[each["kind"]], OWNERS[each["owner"]], each.get("detail", ""), due, each["law"])
    return "; ".join(part for part in parts if part)


def _evidence(view: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    told = (
        ("Việc đã tống đạt", "the act served", "record"),
        ("Đã đến", "delivery", "delivered"),
        ("Mở lần đầu", "first opening", "opened"),
    )
    for vietnamese, english, word in told:
        if f"{word}_sha256" in view:
            yield _told(vietnamese, english, view[f"{word}_sha256"])
