"""The compiled decoder reads what is ordinary as the exact one does, and gives up at everything else. Mutants of messages: `test_fuzz`."""

import json
import sys
from typing import Any

import pytest
from msgspec import Struct

from haidang.declarations.rules.fields import group
from haidang.declarations.terms import NO_PARTICULARS
from haidang.declarations.tests import build
from haidang.gateway.messages import envelope
from haidang.gateway.messages.ordinary_tables import BUILT, reader

pytestmark = pytest.mark.skipif(not BUILT, reason="the compiled decoder is not built here")

IMPORT = build.message(build.declaration(3))
EXPORT = build.message(build.export_declaration(2))
FULL: dict[str, Any] = {
    "entrusting_party_name": "Công ty “Mẫu” số 2 – chi nhánh Đà Nẵng €",
    "transport_document_nos": ["BL-1", "BL-2", "BL-3", "BL-4", "BL-5"],
    "container_nos": [f"MSKU{number:07}" for number in range(50)],
    "container_count": 50,
    "permits": [{"type_code": "GP01", "permit_no": f"GP-2026/{number}"} for number in range(5)],
    "invoice_on": "2024-02-29",
    "gross_mass": "0.001",
    "gross_mass_unit_code": "KGM",
    "invoice_total": "0",
    "freight": "12.5",
    "allocation_total": "000.1",
    "release_request_code": "A",
    "valuation_code": "1",
    "notes": "ÿ é ü",
}
FULL_LINE: dict[str, Any] = {
    "out_of_quota": True,
    "quantity2": "3",
    "unit2_code": "PCE",
    "adjustment_nos": [1, 5],
    "tax_codes": ["V10", "B20"],
    "customs_value_currency_code": "VND",
    "declared_customs_value": "1234567.8901",
    "duty_exemption_code": "XN210",
    "duty_reduction": "0.0001",
}


def read(raw: bytes) -> Any:
    """Return what the compiled decoder reads, held against the exact one."""
    message = envelope._LODGEMENT
    assert message._ordinary is not None
    found = message._ordinary(raw)
    if found is not None:
        exact = message._decode_exactly(raw)
        assert found == exact and repr(found) == repr(exact) and type(found) is type(exact)
    return found


def changed(header: dict[str, Any], line: dict[str, Any], raw: bytes = IMPORT) -> bytes:
    """Return a message with other members of the header and of its last line."""
    body = json.loads(raw)
    body["declaration"]["items"][-1] |= line
    body["declaration"] |= header
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("raw", [IMPORT, EXPORT, changed(FULL, FULL_LINE), changed(FULL, {}, EXPORT)])
def test_an_ordinary_message_is_read_as_the_exact_decoder_reads_it(raw: bytes) -> None:
    assert isinstance(read(raw), envelope.Lodgement)


def test_blanks_between_tokens_and_another_order_of_members_change_nothing() -> None:
    body = json.loads(changed(FULL, FULL_LINE))
    body["declaration"]["items"] = [dict(reversed(line.items())) for line in body["declaration"]["items"]]
    body["declaration"] = dict(reversed(body["declaration"].items()))
    spaced = json.dumps(dict(reversed(body.items())), ensure_ascii=False, indent=2).replace("\n", " \r\n\t")
    found = read(f" \n{spaced}\t".encode())
    assert found is not None and found == read(changed(FULL, FULL_LINE))


def test_a_draft_is_read_as_the_exact_decoder_reads_it() -> None:
    body = {"procedure": "IDA", "draft_no": "10000000001", "declaration": build.wire()}
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert envelope._DRAFT._ordinary is not None
    found = envelope._DRAFT._ordinary(raw)
    assert isinstance(found, envelope.Draft) and found == envelope._DRAFT._decode_exactly(raw)


def test_every_beginning_of_a_message_is_given_up() -> None:
    raw = changed(FULL, FULL_LINE)
    assert not any(read(raw[:length]) for length in range(len(raw)))


@pytest.mark.parametrize("behind", [b"{}", b"x", b"\x00", b",", b"}"])
def test_anything_behind_the_message_is_given_up(behind: bytes) -> None:
    assert read(IMPORT + behind) is None


UNUSUAL_HEADERS: list[dict[str, Any]] = [
    *({"notes": text} for text in ("", "e\u0301", "a\u200bb", "tab\there", 'a"b', "a\\b", "\x7f", "日本", "\U0001f600", "\ue000", "x" * 301)),
    *({"notes": odd} for odd in ("á" * 151, None, 5, [], True)),
    *({"vessel_name": text} for text in ("Tàu", "x" * 36, "")),
    *({"invoice_on": text} for text in ("2026-02-30", "2025-02-29", "1999-12-31", "2100-01-01", "2026-1-1", "2026-13-01", "20260101")),
    *({"invoice_total": text} for text in ("1.", ".5", "1.23456", "-1", "1e3", " 1", "٣", "9" * 17, "0" * 19, "1.2.3", 5, "")),
    *({"package_count": odd} for odd in (0, -1, 1.0, "5", 10**8, None, True)),
    *({"container_nos": odd} for odd in ([], ["A"] * 51, ["A", ""], ["A", None], "A")),
    *({"permits": odd} for odd in ([], [{}], [{"type_code": "GP01"}], [{"type_code": "GP01", "permit_no": "1", "x": "1"}])),
    *({"gross_mass_unit_code": odd} for odd in ("TNE", "LBR", "ZZZ")),
    *({"release_request_code": odd} for odd in ("D", "a")),
    *({"items": odd} for odd in ([], {}, None)),
    {"adjustments": []}, {"trader_phone": "1"}, {"unknown": "1"}, {"kind_code": "A111"}, {"trader_code": ""},
]  # fmt: skip
UNUSUAL_LINES: list[dict[str, Any]] = [
    *({"out_of_quota": odd} for odd in (False, "true", 1, None)),
    *({"adjustment_nos": odd} for odd in ([0], [10], ["1"], [1] * 6)),
    {"tax_reliefs": []}, {"line_law_codes": ["A"]}, {"material_code": "1"}, {"quantity": "1.234"}, {"quantity": "9" * 13},
]  # fmt: skip


