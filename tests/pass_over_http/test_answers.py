"""What a lane answers: status, type and wording, for every way of asking rightly or wrongly."""

import json

import pytest

from haidang.gateway.routes import ROUTES
from haidang.site.demo import people
from tests.pass_over_http.asking import DECLARATIONS, Cut, fresh_id, lodgement

TRADER = people.trader_code(11)


def is_problem(reply, status):
    assert reply.status == status, reply
    assert reply.header("content-type") == "application/problem+json"
    assert reply.json["status"] == status and reply.json["title"] and reply.json["title_vi"] and reply.json["type"]
    return reply.json


def test_a_lodgement_is_answered_with_its_number_and_the_same_bytes_with_the_same_answer(asker):
    message = lodgement(asker.config, fresh_id(), 11)
    first = asker.send(message)
    assert first.status == 201 and len(first.json["declaration_no"]) == 12
    assert first.header("content-type") == "application/json"
    assert first.header("cache-control") == "no-store"
    assert first.header("x-content-type-options") == "nosniff"
    again = asker.send(message)
    assert (again.status, again.body) == (first.status, first.body)


def test_a_payment_on_its_own_lane_clears_or_keeps_what_else_is_open(asker):
    lodged = asker.lodge(11).json
    paid = asker.pay(lodged, 11)
    assert paid.status == 200 and paid.json["closed"]["kind"] == "tax"
    assert paid.json["cleared"] == (not paid.json["open_conditions"])


def test_findings_are_told_all_at_once_with_their_repair(asker):
    problem = is_problem(asker.lodge(11, warehouse_code="99ZZS99", loading_place_code="QQQQQ"), 422)
    pointers = {finding["pointer"] for finding in problem["findings"]}
    assert {"/declaration/warehouse_code", "/declaration/loading_place_code"} <= pointers
    assert all(finding["repair_vi"] and finding["repair_en"] for finding in problem["findings"])


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"a":1,"a":2}', b"{}" * 2])
def test_bytes_that_are_no_message_are_a_problem_of_the_sender(asker, raw):
    reply = asker.ask("POST", DECLARATIONS, asker.token(TRADER), raw)
    is_problem(reply, 422 if raw == b"[]" and reply.status == 422 else 400)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer hd_nobody", "Basic dXNlcjpwYXNz", "Bearer " + "x" * 4_000, "Bearer đ"],
)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", DECLARATIONS), ("GET", DECLARATIONS), ("GET", DECLARATIONS + "/1")]
)
def test_without_a_valid_token_nothing_is_read_or_taken(asker, authorization, method, path):
    headers = {} if authorization is None else {"authorization": authorization}
    reply = asker.ask(method, path, headers, b"{}" if method == "POST" else None)
    is_problem(reply, 401)
    assert reply.header("www-authenticate") == "Bearer"


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/v2/declarations", DECLARATIONS + "/", "/api/v1/declarationsx", "/%00"]
)
def test_where_nothing_is_nothing_is_said(asker, path):
    is_problem(asker.ask("GET", path, asker.token(TRADER)), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", DECLARATIONS, "GET, POST"),
        ("PUT", "/api/v1/drafts", "POST"),
        ("GET", "/api/v1/registrations", "POST"),
        ("POST", "/api/v1/health", "GET"),
        ("PATCH", DECLARATIONS + "/100000000000", "GET"),
    ],
)
def test_a_method_that_is_not_taken_is_told_which_are(asker, method, path, allowed):
    reply = asker.ask(method, path, asker.token(TRADER), b"{}")
    is_problem(reply, 405)
    assert reply.header("allow") == allowed


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "x"])
def test_encoded_bytes_are_not_unpacked(asker, encoding):
    message = lodgement(asker.config, fresh_id(), 11)
    is_problem(asker.send(message, **{"content-encoding": encoding}), 415)
    assert asker.send(message, **{"content-encoding": "identity"}).status == 201


