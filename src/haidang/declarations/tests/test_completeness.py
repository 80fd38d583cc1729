"""What must be there, how wide it may be, which codes stand that day: generated from the table of fields."""

from datetime import date
from typing import Any

import msgspec
import pytest

from haidang.declarations.rules import check, office_of
from haidang.declarations.rules.fields import PARTICULARS, Field, fields, group
from haidang.declarations.rules.gathering import ADVISED
from haidang.declarations.rules.kinds import ACCEPTED_KINDS, EXPORT_KINDS, IMPORT_KINDS
from haidang.declarations.terms import (
    Attachment,
    Declaration,
    DeclaredAdjustment,
    GoodsItem,
    HeaderParticulars,
    Instruction,
    ItemParticulars,
    Permit,
    Transit,
)
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import DAY, TARIFF_CODES, codes_of_day
from haidang.kernel.findings import Finding
from haidang.taxes.terms import TaxRelief

VALID = {False: build.declaration(), True: build.export_declaration()}
CODED = [
    field
    for field in fields()
    if field.code_list and not field.values and field.repeat == 1 and field.need_import not in "XO"
]
DEMANDED = [
    (field, is_export)
    for field in group("header").values()
    for is_export in (False, True)
    if field.needed(is_export) and field.type not in "GI"
]
"""Header fields that the terms can be without. Lists and counts are demanded by the decoder."""
WIDE_ENOUGH_TO_OVERFLOW = [
    field
    for field in fields()
    if field.type in "AW"
    and field.group in ("header", "item")
    and not field.code_list
    and field.repeat == 1
    and field.need_import not in "XO"
]


def findings(declared: Declaration, procedure: str = "LODGE") -> tuple[Finding, ...]:
    return check(declared, codes_of_day(), TARIFF_CODES, DAY, procedure)


def places(declared: Declaration) -> set[tuple[str, str]]:
    return {(finding.code, finding.pointer) for finding in findings(declared)}


def with_field(field: Field, value: Any, is_export: bool = False) -> Declaration:
    """Return a valid declaration in which one field has another value."""
    declared = VALID[is_export]
    if field.group == "header":
        return _replaced(declared, field, value)
    if field.group == "item":
        item = _replaced(declared.items[0], field, value)
        return msgspec.structs.replace(declared, items=(item, *declared.items[1:]))
    if field.group == "permit":
        permit = msgspec.structs.replace(Permit("GP01", "GP-1"), **{field.attribute: value})
        return msgspec.structs.replace(declared, permits=(permit,))
    if field.group == "tax_relief":
        item = build.goods_item(1, tax_codes=("VB901",), tax_reliefs=(TaxRelief(1, value),))
        return msgspec.structs.replace(declared, items=(item, *declared.items[1:]))
    adjustment = msgspec.structs.replace(DeclaredAdjustment("A", 1, "USD", 10_000), **{field.attribute: value})
    return msgspec.structs.replace(declared, adjustments=(adjustment,))


def _replaced(term: Any, field: Field, value: Any) -> Any:
    if field.attribute.startswith(PARTICULARS):
        name = field.attribute.removeprefix(PARTICULARS)
        return msgspec.structs.replace(term, particulars=msgspec.structs.replace(term.particulars, **{name: value}))
    return msgspec.structs.replace(term, **{field.attribute: value})


def pointer_of(field: Field) -> str:
    within = {
        "header": "",
        "item": "items/0/",
        "permit": "permits/0/",
        "adjustment": "adjustments/0/",
        "tax_relief": "items/0/tax_reliefs/0/",
    }
    return f"/declaration/{within[field.group]}{field.name}"


@pytest.mark.parametrize("lines", [1, 5, 50, 120])
@pytest.mark.parametrize("make", [build.declaration, build.export_declaration])
def test_a_complete_declaration_has_no_findings(make: Any, lines: int) -> None:
    assert findings(make(lines)) == ()


@pytest.mark.parametrize("field", CODED, ids=lambda field: f"{field.group}-{field.name}")
def test_a_code_that_stands_on_no_list_is_named_with_its_place(field: Field) -> None:
    code = "E0115" if field.code_list == "tariff" else "HD-CODE"
    is_export = not field.vnaccs_import
    assert (code, pointer_of(field)) in places(with_field(field, "Q?", is_export))


@pytest.mark.parametrize("field", CODED, ids=lambda field: f"{field.group}-{field.name}")
def test_a_finding_about_a_code_speaks_both_languages_and_cites_the_law(field: Field) -> None:
    found = [f for f in findings(with_field(field, "Q?")) if f.pointer == pointer_of(field)]
    assert all(f.text_vi and f.text_en and f.repair_vi and f.repair_en and f.law and f.wco_pointer for f in found)
    assert found


@pytest.mark.parametrize(("field", "is_export"), DEMANDED, ids=lambda value: getattr(value, "name", value))
def test_a_header_field_that_the_direction_demands_is_missed(field: Field, is_export: bool) -> None:
    empty = None if field.type in "DF" else ""
    found = places(with_field(field, empty, is_export))
    assert {code for code, pointer in found if pointer == pointer_of(field)} & {"HD-MISSING", "HD-CODE", "HD-TAX-CODE"}


def test_a_line_needs_an_origin_on_import_only() -> None:
    assert ("HD-MISSING", "/declaration/items/0/origin_country_code") in places(
        with_field(group("item")["origin_country_code"], "")
    )
    assert findings(build.export_declaration()) == ()


@pytest.mark.parametrize("description", ["", " ", "   "])
def test_a_blank_description_is_missing(description: str) -> None:
    assert ("HD-MISSING", "/declaration/items/0/description") in places(
        with_field(group("item")["description"], description)
    )


