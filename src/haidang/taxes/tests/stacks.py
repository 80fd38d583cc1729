"""Random declarations with a tariff of their own: any mixture of shared amounts, duties, remedies, excise, environment tax, VAT and reliefs."""

from random import Random
from typing import NamedTuple

from haidang.tariff.terms import Charge, Rate, TariffEntry, TariffOfDay, VatOption
from haidang.taxes.terms import TaxableItem, Valuation, ValuationAdjustment
from haidang.taxes.tests.build import DAY

ORIGINS = ("CN", "JP", "KR", "TH")
FOREIGN = ("USD", "EUR", "JPY")


class Stack(NamedTuple):
    declared: Valuation
    tariff: TariffOfDay
    rates: dict[str, int]


def random_stack(random: Random, lines: int | None = None) -> Stack:
    """Return one complete import declaration of 1 to 4 lines: nothing missing, nothing to find fault with."""
    rates = {"VND": 10_000} | {currency: random.randint(1_000_000, 400_000_000) for currency in FOREIGN}
    adjustments = tuple(_adjustment(random) for _ in range(random.choice((0, 0, 1, 3))))
    entries = {}
    items = []
    for line_no in range(1, (lines or random.randint(1, 4)) + 1):
        code = f"9999{line_no:04}"
        entries[code] = _entry(random, code)
        items.append(_item(random, line_no, entries[code], len(adjustments)))
    spent = sum(item.invoice_value_e4 or 0 for item in items)
    freight, insurance = random.random() < 0.6, random.random() < 0.5
    declared = Valuation(
        is_export=False,
        invoice_currency_code=random.choice(FOREIGN),
        price_condition_code="FOB",
        freight_code="A" if freight else "",
        freight_currency_code=random.choice(FOREIGN) if freight else "",
        freight_e4=random.randint(1, 50_000_000) if freight else 0,
        insurance_code=random.choice("AD") if insurance else "",
        insurance_currency_code=random.choice(("VND", *FOREIGN)) if insurance else "",
        insurance_e4=random.randint(1, 5_000_000) if insurance else 0,
        adjustments=adjustments,
        allocation_total_e4=random.choice((None, spent, spent + random.randint(1, 10**9))),
        items=tuple(items),
    )
    return Stack(declared, TariffOfDay(on=DAY, entries=entries, schedule_members={}), rates)


def _adjustment(random: Random) -> ValuationAdjustment:
    # A deduction stays far below any price, so that no value falls to zero.
    sign = random.choice((1, -1, 0))
    return ValuationAdjustment(
        name_code="N",
        sign=sign,
        currency_code="VND",
        amount_e4=random.randint(1, 10_000 if sign < 0 else 10**10),
        factor_e4=random.choice((0, 0, 10**12 + random.randint(0, 999))),
    )


def _item(random: Random, line_no: int, entry: TariffEntry, adjustments: int) -> TaxableItem:
    by_hand = random.random() < 0.15
    chosen = [random.choice(charges).code for charges in (entry.trade_remedies, entry.special_consumption) if charges]
    codes = [code for code in chosen if code]
    relief = random.choice(("", "", "", "XN1", "XN2"))
    named = tuple(n for n in range(1, adjustments + 1) if random.random() < 0.4)
    return TaxableItem(
        line_no=line_no,
        commodity_code=entry.commodity_code,
        origin_country_code=random.choice(ORIGINS),
        tariff_schedule_code=random.choice(sorted(entry.duties)),
        quantity_milli=random.randint(1, 10**8),
        unit_code="KGM",
        quantity2_milli=random.randint(1, 10**6),
        unit2_code="PCE",
        invoice_value_e4=random.randint(100_000, 10**10),
        customs_value_currency_code=random.choice(("VND", "USD")) if by_hand else "",
        declared_customs_value_e4=random.randint(10**8, 10**10) if by_hand else None,
        adjustment_nos=() if by_hand else named,
        tax_codes=(*codes, random.choice(entry.vat).code),
        duty_exemption_code=relief,
        duty_reduction_vnd_e4=0 if relief == "XN2" else None,
    )


def _entry(random: Random, code: str) -> TariffEntry:
    remedies = random.choice((0, 0, 1, 2))
    return TariffEntry(
        commodity_code=code,
        unit_codes=("KGM",),
        duties={"B01": _rate(random), "B04": Rate(2, 0, country_rates_bp={"TH": random.randint(0, 2_000)})},
        export_duty=None,
        vat=tuple(VatOption(f"V{n}", random.choice((None, 500, 800, 1_000)), n) for n in range(random.randint(1, 3))),
        special_consumption=tuple(
            Charge(f"TB{n}", _rate(random), n) for n in range(10, 10 + random.choice((0, 0, 1, 2)))
        ),
        environment=(Charge("MB1", Rate(30, 0, random.randint(1, 10**8), "VND", "KGM"), 30),) * random.choice((0, 1)),
        trade_remedies=_of_producers(random)
        if random.random() < 0.3
        else tuple(Charge(f"GB{n}", _rate(random), n) for n in range(20, 20 + remedies)),
    )


def _of_producers(random: Random) -> tuple[Charge, ...]:
    """Return what one decision gives two producers and all others, in any order."""
    charges = [Charge(f"CB{n}", _rate(random), n, producer=f"P{n}", decision="D") for n in (40, 41)]
    charges.append(Charge("", _rate(random), 42, decision="D"))
    random.shuffle(charges)
    return tuple(charges)


def _rate(random: Random) -> Rate:
    percent = random.choice((0, 0, random.randint(1, 15_000)))
    if random.random() < 0.7:
        return Rate(1, percent)
    return Rate(1, percent, random.randint(1, 10**8), random.choice(FOREIGN), random.choice(("KGM", "PCE")))
