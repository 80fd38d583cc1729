"""Whole đồng in words."""

import pytest

from haidang.kernel.spelling import vnd_in_english, vnd_in_vietnamese


@pytest.mark.parametrize(
    ("amount", "vietnamese", "english"),
    [
        (0, "không đồng", "zero dong"),
        (15, "mười lăm đồng", "fifteen dong"),
        (21, "hai mươi mốt đồng", "twenty-one dong"),
        (105, "một trăm linh năm đồng", "one hundred and five dong"),
        (1_205, "một nghìn hai trăm linh năm đồng", "one thousand two hundred and five dong"),
        (1_000_005, "một triệu không trăm linh năm đồng", "one million five dong"),
        (147_980_184, "một trăm bốn mươi bảy triệu chín trăm tám mươi nghìn một trăm tám mươi bốn đồng",
         "one hundred and forty-seven million nine hundred and eighty thousand one hundred and eighty-four dong"),
        (99_999_999_999, "chín mươi chín tỷ chín trăm chín mươi chín triệu chín trăm chín mươi chín nghìn chín trăm chín mươi chín đồng",
         "ninety-nine billion nine hundred and ninety-nine million nine hundred and ninety-nine thousand nine hundred and ninety-nine dong"),
        (2 * 10**12, "hai nghìn tỷ đồng", "two trillion dong"),
    ],
)  # fmt: skip
def test_an_amount_is_spelled_as_it_is_said(amount: int, vietnamese: str, english: str) -> None:
    assert (vnd_in_vietnamese(amount), vnd_in_english(amount)) == (vietnamese, english)


def test_nothing_below_zero_is_spelled() -> None:
    for spell in (vnd_in_vietnamese, vnd_in_english):
        with pytest.raises(ValueError, match="below zero"):
            spell(-1)
