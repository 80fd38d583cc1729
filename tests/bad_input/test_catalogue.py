"""The catalogue of bad input over real HTTP, each message signed: 400 for bytes that are no message, 422 with findings for the rest, nothing stored."""

from typing import Any

import pytest

from haidang.gateway.messages.exact import UNKNOWN_NAMES
from haidang.site.demo import people
from tests.bad_input.checks import codes_at, findings, undecodable
from tests.bad_input.messages import Written, message, put, tree, written
from tests.bad_input.served import Served

RAW = message("bad-bytes")
DIGITS = "9" * 5_000


def _instead(old: bytes, new: bytes) -> bytes:
    assert RAW.count(old) == 1, old
    return RAW.replace(old, new)


_COUNT = b'"package_count":42'
_NOTES = "Hàng mới".encode()
UNDECODABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "HD-MALFORMED"),
    "blanks": (b" \r\n\t", "HD-MALFORMED"),
    "cut off": (RAW[:-1], "HD-MALFORMED"),
    "twice": (RAW + RAW, "HD-MALFORMED"),
    "EDIFACT": (b"UNA:+.? 'UNB+UNOC:3+A+B+260302:0800+1'", "HD-MALFORMED"),
    "a zip file": (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "HD-MALFORMED"),
    "NaN": (_instead(_COUNT, b'"package_count":NaN'), "HD-NON-FINITE"),
    "Infinity": (_instead(_COUNT, b'"package_count":Infinity'), "HD-NON-FINITE"),
    "minus Infinity": (_instead(_COUNT, b'"package_count":-Infinity'), "HD-NON-FINITE"),
    "a plus sign": (_instead(_COUNT, b'"package_count":+42'), "HD-MALFORMED"),
    "a leading zero": (_instead(_COUNT, b'"package_count":042'), "HD-MALFORMED"),
    "a hexadecimal number": (_instead(_COUNT, b'"package_count":0x2A'), "HD-MALFORMED"),
    "full-width digits as a number": (_instead(_COUNT, '"package_count":４２'.encode()), "HD-MALFORMED"),
    "a key twice": (_instead(_COUNT, b'"package_count":41,"package_count":42'), "HD-DUPLICATE-KEY"),
    "a key twice, once escaped": (_instead(_COUNT, b'"package\\u005fcount":41,"package_count":42'), "HD-DUPLICATE-KEY"),
    "a key twice, blanks": (_instead(_COUNT, b'"package_count" \t\r\n :41,"package_count":42'), "HD-DUPLICATE-KEY"),
    "a key twice in a line": (RAW.replace(b'"unit_code"', b'"unit_code":"KGM","unit_code"'), "HD-DUPLICATE-KEY"),
    "the sender twice": (_instead(b'"procedure"', b'"sender":"9900020005","procedure"'), "HD-DUPLICATE-KEY"),
    "a lone surrogate, escaped": (_instead(_NOTES, b"\\ud800"), "HD-HALF-CHARACTER"),
    "a pair the wrong way round": (_instead(_NOTES, b"\\udc00\\ud800"), "HD-HALF-CHARACTER"),
    "a lone surrogate in a key": (_instead(b'"notes"', b'"notes\\udfff"'), "HD-HALF-CHARACTER"),
    "a lone surrogate in bytes": (_instead(_NOTES, b"\xed\xa0\x80"), "HD-NOT-UTF8"),
    "an overlong NUL": (_instead(_NOTES, b"\xc0\x80"), "HD-NOT-UTF8"),
    "beyond Unicode": (_instead(_NOTES, b"\xf4\x90\x80\x80"), "HD-NOT-UTF8"),
    "TCVN3": (_instead(_NOTES, b"H\xb5ng"), "HD-NOT-UTF8"),
    "UTF-16": (RAW.decode().encode("utf-16"), "HD-NOT-UTF8"),
    "a byte order mark": (b"\xef\xbb\xbf" + RAW, "HD-NOT-UTF8"),
    "a raw NUL in a text": (_instead(_NOTES, b"a\x00b"), "HD-MALFORMED"),
    "a raw NUL between tokens": (_instead(_COUNT, b'\x00"package_count":42'), "HD-MALFORMED"),
    "a raw NUL at the end": (RAW + b"\x00", "HD-MALFORMED"),
    "NUL bytes only": (b"\x00" * 100, "HD-NOT-UTF8"),
    "a raw line break in a text": (_instead(_NOTES, b"a\nb"), "HD-MALFORMED"),
    "100,000 lists in each other": (b"[" * 100_000 + b"]" * 100_000, "HD-TOO-DEEP"),
    "100,000 objects in each other": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "HD-TOO-DEEP"),
    "100,000 lists in a field": (_instead(_COUNT, b'"package_count":' + b"[" * 100_000 + b"]" * 100_000), "HD-TOO-DEEP"),
    "2.4 million lists, never closed": (b"[" * 2_400_000, "HD-TOO-DEEP"),
    "a list": (b"[" + RAW + b"]", "HD-NOT-AN-OBJECT"),
    "a number of 5,000 digits": (DIGITS.encode(), "HD-NOT-AN-OBJECT"),
    "null": (b"null", "HD-NOT-AN-OBJECT"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "code"), UNDECODABLE.values(), ids=UNDECODABLE)
