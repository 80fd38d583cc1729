"""Completeness and coherence of a declaration: what must be there, which codes stand that day, what must agree.

One pass over plain attributes; a declaration without fault costs set look-ups and integer arithmetic only, and words are looked for
only where something is wrong.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date
from functools import lru_cache
from operator import attrgetter

from stdnum import iso6346
from stdnum.vn import mst

from haidang.declarations.rules.completing import without_later
from haidang.declarations.rules.fields import Field, group
from haidang.declarations.rules.gathering import Gathered
from haidang.declarations.rules.kinds import EXPORT_KINDS, EXTENDED_KINDS, check_kind, is_taxable, taxable
from haidang.declarations.rules.particulars import (
    ELECTRONIC,
    MARK,
    check_item_particulars,
    check_particulars,
    check_reference,
)
from haidang.declarations.rules.valuing import check_adjustments, check_amounts
from haidang.declarations.rules.wording import about_header, about_item, about_member
from haidang.declarations.terms import NO_ITEM_PARTICULARS, NO_PARTICULARS, Declaration, GoodsItem, Permit
from haidang.kernel.findings import Finding
from haidang.kernel.money import format_scaled
from haidang.reference.terms import CodesOfDay, CodeValue

BY_SEA_IN_CONTAINERS, OTHER_TRANSPORT = "2", "9"
"""Transport modes (MTC): containers are counted in 2; 9 (on the spot, pipeline …) has neither ship nor unloading place."""
OUT_OF_QUOTA_SCHEDULE = "B14"
KILOGRAM = "KGM"
OFFICE_LENGTH = 4
"""Characters of a customs office code, with which the code of a warehouse begins."""
UNKNOWN_PLACE = "ZZZ"
"""After a country code: a place without UN/LOCODE; VNZZZ stands for on-the-spot trade."""
_TAX_FAMILIES = {"BB": 0, "GB": 0, "CB": 0, "TB": 1, "MB": 2}
_VALUE_ADDED = 3
_OWN_RULE = frozenset(("location", "customs_office", "warehouse", "tariff", "tax"))

_HEADER, _ITEM = group("header"), group("item")


def _listed(rows: Mapping[str, Field]) -> tuple[Field, ...]:
    return tuple(
        field
        for field in rows.values()
        if field.code_list
        and not field.values
        and not field.rare
        and field.code_list not in _OWN_RULE
        and field.repeat == 1
    )


_HEADER_CODES, _ITEM_CODES = _listed(_HEADER), _listed(_ITEM)
_header_codes = attrgetter(*(field.attribute for field in _HEADER_CODES))
_item_codes = attrgetter(*(field.attribute for field in _ITEM_CODES))
_TEXTS = tuple(
    field
    for field in _HEADER.values()
    if field.type in "AW" and field.attribute and field.repeat == 1 and not field.code_list and not field.rare
)
_texts = attrgetter(*(field.attribute for field in _TEXTS))
_WIDTHS = tuple(field.width for field in _TEXTS)
_DESCRIPTION = _ITEM["description"]
_NEEDED = {
    direction: tuple(
        field for field in _HEADER.values() if field.type != "G" and field.needed(direction) and not field.always_needed
    )
    for direction in (False, True)
}
_needed = {direction: attrgetter(*(field.attribute for field in rows)) for direction, rows in _NEEDED.items()}


def check(
    declared: Declaration,
    codes: CodesOfDay,
    tariff_codes: Container[str],
    registered_on: date,
    procedure: str = "LODGE",
) -> tuple[Finding, ...]:
    """Return every finding on a declaration as written; none when it is complete and coherent on the day of registration.

    `codes` are the code lists in force that day and `tariff_codes` the commodity codes of its tariff. `procedure` is the call it came with
    (LODGE, IDA, IDC, EDA, EDC). Codes of findings: see `wording`. What needs rates or values in đồng is left to `taxes.rules.assess`.

    Law: 38/2015/TT-BTC Art. 18 as amended by 39/2018/TT-BTC; fields, Appendix I; kinds, 1357/QĐ-TCHQ.

    Raises:
        KeyError: the law book lacks a whole code list.
    """
    found = Gathered(codes.lists, tariff_codes, registered_on)
    _check_kind(declared, procedure, found)
    _check_needed(declared, found)
    _check_codes(declared, found)
    _check_places(declared, found)
    _check_parties(declared, found)
    _check_transport(declared, found)
    _check_payment(declared, found)
    check_amounts(declared, codes.lists["price_condition"], found)
    if declared.particulars is not NO_PARTICULARS or declared.invoice_class_code == ELECTRONIC:
        check_particulars(declared, codes.parameters, found)
    if declared.adjustments:
        check_adjustments(declared, codes.lists["adjustment_code"], found)
    _check_items(declared, found)
    if declared.particulars.incomplete_code:
        return without_later(found, registered_on)
    return tuple(found)


def office_of(declared: Declaration) -> str:
    """Return the customs office: as declared, else the one whose code begins that of the warehouse."""
    return declared.customs_office_code or declared.warehouse_code[:OFFICE_LENGTH]


def _check_kind(declared: Declaration, procedure: str, found: Gathered) -> None:
    code = declared.kind_code
    kinds = found.lists["declaration_kind"]
    if (code in EXTENDED_KINDS or declared.particulars is not NO_PARTICULARS) and code in kinds:
        if is_taxable(kinds[code]):
            check_kind(declared, kinds[code], found)
        else:
            accepted = taxable(kinds)
            found.append(about_header("HD-KIND", nearest=accepted, code=code, accepted=", ".join(accepted)))
    if procedure != "LODGE" and procedure.startswith("E") != (code in EXPORT_KINDS):
        found.append(about_header("HD-PROCEDURE", code=code, procedure=procedure))


def _check_needed(declared: Declaration, found: Gathered) -> None:
    direction = declared.is_export
    for value, field in zip(_needed[direction](declared), _NEEDED[direction], strict=True):
        if value is None or value == "":
            found.append(about_header("HD-MISSING", field.name))
    if declared.transport_mode_code != OTHER_TRANSPORT:
        if not direction and not declared.unloading_place_code:
            found.append(about_header("HD-MISSING", "unloading_place_code"))
        if declared.gross_mass_g is None:
            found.append(about_header("HD-MISSING", "gross_mass"))
    if declared.gross_mass_g == 0:
        found.append(about_header("HD-ZERO", "gross_mass"))
    if declared.package_count <= 0:
        found.append(about_header("HD-ZERO", "package_count"))
    for text, width, field in zip(_texts(declared), _WIDTHS, _TEXTS, strict=True):
        size = len(text.encode()) if len(text) * 4 > width and not text.isascii() else len(text)
        if size > width:
            found.append(about_header("HD-TOO-LONG", field.name, size=size, width=width))


def _check_codes(declared: Declaration, found: Gathered) -> None:
    lists = found.lists
    for code, field in zip(_header_codes(declared), _HEADER_CODES, strict=True):
        if code not in lists[field.code_list] and (code or field.always_needed):
            found.header_code(field.name, code)
    if declared.permits:
        _check_permits(declared.permits, found)
    for slot, adjustment in enumerate(declared.adjustments, 1):
        if adjustment.name_code and adjustment.name_code not in lists["adjustment_code"]:
            found.member_code("adjustments", slot, "name_code", adjustment.name_code, "adjustment_code")
        if adjustment.currency_code and adjustment.currency_code not in lists["currency"]:
            found.member_code("adjustments", slot, "currency_code", adjustment.currency_code, "currency")


def _check_permits(permits: Sequence[Permit], found: Gathered) -> None:
    """Check that each permit has a type in force and a number, and stands once. Whether it was issued, the agency says whose condition the goods open."""
    for slot, permit in enumerate(permits, 1):
        if not permit.type_code:
            found.append(about_member("HD-MISSING", "permits", slot, "type_code"))
        elif permit.type_code not in found.lists["permit_type"]:
            found.member_code("permits", slot, "type_code", permit.type_code, "permit_type")
        if not permit.permit_no or permit.permit_no.isspace():
            found.append(about_member("HD-MISSING", "permits", slot, "permit_no"))
        elif permit in permits[: slot - 1]:
            found.append(about_member("HD-PERMIT-TWICE", "permits", slot, "permit_no", code=permit.permit_no))


def _check_places(declared: Declaration, found: Gathered) -> None:
    lists = found.lists
    locations, countries = lists["location"], lists["country"]
    for name in ("loading_place_code", "unloading_place_code", "final_destination_code"):
        code = getattr(declared, name)
        if code and code not in locations and not _is_unlisted_place(code, countries):
            found.header_code(name, code)
    office, warehouse = declared.customs_office_code, declared.warehouse_code
    if office:
        offices = lists["customs_office"]
        if office not in offices and office[:OFFICE_LENGTH] not in offices:
            found.header_code("customs_office_code", office)
    if warehouse:
        if warehouse not in lists["warehouse"]:
            found.header_code("warehouse_code", warehouse)
        if office and warehouse[:OFFICE_LENGTH] != office[:OFFICE_LENGTH]:
            found.append(about_header("HD-WAREHOUSE-OFFICE", code=warehouse, office=office))
    elif not office:
        found.append(about_header("HD-OFFICE"))


def _is_unlisted_place(code: str, countries: Container[str]) -> bool:
    """A place without UN/LOCODE (country and ZZZ), or one of the six-character Vietnamese places, whose list is not on file."""
    if code.startswith("VN") and len(code) == 6:
        return True
    return len(code) == 5 and code.endswith(UNKNOWN_PLACE) and code[:2] in countries


def _check_parties(declared: Declaration, found: Gathered) -> None:
    if not _is_tax_code(declared.trader_code):
        found.append(about_header("HD-TAX-CODE", code=declared.trader_code))
    entrusting = declared.entrusting_party_code
    if entrusting and not _is_tax_code(entrusting):
        found.append(about_header("HD-TAX-CODE", "entrusting_party_code", code=entrusting))
    if MARK in declared.trader_reference:
        check_reference(declared, found)
    if declared.entrusting_party_name and not entrusting:
        found.append(about_header("R1034"))


@lru_cache(maxsize=65_536)
def _is_tax_code(code: str) -> bool:
    return code.isascii() and code.isdigit() and mst.is_valid(code)


def _check_transport(declared: Declaration, found: Gathered) -> None:
    documents = declared.transport_document_nos
    if len(documents) > 1 and len(set(documents)) != len(documents):
        for slot, code in enumerate(documents):
            if code in documents[:slot]:
                found.append(about_header("R0047", pointer=f"/{slot}", code=code))
    if (
        declared.transport_mode_code == BY_SEA_IN_CONTAINERS
        and declared.container_count is None
        and not declared.is_export
    ):
        found.append(about_header("R1091"))
    for slot, code in enumerate(declared.container_nos):
        if not iso6346.is_valid(code):
            found.append(about_header("HD-CONTAINER-NO", pointer=f"/{slot}", code=code))
    place = declared.loading_place_code
    other_end = declared.final_destination_code if declared.is_export else declared.unloading_place_code
    if place and place == other_end and not place.endswith(UNKNOWN_PLACE):
        found.append(about_header("HD-PORT-PAIR", code=place))


def _check_payment(declared: Declaration, found: Gathered) -> None:
    timing, guarantee = declared.payment_timing_code, declared.guarantee_key
    if timing in ("A", "B"):
        if not guarantee:
            found.append(about_header("R1052"))
    elif guarantee and timing == "C":
        found.append(about_header("R1054"))
    elif guarantee and not declared.release_request_code:
        found.append(about_header("R1086"))
    if declared.release_request_code and timing != "D":
        found.append(about_header("R1051"))


def _check_items(declared: Declaration, found: Gathered) -> None:
    """Check each line. Written as one loop over plain locals: this is where a declaration of fifty lines spends its time.

    The long condition on codes knows only that some code is wrong; `_say_unknown` goes through the table and says which.
    """
    lists = found.lists
    countries, units, currencies = lists["country"], lists["unit"], lists["currency"]
    tariff_codes, schedules, reliefs = found.tariff_codes, lists["tariff_schedule"], lists["exemption_code"]
    import_ = not declared.is_export
    invoice_currency = declared.invoice_currency_code
    kilograms_milli = 0
    for item in declared.items:
        if item.commodity_code not in tariff_codes:
            found.commodity_code(item.line_no, item.commodity_code)
        origin, schedule, relief = item.origin_country_code, item.tariff_schedule_code, item.duty_exemption_code
        unit, unit2, price_unit = item.unit_code, item.unit2_code, item.unit_price_unit_code
        currency, value_currency = item.unit_price_currency_code, item.customs_value_currency_code
        if (
            unit not in units
            or (origin and origin not in countries)
            or (schedule and schedule not in schedules)
            or (unit2 and unit2 not in units)
            or (price_unit != unit and price_unit and price_unit not in units)
            or (currency != invoice_currency and currency and currency not in currencies)
            or (value_currency and value_currency not in currencies)
            or (relief and relief not in reliefs)
        ):
            _say_unknown(item, found)
        if import_ and not origin:
            found.append(about_item("HD-MISSING", item.line_no, "origin_country_code"))
        quantity_milli, quantity2_milli = item.quantity_milli, item.quantity2_milli
        if quantity_milli <= 0:
            found.append(about_item("HD-ZERO", item.line_no, "quantity"))
        if unit == KILOGRAM:
            kilograms_milli += quantity_milli
        elif unit2 == KILOGRAM:
            kilograms_milli += quantity2_milli or 0
        if (quantity2_milli is None) != (not unit2):
            found.append(about_item("R0014", item.line_no, "quantity2" if unit2 else "unit2_code"))
        if (schedule == OUT_OF_QUOTA_SCHEDULE) is not item.out_of_quota:
            code = "E1011" if item.out_of_quota else "E1010"
            found.append(about_item(code, item.line_no, code=OUT_OF_QUOTA_SCHEDULE))
        _check_description(item, found)
        if item.tax_codes and not _in_order(item.tax_codes):
            found.append(about_item("R0184", item.line_no))
        if relief or item.duty_reduction_vnd_e4 is not None:
            _check_relief(item, reliefs, found)
        if item.particulars is not NO_ITEM_PARTICULARS or item.tax_reliefs:
            check_item_particulars(declared, item, found)
    gross_g = declared.gross_mass_g
    if gross_g is not None and kilograms_milli > gross_g:
        gross, net = format_scaled(gross_g, 3), format_scaled(kilograms_milli, 3)
        found.append(about_header("HD-GROSS-NET", gross=gross, net=net))


def _check_description(item: GoodsItem, found: Gathered) -> None:
    description, longest = item.description, _DESCRIPTION.width
    if not description or description.isspace():
        found.append(about_item("HD-MISSING", item.line_no, "description"))
    elif len(description) * 4 > longest and len(description.encode()) > longest:
        size = len(description.encode())
        found.append(about_item("HD-TOO-LONG", item.line_no, "description", size=size, width=longest))


def _say_unknown(item: GoodsItem, found: Gathered) -> None:
    for code, field in zip(_item_codes(item), _ITEM_CODES, strict=True):
        if code not in found.lists[field.code_list] and (code or field.always_needed):
            found.item_code(item.line_no, field.name, code)


def _in_order(tax_codes: tuple[str, ...]) -> bool:
    """Trade remedies, special consumption, environment, value added; a code of no known family may stand anywhere."""
    ranks = [
        _VALUE_ADDED if code.startswith("V") else _TAX_FAMILIES[code[:2]]
        for code in tax_codes
        if code.startswith("V") or code[:2] in _TAX_FAMILIES
    ]
    return ranks == sorted(ranks)


def _check_relief(item: GoodsItem, relief: Mapping[str, CodeValue], found: Gathered) -> None:
    code, amount = item.duty_exemption_code, item.duty_reduction_vnd_e4
    value = relief.get(code)
    reduces = value is not None and value.attributes.get("effect") == "reduce"
    if amount and not reduces:
        found.append(about_item("E0279", item.line_no, code=code or "(trống)"))
    elif reduces and not amount:
        found.append(about_item("E0281", item.line_no, code=code))
