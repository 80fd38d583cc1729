"""Bad payments, arrivals, results and guarantees over real HTTP, each signed: 400, 422 or 409 with the reason, and nothing stored."""

import json
from copy import deepcopy
from typing import Any

import pytest

from haidang.gateway.examples import EXAMPLES
from haidang.gateway.routes import ROUTES
from tests.bad_input.checks import codes_at, findings, problem, undecodable
from tests.bad_input.messages import TRADER, Written, message, put, written
from tests.bad_input.served import Rows, Served
from tests.bad_input.test_catalogue import DIGITS, UNDECODABLE
from tests.passing.rig import BANK, CHECKER, CUSTOMS, HEAD, PORT

SENDER = {
    "payment": BANK, "arrival": PORT, "result": CUSTOMS, "act": CUSTOMS, "guarantee": BANK, "amendment": TRADER, "cancellation": TRADER,
    "cancellation_result": CUSTOMS, "cleared_amendment": TRADER, "assessment": CUSTOMS, "decision": CUSTOMS, "parcel_act": CUSTOMS,
    "goods_list": CUSTOMS, "supplement": TRADER, "ruling_application": TRADER, "ruling_step": CUSTOMS,
}  # fmt: skip
SIGNER = {
    **SENDER,
    "result": CHECKER,
    "act": HEAD,
    "cancellation_result": CHECKER,
    "assessment": CHECKER,
    "decision": HEAD,
    "parcel_act": HEAD,
    "goods_list": HEAD,
    "ruling_step": HEAD,
}
OF_NO_DECLARATION = ("guarantee", "goods_list", "ruling_application", "ruling_step")
KINDS = sorted(route.kind for route in ROUTES if route.lane == "conditions")


def notice(kind: str, **changes: Any) -> dict[str, Any]:
    """Return a valid notice about a declaration, or a parcel, that does not exist."""
    body = {**deepcopy(EXAMPLES[kind]), "sender": SENDER[kind]}
    if kind == "parcel_act":
        return {**body, "parcel_no": "299999999990", **changes}
    return {**body, "declaration_no": "199999999990", **changes}


def bad(kind: str) -> dict[str, Any]:
    body = notice(kind)
    if kind in OF_NO_DECLARATION:
        del body["declaration_no"]
    return body


@pytest.fixture(scope="module")
def lodged(general: Served) -> dict[str, Any]:
    """A declaration with open conditions."""
    reply = general.send("lodgement", message("for-notices"))
    assert reply.status == 201
    answer: dict[str, Any] = reply.json
    return answer


def test_every_kind_of_notice_is_tried() -> None:
    assert set(KINDS) == set(SENDER)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted(UNDECODABLE))
def test_bytes_that_are_no_notice_are_told_why(conditions: Served, untouched: None, kind: str, name: str) -> None:
    raw, code = UNDECODABLE[name]
    undecodable(conditions.send(kind, raw, SIGNER[kind]), code)


