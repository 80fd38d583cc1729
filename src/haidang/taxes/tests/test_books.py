"""The price book as a file: the same bytes each time, refused when changed, and enough to price with nothing else at hand."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest

import haidang
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.tariff.lookups import tariff_from_files
from haidang.taxes.engine import BookDamaged, NotPriceable, OpenBook, Receipt, open_book, price
from haidang.taxes.rules.books import pack, unpack
from haidang.taxes.tests.build import DAY

ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("django", "psycopg", "socket", "_socket", "granian", "httpx"):
            raise ImportError(name)

for name in ("socket", "_socket"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Blocked())

from datetime import date
from haidang.taxes.engine import open_book, price

goods = {"commodity_code": "39269059", "origin_country_code": "JP", "tariff_schedule_code": "B01", "quantity": "1",
         "unit_code": "KGM", "invoice_value": "1250.50", "tax_codes": ["V10"]}
priced = price(open_book(sys.argv[1]), {"invoice_currency_code": "USD", "items": [goods]}, date(2026, 3, 2))
assert not [name for name in sys.modules if name.partition(".")[0] in ("django", "psycopg", "socket")]
print(priced.payable_vnd, priced.lawbook_sha256)
"""
GOODS = {
    "commodity_code": "39269059", "origin_country_code": "JP", "tariff_schedule_code": "B01", "quantity": "1", "unit_code": "KGM",
    "invoice_value": "1250.50", "tax_codes": ["V10"],
}  # fmt: skip


@pytest.fixture(scope="session")
def packed(book: OpenBook) -> bytes:
    return pack(book.book)


def test_a_book_comes_back_from_its_file_as_it_was_and_has_the_same_bytes_again(book: OpenBook, packed: bytes) -> None:
    again = unpack(packed)
    assert again.book == book.book
    assert pack(again.book) == packed
    assert again.sha256 in packed[:120].decode("ascii", "replace")


def test_the_book_says_of_a_day_what_the_files_say(book: OpenBook) -> None:
    day, tariff, codes = (
        book.day(DAY),
        tariff_from_files(lawbook_folder(), DAY),
        codes_from_files(lawbook_folder(), DAY),
    )
    assert day.tariff == tariff
    assert day.exchange_rates_e4 == codes.exchange_rates_e4
    assert day.parameters == codes.parameters


@pytest.mark.parametrize(
    "harm",
    [
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: content.replace(b"sha256=", b"sha256=0", 1),
        lambda content: content.replace(b"HAIDANG-BOOK 1", b"HAIDANG-BOOK 2", 1),
        lambda _: b"",
        lambda _: b"PK\x03\x04 not a book",
    ],
)  # fmt: skip
def test_a_book_that_was_changed_is_refused_and_says_what_to_do(packed: bytes, harm: object) -> None:
    with pytest.raises(BookDamaged, match="haidang lawbook export"):
        unpack(harm(packed))  # type: ignore[operator]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BookDamaged, match="không đọc được"):
        open_book(tmp_path / "none.book")


def test_a_book_prices_in_a_process_that_has_no_django_no_driver_and_no_network(
    packed: bytes, tmp_path: Path, book: OpenBook
) -> None:
    path = tmp_path / "haidang.book"
    path.write_bytes(packed)
    environment = {"PYTHONPATH": str(Path(haidang.__file__).parents[1]), "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(path)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    here = price(book, {"invoice_currency_code": "USD", "items": [GOODS]}, DAY)
    assert isinstance(here, Receipt)
    assert ran.stdout.split() == [str(here.payable_vnd), book.book.lawbook_sha256]


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (b"[]", "object"),
        (b"\xff", "utf-8|invalid"),
        ({"items": []}, "items"),
        ({"items": [{**GOODS, "quantity": "1e3"}]}, "items/0/quantity"),
        ({"items": [{**GOODS, "invoice_value": "9" * 30}]}, "items/0/invoice_value"),
        ({"items": [GOODS], "kind_code": "ZZZ"}, "kind_code"),
        ({"items": [GOODS], "adjustments": [{"class_code": "XX"}]}, "adjustments/0/class_code"),
    ],
)  # fmt: skip
def test_what_cannot_be_priced_is_told_by_field(book: OpenBook, told: object, named: str) -> None:
    with pytest.raises(NotPriceable, match=named):
        price(book, told, DAY)  # type: ignore[arg-type]


def test_findings_come_back_all_at_once_instead_of_a_receipt(book: OpenBook) -> None:
    wrong = {**GOODS, "tariff_schedule_code": "B04", "tax_codes": ["V99"]}
    found = price(book, msgspec.json.encode({"invoice_currency_code": "USD", "items": [wrong]}), DAY)
    assert not isinstance(found, Receipt)
    assert [each.code for each in found] == ["E1012", "E0825"]


def test_a_day_before_the_tariff_knows_no_code(book: OpenBook) -> None:
    found = price(book, {"invoice_currency_code": "VND", "items": [GOODS]}, date(1999, 1, 1))
    assert not isinstance(found, Receipt) and found


def test_a_book_carries_the_titles_of_the_tariff_and_finds_by_them(packed: bytes) -> None:
    again = unpack(packed)
    assert {each.digits: each.name_en for each in again.titles(DAY)}["0901"] == "Coffee, roasted or not"
    assert again.titles(date(2022, 11, 30)) == () and len(again.titles()) == len(again.titles(DAY))
    found = again.index(DAY).search("coffee", 1)[0]
    assert [step.digits for step in found.path] == ["09", "0901", "090111"]
