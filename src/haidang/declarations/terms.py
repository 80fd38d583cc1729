"""Nouns of the declaration: header, goods items, parties to it, as the World Customs Organization names them."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from haidang.taxes.terms import TaxableItem, Valuation, ValuationAdjustment

PRINTED_LINES = 300
"""Goods lines of one printed form: some 35 pages, three seconds. What is printed of a declaration of more comes in parts."""


class ItemParticulars(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What few goods lines say. `declared_duty_rate_bp` and the declared specific duty are the declarant's own: assessment reads the tariff.

    `temporary_line_no` is the line of the earlier declaration that the header names; `exemption_list_no` and `exemption_list_line` of a list of exempt goods.
    """

    material_code: str = ""
    declared_duty_rate_bp: int | None = None
    declared_specific_duty_e4: int | None = None
    declared_specific_unit_code: str = ""
    declared_specific_currency_code: str = ""
    per_unit_tax_code: str = ""
    temporary_line_no: int | None = None
    exemption_list_no: str = ""
    exemption_list_line: int | None = None
    line_law_codes: tuple[str, ...] = ()


NO_ITEM_PARTICULARS = ItemParticulars()


class GoodsItem(TaxableItem, frozen=True, kw_only=True, omit_defaults=True):
    """One goods line (dòng hàng): what the tax rules need, and its description and prices."""

    description: str
    unit_price_e6: int | None = None
    unit_price_currency_code: str = ""
    unit_price_unit_code: str = ""
    particulars: ItemParticulars = NO_ITEM_PARTICULARS


class Permit(Struct, frozen=True):
    """A licence quoted on the declaration (SS/SN)."""

    type_code: str
    permit_no: str


class DeclaredAdjustment(ValuationAdjustment, frozen=True):
    """A valuation adjustment as declared. `class_code` is VI: AD adds, SB subtracts; IP (the invoice price is the value) and DP (the declarant
    has computed the lines by hand) change no price, so their `sign` is 0.
    """

    class_code: str = "AD"


class Attachment(Struct, frozen=True):
    """A document attached electronically (EA/EB), under the number that its receipt gave."""

    type_code: str
    attachment_no: str


class Transit(Struct, frozen=True):
    """A place at which goods under transport in bond stop (ST/AD/SD)."""

    place_code: str
    arrival_on: date
    departure_on: date


class Instruction(Struct, frozen=True):
    """An instruction of customs (D/T/I) as its form has it; only officers write it."""

    instructed_on: date | None = None
    title: str = ""
    content: str = ""


class EarlierDeclaration(Struct, frozen=True):
    """A declaration that a later one names: the temporary import that goods leave under, or the temporary export they return under.

    `goods` holds commodity code and unit of each line by its number, `quantities_milli` how much of it, in thousandths of that unit, as last amended;
    `registered_on` is the Vietnamese day of its registration.
    """

    trader_code: str
    kind_code: str
    state: int
    goods: Mapping[int, tuple[str, str]]
    quantities_milli: Mapping[int, int] = {}
    registered_on: date | None = None


