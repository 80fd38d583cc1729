"""After clearance: differences, interest and the days without penalty by cited examples; grounds of an assessment by their dates; who the second person is."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
import yaml

from haidang.clearance.rules import revising
from haidang.clearance.rules.revising import GROUNDS, difference, free_until, ground_findings, ground_of, load_grounds
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.tests.build import a_parameter
from haidang.kernel.calendar import VN
from haidang.taxes.terms import TaxKind

EXAMPLES = yaml.safe_load((Path(__file__).parent / "examples" / "after_clearance.yaml").read_text("utf-8"))
DAYS = {revising.FREE_DAYS: a_parameter(revising.FREE_DAYS, 60)}
RATE_BP = 3


def by_kind(told):
    return {int(TaxKind[name]): amount for name, amount in told.items()}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["what"])
def test_an_example_comes_out_to_the_dong(example):
    owing = difference(by_kind(example["was"]), by_kind(example["now"]), example["since"], example["paid"], RATE_BP)
    assert dict(owing.by_tax) == by_kind(example["by_tax"])
    assert (owing.additional_vnd, owing.interest_vnd, owing.per_day_vnd) == (
        example["additional"], example["interest"], example["per_day"],
    )  # fmt: skip
    cleared_at = datetime.combine(example["cleared"], time(23, 59), VN)
    assert (example["paid"] <= free_until(cleared_at, DAYS)) == example["free"]


def test_one_tax_that_rises_while_another_falls_owes_the_difference():
    owing = difference({1: 100, 5: 80}, {1: 130, 5: 70}, date(2026, 3, 2), date(2026, 3, 2), RATE_BP)
    assert dict(owing.by_tax) == {1: 30, 5: -10} and owing.additional_vnd == 20


@pytest.mark.parametrize("code", sorted({ground.code for ground in GROUNDS}))
def test_every_ground_has_one_law_on_every_day_since_the_first(code):
    for on in (date(2020, 7, 1), date(2026, 6, 30), date(2026, 7, 1)):
        ground = ground_of(code, on)
        assert ground is not None and not ground.verified and ground.name_vi and ground.name_en
        in_force = [
            g
            for g in GROUNDS
            if g.code == code and g.valid_from <= on and (g.valid_until is None or on < g.valid_until)
        ]
        assert len(in_force) == 1
    assert (
        "38/2019/QH14" in ground_of(code, date(2026, 6, 30)).law
        and "108/2025/QH15" in ground_of(code, date(2026, 7, 1)).law
    )


def test_a_ground_that_is_not_in_force_is_a_finding():
    (finding,) = ground_findings("value_untrue", date(2020, 6, 30))
    assert finding.code == "HD-GROUND" and finding.repair_vi
    assert ground_findings("value_untrue", date(2026, 3, 2)) == ()


def test_a_table_of_grounds_without_a_column_is_refused():
    with pytest.raises(TableInvalid):
        load_grounds("code,valid_from\nother,2020-07-01\n")
