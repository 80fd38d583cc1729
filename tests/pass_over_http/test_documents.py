"""Documents over HTTP: given once, read by those who may, logged when customs reads, and served so that nothing runs."""

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from haidang.documents.tests import build
from haidang.site.demo import people
from tests.bad_input.checks import assert_whole

PATH = "/api/v1/documents"
BROKER = people.broker_code(1)
ITS = people.trader_code(next(n for n in range(1, 280) if people.broker_of(n) == BROKER))
A, B, CUSTOMS = people.trader_code(33), people.trader_code(34), "03CC"
INVOICE = {
    "number": "HĐ-1", "date": "2026-02-20", "currency": "USD", "total": "1250.5", "seller": "SAMPLE", "buyer": "Công ty Mẫu", "line_count": 2,
}  # fmt: skip


def message(content: bytes = build.PDF, **changes: Any) -> dict[str, Any]:
    body = {"type": "invoice", "fields": INVOICE, "content": b64encode(content).decode(), **changes}
    return {name: value for name, value in body.items() if value is not None}


def give(asker: Any, code: str, content: bytes = build.PDF, **changes: Any) -> Any:
    raw = json.dumps(message(content, **changes), ensure_ascii=False).encode()
    return asker.ask("POST", PATH, asker.token(code), raw)


def get(asker: Any, code: str, number: str, what: str = "", **headers: str) -> Any:
    return asker.ask("GET", f"{PATH}/{number}{what}", {**asker.token(code), **headers})


def fresh(number: int) -> bytes:
    """Return a PDF that no other test gives."""
    return build.PDF.replace(b"endobj", b"%% %d\nendobj" % number)


def test_a_document_is_given_once_and_the_same_bytes_are_the_same_document(asker):
    first, again = give(asker, A), give(asker, A)
    assert (first.status, again.status) == (201, 200)
    assert first.json == again.json
    assert first.json["sha256"] == hashlib.sha256(build.PDF).hexdigest()
    assert first.json["fields"] == INVOICE and first.json["trader_code"] == first.json["given_by"] == A
    assert get(asker, A, first.json["document_no"]).json == first.json
    other = give(asker, A, fields={**INVOICE, "total": "1"})
    assert other.status == 422 and other.json["findings"][0]["code"] == "HD-DOCUMENT-KNOWN"
    assert first.json["document_no"] in other.json["findings"][0]["text_en"]


def test_what_was_read_is_not_sent_again_while_it_is_the_same(asker):
    number = give(asker, A, fresh(1)).json["document_no"]
    tag = dict(get(asker, A, number).headers)["etag"]
    assert get(asker, A, number, **{"if-none-match": tag}).status == 304


def test_the_bytes_come_back_as_they_went_and_nothing_may_run(asker):
    number = give(asker, A, fresh(2)).json["document_no"]
    sent = get(asker, A, number, "/content")
    headers = dict(sent.headers)
    assert sent.status == 200 and sent.body == fresh(2)
    assert headers["content-type"] == "application/pdf"
    assert headers["content-disposition"] == f'attachment; filename="{number}.pdf"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "no-store"


def test_what_is_anothers_and_what_is_nobodys_look_alike(asker):
    number = give(asker, A, fresh(3)).json["document_no"]
    for what in ("", "/content"):
        replies = [get(asker, B, each, what) for each in (number, number[:-1] + "x", "630000000017", "000000000000")]
        replies += [get(asker, code, number, what) for code in (BROKER, "NGANHANGM01", "CANGMAU01", "BCT")]
        shown = {(r.status, r.body, str([h for h in r.headers if h[0] != "date"])) for r in replies}
        assert len(shown) == 1 and replies[0].status == 404


def test_an_agent_gives_for_its_principal_and_both_read_it(asker):
    given = give(asker, BROKER, fresh(4), trader_code=ITS)
    assert given.status == 201 and (given.json["trader_code"], given.json["given_by"]) == (ITS, BROKER)
    number = given.json["document_no"]
    assert [get(asker, code, number, "/content").status for code in (BROKER, ITS, A)] == [200, 200, 404]
    of_trader = give(asker, ITS, fresh(5)).json["document_no"]
    assert get(asker, BROKER, of_trader, "/content").status == 200


