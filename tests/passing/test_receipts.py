"""Tax receipts: of registered declarations, over the interface, as JSON and PDF; and checked offline, field by field."""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Any

import msgspec
import pytest

from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.gateway.printing import setting
from haidang.gateway.printing.receipt_saying import attached_in, spoken
from haidang.reference.lookups import lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.samples import shipped_messages
from haidang.taxes.actions import book_of_files
from haidang.taxes.engine import NotPriceable, OpenBook, Receipt, price, verify
from haidang.taxes.rules.receipts import canonical, registered
from tests.passing.rig import Rig, declared, item

TRADER = people.trader_code(1)
DAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def book() -> OpenBook:
    return OpenBook(book_of_files(lawbook_folder()))


@pytest.fixture(scope="module")
def receipts(book: OpenBook) -> list[Receipt]:
    """The receipts of the 300 samples, as if each were registered on the first day of a trial."""
    made = []
    for number, sample in enumerate(shipped_messages()):
        message = decode_lodgement(sample.message)
        assert isinstance(message, Lodgement)
        priced = price(book, message.declaration, DAY, message.declaration.kind_code)
        assert isinstance(priced, Receipt)
        made.append(registered(priced, f"{10_000_000_000 + number}0", "2026-03-02T08:00:00+07:00"))
    return made


def ask(rig: Rig, number: str, accept: str = "", code: str = TRADER, etag: str | None = None, query: str = "") -> Any:
    return rig.ask(f"/declarations/{number}/receipt", code, query, accept=accept, etag=etag)


@pytest.mark.processes
def test_300_of_300_receipts_verify_and_add_up(receipts: list[Receipt], book: OpenBook) -> None:
    assert len(receipts) == 300
    assert [each.declaration_no for each in receipts if verify(canonical(each), book).differences] == []
    for each in receipts:
        assert sum(total.total_vnd for total in each.totals) == each.payable_vnd
        for total in each.totals:
            lines = sum(tax.amount_vnd_e4 for line in each.lines for tax in line.taxes if tax.kind == total.kind)
            assert (lines, lines + total.rounded_vnd_e4) == (total.lines_vnd_e4, total.total_vnd * 10_000)
        assert all(tax.measure and tax.measure.instrument and tax.law for line in each.lines for tax in line.taxes)


def leaves(pointer: str, node: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    """Yield (pointer, what holds it, key, value) of every value of a tree but marks and digest."""
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)):
        at = f"{pointer}/{key}"
        if at in ("/marks", "/sha256"):
            continue
        if isinstance(value, dict | list) and value:
            yield from leaves(at, value)
        else:
            yield at, node, key, value


def other(value: Any, drawn: random.Random) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + drawn.choice((1, 10_000))
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).replace(day=17).isoformat()
        except ValueError:
            return value + drawn.choice("0X")
    return value


def tampered(receipts: list[Receipt], count: int) -> Iterator[tuple[str, bytes]]:
    drawn = random.Random(7)
    while count:
        tree = json.loads(canonical(drawn.choice(receipts)))
        pointer, holder, key, value = drawn.choice(list(leaves("", tree)))
        changed = other(value, drawn)
        if changed != value:
            holder[key] = changed
            count -= 1
            yield pointer, msgspec.json.encode(tree)


def test_each_of_200_tampered_receipts_is_named_by_its_field(receipts: list[Receipt], book: OpenBook) -> None:
    missed = []
    for pointer, content in tampered(receipts, 200):
        try:
            named = {each.pointer for each in verify(content, book).differences}
        except NotPriceable as error:
            named = {f"/{str(error).partition(':')[0]}"}
        if pointer not in named:
            missed.append((pointer, sorted(named)[:5]))
    assert missed == []


def test_who_changes_a_rate_and_seals_the_receipt_anew_is_still_found(receipts: list[Receipt], book: OpenBook) -> None:
    tree = json.loads(canonical(next(each for each in receipts if each.payable_vnd)))
    tax = next(tax for line in tree["lines"] for tax in line["taxes"] if tax["rate_bp"])
    tax["rate_bp"] = 1
    forged = msgspec.convert(tree, Receipt)
    sealed = canonical(registered(forged, forged.declaration_no, forged.registered_at))
    named = [each.pointer for each in verify(sealed, book).differences]
    assert any(pointer.endswith("/rate_bp") for pointer in named) and "/sha256" in named


def test_a_field_too_many_or_too_few_is_named(receipts: list[Receipt], book: OpenBook) -> None:
    tree = json.loads(canonical(receipts[0]))
    tree["lines"][0]["taxes"][0]["gift"] = 1
    del tree["totals"][0]["rounded_vnd_e4"]
    with pytest.raises(NotPriceable, match="rounded_vnd_e4"):
        verify(msgspec.json.encode(tree), book)
    tree["totals"][0]["rounded_vnd_e4"] = receipts[0].totals[0].rounded_vnd_e4
    assert [each.pointer for each in verify(msgspec.json.encode(tree), book).differences] == ["/lines/0/taxes/0/gift"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"form": "haidang-receipt-1"}'])
def test_what_is_no_receipt_is_refused(book: OpenBook, content: bytes) -> None:
    with pytest.raises(NotPriceable):
        verify(content, book)


