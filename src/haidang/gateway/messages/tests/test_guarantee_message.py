"""The message by which a bank puts a guarantee on file."""

import json
from datetime import date
from typing import Any

import pytest

from haidang.gateway.examples import EXAMPLES
from haidang.gateway.messages import envelope
from haidang.gateway.messages.envelope import Guarantee, decode_guarantee

BODY = EXAMPLES["guarantee"]


def raw(**changes: Any) -> bytes:
    return json.dumps({**BODY, **changes}, ensure_ascii=False).encode()


def test_a_guarantee_is_read_the_same_on_both_paths() -> None:
    expected = Guarantee(
        "NH-BL-0001",
        "NGANHANGM01",
        "GUARANTEE",
        "9900010007",
        2026,
        "BL",
        "0001",
        500_000_000,
        "general",
        date(2026, 3, 1),
        date(2027, 3, 1),
    )
    assert decode_guarantee(raw()) == expected
    assert envelope._GUARANTEE._decode_exactly(raw()) == expected


def test_every_missing_member_is_told() -> None:
    answer = decode_guarantee(b"{}")
    assert isinstance(answer, list) and {finding.pointer for finding in answer} == {f"/{name}" for name in BODY}


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"sign": "B/L"}, ["HD-GUARANTEE-KEY"]),
        ({"number": "1/2"}, ["HD-GUARANTEE-KEY"]),
        ({"year": 1999}, ["HD-GUARANTEE-KEY"]),
        ({"sender": "NGANHANGMAU01"}, ["HD-GUARANTEE-KEY"]),
        ({"sign": "B L"}, ["HD-CHARACTER"]),
        ({"number": "12345678901"}, ["HD-TOO-LONG"]),
        ({"valid_until": "2026-03-01"}, ["HD-PERIOD"]),
        ({"valid_until": "2100-01-01"}, ["HD-DATE"]),
        ({"valid_from": "1999-12-31"}, ["HD-DATE"]),
        ({"valid_until": "2026-02-30"}, ["HD-DATE"]),
        ({"amount_vnd": 0}, ["HD-ZERO"]),
        ({"amount_vnd": 1.5}, ["HD-NUMBER"]),
        ({"amount_vnd": 10**15}, ["HD-TOO-LARGE"]),
        ({"kind": "both"}, ["HD-CODE"]),
        ({"procedure": "PAYMENT"}, ["HD-CODE"]),
        ({"holder": "x"}, ["HD-UNKNOWN-FIELD"]),
        ({"sign": "B/L", "valid_until": "2026-03-01", "amount_vnd": 0}, ["HD-ZERO", "HD-GUARANTEE-KEY", "HD-PERIOD"]),
    ],
)
def test_what_is_wrong_is_told_all_at_once(changes: dict[str, Any], codes: list[str]) -> None:
    answer = decode_guarantee(raw(**changes))
    assert isinstance(answer, list) and [finding.code for finding in answer] == codes
