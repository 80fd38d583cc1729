"""Taxes in columns: each line as the rules tax it, to the last ten-thousandth."""

from random import Random

import numpy as np
import pytest
from msgspec.structs import replace

from haidang.kernel.money import AmountOverflow
from haidang.tariff.terms import Rate, TariffEntry, TariffOfDay, VatOption
from haidang.taxes.columns import REFUSED, UNKNOWN_COMMODITY, Law, Lines, Plan, Plans, Profile, plan
from haidang.taxes.terms import NO_RATE_ON_FILE, TaxableItem, TaxKind, Treatment, TreatmentEffect, Valuation
from haidang.taxes.tests.build import DAY, USD_RATES
from haidang.taxes.tests.reference import reference
from haidang.taxes.tests.stacks import random_stack

KINDS = tuple(kind for kind in TaxKind if kind is not TaxKind.CUSTOMS_FEE)


def profile_of(item: TaxableItem) -> Profile:
    return Profile(
        commodity_code=item.commodity_code,
        origin_country_code=item.origin_country_code,
        tariff_schedule_code=item.tariff_schedule_code,
        unit_code=item.unit_code,
        unit2_code=item.unit2_code,
        has_quantity2=item.quantity2_milli is not None,
        tax_codes=item.tax_codes,
        duty_exemption_code=item.duty_exemption_code,
    )


def random_law(random: Random, stacks: int) -> tuple[Law, list[Profile]]:
    """Return a tariff of many random headings and a profile of a line under each."""
    entries, profiles, rates = {}, [], {}
    for number in range(stacks):
        stack = random_stack(random, lines=4)
        rates = rates or stack.rates
        for item in stack.declared.items:
            code = f"{number:04}{item.line_no:04}"
            entries[code] = replace(stack.tariff.entries[item.commodity_code], commodity_code=code)
            plain = item.duty_reduction_vnd_e4 is None
            changed = replace(item, commodity_code=code, duty_exemption_code=item.duty_exemption_code if plain else "")
            profiles.append(profile_of(changed))
    return Law(TariffOfDay(on=DAY, entries=entries, schedule_members={}), rates), profiles


def random_lines(random: Random, profiles: int, count: int, value: int = 10**13, quantity: int = 10**8) -> Lines:
    def column(top: int) -> list[int]:
        return [random.randint(1, random.choice((1_000, 10**6, top))) for _ in range(count)]

    return Lines(
        np.array([random.randrange(profiles) for _ in range(count)], np.int32),
        np.array(column(value), np.int64),
        np.array(column(quantity), np.int64),
        np.array(column(quantity), np.int64),
    )


def at(lines: Lines, number: int) -> tuple[int, int, int]:
    return int(lines.value_vnd_e4[number]), int(lines.quantity_milli[number]), int(lines.quantity2_milli[number])


def by_rules(law: Law, profile: Profile, line: tuple[int, int, int]) -> dict[TaxKind, int] | None:
    amounts = dict.fromkeys(KINDS, 0)
    try:
        taxes, _, refused = law.taxes(profile, *line)
    except AmountOverflow:
        return None
    for tax in () if refused else taxes:
        amounts[tax.kind] += tax.amount_vnd_e4
    return amounts


def by_fractions(law: Law, profile: Profile, line: tuple[int, int, int]) -> dict[TaxKind, int]:
    value, quantity, quantity2 = line
    item = replace(
        profile.item(quantity, quantity2), declared_customs_value_e4=value, customs_value_currency_code="VND"
    )
    declared = Valuation(is_export=False, invoice_currency_code="VND", price_condition_code="CIF", items=(item,))
    (found,) = reference(declared, law.tariff, law.exchange_rates_e4)
    return dict.fromkeys(KINDS, 0) | found.amounts_e4


def by_fractions_and_rules(law: Law, profile: Profile, line: tuple[int, int, int]) -> dict[TaxKind, int] | None:
    """Return what both say; columns are compared with that, so that all three agree."""
    exact = by_fractions(law, profile, line)
    assert by_rules(law, profile, line) == exact, (profile, line)
    return exact


def compare(lines: Lines, law: Law, profiles: list[Profile], expected: object) -> None:
    levied = Plans(profiles, law).levy(lines)
    amounts, too_large = levied.amounts, set(levied.too_large)
    for number, profile in enumerate(lines.profile):
        found = {kind: int(column[number]) for kind, column in amounts.items()}
        beyond = number in too_large
        assert (None if beyond else dict.fromkeys(KINDS, 0) | found) == expected(
            law, profiles[profile], at(lines, number)
        ), profiles[profile]  # type: ignore[operator]


def test_columns_equal_exact_fractions() -> None:
    random = Random(20260302)
    law, profiles = random_law(random, 60)
    compare(random_lines(random, len(profiles), 4_000), law, profiles, by_fractions)


