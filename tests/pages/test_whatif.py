"""A what-if on the pages: asked by who has the power over the law, answered by the worker, read in a minute."""

import pytest

from haidang.platform.db import Servers
from haidang.reference import drafting
from haidang.site.lawbook_powers import editor
from haidang.site.whatif_runs import answer_waiting
from tests.passing.rig import CHECKER, HEAD, declared

pytestmark = pytest.mark.processes


def drafted(site, code, rate):
    """Return the number of a new draft that gives one code another MFN rate."""
    with site.owner() as owner, owner.transaction():
        lan = editor(owner, HEAD)
        number = drafting.begin(owner, "Giảm thuế một mã hàng", lan)
        line = {
            "commodity_code": code,
            "schedule": "B01",
            "from": "2026-03-01",
            "rate": rate,
            "instrument": "26/2023/NĐ-CP",
        }
        drafting.set_row(owner, number, "tariff_lines", line, lan)
    return number


def test_a_whatif_is_asked_waited_for_and_read_with_one_headline(site, rig):
    lodged = declared(trader=5)
    assert rig.lodge(lodged)[0] == 201
    surfer = site.surfer(site.login(officer=HEAD))
    number = drafted(site, lodged.items[0].commodity_code, "0")
    asked = surfer.post("/whatif", draft=str(number), before_on="2026-03-02", after_on="")
    assert asked.status_code == 302
    page = asked.headers["location"]
    waiting = surfer.get(page).text
    assert "Đang tính" in waiting and "every 3s" in waiting
    answer_waiting(site.config)
    shown = surfer.get(page)
    assert "Thu ngân sách giảm" in shown.text and "Giảm thuế một mã hàng" in shown.text
    assert "Chưa kiểm chứng" in shown.text and "<rect" in shown.text and "every 3s" not in shown.text
    assert "style=" not in shown.text and "<script>" not in shown.text
    surfer.post("/language", form_at=page, language="en", next=page)
    assert "Revenue falls by" in surfer.get(page).text
    surfer.post("/language", form_at=page, language="vi", next=page)
    listed = surfer.get("/whatif").text
    assert "Giảm" in listed and f'<option value="{number}">Giảm thuế một mã hàng</option>' in listed
    by_title = surfer.post("/whatif", draft="Giảm thuế một mã hàng", before_on="2026-03-02", after_on="")
    assert by_title.status_code == 302, "just one draft has this title"
    answer_waiting(site.config)
    assert "Thu ngân sách giảm" in surfer.get(by_title.headers["location"]).text
    drafted(site, lodged.items[0].commodity_code, "1")
    of_two = surfer.post("/whatif", draft="Giảm thuế một mã hàng", before_on="2026-03-02", after_on="")
    assert of_two.status_code == 422 and "tên trùng nhau" in of_two.text


def test_what_is_no_draft_or_no_day_is_told_and_a_draft_that_is_not_there_is_answered_so(site):
    surfer = site.surfer(site.login(officer=HEAD))
    for fields in ({"draft": "x"}, {"draft": "0"}, {"draft": "9" * 5000}, {"draft": "1", "before_on": "2/3/2026"}):
        reply = surfer.post("/whatif", **({"before_on": "2026-03-02", "after_on": ""} | fields))
        assert reply.status_code == 422 and "Có vấn đề" in reply.text
    page = surfer.post("/whatif", draft="99999", before_on="2026-03-02", after_on="").headers["location"]
    answer_waiting(site.config)
    assert "Không tính được" in surfer.get(page).text
    assert surfer.get("/whatif/999999999999").status_code == 404


def test_the_pages_are_for_who_has_the_power_over_the_law_alone(site):
    clerk = site.surfer(site.login(officer=CHECKER))
    assert clerk.get("/whatif").status_code == clerk.get("/whatif/1").status_code == 404
    assert "/whatif" not in clerk.get("/queue").text
    assert site.anybody().get("/whatif").status_code == 302


def test_titles_of_drafts_are_shown_to_nobody_who_may_not_change_the_law(site):
    drafted(site, "39269059", "2")
    with Servers(site.config).connect("app") as connection:
        assert connection.execute("SELECT count(*) FROM law_draft_title").fetchone() == (0,)
