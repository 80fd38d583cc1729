"""Each rule of coherence on a declaration that keeps it and on one that breaks it."""

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from haidang.declarations.rules import check, located
from haidang.declarations.rules.wording import wordings
from haidang.declarations.terms import Declaration, DeclaredAdjustment, Permit
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import DAY, TARIFF_CODES, codes_of_day
from haidang.kernel.findings import Finding

USD = 10_000
GUARANTEE = "VCB/2026/BL/0001"


class Case(NamedTuple):
    code: str
    pointer: str
    broken: Declaration
    kept: Declaration


def _import(**changes: Any) -> Declaration:
    return build.declaration(**changes)


def _line(**changes: Any) -> Declaration:
    return build.declaration(items=(build.goods_item(1, **changes),))


def _unpriced(**changes: Any) -> Declaration:
    blank = {"unit_price_e6": None, "unit_price_currency_code": "", "unit_price_unit_code": ""}
    return _line(**{**blank, **changes})


def _adjusted(*adjustments: DeclaredAdjustment, numbers: tuple[int, ...] = ()) -> Declaration:
    return build.declaration(items=(build.goods_item(1, adjustment_nos=numbers),), adjustments=adjustments)


def _adjustment(class_code: str = "AD", **changes: Any) -> DeclaredAdjustment:
    sign = {"AD": 1, "SB": -1}.get(class_code, 0)
    values: dict[str, Any] = {"name_code": "A", "sign": sign, "currency_code": "USD", "amount_e4": 50 * USD}
    return DeclaredAdjustment(**{**values, **changes}, class_code=class_code)


_IP = _adjustment("IP", name_code="", currency_code="", amount_e4=0)
_DP = _adjustment("DP", name_code="")
_FOB = {"price_condition_code": "FOB", "insurance_code": "A", "insurance_currency_code": "USD", "insurance_e4": 9 * USD}
_FREIGHT = {"price_condition_code": "FOB", "freight_code": "A", "freight_currency_code": "USD", "freight_e4": 70 * USD}
_DONG = {"invoice_currency_code": "VND"}


def _in_dong(value_e4: int, total_e4: int) -> Declaration:
    blank = {"unit_price_e6": None, "unit_price_currency_code": "", "unit_price_unit_code": ""}
    item = build.goods_item(1, invoice_value_e4=value_e4, **blank)
    return build.declaration(items=(item,), invoice_currency_code="VND", invoice_total_e4=total_e4)


