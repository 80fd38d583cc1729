"""Whatever arrives, decoding answers: terms, a reason, or findings. Never an exception, and never two answers for one message."""

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.declarations.rules import check
from haidang.declarations.rules.fields import fields
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import DAY, TARIFF_CODES, codes_of_day
from haidang.gateway.messages import envelope, following
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement, encode_lodgement
from haidang.gateway.messages.json_safety import Undecodable, composed
from haidang.kernel.findings import Finding
from tests.examples import examples

MESSAGES = (
    envelope._LODGEMENT,
    envelope._REGISTRATION,
    envelope._DRAFT,
    envelope._PAYMENT,
    envelope._ARRIVAL,
    envelope._RESULT,
    envelope._ACT,
)
NAMES = sorted({field.name for field in fields()} | {name for table in following.ENVELOPES.values() for name in table})
ROUNDS, MUTANTS_A_ROUND = 15, 100


def answered(message: Any, raw: bytes) -> Any:
    """Decode on all paths and hold the answers against each other."""
    answer, exact, typed = (
        message.decode(raw),
        message._decode_exactly(raw),
        message._decode_typed(composed(raw) or raw),
    )
    assert answer == exact
    assert typed is None or typed == exact
    if isinstance(answer, list):
        assert answer and all(isinstance(finding, Finding) and finding.pointer.startswith("/") for finding in answer)
        msgspec.json.encode(answer)
    else:
        assert isinstance(answer, Undecodable | msgspec.Struct)
    return answer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(NAMES),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(raw: bytes) -> None:
    for message in MESSAGES:
        answered(message, raw)


@settings(max_examples=examples(300), deadline=None)
@given(JSON, st.booleans())
def test_any_json_is_answered(tree: Any, ascii_only: bool) -> None:
    raw = json.dumps(tree, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for message in MESSAGES:
        answered(message, raw)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from([field for field in fields() if field.group == "header"]), JSON, st.booleans())
def test_any_value_in_any_field_is_answered(field: Any, value: Any, in_item: bool) -> None:
    body = build.wire()
    home = body["items"][0] if in_item else body
    home[field.name] = value
    raw = json.dumps({"message_id": "m", "sender": "s", "procedure": "LODGE", "declaration": body}).encode()
    answered(envelope._LODGEMENT, raw)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_mutated_messages_are_answered_and_what_is_read_is_written_again_the_same(seed: int) -> None:
    chance = random.Random(seed)
    originals = [build.message(build.declaration(2)), build.message(build.export_declaration(1))]
    read = 0
    for _ in range(MUTANTS_A_ROUND):
        answer = answered(envelope._LODGEMENT, _mutated(chance.choice(originals), chance))
        if isinstance(answer, Lodgement):
            read += 1
            assert decode_lodgement(encode_lodgement(answer)) == answer
            for finding in check(answer.declaration, codes_of_day(), TARIFF_CODES, DAY):
                assert finding.text_vi and finding.text_en and finding.pointer.startswith("/declaration")
    assert 0 < read < MUTANTS_A_ROUND


_SNIPPETS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\x00", b"\xff", b"\xe2\x80\x8b", b"-", b"e400", b"NaN", b"null"),
    *(b'""', b"true", b"0", b"99999999999999999999", b"\\u0000", b"\\ud800", b"e\xcc\x81", b"\xc4\x90", b".", b'"x":1,'),
]  # fmt: skip


def _mutated(raw: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(raw))
        match chance.randrange(6):
            case 0:
                raw = raw[:at] + chance.choice(_SNIPPETS) + raw[at:]
            case 1:
                raw = raw[:at] + raw[at + chance.randint(1, 8) :]
            case 2:
                raw = raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
            case 3:
                raw = _with_a_value(raw, chance)
            case 4:
                part = raw[at : at + chance.randint(1, 40)]
                raw = raw[:at] + part + raw[at:]
            case _:
                digits = [place for place in range(len(raw)) if raw[place : place + 1].isdigit()]
                place = chance.choice(digits) if digits else 0
                raw = raw[:place] + str(chance.randrange(10)).encode() + raw[place + 1 :]
        raw = raw or b"{}"
    return raw


def _with_a_value(raw: bytes, chance: random.Random) -> bytes:
    """Give one member another value of the right shape, so that the mutant gets past the decoder now and then."""
    try:
        tree = json.loads(raw)
        declared = tree["declaration"]
        home = chance.choice([declared, *declared["items"]])
        home[chance.choice(list(home))] = chance.choice(["", "1", "12.5", "VN", "2026-03-02", 7, "ề", "B14", "X" * 30])
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        return raw
    return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
