"""The declaration on the wire: JSON objects to `terms.Declaration` and back.

Names, limits and texts come from `declarations/fields.csv`; docs/messages.md prints them. The fast path builds the terms straight from typed
Structs and gives up at the first doubt; `exact` then reads the same message slowly and says everything. Where `ordinary.c` is built, it reads most messages
before either of them.
"""

from collections.abc import Mapping
from datetime import date
from operator import attrgetter
from typing import Any, cast

import msgspec

from haidang.declarations.rules.fields import PARTICULARS, Field, fields, group
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.declarations.terms import (
    NO_ITEM_PARTICULARS,
    NO_PARTICULARS,
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
from haidang.gateway.messages.exact import FIRST_YEAR, LAST_YEAR
from haidang.gateway.messages.ordinary_tables import reader
from haidang.gateway.messages.wire import wire_struct
from haidang.kernel.money import divide_half_up, fits, format_scaled, parse_scaled
from haidang.taxes.terms import TaxRelief

HEADER, ITEM, PERMIT, ADJUSTMENT = group("header"), group("item"), group("permit"), group("adjustment")
GROUPS = {
    "items": ITEM,
    "permits": PERMIT,
    "adjustments": ADJUSTMENT,
    "attachments": group("attachment"),
    "transits": group("transit"),
    "instructions": group("instruction"),
    "tax_reliefs": group("tax_relief"),
}
"""The fields of one member of each list of groups. `tax_reliefs` lies within a goods line."""


def type_name(members: str) -> str:
    """Return the name of the type of one member of a list of groups."""
    return members.title().replace("_", "")


def _wire(prefix: str, *, whole: bool) -> Any:
    """Make the wire type of a declaration: of every field, or of those that most declarations use."""

    def kept(rows: Mapping[str, Field]) -> list[Field]:
        return [field for field in rows.values() if whole or not field.rare]

    members: dict[str, Any] = {}
    for name in reversed(GROUPS):
        members[name] = wire_struct(prefix + type_name(name), kept(GROUPS[name]), members)
    return wire_struct(f"{prefix}Declaration", kept(HEADER), members)


WireDeclaration = _wire("Wire", whole=True)
"""Every field of the form."""
PlainWireDeclaration = _wire("PlainWire", whole=False)
"""The fields that most declarations use. A message that has any other is not taken by it and read as `WireDeclaration`: a plain message is read as
fast as if there were no others."""

GRAMS_PER_LBR_E8 = 45_359_237_000
"""Grams in one pound, in 10**-8: exactly 453.59237 (international yard and pound agreement, 1959)."""
_WIDE = tuple(name for name, field in HEADER.items() if field.type == "W" and not field.rare)
_WIDE_WIDTHS = tuple(HEADER[name].width for name in _WIDE)
_wide_texts = attrgetter(*_WIDE)
_DESCRIPTION_WIDTH = ITEM["description"].width
_SELDOM = (
    *("out_of_quota", "customs_value_currency_code", "declared_customs_value", "adjustment_nos", "duty_exemption_code"),
    "duty_reduction",
)
_seldom_said = attrgetter(*_SELDOM)
_UNSAID = (False, "", "", (), "", "")
"""What a line says in these fields when it says nothing. A call that leaves them out costs a third of one that names them all."""
_SIGNS = {"AD": 1, "SB": -1, "IP": 0, "DP": 0, "": 0}
_DEFAULT_TIMING = "D"
_DEFAULT_VALUATION = "6"


class Doubtful(Exception):
    """The fast path cannot be sure of this message."""


def is_export_declaration(tree: object) -> bool:
    """Guess the direction of a message that may be wrong in any way, by its kind."""
    return isinstance(tree, dict) and isinstance(tree.get("kind_code"), str) and tree["kind_code"] in EXPORT_KINDS


def declaration_from_wire(wire: Any, spare_bytes: int) -> Declaration:
    """Build the terms from a decoded `WireDeclaration` or `PlainWireDeclaration`.

    `spare_bytes` is how many bytes the message has more than characters. Only wide texts may hold such characters: if bytes are left when those are
    counted, a half-width field holds them.

    Raises:
        Doubtful: a width in bytes, a half-width field or a year needs the exact path.
        NotAnAmount: a decimal is none.
        AmountOverflow: a decimal, or the sum of the invoice values, is too large.
    """
    if type(wire) is WireDeclaration:
        return _whole_declaration(wire, spare_bytes)
    return _declaration(wire, spare_bytes)


def _declaration(wire: Any, spare_bytes: int) -> Declaration:
    items, spare_bytes, values_e4 = _items(wire.items, spare_bytes)
    for text, width in zip(_wide_texts(wire), _WIDE_WIDTHS, strict=True):
        # Of ASCII the wire type has limited the bytes already: they are as many as the characters.
        if not text.isascii():
            size = len(text.encode())
            spare_bytes -= size - len(text)
            if size > width:
                raise Doubtful
    if spare_bytes:
        raise Doubtful
    fits(values_e4)
    for day in (wire.arrival_on, wire.departure_on, wire.invoice_on):
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise Doubtful
    return Declaration(
        is_export=wire.kind_code in EXPORT_KINDS,
        kind_code=wire.kind_code,
        cargo_class_code=wire.cargo_class_code,
        transport_mode_code=wire.transport_mode_code,
        person_class_code=wire.person_class_code,
        customs_office_code=wire.customs_office_code,
        trader_code=wire.trader_code,
        trader_name=wire.trader_name,
        trader_address=wire.trader_address,
        entrusting_party_code=wire.entrusting_party_code,
        entrusting_party_name=wire.entrusting_party_name,
        counterparty_name=wire.counterparty_name,
        counterparty_country_code=wire.counterparty_country_code,
        transport_document_nos=wire.transport_document_nos,
        package_count=wire.package_count,
        package_unit_code=wire.package_unit_code,
        gross_mass_g=_grams(wire.gross_mass, wire.gross_mass_unit_code) if wire.gross_mass else None,
        warehouse_code=wire.warehouse_code,
        vessel_name=wire.vessel_name,
        arrival_on=wire.arrival_on,
        departure_on=wire.departure_on,
        unloading_place_code=wire.unloading_place_code,
        loading_place_code=wire.loading_place_code,
        final_destination_code=wire.final_destination_code,
        container_count=wire.container_count,
        container_nos=wire.container_nos,
        permits=tuple([Permit(permit.type_code, permit.permit_no) for permit in wire.permits]) if wire.permits else (),
        invoice_class_code=wire.invoice_class_code,
        invoice_no=wire.invoice_no,
        invoice_on=wire.invoice_on,
        payment_method_code=wire.payment_method_code,
        price_kind_code=wire.price_kind_code,
        price_condition_code=wire.price_condition_code,
        invoice_currency_code=wire.invoice_currency_code,
        invoice_total_e4=parse_scaled(wire.invoice_total, 4) if wire.invoice_total else None,
        valuation_code=wire.valuation_code or _DEFAULT_VALUATION,
        freight_code=wire.freight_code,
        freight_currency_code=wire.freight_currency_code,
        freight_e4=parse_scaled(wire.freight, 4) if wire.freight else 0,
        insurance_code=wire.insurance_code,
        insurance_currency_code=wire.insurance_currency_code,
        insurance_e4=parse_scaled(wire.insurance, 4) if wire.insurance else 0,
        adjustments=tuple([_adjustment(entry) for entry in wire.adjustments]) if wire.adjustments else (),
        allocation_total_e4=parse_scaled(wire.allocation_total, 4) if wire.allocation_total else None,
        release_request_code=wire.release_request_code,
        payment_timing_code=wire.payment_timing_code or _DEFAULT_TIMING,
        guarantee_key=wire.guarantee_key,
        notes=wire.notes,
        trader_reference=wire.trader_reference,
        items=items,
    )


_RARE_HEADER = tuple(field for field in HEADER.values() if field.rare)
_RARE_ITEM = tuple(field for field in ITEM.values() if field.rare and field.type != "G")
_MEMBERS: Mapping[str, Any] = {"attachments": Attachment, "transits": Transit, "instructions": Instruction}


def _whole_declaration(wire: Any, spare_bytes: int) -> Declaration:
    """Build the terms of a declaration that says something few say. It is read field by field, by the table."""
    said = _Said(spare_bytes)
    header = {field.attribute.removeprefix(PARTICULARS): said.value(wire, field) for field in _RARE_HEADER}
    particulars = HeaderParticulars(**header)
    lines = []
    for line in wire.items:
        values = {field.attribute.removeprefix(PARTICULARS): said.value(line, field) for field in _RARE_ITEM}
        lines.append((ItemParticulars(**values), tuple(map(_tax_relief, line.tax_reliefs))))
    declared = _declaration(wire, said.spare_bytes)
    items = tuple(
        msgspec.structs.replace(
            item, particulars=NO_ITEM_PARTICULARS if of_line == NO_ITEM_PARTICULARS else of_line, tax_reliefs=reliefs
        )
        for item, (of_line, reliefs) in zip(declared.items, lines, strict=True)
    )
    return msgspec.structs.replace(
        declared, items=items, particulars=NO_PARTICULARS if particulars == NO_PARTICULARS else particulars
    )


class _Said:
    """Reads rare fields of a wire object and counts the bytes that their wide texts have more than characters."""

    def __init__(self, spare_bytes: int) -> None:
        self.spare_bytes = spare_bytes

    def value(self, wire: Any, field: Field) -> Any:
        """Return the value of a field as the terms have it.

        Raises:
            Doubtful: a width in bytes or a year needs the exact path.
        """
        value = getattr(wire, field.name)
        if field.type == "G":
            rows = GROUPS[field.name]
            return tuple(
                _MEMBERS[field.name](**{name: self.value(member, row) for name, row in rows.items()})
                for member in value
            )
        if field.type == "F":
            return parse_scaled(value, field.decimals) if value else None
        if field.type == "W":
            size = len(value.encode())
            self.spare_bytes -= size - len(value)
            if size > field.width:
                raise Doubtful
        elif isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise Doubtful
        return value


def _tax_relief(wire: Any) -> TaxRelief:
    reduction = parse_scaled(wire.reduction, 4) if wire.reduction else None
    return TaxRelief(wire.tax_no, wire.exemption_code, reduction)


def _items(wires: Any, spare_bytes: int) -> tuple[tuple[GoodsItem, ...], int, int]:
    """Return the goods items, the spare bytes left after their descriptions, and the sum of their invoice values."""
    items = []
    values_e4 = 0
    for line_no, wire in enumerate(wires, 1):
        description = wire.description
        if not description.isascii():
            size = len(description.encode())
            spare_bytes -= size - len(description)
            if size > _DESCRIPTION_WIDTH:
                raise Doubtful
        value_e4 = None
        if wire.invoice_value:
            value_e4 = parse_scaled(wire.invoice_value, 4)
            values_e4 += value_e4
        if _seldom_said(wire) == _UNSAID:
            items.append(
                GoodsItem(
                    line_no=line_no,
                    commodity_code=wire.commodity_code,
                    origin_country_code=wire.origin_country_code,
                    tariff_schedule_code=wire.tariff_schedule_code,
                    quantity_milli=parse_scaled(wire.quantity, 2) * 10,
                    unit_code=wire.unit_code,
                    quantity2_milli=parse_scaled(wire.quantity2, 2) * 10 if wire.quantity2 else None,
                    unit2_code=wire.unit2_code,
                    invoice_value_e4=value_e4,
                    tax_codes=wire.tax_codes,
                    description=description,
                    unit_price_e6=parse_scaled(wire.unit_price, 6) if wire.unit_price else None,
                    unit_price_currency_code=wire.unit_price_currency_code,
                    unit_price_unit_code=wire.unit_price_unit_code,
                )
            )
            continue
        items.append(
            GoodsItem(
                line_no=line_no,
                commodity_code=wire.commodity_code,
                description=description,
                origin_country_code=wire.origin_country_code,
                tariff_schedule_code=wire.tariff_schedule_code,
                out_of_quota=wire.out_of_quota,
                quantity_milli=parse_scaled(wire.quantity, 2) * 10,
                unit_code=wire.unit_code,
                quantity2_milli=parse_scaled(wire.quantity2, 2) * 10 if wire.quantity2 else None,
                unit2_code=wire.unit2_code,
                invoice_value_e4=value_e4,
                unit_price_e6=parse_scaled(wire.unit_price, 6) if wire.unit_price else None,
                unit_price_currency_code=wire.unit_price_currency_code,
                unit_price_unit_code=wire.unit_price_unit_code,
                customs_value_currency_code=wire.customs_value_currency_code,
                declared_customs_value_e4=(
                    parse_scaled(wire.declared_customs_value, 4) if wire.declared_customs_value else None
                ),
                adjustment_nos=wire.adjustment_nos,
                tax_codes=wire.tax_codes,
                duty_exemption_code=wire.duty_exemption_code,
                duty_reduction_vnd_e4=parse_scaled(wire.duty_reduction, 4) if wire.duty_reduction else None,
            )
        )
    return tuple(items), spare_bytes, values_e4


def _grams(gross_mass: str, unit_code: str) -> int:
    milli = parse_scaled(gross_mass, 3)
    if unit_code == "TNE":
        return milli * 1000
    if unit_code == "LBR":
        return divide_half_up(milli * GRAMS_PER_LBR_E8, 1000 * 10**8)
    return milli


def _adjustment(wire: Any) -> DeclaredAdjustment:
    return DeclaredAdjustment(
        name_code=wire.name_code,
        sign=_SIGNS[wire.class_code],
        currency_code=wire.currency_code,
        amount_e4=parse_scaled(wire.amount, 4) if wire.amount else 0,
        factor_e4=parse_scaled(wire.factor, 4) if wire.factor else 0,
        class_code=wire.class_code,
    )


def encode_declaration(declaration: Declaration) -> dict[str, Any]:
    """Return the wire object of a declaration: what was not declared is left out. The inverse of decoding; gross mass comes out in KGM."""
    wire = _members(declaration, HEADER)
    wire["items"] = [_members(item, ITEM) for item in declaration.items]
    if declaration.permits:
        wire["permits"] = [_members(permit, PERMIT) for permit in declaration.permits]
    if declaration.adjustments:
        wire["adjustments"] = [_members(adjustment, ADJUSTMENT) for adjustment in declaration.adjustments]
    return wire


_SCALES = {"_bp": 2, "_milli": 3, "_g": 3, "_vnd_e4": 4, "_e4": 4, "_e6": 6}


def _scale_of(attribute: str) -> int:
    return next(places for suffix, places in _SCALES.items() if attribute.endswith(suffix))


_PLACES = {field.attribute: _scale_of(field.attribute) for field in fields() if field.type == "F"}


_read_item = reader(GoodsItem, ITEM.values(), scales=_scale_of, ordinal="line_no")
_read_permit = reader(Permit, PERMIT.values())
read_ordinary = reader(
    Declaration,
    HEADER.values(),
    {"items": _read_item, "permits": _read_permit},
    scales=_scale_of,
    only={"gross_mass_unit_code": "KGM"},
    told=("is_export", "kind_code", frozenset(EXPORT_KINDS)),
)
"""Reads the object of an ordinary declaration; None where the module is not built."""


def _read(term: Any, attribute: str) -> Any:
    """Return what an attribute of the table holds; in the particulars when it lies there."""
    if attribute.startswith(PARTICULARS):
        return getattr(term.particulars, attribute.removeprefix(PARTICULARS))
    return getattr(term, attribute, None)


def _members(term: object, rows: dict[str, Field]) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for name, field in rows.items():
        value = _read(term, field.attribute) if field.attribute else None
        if value is None or value == "" or value == () or value is False:
            continue
        if field.type == "G":
            if field.rare:
                wire[name] = [_members(member, GROUPS[name]) for member in value]
            continue
        if field.type == "F":
            if value or field.always_needed or field.rare or field.attribute in _NONE_WHEN_ABSENT:
                wire[name] = format_scaled(cast(int, value), _PLACES[field.attribute])
        elif field.type == "D":
            wire[name] = value.isoformat()
        else:
            wire[name] = list(value) if isinstance(value, tuple) else value
    return wire


_NONE_WHEN_ABSENT = frozenset(
    field.name
    for struct in (Declaration, GoodsItem, TaxRelief)
    for field in msgspec.structs.fields(struct)
    if field.default is None
)
"""Attributes in which 0 was declared as 0, because absence is None."""