@pytest.mark.wide
def test_two_hundred_thousand_lines_equal_exact_fractions() -> None:
    random = Random(20260303)
    for _ in range(10):
        law, profiles = random_law(random, 100)
        compare(random_lines(random, len(profiles), 20_000), law, profiles, by_fractions_and_rules)


def test_lines_near_and_beyond_64_bits_are_computed_by_the_rules() -> None:
    random = Random(20260304)
    law, profiles = random_law(random, 40)
    lines = random_lines(random, len(profiles), 3_000, value=3 * 10**16, quantity=10**12)
    assert (lines.value_vnd_e4 > 10**16).any()
    compare(lines, law, profiles, by_rules)


def test_exports_and_kinds_of_their_own_are_taxed_as_the_rules_say() -> None:
    entry = TariffEntry(
        commodity_code="10063099", unit_codes=("KGM",), duties={"B01": Rate(1, 4_000)}, export_duty=Rate(2, 500),
        vat=(VatOption("V05", 500, 3),),
    )  # fmt: skip
    duty = Treatment(TaxKind.IMPORT_DUTY, TreatmentEffect.EXEMPT, "107/2016/QH13 Art. 16", verified=False)
    vat = Treatment(TaxKind.VALUE_ADDED, TreatmentEffect.NOT_SUBJECT, "48/2024/QH15 Art. 5", verified=False)
    tariff = TariffOfDay(on=DAY, entries={"10063099": entry}, schedule_members={})
    law = Law(tariff, USD_RATES, {"E31": {TaxKind.IMPORT_DUTY: duty, TaxKind.VALUE_ADDED: vat}})
    common = {"commodity_code": "10063099", "origin_country_code": "TH", "unit_code": "KGM"}
    profiles = [
        Profile(**common, is_export=True, kind_code="B11"),
        Profile(**common, kind_code="E31", tariff_schedule_code="B01", tax_codes=("V05",)),
        Profile(**common, kind_code="A11", tariff_schedule_code="B01", tax_codes=("V05",)),
    ]
    lines = Lines(*(np.array(column) for column in ([0, 1, 2], [10**9] * 3, [1_000] * 3, [0] * 3)))
    levied = Plans(profiles, law).levy(lines).amounts
    assert levied[TaxKind.EXPORT_DUTY].tolist() == [5 * 10**7, 0, 0]
    assert levied[TaxKind.IMPORT_DUTY].tolist() == [0, 0, 4 * 10**8]
    assert levied[TaxKind.VALUE_ADDED].tolist() == [0, 0, 7 * 10**7]
    compare(lines, law, profiles, by_rules)


def test_what_cannot_be_decided_is_told_with_its_reason() -> None:
    entry = TariffEntry(
        commodity_code="87032390", unit_codes=("PCE",), duties={}, export_duty=None, vat=(VatOption("V10", 1_000, 3),)
    )
    tariff = TariffOfDay(
        on=DAY, entries={"87032390": entry}, schedule_members={"B04": frozenset(("TH",)), "B01": frozenset(("JP",))}
    )
    law = Law(tariff, USD_RATES)
    car = Profile(commodity_code="87032390", origin_country_code="JP", tariff_schedule_code="B01", tax_codes=("V10",))
    assert plan(car, law).undecided[0] == (TaxKind.IMPORT_DUTY, NO_RATE_ON_FILE)
    assert plan(replace(car, tariff_schedule_code="B04"), law) == Plan((), ((None, REFUSED),))
    assert plan(replace(car, commodity_code="00000000"), law) == Plan((), ((None, UNKNOWN_COMMODITY),))


def test_plans_that_no_exchange_rate_touches_are_kept_from_day_to_day() -> None:
    random = Random(20260305)
    law, profiles = random_law(random, 20)
    other = replace(law, exchange_rates_e4={code: rate * 2 for code, rate in law.exchange_rates_e4.items()})
    kept: dict[Profile, Plan] = {}
    Plans(profiles, law, kept)
    lines = random_lines(random, len(profiles), 500)
    again, anew = Plans(profiles, other, kept).levy(lines).amounts, Plans(profiles, other).levy(lines).amounts
    assert all((again[kind] == anew[kind]).all() for kind in anew)
    assert any(each.by_exchange_rate for each in kept.values())
    assert not all(each.by_exchange_rate for each in kept.values())


def test_a_plan_that_the_columns_do_not_repeat_gives_way_to_the_rules() -> None:
    law, profiles = random_law(Random(20260307), 5)
    kept = {profile: plan(profile, law) for profile in profiles}
    for profile, made in kept.items():
        steps = tuple(replace(step, rate_bp=step.rate_bp + 1) for step in made.steps or ())
        kept[profile] = replace(made, steps=steps) if not made.by_exchange_rate else made
    lines = random_lines(Random(1), len(profiles), 200)
    spoiled, right = Plans(profiles, law, kept).levy(lines).amounts, Plans(profiles, law).levy(lines).amounts
    assert all((spoiled[kind] == right[kind]).all() for kind in right)
