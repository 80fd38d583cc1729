"""`haidang classify`: learn, ask and measure from the command line, in this process, over a small nomenclature."""

import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from haidang.site import cli
from haidang.site.cli import classifying
from haidang.tariff.terms import CommodityCode

Run = Callable[..., tuple[int, Any]]


def code(hs8: str, name_vi: str, until: date | None = None) -> CommodityCode:
    return CommodityCode(hs8, name_vi, (), "", "", date(2022, 12, 1), until, "s", "i", False)


CODES = (
    code("73269099", "- - - Loại khác"),
    code("76169990", "- - - Loại khác"),
    code("84137019", "- - - Máy bơm nước"),
    code("84145949", "- - - Quạt", date(2026, 7, 1)),
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.setattr(classifying, "_codes", lambda: CODES)
    monkeypatch.setattr(classifying, "_titles", lambda: ())
    monkeypatch.setattr(classifying, "_kept_model", lambda: tmp_path / "home" / "model")

    def ran(*arguments: str | Path, as_json: bool = True) -> tuple[int, Any]:
        monkeypatch.setattr(cli.terminal, "json", False)
        monkeypatch.setattr(
            sys, "argv", ["haidang", "classify", *map(str, arguments), *(["--json"] if as_json else [])]
        )
        status = cli.run()
        out = capsys.readouterr().out
        return status, json.loads(out) if as_json else out

    return ran


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    lines = ["text,code,ruling_no"]
    lines += [f"Thang nhôm số {number} mới,76169990," for number in range(40)]
    lines += [f"Móc thép treo áo {number} mới,73269099," for number in range(40)]
    lines += ["Thang thép mạ,73269099,1005/TB-TCHQ", "Thang,76169991,"]
    file = tmp_path / "goods.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_without_a_model_the_names_of_the_law_book_answer_and_nothing_is_sure(run: Run) -> None:
    status, told = run("may", "bom", "--top", "1")
    (best,) = told["found"]["candidates"]
    assert (status, best["commodity_code"], best["confidence_bp"], told["found"]["sure"]) == (
        0,
        "84137019",
        None,
        False,
    )
    assert told["model"]["file"] is None and "only a ruling binds" in told["notice_en"]
    assert run("quạt", "--on", "2026-07-01")[1]["found"]["candidates"] == []


def test_what_was_learned_answers_with_confidence_evidence_and_rulings(run: Run, goods: Path) -> None:
    status, learned = run("train", goods)
    assert (status, learned["texts_read"], learned["refused_rows"], learned["learned"]["rulings"]) == (0, 81, 1, 1)
    assert learned["refused"][0]["row"] == 82 and "76169990" in learned["refused"][0]["repair_vi"]
    status, told = run("Thang nhôm mới")
    best = told["found"]["candidates"][0]
    assert (status, best["commodity_code"], told["found"]["sure"]) == (0, "76169990", True)
    assert best["confidence_bp"] >= 7_000 and "nhôm" in best["words"]
    status, shown = run("thang thép mạ", as_json=False)
    assert status == 0 and "1005/TB-TCHQ" in shown and "not a decision" in shown


def test_one_bad_row_refuses_all_when_asked_to_be_strict(run: Run, goods: Path) -> None:
    status, told = run("train", goods, "--strict")
    assert (status, told["findings"][0]["row"], told["findings"][0]["line"]) == (1, 82, 83)
    status, told = run("measure", goods, "--text-column", "mo_ta")
    assert status == 1 and "--text-column" in told["error"]


def test_the_measure_tells_what_was_learned_beside_the_names_alone(run: Run, goods: Path) -> None:
    status, told = run("measure", goods, "--folds", "4", "--seed", "1")
    assert (status, told["texts"], told["folds"], told["refused_rows"]) == (0, 80, 4, 1)
    assert told["trained"]["first_five_bp"] == 10_000 > told["names_only"]["first_five_bp"]
    assert told["first_five_bp_if_refused_rows_were_wrong"] == 9_878
    again = run("measure", goods, "--folds", "4", "--seed", "1")[1]
    clock = {"median_us": 0}
    assert again["trained"] | clock == told["trained"] | clock
    status, shown = run("measure", goods, "--folds", "4", as_json=False)
    assert status == 0 and "names only" in shown
    assert run("measure", goods, "--folds", "20")[0] == 0


def test_a_damaged_model_is_refused_and_a_wrong_option_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "damaged").write_bytes(b"haidang")
    status, told = run("thang", "--model", tmp_path / "damaged")
    assert status == 1 and "haidang classify train" in told["error"]
    assert run("thang", "--top", "11")[0] == 2
    assert run("train", tmp_path / "absent.csv")[0] == 2
