"""Numbers of documents."""

import pytest

from haidang.documents.rules.filing import document_no, parse_document_no


@pytest.mark.parametrize(("shard", "ordinal"), [(0, 1), (7, 42), (63, 999_999_999)])
def test_a_number_says_shard_and_count(shard: int, ordinal: int) -> None:
    number = document_no(shard, ordinal)
    assert len(number) == 12 and parse_document_no(number) == (shard, ordinal)


def test_one_wrong_digit_makes_no_other_number() -> None:
    number = document_no(17, 123_456)
    for place in range(12):
        for digit in "0123456789":
            other = number[:place] + digit + number[place + 1 :]
            assert (parse_document_no(other) is not None) == (other == number)


@pytest.mark.parametrize(
    "text", ["", "1", "12345678901", "١٢٣٤٥٦٧٨٩٠١٢", "000000000000", "12345678901a", "1234567890123"]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    assert parse_document_no(text) is None


def test_a_shard_that_has_given_all_its_numbers_gives_none_twice() -> None:
    with pytest.raises(OverflowError):
        document_no(1, 10**9)
