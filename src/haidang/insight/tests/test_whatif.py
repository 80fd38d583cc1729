"""What another law would have made of a history, from a file of lines to sums in đồng."""

from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from haidang.insight.lookups import History
from haidang.insight.rules.whatif import compare
from haidang.insight.terms import HistoryNotUnderstood, RevenueChange, Undecided, WhatIf
from haidang.tariff.terms import Rate, TariffEntry, TariffOfDay, VatOption
from haidang.taxes.columns import Law
from haidang.taxes.rules import assess
from haidang.taxes.terms import TaxableItem, TaxKind, Valuation

ON = date(2026, 3, 2)
RICE, BEER, CAR = "10063099", "22030091", "87032390"


def law(rice_bp: int = 4_000, *, car_bp: int | None = None) -> Law:
    vat = (VatOption("V10", 1_000, 9),)
    entries = {
        RICE: TariffEntry(RICE, ("KGM",), {"B01": Rate(1, rice_bp)}, Rate(2, 500), vat),
        BEER: TariffEntry(BEER, ("LTR",), {"B01": Rate(3, 3_500)}, None, vat),
        CAR: TariffEntry(CAR, ("PCE",), {} if car_bp is None else {"B01": Rate(4, car_bp)}, None, vat),
    }
    return Law(TariffOfDay(on=ON, entries=entries, schedule_members={}), {"VND": 10_000})


def line(declaration: str, code: str, value_vnd: int, **other: Any) -> dict[str, Any]:
    told = {
        "declaration": declaration, "commodity_code": code, "customs_value_vnd_e4": value_vnd * 10_000, "tariff_schedule_code": "B01",
        "tax_codes": "V10", "origin_country_code": "TH", "trader_code": "0100109106", "registered_on": ON,
    }  # fmt: skip
    return told | other


def history(*lines: dict[str, Any]) -> History:
    found = History()
    found.add(lines)
    return found


def asked(lines: list[dict[str, Any]], before: Law, after: Law) -> WhatIf:
    with history(*lines) as found:
        return compare(found.chunks(), before, after)


def test_a_lower_duty_shows_in_duty_and_in_the_tax_on_it() -> None:
    lines = [
        line("D1", RICE, 1_000_000),
        line("D1", BEER, 2_000_000),
        line("D2", RICE, 500_000, trader_code="0300588569"),
    ]
    found = asked(lines, law(4_000), law(3_000))
    # Duty on rice 40 % of 1,500,000, then 30 %; on beer 35 % of 2,000,000. VAT 10 % of value and duty.
    assert found.taxes["import_duty"] == RevenueChange(1_300_000, 1_150_000)
    assert found.taxes["value_added"] == RevenueChange(480_000, 465_000)
    assert found.total == RevenueChange(1_780_000, 1_615_000)
    assert found.groups["chapter"] == {"10": RevenueChange(810_000, 645_000), "22": RevenueChange(970_000, 970_000)}
    assert found.groups["origin"] == {"TH": found.total}
    assert found.groups["month"] == {"2026-03": found.total}
    assert [(name, each.difference_vnd) for name, each in found.winners] == [
        ("0100109106", -110_000),
        ("0300588569", -55_000),
    ]
    assert found.losers == []
    assert (found.declarations, found.lines, found.compared, found.value_vnd) == (2, 3, 3, 3_500_000)


def test_a_line_that_one_law_does_not_decide_is_left_out_on_both_sides_and_named() -> None:
    found = asked([line("D1", CAR, 800_000_000), line("D1", RICE, 1_000_000)], law(), law(car_bp=7_000))
    assert found.taxes["import_duty"] == RevenueChange(400_000, 400_000)
    assert found.compared == 1
    assert Undecided("before", "import_duty", "no_rate_on_file", 1, 800_000_000) in found.undecided
    assert {each.law for each in found.undecided} == {"before"}


def test_totals_are_those_of_declarations_assessed_one_by_one() -> None:
    random = Random(20260306)
    lines, expected = [], dict.fromkeys((TaxKind.IMPORT_DUTY, TaxKind.VALUE_ADDED), 0)
    told = law(3_333)
    for number in range(200):
        items = []
        for line_no in range(1, random.randint(2, 6)):
            code, value_e4 = random.choice((RICE, BEER)), random.randint(1, 10**9)
            lines.append(line(f"D{number:03}", code, 0) | {"customs_value_vnd_e4": value_e4})
            items.append(
                TaxableItem(
                    line_no=line_no, commodity_code=code, origin_country_code="TH", tariff_schedule_code="B01", quantity_milli=1_000,
                    unit_code="KGM", tax_codes=("V10",), declared_customs_value_e4=value_e4, customs_value_currency_code="VND",
                )
            )  # fmt: skip
        declared = Valuation(
            is_export=False,
            invoice_currency_code="VND",
            price_condition_code="CIF",
            valuation_code="8",
            items=tuple(items),
        )
        for kind, total in assess(declared, told.tariff, told.exchange_rates_e4).totals:
            expected[kind] += total
    random.shuffle(lines)
    found = asked(lines, told, told)
    assert found.taxes == {kind.name.lower(): RevenueChange(total, total) for kind, total in expected.items()}
    assert not found.winners and not found.losers


def test_exports_pay_export_duty_alone() -> None:
    found = asked([line("D1", RICE, 1_000_000, is_export=True)], law(), law())
    assert found.taxes == {"export_duty": RevenueChange(50_000, 50_000)}


def test_a_file_says_what_was_written_to_it(tmp_path: Path) -> None:
    lines = [line("D1", RICE, 1_000_000, quantity_milli=5, unit2_code="BAG", quantity2_milli=7), line("D2", BEER, 7)]
    with history(*lines) as written:
        written.write(tmp_path / "history.parquet")
        direct = compare(written.chunks(), law(), law(100))
    with History() as read:
        assert read.read(tmp_path / "history.parquet") == 2
        assert compare(read.chunks(), law(), law(100)) == direct


def test_a_file_of_the_three_needed_columns_is_a_history(tmp_path: Path) -> None:
    path = tmp_path / "small.parquet"
    duckdb.sql("SELECT 'D1' AS declaration, '10063099' AS commodity_code, 10000 AS customs_value_vnd_e4").write_parquet(
        str(path)
    )
    with History() as found:
        found.read(path)
        told = compare(found.chunks(), law(), law())
    assert [(each.tax, each.reason) for each in told.undecided if each.law == "before"] == [
        ("import_duty", "no_schedule_claimed"), ("value_added", "base_incomplete"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("SELECT 'D1' AS declaration, '10063099' AS commodity_code", "customs_value_vnd_e4"),
        ("SELECT 'D1' AS declaration, '10063099' AS commodity_code, 'dear' AS customs_value_vnd_e4", "dear"),
        ("SELECT 'D1' AS declaration, '10063099' AS commodity_code, -1 AS customs_value_vnd_e4", "D1"),
        ("SELECT 'D1' AS declaration, NULL AS commodity_code, 1 AS customs_value_vnd_e4", "D1"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, statement: str, word: str) -> None:
    path = tmp_path / "bad.parquet"
    duckdb.sql(statement).write_parquet(str(path))
    with History() as found, pytest.raises(HistoryNotUnderstood) as refused:
        found.read(path)
    assert word in refused.value.text_vi
    assert word in refused.value.text_en


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.parquet"
    path.write_text("declaration,commodity_code\n")
    with History() as found, pytest.raises(HistoryNotUnderstood):
        found.read(path)
