"""What the book says of one code: as printed, with its source, and what the goods need."""

from datetime import date

from haidang.taxes.engine import OpenBook
from haidang.taxes.rules.showing import show_code
from haidang.taxes.tests.build import DAY


def test_a_code_is_shown_with_every_rate_as_printed(book: OpenBook) -> None:
    shown = show_code(book, "17011400", DAY)
    assert shown is not None
    printed = {each.option_code: each.printed for each in shown.measures if each.kind == "duty"}
    assert printed["B01"] == "25 (NHN: 80)" and printed["B06"] == "*" and printed["cptpp"] == "4,5; M: 6,8"
    assert shown.quota and shown.unverified and not shown.without_rate
    assert all(each.instrument and each.schedule for each in shown.measures)


def test_permits_and_inspections_that_goods_need_come_first(book: OpenBook) -> None:
    asked = {hs8: entry for hs8, entry in book.day(DAY).tariff.entries.items() if entry.controls}
    for hs8 in list(asked)[::500]:
        shown = show_code(book, hs8, DAY)
        assert shown is not None
        needed = [each.needed for each in shown.controls]
        assert needed == sorted(needed, reverse=True) and sum(needed) == len(asked[hs8].controls)


def test_a_code_without_rate_says_so_and_one_that_does_not_exist_is_none(book: OpenBook) -> None:
    shown = show_code(book, "84145110", DAY)
    assert shown is not None and shown.without_rate
    assert show_code(book, "00000000", DAY) is None
    assert show_code(book, "17011400", date(2000, 1, 1)) is None


def test_a_rate_that_takes_over_later_is_shown_from_its_day(book: OpenBook) -> None:
    changing = next(row for row in book.book.tariff.measures if row.kind != "vat" and row.valid_until)
    assert changing.valid_until is not None
    before, after = (show_code(book, changing.commodity_code, day) for day in (DAY, changing.valid_until))
    assert before is not None and after is not None
    rates = [
        [
            each.rate_bp
            for each in shown.measures
            if (each.kind, each.option_code) == (changing.kind, changing.option_code)
        ]
        for shown in (before, after)
    ]
    assert rates[0] == [changing.rate_bp] and rates[0] != rates[1] and len(rates[1]) == 1