class HeaderParticulars(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What few headers say: split shipments, earlier declarations, transport in bond, papers attached, parties in full. Names as in `fields.csv`."""

    first_declaration_no: str = ""
    branch_no: int | None = None
    branch_count: int | None = None
    temporary_declaration_no: str = ""
    incomplete_code: str = ""
    subsection_code: str = ""
    return_due_on: date | None = None
    planned_on: date | None = None
    trader_postcode: str = ""
    trader_phone: str = ""
    counterparty_code: str = ""
    counterparty_postcode: str = ""
    counterparty_street: str = ""
    counterparty_street2: str = ""
    counterparty_city: str = ""
    counterparty_subdivision: str = ""
    export_entrusting_party_name: str = ""
    planned_declarant_code: str = ""
    package_marks: str = ""
    vessel_code: str = ""
    unloading_place_name: str = ""
    loading_place_name: str = ""
    final_destination_name: str = ""
    preview_result_code: str = ""
    other_law_codes: tuple[str, ...] = ()
    e_invoice_no: str = ""
    comprehensive_valuation_no: str = ""
    base_price_currency_code: str = ""
    base_price_e4: int | None = None
    comprehensive_insurance_no: str = ""
    valuation_details: str = ""
    tax_value_currency_code: str = ""
    tax_value_total_e4: int | None = None
    not_converted: bool = False
    tax_payer_code: str = ""
    bank_limit_key: str = ""
    attachments: tuple[Attachment, ...] = ()
    warehouse_entry_on: date | None = None
    transport_start_on: date | None = None
    transits: tuple[Transit, ...] = ()
    transport_destination_code: str = ""
    transport_arrival_on: date | None = None
    vanning_place_codes: tuple[str, ...] = ()
    vanning_place_name: str = ""
    vanning_place_address: str = ""
    instruction_class_code: str = ""
    instructions: tuple[Instruction, ...] = ()


NO_PARTICULARS = HeaderParticulars()


class Declaration(Valuation, frozen=True, kw_only=True, omit_defaults=True):
    """A declaration as declared, every text NFC, every amount a scaled integer. WCO names.

    `trader_code` is the tax code of importer (IMC) or exporter (EPC); `entrusting_party_code` on whose behalf the trader acts (NMC/EXC).
    The goods lines are in `items`; `fields.csv` gives each attribute its VNACCS id, width, need and code list.
    """

    kind_code: str
    trader_code: str
    trader_name: str = ""
    trader_address: str = ""
    entrusting_party_code: str = ""
    entrusting_party_name: str = ""
    counterparty_name: str = ""
    counterparty_country_code: str = ""
    cargo_class_code: str = ""
    transport_mode_code: str
    person_class_code: str = ""
    customs_office_code: str = ""
    warehouse_code: str = ""
    transport_document_nos: tuple[str, ...] = ()
    package_count: int
    package_unit_code: str
    gross_mass_g: int | None = None
    vessel_name: str = ""
    arrival_on: date | None = None
    departure_on: date | None = None
    unloading_place_code: str = ""
    loading_place_code: str = ""
    final_destination_code: str = ""
    container_count: int | None = None
    container_nos: tuple[str, ...] = ()
    permits: tuple[Permit, ...] = ()
    invoice_class_code: str = ""
    invoice_no: str = ""
    invoice_on: date | None = None
    payment_method_code: str = ""
    price_kind_code: str = ""
    invoice_total_e4: int | None = None
    payment_timing_code: str = "D"
    guarantee_key: str = ""
    release_request_code: str = ""
    notes: str = ""
    trader_reference: str = ""
    adjustments: tuple[DeclaredAdjustment, ...] = ()
    particulars: HeaderParticulars = NO_PARTICULARS
    items: tuple[GoodsItem, ...]


class EntrustingParty(Struct, frozen=True):
    """On whose behalf the trader acts, as one version declares it: `code` is a tax code."""

    amendment_no: int
    code: str
    name: str


class ListFilter(Struct, frozen=True):
    """What a list of declarations is narrowed to: an 11-digit number, a state, a channel; 0 or None leaves it open."""

    no11: int = 0
    state: int | None = None
    channel: int = 0


class FieldChange(Struct, frozen=True):
    """One field that an amendment changed. `pointer` leads into the message; `old` and `new` are as written on the wire, empty where there is nothing.

    A goods line, permit or adjustment that comes or goes changes from or to nothing in each of its fields.
    """

    pointer: str
    name_vi: str
    name_en: str
    old: str
    new: str


class Unamendable(Struct, frozen=True, kw_only=True):
    """A field that an amendment may not change: in which direction, since when and until when, by which law; `release_requested` once release was
    requested only, `cleared` once it is cleared only. `verified` is False where the text of the law was not seen.
    """

    attribute: str
    direction: str
    release_requested: bool
    cleared: bool
    valid_from: date
    valid_until: date | None
    law: str
    verified: bool


class IncompleteGround(Struct, frozen=True, kw_only=True):
    """One ground on which a declaration may be lodged incomplete, with its dates and law.

    `level` is the compliance level that the trader must have, None for any; `cargo_classes` the classes of goods (CCC) of which one must be declared,
    empty for any. `verified` is False where the text of the law was not seen.
    """

    code: str
    valid_from: date
    valid_until: date | None
    law: str
    verified: bool
    level: int | None
    cargo_classes: frozenset[str]
    name_vi: str
    name_en: str


class LaterField(Struct, frozen=True, kw_only=True):
    """A field that a supplement may give or state anew, of the header or (`group`) of a goods line; `may_be_missing` says whether the incomplete
    declaration may do without it where the form demands it. `verified` is False where the text of the law was not seen.
    """

    group: str
    field: str
    may_be_missing: bool
    valid_from: date
    valid_until: date | None
    law: str
    verified: bool


class DeclarationPart(Struct, frozen=True, kw_only=True):
    """One branch of the set into which a declaration is cut for a system that takes fewer lines: lines `line_from` to `line_to` of the whole.

    `declaration` is what the branch declares, its lines numbered from 1. `customs_value_vnd_e4`, `taxes_vnd` (whole đồng by kind), `freight_e4` and
    `insurance_e4` (of their currencies) are its shares: over all branches they add up to those of the whole.
    """

    branch_no: int
    branch_count: int
    line_from: int
    line_to: int
    declaration: Declaration
    customs_value_vnd_e4: int
    taxes_vnd: Mapping[str, int]
    freight_e4: int
    insurance_e4: int