def test_nobody_gives_for_a_trader_without_its_mandate(asker):
    refused = give(asker, BROKER, fresh(6), trader_code=A)
    assert refused.status == 422 and [each["code"] for each in refused.json["findings"]] == ["HD-NO-MANDATE"]


def test_customs_reads_a_document_by_an_officer_for_a_reason_and_each_reading_is_kept(asker):
    number = give(asker, A, fresh(7)).json["document_no"]
    assert get(asker, CUSTOMS, number).status == 200
    assert get(asker, CUSTOMS, number, "/content").status == 403
    assert get(asker, CUSTOMS, number, "/content?officer=03CC-01").status == 404
    path = "/content?officer=03CC-01&reason=ki%E1%BB%83m%20tra"
    assert [get(asker, CUSTOMS, number, path).body for _ in range(2)] == [fresh(7)] * 2
    assert get(asker, A, number, "/content").status == 200
    with asker.owner() as connection:
        rows = connection.execute(
            "SELECT reading_no, reader_id, officer_code, reason FROM document_reading WHERE (shard_id, ordinal) = (%s, %s) ORDER BY 1",
            (int(number[:2]), int(number[2:11])),
        ).fetchall()
        party = connection.execute("SELECT party_id FROM party WHERE code = %s", (CUSTOMS,)).fetchone()
    assert party is not None and rows == [(no, party[0], "03CC-01", "kiểm tra") for no in (1, 2)]


BAD = {
    "a PDF and a zip": (message(build.PDF + build.archive()), {("HD-FILE-TWO-TYPES", "/content")}),
    "an image said to be a PDF": (message(build.png(), media_type="application/pdf"), {("HD-FILE-OTHER-TYPE", "/media_type")}),
    "no bytes": (message(b""), {("HD-MISSING", "/content")}),
    "too many bytes": (message(build.CSV + b"a" * 2_000_000), {("HD-FILE-TOO-LARGE", "/content")}),
    "macros": (message(build.xlsx_with("xl/vbaProject.bin")), {("HD-FILE-MACRO", "/content")}),
    "a document type in XML": (message(b"<!DOCTYPE a><a/>"), {("HD-FILE-XML", "/content")}),
    "no base64": ({**message(), "content": "@@@"}, {("HD-FILE-BASE64", "/content")}),
    "no such type": (message(type="letter"), {("HD-CODE", "/type")}),
    "a field of another type": (message(type="contract"), {("HD-UNKNOWN-FIELD", f"/fields/{n}") for n in ("currency", "total", "line_count")}),
    "no fields": (message(fields={}), {("HD-MISSING", f"/fields/{n}") for n in INVOICE if n != "line_count"}),
    "a day that is none": (message(fields={**INVOICE, "date": "2026-02-30"}), {("HD-DATE", "/fields/date")}),
    "an amount that is none": (message(fields={**INVOICE, "total": "-1"}), {("HD-NUMBER", "/fields/total")}),
    "no such currency": (message(fields={**INVOICE, "currency": "ZZZ"}), {("HD-CODE", "/fields/currency")}),
    "a name with a direction": (message(file_name="a\u202egpj.pdf"), {("HD-CHARACTER", "/file_name")}),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_document_is_told_what_is_wrong_and_what_to_do(asker, what):
    body, wanted = BAD[what]
    reply = asker.ask("POST", PATH, asker.token(A), json.dumps(body).encode())
    assert reply.status == 422, reply.body[:500]
    found = reply.json["findings"]
    assert {(each["code"], each["pointer"]) for each in found} == wanted
    for each in found:
        assert_whole(each)


def test_a_document_needs_a_token_and_one_json_object(asker):
    assert asker.ask("POST", PATH, {}, b"{}").status == 401
    assert asker.ask("POST", PATH, asker.token(A), b"[]").status == 400
