"""Good messages become terms, by the fast path and by the exact one alike, and terms become messages again."""

import json
import unicodedata
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.declarations.rules.fields import fields
from haidang.declarations.terms import Declaration, DeclaredAdjustment, GoodsItem, Permit
from haidang.declarations.tests import build
from haidang.gateway.messages import envelope
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.envelope import Draft, Lodgement, decode_draft, decode_lodgement, encode_lodgement
from tests.examples import examples

FULL = build.declaration(
    lines=3,
    cargo_class_code="A",
    entrusting_party_code=build.TRADER_CODE,
    entrusting_party_name="Công ty Cổ phần Ủy thác",
    container_nos=("HDAU1234560",),
    permits=(Permit("GP01", "12/GP-BCT"), Permit("KD01", "KD-7")),
    valuation_code="8",
    freight_code="A",
    freight_currency_code="EUR",
    freight_e4=12_345_678,
    insurance_code="A",
    insurance_currency_code="USD",
    insurance_e4=1,
    adjustments=(DeclaredAdjustment("A", 1, "USD", 25_000, 0, "AD"), DeclaredAdjustment("", 0, "", 0, 0, "IP")),
    allocation_total_e4=10**12,
    payment_timing_code="A",
    guarantee_key="VCB/2026/BL/0001",
    release_request_code="A",
    items=(
        build.goods_item(1, out_of_quota=True, tariff_schedule_code="B14", adjustment_nos=(1, 2), tax_codes=("GB01", "VB10")),
        build.goods_item(2, quantity2_milli=12_340, unit2_code="KGM", customs_value_currency_code="USD", declared_customs_value_e4=0),
        build.goods_item(3, duty_exemption_code="SXG01", duty_reduction_vnd_e4=15_000),
    ),
)  # fmt: skip
SAMPLES = [
    build.declaration(1),
    build.declaration(50),
    build.export_declaration(5),
    FULL,
    build.declaration(gross_mass_g=None, invoice_total_e4=None, arrival_on=None),
]


def _exactly(raw: bytes) -> Any:
    return envelope._LODGEMENT._decode_exactly(raw)


@pytest.mark.parametrize("declared", SAMPLES, ids=range(len(SAMPLES)))
def test_both_paths_read_what_was_declared(declared: Declaration) -> None:
    raw = msgspec.json.encode(
        {"message_id": "m-1", "sender": "s", "procedure": "LODGE", "declaration": encode_declaration(declared)}
    )
    expected = Lodgement("m-1", "s", "LODGE", declared)
    assert decode_lodgement(raw) == expected
    assert _exactly(raw) == expected


def test_the_fast_path_takes_a_plain_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope.Message, "_decode_exactly", lambda self, raw: pytest.fail("the exact path was taken"))
    for declared in SAMPLES:
        assert isinstance(decode_lodgement(encode_lodgement(Lodgement("m-1", "s", "LODGE", declared))), Lodgement)


def test_the_builder_and_the_encoder_write_the_same_object() -> None:
    for declared in (build.declaration(3), build.export_declaration(3)):
        assert build.wire(declared) == encode_declaration(declared)


def test_a_message_written_another_way_means_the_same() -> None:
    declared = build.declaration(2)
    body = json.loads(build.message(declared))
    plain = decode_lodgement(build.message(declared))
    body["declaration"] |= {"trader_reference": declared.trader_reference, "cargo_class_code": "", "permits": []}
    for raw in (
        json.dumps(body, indent=2).encode(),
        json.dumps(body, ensure_ascii=True, separators=(" ,", " : ")).encode(),
        json.dumps(dict(reversed(body.items())), ensure_ascii=False).encode(),
        build.message(declared).replace(b'"LODGE"', b'"\\u004cODGE"'),
    ):
        assert decode_lodgement(raw) == plain


def test_decomposed_letters_are_stored_composed() -> None:
    composed = "Công ty TNHH Nguyễn Văn Đức"
    decomposed = "Co\u0302ng ty TNHH Nguye\u0302\u0303n Va\u0306n Đu\u031b\u0301c"
    raw = build.message().replace("Công ty TNHH Thương mại Bình Minh".encode(), decomposed.encode())
    message = decode_lodgement(raw)
    assert isinstance(message, Lodgement)
    assert message.declaration.trader_name == composed


def test_a_text_is_measured_after_it_was_composed() -> None:
    decomposed = "e\u0302\u0300" * 100
    raw = build.message().replace("Hàng mới".encode(), decomposed.encode())
    message = decode_lodgement(raw)
    assert isinstance(message, Lodgement)
    assert message.declaration.notes == "ề" * 100


