"""Trade remedies by producer: a named producer's own rate, else what the decision gives all others of the origin."""

from msgspec.structs import replace

from haidang.tariff.terms import Charge, Rate
from haidang.taxes.rules import assess
from haidang.taxes.terms import BASE_INCOMPLETE, UNIT_NOT_DECLARED, Assessment, LineTax, TaxKind
from haidang.taxes.tests.build import USD_RATES, declaration, item, tariff

HEADING = "99990001"
CHINA, THAILAND = frozenset({"CN"}), frozenset({"TH"})
CHARGES = (
    Charge("", Rate(1, 3000), 1, CHINA, decision="A"),
    Charge("CB01", Rate(2, 500), 2, CHINA, producer="Alpha", decision="A"),
    Charge("CB02", Rate(3, 700), 3, CHINA, producer="Beta", decision="A"),
    Charge("", Rate(4, 4000), 4, THAILAND, decision="A"),
    Charge("CB03", Rate(5, 0), 5, THAILAND, producer="Gamma", decision="A"),
    Charge("", Rate(6, 1000), 6, CHINA, decision="B"),
)


def assessed(
    codes: str, origin: str = "CN", charges: tuple[Charge, ...] = CHARGES, quantity: str = "1 PCE"
) -> Assessment:
    law = tariff({HEADING: {"duty": {"B01": "10 %"}, "vat": {"V10": "10 %"}}})
    law = replace(law, entries={HEADING: replace(law.entries[HEADING], trade_remedies=charges)})
    line = item(1, price="1000000", origin=origin, taxes=codes, quantity=quantity)
    return assess(declaration(line, price="CIF VND"), law, USD_RATES)


def remedies(result: Assessment) -> list[tuple[int, int]]:
    """Return (measure, rate) of each trade remedy on the line."""
    assert (result.findings, result.missing) == ((), ())
    taxes: tuple[LineTax, ...] = result.lines[0].taxes
    return [(tax.measure_id, tax.rate_bp) for tax in taxes if tax.kind is TaxKind.TRADE_REMEDY]


def test_who_names_no_producer_bears_what_all_others_bear() -> None:
    assert remedies(assessed("V10")) == [(1, 3000), (6, 1000)]
    assert remedies(assessed("V10", "TH")) == [(4, 4000)]
    assert remedies(assessed("V10", "JP")) == []


def test_a_named_producer_bears_its_own_rate_and_other_decisions_stand_beside_it() -> None:
    assert remedies(assessed("CB01 V10")) == [(2, 500), (6, 1000)]
    assert remedies(assessed("CB02 V10")) == [(3, 700), (6, 1000)]
    assert remedies(assessed("CB03 V10", "TH")) == [(5, 0)]


def test_a_producer_of_another_origin_may_not_be_named() -> None:
    (finding,) = assessed("CB03 V10").findings
    assert finding.code == "E0825" and finding.nearest == ("CB01", "CB02")


def test_goods_of_two_producers_are_two_lines() -> None:
    (finding,) = assessed("CB01 CB02 V10").findings
    assert "CB01" in finding.text_en and "CB02" in finding.text_en


def test_a_rate_of_all_others_that_is_not_on_file_is_left_to_customs() -> None:
    unknown = (replace(CHARGES[0], rate=None), *CHARGES[1:])
    missing = assessed("V10", charges=unknown).missing
    assert [each.measure_id for each in missing if each.kind is TaxKind.TRADE_REMEDY] == [1]
    assert remedies(assessed("CB01 V10", charges=unknown)) == [(2, 500), (6, 1000)]


def test_a_remedy_of_the_quantity_or_of_both_is_levied_in_its_own_unit_and_currency() -> None:
    """2,000 kg at 0.25 USD and 25,880 đồng a dollar; of the producer named 7 % of 1,000,000 and 1,250 đồng a kilogram."""
    charges = (
        Charge("", Rate(1, 0, 2_500, "USD", "KGM"), 1, CHINA, decision="A"),
        Charge("CB01", Rate(2, 700, 12_500_000, "VND", "KGM"), 2, CHINA, producer="Alpha", decision="A"),
    )
    amounts = []
    for codes in ("V10", "CB01 V10"):
        (tax,) = (
            each
            for each in assessed(codes, charges=charges, quantity="2000 KGM").lines[0].taxes
            if each.kind is TaxKind.TRADE_REMEDY
        )
        amounts.append((tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli, tax.amount_vnd_e4))
    assert amounts == [
        (0, 64_700_000, 2_000_000, 2_000 * 64_700_000),
        (700, 12_500_000, 2_000_000, 70_000 * 10_000 + 2_000 * 12_500_000),
    ]


def test_a_remedy_of_the_quantity_is_left_to_customs_when_its_unit_is_not_declared() -> None:
    charges = (Charge("", Rate(1, 0, 2_500, "USD", "KGM"), 1, CHINA, decision="A"),)
    missing = {(each.kind, each.reason) for each in assessed("V10", charges=charges).missing}
    assert missing == {(TaxKind.TRADE_REMEDY, UNIT_NOT_DECLARED), (TaxKind.VALUE_ADDED, BASE_INCOMPLETE)}
