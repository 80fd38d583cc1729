"""XML of the WCO Data Model: what is written is read back the same, what has no place is told, and hostile XML is refused."""

import os
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from haidang.declarations.terms import DeclaredAdjustment, Permit
from haidang.declarations.tests import build
from haidang.gateway.messages import wco, wco_writing, xml_safety
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement, decode_payment
from haidang.gateway.messages.json_safety import Undecodable

FOLDER = Path(os.environ.get("HAIDANG_TEST_DATA", "")) / "wco-dm"
needs_samples = pytest.mark.skipif(
    not os.environ.get("HAIDANG_TEST_DATA") or not FOLDER.is_dir(), reason="HAIDANG_TEST_DATA has no wco-dm"
)


def lodgement(**changes: Any) -> Lodgement:
    declared = build.declaration(items=tuple(build.goods_item(line + 1) for line in range(3)), **changes)
    read = decode_lodgement(build.message(declared, message_id="m-1", sender=declared.trader_code))
    assert isinstance(read, Lodgement)
    return read


def as_xml(given: Lodgement) -> bytes:
    return wco_writing.write(given.message_id, given.sender, encode_declaration(given.declaration))


def told(raw: bytes) -> set[tuple[str, str]]:
    read = decode_lodgement(raw)
    assert isinstance(read, list), read
    return {(finding.code, finding.wco_pointer) for finding in read}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"container_nos": ("CSQU3054383", "HLXU2008419")},
        {"permits": (Permit("AB01", "1/2026"), Permit("AC02", "22/2026"))},
        {"adjustments": (DeclaredAdjustment("A", 1, "USD", 125_0000, 0, "AD"),)},
        {"transport_document_nos": ("B/L-1", "B/L-2")},
        {"notes": "Hàng <mới> & 100 %, lô “A”"},
    ],
)
def test_what_is_written_is_read_back_the_same(changes: dict[str, Any]) -> None:
    given = lodgement(**changes)
    assert decode_lodgement(as_xml(given)) == given


def test_an_envelope_around_the_declaration_changes_nothing() -> None:
    given = lodgement()
    raw = as_xml(given).replace(b"<?xml version='1.0' encoding='UTF-8'?>", b"")
    assert decode_lodgement(b"\xef\xbb\xbf<?xml version='1.0'?><a:MetaData xmlns:a='urn:a'><a:B/>" + raw + b"</a:MetaData>") == given  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        (b"<FunctionCode>9", b"<FunctionCode>13", "HD-XML-FUNCTION", "Declaration/FunctionCode"),
        (b"<GoodsItemQuantity>3", b"<GoodsItemQuantity>4", "HD-XML-COUNT", "Declaration/GoodsItemQuantity"),
        (b"<SequenceNumeric>2", b"<SequenceNumeric>5", "HD-XML-SEQUENCE", "Declaration/GoodsShipment/GovernmentAgencyGoodsItem[2]/SequenceNumeric"),
        (b'<ItemChargeAmount currencyID="USD"', b'<ItemChargeAmount currencyID="EUR"', "HD-XML-CURRENCY",
         "Declaration/GoodsShipment/GovernmentAgencyGoodsItem[1]/Commodity/InvoiceLine/ItemChargeAmount/@currencyID"),
        (b"<Submitter>", b"<Submitter><Name>A</Name>", "HD-XML-NO-PLACE", "Declaration/Submitter/Name"),
        (b"<TotalGrossMassMeasure>", b'<TotalGrossMassMeasure x="1">', "HD-XML-NO-PLACE", "Declaration/TotalGrossMassMeasure/@x"),
        (b"<StatementCode>SKB", b"<StatementCode>ZZZ", "HD-XML-NO-PLACE", "Declaration/AdditionalInformation/StatementDescription"),
        (b"<TypeCode>A11</TypeCode>", b"<TypeCode>A11</TypeCode><TypeCode>B11</TypeCode>", "HD-TYPE", "Declaration/TypeCode"),
        (b"<TotalPackageQuantity unitCode=\"CT\">42", b"<TotalPackageQuantity unitCode=\"CT\">42.5", "HD-NUMBER", "Declaration/TotalPackageQuantity"),
    ],
)  # fmt: skip
def test_what_does_not_agree_or_has_no_place_is_told(old: bytes, new: bytes, code: str, place: str) -> None:
    raw = as_xml(lodgement())
    assert old in raw
    assert (code, place) in told(raw.replace(old, new, 1))