@pytest.mark.parametrize(
    ("written", "unit", "grams"),
    [("2450.5", None, 2_450_500), ("2.4505", "TNE", None), ("2.45", "TNE", 2_450_000), ("100", "LBR", 45_359), ("0.001", "KGM", 1)],
)  # fmt: skip
def test_a_mass_becomes_grams(written: str, unit: str | None, grams: int | None) -> None:
    body = build.wire() | {"gross_mass": written} | ({"gross_mass_unit_code": unit} if unit else {})
    message = decode_lodgement(build.message(declaration=body))
    if grams is None:
        assert isinstance(message, list) and [finding.code for finding in message] == ["HD-DECIMALS"]
    else:
        assert isinstance(message, Lodgement) and message.declaration.gross_mass_g == grams


@pytest.mark.parametrize(("class_code", "sign"), [("AD", 1), ("SB", -1), ("IP", 0), ("DP", 0)])
def test_the_class_of_an_adjustment_gives_its_sign(class_code: str, sign: int) -> None:
    body = build.wire() | {"adjustments": [{"class_code": class_code}]}
    message = decode_lodgement(build.message(declaration=body))
    assert isinstance(message, Lodgement)
    assert message.declaration.adjustments == (DeclaredAdjustment("", sign, "", 0, 0, class_code),)


def test_lines_are_numbered_as_they_stand() -> None:
    message = decode_lodgement(build.message(build.declaration(7)))
    assert isinstance(message, Lodgement)
    assert [item.line_no for item in message.declaration.items] == [1, 2, 3, 4, 5, 6, 7]


def test_what_is_not_declared_has_its_default() -> None:
    message = decode_lodgement(build.message(build.declaration(1)))
    assert isinstance(message, Lodgement)
    declared = message.declaration
    assert (declared.valuation_code, declared.payment_timing_code, declared.freight_e4) == ("6", "D", 0)
    assert (declared.allocation_total_e4, declared.items[0].duty_reduction_vnd_e4) == (None, None)
    assert message.accept_repricing is False


def test_more_than_fifty_lines_are_taken() -> None:
    message = decode_lodgement(build.message(build.declaration(5000)))
    assert isinstance(message, Lodgement) and len(message.declaration.items) == 5000


def test_a_draft_has_no_sender() -> None:
    raw = json.dumps({"procedure": "IDA", "declaration": build.wire(), "draft_no": "100000000010"}).encode()
    assert decode_draft(raw) == Draft("IDA", build.declaration(), "100000000010")
    refused = decode_draft(build.message())
    assert isinstance(refused, list)
    assert {f.pointer for f in refused} == {"/message_id", "/sender", "/procedure"}


LETTERS = st.characters(codec="utf-8", min_codepoint=0x20, max_codepoint=0x1EF9, categories=("L", "N", "P", "S"))
ASCII = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


def _value(attribute: str, type_: str, width: int, decimals: int) -> st.SearchStrategy[Any]:
    if type_ == "F":
        places = next(
            n
            for suffix, n in (("_bp", 2), ("_milli", 3), ("_g", 3), ("_e4", 4), ("_e6", 6))
            if attribute.endswith(suffix)
        )
        most = 10 ** min(width - 1 - decimals, 10 if decimals == 4 else width)
        return st.integers(0, most * 10**decimals - 1).map(lambda value: value * 10 ** (places - decimals))
    if type_ == "I":
        return st.integers(1, 10**width - 1)
    if type_ == "D":
        return st.dates(date(2000, 1, 1), date(2099, 12, 31))
    if type_ == "W":
        return st.text(LETTERS, max_size=width // 4)
    return ASCII.map(lambda text: text[:width])


def _changes(group: str) -> st.SearchStrategy[dict[str, Any]]:
    optional = {
        field.attribute: _value(field.attribute, field.type, field.width, field.decimals)
        for field in fields()
        if field.group == group and field.attribute and field.type in "AWFID" and field.repeat == 1 and not field.values
        and not field.always_needed and field.name not in ("valuation_code", "payment_timing_code", "unit_price")
    }  # fmt: skip
    return st.fixed_dictionaries({}, optional=optional)


ITEMS = st.lists(_changes("item"), min_size=1, max_size=4).map(
    lambda changes: tuple(build.goods_item(number, **change) for number, change in enumerate(changes, 1))
)


@settings(max_examples=examples(150), deadline=None)
@given(_changes("header"), ITEMS)
def test_what_is_encoded_is_decoded_again(header: dict[str, Any], items: tuple[GoodsItem, ...]) -> None:
    composed = {k: unicodedata.normalize("NFC", v) if isinstance(v, str) else v for k, v in header.items()}
    declared = build.declaration(items=items, **{k: v for k, v in composed.items() if k != "items"})
    declared = msgspec.structs.replace(
        declared,
        items=tuple(
            msgspec.structs.replace(item, description=unicodedata.normalize("NFC", item.description) or "x")
            for item in items
        ),
    )
    raw = encode_lodgement(Lodgement("m-1", "s", "LODGE", declared, accept_repricing=True))
    expected = Lodgement("m-1", "s", "LODGE", declared, accept_repricing=True)
    assert decode_lodgement(raw) == expected
    assert _exactly(raw) == expected
