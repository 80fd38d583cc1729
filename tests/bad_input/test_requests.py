"""Requests that are odd below the message: lengths, encodings, headers, paths. An answer of ours or of the server's parser, never a fault, nothing stored."""

import gzip
import re
import socket

import pytest

from haidang.gateway.app import MAX_BODY
from haidang.gateway.routes import ROUTES
from haidang.site.demo import people
from tests.bad_input.checks import codes_at, findings, problem, undecodable
from tests.bad_input.messages import TRADER, message
from tests.bad_input.served import PATHS, Reply, Served, owner_of

RAW = message("request")
LODGE = PATHS["lodgement"]
SPARE_KB = 60_000
"""What a refused body may add to the memory of a worker: 5 MB of it were read at most, and copied a few times."""


def request(
    served: Served, fields: bytes = b"", method: str = "POST", path: bytes = LODGE.encode(), body: bytes = b""
) -> Reply:
    """Send a request with a valid token and these further header lines, as bytes."""
    token = owner_of(served.config.home, TRADER).token.encode()
    head = (
        method.encode()
        + b" "
        + path
        + b" HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
        + token
        + b"\r\n"
        + fields
        + b"\r\n"
    )
    return served.exchange(head + body, method)


def chunked(raw: bytes, size: int = 65_536) -> bytes:
    pieces = (raw[at : at + size] for at in range(0, len(raw), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def test_a_body_of_ten_megabytes_is_too_large(general: Served, untouched: None) -> None:
    with general.within_kb(SPARE_KB):
        for _ in range(5):
            assert problem(general.send("lodgement", b" " * 10_000_000), 413)["type"] == "/problems/too-large"


def test_ten_megabytes_in_chunks_are_too_large(general: Served, untouched: None) -> None:
    with general.within_kb(SPARE_KB):
        for _ in range(3):
            problem(request(general, b"transfer-encoding: chunked\r\n", body=chunked(b" " * 10_000_000)), 413)


def test_what_says_that_it_is_too_large_is_refused_before_it_comes(general: Served, untouched: None) -> None:
    problem(request(general, b"content-length: 10000000\r\n"), 413)
    problem(request(general, b"expect: 100-continue\r\ncontent-length: 10000000\r\n"), 413)


def test_the_largest_body_is_read_and_one_byte_more_is_not(general: Served, untouched: None) -> None:
    undecodable(general.send("lodgement", b" " * MAX_BODY), "HD-MALFORMED")
    problem(general.send("lodgement", b" " * (MAX_BODY + 1)), 413)
    undecodable(request(general, b"transfer-encoding: chunked\r\n", body=chunked(b" " * MAX_BODY)), "HD-MALFORMED")
    problem(request(general, b"transfer-encoding: chunked\r\n", body=chunked(b" " * (MAX_BODY + 1))), 413)


def gzip_bomb() -> bytes:
    """Return a gigabyte of blanks in a megabyte: a hundred members of ten megabytes each."""
    return gzip.compress(b" " * 10_000_000) * 100


def test_a_gzip_bomb_is_never_unpacked(general: Served, untouched: None) -> None:
    bomb = gzip_bomb()
    with general.within_kb(SPARE_KB):
        assert (
            problem(general.send("lodgement", bomb, **{"content-encoding": "gzip"}), 415)["type"]
            == "/problems/encoding"
        )
        undecodable(general.send("lodgement", bomb), "HD-NOT-UTF8")


@pytest.mark.parametrize(
    "encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "aes128gcm", "x", "identity, gzip"]
)
def test_an_encoded_body_is_refused(general: Served, untouched: None, encoding: str) -> None:
    problem(general.send("lodgement", gzip.compress(RAW), **{"content-encoding": encoding}), 415)


def test_a_message_in_chunks_of_one_byte_is_a_message(general: Served) -> None:
    raw = message("chunked")
    signed = general.credentials(raw)
    lines = b"transfer-encoding: chunked\r\nx-jws-signature: " + signed["x-jws-signature"].encode() + b"\r\n"
    assert request(general, lines, body=chunked(raw, 1)).status == 201


@pytest.mark.parametrize(
    ("fields", "body"),
    {
        "no body": (b"", b""),
        "an empty one": (b"content-length: 0\r\n", b""),
        "no chunk": (b"transfer-encoding: chunked\r\n", b"0\r\n\r\n"),
        "a chunk of no number": (b"transfer-encoding: chunked\r\n", b"zz\r\n"),
        "a chunk of too many": (b"transfer-encoding: chunked\r\n", b"ffffffffffffffffff\r\n"),
        "half a message": (b"content-length: %d\r\n" % (len(RAW) // 2), RAW[: len(RAW) // 2]),
    }.values(),
)
def test_a_body_that_is_no_message_is_told(general: Served, untouched: None, fields: bytes, body: bytes) -> None:
    undecodable(request(general, fields, body=body), "HD-MALFORMED")


def test_a_body_that_is_cut_off_is_no_message(general: Served, untouched: None) -> None:
    """What was signed is whole; the connection ends before it is, with a length and in chunks."""
    signed = "".join(f"{name}: {value}\r\n" for name, value in general.credentials(RAW).items()).encode()
    head = f"POST {LODGE} HTTP/1.1\r\nhost: x\r\n".encode() + signed
    for fields, body in (
        (b"content-length: %d\r\n\r\n" % len(RAW), RAW[:-10]),
        (b"transfer-encoding: chunked\r\n\r\n", b"%x\r\n%b" % (len(RAW), RAW[:-10])),
        (b"transfer-encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n" % (len(RAW) - 10, RAW[:-10])),
    ):
        with socket.create_connection(("127.0.0.1", general.port)) as connection:
            connection.sendall(head + fields + body)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass
    assert general.ask("GET", "/api/v1/health").status == 200


PARSED = {
    "a negative length": (b"content-length: -1\r\n", 400),
    "a length of thirty digits": (b"content-length: " + b"9" * 30 + b"\r\n", 400),
    "a length in words": (b"content-length: many\r\n", 400),
    "two lengths": (b"content-length: 2\r\ncontent-length: 3\r\n", 400),
    "NUL in a header": (b"x-jws-signature: a\x00b\r\ncontent-length: 0\r\n", 400),
    "a line break in a header": (b"x-a: a\r\n\tb\r\ncontent-length: 0\r\n", 400),
    "a header without a name": (b": a\r\ncontent-length: 0\r\n", 400),
    "a header of two megabytes": (b"x-a: " + b"a" * 2_000_000 + b"\r\n", 431),
    "five hundred headers": (b"x-a: a\r\n" * 500, 431),
}


@pytest.mark.parametrize(("fields", "status"), PARSED.values(), ids=PARSED)
def test_a_request_that_cannot_be_parsed_is_refused_by_the_server(
    general: Served, untouched: None, fields: bytes, status: int
) -> None:
    assert request(general, fields).status == status


def test_what_is_not_http_is_refused(general: Served, untouched: None) -> None:
    for raw in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\x00" * 100 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\r\n" * 50 + b"X\r\n\r\n",
    ):
        assert general.exchange(raw).status == 400


def test_length_and_chunks_together_do_not_smuggle_a_second_request(general: Served, untouched: None) -> None:
    second = f"GET {LODGE} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    fields = b"content-length: 2\r\ntransfer-encoding: chunked\r\n"
    reply = request(general, fields, body=b"0\r\n\r\n" + second)
    assert reply.status in (400, 401)
    assert reply.headers.get("connection", "close") == "close" or reply.status == 400


@pytest.mark.parametrize(
    "kind",
    [
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; charset=utf-7",
        "",
        "\u00e9",
    ],
)
def test_the_name_of_the_type_changes_nothing_for_signed_bytes(general: Served, kind: str) -> None:
    raw = message(f"type-{kind.encode().hex()[:40]}")
    assert general.send("lodgement", raw, **{"content-type": kind}).status == 201


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", "post", "TRACE"])
def test_another_method_is_refused(general: Served, untouched: None, method: str) -> None:
    reply = request(general, method=method)
    assert reply.status == 405
    if method != "HEAD":
        problem(reply, 405)


PATHS_OF_NOTHING = [
    *(b"/", b"//", b"/api", b"/api/v1/", b"/api/v2/declarations", b"/API/V1/declarations", b"/api/v1/declarations/", b"/api//v1/declarations"),
    *(b"/api/v1/../../etc/passwd", b"/api/v1/declarations/../health", b"/api/v1/declarations/..%2f..%2fetc%2fpasswd", b"/api/v1/%2e%2e/health"),
    *(b"/api/v1/declarations/%00", b"/api/v1/declarations/10000000001%00", b"/api/v1/declarations/%ff", b"/api/v1/declarations;a=b", b"/%"),
    *(b"/api/v1/declarations/1", b"/api/v1/declarations/1000000000100", b"/api/v1/declarations/-10000000001", b"/api/v1/declarations/1e10"),
    *(b"/api/v1/declarations/" + b"9" * 12, b"/api/v1/declarations/" + b"0" * 12, b"/api/v1/declarations/" + b"9" * 5_000),
    *("/api/v1/declarations/１０００００００００１".encode(), "/api/v1/declarations/²²²²²²²²²²²".encode(), b"/api/v1/declarations/null", b"/.git/config"),
    *(b"/api/v1/declarations/100000000010/lines", b"/api/v1/health/x", b"/api/v1/openapi.json/", b"*"),
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS_OF_NOTHING, ids=lambda path: path[:50].decode(errors="replace"))
def test_a_path_of_nothing_is_404(general: Served, untouched: None, path: bytes) -> None:
    problem(request(general, method="GET", path=path), 404)


def test_a_path_of_a_hundred_thousand_letters_is_refused(general: Served, untouched: None) -> None:
    assert request(general, method="GET", path=b"/api/v1/" + b"a" * 100_000).status == 414


@pytest.mark.parametrize("path", [b"/api/v1/declarations/\xff", b"/api/v1/\x80"])
def test_raw_bytes_in_a_path_are_refused(general: Served, untouched: None, path: bytes) -> None:
    assert request(general, method="GET", path=path).status == 400


QUERIES = [
    *(b"", b"a=b", b"cursor=", b"cursor=1&cursor=2", b"cursor[]=1", b"=", b"&&&", b"%", b"cursor=%", b"cursor=%zz", b"limit=-1", b"page=1e400"),
    *(b"cursor=%ff%fe", b"cursor=%ed%a0%80", b"cursor=' OR 1=1--", b"cursor=%27%3B--", b"cursor=" + b"9" * 5_000, b"cursor=null", "cursor=２".encode()),
    *(b"cursor=%00", b"cursor=1%002", b"a=%00", b"%00=a"),
]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30].decode(errors="replace"))
def test_any_query_is_answered(general: Served, untouched: None, query: bytes) -> None:
    reply = request(general, method="GET", path=LODGE.encode() + b"?" + query.replace(b" ", b"%20"))
    if reply.status != 200:
        assert 400 <= reply.status < 500
        problem(reply, reply.status)


def test_an_unknown_query_changes_nothing_for_a_message(general: Served) -> None:
    raw = message("with-query")
    reply = general.ask("POST", LODGE + "?dry_run=1&force=true&%00=%00", general.credentials(raw), raw)
    assert reply.status == 201


KEYS = {
    "another": "another-id",
    "of blanks": "a b",
    "empty quotes": '""',
    "of 30,000 characters": "k" * 30_000,
    "a list": "request, request",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_an_idempotency_key_that_is_not_the_message_id_is_refused(general: Served, untouched: None, key: str) -> None:
    found = findings(general.send("lodgement", RAW, **{"idempotency-key": key}))
    assert codes_at(found) == {("HD-IDEMPOTENCY-KEY", "/message_id")}


@pytest.mark.parametrize("key", ["with-key", '"with-key"'])
def test_an_idempotency_key_that_is_the_message_id_changes_nothing(general: Served, key: str) -> None:
    assert general.send("lodgement", message("with-key"), **{"idempotency-key": key}).status == 201


ETAGS = ["", "*", "W/", '"', '""', '"a", "b"', "a" * 10_000, '"\u00e9"', "null"]


@pytest.mark.parametrize("etag", ETAGS, ids=lambda etag: etag[:12])
def test_any_etag_is_answered(general: Served, etag: str) -> None:
    lodged = general.send("lodgement", message(f"etag-{etag[:20].encode().hex()}")).json
    headers = {**general.credentials(b""), "if-none-match": etag}
    assert general.ask("GET", f"{LODGE}/{lodged['declaration_no']}", headers).status == 200


def test_the_declaration_of_another_is_nothing_as_a_number_that_is_none(general: Served) -> None:
    declaration_of_another = general.send("lodgement", message("of-the-first")).json["declaration_no"]
    headers = general.credentials(b"", people.trader_code(2))
    his = general.ask("GET", f"{LODGE}/{declaration_of_another}", headers)
    none = general.ask("GET", f"{LODGE}/199999999990", headers)
    assert problem(his, 404) == problem(none, 404)
    assert his.body == none.body


def test_every_path_of_another_lane_says_where_it_is_taken(general: Served, untouched: None) -> None:
    for route in ROUTES:
        if route.lane != "general":
            body = problem(general.ask(route.method, route.path, general.credentials(b"{}"), b"{}"), 421)
            assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+" + route.path, body["address"])


def test_two_requests_at_once_on_one_connection_are_two_answers(general: Served) -> None:
    with socket.create_connection(("127.0.0.1", general.port), timeout=20) as connection:
        one = b"GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n"
        connection.sendall(one + one)
        seen = b""
        while seen.count(b"takes_messages") < 2:
            piece = connection.recv(65_536)
            assert piece
            seen += piece
    assert seen.count(b"HTTP/1.1 200") == 2


def test_findings_about_a_message_without_declaration_are_whole(general: Served, untouched: None) -> None:
    assert len(findings(general.send("lodgement", b"{}"))) >= 4
