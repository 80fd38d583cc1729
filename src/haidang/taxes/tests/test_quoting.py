"""A quote: one line by the rules that tax a declaration, beside every other duty it could bear."""

from datetime import date

import pytest

from haidang.taxes.rules.declared import read_declared
from haidang.taxes.rules.quoting import declared_of, quote
from haidang.taxes.rules.receipts import price
from haidang.taxes.terms.quoting import QuoteAsked
from haidang.taxes.terms.receipts import NotPriceable

DAY = date(2026, 3, 2)
SUGAR, PLASTICS = "17011300", "39269059"


def asked(**changes):
    return QuoteAsked(
        **{"commodity_code": PLASTICS, "on": DAY, "value": "1250.50", "origin_country_code": "JP", **changes}
    )


def test_a_quote_is_what_a_declaration_of_the_line_would_be_taxed(book):
    found = quote(book, asked(tax_codes=("V10",)))
    told = {
        "invoice_currency_code": "USD", "items": [{
            "commodity_code": PLASTICS, "invoice_value": "1250.50", "quantity": "1", "unit_code": found.unit_code,
            "origin_country_code": "JP", "tariff_schedule_code": "B01", "tax_codes": ["V10"],
        }],
    }  # fmt: skip
    assert found.receipt.totals == price(book, told, DAY).totals
    mfn = next(each for each in found.options if each.schedule_code == "B01")
    assert mfn.duty_vnd_e4 == found.receipt.lines[0].taxes[0].amount_vnd_e4
    assert found.tax_options == ("V08", "V10") and found.sample_rates and found.unverified


def test_the_schedule_asked_for_is_the_one_whose_steps_come(book):
    usual, ordinary = quote(book, asked()), quote(book, asked(schedule_code="B03"))
    assert (usual.schedule_code, ordinary.schedule_code) == ("B01", "B03")
    assert usual.options == ordinary.options
    assert ordinary.receipt.lines[0].taxes[0].measure.option_code == "B03"


def test_goods_of_chapter_98_are_asked_by_their_own_schedule(book):
    tariff = book.day(DAY).tariff
    code = next(code for code, entry in tariff.entries.items() if "B02" in entry.duties)
    assert quote(book, asked(commodity_code=code)).schedule_code == "B02"


def test_an_export_has_its_duty_and_no_options(book):
    found = quote(book, asked(commodity_code=SUGAR, is_export=True, price_condition_code="FOB"))
    assert found.options == () and found.schedule_code == "" and found.tax_options == ()
    assert [tax.kind for tax in found.receipt.lines[0].taxes] == ["export_duty"]


def test_what_a_quota_does_not_hold_stands_outside_and_the_options_stay_those_of_the_whole(book):
    found = quote(book, asked(commodity_code=SUGAR, quantity="100", quota_left="60"))
    assert [line.taxes[0].measure.option_code for line in found.receipt.lines] == ["B01", "B14"]
    assert found.quota and found.options == quote(book, asked(commodity_code=SUGAR, quantity="100")).options


def test_a_remedy_without_an_amount_leaves_the_taxes_of_its_origin_open(book):
    thai, french = (
        quote(book, asked(commodity_code=SUGAR, origin_country_code=each, tax_codes=("V10",))) for each in ("TH", "FR")
    )
    assert {each.kind for each in thai.receipt.missing} == {"trade_remedy", "value_added"}
    assert french.receipt.missing == ()
    assert all(each.payable_vnd is None for each in thai.options)


def test_a_code_that_is_none_that_day_has_no_quote(book):
    assert quote(book, asked(commodity_code="00000000")) is None
    assert quote(book, asked(on=date(2020, 1, 1))) is None


def test_what_is_wrong_is_a_finding_and_no_receipt(book):
    found = quote(book, asked(schedule_code="B05"))
    assert found.receipt is None and [each.code for each in found.findings] == ["E1012"]


@pytest.mark.parametrize("name", ["value", "quantity", "freight", "insurance", "quota_left"])
@pytest.mark.parametrize("text", ["1e3", "-1", "1,5", "9" * 30, "½"])
def test_a_text_that_is_no_amount_is_refused_by_the_name_of_its_field(book, name, text):
    with pytest.raises(NotPriceable, match=f"^{name}: "):
        quote(book, asked(**{name: text}))


def test_what_does_not_fit_is_told(book):
    found = quote(book, asked(value="9" * 14))
    assert found.receipt is None and found.findings


def test_the_line_reads_as_the_message_would(book):
    line = declared_of(book, asked(freight="10", price_condition_code="FOB"))
    kinds = {row.code: row for row in book.book.codes if row.list_name == "declaration_kind"}
    told = {
        "invoice_currency_code": "USD", "price_condition_code": "FOB", "freight_code": "A", "freight": "10", "freight_currency_code": "USD",
        "insurance_currency_code": "USD", "items": [{
            "commodity_code": PLASTICS, "invoice_value": "1250.50", "quantity": "1", "unit_code": line.items[0].unit_code,
            "origin_country_code": "JP", "tariff_schedule_code": "B01",
        }],
    }  # fmt: skip
    assert line == read_declared(told, kinds)[0]


def test_days_between_which_no_schedule_changes_share_their_tariff_and_index(book):
    one, next_day, after = date(2026, 3, 2), date(2026, 3, 3), date(2027, 1, 1)
    assert book.day(one).tariff.entries is book.day(next_day).tariff.entries
    assert book.day(next_day).tariff.on == next_day
    assert book.index(one) is book.index(next_day)
    assert book.day(after).tariff.entries is not book.day(one).tariff.entries
    codes = [option.code for option in book.day(after).tariff.entries[SUGAR].vat]
    assert "V08" not in codes and "V08" in [option.code for option in book.day(one).tariff.entries[SUGAR].vat]


def test_a_remedy_of_the_quantity_is_quoted_with_its_steps_and_stands_on_the_receipt(book):
    found = quote(
        book,
        asked(
            commodity_code="39202010", on=date(2025, 12, 31), value="1000000", currency_code="VND", quantity="2000",
            unit_code="KGM", origin_country_code="TH", tax_codes=("CB02",),
        ),
    )  # fmt: skip
    assert found is not None
    (remedy,) = (each for each in found.receipt.lines[0].taxes if each.kind == "trade_remedy")
    assert (remedy.rate_bp, remedy.specific_vnd_e4, remedy.quantity_milli) == (300, 12_500_000, 2_000_000)
    assert remedy.amount_vnd_e4 == 30_000 * 10_000 + 2_000 * 12_500_000 == remedy.computed_vnd_e4
    assert remedy.measure is not None and remedy.measure.sample
