"""The commands of price and tariff, in this process: a book is exported, goods are priced from it, receipts are checked, codes are found."""

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from haidang.site import cli
from haidang.taxes import lookups
from haidang.taxes.engine import Receipt, open_book, price
from haidang.taxes.rules.receipts import canonical

DAY = date(2026, 3, 2)
GOODS = {
    "commodity_code": "39269059", "origin_country_code": "JP", "tariff_schedule_code": "B01", "quantity": "1", "unit_code": "KGM",
    "invoice_value": "1250.50", "tax_codes": ["V10"],
}  # fmt: skip
DUTY = ("duty", "--hs", "39269059", "--origin", "JP", "--value", "1250.50", "--vat-code", "V10", "--on", "2026-03-02")

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*arguments: str | Path, as_json: bool = True) -> tuple[int, Any]:
        monkeypatch.setattr(cli.terminal, "json", False)
        monkeypatch.setattr(sys, "argv", ["haidang", *map(str, arguments), *(["--json"] if as_json else [])])
        status = cli.run()
        out = capsys.readouterr().out
        return status, json.loads(out) if as_json else out

    return ran


@pytest.fixture(scope="module")
def book_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from haidang.reference.lookups import lawbook_folder
    from haidang.taxes.actions import book_of_files
    from haidang.taxes.rules.books import pack

    path = tmp_path_factory.mktemp("book") / "haidang.book"
    path.write_bytes(pack(book_of_files(lawbook_folder())))
    return path


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was read is kept: what the commands say does not depend on reading it again."""
    monkeypatch.setattr(lookups, "open_book", _kept)


_kept = cache(open_book)


def receipt(book_file: Path) -> Receipt:
    made = price(_kept(book_file), {"invoice_currency_code": "USD", "items": [GOODS]}, DAY)
    assert isinstance(made, Receipt)
    return made


@pytest.mark.processes
def test_a_book_that_is_exported_is_the_one_of_the_files(run: Run, book_file: Path, tmp_path: Path) -> None:
    status, facts = run("lawbook", "export", tmp_path / "another.book")
    assert (status, facts["commodity_codes"]) == (0, 11_871)
    assert (tmp_path / "another.book").read_bytes() == book_file.read_bytes()
    assert run("lawbook", "export", tmp_path / "no-folder" / "x.book")[0] == 2


def test_goods_are_priced_from_a_book_in_words_and_figures_with_every_option(run: Run, book_file: Path) -> None:
    status, facts = run(*DUTY, "--book", book_file)
    assert status == 0 and facts["payable_vnd"] == receipt(book_file).payable_vnd
    assert facts["payable_words_vi"].endswith("đồng") and facts["payable_words_en"].endswith("dong")
    assert [each["schedule_code"] for each in facts["options"]][:2] == ["B01", "B03"]
    assert all(each["proof_vi"] and each["proof_en"] for each in facts["options"])
    status, shown = run(*DUTY, "--book", book_file, as_json=False)
    assert status == 0 and "Bằng chữ" in shown and "rẻ nhất trước" in shown and "chưa được kiểm chứng" in shown


def test_goods_beyond_what_is_left_of_a_quota_stand_outside_it(run: Run, book_file: Path) -> None:
    goods = (
        "duty",
        "--hs",
        "24011010",
        "--origin",
        "BR",
        "--value",
        "1000",
        "--quantity",
        "100",
        "--vat-code",
        "V10",
        "--on",
        "2026-03-02",
    )
    status, facts = run(*goods, "--quota-left", "60", "--book", book_file)
    duties = [
        (each["line_no"], each["option_code"], each["rate_bp"])
        for each in facts["taxes"]
        if each["kind"] == "import_duty"
    ]
    assert (status, duties) == (0, [(1, "B01", 3000), (2, "B14", 8000)])
    assert sum(each["amount_vnd_e4"] for each in facts["taxes"] if each["kind"] == "import_duty") == 12_940_000 * 10_000
    assert run(*goods, "--quota-left", "-1", "--book", book_file)[0] == 2


def test_a_book_that_is_none_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.book").write_bytes(b"not a book")
    status, facts = run(*DUTY, "--book", tmp_path / "x.book")
    assert status == 2 and "haidang lawbook export" in facts["error"]


def test_a_receipt_is_checked_offline_and_what_is_wrong_is_named(run: Run, book_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(canonical(receipt(book_file)))
    status, facts = run("receipt", "verify", file, "--book", book_file)
    assert status == 0 and facts["verified"] and facts["same_lawbook"]
    file.write_bytes(canonical(receipt(book_file)).replace(b'"rate_bp":600', b'"rate_bp":500'))
    status, facts = run("receipt", "verify", file, "--book", book_file)
    assert status == 1
    assert [(each["pointer"], each["says"], each["should_be"]) for each in facts["findings"]] == [
        ("/lines/0/taxes/0/rate_bp", "500", "600")
    ]
    file.write_bytes(b"%PDF-1.7 nothing in it")
    assert run("receipt", "verify", file, "--book", book_file)[0] == 2
    assert run("receipt", "verify")[0] == 2


def test_codes_are_found_shown_and_walked(run: Run, book_file: Path) -> None:
    status, found = run("tariff", "search", "duong", "mia", "--book", book_file)
    assert status == 0 and "17011400" in [each["commodity_code"] for each in found]
    status, shown = run("tariff", "show", "17011400", "--book", book_file)
    assert status == 0 and {each["printed"] for each in shown["measures"]} >= {"25 (NHN: 80)", "4,5; M: 6,8"}
    assert run("tariff", "show", "00000000", "--book", book_file)[0] == 1
    status, nodes = run("tariff", "tree", "0902", "--book", book_file)
    assert status == 0 and [node["digits"] for node in nodes] == ["090210", "090220", "090230", "090240"]
    assert run("tariff", "tree", "zz", "--book", book_file)[0] == 1
    status, told = run("tariff", "search", "xyzzy", "--book", book_file, as_json=False)
    assert status == 0 and "thử ít từ hơn" in told


def test_the_tariff_is_found_and_read_in_english_and_says_whose_titles_it_shows(run: Run, book_file: Path) -> None:
    status, found = run("tariff", "search", "frozen", "shrimp", "--limit", "3", "--book", book_file)
    assert status == 0 and {each["commodity_code"][:6] for each in found} == {"030617"}
    assert [step["digits"] for step in found[0]["path"]] == ["03", "0306", "030617"]
    status, nodes = run("tariff", "tree", "--book", book_file)
    assert status == 0 and {node["digits"]: node["name_en"] for node in nodes}["64"] == "Footwear"
    for asked in (("search", "lốp", "xe"), ("show", "40111000"), ("tree", "4011")):
        status, told = run("tariff", *asked, "--book", book_file, as_json=False)
        assert status == 0 and "New pneumatic tyres" in told and "unverified" in told, asked
