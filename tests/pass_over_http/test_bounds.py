"""How much, how fast and how large: bounds hold before anything is read, and whoever passes them disturbs nobody else."""

import gzip
from pathlib import Path

import pytest

from haidang.gateway.app import MAX_BODY
from haidang.gateway.lane import QUEUE
from haidang.site.demo import people
from tests.pass_over_http.asking import DECLARATIONS, Cut, fresh_id, lodgement
from tests.pass_over_http.conftest import BURST

SENDER, FLOODER, POLITE = 21, 22, 23
_CHUNK = b"x" * 65_536


def head(asker, *lines, trader=SENDER):
    token = asker.token(people.trader_code(trader))["authorization"]
    said = "\r\n".join((f"POST {DECLARATIONS} HTTP/1.1", "host: x", f"authorization: {token}", *lines))
    return said.encode() + b"\r\n\r\n"


def send_in_chunks(asker, most):
    """Send a body of unsaid length until the lane answers or ends the connection; return the reply, if any, and how much was sent."""

    async def exchange():
        wire, sent = asker.wire(), 0
        await wire.send(head(asker, "transfer-encoding: chunked"))
        streams = wire._streams
        try:
            while sent < most and not streams[0]._buffer:
                await wire.send(b"%x\r\n" % len(_CHUNK) + _CHUNK + b"\r\n")
                sent += len(_CHUNK)
            if sent >= most:
                await wire.send(b"0\r\n\r\n")
        except Cut:
            return None, sent
        return await wire.read(), sent

    return asker.run(exchange())


def resident_peak(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


def test_what_says_that_it_is_too_large_is_refused_unread(asker):
    reply = asker.run(asker.wire().exchange(head(asker, "content-length: 10000000")))
    assert reply.status == 413 and reply.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("length", ["-1", "1e3", "5000001", "99999999999999999999999", "٣"])
def test_a_length_that_is_none_or_too_large_is_refused(asker, length):
    try:
        reply = asker.run(asker.wire().exchange(head(asker, f"content-length: {length}")))
    except Cut:
        return
    assert reply.status in (400, 413)


def test_what_turns_out_too_large_is_refused_on_the_way(asker):
    before = resident_peak(asker.lanes.workers("general")[0])
    reply, sent = send_in_chunks(asker, 60_000_000)
    asker.wire().close()  # what was not read is on it still
    assert sent < 30_000_000, "the lane reads on and on"
    assert reply is None or reply.status == 413
    assert resident_peak(asker.lanes.workers("general")[0]) - before < 24_000_000
    assert asker.lodge(SENDER).status == 201


def test_the_largest_message_is_read_whole(asker):
    """It is no message, and that is what is said: not that it is too large."""
    whole = b'{"x":"' + b"x" * (MAX_BODY - 8) + b'"}'
    token = asker.token(people.trader_code(SENDER))
    assert len(whole) == MAX_BODY
    assert asker.ask("POST", DECLARATIONS, token, whole).status in (400, 422)
    try:
        assert asker.ask("POST", DECLARATIONS, token, whole + b" ").status == 413
    except Cut:
        assert asker.lodge(SENDER).status == 201


def test_a_packed_bomb_is_refused_packed(asker):
    bomb = gzip.compress(bytes(200_000_000), 1)
    assert len(bomb) < MAX_BODY
    before = resident_peak(asker.lanes.workers("general")[0])
    token = asker.token(people.trader_code(SENDER))
    reply = asker.ask("POST", DECLARATIONS, {**token, "content-encoding": "gzip"}, bomb)
    assert reply.status == 415
    asker.wire().close()  # what was not read is on it still
    unsaid = asker.ask("POST", DECLARATIONS, token, bomb)
    assert unsaid.status == 400, "bytes that do not say that they are packed are no JSON"
    assert resident_peak(asker.lanes.workers("general")[0]) - before < 24_000_000


def test_a_body_that_ends_early_is_nobodys_message(asker):
    message = lodgement(asker.config, fresh_id(), SENDER)

    async def leave():
        lines = [f"{name}: {value}" for name, value in message.headers.items() if name != "authorization"]
        await asker.wire().send(head(asker, *lines, f"content-length: {len(message.raw)}") + message.raw[:-1])
        asker.wire().close()

    asker.run(leave())
    assert asker.list(people.trader_code(SENDER)).status == 200
    reply = asker.send(message)
    assert reply.status == 201
    listed = asker.list(people.trader_code(SENDER)).json["declarations"]
    assert [each["declaration_no"] for each in listed].count(reply.json["declaration_no"]) == 1


def test_a_sender_over_its_budget_waits_and_the_others_do_not(asker):
    refused = None
    for _ in range(BURST * 4):
        reply = asker.draft(FLOODER)
        if reply.status == 429:
            refused = reply
            break
        assert reply.status == 201
    assert refused is not None, "the budget never ended"
    assert refused.header("content-type") == "application/problem+json"
    assert 0 <= refused.json["next_slot_s"] <= 1.0
    assert refused.header("retry-after") == "1"
    assert [asker.lodge(POLITE).status for _ in range(5)] == [201] * 5
    assert asker.see(people.trader_code(FLOODER), "100000000000").status == 404, "questions cost other slots"


def test_a_refused_message_may_be_sent_again_as_it_is_when_its_slot_has_come(asker):
    async def wait():
        import asyncio

        await asyncio.sleep(1.0)

    message = lodgement(asker.config, fresh_id(), FLOODER)
    replies = []
    while not replies or replies[-1].status == 201:
        assert len(replies) < BURST * 4
        replies.append(asker.draft(FLOODER))
    first = asker.send(message)
    asker.run(wait())
    again = asker.send(message)
    assert again.status == 201 and first.status in (201, 429)
    assert asker.send(message).body == again.body


def test_hundreds_of_connections_that_say_nothing_keep_nobody_out(asker):
    async def crowd():
        from tests.torture.wire import Wire

        port = asker.config.port_general
        silent = [Wire(port) for _ in range(300)]
        for number, wire in enumerate(silent):
            half = head(asker, "content-length: 500") + b"{" if number % 2 else b"POST /api/v1/decl"
            await wire.send(half)
        replies = [await asker.wire().ask("GET", "/api/v1/health") for _ in range(20)]
        message = lodgement(asker.config, fresh_id(), POLITE)
        replies.append(await asker.wire().ask("POST", message.path, message.headers, message.raw))
        for wire in silent:
            wire.close()
        return replies

    assert QUEUE > 300
    assert [reply.status for reply in asker.run(crowd())] == [200] * 20 + [201]
