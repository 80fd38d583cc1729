"""Advance rulings on the pages: who sees which file, what is offered to whom, and the list that everybody reads."""

import httpx
import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, declared, item
from tests.passing.test_advance_rulings import apply, done, issued, step

pytestmark = pytest.mark.processes

TRADER = people.trader_code(42)
"""A trader of this module alone."""


def test_a_file_is_shown_to_its_trader_and_to_officers_and_what_is_proposed_to_officers_alone(site, rig):
    number = done(apply(rig, 42, goods_name="Máy mẫu 42"))["application_no"]
    trader, other = site.surfer(site.login(TRADER)), site.surfer(site.login(people.trader_code(43)))
    officer, head = site.surfer(site.login(officer=CHECKER)), site.surfer(site.login(officer=HEAD))
    assert number in trader.get("/rulings").text and number not in other.get("/rulings").text
    assert other.get(f"/rulings/{number}").status_code == 404
    page = trader.get(f"/rulings/{number}").text
    assert "Máy mẫu 42" in page and "Không có bước nào" in page
    assert "Xác nhận hồ sơ đầy đủ" in officer.get(f"/rulings/{number}").text
    done(step(rig, number, "complete", trader=42))
    done(step(rig, number, "propose", trader=42, outcome="issue", commodity_code="39269059", text="cấu tạo bằng nhựa"))
    assert "cấu tạo bằng nhựa" not in trader.get(f"/rulings/{number}").text
    assert "Phê duyệt" not in officer.get(f"/rulings/{number}").text, "not who proposed, nor who may not decide"
    assert "Phê duyệt" in head.get(f"/rulings/{number}").text
    done(step(rig, number, "approve", HEAD, trader=42))
    assert "Đề nghị xem xét lại" in trader.get(f"/rulings/{number}").text


def test_a_declaration_says_which_ruling_was_honoured(site, rig):
    _, file = issued(rig, 42, goods_mark="TRANG 42")
    rig.learn()
    number = file["rulings"][0]["ruling_no"]
    lodged = rig.lodge(declared(42, (item(description="Tấm nhựa TRANG 42"),)))[1]
    for surfer, address in (
        (site.surfer(site.login(TRADER)), "declarations"),
        (site.surfer(site.login(officer=CHECKER)), "files"),
    ):
        page = surfer.get(f"/{address}/{lodged['declaration_no']}").text
        assert number in page and "Đúng như đã xác định" in page
    public = httpx.get(f"{site.address}/published-rulings").text
    assert number in public and TRADER not in public and "TRANG 42" not in public
