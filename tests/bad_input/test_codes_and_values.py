"""Codes that are none or no longer one, and amounts at and beyond every limit: findings with the nearest valid code, never a fault, nothing stored."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.bad_input.checks import codes_at, findings
from tests.bad_input.messages import message, tree, written
from tests.bad_input.served import Rows, Served, ports, served
from tests.bad_input.test_catalogue import HEADER, LINE, spoiled
from tests.passing.rig import item

CODES: dict[str, tuple[str, Any, str, str]] = {
    "commodity": (f"{LINE}/commodity_code", "39269095", "E0115", "39269091"),
    "commodity of six digits": (f"{LINE}/commodity_code", "392690", "E0115", "39269010"),
    "commodity with points": (f"{LINE}/commodity_code", "3926.90.99", "E0115", "39269099"),
    "origin": (f"{LINE}/origin_country_code", "UK", "HD-CODE", "UA"),
    "origin in small letters": (f"{LINE}/origin_country_code", "kr", "HD-CODE", "KR"),
    "origin that is no more": (f"{LINE}/origin_country_code", "AN", "HD-CODE", "AD"),
    "unit": (f"{LINE}/unit_code", "KGX", "HD-CODE", "KGM"),
    "schedule": (f"{LINE}/tariff_schedule_code", "B99", "HD-CODE", "B01"),
    "unit price in HRK": (f"{LINE}/unit_price_currency_code", "HRK", "HD-CODE", "HKD"),
    "invoice in HRK, which ended with 2022": (f"{HEADER}/invoice_currency_code", "HRK", "HD-CODE", "HKD"),
    "invoice in BGN, which ended with 2025": (f"{HEADER}/invoice_currency_code", "BGN", "HD-CODE", "BYN"),
    "invoice in US": (f"{HEADER}/invoice_currency_code", "US", "HD-CODE", "USD"),
    "kind": (f"{HEADER}/kind_code", "A1", "HD-CODE", "A11"),
    "transport mode": (f"{HEADER}/transport_mode_code", "8", "HD-CODE", "1"),
    "customs office": (f"{HEADER}/customs_office_code", "03CX", "HD-CODE", "03CC"),
    "warehouse": (f"{HEADER}/warehouse_code", "03CCS99", "HD-CODE", "03CCS03"),
    "package unit": (f"{HEADER}/package_unit_code", "CTN", "HD-CODE", "CT"),
    "partner's country": (f"{HEADER}/counterparty_country_code", "XX", "HD-CODE", "MX"),
    "loading place": (f"{HEADER}/loading_place_code", "KRPUX", "HD-CODE", "KRPUS"),
    "unloading place": (f"{HEADER}/unloading_place_code", "VNHPX", "HD-CODE", "VNHPH"),
    "price condition": (f"{HEADER}/price_condition_code", "CFI", "HD-CODE", "CIF"),
    "payment method": (f"{HEADER}/payment_method_code", "TT", "HD-CODE", "TTR"),
    "permit type": (f"{HEADER}/permits", [{"type_code": "GP99", "permit_no": "1"}], "HD-CODE", "GP01"),
    "VAT": (f"{LINE}/tax_codes", ["V99"], "E0825", "V10"),
    "exemption": (f"{LINE}/duty_exemption_code", "SXN99", "HD-CODE", "SXN01"),
}  # fmt: skip


@pytest.mark.parametrize("case", CODES.values(), ids=CODES)
def test_a_code_that_is_none_is_told_with_its_nearest(general: Served, untouched: None, case: Any) -> None:
    pointer, value, code, near = case
    found = findings(general.send("lodgement", spoiled((pointer, value, code))))
    told = [finding for finding in found if finding["code"] == code and finding["pointer"].startswith(pointer)]
    assert told, codes_at(found)
    assert near in told[0]["nearest"], told[0]


@pytest.mark.parametrize("value", ["ZZZZ", "'--", "$", "~", "0", "aaaaaaaaaaaaaaaa"])
@pytest.mark.parametrize("name", ["commodity_code", "unit_code", "duty_exemption_code", "tariff_schedule_code"])
def test_a_code_like_no_other_is_a_finding_too(general: Served, untouched: None, name: str, value: str) -> None:
    found = findings(general.send("lodgement", spoiled((f"{LINE}/{name}", value, ""))))
    assert any(finding["pointer"] == f"{LINE}/{name}" for finding in found), codes_at(found)


def test_of_a_thousand_wrong_codes_each_is_told_and_the_search_for_neighbours_ends(
    general: Served, untouched: None
) -> None:
    items = tuple(item(f"3926{n:04}", n) for n in range(1, 1_001))
    found = findings(general.send("lodgement", message("wrong-codes", items=items)))
    wrong = [finding for finding in found if finding["code"] == "E0115"]
    assert len(wrong) > 900 and len({finding["pointer"] for finding in wrong}) == len(wrong)
    assert 1 <= sum("nearest" in finding for finding in wrong) <= 10


@pytest.fixture(scope="module")
def day_after_v08(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rows]]:
    """A lane and the rows of an installation on whose first of January 2027 the reduced VAT code has just ended."""
    database = cluster.make_trial()
    with psycopg.connect(database.dsn("admin"), autocommit=True) as admin:
        admin.execute(
            "UPDATE installation SET clock_offset = clock_offset + (timestamptz '2027-01-01 00:00:01+07' - legal_now())"
        )
    rows = Rows(database.dsn("admin"))
    with served({**database.environment, **ports()}, tmp_path_factory.mktemp("new-year") / "log") as lane:
        yield lane, rows
    rows.close()
    cluster.drop(database)


def test_a_code_that_ended_yesterday_is_told_with_the_one_in_force(day_after_v08: tuple[Served, Rows]) -> None:
    lane, rows = day_after_v08
    before = rows.now()
    found = findings(lane.send("lodgement", message("v08", items=(item(tax_codes=("V08",)),))))
    assert codes_at(found) == {("E0825", f"{LINE}/tax_codes")}
    assert "V08" in found[0]["text_vi"] and "V10" in found[0]["nearest"]
    assert rows.now() == before


def _valued(value: str, price: str | None = None, quantity: str | None = None, **header: Any) -> bytes:
    """Return a lodgement whose only line has this invoice value, without a unit price unless one is given."""
    body = tree("amounts")
    declared = body["declaration"]
    line = declared["items"][0]
    for name in ("unit_price", "unit_price_currency_code", "unit_price_unit_code"):
        del line[name]
    if price is not None:
        line |= {"unit_price": price, "unit_price_currency_code": "USD", "unit_price_unit_code": line["unit_code"]}
    if quantity is not None:
        line["quantity"] = quantity
        declared["gross_mass"] = "9999999999"
    line["invoice_value"] = value
    declared["invoice_total"] = value
    declared |= header
    return written(body)


MOST_E4 = "922337203685477.5807"
AMOUNTS: dict[str, tuple[bytes, str, str]] = {
    "an invoice of nothing": (_valued("0", "0"), "E0351", f"{LINE}/invoice_value"),
    "a ten-thousandth": (_valued("0.0000"), "E0351", f"{LINE}/invoice_value"),
    "the largest amount": (_valued(MOST_E4), "E0412", f"{HEADER}/items"),
    "one more than the largest": (_valued("922337203685477.5808"), "HD-TOO-LARGE", f"{LINE}/invoice_value"),
    "taxes of twelve digits": (_valued("20000000000"), "E1056", f"{HEADER}/items"),
    "freight of the largest amount": (
        _valued("100", price_condition_code="FOB", freight_code="A", freight_currency_code="USD", freight="99999999999999.999"),
        "E0412", f"{HEADER}/items",
    ),
    "insurance of the largest amount": (
        _valued("100", price_condition_code="FOB", insurance_code="A", insurance_currency_code="USD", insurance="99999999999.9999"),
        "E0412", f"{HEADER}/items",
    ),
    "a deduction of the whole value": (
        _valued("100", adjustments=[{"class_code": "SB", "name_code": "T", "currency_code": "USD", "amount": "100"}]),
        "E0351", f"{LINE}/invoice_value",
    ),
    "a deduction of the largest amount": (
        _valued("100", adjustments=[{"class_code": "SB", "name_code": "T", "currency_code": "USD", "amount": MOST_E4}]),
        "E0351", f"{LINE}/invoice_value",
    ),
    "an addition of the largest amount": (
        _valued("100", adjustments=[{"class_code": "AD", "name_code": "A", "currency_code": "USD", "amount": MOST_E4}]),
        "E0412", f"{HEADER}/items",
    ),
    "unit price times quantity far from the value": (_valued("1", "99999999", "99999999.99"), "R1088", f"{LINE}/invoice_value"),
    "the largest quantity and a decimal more": (_valued("1", None, "999999999.999"), "HD-TOO-LONG", f"{LINE}/quantity"),
    "half a dong": (_valued("0.5", invoice_currency_code="VND"), "HD-VND-DECIMALS", f"{LINE}/invoice_value"),
    "an invoice total unlike its lines": (_valued("100", invoice_total="102"), "HD-INVOICE-SUM", f"{HEADER}/invoice_total"),
    "shared over less than the lines": (_valued("100", allocation_total="1"), "R0170", f"{HEADER}/allocation_total"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "code", "pointer"), AMOUNTS.values(), ids=AMOUNTS)
def test_an_amount_beyond_its_limit_is_a_finding(
    general: Served, untouched: None, raw: bytes, code: str, pointer: str
) -> None:
    found = findings(general.send("lodgement", raw))
    assert any(each["code"] == code and each["pointer"].startswith(pointer) for each in found), found


def test_lines_that_add_up_to_too_much_are_a_finding(general: Served, untouched: None) -> None:
    body = tree("sum", items=(item(), item(line_no=2)))
    for line in body["declaration"]["items"]:
        line["invoice_value"] = MOST_E4
        for name in ("unit_price", "unit_price_currency_code", "unit_price_unit_code"):
            del line[name]
    found = findings(general.send("lodgement", written(body)))
    assert codes_at(found) == {("HD-TOO-LARGE", "/declaration/items")}
