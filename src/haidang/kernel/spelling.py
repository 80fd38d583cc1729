"""Whole amounts in words, Vietnamese and English, as receipts and vouchers write them."""

_DIGITS_VI = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES_VI = ("", "nghìn", "triệu", "tỷ")
_SMALL_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS_EN = ("", "", *["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
_SCALES_EN = ("", "thousand", "million", "billion", "trillion", "quadrillion", "quintillion")


def vnd_in_vietnamese(amount_vnd: int) -> str:
    """Return whole đồng in Vietnamese words: 1,205 is `một nghìn hai trăm linh năm đồng`.

    Raises:
        ValueError: the amount is below zero.
    """
    if amount_vnd < 0:
        raise ValueError("an amount in words is not below zero")
    return f"{_vietnamese(amount_vnd) if amount_vnd else _DIGITS_VI[0]} đồng"


def vnd_in_english(amount_vnd: int) -> str:
    """Return whole đồng in English words: 1,205 is `one thousand two hundred and five dong`.

    Raises:
        ValueError: the amount is below zero.
    """
    if amount_vnd < 0:
        raise ValueError("an amount in words is not below zero")
    words: list[str] = []
    for place, group in reversed(list(enumerate(_groups(amount_vnd)))):
        if group:
            words += [_hundreds_en(group), _SCALES_EN[place]]
    return " ".join([*filter(None, words or [_SMALL_EN[0]]), "dong"])


def _groups(amount: int) -> list[int]:
    """Return the groups of three digits, the last first."""
    groups = []
    while amount:
        amount, group = divmod(amount, 1000)
        groups.append(group)
    return groups


def _vietnamese(amount: int) -> str:
    """Return a positive amount; above a thousand million the words for it stand before `tỷ`, as they are said."""
    thousand_millions, rest = divmod(amount, 10**9)
    words = [_vietnamese(thousand_millions), _SCALES_VI[3]] if thousand_millions else []
    for place, group in reversed(list(enumerate(_groups(rest)))):
        if group:
            words += [_hundreds_vi(group, bool(words)), _SCALES_VI[place]]
    return " ".join(filter(None, words))


def _hundreds_vi(group: int, follows: bool) -> str:
    """Return a group of three digits; one that follows another names its hundreds even when there are none."""
    hundreds, rest = divmod(group, 100)
    tens, ones = divmod(rest, 10)
    words = [_DIGITS_VI[hundreds], "trăm"] if hundreds or follows else []
    if tens == 1:
        words.append("mười")
    elif tens:
        words += [_DIGITS_VI[tens], "mươi"]
    elif ones and words:
        words.append("linh")
    if ones:
        special = {1: "mốt"} if tens > 1 else {}
        if tens:
            special |= {5: "lăm"}
        words.append(special.get(ones, _DIGITS_VI[ones]))
    return " ".join(words)


def _hundreds_en(group: int) -> str:
    hundreds, rest = divmod(group, 100)
    words = [f"{_SMALL_EN[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, ones = divmod(rest, 10)
        small = (
            _SMALL_EN[rest] if rest < 20 else "-".join(filter(None, (_TENS_EN[tens], _SMALL_EN[ones] if ones else "")))
        )
        words.append(f"and {small}" if hundreds else small)
    return " ".join(words)
