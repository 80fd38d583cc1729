"""Duty options of a line: cheapest first, each with its proof, from the whole law book."""

from collections import Counter

import pytest

from haidang.taxes.engine import DutyOption, NotPriceable, OpenBook, Receipt, options, price
from haidang.taxes.terms.receipts import OptionState
from haidang.taxes.tests.build import DAY


def asked(
    book: OpenBook, commodity_code: str, origin: str, *tax_codes: str, value: str = "1000"
) -> tuple[DutyOption, ...]:
    goods = {
        "commodity_code": commodity_code,
        "origin_country_code": origin,
        "invoice_value": value,
        "tax_codes": list(tax_codes),
    }
    return options(book, {"invoice_currency_code": "USD", "items": [goods]}, DAY)


def told(found: tuple[DutyOption, ...]) -> list[tuple[str, str, int | None]]:
    return [(each.schedule_code, each.state.value, each.rate_bp) for each in found]


def test_mfn_the_quota_and_the_agreement_stand_in_the_order_of_what_they_cost(book: OpenBook) -> None:
    found = asked(book, "24011010", "MX", "V10")
    assert told(found) == [
        ("cptpp", "no_schedule_code", 2180), ("B01", "open", 3000), ("B03", "open", 4500), ("B14", "open", 8000), ("B14:B03", "no_schedule_code", 12000),
    ]  # fmt: skip
    assert [each.quota for each in found] == ["", "inside", "inside", "outside", "outside"]
    assert found[0].own_rate_of_origin and found[0].measure and found[0].measure.printed == "14,5; M: 21,8"
    assert "CPTPP" in found[0].proof_en and "tariff quota permit" in found[1].proof_en
    assert [each.duty_vnd_e4 for each in found] == [25_880_000 * bp for bp in (2180, 3000, 4500, 8000, 12000)]


def test_an_agreement_above_mfn_is_told_so(book: OpenBook) -> None:
    found = asked(book, "17011400", "TH")
    above = {each.schedule_code for each in found if each.above_mfn}
    assert above == {"B05", "B14:B07"}
    assert {each.state for each in found if each.agreement in ("akfta", "aifta")} == {OptionState.WITHHELD}


def test_a_member_whom_the_cell_excludes_gets_nothing_and_is_told(book: OpenBook) -> None:
    excluded = next(
        (hs8, schedule, sorted(rate.excluded_countries)[0])
        for hs8, entry in book.day(DAY).tariff.entries.items()
        for schedule, rate in entry.duties.items()
        if rate.excluded_countries and schedule == "B05"
    )
    found = {each.schedule_code: each for each in asked(book, excluded[0], excluded[2])}
    option = found[excluded[1]]
    assert (option.state, option.rate_bp, option.duty_vnd_e4) == (OptionState.EXCLUDED, None, None)
    assert excluded[2] in option.excluded_countries


def test_where_no_rate_is_on_file_it_is_said_so_and_stands_last(book: OpenBook) -> None:
    assert {each.state for each in asked(book, "84145110", "JP")} == {OptionState.NO_RATE}
    assert asked(book, "39269059", "JP", "V10")[-1].duty_vnd_e4 is None


def test_only_agreements_of_the_origin_are_named(book: OpenBook) -> None:
    assert {each.agreement for each in asked(book, "10063099", "DE")} == {"", "evfta"}
    assert {each.agreement for each in asked(book, "10063099", "BR")} == {""}


def test_every_option_that_can_be_claimed_costs_what_the_assessment_says(book: OpenBook) -> None:
    for option in asked(book, "39269059", "CN", "V10"):
        if option.state is OptionState.OPEN:
            goods = {
                "commodity_code": "39269059", "origin_country_code": "CN", "invoice_value": "1000", "tax_codes": ["V10"],
                "tariff_schedule_code": option.schedule_code,
            }  # fmt: skip
            priced = price(book, {"invoice_currency_code": "USD", "items": [goods]}, DAY)
            assert isinstance(priced, Receipt) and priced.payable_vnd == option.payable_vnd


def test_a_line_that_is_not_there_is_refused_and_an_export_has_no_options(book: OpenBook) -> None:
    goods = {"commodity_code": "39269059", "invoice_value": "1"}
    with pytest.raises(NotPriceable, match="line"):
        options(book, {"items": [goods]}, DAY, line=2)
    assert options(book, {"items": [goods], "kind_code": "B11"}, DAY) == ()


def test_every_code_of_the_tariff_gives_options_in_order_of_cost(book: OpenBook) -> None:
    states: Counter[str] = Counter()
    for hs8 in list(book.day(DAY).tariff.entries)[::307]:
        found = asked(book, hs8, "KR")
        costs = [each.duty_vnd_e4 for each in found if each.duty_vnd_e4 is not None]
        assert costs == sorted(costs) and len(found) >= 4
        states.update(each.state.value for each in found)
    assert states["open"] > 60 and states["no_rate"] > 10
