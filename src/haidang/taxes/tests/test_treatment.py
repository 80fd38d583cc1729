"""What a kind of declaration does to its taxes, by the table of the law book: relieved with its law, not subject, or left to customs."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.taxes.rules import assess, compile_treatments
from haidang.taxes.terms import Assessment, TaxKind, TaxRelief, TreatedLine, TreatmentEffect
from haidang.taxes.tests.build import DAY, USD_RATES, declaration, item, tariff

HEADING = "99990001"
PRINTED: dict[str, Any] = {"duty": {"B01": "10 %"}, "vat": {"V10": "10 %"}, "export": "5 %"}
LISTS = codes_from_files(lawbook_folder(), DAY).lists
TREATMENTS = compile_treatments(LISTS)
KINDS = LISTS["declaration_kind"]
BY_TARIFF = ["A11", "A12", "A21", "A41", "A42", "A43", "H11", "B11", "B12", "E62", "H21"]
IMPORTS = sorted(code for code in KINDS if KINDS[code].attributes["direction"] == "import" and code in TREATMENTS)
EXPORTS = sorted(code for code in KINDS if KINDS[code].attributes["direction"] == "export" and code in TREATMENTS)


def assessed(kind_code: str, printed: dict[str, Any] | None = None, **line: str) -> Assessment:
    """Assess one line worth a million đồng under a kind."""
    direction = KINDS[kind_code].attributes["direction"]
    declared = declaration(item(1, price="1000000", **line), price="FOB VND", direction=direction)
    if direction == "import":
        declared = declaration(item(1, price="1000000", **line), price="CIF VND")
    return assess(declared, tariff({HEADING: printed or PRINTED}), USD_RATES, TREATMENTS.get(kind_code))


def effect(kind_code: str, tax: TaxKind) -> str:
    treatment = TREATMENTS[kind_code].get(tax)
    return "" if treatment is None else treatment.effect.value


def missing(result: Assessment) -> set[tuple[str, str]]:
    return {(each.kind.name.lower(), each.reason) for each in result.missing}


def test_the_kinds_that_the_tariff_alone_taxes_have_no_treatment() -> None:
    assert sorted(set(KINDS) - set(TREATMENTS)) == sorted(BY_TARIFF)
    assert len(IMPORTS) + len(EXPORTS) + len(BY_TARIFF) == 40


def test_every_treatment_cites_an_article_and_none_claims_to_be_verified() -> None:
    told = [each for of_kind in TREATMENTS.values() for each in of_kind.values()]
    assert len(told) == len(LISTS["kind_tax"])
    assert all(" Art. " in each.law and not each.verified for each in told)


@pytest.mark.parametrize("kind_code", IMPORTS)
def test_an_import_of_a_special_kind_is_never_charged_and_never_silent(kind_code: str) -> None:
    result = assessed(kind_code)
    assert (result.findings, result.payable_vnd) == ((), 0)
    line = result.lines[0]
    assert isinstance(line, TreatedLine) and line.by_kind == tuple(TREATMENTS[kind_code].values())
    for tax, amount in ((TaxKind.IMPORT_DUTY, 1_000_000_000), (TaxKind.VALUE_ADDED, 1_000_000_000)):
        name, effect_ = tax.name.lower(), effect(kind_code, tax)
        relieved = [each.relieved_vnd_e4 for each in line.taxes if each.kind is tax]
        assert relieved == ([amount] if effect_ in ("exempt", "suspended", "confirm") else [])
        assert ((tax, 0) in line.not_subject) == (effect_ == "not_subject")
        assert ((name, "kind_not_told") in missing(result)) == (effect_ == "")
        assert ((name, "confirmation_awaited") in missing(result)) == (effect_ == "confirm")


@pytest.mark.parametrize("kind_code", EXPORTS)
def test_an_export_of_a_special_kind_is_never_charged_and_never_silent(kind_code: str) -> None:
    result = assessed(kind_code)
    assert (result.findings, result.payable_vnd) == ((), 0)
    line, effect_ = result.lines[0], effect(kind_code, TaxKind.EXPORT_DUTY)
    relieved = [each.relieved_vnd_e4 for each in line.taxes]
    assert relieved == ([500_000_000] if effect_ in ("exempt", "confirm") else [])
    assert (line.not_subject == ((TaxKind.EXPORT_DUTY, 0),)) == (effect_ == "not_subject")
    reason = {"": {("export_duty", "kind_not_told")}, "confirm": {("export_duty", "confirmation_awaited")}}
    assert missing(result) == reason.get(effect_, set())


@pytest.mark.parametrize("kind_code", BY_TARIFF)
def test_a_kind_taxed_by_the_tariff_pays_as_printed(kind_code: str) -> None:
    taxes = dict(assessed(kind_code).totals)
    assert taxes == ({TaxKind.EXPORT_DUTY: 50_000} if kind_code in "B11 B12 E62 H21" else {
        TaxKind.IMPORT_DUTY: 100_000, TaxKind.VALUE_ADDED: 110_000
    })  # fmt: skip


def test_processing_is_exempt_by_the_sixth_clause_and_production_for_export_by_the_seventh() -> None:
    for kind_code, law in (("E21", "107/2016/QH13 Art. 16(6)"), ("E31", "107/2016/QH13 Art. 16(7)")):
        treatment = TREATMENTS[kind_code][TaxKind.IMPORT_DUTY]
        assert (treatment.effect, treatment.law) == (TreatmentEffect.EXEMPT, law)


def test_before_the_law_on_vat_of_the_book_was_in_force_its_vat_is_left_to_customs() -> None:
    before = compile_treatments(codes_from_files(lawbook_folder(), date(2025, 6, 30)).lists)
    assert TaxKind.VALUE_ADDED not in before["E21"] and TaxKind.IMPORT_DUTY in before["E21"]


@pytest.mark.parametrize("tax", ["special_consumption", "environment", "trade_remedies"])
def test_a_charge_printed_for_the_goods_is_left_to_customs(tax: str) -> None:
    text = "2000 VND/PCE" if tax == "environment" else "40 %"
    result = assessed("E21", {**PRINTED, tax: {"TB01": text}})
    name = "trade_remedy" if tax == "trade_remedies" else tax
    assert missing(result) == {(name, "kind_not_told")}


def test_suspended_vat_has_no_base_while_a_charge_is_left_to_customs() -> None:
    result = assessed("E33", {**PRINTED, "special_consumption": {"TB01": "40 %"}})
    assert missing(result) == {("special_consumption", "kind_not_told"), ("value_added", "base_incomplete")}
    assert [each.kind for each in result.lines[0].taxes] == [TaxKind.IMPORT_DUTY]


def test_a_relieved_duty_without_a_rate_on_file_is_still_missing() -> None:
    assert missing(assessed("E21", {"vat": {"V10": "10 %"}})) == {("import_duty", "no_rate_on_file")}


def test_a_wrong_claim_is_told_under_an_exempt_kind_too() -> None:
    result = assessed("E21", out_of_quota="X")
    assert [each.code for each in result.findings] == ["E1011"]


def test_relief_claimed_from_another_tax_is_for_customs_and_the_tax_stands_meanwhile() -> None:
    line = replace(item(1, price="1000000", taxes="V10"), tax_reliefs=(TaxRelief(1, "SVK01"),))
    result = assess(declaration(line, price="CIF VND"), tariff({HEADING: PRINTED}), USD_RATES)
    assert missing(result) == {("value_added", "relief_claimed")}
    assert dict(result.totals)[TaxKind.VALUE_ADDED] == 110_000