@pytest.mark.parametrize("field", WIDE_ENOUGH_TO_OVERFLOW, ids=lambda field: f"{field.group}-{field.name}")
def test_a_text_is_measured_in_bytes(field: Field) -> None:
    if field.type == "W":
        fits = "ề" * (field.width // 3)
        assert ("HD-TOO-LONG", pointer_of(field)) not in places(with_field(field, fits))
        assert ("HD-TOO-LONG", pointer_of(field)) in places(with_field(field, fits + "ề"))
    else:
        assert ("HD-TOO-LONG", pointer_of(field)) in places(with_field(field, "A" * (field.width + 1)))
        assert ("HD-TOO-LONG", pointer_of(field)) not in places(with_field(field, "A" * field.width))


@pytest.mark.parametrize(("attribute", "value"), [("gross_mass_g", 0), ("package_count", 0), ("quantity_milli", 0)])
def test_zero_weight_pieces_or_quantity_is_a_finding(attribute: str, value: int) -> None:
    field = next(field for field in fields() if field.attribute == attribute)
    assert ("HD-ZERO", pointer_of(field)) in places(with_field(field, value))


def test_goods_that_arrive_on_the_spot_need_no_unloading_place_and_no_weight() -> None:
    on_the_spot = build.declaration(
        transport_mode_code="9",
        unloading_place_code="",
        loading_place_code="VNZZZ",
        gross_mass_g=None,
        container_count=None,
    )
    assert findings(on_the_spot) == ()
    by_sea = build.declaration(transport_mode_code="3", unloading_place_code="", gross_mass_g=None)
    assert {code for code, _ in places(by_sea)} == {"HD-MISSING"}


def test_an_unknown_kind_is_no_kind_at_all() -> None:
    assert {code for code, _ in places(build.declaration(kind_code="A99"))} == {"HD-CODE"}


def test_the_kinds_are_those_of_the_law_book_with_their_directions() -> None:
    listed = codes_of_day().lists["declaration_kind"]
    assert {code for code in listed if listed[code].attributes["direction"] == "export"} == EXPORT_KINDS
    assert {code for code in listed if listed[code].attributes["direction"] == "import"} == IMPORT_KINDS
    assert (len(IMPORT_KINDS), len(EXPORT_KINDS)) == (24, 16)
    assert set(listed) == ACCEPTED_KINDS


@pytest.mark.parametrize(("procedure", "is_export"), [("IDA", True), ("IDC", True), ("EDA", False), ("EDC", False)])
def test_an_import_procedure_takes_no_export(procedure: str, is_export: bool) -> None:
    assert [f.code for f in findings(VALID[is_export], procedure)] == ["HD-PROCEDURE"]
    assert findings(VALID[not is_export], procedure) == ()


def test_a_code_is_judged_on_the_day_of_registration() -> None:
    declared = build.declaration(price_condition_code="DPU")
    before = date(2026, 1, 31)
    assert check(declared, codes_of_day(), TARIFF_CODES, DAY) == ()
    found = check(declared, codes_of_day(before), TARIFF_CODES, before)
    assert [(f.code, f.pointer) for f in found] == [("HD-CODE", "/declaration/price_condition_code")]
    assert "2026-01-31" in found[0].text_en


def test_the_nearest_codes_are_offered_with_their_validity() -> None:
    found = findings(build.declaration(price_condition_code="DPX"))
    assert "DPU" in found[0].nearest
    assert "DPU (2026-02-01…)" in found[0].repair_en


def test_thousands_of_wrong_codes_are_all_told_but_only_the_first_are_advised() -> None:
    lines = tuple(build.goods_item(number, commodity_code="84713021") for number in range(1, 1001))
    found = findings(build.declaration(items=lines))
    assert len(found) == 1000
    assert sum(bool(f.nearest) for f in found) == ADVISED
    assert found[999].pointer == "/declaration/items/999/commodity_code"
    assert "GovernmentAgencyGoodsItem[1000]" in found[999].wco_pointer


def test_a_place_without_locode_is_written_with_its_country() -> None:
    assert findings(build.declaration(loading_place_code="KRZZZ")) == ()
    assert ("HD-CODE", "/declaration/loading_place_code") in places(build.declaration(loading_place_code="QQZZZ"))


def test_the_office_follows_from_the_warehouse() -> None:
    assert office_of(build.declaration(customs_office_code="")) == "03CC"
    assert findings(build.declaration(customs_office_code="")) == ()
    assert {code for code, _ in places(build.declaration(customs_office_code="", warehouse_code=""))} == {"HD-OFFICE"}


def test_a_law_book_without_a_list_is_a_fault_and_no_finding() -> None:
    codes = codes_of_day()
    poorer = msgspec.structs.replace(codes, lists={k: v for k, v in codes.lists.items() if k != "country"})
    with pytest.raises(KeyError):
        check(build.declaration(), poorer, TARIFF_CODES, DAY)


def test_the_fields_name_attributes_that_the_terms_have() -> None:
    terms: dict[str, tuple[Any, ...]] = {
        "header": (Declaration, HeaderParticulars),
        "item": (GoodsItem, ItemParticulars),
        "permit": (Permit,),
        "adjustment": (DeclaredAdjustment,),
        "attachment": (Attachment,),
        "transit": (Transit,),
        "instruction": (Instruction,),
        "tax_relief": (TaxRelief,),
    }
    named = {(field.group, field.attribute.removeprefix(PARTICULARS)) for field in fields() if field.attribute}
    carried = {
        (name, attribute)
        for name, of_group in terms.items()
        for term in of_group
        for attribute in term.__struct_fields__
        if attribute != "particulars"
    }
    assert carried - named == {("header", "is_export"), ("item", "line_no"), ("adjustment", "sign")}
    assert named <= carried
