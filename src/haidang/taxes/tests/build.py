"""Builders: declarations and a tariff of the day from the words of an example, as an officer writes them.

Every scalar of an example is read as text, so that no amount ever is a float. A rate reads `70 %`, `2000 VND/LTR`, `70 % + 10000 USD/PCE`, `not subject`
(VAT) or `no amount on file` (charges); a remedy may name the origins it is on: `15 % (CN KR)`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from haidang.kernel.money import parse_scaled
from haidang.tariff.terms import Charge, Rate, TariffEntry, TariffOfDay, VatOption
from haidang.taxes.terms import TaxableItem, TaxKind, Valuation, ValuationAdjustment

EXAMPLES = Path(__file__).parent / "examples"
DAY = date(2026, 3, 2)
USD_RATES = {"USD": 258_800_000, "VND": 10_000}

_RATE = re.compile(
    r"(?:(?P<percent>[\d.]+) %)?(?: \+ )?(?:(?P<amount>[\d.]+) (?P<currency>[A-Z]{3})/(?P<unit>[A-Z]{3}))?"
    r"(?: \((?P<origins>[A-Z ]+)\))?"
)


def scaled(text: str, places: int) -> int:
    """Read `1 450.25` as an integer of 10**-places units."""
    return parse_scaled(text.replace(" ", ""), places)


def kind(name: str) -> TaxKind:
    """Read `import_duty` as the kind of tax."""
    return TaxKind[name.upper()]


def rate(text: str, measure_id: int = 1) -> Rate:
    """Read a printed rate."""
    match = _RATE.fullmatch(text)
    assert match and (match["percent"] or match["amount"]), f"not a rate: {text!r}"
    return Rate(
        measure_id=measure_id,
        rate_bp=scaled(match["percent"], 2) if match["percent"] else 0,
        specific_e4=scaled(match["amount"], 4) if match["amount"] else 0,
        currency_code=match["currency"] or "",
        unit_code=match["unit"] or "",
    )


def _charges(printed: Mapping[str, str], ids: Iterator[int]) -> tuple[Charge, ...]:
    charges = []
    for code, text in printed.items():
        measure_id = next(ids)
        origins = match["origins"] if (match := _RATE.fullmatch(text)) else None
        charges.append(
            Charge(
                code=code,
                rate=None if text == "no amount on file" else rate(text, measure_id),
                measure_id=measure_id,
                origins=frozenset(origins.split()) if origins else frozenset(),
            )
        )
    return tuple(charges)


def tariff(
    headings: Mapping[str, Mapping[str, Any]], members: Mapping[str, str] | None = None, on: date = DAY
) -> TariffOfDay:
    """Return a tariff of the day from what each heading prints: duty, export, vat, special_consumption, environment, trade_remedies, quota."""
    ids = count(101)
    entries = {}
    for code, printed in headings.items():
        vat = []
        for option, text in printed.get("vat", {}).items():
            measure_id = next(ids)
            bp = None if text == "not subject" else rate(text).rate_bp
            vat.append(VatOption(option, bp, measure_id))
        entries[code] = TariffEntry(
            commodity_code=code,
            unit_codes=("PCE",),
            duties={schedule: rate(text, next(ids)) for schedule, text in printed.get("duty", {}).items()},
            export_duty=rate(printed["export"], next(ids)) if "export" in printed else None,
            vat=tuple(vat),
            special_consumption=_charges(printed.get("special_consumption", {}), ids),
            environment=_charges(printed.get("environment", {}), ids),
            trade_remedies=_charges(printed.get("trade_remedies", {}), ids),
            quota=printed.get("quota") == "yes",
            withheld=frozenset(printed.get("withheld", "").split()),
        )
    groups = {schedule: frozenset(countries.split()) for schedule, countries in (members or {}).items()}
    return TariffOfDay(on=on, entries=entries, schedule_members=groups)


def _money(text: str) -> tuple[int, str]:
    amount, currency = text.split()
    return scaled(amount, 4), currency


def item(line_no: int = 1, **told: Any) -> TaxableItem:
    """Return a goods line: code, origin, schedule, quantity `5 PCE`, quantity2, price, value `900 USD` by hand, adjustments, taxes, relief, reduction."""
    quantity, unit = told.get("quantity", "1 PCE").split()
    quantity2, unit2 = told["quantity2"].split() if "quantity2" in told else (None, "")
    value, currency = _money(told["value"]) if "value" in told else (None, "")
    return TaxableItem(
        line_no=line_no,
        commodity_code=told.get("code", "99990001"),
        origin_country_code=told.get("origin", "CN"),
        tariff_schedule_code=told.get("schedule", "B01"),
        out_of_quota=told.get("out_of_quota") == "X",
        quantity_milli=scaled(quantity, 3),
        unit_code=unit,
        quantity2_milli=None if quantity2 is None else scaled(quantity2, 3),
        unit2_code=unit2,
        invoice_value_e4=scaled(told["price"], 4) if "price" in told else None,
        customs_value_currency_code=currency,
        declared_customs_value_e4=value,
        adjustment_nos=tuple(int(number) for number in told.get("adjustments", "").split()),
        tax_codes=tuple(told.get("taxes", "").split()),
        duty_exemption_code=told.get("relief", ""),
        duty_reduction_vnd_e4=scaled(told["reduction"], 4) if "reduction" in told else None,
    )


def declaration(*items: TaxableItem, **told: Any) -> Valuation:
    """Return a declaration: direction, price `FOB USD`, valuation, freight `A 1450 USD`, insurance `A 92.40 USD`, adjustments, allocation_total."""
    condition, currency = told.get("price", "CIF USD").split()
    freight_code, freight, freight_currency = told.get("freight", " 0 ").split(" ")
    insurance_code, insurance, insurance_currency = told.get("insurance", " 0 ").split(" ")
    return Valuation(
        is_export=told.get("direction") == "export",
        invoice_currency_code=currency,
        price_condition_code=condition,
        valuation_code=told.get("valuation", "6"),
        freight_code=freight_code,
        freight_currency_code=freight_currency,
        freight_e4=scaled(freight, 4),
        insurance_code=insurance_code,
        insurance_currency_code=insurance_currency,
        insurance_e4=scaled(insurance, 4),
        adjustments=tuple(_adjustment(text) for text in told.get("adjustments", ())),
        allocation_total_e4=scaled(told["allocation_total"], 4) if "allocation_total" in told else None,
        items=items,
    )


def _adjustment(text: str) -> ValuationAdjustment:
    """Read `A AD 800 USD`, or `A AD 800 USD over 9000` when several declarations share it."""
    stated, _, factor = text.partition(" over ")
    name, sign, amount, currency = stated.split()
    return ValuationAdjustment(
        name_code=name,
        sign={"AD": 1, "SB": -1, "IP": 0}[sign],
        currency_code=currency,
        amount_e4=scaled(amount, 4),
        factor_e4=scaled(factor, 4) if factor else 0,
    )


def declared_in(told: Mapping[str, Any]) -> Valuation:
    """Return the declaration that an example describes."""
    header = {name: value for name, value in told.items() if name != "lines"}
    return declaration(*(item(no, **line) for no, line in enumerate(told["lines"], start=1)), **header)


def read_example(path: Path) -> dict[str, Any]:
    """Return the example with every scalar as text."""
    # BaseLoader makes strings, lists and mappings only: nothing is constructed.
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