def test_many_strange_elements_are_told_up_to_a_bound() -> None:
    strange = b"".join(b"<X%d>1</X%d>" % (number, number) for number in range(500))
    codes = [code for code, _ in told(as_xml(lodgement()).replace(b"<FunctionCode>9", strange + b"<FunctionCode>9", 1))]
    assert codes.count("HD-XML-NO-PLACE") == wco.TOLD


LAUGHS = b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"ha") for n in range(12))
HOSTILE = {
    "billion laughs": (b"<!DOCTYPE d [" + LAUGHS + b"]><Declaration>&a11;</Declaration>", "HD-XML-FORBIDDEN"),
    "external entity": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "/etc/passwd">]><d>&x;</d>', "HD-XML-FORBIDDEN"),
    "external subset": (b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd"><d/>', "HD-XML-FORBIDDEN"),
    "empty document type": (b"<!DOCTYPE d><d/>", "HD-XML-FORBIDDEN"),
    "processing instruction": (b"<?xml-stylesheet href='a'?><d/>", "HD-XML-FORBIDDEN"),
    "deep": (b"<d>" * 100_000, "HD-XML-TOO-MUCH"),
    "many attributes": (b"<d " + b" ".join(b"a%d='1'" % n for n in range(10_000)) + b"/>", "HD-XML-TOO-MUCH"),
    "many elements": (b"<d>" + b"<e/>" * (xml_safety.MAX_ELEMENTS + 1) + b"</d>", "HD-XML-TOO-MUCH"),
    "unknown entity": (b"<d>&nbsp;</d>", "HD-XML-MALFORMED"),
    "not closed": (b"<d>", "HD-XML-MALFORMED"),
    "two roots": (b"<d/><d/>", "HD-XML-MALFORMED"),
    "an attribute twice": (b"<d a='1' a='2'/>", "HD-XML-MALFORMED"),
    "NUL": (b"<d>\0</d>", "HD-XML-MALFORMED"),
    "not UTF-8": (b"<d>\xff</d>", "HD-XML-MALFORMED"),
    "an unknown encoding": (b"<?xml version='1.0' encoding='x-none'?><d/>", "HD-XML-MALFORMED"),
    "half a character": (b"<d>&#xD800;</d>", "HD-XML-MALFORMED"),
    "nothing": (b"<", "HD-XML-MALFORMED"),
    "no declaration": (b"<d/>", "HD-XML-ROOT"),
    "another namespace": (b"<Declaration xmlns='urn:other'/>", "HD-XML-ROOT"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_as_unreadable(name: str) -> None:
    raw, code = HOSTILE[name]
    read = decode_lodgement(raw)
    assert isinstance(read, Undecodable)
    assert read.code == code


def test_texts_with_refused_characters_are_told() -> None:
    raw = as_xml(lodgement()).replace(b"<Name>HAI DANG 01", "<Name>HAI\u202eDANG".encode(), 1)
    assert any(code == "HD-CHARACTER" for code, _ in told(raw))


def test_other_messages_are_not_taken_as_xml() -> None:
    read = decode_payment(as_xml(lodgement()))
    assert isinstance(read, Undecodable)
    assert read.code == "HD-MALFORMED"


@needs_samples
def test_each_published_declaration_is_read_and_what_our_law_lacks_in_it_is_told() -> None:
    declarations = 0
    for path in sorted(FOLDER.rglob("*.xml")):
        read = decode_lodgement(path.read_bytes())
        if isinstance(read, Undecodable):
            assert read.code == "HD-XML-ROOT", path
            assert b"WCOTypeName>DEC" not in path.read_bytes(), path
            continue
        declarations += 1
        assert isinstance(read, list), path
        codes = {finding.code for finding in read}
        assert "HD-MISSING" in codes, path
        assert all(finding.text_vi and finding.text_en and finding.pointer for finding in read), path
    assert declarations > 200


@needs_samples
def test_what_is_written_is_valid_by_the_published_schema() -> None:
    schema = etree.XMLSchema(etree.parse(FOLDER / "schemas" / "wco" / "declaration" / "WCO_DEC_2_DMS.xsd"))
    for changes in (
        {},
        {"container_nos": ("CSQU3054383", "HLXU2008419")},
        {"permits": (Permit("AB1", "1/2026"),)},
    ):
        schema.assertValid(etree.fromstring(as_xml(lodgement(**changes))))
