"""Codes are found by words with and without diacritics, by digits, and down the tree."""

from datetime import date

import pytest

from haidang.reference.lookups import lawbook_folder
from haidang.tariff.lookups import book_from_files, titles_from_files
from haidang.tariff.searching import TariffIndex, folded, singular, words_of
from haidang.tariff.terms import CommodityCode, Title


@pytest.fixture(scope="module")
def whole() -> TariffIndex:
    return TariffIndex(book_from_files(lawbook_folder()).codes, titles_from_files(lawbook_folder(), DAY))


DAY = date(2026, 3, 2)
TITLES = (
    Title("S02", "Sản phẩm thực vật", "Vegetable products", chapters=("06", "09", "10")),
    Title("09", "Cà phê, chè, gia vị", "Coffee, tea, spices"),
    Title("0901", "Cà phê", "Coffee"),
    Title("0902", "Chè", "Tea", ("trà",)),
    Title("4011", "Lốp hơi mới bằng cao su", "New pneumatic tyres of rubber", ("lốp xe",)),
)
CODES = (
    ("09011110", "- - - Arabica"), ("09011190", "- - - Loại khác"), ("09019010", "- - Vỏ quả cà phê"), ("09021010", "- - Lá chè"), ("09022010", "- - Loại khác"),
    ("09030000", "Chè Paragoay"), ("40111000", "Loại dùng cho ô tô con"), ("40129000", "Lốp xe đã dùng"),
)  # fmt: skip


@pytest.fixture(scope="module")
def titled() -> TariffIndex:
    return TariffIndex([code(*each) for each in CODES], TITLES)


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


def test_a_code_is_found_by_the_title_above_it_in_either_language(titled: TariffIndex) -> None:
    for words in ("cà phê", "ca phe", "coffee", "Coffees"):
        assert found(titled, words)[:3] == ["09011110", "09011190", "09019010"], words
    assert found(titled, "coffee arabica") == ["09011110"] and found(titled, "arabica coffee") == ["09011110"]
    assert found(titled, "tra")[0] == "09021010" and found(titled, "green") == []
    assert [step.digits for step in titled.search("coffee")[0].path] == ["09", "0901"]


def test_what_goods_are_called_comes_before_what_only_holds_the_words(titled: TariffIndex) -> None:
    assert found(titled, "lốp xe") == ["40111000", "40129000"]
    assert found(titled, "tires of rubber") == found(titled, "tyre") == ["40111000"]


def test_steps_of_the_tree_are_found_by_their_titles_with_those_called_so_first(titled: TariffIndex) -> None:
    assert [step.digits for step in titled.steps("coffee")] == ["0901", "09"]
    assert [(step.digits, step.code_count, step.short) for step in titled.steps("trà")] == [("0902", 2, True)]
    assert titled.steps("xyz") == titled.steps("09") == titled.steps("") == ()


def test_a_step_has_its_title_and_a_code_its_own_name(titled: TariffIndex) -> None:
    (chapter, other) = titled.children()
    assert (chapter.digits, chapter.name_vi, chapter.name_en, chapter.short) == (
        "09",
        TITLES[1].name_vi,
        TITLES[1].name_en,
        True,
    )
    assert (other.digits, other.name_vi, other.short) == ("40", "", False)
    coffee, _, mate = titled.children("09")
    assert (coffee.name_en, coffee.short) == ("Coffee", True)
    assert (mate.digits, mate.name_vi, mate.name_en, mate.short) == ("09030000", "Chè Paragoay", "", False)
    (section,) = titled.sections()
    assert (section.section, section.chapters) == ("S02", ("06", "09", "10"))


def test_the_only_code_of_a_heading_lends_its_english_title(titled: TariffIndex) -> None:
    tyres, used = titled.children("40")
    assert (tyres.name_vi, tyres.name_en, tyres.short) == ("Loại dùng cho ô tô con", TITLES[4].name_en, True)
    assert (used.name_en, used.short) == ("", False)


def test_an_english_plural_is_found_by_its_singular() -> None:
    plurals = ("batteries", "boxes", "watches", "shrimps", "glass", "gas", "sets")
    assert [singular(each) for each in plurals] == ["battery", "box", "watch", "shrimp", "glass", "gas", "set"]


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ("frozen shrimp", "0306"), ("cotton t-shirt", "6109"), ("ca phe", "0901"), ("lốp xe", "4011"), ("laptop", "8471"), ("xi mang", "2523"),
        ("smartphone", "8517"), ("furniture of wood", "9403"), ("dau goi", "3305"), ("ball bearings", "8482"), ("sữa bột", "0402"), ("wine", "2204"),
        ("stainless steel wire", "7223"), ("electric car", "8703"), ("giấy vệ sinh", "4818"), ("solar panel", "8541"),
    ],
)  # fmt: skip
def test_goods_as_people_call_them_lead_to_their_heading(whole: TariffIndex, words: str, heading: str) -> None:
    best = whole.search(words, 5)
    assert best and all(each.complete for each in best) and best[0].code.commodity_code.startswith(heading)


def test_every_chapter_and_heading_before_chapter_98_has_a_title_in_both_languages(whole: TariffIndex) -> None:
    steps = {each.commodity_code[:length] for each in whole.codes for length in (2, 4)}
    untitled = {digits for digits in steps if digits not in whole.titles}
    assert all(digits.startswith("98") for digits in untitled) and len(untitled) == 41
    assert all(each.name_vi and each.name_en and not each.verified for each in whole.titles.values())
    assert sorted({chapter for each in whole.sections() for chapter in each.chapters}) == sorted(
        digits for digits in steps if len(digits) == 2 and digits != "98"
    )


def test_every_title_stands_above_a_code(whole: TariffIndex) -> None:
    assert [each for each in whole.titles if each[0] != "S" and not whole.beginning(each)] == []