def test_whatever_stands_in_a_field_the_check_answers(receipts: list[Receipt], book: OpenBook) -> None:
    """Numbers beyond 64 bits, other types, other days: a difference or a refusal, never a fault."""
    drawn = random.Random(11)
    strange: tuple[Any, ...] = (
        -1,
        10**30,
        2**63,
        1.5,
        None,
        "",
        "x" * 1_000,
        [],
        {},
        True,
        "9999-12-31",
        "0001-01-01",
        "B14",
    )
    found = 0
    for _ in range(250):
        tree = json.loads(canonical(drawn.choice(receipts)))
        part = drawn.choice((tree, tree["declared"]))
        _, holder, key, value = drawn.choice(list(leaves("", part)))
        holder[key] = other_value = drawn.choice(strange)
        if other_value == value:
            continue
        content = json.dumps(tree).encode()
        with suppress(NotPriceable):
            assert verify(content, book).differences
        found += 1
    assert found > 180


def test_a_receipt_of_a_registered_declaration_comes_with_its_journal_and_verifies(rig: Rig, book: OpenBook) -> None:
    status, answer = rig.lodge(declared(items=(item(), item(line_no=2))))
    assert status == 201
    response = ask(rig, answer["declaration_no"])
    receipt = msgspec.json.decode(response.body, type=Receipt)
    assert (receipt.declaration_no, receipt.payable_vnd) == (answer["declaration_no"], answer["payable_vnd"])
    assert receipt.record is not None and receipt.record.journal_seq == 1 and len(receipt.record.journal_sha256) == 64
    checked = verify(response.body, book)
    assert (checked.differences, checked.same_lawbook) == ((), True)
    assert ask(rig, answer["declaration_no"], etag=dict(response.headers)["etag"]).status == 304


def test_a_receipt_after_an_amendment_is_that_of_what_stands(rig: Rig, book: OpenBook) -> None:
    _, answer = rig.lodge(declared())
    status, amended = rig.amend(answer["declaration_no"], declared(items=(item(), item(line_no=2))))
    assert status == 200, amended
    response = ask(rig, amended["declaration_no"])
    receipt = msgspec.json.decode(response.body, type=Receipt)
    assert receipt.declaration_no == amended["declaration_no"] and receipt.payable_vnd == amended["payable_vnd"]
    assert verify(response.body, book).differences == ()


def test_the_pdf_carries_the_receipt_that_verifies(rig: Rig, book: OpenBook) -> None:
    _, answer = rig.lodge(declared())
    response = ask(rig, answer["declaration_no"], "application/pdf")
    assert response.status == 200 and response.body.startswith(b"%PDF-")
    attached = attached_in(response.body)
    assert attached is not None and attached == ask(rig, answer["declaration_no"]).body
    assert verify(attached, book).differences == ()
    assert attached_in(b"%PDF-1.7 nothing attached") is None


def test_a_long_receipt_is_printed_in_parts_that_hold_every_line_once_and_carry_the_whole(
    rig: Rig, book: OpenBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rig.lodge(declared(items=tuple(item(line_no=at) for at in range(1, 6))))[1]["declaration_no"]
    monkeypatch.setattr(setting, "MOST_LINES", 2)
    said: list[dict[str, Any]] = []
    real = setting.pdf
    monkeypatch.setattr(setting, "pdf", lambda form, *how: said.append(form) or real(form, *how))
    parts = [ask(rig, number, "application/pdf", query=query) for query in ("", "part=2", "part=3")]
    assert [part.status for part in parts] == [200] * 3 and len({dict(part.headers)["etag"] for part in parts}) == 3
    links = [dict(part.headers).get("link") for part in parts]
    assert links == ['<?part=2>; rel="next"', '<?part=3>; rel="next"', None]
    assert [each["no"] for form in said for each in form["values"]] == [str(at) for at in range(1, 6)]
    assert {each["line"] for each in said[1]["taxes"]} == {"3", "4"}
    assert [form["summary"][-1]["value"] for form in said] == ["1–2 / 5", "3–4 / 5", "5–5 / 5"]
    assert {form["payable"] for form in said} == {said[0]["payable"]}
    whole = ask(rig, number).body
    assert [attached_in(part.body) for part in parts] == [whole] * 3
    assert verify(whole, book).differences == ()
    wrong = ask(rig, number, "application/pdf", query="part=4")
    assert wrong.status == 404 and "part=3" in json.loads(wrong.body)["title"]
    assert ask(rig, number, query="part=4").status == 200, "JSON has no parts"


def test_a_receipt_is_for_those_who_may_read_the_declaration(rig: Rig) -> None:
    _, answer = rig.lodge(declared())
    assert ask(rig, answer["declaration_no"], code=people.trader_code(2)).status == 404
    assert ask(rig, "199999999990").status == 404
    assert ask(rig, answer["declaration_no"], "image/png").status == 406


def test_what_a_page_shows_is_in_both_languages(receipts: list[Receipt]) -> None:
    said = spoken(receipts[0], trial=True)
    pairs = [each["name"] for each in (*said["summary"], *said["totals"], *said["taxes"], *said["rounding"])]
    assert all(len(each) == 2 and all(each) for each in pairs)
    assert "đồng" in said["in_words"][0] and "dong" in said["in_words"][1]
