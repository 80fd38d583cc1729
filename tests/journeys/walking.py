"""What journeys share: goods with round rates, and declarations whose channel the recorded draw decides.

The rate of the week is 25,880 đồng for a dollar. The rates of duty are those of the tariff for the goods named; value added tax is 10 %.
"""

from typing import Any
from unittest.mock import patch

from haidang.declarations.terms import Declaration, GoodsItem
from haidang.site.demo import people
from tests.passing.rig import Rig, declared, item

TRADER = people.trader_code(1)
TEN, FIVE, NOTHING = "39032040", "39031110", "39011012"
"""Plastics whose duty is 10, 5 and 0 %, and on no ministry's list."""
GREEN, YELLOW, RED = 9_999, 1_000, 0
"""Draws that give the channel when nothing else raises it."""


def line(usd: str, commodity_code: str = TEN, line_no: int = 1, **changes: Any) -> GoodsItem:
    """Return a line of so many dollars from Korea at the rate for all who have most favoured nation treatment, without a unit price."""
    whole, _, cents = usd.partition(".")
    priced = {"invoice_value_e4": int(whole + cents.ljust(4, "0"))}
    unpriced = {"unit_price_e6": None, "unit_price_currency_code": "", "unit_price_unit_code": ""}
    return item(
        commodity_code,
        line_no,
        **{"origin_country_code": "KR", "tariff_schedule_code": "B01", **priced, **unpriced, **changes},
    )


def consignment(*lines: GoodsItem, **changes: Any) -> Declaration:
    """Return an import of the first demo trader with these lines."""
    return declared(items=lines or (line("30000"),), **changes)


def lodged(rig: Rig, wanted: Declaration, draw: int = GREEN) -> dict[str, Any]:
    """Lodge with a draw that decides the channel, and return the answer."""
    with patch("haidang.risk.actions.draws", lambda count: [draw] * count):
        status, answer = rig.lodge(wanted)
    assert status == 201, answer.get("findings", answer)
    return answer


def kinds(answer: dict[str, Any]) -> set[str]:
    """Return the kinds of the conditions still open."""
    return {each["kind"] for each in answer["open_conditions"]}


def codes(answer: dict[str, Any]) -> list[str]:
    return [each["code"] for each in answer.get("findings", ())]
