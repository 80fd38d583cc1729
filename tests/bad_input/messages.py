"""Messages to be spoiled: valid ones of the first demo trader, as bytes and as objects, and a way to put any value into them."""

import json
from typing import Any

from haidang.declarations.tests import build
from haidang.site.demo import people
from tests.passing.rig import declared

TRADER = people.trader_code(1)


def message(message_id: str, **changes: Any) -> bytes:
    """Return a valid lodgement; `changes` are attributes of the declaration."""
    return build.message(declared(**changes), message_id=message_id, sender=TRADER)


def tree(message_id: str, **changes: Any) -> dict[str, Any]:
    """Return the same as an object."""
    found: dict[str, Any] = json.loads(message(message_id, **changes))
    return found


def written(body: Any) -> bytes:
    """Return the JSON bytes of an object."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Written(str):
    """A value that stands in the message as written here, not as a text."""


def put(body: Any, pointer: str, value: Any) -> bytes:
    """Return the bytes of an object in which a value stands at a pointer."""
    *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    home: Any = body
    for part in parents:
        home = home[int(part)] if isinstance(home, list) else home[part]
    home[int(last) if isinstance(home, list) else last] = "\ue123" if isinstance(value, Written) else value
    raw = written(body)
    return raw.replace('"\ue123"'.encode(), value.encode()) if isinstance(value, Written) else raw


def everything(message_id: str) -> bytes:
    """Return an import with every field of the table, each to be read and none in contradiction to another."""
    body = tree(message_id)
    header = body["declaration"]
    line = header["items"][0]
    header |= {
        "cargo_class_code": "A", "trader_name": "Công ty Mẫu 001", "trader_address": "Số 1", "entrusting_party_code": people.trader_code(2),
        "entrusting_party_name": "Công ty Mẫu 002", "container_nos": ["MSKU9070323"], "container_count": 1, "price_condition_code": "FOB",
        "permits": [{"type_code": "GP01", "permit_no": "GP-2026/1"}], "valuation_code": "6", "freight_code": "A",
        "freight_currency_code": "USD", "freight": "12.5", "insurance_code": "A", "insurance_currency_code": "USD", "insurance": "1.25",
        "adjustments": [{"class_code": "AD", "name_code": "A", "currency_code": "USD", "amount": "3", "factor": line["invoice_value"]}],
        "allocation_total": line["invoice_value"], "departure_on": "2026-02-25", "final_destination_code": "VNHAN",
        "gross_mass_unit_code": "TNE", "gross_mass": "2.5", "payment_timing_code": "D", "release_request_code": "A",
        "guarantee_key": "", "notes": "Đủ mọi chỉ tiêu", "trader_reference": "REF-1", "payment_method_code": "TTR",
    }  # fmt: skip
    line |= {
        "out_of_quota": False, "quantity2": "3", "unit2_code": "PCE", "adjustment_nos": [1], "tax_codes": ["V10"],
        "customs_value_currency_code": "USD", "duty_exemption_code": "SXG01", "duty_reduction": "1.5",
    }  # fmt: skip
    body["accept_repricing"] = True
    return written(body)
