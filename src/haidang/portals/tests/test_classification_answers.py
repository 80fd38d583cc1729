"""Everybody may ask which codes a description of goods speaks for; nobody is shown the texts that a site taught."""

import json
import os
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haidang.site.page_settings")
django.setup()

from django.test import RequestFactory  # noqa: E402

from haidang.portals import classifying, public  # noqa: E402
from haidang.portals.views import tariff_answers  # noqa: E402
from haidang.tariff.classifying import keeping  # noqa: E402
from haidang.tariff.classifying.learning import learn, lesson_of  # noqa: E402
from haidang.tariff.classifying.terms import GoodsText  # noqa: E402
from haidang.tariff.terms import CommodityCode, Title  # noqa: E402


def code(hs8: str, name_vi: str, until: date | None = None) -> CommodityCode:
    return CommodityCode(hs8, name_vi, (), "", "", date(2022, 12, 1), until, "s", "i", False)


CODES = (
    code("76169990", "- - Loại khác"),
    code("84137019", "- - Máy bơm nước"),
    code("84145949", "- Quạt", date(2026, 7, 1)),
)
TITLES = (Title("8413", "Bơm chất lỏng", "Pumps for liquids", ("máy bơm nước",)),)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    book = SimpleNamespace(book=SimpleNamespace(version=3, tariff=SimpleNamespace(codes=CODES)), titles=lambda: TITLES)
    monkeypatch.setattr(tariff_answers, "law_of_today", lambda: SimpleNamespace(book=book, today=date(2026, 3, 2)))
    monkeypatch.setattr(public, "who_asks", lambda request: None)
    monkeypatch.setattr(classifying, "load_config", lambda: SimpleNamespace(home=tmp_path))
    classifying._kept.clear()

    def ask(**query: str) -> tuple[int, Any]:
        response = tariff_answers.classification(RequestFactory().get("/api/v1/tariff/classification", query))
        return response.status_code, json.loads(response.content)

    yield ask
    classifying._kept.clear()


def test_without_an_account_the_codes_of_the_day_are_told(asked: Any) -> None:
    status, told = asked(text="may bom")
    assert (status, told["law_book_version"]) == (200, 3) and "only a ruling binds" in told["notice_en"]
    assert [each["commodity_code"] for each in told["found"]["candidates"]] == ["84137019"]
    assert asked(text="quạt")[1]["found"]["candidates"] != []
    assert asked(text="quạt", on="2026-07-01")[1]["found"]["candidates"] == []


def test_what_a_site_taught_speaks_but_is_not_shown(asked: Any, tmp_path: Path) -> None:
    texts = (
        GoodsText("Thang nhôm khách hàng Bí Mật", "76169990"),
        GoodsText("Thang nhôm rút", "76169990", "1005/TB-TCHQ"),
    )
    assert asked(text="thang nhôm")[1]["found"]["candidates"] == []
    path = keeping.kept_in(tmp_path)
    path.parent.mkdir()
    keeping.save(learn(lesson_of(CODES, (), texts)), path)
    status, told = asked(text="thang nhôm")
    (best,) = told["found"]["candidates"]
    assert (status, best["commodity_code"]) == (200, "76169990") and "Mật" not in json.dumps(told, ensure_ascii=False)
    assert {(each["kind"], each["text"], each["ruling_no"]) for each in best["speakers"]} == {
        ("text", "", ""), ("ruling", "Thang nhôm rút", "1005/TB-TCHQ"),
    }  # fmt: skip


def test_a_question_that_cannot_be_asked_names_each_field_and_its_repair(asked: Any) -> None:
    status, told = asked(text=" ", top="11", on="mai")
    assert (status, {each["pointer"] for each in told["findings"]}) == (422, {"/text", "/top", "/on"})
    assert all(each["text_vi"] and each["text_en"] for each in told["findings"])
    assert asked(text="x" * 4_001)[0] == 422


def test_a_damaged_model_is_a_503_that_says_who_mends_it(asked: Any, tmp_path: Path) -> None:
    keeping.kept_in(tmp_path).parent.mkdir()
    keeping.kept_in(tmp_path).write_bytes(b"damaged")
    status, told = asked(text="thang")
    assert status == 503 and "haidang classify train" in told["title"]
