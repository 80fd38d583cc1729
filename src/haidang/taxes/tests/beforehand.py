"""Acts of the examples about what comes before the assessment: methods of valuation, quotas with a balance, exchange rates of a week."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from haidang.kernel.calendar import WorkingCalendar
from haidang.kernel.money import format_scaled
from haidang.taxes.rules import assess, recompute_totals
from haidang.taxes.rules.exchange import rates_for_week
from haidang.taxes.rules.quota import split_by_quota
from haidang.taxes.rules.valuing import declared_with, find_value
from haidang.taxes.terms.valuing import Production, QuotaBalance, RateRule, Resale, Sale, ValueEvidence, WhenMissing
from haidang.taxes.tests.build import declared_in, item, kind, scaled, tariff


def value(_: dict[str, Any], case: dict[str, Any]) -> None:
    told, expected = case["value"], case["expect"]
    found = find_value(evidence(told))
    if expected["method"] == "none":
        assert found is None
        return
    assert found is not None
    assert (found.method, found.valuation_code) == (expected["method"], expected["class"])
    assert found.value_vnd_e4 == scaled(expected["value"], 4)
    assert " ".join(found.passed_over) == expected.get("passed_over", "")
    by_hand = declared_with(item(), found).declared_customs_value_e4
    assert by_hand == (None if found.method == "transaction" else found.value_vnd_e4)


def evidence(told: Mapping[str, Any]) -> ValueEvidence:
    resale = {name: scaled(text, 4) for name, text in told.get("resale", {}).items()}
    made = {name: scaled(text, 4) for name, text in told.get("production", {}).items()}
    return ValueEvidence(
        quantity_milli=scaled(told["quantity"], 3),
        exported_on=date.fromisoformat(told["exported"]),
        window_days=int(told["window"]),
        transaction_vnd_e4=scaled(told["transaction"], 4) if "transaction" in told else None,
        related="related" in told,
        identical=tuple(map(sale, told.get("identical", ()))),
        similar=tuple(map(sale, told.get("similar", ()))),
        resale=Resale(resale["price"], resale["profit"], resale["inland"], resale["taxes"]) if resale else None,
        production=Production(made["cost"], made["profit"], made["freight"]) if made else None,
        computed_first="computed_first" in told,
        fall_back_vnd_e4=scaled(told["fall_back"], 4) if "fall_back" in told else None,
    )


def sale(text: str) -> Sale:
    """Read `520 000 on 2026-01-05`, with `another level` where it was sold so."""
    amount, _, rest = text.partition(" on ")
    day, _, level = rest.partition(" ")
    return Sale(scaled(amount, 4), date.fromisoformat(day), same_level=level != "another level")


def quota(example: dict[str, Any], case: dict[str, Any]) -> None:
    told, expected = case["quota"], case["expect"]
    balances = [QuotaBalance(code, text.split()[1], scaled(text.split()[0], 3)) for code, text in told["left"].items()]
    declared = declared_in({name: of for name, of in told.items() if name != "left"})
    split = split_by_quota(declared, balances)
    lines = [
        f"{origin} {line.tariff_schedule_code} {format_scaled(line.quantity_milli, 3)} {format_scaled(line.invoice_value_e4 or 0, 4)}"
        for origin, line in zip(split.origin_lines, split.declared.items, strict=True)
    ]
    assert lines == expected["lines"]
    assert split.taken_milli == {code: scaled(text, 3) for code, text in expected["taken"].items()}
    assert split.other_unit_lines == tuple(map(int, expected.get("other_unit", "").split()))
    assert sum(line.invoice_value_e4 or 0 for line in split.declared.items) == sum(
        line.invoice_value_e4 or 0 for line in declared.items
    )
    rates = {currency: scaled(text, 4) for currency, text in example["exchange_rates"].items()}
    assessed = assess(split.declared, tariff(example["tariff"]), rates)
    assert (
        assessed.findings == ()
        and recompute_totals(t for line in assessed.lines for t in line.taxes) == assessed.totals
    )
    if "totals" in expected:
        assert assessed.totals == tuple((kind(name), scaled(text, 0)) for name, text in expected["totals"].items())


def rates(example: dict[str, Any], case: dict[str, Any]) -> None:
    told, expected = case["rates"], case["expect"]
    calendar = WorkingCalendar(frozenset(map(date.fromisoformat, example["holidays"])))
    named = tuple(WhenMissing(name) for name in told.get("when_missing", "cross_rate").split())
    found = rates_for_week(
        date.fromisoformat(told["on"]), told["currencies"].split(), quotes(example["quotes"]), calendar,
        RateRule(taken_on=int(told.get("taken_on", "4")), when_missing=named), quotes(example["cross_rates"]),
    )  # fmt: skip
    assert found.quoted_on == date.fromisoformat(expected["quoted_on"])
    assert {rate.currency_code: rate.rate_e4 for rate in found.rates} == {
        currency: scaled(text, 4) for currency, text in expected["rates"].items()
    }
    assert " ".join(found.missing) == expected.get("missing", "")
    assert all(
        rate.week_from.isoweekday() == 1 and rate.week_from > found.quoted_on and rate.source for rate in found.rates
    )


def quotes(told: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, date], int]:
    return {
        (currency, date.fromisoformat(day)): scaled(text, 4)
        for currency, of in told.items()
        for day, text in of.items()
    }
