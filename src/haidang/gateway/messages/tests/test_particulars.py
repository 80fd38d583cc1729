"""Fields that few declarations use come through JSON and XML unharmed; a plain message is read by the smaller table and says the same."""

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from haidang.declarations.rules.fields import fields
from haidang.declarations.terms import Attachment, Declaration, Transit
from haidang.declarations.tests import build
from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import PlainWireDeclaration, WireDeclaration, encode_declaration
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement, encode_lodgement
from haidang.taxes.terms import TaxRelief

DAY = date(2026, 3, 2)


def laden() -> Declaration:
    """Return a declaration that says much of what few say."""
    line = build.goods_item(
        1,
        material_code="103CC",
        declared_duty_rate_bp=525,
        declared_specific_duty_e4=12_500,
        temporary_line_no=3,
        tax_codes=("VB901",),
        tax_reliefs=(TaxRelief(1, "SXG01", 50_000),),
    )
    return build.declaration(
        items=(line, build.goods_item(2)),
        vessel_code="9999",
        return_due_on=DAY,
        temporary_declaration_no="10123456789",
        valuation_details="Trị giá giao dịch; ngày vận đơn",
        other_law_codes=("AB", "CD"),
        attachments=(Attachment("ETC", "123456789012"),),
        transits=(Transit("03CCS01", DAY, DAY),),
    )


def read(raw: bytes) -> Declaration:
    answer = decode_lodgement(raw)
    assert isinstance(answer, Lodgement), answer
    return answer.declaration


def test_what_few_declarations_say_is_read_and_written_again() -> None:
    declared = laden()
    raw = build.message(declared)
    assert read(raw) == declared
    answer = decode_lodgement(raw)
    assert isinstance(answer, Lodgement) and read(encode_lodgement(answer)) == declared


def test_the_same_comes_through_xml() -> None:
    declared = laden()
    written = wco_writing.write("m-1", build.TRADER_CODE, json.loads(msgspec.json.encode(encode_declaration(declared))))
    assert read(written) == declared


def test_the_smaller_table_reads_a_plain_declaration_as_the_whole_one_does() -> None:
    wire = msgspec.json.encode(build.wire())
    plain = msgspec.json.decode(wire, type=PlainWireDeclaration)
    assert msgspec.json.encode(plain) == msgspec.json.encode(msgspec.json.decode(wire, type=WireDeclaration))
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(msgspec.json.encode(build.wire(laden())), type=PlainWireDeclaration)


def test_a_draft_keeps_the_particulars() -> None:
    kept = msgspec.msgpack.encode(laden())
    assert msgspec.msgpack.decode(kept, type=Declaration) == laden()


@pytest.mark.parametrize(
    "field", [field for field in fields() if field.rare and field.type == "W"], ids=lambda f: f.name
)
def test_a_rare_wide_text_is_as_long_as_its_bytes(field: Any) -> None:
    body = json.loads(build.message())
    body["declaration"][field.name] = "ề" * (field.width // 3)
    assert isinstance(decode_lodgement(json.dumps(body, ensure_ascii=False).encode()), Lodgement)
    body["declaration"][field.name] += "ề"
    answer = decode_lodgement(json.dumps(body, ensure_ascii=False).encode())
    assert [each.code for each in answer] == ["HD-TOO-LONG"]  # type: ignore[union-attr]


def test_a_wide_letter_in_a_rare_half_width_field_is_refused() -> None:
    body = json.loads(build.message())
    body["declaration"]["package_marks"] = "Số 1"
    answer = decode_lodgement(json.dumps(body, ensure_ascii=False).encode())
    assert [(each.code, each.pointer) for each in answer] == [("HD-HALF-WIDTH", "/declaration/package_marks")]  # type: ignore[union-attr]