def test_a_header_that_is_not_plainly_right_is_given_up() -> None:
    assert [header for header in UNUSUAL_HEADERS if read(changed(header, {})) is not None] == []


def test_a_line_that_is_not_plainly_right_is_given_up() -> None:
    assert [line for line in UNUSUAL_LINES if read(changed({}, line)) is not None] == []


def test_a_message_without_a_field_that_both_directions_demand_is_given_up() -> None:
    needed = {name for name, field in group("header").items() if field.always_needed}
    for name in needed:
        body = json.loads(IMPORT)
        del body["declaration"][name]
        assert read(json.dumps(body, ensure_ascii=False).encode()) is None, name
    assert len(needed) > 5


NOT_PLAIN = [
    (b'"kind_code":', b'"kind_code":"A11","kind_code":'),
    (b'"kind_code":', b'"kind\\u005fcode":'),
    (b'"kind_code":', b'"kind_codes":'),
    (b'"kind_code":', b"'kind_code':"),
    (b'"quantity":"12"', b'"quantity":"12",'),
    (b'"quantity":"12"', b'"quantity":"\xff"'),
    (b'"quantity":"12"', b'"quantity":"12" "'),
    (b'"description":"M', b'"description":"\xc3'),
    (b'"description":"M', b'"description":"\xe0\x81\x81'),
    (b'"description":"M', b'"description":"\xed\xa0\x80'),
    (b'"description":"M', b'"description":"\xe2\x80'),
]


def test_what_is_not_written_plainly_is_given_up() -> None:
    assert all(was in IMPORT for was, _ in NOT_PLAIN)
    assert [now for was, now in NOT_PLAIN if read(IMPORT.replace(was, now)) is not None] == []


def test_amounts_of_which_a_sum_could_overflow_are_given_up() -> None:
    body = json.loads(IMPORT)
    for line in body["declaration"]["items"]:
        line["invoice_value"] = "99999999999999.9999"
    many = [dict(body["declaration"]["items"][0]) for _ in range(10)]
    assert read(json.dumps(body, ensure_ascii=False).encode()) is not None
    body["declaration"]["items"] = many
    assert read(json.dumps(body, ensure_ascii=False).encode()) is None


def test_a_mark_behind_its_letter_is_read_on_the_fast_path_of_either_decoder() -> None:
    apart = changed({"notes": "Ca\u0301 ba\u0323\u0302c"}, {})
    assert (
        envelope._LODGEMENT.decode(apart)
        == envelope._LODGEMENT._decode_exactly(apart)
        == read(changed({"notes": "Cá bậc"}, {}))
    )


def test_nothing_is_kept_of_messages_read_or_given_up() -> None:
    broken = [IMPORT[: len(IMPORT) - cut] for cut in range(1, 400, 7)] + [
        changed({"notes": "日本"}, {}),
        changed(FULL, {"x": 1}),
    ]
    raws = [IMPORT, EXPORT, changed(FULL, FULL_LINE), *broken]
    decode = envelope._LODGEMENT._ordinary
    assert decode is not None
    for raw in raws:
        decode(raw)
    before = sys.getallocatedblocks(), sys.getrefcount(NO_PARTICULARS), sys.getrefcount(envelope.Lodgement)
    for _ in range(50):
        for raw in raws:
            decode(raw)
    after = sys.getallocatedblocks(), sys.getrefcount(NO_PARTICULARS), sys.getrefcount(envelope.Lodgement)
    assert after[1:] == before[1:] and abs(after[0] - before[0]) < 50


def test_only_bytes_are_read_and_every_attribute_must_have_a_source() -> None:
    class Wanting(Struct):
        message_id: str
        never: str

    decode = envelope._LODGEMENT._ordinary
    assert decode is not None
    with pytest.raises(TypeError):
        decode(IMPORT.decode())  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        decode(IMPORT, known=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="never"):
        reader(Wanting, envelope.SIGNED)


def test_a_type_of_field_that_the_compiled_decoder_does_not_know_stays_with_python() -> None:
    class Paid(Struct):
        paid_at: Any = None

    with pytest.raises(ValueError, match="type T"):
        reader(Paid, [field for field in envelope.PAYMENT.values() if field.type == "T"])
