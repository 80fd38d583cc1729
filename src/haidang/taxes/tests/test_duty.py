"""Which rate a line bears, what it may claim, and what nobody can determine."""

from typing import Any

import pytest
from msgspec.structs import replace

from haidang.kernel.money import NegativeAmount
from haidang.tariff.terms import Rate, TariffOfDay
from haidang.taxes.rules import assess
from haidang.taxes.terms import REASONS, Assessment, LineTax, TaxKind
from haidang.taxes.tests.build import USD_RATES, declaration, item, tariff

HEADING = "99990001"
VAT = {"V10": "10 %"}


def assess_line(printed: dict[str, Any], members: dict[str, str] | None = None, **line: str) -> Assessment:
    """Assess one line worth a million đồng."""
    return assess(
        declaration(item(1, price="1000000", **line), price="CIF VND"),
        tariff({HEADING: printed}, members),
        USD_RATES,
    )


def taxes(result: Assessment) -> dict[str, int]:
    """Return the taxes of the only line, whole đồng, of an assessment in order."""
    assert (result.findings, result.missing) == ((), ())
    assert all(tax.amount_vnd_e4 % 10_000 == 0 for tax in result.lines[0].taxes)
    return {tax.kind.name.lower(): tax.amount_vnd_e4 // 10_000 for tax in result.lines[0].taxes}


def missing(result: Assessment) -> list[tuple[str, str]]:
    """Return kind and reason of what nobody can determine."""
    assert all(each.reason in REASONS for each in result.missing)
    return [(each.kind.name.lower(), each.reason) for each in result.missing]


def told(result: Assessment) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return code, field and suggestions of the findings on the only line."""
    assert all(f.text_vi and f.text_en and f.repair_vi and f.repair_en and f.law for f in result.findings)
    return [(f.code, f.pointer.removeprefix("/items/0/"), f.nearest) for f in result.findings]


def with_rate(book: TariffOfDay, schedule: str, rate: Rate) -> TariffOfDay:
    """Return the tariff with one more rate on the heading."""
    entry = book.entries[HEADING]
    return replace(book, entries={HEADING: replace(entry, duties={**entry.duties, schedule: rate})})


def partly_subject(code: str, amount: str) -> TariffOfDay:
    """Return a tariff where only some goods of the heading are subject to special consumption tax."""
    book = tariff({HEADING: {"duty": {"B01": "5 %"}, "special_consumption": {code: amount}, "vat": VAT}})
    entry = book.entries[HEADING]
    charges = tuple(replace(charge, partly=True) for charge in entry.special_consumption)
    return replace(book, entries={HEADING: replace(entry, special_consumption=charges)})


def test_each_tax_keeps_the_row_of_the_law_book_that_set_its_rate() -> None:
    result = assess_line({"duty": {"B01": "5 %"}, "vat": VAT})
    assert result.lines[0].taxes == (
        LineTax(TaxKind.IMPORT_DUTY, 10**10, 500, 0, 0, 102, 5 * 10**8),
        LineTax(TaxKind.VALUE_ADDED, 105 * 10**8, 1000, 0, 0, 101, 105 * 10**7),
    )


def test_a_code_outside_the_tariff_is_told() -> None:
    result = assess_line({"duty": {"B01": "5 %"}, "vat": VAT}, code="99990009")
    assert told(result) == [("E0115", "commodity_code", ())]
    assert result.lines[0].taxes == ()


class TestSchedules:
    """The claimed tariff schedule."""

    AGREEMENTS = {
        "B01": "12 %",
        "B03": "18 %",
        "B04": "0 %",
        "B06": "3 %",
        "B14": "80 %",
        "evfta": "1 %",
        "B14:B03": "90 %",
    }

    def test_a_member_may_claim_an_agreement(self) -> None:
        result = assess_line({"duty": self.AGREEMENTS, "vat": VAT}, {"B04": "TH MY"}, schedule="B04", origin="TH")
        assert taxes(result)["import_duty"] == 0

    def test_others_may_not_and_learn_what_they_may_claim(self) -> None:
        members = {"B04": "TH MY", "B06": "KR"}
        result = assess_line({"duty": self.AGREEMENTS, "vat": VAT}, members, schedule="B04", origin="KR")
        assert told(result) == [("E1012", "tariff_schedule_code", ("B01", "B03", "B06"))]

    def test_a_member_excluded_for_this_code_may_not(self) -> None:
        book = tariff({HEADING: {"duty": {"B01": "12 %"}, "vat": VAT}}, {"B04": "TH KH"})
        book = with_rate(book, "B04", Rate(7, 0, excluded_countries=frozenset({"KH"})))
        declared = declaration(item(1, price="1000000", schedule="B04", origin="KH"), price="CIF VND")
        result = assess(declared, book, USD_RATES)
        assert told(result) == [("E1014", "tariff_schedule_code", ("B01",))]

    def test_a_member_with_a_rate_of_its_own_bears_that(self) -> None:
        book = tariff({HEADING: {"duty": {}, "vat": VAT}})
        book = with_rate(book, "B20", Rate(7, 1500, country_rates_bp={"MX": 2000}))
        for origin, duty in (("MX", 200_000), ("JP", 150_000)):
            declared = declaration(item(1, price="1000000", schedule="B20", origin=origin), price="CIF VND")
            assert taxes(assess(declared, book, USD_RATES))["import_duty"] == duty

    def test_an_agreement_that_gives_the_code_nothing_is_told(self) -> None:
        printed = {"duty": {"B01": "12 %"}, "vat": VAT, "withheld": "B05"}
        assert told(assess_line(printed, schedule="B05")) == [("E1024", "tariff_schedule_code", ("B01",))]

    def test_goods_not_subject_to_duty_bear_a_traced_zero(self) -> None:
        result = assess_line({"duty": {}, "vat": VAT}, schedule="B30")
        assert taxes(result) == {"import_duty": 0, "value_added": 100_000}

    def test_a_rate_that_is_not_on_file_is_missing_and_never_zero(self) -> None:
        result = assess_line({"duty": {"B01": "5 %"}, "vat": VAT}, schedule="B09")
        assert missing(result) == [("import_duty", "no_rate_on_file"), ("value_added", "base_incomplete")]
        assert (result.lines[0].taxes, result.totals) == ((), ())

    def test_several_rates_printed_for_one_schedule_leave_it_to_customs(self) -> None:
        book = tariff({HEADING: {"duty": {}, "vat": VAT}})
        entry = replace(book.entries[HEADING], several={"B01": (Rate(41, 500), Rate(42, 1000))})
        declared = declaration(item(1, price="1000000"), price="CIF VND")
        result = assess(declared, replace(book, entries={HEADING: entry}), USD_RATES)
        assert missing(result)[0] == ("import_duty", "several_rates_printed")
        assert result.missing[0].measure_id == 41

    def test_no_schedule_claimed_leaves_it_to_customs(self) -> None:
        result = assess_line({"duty": {"B01": "5 %"}, "vat": VAT}, schedule="")
        assert missing(result)[0] == ("import_duty", "no_schedule_claimed")

    def test_goods_without_a_quota_cannot_be_outside_it(self) -> None:
        result = assess_line({"duty": {"B01": "5 %"}, "vat": VAT}, schedule="B14", out_of_quota="X")
        assert told(result) == [("E1009", "tariff_schedule_code", ("B01",))]

    def test_a_quota_without_its_outside_rate_on_file_leaves_it_to_customs(self) -> None:
        printed = {"duty": {"B01": "5 %"}, "vat": VAT, "quota": "yes"}
        assert missing(assess_line(printed, schedule="B14", out_of_quota="X"))[0] == ("import_duty", "no_rate_on_file")


class TestSpecificDuties:
    """Đồng or foreign money per unit."""

    def test_the_second_quantity_serves_when_its_unit_is_that_of_the_rate(self) -> None:
        printed = {"duty": {"B15": "2 USD/KGM"}, "vat": VAT}
        result = assess_line(printed, schedule="B15", quantity="3 PCE", quantity2="2.5 KGM")
        assert taxes(result)["import_duty"] == 129_400

    def test_an_absent_second_quantity_leaves_it_to_customs(self) -> None:
        book = tariff({HEADING: {"duty": {"B15": "2 USD/KGM"}, "vat": VAT}})
        line = replace(item(1, price="1000000", schedule="B15"), unit2_code="KGM")
        result = assess(declaration(line, price="CIF VND"), book, USD_RATES)
        assert missing(result)[0] == ("import_duty", "unit_not_declared")

    def test_a_currency_without_a_rate_leaves_it_to_customs(self) -> None:
        result = assess_line({"duty": {"B15": "2 EUR/PCE"}, "vat": VAT}, schedule="B15")
        assert missing(result)[0] == ("import_duty", "no_exchange_rate")

    def test_the_part_of_one_unit_is_rounded_to_a_ten_thousandth_before_it_is_multiplied(self) -> None:
        book = tariff({HEADING: {"duty": {"B15": "0.0123 USD/PCE"}, "vat": VAT}})
        line = item(1, price="1000000", schedule="B15", quantity="1000 PCE")
        result = assess(declaration(line, price="CIF VND"), book, {"USD": 258_805_000, "VND": 10_000})
        duty = result.lines[0].taxes[0]
        assert (duty.specific_vnd_e4, duty.amount_vnd_e4) == (3_183_302, 3_183_302_000)

    def test_a_quantity_below_zero_is_our_fault(self) -> None:
        book = tariff({HEADING: {"duty": {"B15": "2 USD/PCE"}, "vat": VAT}})
        line = replace(item(1, price="1000000", schedule="B15"), quantity_milli=-1)
        with pytest.raises(NegativeAmount):
            assess(declaration(line, price="CIF VND"), book, USD_RATES)


class TestCharges:
    """Trade remedies, special consumption, environment tax."""

    STACK = {
        "duty": {"B01": "10 %"},
        "trade_remedies": {"GB1": "20 %"},
        "special_consumption": {"TB1": "50 %"},
        "environment": {"MB1": "1000 VND/PCE"},
        "vat": VAT,
    }

    def test_every_tax_has_its_own_base(self) -> None:
        result = assess_line(self.STACK, quantity="100 PCE")
        assert taxes(result) == {
            "import_duty": 100_000,
            "trade_remedy": 200_000,
            "special_consumption": 650_000,
            "environment": 100_000,
            "value_added": 205_000,
        }

    def test_a_remedy_is_not_on_the_duty_and_environment_tax_not_under_special_consumption(self) -> None:
        result = assess_line(self.STACK, quantity="100 PCE")
        bases = {tax.kind: tax.base_vnd_e4 // 10_000 for tax in result.lines[0].taxes}
        assert bases[TaxKind.TRADE_REMEDY] == 1_000_000
        assert bases[TaxKind.SPECIAL_CONSUMPTION] == 1_300_000
        assert bases[TaxKind.VALUE_ADDED] == 2_050_000

    def test_a_remedy_spares_other_origins(self) -> None:
        printed = {**self.STACK, "trade_remedies": {"GB1": "20 % (CN KR)"}}
        assert "trade_remedy" in taxes(assess_line(printed, origin="KR"))
        assert "trade_remedy" not in taxes(assess_line(printed, origin="JP"))

    def test_a_remedy_claimed_by_another_origin_is_told(self) -> None:
        printed = {**self.STACK, "trade_remedies": {"GB1": "20 % (CN KR)"}}
        assert told(assess_line(printed, origin="JP", taxes="GB1 V10")) == [("E0825", "tax_codes", ("TB1", "MB1"))]

    def test_of_several_remedies_those_claimed_are_levied_side_by_side(self) -> None:
        printed = {**self.STACK, "trade_remedies": {"GB1": "20 %", "GB2": "30 %", "BB1": "5 %"}}
        result = assess_line(printed, taxes="GB2 BB1 V10")
        remedies = [t for t in result.lines[0].taxes if t.kind is TaxKind.TRADE_REMEDY]
        assert [tax.amount_vnd_e4 // 10_000 for tax in remedies] == [300_000, 50_000]
        assert dict(result.totals)[TaxKind.TRADE_REMEDY] == 350_000
        assert dict(result.totals)[TaxKind.SPECIAL_CONSUMPTION] == 725_000

    def test_a_remedy_without_a_code_needs_no_claim(self) -> None:
        printed = {**self.STACK, "trade_remedies": {"": "20 %", "GB2": "30 %"}}
        assert dict(assess_line(printed, taxes="V10").totals)[TaxKind.TRADE_REMEDY] == 200_000
        assert dict(assess_line(printed, taxes="GB2 V10").totals)[TaxKind.TRADE_REMEDY] == 500_000

    def test_of_several_remedies_none_claimed_leaves_all_later_bases_open(self) -> None:
        printed = {**self.STACK, "trade_remedies": {"GB1": "20 %", "GB2": "30 %"}}
        result = assess_line(printed, quantity="100 PCE")
        assert missing(result) == [
            ("trade_remedy", "nobody_has_chosen"),
            ("special_consumption", "base_incomplete"),
            ("value_added", "base_incomplete"),
        ]
        levied = [(t.kind.name, t.amount_vnd_e4 // 10_000) for t in result.lines[0].taxes]
        assert levied == [("IMPORT_DUTY", 100_000), ("ENVIRONMENT", 100_000)]

    def test_of_several_excise_groups_one_is_claimed(self) -> None:
        printed = {**self.STACK, "trade_remedies": {}, "special_consumption": {"TB1": "50 %", "TB2": "60 %"}}
        assert taxes(assess_line(printed, taxes="TB2 V10"))["special_consumption"] == 660_000
        assert told(assess_line(printed, taxes="TB1 TB2 V10")) == [("R0163", "tax_codes", ())]
        assert missing(assess_line(printed, taxes="V10"))[0] == ("special_consumption", "nobody_has_chosen")

    def test_a_charge_without_an_amount_on_file_leaves_vat_open(self) -> None:
        printed = {**self.STACK, "environment": {"MB1": "no amount on file"}}
        result = assess_line(printed)
        assert missing(result) == [("environment", "no_amount_on_file"), ("value_added", "base_incomplete")]
        assert result.missing[0].measure_id == 104
        assert [kind.name for kind, _ in result.totals] == ["IMPORT_DUTY", "TRADE_REMEDY", "SPECIAL_CONSUMPTION"]

    def test_a_charge_on_some_goods_of_the_code_is_levied_when_it_is_claimed_and_not_when_it_is_not(self) -> None:
        book = partly_subject("TB1", "50 %")
        for codes, kinds in (("TB1 V10", 3), ("V10", 2)):
            declared = declaration(item(1, price="1000000", taxes=codes), price="CIF VND")
            assert len(taxes(assess(declared, book, USD_RATES))) == kinds

    @pytest.mark.parametrize("amount", ["50 %", "no amount on file"])
    def test_a_charge_on_some_goods_that_no_code_can_claim_is_left_to_customs(self, amount: str) -> None:
        declared = declaration(item(1, price="1000000", taxes="V10"), price="CIF VND")
        result = assess(declared, partly_subject("", amount), USD_RATES)
        assert missing(result) == [("special_consumption", "partly_subject"), ("value_added", "base_incomplete")]

    def test_a_missing_duty_leaves_special_consumption_open_but_not_remedies_and_environment_tax(self) -> None:
        result = assess_line(self.STACK, schedule="B09")
        assert [kind for kind, _ in missing(result)] == ["import_duty", "special_consumption", "value_added"]
        assert [tax.kind.name for tax in result.lines[0].taxes] == ["TRADE_REMEDY", "ENVIRONMENT"]


class TestValueAddedTax:
    """One printed rate, several, none."""

    SEVERAL = {"duty": {"B01": "0 %"}, "vat": {"V10": "10 %", "V08": "8 %", "VK": "not subject"}}

    def test_the_only_rate_applies_without_a_claim(self) -> None:
        assert taxes(assess_line({"duty": {"B01": "0 %"}, "vat": VAT}))["value_added"] == 100_000

    def test_of_several_rates_the_code_on_the_line_chooses(self) -> None:
        assert taxes(assess_line(self.SEVERAL, taxes="V08"))["value_added"] == 80_000

    def test_of_several_rates_none_chosen_leaves_it_to_customs(self) -> None:
        assert missing(assess_line(self.SEVERAL)) == [("value_added", "nobody_has_chosen")]

    def test_a_code_that_nobody_prints_is_told_with_those_printed(self) -> None:
        result = assess_line(self.SEVERAL, taxes="V05")
        assert told(result) == [("E0825", "tax_codes", ("V10", "V08", "VK"))]
        assert result.missing == ()

    def test_a_wrong_code_beside_the_only_rate_is_told_too(self) -> None:
        assert told(assess_line({"duty": {"B01": "0 %"}, "vat": VAT}, taxes="V05")) == [
            ("E0825", "tax_codes", ("V10",))
        ]

    def test_two_codes_of_it_are_told(self) -> None:
        assert told(assess_line(self.SEVERAL, taxes="V10 V08")) == [("R0163", "tax_codes", ())]

    def test_no_rate_on_file_leaves_it_to_customs_whatever_the_code(self) -> None:
        result = assess_line({"duty": {"B01": "0 %"}}, taxes="V10")
        assert missing(result) == [("value_added", "no_rate_on_file")]
        assert result.findings == ()

    def test_goods_not_subject_bear_no_line_of_it_but_the_row_that_says_so(self) -> None:
        result = assess_line(self.SEVERAL, taxes="VK")
        assert taxes(result) == {"import_duty": 0}
        assert result.lines[0].not_subject == ((TaxKind.VALUE_ADDED, 103),)

    def test_goods_not_subject_need_no_complete_base(self) -> None:
        assert missing(assess_line(self.SEVERAL, taxes="VK", schedule="B09")) == [("import_duty", "no_rate_on_file")]


class TestRelief:
    """Exemption and reduction of duty."""

    PRINTED = {"duty": {"B01": "10 %"}, "vat": VAT, "export": "10 %"}

    def test_an_exemption_takes_all_of_the_duty_away_and_stays_on_record(self) -> None:
        duty, vat = assess_line(self.PRINTED, relief="XN1").lines[0].taxes
        assert (duty.amount_vnd_e4, duty.relieved_vnd_e4, duty.rate_bp) == (0, 10**9, 1000)
        assert vat.base_vnd_e4 == 10**10

    def test_a_reduction_takes_its_amount_away_and_vat_is_on_what_is_payable(self) -> None:
        duty, vat = assess_line(self.PRINTED, relief="XN2", reduction="40000").lines[0].taxes
        assert (duty.amount_vnd_e4, duty.relieved_vnd_e4) == (6 * 10**8, 4 * 10**8)
        assert vat.base_vnd_e4 == 106 * 10**8

    def test_a_reduction_of_all_the_duty_is_the_most(self) -> None:
        assert taxes(assess_line(self.PRINTED, relief="XN2", reduction="100000"))["import_duty"] == 0
        result = assess_line(self.PRINTED, relief="XN2", reduction="100000.0001")
        assert told(result) == [("E0280", "duty_reduction", ())]
        assert result.lines[0].taxes[0].amount_vnd_e4 == 0

    def test_a_reduction_without_its_code_is_told_and_not_given(self) -> None:
        result = assess_line(self.PRINTED, reduction="40000")
        assert told(result) == [("E0279", "duty_reduction", ())]
        assert dict(result.totals)[TaxKind.IMPORT_DUTY] == 100_000

    def test_export_duty_is_relieved_the_same_way(self) -> None:
        line = item(1, price="1000000", relief="XN2", reduction="40000")
        declared = declaration(line, direction="export", price="FOB VND")
        result = assess(declared, tariff({HEADING: self.PRINTED}), USD_RATES)
        assert result.totals == ((TaxKind.EXPORT_DUTY, 60_000),)


def test_exports_whose_schedule_prints_several_rates_are_left_to_customs() -> None:
    book = tariff({HEADING: {"vat": VAT}})
    entry = replace(book.entries[HEADING], several={"export": (Rate(41, 500), Rate(42, 1000))})
    declared = declaration(item(1, price="1000000"), direction="export", price="FOB VND")
    result = assess(declared, replace(book, entries={HEADING: entry}), USD_RATES)
    assert missing(result) == [("export_duty", "several_rates_printed")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    lines = (
        item(1, schedule="B04", origin="KR", relief="XN2", reduction="5"),
        item(2, price="1", taxes="V05", relief="XN2", reduction="5"),
    )
    book = tariff({HEADING: {"duty": {"B01": "5 %", "B04": "0 %"}, "vat": VAT}}, {"B04": "TH"})
    result = assess(declaration(*lines, price="CIF XAA"), book, USD_RATES)
    assert [finding.code for finding in result.findings] == ["R0011", "E0108", "E1012", "E0825"]
    assert (result.lines, result.totals, result.missing, result.customs_value_vnd_e4) == ((), (), (), 0)