VALUES: dict[str, tuple[str, str, Any, str]] = {
    **{
        f"amount {str(value)[:12]}": ("payment", "/amount_vnd", value, code)
        for value, code in (
            *((-1, "HD-NUMBER"), (0, "HD-ZERO"), (Written("-0"), "HD-NUMBER"), (Written("1.0"), "HD-NUMBER"), (Written("1e3"), "HD-NUMBER")),
            *((Written("1e400"), "HD-NUMBER"), (Written(DIGITS), "HD-TOO-LARGE"), (10**15, "HD-TOO-LARGE"), (2**63, "HD-TOO-LARGE")),
            *(("1000", "HD-TYPE"), ("１", "HD-TYPE"), (None, "HD-TYPE"), (True, "HD-TYPE"), ([1], "HD-TYPE"), ("", "HD-MISSING")),
        )
    },
    **{
        f"number {value[:14]}": ("payment", "/declaration_no", value, code)
        for value, code in (
            *(("1" * 10, "HD-CHARACTER"), ("1" * 13, "HD-TOO-LONG"), ("１" * 11, "HD-HALF-WIDTH"), ("-1999999999", "HD-CHARACTER")),
            *(("1e10", "HD-CHARACTER"), (DIGITS, "HD-TOO-LONG"), ("199999999990", "HD-NOT-FOUND"), ("000000000000", "HD-NOT-FOUND")),
            *(("999999999999", "HD-NOT-FOUND"), ("19999999999\x00", "HD-CHARACTER"), ("19999999999\n", "HD-CHARACTER"), ("", "HD-MISSING")),
        )
        if code != "HD-NOT-FOUND"
    },
    "an arrival of no number": ("arrival", "/declaration_no", "199999999990", "HD-NOT-FOUND"),
    "a result of no number": ("result", "/declaration_no", "000000000000", "HD-NOT-FOUND"),
    "an arrival of nothing": ("arrival", "/declaration_no", "", "HD-MISSING"),
    "paid without an offset": ("payment", "/paid_at", "2026-03-02T09:00:00", "HD-DATE"),
    "paid on 31/02": ("payment", "/paid_at", "2026-02-31T09:00:00Z", "HD-DATE"),
    "paid at 25:00": ("payment", "/paid_at", "2026-02-28T25:00:00Z", "HD-DATE"),
    "paid in the year 9999": ("payment", "/paid_at", "9999-12-31T23:59:59+00:00", "HD-DATE"),
    "paid with an offset of a day": ("payment", "/paid_at", "2026-03-02T09:00:00+24:00", "HD-DATE"),
    "paid at a number": ("payment", "/paid_at", 1772416800, "HD-DATE"),
    "paid at 1e400": ("payment", "/paid_at", Written("1e400"), "HD-DATE"),
    "paid at full-width digits": ("payment", "/paid_at", "２０２６-03-02T09:00:00Z", "HD-DATE"),
    "a reference with NUL": ("payment", "/reference", "a\x00", "HD-CHARACTER"),
    "a reference too long": ("payment", "/reference", "ề" * 50, "HD-TOO-LONG"),
    "a thousand accents": ("result", "/note", "e" + "\u0315\u0300" * 1_000, "HD-CHARACTER"),
    "a payer with a blank": ("payment", "/payer_code", "a b", "HD-CHARACTER"),
    "an unknown condition": ("result", "/condition", "everything", "HD-CODE"),
    "the condition of a bank": ("result", "/condition", "tax", "HD-CODE"),
    "an unknown outcome": ("result", "/outcome", "ok", "HD-CODE"),
    "another sender": ("result", "/sender", "01NV", "HD-SENDER"),
    "another procedure": ("result", "/procedure", "PAYMENT", "HD-CODE"),
    "an unknown name": ("arrival", "/cleared", True, "HD-UNKNOWN-FIELD"),
    "guaranteed below nothing": ("guarantee", "/amount_vnd", -1, "HD-NUMBER"),
    "guaranteed 2**63": ("guarantee", "/amount_vnd", 2**63, "HD-TOO-LARGE"),
    "guaranteed until 31/02": ("guarantee", "/valid_until", "2026-02-31", "HD-DATE"),
    "guaranteed until before it begins": ("guarantee", "/valid_until", "2000-01-01", "HD-PERIOD"),
    "a guarantee with a stroke in its number": ("guarantee", "/number", "1/2", "HD-GUARANTEE-KEY"),
    "a guarantee of the year 1e400": ("guarantee", "/year", Written("1e400"), "HD-NUMBER"),
    "a list with a stroke in its number": ("goods_list", "/list_no", "1/2", "HD-LIST-NO"),
    "a list of nothing": ("goods_list", "/goods", [], "HD-NO-LINES"),
    "a list that ends before it begins": ("goods_list", "/valid_until", "2000-01-01", "HD-PERIOD"),
    "a list of less than nothing": ("goods_list", "/goods/0/quantity", "-1", "HD-NUMBER"),
    "a list of no goods": ("goods_list", "/goods/0/commodity_code", "00000000", "HD-COMMODITY-CODE"),
    "a list that begins with 2": ("goods_list", "/goods/0/line_no", 2, "HD-LIST-LINE"),
    "a guarantee of the year 1": ("guarantee", "/year", 1, "HD-GUARANTEE-KEY"),
}  # fmt: skip


