"""Codes are found by words with and without diacritics, by digits, and down the tree."""

from datetime import date

import pytest

from haidang.reference.lookups import lawbook_folder
from haidang.tariff.lookups import book_from_files
from haidang.tariff.searching import TariffIndex, folded, words_of
from haidang.tariff.terms import CommodityCode


@pytest.fixture(scope="module")
def whole() -> TariffIndex:
    return TariffIndex(book_from_files(lawbook_folder()).codes)


def code(hs8: str, name_vi: str, name_en: str = "") -> CommodityCode:
    return CommodityCode(hs8, name_vi, (), "", "", date(2022, 12, 1), None, "s", "i", False, name_en)


def found(index: TariffIndex, text: str) -> list[str]:
    return [each.code.commodity_code for each in index.search(text)]


def test_a_text_is_folded_to_small_letters_without_diacritics() -> None:
    assert folded("ĐƯỜNG Mía, Ớt") == "duong mia, ot"
    assert words_of("- - Loại khác (SEN)") == ["loai", "khac", "sen"]


def test_diacritics_may_be_left_out_and_where_given_come_first() -> None:
    index = TariffIndex([code("11111111", "Mứt dừa"), code("22222222", "Mực dưa"), code("33333333", "Mưa")])
    assert found(index, "dua") == ["11111111", "22222222"]
    assert found(index, "dưa") == ["22222222", "11111111"]
    assert found(index, "MỨT DỪA") == ["11111111"]


def test_every_word_must_stand_in_the_name_or_the_closest_are_told_to_be_that() -> None:
    index = TariffIndex([code("11111111", "Sữa bột"), code("22222222", "Sữa tươi"), code("33333333", "Bột mì")])
    assert [each.complete for each in index.search("sữa bột")] == [True]
    closest = index.search("bột sữa dê")
    assert [each.complete for each in closest] == [False] * len(closest) and closest[
        0
    ].code.commodity_code == "11111111"
    assert index.search("xyz") == () and index.search("--") == () and index.search("") == ()


def test_the_last_word_may_be_a_beginning_and_digits_are_the_beginning_of_a_code(whole: TariffIndex) -> None:
    assert "84512100" in found(whole, "máy sấy") or found(whole, "may say")
    assert set(found(whole, "1006")) == {each.commodity_code for each in whole.beginning("1006")[:20]}
    rice = found(whole, "1006 gao")
    assert rice and all(each.startswith("1006") for each in rice)


def test_english_names_are_found_where_there_are_some() -> None:
    index = TariffIndex([code("21033000", "- Bột mù tạt mịn", "- Mustard flour"), code("01022911", "- - - - Bò thiến")])
    assert found(index, "mustard flour") == ["21033000"]
    assert found(index, "oxen") == []


def test_a_name_finds_its_own_code(whole: TariffIndex) -> None:
    for wanted in whole.codes[::397]:
        best = whole.search(wanted.name_vi, limit=200)
        same = {each.code.name_vi for each in best if each.complete}
        assert wanted.name_vi in same or len(best) == 200, wanted


def test_long_and_strange_texts_are_searched_without_harm(whole: TariffIndex) -> None:
    for text in ("a" * 100_000, "khác " * 5_000, "\x00\u202e\ud7ff", "00000000", "99999999999", "1", "đ"):
        assert len(whole.search(text, limit=3)) <= 3


def test_the_tree_leads_from_chapters_to_every_code_once(whole: TariffIndex) -> None:
    leaves: list[str] = []

    def walk(digits: str) -> None:
        for node in whole.children(digits):
            if node.code_count == 1:
                leaves.append(node.digits)
            else:
                assert len(node.digits) < 8
                walk(node.digits)

    walk("")
    assert leaves == [each.commodity_code for each in whole.codes]
    assert whole.children("12345678") == () and whole.children("x") == ()
