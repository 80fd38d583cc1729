"""What the book prints, counted: shapes of its rate cells, and the ordinary rate beside MFN."""

import csv
import re
from collections import Counter
from collections.abc import Iterator

from haidang.reference.lookups import lawbook_folder
from haidang.tariff.rules import parse_rate

NOT_RATES = ("hs8", "unit", "corresponds_to", "bvmt", "vat_cut_annex")
NUMBER = r"\d+(?:[.,]\d+)?"
SHAPES = {
    "empty": r"",
    "number": NUMBER,
    "several": rf"{NUMBER}(?:/{NUMBER})+",
    "not subject and rates": rf"\*(?:/{NUMBER})+",
    "rate or nothing": rf"{NUMBER}/\*",
    "star": r"\*",
    "quota only": r"Q",
    "excluded": rf"{NUMBER}\s*\(-[A-Z, ]+\)(?:\s*\([A-Z]{{3}}\))*",
    "several, some excluded": rf"{NUMBER}(?:\s*\(-[A-Z, ]+\))?(?:/{NUMBER}(?:\s*\(-[A-Z, ]+\))?)+",
    "marked": rf"{NUMBER}\s*\(GIC\)",
    "own rate": rf"{NUMBER}(?:/{NUMBER})*; M: {NUMBER}(?:/{NUMBER})*",
    "outside quota": rf"{NUMBER}\s*\(NHN: {NUMBER}\)",
    "from a day": rf"{NUMBER}%\. Từ ngày .*",
}
NEITHER_5_NOR_98 = (
    "27090010 27101990 27102000 94013100 94014100 94016100 94016910 94016990 94019100 94033000 94034000 94035000 94036010 "
    "94036090 94039100 10059099 23040029 23040090 27139000 29012200 44211000 44212000 44219110 44219120 44219130 44219140 "
    "44219150 44219160 44219170 44219190 44219910 44219920 44219930 44219940 44219970 44219980 44219993 44219994 44219995 "
    "44219996 44219999"
)
"""Codes beyond chapter 98 that print an ordinary rate of 0 beside an MFN of 0."""


def rows() -> Iterator[dict[str, str]]:
    for path in sorted((lawbook_folder() / "schedules").glob("*/rates.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)


def shape(text: str) -> str:
    return next((name for name, pattern in SHAPES.items() if re.fullmatch(pattern, text.strip())), f"other: {text}")


def test_every_shape_of_rate_is_read_and_counted() -> None:
    cells = [row[name] for row in rows() for name in row if name not in NOT_RATES]
    counted = Counter(map(shape, cells))
    for text in set(cells):
        parse_rate(text)
    assert counted == {
        "number": 63_798, "several": 8_223, "empty": 6_361, "excluded": 3_650, "star": 2_308, "not subject and rates": 1_029, "own rate": 256,
        "outside quota": 68, "several, some excluded": 44, "quota only": 17, "rate or nothing": 5, "from a day": 2,
    }  # fmt: skip


def test_the_ordinary_rate_is_half_more_than_mfn_on_97_of_100_plain_rows_and_5_where_mfn_is_0() -> None:
    """Nobody computes an ordinary rate: the printed one is claimed. This only tells how far the rule of 150 % goes, and lists where it does not."""
    plain = [row for row in rows() if re.fullmatch(NUMBER, row["mfn"]) and re.fullmatch(NUMBER, row["tt"])]
    others = [row for row in plain if not follows(row["mfn"], row["tt"])]
    assert (len(plain), len(others), round(1000 * (1 - len(others) / len(plain)))) == (9_458, 285, 970)
    assert sum(row["mfn"] == "0" and row["tt"] == "5" for row in plain) == 2_669
    assert Counter((row["mfn"], row["tt"]) for row in others) == {("0", "0"): 281, ("2", "5"): 4}
    beyond_98 = " ".join(row["hs8"] for row in others if row["mfn"] == "0" and row["hs8"][:2] != "98")
    assert beyond_98 == NEITHER_5_NOR_98
    assert [row["hs8"] for row in others if row["mfn"] == "2"] == ["39011092", "39012000", "39014000", "39029090"]


def follows(mfn: str, ordinary: str) -> bool:
    """Whether the ordinary rate is 150 % of MFN, or 5 where MFN is 0; both in hundredths of a per cent."""
    (one,), (other,) = (
        (step.alternatives[0].rate_bp,) for step in (*parse_rate(mfn).steps, *parse_rate(ordinary).steps)
    )
    assert one is not None and other is not None
    return other * 2 == one * 3 if one else other == 500
