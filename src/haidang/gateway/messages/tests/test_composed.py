"""Vietnamese letters written with their marks behind them: composed for the whole message at once, or left to the exact decoder."""

import json
import unicodedata

import pytest

from haidang.declarations.tests import build
from haidang.gateway.messages import envelope
from haidang.gateway.messages.json_safety import composed
from haidang.gateway.messages.remains import Faults

ALPHABET = "áàảãạ ăắằẳẵặ âấầẩẫậ đ éèẻẽẹ êếềểễệ íìỉĩị óòỏõọ ôốồổỗộ ơớờởỡợ úùủũụ ưứừửữự ýỳỷỹỵ"


def noted(text: str) -> bytes:
    """Return a message with these notes."""
    return json.dumps(
        {**json.loads(build.message(build.declaration(1))), "declaration": build.wire() | {"notes": text}},
        ensure_ascii=False,
    ).encode()


@pytest.mark.parametrize("letters", [ALPHABET, ALPHABET.upper()])
def test_every_vietnamese_letter_is_composed_as_the_exact_decoder_composes_it(letters: str) -> None:
    apart = noted(unicodedata.normalize("NFD", letters))
    message = envelope._LODGEMENT
    assert composed(apart) == noted(letters)
    assert message.decode(apart) == message._decode_typed(noted(letters)) == message._decode_exactly(apart)
    assert message.decode(apart).declaration.notes == letters


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "chữ",
        "\u0301a",
        "a\u0301\u0301",
        "a\u0323\u0302\u0301",
        "a" + "\u0301" * 40,
        "=\u0338",
        "\u212a\u0301",
        "a\u0315",
        "a\u0301 日本",
        "a\u0301\\",
        "a\u0301\u200b",
    ],
)
def test_what_does_not_become_letters_is_left_to_the_exact_decoder(text: str) -> None:
    raw = noted(text)
    assert composed(raw) is None
    message = envelope._LODGEMENT
    assert message.decode(raw) == message._decode_exactly(raw)


def test_a_text_that_is_too_long_only_while_its_letters_are_apart_is_taken() -> None:
    message = envelope._LODGEMENT
    fits, beyond = (noted(unicodedata.normalize("NFD", "á" * count)) for count in (150, 151))
    assert message.decode(fits).declaration.notes == "á" * 150
    assert isinstance(message.decode(beyond), Faults) and message.decode(beyond) == message._decode_exactly(beyond)


def test_bytes_that_are_no_text_are_left() -> None:
    assert composed(b'{"a":"\xcc"}') is None and composed(b'{"a":"a\xcc\x81\xff"}') is None
