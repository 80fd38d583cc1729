"""A file whose taxes a later version of the law book changed: its page tells what was booked, and that the declaration stays as it was."""

import re

import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER
from tests.passing.test_rates import correct_the_dollar
from tests.passing.test_retroactive import book, prepared
from tests.passing.test_revising import cleared

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def booked(rig):
    """Return the number of a declaration, and what a corrected exchange rate made of it; afterwards the rate is what it was."""
    number = cleared(rig)["declaration_no"]
    version = correct_the_dollar(rig)
    rig.learn()
    status, answer = book(rig, number, prepared(rig, version)[0].batch_no)
    assert status == 200
    yield number, answer
    correct_the_dollar(rig, times=1)
    rig.learn()


@pytest.mark.parametrize("who", ["trader", "officer"])
def test_the_page_tells_what_was_booked_in_both_languages(site, booked, who):
    number, answer = booked
    login = site.login(people.trader_code(1), username="reads") if who == "trader" else site.login(officer=CHECKER)
    surfer = site.surfer(login)
    path = f"/declarations/{number}" if who == "trader" else f"/files/{number}"
    for language, title, decided in (
        ("vi", "Điều chỉnh theo luật áp dụng hồi tố", "Quyết định điều chỉnh thuế theo luật áp dụng hồi tố"),
        ("en", "Adjusted by retroactive law", "Decision to adjust taxes by retroactive law"),
    ):
        surfer.client.cookies.set("haidang_language", language)
        page = surfer.get(path).text
        assert title in page and decided in page
        plain = re.sub(r"\s", "", re.sub(r"<[^>]*>", "", page))
        for amount in (answer["payable_before_vnd"], answer["payable_vnd"], answer["outstanding_vnd"]):
            assert str(amount) in re.sub(r"[.,\u00a0\u202f]", "", plain)
