"""What anybody does in a real browser without an account: find a code, work out its taxes, check a receipt; and a trader reads the receipt of a declaration."""

from pathlib import Path

import msgspec
import pytest

from tests.pages.browsing import TRADER, Tab
from tests.passing.rig import CHECKER

pytestmark = pytest.mark.browser


def test_anybody_finds_a_code_and_works_out_its_taxes_by_keyboard_in_either_language(installation, browser):
    tab = Tab(browser, installation)
    tab.page.goto("/login")
    tab.page.click("main a[href='/tariff']")
    tab.page.focus("#words")
    tab.page.keyboard.type("17 duong mia")
    tab.page.keyboard.press("Enter")
    tab.page.click("a[href='/tariff/17011300']")
    assert "25 %" in tab.page.inner_text("section[aria-labelledby=h-general]")
    tab.page.click("a.button")
    assert tab.page.input_value("#hs") == "17011300"
    tab.page.select_option("#origin", "JP")
    tab.page.fill("#value", "1250.50")
    tab.page.fill("#quantity", "1000")
    tab.page.check("input[name=tax][value=V10]")
    tab.page.click("main form button")
    vietnamese = tab.page.inner_text("#quote")
    assert "Phải nộp" in vietnamese and "chưa kiểm chứng" in vietnamese
    tab.page.click("a[href*='schedule=B03']")
    assert "37,5 %" in tab.page.inner_text("#quote .traced")
    tab.page.click("a[hreflang=en]")
    assert "Payable" in tab.page.inner_text("#quote") and "37.5 %" in tab.page.inner_text("#quote .traced")
    assert tab.wrong == []


def test_without_scripts_everything_for_everybody_works(installation, browser):
    context = browser.new_context(base_url=installation.site.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/tariff/price")
    page.fill("#hs", "39269059")
    page.fill("#value", "100")
    page.click("main form button")
    assert page.locator("#quote tbody tr").count() >= 2
    page.goto("/receipts")
    page.fill("#text", "{}")
    page.click("main form button")
    assert "Có vấn đề" in page.inner_text("main")
    context.close()


def test_a_trader_reads_the_receipt_has_it_checked_and_a_changed_one_is_found_out(installation, browser, tmp_path):
    lodged = installation.lodge(1)
    number = lodged["declaration_no"]
    trader = Tab(browser, installation).log_in(installation.site.login(TRADER))
    trader.page.goto(f"/declarations/{number}")
    trader.page.click(f"a[href='/declarations/{number}/receipt']")
    shown = trader.page.inner_text("main")
    assert number in shown and f"{lodged['payable_vnd']:,}".replace(",", ".") in shown
    with trader.page.expect_download() as downloading:
        trader.page.click("a[href='?form=json']")
    file = Path(tmp_path / "receipt.json")
    downloading.value.save_as(file)
    anybody = Tab(browser, installation)
    assert "Đúng từng đồng" in checked(anybody, file)
    receipt = msgspec.json.decode(file.read_bytes())
    receipt["payable_vnd"] += 1000
    file.write_bytes(msgspec.json.encode(receipt))
    told = checked(anybody, file)
    assert "Có chỗ khác" in told and "/payable_vnd" in told
    assert trader.wrong == [] and anybody.wrong == []


def test_an_officer_of_the_unit_reads_the_receipt_too(installation, browser):
    number = installation.lodge(2)["declaration_no"]
    officer = Tab(browser, installation).log_in(installation.site.login(officer=CHECKER))
    officer.page.goto(f"/files/{number}")
    officer.page.click(f"a[href='/files/{number}/receipt']")
    assert number in officer.page.inner_text("main h1") and officer.wrong == []


def checked(tab: Tab, file: Path) -> str:
    tab.page.goto("/receipts")
    tab.page.set_input_files("#receipt", file)
    tab.page.click("main form button")
    tab.page.wait_for_selector("main .done, main .problem")
    return str(tab.page.inner_text("main"))