def test_the_wrong_lane_names_the_right_one(asker):
    lodged = asker.lodge(11).json
    moved = asker.ask("POST", "/api/v1/payments", asker.token("NGANHANGM01"), b"{}")
    address = is_problem(moved, 421)["address"]
    assert address == f"http://127.0.0.1:{asker.config.port_conditions}/api/v1/payments"
    back = asker.ask("GET", f"{DECLARATIONS}/{lodged['declaration_no']}", asker.token(TRADER), lane="conditions")
    assert is_problem(back, 421)["address"].startswith(f"http://127.0.0.1:{asker.config.port_general}/")


@pytest.mark.parametrize("lane", ["general", "conditions"])
def test_every_lane_says_whether_it_takes_messages(asker, lane):
    reply = asker.ask("GET", "/api/v1/health", lane=lane)
    assert reply.status == 200 and reply.json["takes_messages"] is True
    assert reply.json["legal_time"].startswith("2026-03-02T")


def test_the_interface_describes_itself_to_everybody(asker):
    described = asker.ask("GET", "/api/v1/openapi.json")
    assert described.header("content-type") == "application/json"
    assert {(path, method) for path, methods in described.json["paths"].items() for method in methods} >= {
        (route.path, route.method.lower()) for route in ROUTES if route.kind not in ("openapi", "page")
    }
    page = asker.ask("GET", "/api/v1")
    assert page.status == 200 and page.header("content-type") == "text/html; charset=utf-8"
    assert b"<html" in page.body


@pytest.mark.parametrize("cursor", ["%00", "x", "'", "%C4%91", "9" * 5_000, "%ff", "&cursor="])
def test_a_cursor_nobody_gave_is_an_empty_page_or_a_problem_of_the_asker(asker, cursor):
    reply = asker.list(TRADER, cursor)
    assert reply.status in (200, 400, 414, 431), reply


@pytest.mark.parametrize(
    "number",
    ["", "0", "1" * 10, "1" * 13, "1000000000000", "-0000000001", "10000000000%00", "%D9%A1" * 12, "1e11000000000"],
)
def test_what_is_no_number_of_a_declaration_is_not_found(asker, number):
    is_problem(asker.see(TRADER, number), 404)


@pytest.mark.parametrize(
    "head",
    [
        {"authorization": "Bearer hd_nobody"},
        {"content-encoding": "gzip"},
    ],
)
def test_a_refused_body_is_not_taken_for_the_next_request(asker, head):
    """Whoever refuses a message without reading it must skip it, or end the connection."""
    smuggled = b"GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n" * 3
    refused = asker.ask("POST", DECLARATIONS, {**asker.token(TRADER), **head}, smuggled)
    assert refused.status in (401, 415)
    try:
        following = asker.ask("GET", "/api/v1/nothing", asker.token(TRADER))
    except Cut:
        following = asker.ask("GET", "/api/v1/nothing", asker.token(TRADER))
    is_problem(following, 404)


def test_two_requests_sent_at_once_on_one_connection_are_answered_in_order(asker):
    first, second = (lodgement(asker.config, fresh_id(), 11, package_count=n) for n in (3, 4))

    def raw(message):
        head = {**message.headers, "host": "x", "content-length": str(len(message.raw))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST {message.path} HTTP/1.1\r\n{lines}\r\n".encode() + message.raw

    async def both():
        wire = asker.wire()
        await wire.send(raw(first) + raw(second))
        return await wire.read(), await wire.read()

    replies = asker.run(both())
    assert [reply.status for reply in replies] == [201, 201]
    assert asker.send(first).body == replies[0].body and asker.send(second).body == replies[1].body


def test_a_draft_needs_no_signature_and_has_no_legal_effect(asker):
    saved = asker.draft(11)
    assert saved.status == 201, saved
    is_problem(asker.see(TRADER, saved.json["draft_no"]), 404)


def test_every_answer_is_json_to_the_last_byte(asker):
    for reply in (asker.lodge(11), asker.lodge(11, package_count=0), asker.list(TRADER)):
        assert json.loads(reply.body) == reply.json
        assert reply.header("content-length") == str(len(reply.body))