def test_bytes_that_are_no_message_are_told_why(general: Served, untouched: None, raw: bytes, code: str) -> None:
    undecodable(general.send("lodgement", raw), code)


@pytest.mark.parametrize("kind", ["draft", "registration"])
@pytest.mark.parametrize("name", ["nothing", "NaN", "a key twice", "a lone surrogate, escaped", "a raw NUL at the end"])
def test_every_kind_of_message_is_read_as_strictly(general: Served, untouched: None, kind: str, name: str) -> None:
    raw, code = UNDECODABLE[name]
    undecodable(general.send(kind, raw), code)


HEADER, LINE = "/declaration", "/declaration/items/0"
Case = tuple[str, Any, str]
"""Where, which value, and the code of the finding that comes back for that place."""


NUMBERS: dict[str, Case] = {
    **{
        f"quantity {value[:12]}": (f"{LINE}/quantity", value, "HD-NUMBER")
        for value in ("-1", "-0", "+1", "1e3", "1E400", "NaN", "Infinity", " 1", "1 ", "1.", ".5", "1_0", "1,0", "0x1", "１２", "٣", "²", "1\n", "một", "1.234,5", "1,234.5", "١٢٣", "1 234")
    },
    "quantity 0": (f"{LINE}/quantity", "0", "HD-ZERO"),
    "quantity 0.00": (f"{LINE}/quantity", "0.00", "HD-ZERO"),
    "quantity with three decimals": (f"{LINE}/quantity", "1.234", "HD-DECIMALS"),
    "quantity of 5,000 digits": (f"{LINE}/quantity", DIGITS, "HD-TOO-LONG"),
    "quantity as a number": (f"{LINE}/quantity", 12, "HD-TYPE"),
    "quantity as 1e400": (f"{LINE}/quantity", Written("1e400"), "HD-TYPE"),
    "quantity as a number of 5,000 digits": (f"{LINE}/quantity", Written(DIGITS), "HD-TYPE"),
    "quantity null": (f"{LINE}/quantity", None, "HD-TYPE"),
    "quantity empty": (f"{LINE}/quantity", "", "HD-MISSING"),
    "packages -1": (f"{HEADER}/package_count", -1, "HD-NUMBER"),
    "packages -0": (f"{HEADER}/package_count", Written("-0"), "HD-NUMBER"),
    "packages 0": (f"{HEADER}/package_count", 0, "HD-ZERO"),
    "packages 1.0": (f"{HEADER}/package_count", Written("1.0"), "HD-NUMBER"),
    "packages 1e2": (f"{HEADER}/package_count", Written("1e2"), "HD-NUMBER"),
    "packages 1e400": (f"{HEADER}/package_count", Written("1e400"), "HD-NUMBER"),
    "packages of 5,000 digits": (f"{HEADER}/package_count", Written(DIGITS), "HD-TOO-LARGE"),
    "packages 2**63": (f"{HEADER}/package_count", 2**63, "HD-TOO-LARGE"),
    "packages 100,000,000": (f"{HEADER}/package_count", 10**8, "HD-TOO-LARGE"),
    "packages as a text": (f"{HEADER}/package_count", "42", "HD-TYPE"),
    "packages true": (f"{HEADER}/package_count", True, "HD-TYPE"),
    "packages null": (f"{HEADER}/package_count", None, "HD-TYPE"),
    "gross mass 0": (f"{HEADER}/gross_mass", "0", "HD-ZERO"),
    "gross mass below the net mass": (f"{HEADER}/gross_mass", "1", "HD-GROSS-NET"),
    "10**18 invoiced": (f"{LINE}/invoice_value", "1" + "0" * 18, "HD-TOO-LARGE"),
    "10**30 invoiced": (f"{LINE}/invoice_value", "1" + "0" * 30, "HD-TOO-LONG"),
    "10**19 as unit price": (f"{LINE}/unit_price", "1" + "0" * 19, "HD-TOO-LONG"),
    "invoice value with five decimals": (f"{LINE}/invoice_value", "1.00001", "HD-DECIMALS"),
    "invoice value -1": (f"{LINE}/invoice_value", "-1", "HD-NUMBER"),
    "freight Infinity": (f"{HEADER}/freight", "Infinity", "HD-NUMBER"),
    "invoice total 1e400": (f"{HEADER}/invoice_total", "1e400", "HD-NUMBER"),
}  # fmt: skip
DATES: dict[str, Case] = {
    f"arrival {value}": (f"{HEADER}/arrival_on", value, "HD-DATE")
    for value in (
        *("2026-02-31", "2026-02-29", "31/02/2026", "2026-13-01", "2026-00-10", "0206-03-01", "1999-12-31", "2100-01-01", "9999-12-31"),
        *("2026-3-1", "20260301", "2026-W09-7", "2026-03-01T00:00:00Z", "２０２６-03-01", "2026-03-01 ", "-026-03-01", "hôm qua"),
    )
} | {"arrival as a number": (f"{HEADER}/arrival_on", 20260301, "HD-TYPE")}  # fmt: skip
TEXTS: dict[str, Case] = {
    **{
        f"notes with U+{ord(sign):04X}": (f"{HEADER}/notes", f"a{sign}b", "HD-CHARACTER")
        for sign in "\x00\x01\x1b\n\t\x7f\x85\u00ad\u200b\u200e\u202e\u2028\u2066\ue000\ufeff\ufffe\uffff\U000e0041\U0010ffff"
    },
    "notes of 301 bytes": (f"{HEADER}/notes", "ề" * 100 + "a", "HD-TOO-LONG"),
    "notes of a megabyte": (f"{HEADER}/notes", "a" * 1_000_000, "HD-TOO-LONG"),
    "a thousand accents on one letter": (f"{HEADER}/notes", "e" + "\u0301" * 1_000, "HD-CHARACTER"),
    "a million accents out of order": (f"{HEADER}/notes", "e" + "\u0315\u0300" * 500_000, "HD-CHARACTER"),
    "a million marks that fall apart": (f"{LINE}/description", "e" + "\u0f73" * 1_000_000, "HD-CHARACTER"),
    "a name of a megabyte": (f"{HEADER}/{'x' * 1_000_000}", 1, "HD-UNKNOWN-FIELD"),
    "a letter that grows in NFC": (f"{HEADER}/notes", "\ufb2c" * 90, "HD-TOO-LONG"),
    "diacritics where only ASCII may stand": (f"{HEADER}/counterparty_name", "HÃNBIT", "HD-HALF-WIDTH"),
    "full-width letters": (f"{HEADER}/invoice_no", "ＩＮＶ", "HD-HALF-WIDTH"),
    "a full-width tax code": (f"{HEADER}/trader_code", "９９０００１０００７", "HD-HALF-WIDTH"),
    "a full-width container number": (f"{HEADER}/container_nos", ["ＭＳＫＵ9070323"], "HD-HALF-WIDTH"),
    "notes as a list": (f"{HEADER}/notes", ["a"], "HD-TYPE"),
    "notes null": (f"{HEADER}/notes", None, "HD-TYPE"),
    "a description of blanks": (f"{LINE}/description", " \u00a0 ", "HD-MISSING"),
    "a message id with a blank": ("/message_id", "a b", "HD-CHARACTER"),
    "a message id of 65 characters": ("/message_id", "a" * 65, "HD-TOO-LONG"),
    "a message id of NUL": ("/message_id", "\x00", "HD-CHARACTER"),
    "a message id of accents": ("/message_id", "mã-1", "HD-HALF-WIDTH"),
    "no message id": ("/message_id", "", "HD-MISSING"),
    "another sender": ("/sender", people.trader_code(2), "HD-SENDER"),
    "SQL in a container number": (f"{HEADER}/container_nos", ["'); DROP--"], "HD-CONTAINER-NO"),
    "a container number with a wrong check digit": (f"{HEADER}/container_nos", ["MSKU9070324"], "HD-CONTAINER-NO"),
}  # fmt: skip
SHAPES: dict[str, Case] = {
    "no lines": (f"{HEADER}/items", [], "HD-NO-LINES"),
    "lines null": (f"{HEADER}/items", None, "HD-TYPE"),
    "lines as an object": (f"{HEADER}/items", {}, "HD-TYPE"),
    "a line null": (f"{HEADER}/items/0", None, "HD-TYPE"),
    "a line as a list": (f"{HEADER}/items/0", [], "HD-TYPE"),
    "the declaration null": (HEADER, None, "HD-TYPE"),
    "the declaration as a text": (HEADER, "{}", "HD-TYPE"),
    "the declaration as a list": (HEADER, [], "HD-TYPE"),
    "an unknown procedure": ("/procedure", "DROP", "HD-CODE"),
    "the procedure of a draft": ("/procedure", "IDA", "HD-CODE"),
    "six transport documents": (f"{HEADER}/transport_document_nos", ["a", "b", "c", "d", "e", "f"], "HD-TOO-MANY"),
    "51 containers": (f"{HEADER}/container_nos", ["MSKU9070323"] * 51, "HD-TOO-MANY"),
    "six permits": (f"{HEADER}/permits", [{"type_code": "AA01", "permit_no": "1"}] * 6, "HD-TOO-MANY"),
    "an empty transport document number": (f"{HEADER}/transport_document_nos", [""], "HD-MISSING"),
    "an empty container number": (f"{HEADER}/container_nos", ["MSKU9070323", ""], "HD-MISSING"),
    "an empty tax code": (f"{LINE}/tax_codes", ["", "V10"], "HD-MISSING"),
    "an adjustment of nothing": (f"{HEADER}/adjustments", [{}], "HD-MISSING"),
    "an adjustment without class": (
        f"{HEADER}/adjustments",
        [{"name_code": "A", "currency_code": "USD", "amount": "1"}],
        "HD-MISSING",
    ),
    "loaded where it is unloaded": (f"{HEADER}/loading_place_code", "VNHPH", "HD-PORT-PAIR"),
    "a permit of nothing": (f"{HEADER}/permits", [{}], "HD-MISSING"),
    "a text for a truth": (f"{LINE}/out_of_quota", "true", "HD-TYPE"),
    "a number for a truth": ("/accept_repricing", 1, "HD-TYPE"),
    "adjustment 0": (f"{LINE}/adjustment_nos", [0], "HD-ZERO"),
    "adjustment 9 of none": (f"{LINE}/adjustment_nos", [9], "R1096"),
    "an unknown name": (f"{HEADER}/package_counts", 1, "HD-UNKNOWN-FIELD"),
    "an empty name": (f"{HEADER}/", 1, "HD-UNKNOWN-FIELD"),
    "a name of Python": ("/__class__", {}, "HD-UNKNOWN-FIELD"),
    "a name of JavaScript": (f"{LINE}/__proto__", {"is_officer": True}, "HD-UNKNOWN-FIELD"),
    "a name with a slash": ("/a~1b", 1, "HD-UNKNOWN-FIELD"),
    "an attribute of ours": (f"{HEADER}/is_export", True, "HD-UNKNOWN-FIELD"),
    "a line number": (f"{LINE}/line_no", 7, "HD-UNKNOWN-FIELD"),
}


