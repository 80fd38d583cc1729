"""Bytes that are not one JSON object with one meaning: refused with the reason, whatever else they hold."""

import json

import pytest

from haidang.declarations.tests import build
from haidang.gateway.messages.envelope import (
    Lodgement,
    decode_arrival,
    decode_draft,
    decode_lodgement,
    decode_payment,
    decode_registration,
    decode_result,
)
from haidang.gateway.messages.json_safety import Number, Undecodable, parse, spare_bytes

RAW = build.message()
DECODERS = (decode_lodgement, decode_registration, decode_draft, decode_payment, decode_arrival, decode_result)


def _in_notes(text: str) -> bytes:
    return RAW.replace("Hàng mới".encode(), text.encode("utf-8", "surrogatepass"))


UNREADABLE = {
    "empty": (b"", "HD-MALFORMED"),
    "blank": (b"  \n", "HD-MALFORMED"),
    "cut off": (RAW[:-1], "HD-MALFORMED"),
    "two objects": (RAW + RAW, "HD-MALFORMED"),
    "trailing comma": (RAW[:-1] + b",}", "HD-MALFORMED"),
    "single quotes": (b"{'a':1}", "HD-MALFORMED"),
    "comment": (b"/* */" + RAW, "HD-MALFORMED"),
    "byte order mark": (b"\xef\xbb\xbf" + RAW, "HD-NOT-UTF8"),
    "UTF-16": (RAW.decode().encode("utf-16"), "HD-NOT-UTF8"),
    "UTF-16 without mark": (RAW.decode().encode("utf-16-le"), "HD-NOT-UTF8"),
    "UTF-32": (RAW.decode().encode("utf-32"), "HD-NOT-UTF8"),
    "Latin-1": (RAW.decode().replace("ươ", "uo").encode("latin-1", "replace").replace(b"?", b"\xe9"), "HD-NOT-UTF8"),
    "TCVN3": (RAW.replace("Hàng".encode(), b"H\xb5ng"), "HD-NOT-UTF8"),
    "overlong": (RAW.replace(b"LODGE", b"LODG\xc1\x85"), "HD-NOT-UTF8"),
    "lone byte": (RAW.replace(b"LODGE", b"LODG\xff"), "HD-NOT-UTF8"),
    "split letter": (RAW.replace("Hàng".encode(), b"H\xc3a\xa0ng"), "HD-NOT-UTF8"),
    "raw surrogate": (_in_notes("\ud800"), "HD-NOT-UTF8"),
    "raw NUL": (RAW.replace(b"LODGE", b"LODGE\x00"), "HD-MALFORMED"),
    "raw control": (RAW.replace(b"LODGE", b"LODGE\x1b"), "HD-MALFORMED"),
    "raw line break in a string": (RAW.replace(b"LODGE", b"LOD\nGE"), "HD-MALFORMED"),
    "escaped lone surrogate": (_in_notes("\\ud800"), "HD-HALF-CHARACTER"),
    "escaped low surrogate": (_in_notes("\\udc00 x"), "HD-HALF-CHARACTER"),
    "lone surrogate in a key": (RAW.replace(b'"notes"', b'"notes\\udfff"'), "HD-HALF-CHARACTER"),
    "NaN": (RAW.replace(b'"package_count":42', b'"package_count":NaN'), "HD-NON-FINITE"),
    "Infinity": (RAW.replace(b'"package_count":42', b'"package_count":Infinity'), "HD-NON-FINITE"),
    "-Infinity": (RAW.replace(b'"package_count":42', b'"package_count":-Infinity'), "HD-NON-FINITE"),
    "deep lists": (b"[" * 100_000, "HD-TOO-DEEP"),
    "deep lists, closed": (b"[" * 100_000 + b"]" * 100_000, "HD-TOO-DEEP"),
    "deep objects": (b'{"a":' * 100_000, "HD-TOO-DEEP"),
    "deep in a field": (RAW.replace(b'"package_count":42', b'"package_count":' + b"[" * 100_000), "HD-TOO-DEEP"),
    "33 levels": (b'{"a":' + b"[" * 32 + b"]" * 32 + b"}", "HD-TOO-DEEP"),
    "list on top": (b"[" + RAW + b"]", "HD-NOT-AN-OBJECT"),
    "string on top": (b'"LODGE"', "HD-NOT-AN-OBJECT"),
    "number on top": (b"1e400", "HD-NOT-AN-OBJECT"),
    "null on top": (b"null", "HD-NOT-AN-OBJECT"),
}
_SENDER = b'"sender":"' + build.TRADER_CODE.encode() + b'"'
DUPLICATES = {
    "in the envelope": RAW.replace(b'"procedure"', b'"sender":"other","procedure"'),
    "with the same value": RAW.replace(_SENDER, _SENDER + b"," + _SENDER),
    "in the header": RAW.replace(b'"package_count":42', b'"package_count":41,"package_count":42'),
    "in a line": RAW.replace(b'"quantity":"12"', b'"quantity":"1","quantity":"12"'),
    "in the last line": b'"quantity":"1500","quantity":"1"'.join(RAW.rsplit(b'"quantity":"1500"', 1)),
    "the lines twice": RAW.replace(b'"items":[', b'"items":[],"items":['),
    "the declaration twice": RAW[:-1] + b',"declaration":{}}',
    "in a permit": RAW.replace(b'"items"', b'"permits":[{"type_code":"A","type_code":"B","permit_no":"1"}],"items"'),
    "escaped": RAW.replace(b'"package_count":42', b'"package\\u005fcount":41,"package_count":42'),
    "escaped letter": RAW.replace(b'"package_count":42', b'"\\u0070ackage_count":41,"package_count":42'),
    "a blank before the colon": RAW.replace(b'"package_count":42', b'"package_count" :41,"package_count":42'),
    "a tab before the colon": RAW.replace(b'"package_count":42', b'"package_count"\t:41,"package_count":42'),
    "a line break before the colon": RAW.replace(b'"package_count":42', b'"package_count":41,"package_count"\n:42'),
    "a number": RAW.replace(b'"package_count":42', b'"package_count":1,"package_count":2,"package_count":42'),
    "balanced by an empty field": RAW.replace(b'"package_count":42', b'"package_count":1,"package_count":42').replace(
        b'"vessel_name":"HAI DANG 01"', b'"vessel_name":""'
    ),
    "an unknown one": RAW.replace(b'"sender"', b'"x":1,"x":2,"sender"'),
}


