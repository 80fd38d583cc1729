"""The cited examples, to the đồng. Each is a file that an officer can read and write (`examples/*.yaml`)."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from haidang.kernel.money import parse_scaled
from haidang.tariff.terms import VatOption
from haidang.taxes.rules import (
    ParcelReliefs,
    amendment_difference,
    assess,
    assess_parcel,
    late_interest_vnd,
    recompute,
    recompute_totals,
    recover_short_duty,
)
from haidang.taxes.terms import Assessment, LineAssessment, TaxKind
from haidang.taxes.tests import beforehand
from haidang.taxes.tests.build import EXAMPLES, declared_in, kind, read_example, scaled, tariff

FILES = sorted(EXAMPLES.glob("*.yaml"))
CASES = [
    pytest.param(path, number, id=f"{path.stem}-{number}")
    for path in FILES
    for number in range(len(read_example(path)["cases"]))
]


def percent(text: str, places: int = 2) -> int:
    """Read `10 %` in basis points, or with 4 places in millionths."""
    return parse_scaled(text.removesuffix(" %"), places)


def assessed(example: dict[str, Any], told: dict[str, Any]) -> Assessment:
    rates = {currency: scaled(text, 4) for currency, text in example["exchange_rates"].items()}
    return assess(declared_in(told), tariff(example["tariff"], example.get("members")), rates)


def by_kind(expected: dict[str, str]) -> tuple[tuple[TaxKind, int], ...]:
    return tuple((kind(name), scaled(text, 0)) for name, text in expected.items())


def check_line(line: LineAssessment, expected: dict[str, str]) -> None:
    """Compare value and taxes of a line, ten-thousandths of a đồng; taxes that the example does not name are not compared."""
    amounts = {tax.kind.name.lower(): tax.amount_vnd_e4 for tax in line.taxes}
    amounts["customs_value"] = line.customs_value_vnd_e4
    assert {name: amounts[name] for name in expected} == {name: scaled(text, 4) for name, text in expected.items()}


def check_assessment(result: Assessment, expected: dict[str, Any]) -> None:
    """Compare all that the example expects; what it says nothing of must be empty when it is trouble."""
    found = [(finding.code, finding.pointer) for finding in result.findings]
    assert found == [(each["code"], each["at"]) for each in expected.get("findings", [])]
    for finding, each in zip(result.findings, expected.get("findings", []), strict=True):
        assert "nearest" not in each or finding.nearest == tuple(each["nearest"].split())
    missing = [(each.line_no, each.kind, each.reason) for each in result.missing]
    assert missing == [(int(m["line"]), kind(m["tax"]), m["reason"]) for m in expected.get("missing", [])]
    if "customs_value" in expected:
        assert result.customs_value_vnd_e4 == scaled(expected["customs_value"], 4)
    if "totals" in expected:
        assert result.totals == by_kind(expected["totals"])
    if "payable" in expected:
        assert result.payable_vnd == scaled(expected["payable"], 0)
    if "lines" in expected:
        for line, each in zip(result.lines, expected["lines"], strict=True):
            check_line(line, each)
    check_traces(result)


def check_traces(result: Assessment) -> None:
    """Every amount follows from what is stored with it, and the totals from the amounts."""
    taxes = [tax for line in result.lines for tax in line.taxes]
    assert [recompute(tax) for tax in taxes] == [tax.amount_vnd_e4 for tax in taxes]
    assert recompute_totals(taxes) == result.totals


def declare(example: dict[str, Any], case: dict[str, Any]) -> None:
    check_assessment(assessed(example, case["declare"]), case["expect"])


def late(example: dict[str, Any], case: dict[str, Any]) -> None:
    told = case["late"]
    interest = late_interest_vnd(scaled(told["amount"], 0), int(told["days"]), percent(told["rate_per_day"], 4))
    assert interest == scaled(case["expect"]["interest"], 0)


def parcel(example: dict[str, Any], case: dict[str, Any]) -> None:
    told = case["parcel"]
    reliefs = ParcelReliefs(*(scaled(told[n], 0) for n in ("duty_free_value", "duty_free_tax", "vat_free_value")))
    duty_bp = percent(told["duty"]) if "duty" in told else None
    vat = VatOption("VAT", percent(told["vat"]), 7)
    check_assessment(
        assess_parcel(scaled(told["value"], 0), reliefs=reliefs, duty_rate_bp=duty_bp, vat=vat), case["expect"]
    )


def amend(example: dict[str, Any], case: dict[str, Any]) -> None:
    before, after = (assessed(example, case["amend"][side]) for side in ("before", "after"))
    difference = amendment_difference(before, after)
    assert difference == by_kind(case["expect"]["difference"])
    assert sum(amount for _, amount in difference) == scaled(case["expect"]["extra"], 0)


def audit(example: dict[str, Any], case: dict[str, Any]) -> None:
    told, expected = case["audit"], case["expect"]
    recovery = recover_short_duty(
        scaled(told["duty_short"], 0),
        vat_rate_bp=percent(told["vat"]),
        days=int(told["days"]),
        interest_rate_e6_per_day=percent(told["rate_per_day"], 4),
        penalty_bp=percent(told["penalty"]),
    )
    assert recovery.taxes == by_kind(expected["totals"])
    assert recovery.interest_vnd == scaled(expected["interest"], 0)
    assert recovery.penalty_vnd == scaled(expected["penalty"], 0)
    assert recovery.payable_vnd == scaled(expected["payable"], 0)


ACTS: dict[str, Callable[[dict[str, Any], dict[str, Any]], None]] = {
    act.__name__: act
    for act in (declare, late, parcel, amend, audit, beforehand.value, beforehand.quota, beforehand.rates)
}


@pytest.mark.parametrize(("path", "number"), CASES)
def test_an_example_comes_out_to_the_dong(path: Path, number: int) -> None:
    example = read_example(path)
    case = example["cases"][number]
    (act,) = ACTS.keys() & case.keys()
    ACTS[act](example, case)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_example_says_in_two_languages_what_it_shows_and_by_which_law(path: Path) -> None:
    example = read_example(path)
    told: Iterable[str] = [example[name] for name in ("title_vi", "title_en", "note")]
    assert all(told) and example["law"]
    assert all(case["name_vi"] and case["name_en"] for case in example["cases"])


def test_all_twelve_worked_examples_are_there() -> None:
    assert [path.name[:4] for path in FILES if path.name.startswith("we")] == [f"we{n:02}" for n in range(1, 13)]
