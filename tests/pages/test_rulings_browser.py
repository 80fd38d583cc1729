"""Advance rulings in real Chromium: a trader applies, two officers decide, each signed in the browser; the pages are fit for everybody."""

import os
import re
from pathlib import Path

import pytest

from tests.pages.browsing import TRADER, Tab, key_file, load_key
from tests.pages.test_browser import STANDARD, WIDTHS
from tests.passing.rig import CHECKER, FREE, HEAD

pytestmark = pytest.mark.browser


def take(tab, path, step, text="lý do", **fields):
    """Take a step on the page of a file; return what the page says then."""
    tab.page.goto(path)
    tab.page.select_option("#kind", step)
    for name, value in {"text": text, **fields}.items():
        tab.page.fill(f"#{name}", value)
    tab.page.click("#sign")
    tab.page.wait_for_selector("#answer [data-outcome], #answer .problem")
    return tab.page.inner_text("#answer")


def an_officer(installation, browser, code):
    tab = Tab(browser, installation).log_in(installation.site.login(officer=code))
    load_key(tab, key_file(installation, code), "Đã nạp khóa ký")
    return tab


def test_a_ruling_is_asked_for_and_decided_on_the_pages(installation, browser):
    from axe_playwright_python.sync_playwright import Axe

    trader = Tab(browser, installation).log_in(installation.site.login(TRADER))
    load_key(trader, key_file(installation, TRADER), "Đã nạp khóa ký", f"/signing/{TRADER}")
    said = take(trader, "/rulings", "code", goods_name="Tấm nhựa mẫu", goods_mark="MAU-TRANG", commodity_code=FREE)
    number = re.search(r"DXT-2026-[0-9]+", said)[0]
    path = f"/rulings/{number}"
    checker, head = an_officer(installation, browser, CHECKER), an_officer(installation, browser, HEAD)
    assert "Chờ bổ sung" in take(checker, path, "need_more", "gửi ảnh hàng")
    assert "Đã nộp" in take(trader, path, "supplement", "ảnh đã gửi")
    assert "Đang phân tích" in take(checker, path, "complete")
    assert "Đang phân tích" in take(checker, path, "propose_issue", "bằng nhựa", commodity_code=FREE)
    assert "Đã ban hành" in take(head, path, "approve", "đồng ý")
    trader.page.goto(path)
    assert re.search(r"XDT-2026-[0-9]+", trader.page.inner_text("main"))
    pictures = os.environ.get("HAIDANG_TEST_PICTURES", "")
    everybody = Tab(browser, installation)
    for tab, name, page in (
        (trader, "trader", path), (checker, "officer", path), (trader, "list", "/rulings"), (everybody, "public", "/published-rulings"),
    ):  # fmt: skip
        for language in ("vi", "en"):
            tab.speak(language)
            tab.page.goto(page)
            for width in WIDTHS:
                tab.page.set_viewport_size({"width": width, "height": 800})
                found = Axe().run(tab.page, options={"runOnly": STANDARD}).response["violations"]
                assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == [], (
                    name,
                    width,
                )
                wide = tab.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
                assert wide, (name, width)
                if pictures:
                    tab.page.screenshot(path=Path(pictures) / f"{name}-{language}-{width}.png", full_page=True)
        tab.page.set_viewport_size({"width": 1280, "height": 800})
        assert tab.wrong == []