@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
@pytest.mark.parametrize(("raw", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_bytes_are_told_why(decode: object, raw: bytes, reason: str) -> None:
    answer = decode(raw)  # type: ignore[operator]
    assert isinstance(answer, Undecodable)
    assert answer.code == reason
    assert answer.text_vi and answer.text_en


@pytest.mark.parametrize("raw", DUPLICATES.values(), ids=DUPLICATES)
def test_a_key_written_twice_is_refused_wherever_it_stands(raw: bytes) -> None:
    assert raw != RAW
    answer = decode_lodgement(raw)
    assert isinstance(answer, Undecodable)
    assert answer.code == "HD-DUPLICATE-KEY"


def test_the_same_key_in_two_objects_is_no_duplicate() -> None:
    assert isinstance(decode_lodgement(build.message(build.declaration(3))), Lodgement)


def test_thirty_two_levels_are_read_and_then_refused_as_unknown() -> None:
    answer = decode_lodgement(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}")
    assert isinstance(answer, list)


def test_a_list_of_a_million_brackets_does_not_crash() -> None:
    assert isinstance(decode_lodgement(b'{"message_id":' + b"[" * 1_000_000), Undecodable)


def test_numbers_are_kept_as_written() -> None:
    huge = "9" * 5_000
    assert parse(f'{{"a":1e400,"b":-0,"c":{huge},"d":1.10}}'.encode()) == {
        "a": Number("1e400"),
        "b": Number("-0"),
        "c": Number(huge),
        "d": Number("1.10"),
    }


def test_the_cheap_test_doubts_only_what_it_should() -> None:
    vietnamese = "ẮẰẲẴẶ ắằẳẵặ đĐ ơƠ ưƯ ỹ – “m²” 25 °C … × €"
    assert spare_bytes(vietnamese.encode()) == len(vietnamese.encode()) - len(vietnamese)
    assert spare_bytes("中文 한국어 日本語".encode()) is not None
    for doubtful in (
        "e\u0301",
        "\u200b",
        "\u202e",
        "\x7f",
        "\x85",
        "\u00ad",
        "\ue000",
        "\ufeff",
        "\U000e0041",
        "a\\n",
        "\uffff",
    ):
        assert spare_bytes(f"ề{doubtful}".encode()) is None


def test_a_reason_names_the_place_of_a_fault() -> None:
    answer = decode_lodgement(b'{\n"a" 1}')
    assert isinstance(answer, Undecodable) and "line 2" in answer.text_en


def test_a_duplicate_key_is_named_in_harmless_letters() -> None:
    answer = decode_lodgement(json.dumps({"a\u202e": 1}).encode()[:-1] + b',"a\\u202e":2}')
    assert isinstance(answer, Undecodable) and "\u202e" not in answer.text_en and "\\u202e" in answer.text_en