LINE = "/declaration/items/0/"
CASES = [
    Case("R0047", "/declaration/transport_document_nos/2", _import(transport_document_nos=("A1", "B2", "A1")), _import(transport_document_nos=("A1", "B2"))),
    Case("R1091", "/declaration/container_count", _import(container_count=None), _import(container_count=None, transport_mode_code="3")),
    Case("HD-CONTAINER-NO", "/declaration/container_nos/0", _import(container_nos=("HDAU1234561",)), _import(container_nos=("HDAU1234560",))),
    Case("HD-PERMIT-TWICE", "/declaration/permits/2/permit_no", _import(permits=(Permit("GP01", "7"), Permit("KD01", "7"), Permit("GP01", "7"))), _import(permits=(Permit("GP01", "7"), Permit("KD01", "7"), Permit("GP01", "8")))),
    Case("HD-MISSING", "/declaration/permits/0/permit_no", _import(permits=(Permit("GP01", " "),)), _import(permits=(Permit("GP01", "7"),))),
    Case("HD-MISSING", "/declaration/permits/0/type_code", _import(permits=(Permit("", "7"),)), _import(permits=(Permit("GP01", "7"),))),
    Case("HD-CODE", "/declaration/permits/0/type_code", _import(permits=(Permit("GP99", "7"),)), _import(permits=(Permit("GP01", "7"),))),
    Case("HD-PORT-PAIR", "/declaration/loading_place_code", _import(loading_place_code="VNHPH"), _import(loading_place_code="VNSGN")),
    Case("HD-PORT-PAIR", "/declaration/loading_place_code", build.export_declaration(final_destination_code="VNHPH"), build.export_declaration()),
    Case("HD-WAREHOUSE-OFFICE", "/declaration/warehouse_code", _import(warehouse_code="02CIS01"), _import(warehouse_code="02CIS01", customs_office_code="02CI")),
    Case("HD-TAX-CODE", "/declaration/trader_code", _import(trader_code="9901234561"), _import(trader_code="9901234560001")),
    Case("HD-TAX-CODE", "/declaration/trader_code", _import(trader_code="99-01234560"), _import()),
    Case("HD-TAX-CODE", "/declaration/entrusting_party_code", _import(entrusting_party_code="1"), _import(entrusting_party_code=build.TRADER_CODE)),
    Case("R1034", "/declaration/entrusting_party_code", _import(entrusting_party_name="Công ty A"), _import(entrusting_party_name="Công ty A", entrusting_party_code=build.TRADER_CODE)),
    Case("HD-GROSS-NET", "/declaration/gross_mass", _import(lines=4, gross_mass_g=320_749), _import(lines=4, gross_mass_g=320_750)),
    Case("HD-INVOICE-SUM", "/declaration/invoice_total", _import(invoice_total_e4=_import().invoice_total_e4 + USD + 1), _import(invoice_total_e4=_import().invoice_total_e4 + USD)),
    Case("HD-INVOICE-SUM", "/declaration/invoice_total", _import(invoice_total_e4=1), _import(invoice_total_e4=1, allocation_total_e4=10**12)),
    Case("R0170", "/declaration/allocation_total", _import(allocation_total_e4=USD), _import(allocation_total_e4=_import().invoice_total_e4)),
    Case("R0086", "/declaration/insurance_code", _import(**{**_FOB, "price_condition_code": "CIF"}), _import(**_FOB)),
    Case("R0007", "/declaration/insurance_code", _import(**{**_FOB, "insurance_e4": 0}), _import(**_FOB)),
    Case("R0007", "/declaration/insurance_code", _import(**{**_FOB, "insurance_code": "D"}), _import(price_condition_code="FOB", insurance_code="D")),
    Case("R0007", "/declaration/insurance_code", _import(**{**_FOB, "insurance_code": ""}), _import(**_FOB)),
    Case("R0006", "/declaration/freight_code", _import(**{**_FREIGHT, "freight_e4": 0}), _import(**_FREIGHT)),
    Case("R0006", "/declaration/freight_code", _import(**{**_FREIGHT, "freight_code": ""}), _import(**{**_FREIGHT, "freight_code": "D", "freight_currency_code": "", "freight_e4": 0})),
    Case("HD-VND-DECIMALS", "/declaration/freight", _import(**{**_FREIGHT, "freight_currency_code": "VND", "freight_e4": 15_000}), _import(**{**_FREIGHT, "freight_currency_code": "VND"})),
    Case("HD-VND-DECIMALS", "/declaration/insurance", _import(**{**_FOB, "insurance_currency_code": "VND", "insurance_e4": 15_000}), _import(**{**_FOB, "insurance_currency_code": "VND"})),
    Case("HD-VND-DECIMALS", "/declaration/invoice_total", _in_dong(1_000_000, 1_000_001), _in_dong(1_000_000, 1_000_000)),
    Case("HD-VND-DECIMALS", LINE + "invoice_value", _in_dong(1_000_001, 1_000_000), _in_dong(1_000_000, 1_000_000)),
    Case("R0014", LINE + "unit2_code", _line(quantity2_milli=5_000), _line(quantity2_milli=5_000, unit2_code="KGM")),
    Case("R0014", LINE + "quantity2", _line(unit2_code="KGM"), _line(quantity2_milli=5_000, unit2_code="KGM")),
    Case("R1021", LINE + "unit_price_currency_code", _line(unit_price_currency_code=""), _line()),
    Case("R1022", LINE + "unit_price_unit_code", _line(unit_price_unit_code=""), _line()),
    Case("R1023", LINE + "unit_price", _unpriced(unit_price_currency_code="USD"), _unpriced()),
    Case("R1024", LINE + "unit_price", _unpriced(unit_price_unit_code="PCE"), _unpriced()),
    Case("R1088", LINE + "invoice_value", _line(invoice_value_e4=10_204 * USD + 1), _line(invoice_value_e4=10_204 * USD)),
    Case("R1088", LINE + "invoice_value", _line(invoice_value_e4=10_202 * USD - 1), _line(invoice_value_e4=10_202 * USD)),
    Case("R1089", LINE + "unit_price_unit_code", _line(unit_price_unit_code="KGM"), _line(unit_price_unit_code="KGM", unit2_code="KGM", quantity2_milli=12_000)),
    Case("R1098", LINE + "adjustment_nos", _line(adjustment_nos=(1,), declared_customs_value_e4=USD), _line(declared_customs_value_e4=USD)),
    Case("R1045", "/declaration/adjustments/1/class_code", _adjusted(_adjustment(), _DP), _adjusted(_DP)),
    Case("R1041", "/declaration/adjustments/1/class_code", _adjusted(_IP, _adjustment()), _adjusted(_IP)),
    Case("R1036", "/declaration/adjustments/0/name_code", _adjusted(_adjustment("IP", currency_code="", amount_e4=0)), _adjusted(_IP)),
    Case("R1037", "/declaration/adjustments/0/currency_code", _adjusted(_adjustment("IP", name_code="", amount_e4=0)), _adjusted(_IP)),
    Case("R1038", "/declaration/adjustments/0/amount", _adjusted(_adjustment("IP", name_code="", currency_code="")), _adjusted(_IP)),
    Case("R1082", "/declaration/adjustments/0/name_code", _adjusted(_adjustment("DP")), _adjusted(_DP)),
    Case("R1083", "/declaration/adjustments/0/currency_code", _adjusted(_adjustment("DP", name_code="", currency_code="")), _adjusted(_DP)),
    Case("R1084", "/declaration/adjustments/0/amount", _adjusted(_adjustment("DP", name_code="", amount_e4=0)), _adjusted(_DP)),
    Case("R1085", "/declaration/adjustments/0/factor", _adjusted(_adjustment("DP", name_code="", factor_e4=1)), _adjusted(_DP)),
    Case("R1080", "/declaration/adjustments/0/name_code", _adjusted(_adjustment(name_code="")), _adjusted(_adjustment())),
    Case("R1046", "/declaration/adjustments/0/currency_code", _adjusted(_adjustment(currency_code="")), _adjusted(_adjustment())),
    Case("R1047", "/declaration/adjustments/0/amount", _adjusted(_adjustment(amount_e4=0)), _adjusted(_adjustment())),
    Case("R1099", "/declaration/adjustments/0/factor", _adjusted(_adjustment(factor_e4=9 * USD)), _adjusted(_adjustment(factor_e4=9 * USD), numbers=(1,))),
    Case("HD-ADJUSTMENT-SIGN", "/declaration/adjustments/0/class_code", _adjusted(_adjustment("SB")), _adjusted(_adjustment("SB", name_code="G"))),
    Case("HD-VND-DECIMALS", "/declaration/adjustments/0/amount", _adjusted(_adjustment(currency_code="VND", amount_e4=1)), _adjusted(_adjustment(currency_code="VND"))),
    Case("R0184", LINE + "tax_codes", _line(tax_codes=("VB10", "TB01")), _line(tax_codes=("GB01", "TB01", "MB01", "VB10"))),
    Case("R0184", LINE + "tax_codes", _line(tax_codes=("MB01", "BB01")), _line(tax_codes=("BB01", "XX", "MB01"))),
    Case("E0279", LINE + "duty_reduction", _line(duty_reduction_vnd_e4=USD), _line(duty_reduction_vnd_e4=USD, duty_exemption_code="SXG01")),
    Case("E0279", LINE + "duty_reduction", _line(duty_reduction_vnd_e4=USD, duty_exemption_code="SXN01"), _line(duty_exemption_code="SXN01")),
    Case("E0281", LINE + "duty_reduction", _line(duty_exemption_code="SXG01"), _line(duty_reduction_vnd_e4=USD, duty_exemption_code="SXG01")),
    Case("E1010", LINE + "out_of_quota", _line(tariff_schedule_code="B14"), _line(tariff_schedule_code="B14", out_of_quota=True)),
    Case("E1011", LINE + "out_of_quota", _line(out_of_quota=True), _line()),
    Case("R1051", "/declaration/payment_timing_code", _import(release_request_code="A", payment_timing_code="C"), _import(release_request_code="A")),
    Case("R1052", "/declaration/guarantee_key", _import(payment_timing_code="A"), _import(payment_timing_code="A", guarantee_key=GUARANTEE)),
    Case("R1054", "/declaration/guarantee_key", _import(payment_timing_code="C", guarantee_key=GUARANTEE), _import(payment_timing_code="C")),
    Case("R1086", "/declaration/guarantee_key", _import(guarantee_key=GUARANTEE), _import(guarantee_key=GUARANTEE, release_request_code="A")),
]  # fmt: skip
ELSEWHERE = {"HD-MISSING", "HD-TOO-LONG", "HD-CODE", "HD-ZERO", "HD-KIND", "HD-PROCEDURE", "HD-OFFICE", "E0115"}
"""Rules whose tests stand in test_completeness."""
OF_EARLIER = {"E8300", "E8301", "E8304", "E8305", "E8307", "E8308", "E8309", "E8348"}
"""Rules whose tests stand in test_earlier."""
IN_EXAMPLES = {
    row["code"] for row in yaml.safe_load((Path(__file__).parent / "rule_examples.yaml").read_text(encoding="utf-8"))
} | {"HD-ONE-DECLARATION"}
"""Rules whose tests stand in test_particulars."""


