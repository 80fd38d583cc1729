"""Notices around a declaration: registrations of drafts, payments, arrivals, results."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from haidang.clearance.terms.acts import Deed, Evidence, FoundLine
from haidang.gateway.messages import envelope
from haidang.gateway.messages.envelope import (
    CONDITIONS,
    ArrivalNotice,
    PaymentNotice,
    Registration,
    ResultNotice,
    decode_act,
    decode_arrival,
    decode_payment,
    decode_registration,
    decode_result,
)
from haidang.gateway.messages.following import ENVELOPES
from haidang.gateway.messages.remains import Faults

NUMBER = "100000000010"
SIGNED = {"message_id": "b-1", "sender": "BANK01"}
PAYMENT = {**SIGNED, "procedure": "PAYMENT", "declaration_no": NUMBER, "amount_vnd": 147_980_184, "reference": "NT-1", "payer_code": "9901234560"}  # fmt: skip
ARRIVAL = {**SIGNED, "procedure": "ARRIVAL", "declaration_no": NUMBER, "warehouse_code": "03CCS03"}
RESULT = {**SIGNED, "procedure": "RESULT", "declaration_no": NUMBER, "condition": "inspection", "outcome": "passed"}
ACT = {**SIGNED, "procedure": "ACT", "declaration_no": NUMBER, "act": "inspection_result"}
REGISTRATION = {**SIGNED, "procedure": "IDC", "draft_no": NUMBER}
KINDS: dict[str, tuple[Callable[[bytes], Any], dict[str, Any]]] = {
    "payment": (decode_payment, PAYMENT),
    "arrival": (decode_arrival, ARRIVAL),
    "result": (decode_result, RESULT),
    "act": (decode_act, ACT),
    "registration": (decode_registration, REGISTRATION),
}


def raw(body: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**body, **changes}, ensure_ascii=False).encode()


def test_an_inspection_is_read_with_its_lines_and_photos() -> None:
    lines = [{"line_no": 2, "quantity": "12.5"}]
    read = decode_act(raw(ACT, outcome="passed", lines=lines, evidence=[{"kind": "photo", "sha256": "0a" * 32}]))
    assert read.act is Deed.INSPECTION_RESULT and read.lines == (FoundLine(2, 12_500),)
    assert read.evidence == (Evidence("photo", b"\x0a" * 32),) and read.order is None


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"evidence": [{"kind": "photo", "sha256": "0A" * 32}]}, "HD-SHA256", "/evidence/0/sha256"),
        ({"evidence": [{"kind": "video", "sha256": "0a" * 32}]}, "HD-CODE", "/evidence/0/kind"),
        ({"lines": [{"line_no": 1, "quantity": "1.2345"}]}, None, "/lines/0/quantity"),
        ({"lines": [{"quantity": "1"}]}, "HD-MISSING", "/lines/0/line_no"),
        ({"order": {"place_code": "03CCS03"}}, "HD-MISSING", "/order/inspection_class"),
        (
            {"order": {"place_code": "03CCS03", "inspection_class": "full", "container_nos": ["A"] * 6}},
            "HD-TOO-MANY", "/order/container_nos",
        ),
        ({"channel": "blue"}, "HD-CODE", "/channel"),
        ({"act": "clear"}, "HD-CODE", "/act"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_act_is_told_where_it_stands(changes, code, pointer) -> None:
    told = decode_act(raw(ACT, **changes))
    assert isinstance(told, Faults) and [finding.pointer for finding in told] == [pointer]
    assert code in (None, told[0].code)


def test_a_payment_is_read() -> None:
    expected = PaymentNotice("b-1", "BANK01", "PAYMENT", NUMBER, 147_980_184, "NT-1", "9901234560")
    assert decode_payment(raw(PAYMENT)) == expected
    at = decode_payment(raw(PAYMENT, paid_at="2026-03-02T08:00:00+07:00"))
    assert isinstance(at, PaymentNotice) and at.paid_at == datetime(2026, 3, 2, 1, tzinfo=UTC)


def test_an_arrival_is_read_by_declaration_or_by_transport_document() -> None:
    assert decode_arrival(raw(ARRIVAL)) == ArrivalNotice("b-1", "BANK01", "ARRIVAL", "03CCS03", NUMBER)
    by_bill = {key: value for key, value in ARRIVAL.items() if key != "declaration_no"} | {
        "transport_document_no": "B1"
    }
    assert decode_arrival(raw(by_bill)) == ArrivalNotice("b-1", "BANK01", "ARRIVAL", "03CCS03", "", "B1")
    neither = decode_arrival(raw({key: value for key, value in ARRIVAL.items() if key != "declaration_no"}))
    assert isinstance(neither, list) and [finding.pointer for finding in neither] == ["/declaration_no"]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_a_result_is_read(condition: str, outcome: str) -> None:
    answer = decode_result(raw(RESULT, condition=condition, outcome=outcome, reference="KQ-1", note="Đã kiểm tra"))
    assert answer == ResultNotice("b-1", "BANK01", "RESULT", NUMBER, condition, outcome, "KQ-1", "Đã kiểm tra")


def test_a_registration_may_accept_new_rates() -> None:
    assert decode_registration(raw(REGISTRATION)) == Registration("b-1", "BANK01", "IDC", NUMBER)
    assert decode_registration(raw(REGISTRATION, procedure="EDC", accept_repricing=True)) == Registration(
        "b-1", "BANK01", "EDC", NUMBER, accept_repricing=True
    )


@pytest.mark.parametrize("kind", KINDS)
def test_both_paths_read_the_same_notice(kind: str) -> None:
    decode, body = KINDS[kind]
    message = getattr(envelope, f"_{kind.upper()}")
    assert message._decode_exactly(raw(body)) == decode(raw(body))


@pytest.mark.parametrize("kind", KINDS)
def test_every_missing_member_is_told(kind: str) -> None:
    decode, body = KINDS[kind]
    needed = {name for name, field in ENVELOPES[_procedures(body)].items() if field.always_needed}
    answer = decode(b"{}")
    assert isinstance(answer, list)
    assert {finding.pointer for finding in answer} == {f"/{name}" for name in needed} | (
        {"/declaration_no"} if kind == "arrival" else set()
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", ["1234567890", "1234567890123", "10000000001A", "１00000000010", "", " 10000000001"])
def test_a_declaration_number_has_eleven_or_twelve_digits(kind: str, value: str) -> None:
    decode, body = KINDS[kind]
    member = "draft_no" if kind == "registration" else "declaration_no"
    answer = decode(raw(body, **{member: value}))
    assert isinstance(answer, list) and f"/{member}" in {finding.pointer for finding in answer}


@pytest.mark.parametrize("value", [0, -1, 1.5, "100", None, 10**15, True])
def test_an_amount_paid_is_a_positive_whole_number(value: Any) -> None:
    answer = decode_payment(raw(PAYMENT, amount_vnd=value))
    assert isinstance(answer, list) and [finding.pointer for finding in answer] == ["/amount_vnd"]


@pytest.mark.parametrize("value", ["2026-03-02", "2026-03-02T08:00:00", "0206-03-02T08:00:00Z", "2026-02-31T08:00:00Z", 1, "now"])  # fmt: skip
def test_an_instant_has_an_offset(value: Any) -> None:
    answer = decode_payment(raw(PAYMENT, paid_at=value))
    assert isinstance(answer, list) and [finding.pointer for finding in answer] == ["/paid_at"]


def test_a_note_is_measured_in_bytes() -> None:
    assert isinstance(decode_result(raw(RESULT, note="ề" * 200)), ResultNotice)
    answer = decode_result(raw(RESULT, note="ề" * 201))
    assert isinstance(answer, list) and [(f.code, f.pointer) for f in answer] == [("HD-TOO-LONG", "/note")]


def test_a_warehouse_code_is_half_width() -> None:
    answer = decode_arrival(raw(ARRIVAL, warehouse_code="03CĐ"))
    assert isinstance(answer, list) and [(f.code, f.pointer) for f in answer] == [("HD-HALF-WIDTH", "/warehouse_code")]


def _procedures(body: dict[str, Any]) -> str:
    return next(name for name in ENVELOPES if body["procedure"] in name.split(", "))