@pytest.mark.parametrize("case", VALUES.values(), ids=VALUES)
def test_a_bad_value_in_a_notice_is_a_finding_at_its_place(conditions: Served, untouched: None, case: Any) -> None:
    kind, pointer, value, code = case
    # An id of its own: that of the example may have been taken for good by another test.
    body = {**bad(kind), "message_id": "bad-value"}
    found = findings(conditions.send(kind, put(body, pointer, value), SIGNER[kind]))
    assert any(each["code"] == code for each in found), codes_at(found)
    if code != "HD-GUARANTEE-KEY":
        assert {each["pointer"] for each in found if each["code"] == code} == {pointer}


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_needs_the_signature_of_its_sender(conditions: Served, untouched: None, kind: str) -> None:
    raw = written({**bad(kind), "message_id": f"not-signed-{kind}"})
    assert codes_at(findings(conditions.send(kind, raw, SIGNER[kind], signature=None))) == {("E9990", "")}
    others = conditions.credentials(raw, PORT if SENDER[kind] == TRADER else TRADER)["x-jws-signature"]
    assert codes_at(findings(conditions.send(kind, raw, SIGNER[kind], signature=others))) == {("HD-SIG-PARTY", "")}


def test_money_for_no_declaration_is_refused(conditions: Served, untouched: None) -> None:
    found = findings(
        conditions.send("payment", written(notice("payment", message_id="for-nothing", amount_vnd=1)), BANK)
    )
    assert codes_at(found) == {("HD-NOT-FOUND", "/declaration_no")}


@pytest.mark.parametrize("amount_vnd", [1, 10**15 - 1])
def test_money_of_another_amount_waits_and_clears_nothing(
    conditions: Served, general: Served, lodged: dict[str, Any], rows: Rows, amount_vnd: int
) -> None:
    number, message_id = lodged["declaration_no"], f"other-amount-{amount_vnd}"
    before = rows.now()
    body = notice("payment", message_id=message_id, declaration_no=number, amount_vnd=amount_vnd)
    first = conditions.send("payment", written(body), BANK)
    assert first.status == 202 and conditions.send("payment", written(body), BANK).body == first.body
    after = rows.now()
    assert after["suspense"][0] == before["suspense"][0] + 1 and after["inbox"][0] == before["inbox"][0] + 1
    assert codes_at(findings(conditions.send("payment", written(body | {"amount_vnd": 2}), BANK))) == {
        ("HD-ID-REUSED", "/message_id")
    }
    assert rows.now() == after
    seen = general.ask("GET", f"/api/v1/declarations/{number}", general.credentials(b"")).json
    assert not seen["cleared"] and any(each["kind"] == "tax" and "closed_at" not in each for each in seen["conditions"])


@pytest.mark.parametrize(
    ("kind", "sender"),
    [
        *(("arrival", sender) for sender in (TRADER, BANK)),
        *(("result", sender) for sender in (TRADER, BANK, PORT, "01NV", "BCT")),
        *(("guarantee", sender) for sender in (TRADER, PORT, CUSTOMS)),
        *(("goods_list", sender) for sender in (TRADER, PORT, BANK, CUSTOMS)),
    ],
)
def test_who_may_not_close_a_condition_is_told_and_nothing_moves(
    conditions: Served, lodged: dict[str, Any], untouched: None, kind: str, sender: str
) -> None:
    body = bad(kind) | {"sender": sender}
    if kind not in OF_NO_DECLARATION:
        body["declaration_no"] = lodged["declaration_no"]
    reply = conditions.send(kind, written(body), sender)
    if reply.status == 422:
        findings(reply)
    else:
        assert problem(reply, 409)["code"]


def test_a_result_for_a_condition_that_is_not_open_is_409(
    conditions: Served, lodged: dict[str, Any], untouched: None
) -> None:
    for condition in ("permit", "hold", "origin"):
        body = notice(
            "result", declaration_no=lodged["declaration_no"], condition=condition, message_id=f"not-open-{condition}"
        )
        assert problem(conditions.send("result", written(body), CHECKER), 409)["code"]


def test_legal_time_is_not_the_senders_to_say(conditions: Served, lodged: dict[str, Any]) -> None:
    """What a notice says of when is kept with its bytes and moves no clock of ours."""
    late = {
        "message_id": "late",
        "declaration_no": lodged["declaration_no"],
        "amount_vnd": 7,
        "paid_at": "2099-12-31T00:00:00Z",
    }
    raw = json.dumps(notice("payment", **late)).encode()
    assert conditions.send("payment", raw, BANK).status == 202
    assert lodged["registered_at"] < conditions.ask("GET", "/api/v1/health").json["legal_time"] < "2027"