def spoiled(case: Case, message_id: str = "bad-value") -> bytes:
    """Return a valid lodgement with one value put in its place."""
    return put(tree(message_id), case[0], case[1])


ALL = NUMBERS | DATES | TEXTS | SHAPES


@pytest.mark.parametrize("case", ALL.values(), ids=ALL)
def test_a_bad_value_is_a_finding_at_its_place(general: Served, untouched: None, case: Case) -> None:
    found = findings(general.send("lodgement", spoiled(case)))
    pointer, _, code = case
    assert any(finding["code"] == code and finding["pointer"].startswith(pointer[:60]) for finding in found), codes_at(
        found
    )


@pytest.mark.parametrize(
    ("code", "is_none"),
    [(people.trader_code(2), False), ("0100109106", False), ("9900010008", True), ("1'; DROP--", True)],
)
def test_who_lodges_for_another_or_for_nobody_learns_nothing_of_the_code(
    general: Served, untouched: None, code: str, is_none: bool
) -> None:
    """That a code has a wrong check digit everybody can see; whether a right one is anybody's only who may act for it."""
    found = findings(general.send("lodgement", put(tree("for-another"), f"{HEADER}/trader_code", code)))
    wrong = {("HD-TAX-CODE", f"{HEADER}/trader_code")} if is_none else set()
    assert codes_at(found) == {("HD-NO-MANDATE", "/sender")} | wrong


def test_sixty_thousand_unknown_names_are_not_told_one_by_one(general: Served, untouched: None) -> None:
    body = tree("names")
    body["declaration"] |= {f"n{n}": 1 for n in range(60_000)}
    found = findings(general.send("lodgement", written(body)))
    assert {each["code"] for each in found} == {"HD-UNKNOWN-FIELD"} and len(found) == UNKNOWN_NAMES + 1
    assert found[-1]["pointer"] == HEADER
