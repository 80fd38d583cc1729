"""Codes in the texts of conditions are told in words of both languages, and the words do not drift from the lists of the law book."""

import csv
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from haidang.clearance.rules.wording import WORDS, agency_in_words, code_in_words, detail_in_words, load_words
from haidang.clearance.terms import Condition, ConditionKind, Owner
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.taxes.terms import NO_RATE_ON_FILE, REASONS

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LAWBOOK = Path(__file__).parents[4] / "lawbook"


def told(kind, detail):
    return detail_in_words(
        Condition(condition_no=1, kind=kind, owner=Owner.CUSTOMS, law="", opened_at=AT, due_at=None, detail=detail)
    )


@pytest.mark.parametrize(
    ("kind", "detail", "vi", "en"),
    [
        (ConditionKind.PERMIT, "duoc_pham: 2", "Dược phẩm, nguyên liệu làm thuốc (dòng 2)", "Medicines and their ingredients (line 2)"),
        (ConditionKind.SPECIALISED_INSPECTION, "kiem_dich_thuc_vat: 1, 3", "Kiểm dịch thực vật (dòng 1, 3)", "Plant quarantine (lines 1, 3)"),
        (ConditionKind.ORIGIN, "HKHKG: 1, 3", "chứng từ vận tải trực tiếp: xếp hàng tại HKHKG, ngoài các nước của hiệp định (dòng 1, 3)", "proof of direct consignment: loaded at HKHKG, outside the agreement (lines 1, 3)"),
        (ConditionKind.ARRIVAL, "2026-03-09", "dự kiến đến ngày 09/03/2026", "expected on 09/03/2026"),
        (ConditionKind.VALUE_DOUBT, "1, 2: giá thấp", "dòng 1, 2: giá thấp", "lines 1, 2: giá thấp"),
        (ConditionKind.ASSESSMENT, "1: bác bỏ", "dòng 1: bác bỏ", "line 1: bác bỏ"),
        (ConditionKind.RELEASE, "B: chờ giá", "Chờ xác định trị giá: chờ giá", "Awaiting value: chờ giá"),
        (ConditionKind.DETERMINATION, "A", "Chờ xác định mã số hàng hóa", "Awaiting classification"),
        (ConditionKind.HOLD, "INSPECTION 2: thiếu hàng", "Kiểm tra thực tế hàng hóa (điều kiện 2): thiếu hàng", "Inspection of the goods (condition 2): thiếu hàng"),
        (ConditionKind.AMENDMENT, "503000000001", "đề nghị số 503000000001", "request 503000000001"),
        (ConditionKind.CORRECTION, "sửa tên hàng", "sửa tên hàng", "sửa tên hàng"),
        (ConditionKind.PERMIT, "khong_co: 1", "khong_co (dòng 1)", "khong_co (line 1)"),
        (ConditionKind.ARRIVAL, "khi nào", "khi nào", "khi nào"),
    ],
)  # fmt: skip
def test_a_text_is_told_in_both_languages(kind, detail, vi, en):
    assert told(kind, detail) == (vi, en)


def test_a_rate_names_line_tax_and_reason():
    vi, en = told(ConditionKind.RATE, f"1: VALUE_ADDED ({NO_RATE_ON_FILE}); 2: IMPORT_DUTY")
    assert vi == f"Thuế giá trị gia tăng (dòng 1): {REASONS[NO_RATE_ON_FILE][0]}; Thuế nhập khẩu (dòng 2)"
    assert en == f"Value-added tax (line 1): {REASONS[NO_RATE_ON_FILE][1]}; Import duty (line 2)"


def test_a_case_of_cancellation_and_the_codes_of_requests_are_told():
    vi, en = told(ConditionKind.CANCELLATION, "unamendable_error: khai nhầm")
    assert "unamendable_error" not in vi + en and vi.endswith(": khai nhầm") and en.endswith(": khai nhầm")
    for kind, code in (
        (RevisionKind.ASSESSMENT, "value_untrue"),
        (RevisionKind.AMENDMENT, "2"),
        (RevisionKind.CANCELLATION, "refuse"),
    ):
        asked = Revision(
            revision_no=1, kind=kind, register_no=1, asked_by="", asked_at=AT, code=code, reason="", was_vnd=0, wanted_vnd=0
        )  # fmt: skip
        assert code not in code_in_words(asked) and all(code_in_words(asked))
    assert agency_in_words("BYT") == ("Bộ Y tế", "Ministry of Health") and agency_in_words("X") == ("X", "X")


def test_the_words_do_not_drift_from_the_law_book():
    controls = LAWBOOK / "schedules" / "specialised-controls"
    types = tomllib.loads((controls / "schedule.toml").read_text(encoding="utf-8"))["types"]
    assert {code: vi for code, (vi, _) in WORDS["control"].items()} == {
        code: its["name_vi"] for code, its in types.items()
    }
    with (controls / "controls.csv").open(encoding="utf-8") as file:
        assert {row["agency"] for row in csv.DictReader(file)} <= WORDS["agency"].keys()
    for name, listed in (("release", "release_reason"), ("amendment", "amendment_reason")):
        with (LAWBOOK / "codes" / f"{listed}.csv").open(encoding="utf-8") as file:
            assert WORDS[name] == {row["code"]: (row["name_vi"], row["name_en"]) for row in csv.DictReader(file)}


def test_a_table_with_a_code_twice_or_without_a_name_is_refused():
    with pytest.raises(TableInvalid, match="line 3"):
        load_words("list,code,name_vi,name_en\na,1,một,one\na,1,một,one\n")
    with pytest.raises(TableInvalid, match="line 2"):
        load_words("list,code,name_vi,name_en\na,1,,one\n")
    with pytest.raises(TableInvalid):
        load_words("list,code\na,1\n")
