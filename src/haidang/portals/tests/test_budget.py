"""Pages for everybody answer each address within its budget, say when the next slot is, and let in whoever is logged in."""

import json
import os
from types import SimpleNamespace
from typing import Any

import django
import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haidang.site.page_settings")
django.setup()

from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.utils import translation  # noqa: E402

from haidang.platform.budgets import AddressBudgets  # noqa: E402
from haidang.portals import budget, public  # noqa: E402
from haidang.portals.views import receipts  # noqa: E402


@pytest.fixture
def asks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what asks one slot of a burst of two from an address, as a person or as nobody."""
    kept = AddressBudgets(rate=1, burst=2)
    persons: list[Any] = [None]
    monkeypatch.setattr(budget, "_budgets", lambda: kept)
    monkeypatch.setattr(budget, "who_asks", lambda request: persons[0])
    for module in (public, receipts):
        monkeypatch.setattr(module, "who_asks", lambda request: persons[0])

    @public.for_everybody
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("told")

    def ask(path: str = "/tariff", address: str = "203.0.113.7", person: Any = None) -> HttpResponse:
        persons[0] = person
        return view(RequestFactory(REMOTE_ADDR=address).get(path))

    return ask


def test_above_its_budget_an_address_is_told_when_the_next_slot_is_and_others_are_answered(asks: Any) -> None:
    assert [asks().status_code for _ in range(3)] == [200, 200, 429]
    with translation.override("vi"):
        refused = asks()
    assert refused["Retry-After"] == "1" and refused["Cache-Control"] == "no-store"
    assert "Đã hỏi quá nhiều" in refused.content.decode() and "1 s" in refused.content.decode()
    with translation.override("en"):
        assert "Too many questions" in asks().content.decode()
    assert asks(address="203.0.113.8").status_code == 200


def test_machines_are_told_as_lanes_tell_them(asks: Any) -> None:
    refused = [asks("/api/v1/tariff/codes") for _ in range(3)][-1]
    told = json.loads(refused.content)
    assert refused.status_code == told["status"] == 429 and refused["Content-Type"] == "application/problem+json"
    assert told["type"] == "/problems/budget" and 0 < told["next_slot_s"] <= 1
    assert f"{told['next_slot_s']:.3f}" in told["title"] and f"{told['next_slot_s']:.3f}" in told["title_vi"]


def test_whoever_is_logged_in_shares_no_budget_with_the_address(asks: Any) -> None:
    assert [asks().status_code for _ in range(3)] == [200, 200, 429]
    assert asks(person=SimpleNamespace(name="officer")).status_code == 200


def test_the_check_of_a_receipt_costs_more_than_a_look_up_and_its_form_nothing(asks: Any) -> None:
    request = RequestFactory(REMOTE_ADDR="203.0.113.7", enforce_csrf_checks=False).post("/receipts", {"text": "{}"})
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    assert asks().status_code == 200
    assert receipts.check_receipt(request).status_code == 429
    assert receipts.check_receipt(RequestFactory(REMOTE_ADDR="203.0.113.7").get("/receipts")).status_code == 200
