"""The proof of one service as PDF: it says every fact of the record, the same facts are the same bytes, and what was opened later is another paper."""

from datetime import datetime, timedelta

from haidang.gateway.printing import proving, setting
from haidang.gateway.tests.printed import text_of

AT = datetime.fromisoformat("2026-03-02T08:05:06+07:00")
CONDITION = {
    "condition_no": 3, "kind": "inspection", "owner": "customs", "law": "54/2014/QH13 Art. 33", "opened_at": AT.isoformat(),
    "due_at": (AT + timedelta(hours=8)).isoformat(), "detail": "",
}  # fmt: skip
VIEW = {
    "service_no": "10000000001-2", "declaration_no": "10000000001", "act": "raise_channel", "name_vi": "Quyết định tăng mức độ kiểm tra",
    "name_en": "Decision to check more", "sent_at": AT.isoformat(), "delivered_at": (AT + timedelta(minutes=3)).isoformat(),
    "delivered_by": "list", "delivered_sha256": "ab" * 32, "opened_at": (AT + timedelta(minutes=4)).isoformat(), "opened_by": "page",
    "opened_sha256": "cd" * 32, "states": ["inspection"], "opened_conditions": [CONDITION], "closed_conditions": [],
    "questions": [{"question_no": 1, "question": "Xuất trình #hợp đồng [gốc] $x$?", "asked_by": "X", "asked_at": AT.isoformat(), "due_at": AT.isoformat()}],
    "inspections": [{"place_code": "03CCS03", "inspection_class": "partial", "container_nos": ["MAUU1234567"]}],
    "found": [{"line_no": 2, "commodity_code": "39032040", "unit_code": "KGM", "declared": "12", "found": "11.5", "difference": "-0.5"}],
    "evidence": [{"kind": "sample", "sha256": "5a" * 32}],
    "adjustments": [
        {"batch_no": 1, "judged_version": 2, "newer_version": 3, "reason": "đính chính tỷ giá", "difference": {"value_added_vnd": -1200000}, "was_vnd": 9000000, "now_vnd": 7800000, "decided_by": "03CC-03", "at": "2026-03-04T08:00:00+07:00"}
    ],
    "revisions": [
        {"register_no": "77", "kind": "assessment", "code": "value_untrue", "reason": "hợp đồng ghi giá khác", "accepted": True, "decision": "đã xem xét"}
    ],
    "law_book_version": 4, "record_sha256": "ef" * 32,
}  # fmt: skip
UNOPENED = {
    name: value
    for name, value in VIEW.items()
    if not name.startswith(("delivered", "opened_at", "opened_by", "opened_sha"))
}


def paper(view, trial=False):
    return setting.pdf(proving.spoken(view, trial), proving.last_at(view), setting.PROOF)


def test_the_paper_says_what_was_served_when_it_was_sent_delivered_and_opened_and_every_digest():
    text = text_of(paper(VIEW, trial=True))
    wanted = (
        "10000000001-2", "Quyết định tăng mức độ kiểm tra", "Decision to check more", "2026-03-02 08:05:06", "2026-03-02 08:08:06",
        "lấy danh sách", "2026-03-02 08:09:06", "xem trang", "03CCS03", "MAUU1234567", "Xuất trình #hợp đồng [gốc] $x$?",
        "hợp đồng ghi giá khác", "đã xem xét", "54/2014/QH13 Art. 33", "2026-03-02 16:05:06", "ef" * 32, "ab" * 32, "cd" * 32,
        "không có giá trị pháp lý",
    )  # fmt: skip
    assert [each for each in wanted if each not in text] == []
    assert "ấn định thuế" in text.lower() and "một phần" in text
    assert "found 11.5 KGM" in text and "difference -0.5" in text and "5a" * 32 in "".join(text.split())
    assert "v2 → v3" in text and "nộp thừa · owed less" in text and "1 200 000" in text


def test_what_has_not_reached_its_reader_says_so_and_holds_no_digest_of_it():
    text = text_of(paper(UNOPENED))
    assert text.count("chưa · not yet") == 2 and "ab" * 32 not in text and "ef" * 32 in text
    assert "không có giá trị pháp lý" not in text


def test_the_same_record_is_the_same_bytes_and_a_first_opening_makes_another_paper():
    assert paper(VIEW) == paper(dict(VIEW)) and paper(VIEW) != paper(UNOPENED)
    tags = [setting.tag_of(proving.spoken(view, False), setting.PROOF) for view in (VIEW, dict(VIEW), UNOPENED)]
    assert tags[0] == tags[1] != tags[2]


def test_the_code_on_the_paper_holds_the_number_and_the_digest_of_the_act():
    said = proving.spoken(VIEW, False)
    assert said["check"] == f"HAIDANG 10000000001-2 {'EF' * 32}" and "<svg" in setting.qr(said["check"])