def findings(declared: Declaration) -> tuple[Finding, ...]:
    return check(declared, codes_of_day(), TARIFF_CODES, DAY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}{case.pointer.removeprefix('/declaration')}")
def test_a_broken_rule_is_told_at_its_place(case: Case) -> None:
    told = [finding for finding in findings(case.broken) if finding.code == case.code]
    assert [finding.pointer for finding in told] == [case.pointer]
    assert told[0].text_vi and told[0].text_en and told[0].repair_vi and told[0].repair_en
    assert told[0].law and told[0].wco_pointer.startswith("Declaration/")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}{case.pointer.removeprefix('/declaration')}")
def test_a_kept_rule_is_silent(case: Case) -> None:
    assert case.code not in {finding.code for finding in findings(case.kept)}


def test_every_rule_of_the_table_has_a_test() -> None:
    assert {case.code for case in CASES} | ELSEWHERE | IN_EXAMPLES | OF_EARLIER == set(wordings())


def test_all_findings_come_together() -> None:
    declared = build.declaration(
        transport_document_nos=("A1", "A1"),
        container_count=None,
        payment_timing_code="A",
        trader_code="1",
        items=(build.goods_item(1, origin_country_code="XY"), build.goods_item(2, commodity_code="00000000")),
    )
    assert {f.code for f in findings(declared)} == {"R0047", "R1091", "R1052", "HD-TAX-CODE", "HD-CODE", "E0115"}


def test_a_price_in_another_currency_than_the_invoice_is_not_multiplied() -> None:
    assert "R1088" not in {f.code for f in findings(_line(unit_price_currency_code="EUR"))}


def test_the_findings_of_value_and_tax_get_the_place_the_declarant_knows() -> None:
    there = Finding(code="R0011", pointer="/items/3/invoice_value_e4", text_vi="x", text_en="x")
    header = Finding(code="E0108", pointer="/invoice_currency_code", text_vi="x", text_en="x")
    whole = Finding(code="E0412", pointer="/items", text_vi="x", text_en="x")
    ours = findings(_line(out_of_quota=True))
    placed = located([there, header, whole, *ours, there, *ours])
    assert [finding.pointer for finding in placed] == [
        "/declaration/items/3/invoice_value",
        "/declaration/invoice_currency_code",
        "/declaration/items",
        "/declaration/items/0/out_of_quota",
    ]
    assert "GovernmentAgencyGoodsItem[4]" in placed[0].wco_pointer
