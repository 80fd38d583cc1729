"""Nouns of the declaration: header, goods items, parties to it, as the World Customs Organization names them."""

from datetime import date

from msgspec import Struct

from haidang.taxes.terms import TaxableItem, Valuation, ValuationAdjustment


class GoodsItem(TaxableItem, frozen=True, kw_only=True):
    """One goods line (dòng hàng): what the tax rules need, and its description and prices."""

    description: str
    unit_price_e6: int | None = None
    unit_price_currency_code: str = ""
    unit_price_unit_code: str = ""


class Permit(Struct, frozen=True):
    """A licence quoted on the declaration (SS/SN)."""

    type_code: str
    permit_no: str


class DeclaredAdjustment(ValuationAdjustment, frozen=True):
    """A valuation adjustment as declared. `class_code` is VI: AD adds, SB subtracts; IP (the invoice price is the value) and DP (the declarant
    has computed the lines by hand) change no price, so their `sign` is 0.
    """

    class_code: str = "AD"


class Declaration(Valuation, frozen=True, kw_only=True):
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
    items: tuple[GoodsItem, ...]
