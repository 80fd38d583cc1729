"""How a tax is secured without being paid: pure rules on guarantees and on the deferral of priority enterprises."""

from datetime import date

import pytest

from haidang.balances.terms import Denial, Denied
from haidang.balances.tests.build import a_balance
from haidang.clearance.rules import securing
from haidang.clearance.tests.build import BOOK, MORNING, vn
from haidang.declarations.tests import build

KEY = "NGANHANGM01/2026/BL/0001"


def declared(timing, key=""):
    return build.declaration(payment_timing_code=timing, guarantee_key=key)


@pytest.mark.parametrize(
    ("timing", "registered", "due"),
    [
        ("D", "2026-03-02 08:00", date(2026, 3, 2)),
        ("D", "2026-03-02 00:00", date(2026, 3, 2)),
        ("A", "2026-03-02 08:00", date(2026, 4, 1)),
        ("B", "2026-03-02 23:59", date(2026, 4, 1)),
        ("C", "2026-03-02 08:00", date(2026, 4, 10)),
        ("C", "2026-12-31 23:59", date(2027, 1, 10)),
    ],
)
def test_the_last_day_to_pay_follows_from_how_payment_was_declared(timing, registered, due):
    assert securing.secured_until(declared(timing, KEY), vn(registered), BOOK) == due


def test_tax_under_a_guarantee_is_due_on_the_last_day_of_the_guarantee_when_that_is_sooner():
    short, long = a_balance(valid_until=date(2026, 3, 12)), a_balance(valid_until=date(2027, 1, 1))
    assert securing.secured_until(declared("B", KEY), MORNING, BOOK, [short]) == date(2026, 3, 11)
    assert securing.secured_until(declared("B", KEY), MORNING, BOOK, [long]) == date(2026, 4, 1)


@pytest.mark.parametrize("timing", "ABCD")
@pytest.mark.parametrize("level", range(1, 6))
def test_only_a_priority_enterprise_may_defer_without_a_guarantee(timing, level):
    findings = securing.deferral_findings(declared(timing), level)
    assert [finding.code for finding in findings] == (["HD-DEFERRAL"] if timing == "C" and level > 1 else [])
    assert securing.is_secured(declared(timing), level, 1_000, 0) == (timing == "C" and level == 1)


def test_a_tax_is_secured_when_all_of_it_is_reserved():
    assert securing.is_secured(declared("B", KEY), 3, 1_000, 1_000)
    assert not securing.is_secured(declared("B", KEY), 3, 1_000, 999)
    assert not securing.is_secured(declared("D", KEY), 3, 1_000, 1_000)
    assert not securing.is_secured(declared("B", KEY), 3, 0, 0)


@pytest.mark.parametrize(("timing", "single"), [("A", True), ("B", False)])
def test_a_declaration_under_guarantee_wants_what_it_owes_of_the_guarantee_it_names(timing, single):
    want = securing.want_of(4, 9, declared(timing, KEY), 1_000)
    assert want is not None
    assert (want.ordinal, want.key.shard_id, want.key.reference, want.amount, want.single_use) == (
        4,
        9,
        KEY,
        1_000,
        single,
    )
    assert securing.want_of(4, 9, declared(timing, KEY), 0) is None


@pytest.mark.parametrize("timing", "CD")
def test_who_declares_no_guarantee_wants_nothing(timing):
    assert securing.want_of(0, 9, declared(timing, KEY), 1_000) is None


@pytest.mark.parametrize("key", ["VCB/2026/BL", "VCB/2026/BL/", "VCB 2026 BL 1", "VCB/26/BL/1"])
def test_a_guarantee_without_all_four_parts_is_told(key):
    assert [finding.code for finding in securing.key_findings(declared("A", key))] == ["R1052"]
    assert securing.key_findings(declared("D", key)) == ()


def test_each_denial_has_the_code_of_the_kind_of_guarantee_and_says_why():
    codes = {}
    for denial in set(Denial) - {Denial.OTHER_GOODS, Denial.OTHER_UNIT}:  # money is of no goods
        for timing in "AB":
            wants = declared(timing, KEY)
            want = securing.want_of(0, 9, wants, 1_500_000)
            assert want is not None
            balance = None if denial is Denial.UNKNOWN else a_balance()
            (finding,) = securing.denial_findings(wants, [Denied(want, denial, balance, 1_234_567)])
            assert KEY in finding.text_vi and KEY in finding.text_en and finding.repair_vi and finding.repair_en
            assert "{" not in finding.text_vi + finding.text_en
            codes[denial, timing] = finding
    assert len({finding.code for finding in codes.values()}) == len(codes)
    assert codes[Denial.SHORT, "B"].code == "E7026"
    assert "1,234,567" in codes[Denial.SHORT, "B"].text_en and "1,500,000" in codes[Denial.SHORT, "B"].text_vi
