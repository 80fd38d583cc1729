"""Whatever instrument the code cites stands in the law book, so that a reader can see its title, its dates and whether it was checked."""

import csv
import re

from tests.house.house import PACKAGE, ROOT, in_house

NUMBER = re.compile(r"(?<![\w/])\d{1,4}/\d{4}/(?:QH\d+|(?:NĐ|NQ|QĐ|TT|TTLT|PL|VBHN|L)(?:-?[A-ZĐ]+)+)(?![\w/])")
CITING = (".py", ".csv", ".yaml", ".sql", ".html")


def instruments() -> set[str]:
    with (ROOT / "lawbook" / "instruments.csv").open(encoding="utf-8", newline="") as rows:
        return {row["number"] for row in csv.DictReader(rows)}


def test_every_instrument_the_code_cites_is_in_the_law_book() -> None:
    known = instruments()
    cited = {
        (number, in_house(path))
        for path in PACKAGE.rglob("*")
        if path.suffix in CITING and "tests" not in path.parts
        for number in NUMBER.findall(path.read_text(encoding="utf-8"))
    }
    assert cited, "the code cites its law"
    assert sorted((number, where) for number, where in cited if number not in known) == []


def test_every_instrument_the_glossary_cites_is_in_the_law_book() -> None:
    cited = set(NUMBER.findall((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")))
    assert cited and cited - instruments() == set()
