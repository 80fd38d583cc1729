"""A whole installation in real Chromium: a trader reads, an officer signs the decision that clears the goods; every page is fit for everybody."""

import re
from datetime import date

import msgspec
import pytest
from playwright.sync_api import expect

from haidang.insight import actions, runs
from haidang.insight.lookups import History
from haidang.insight.rules.telling import facts_of
from haidang.insight.rules.whatif import compare
from haidang.reference import drafting
from haidang.site.demo import people
from haidang.site.lawbook_powers import editor
from haidang.site.whatif_laws import laws_of_draft
from tests.house.house import PACKAGE
from tests.pages.browsing import TRADER, Tab, begin_form, decide, key_file, load_key, sign
from tests.passing.rig import CHECKER, CUSTOMS, HEAD

pytestmark = pytest.mark.browser

STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (1280, 360, 320)
NO_PAGES = {
    *(
        "home",
        "logout",
        "language",
        "end-session",
        "acts",
        "decisions",
        "health",
        "new-form",
        "convert",
        "mark",
        "form-content",
    ),
    *("save-form", "drop-form", "check-form", "send-form", "codes", "message", "template", "proof", "file-proof"),
    *("ask-codes", "ask-code", "ask-tree", "ask-quotes", "ask-classification"),
    *("ruling", "send-ruling", "ruling-steps"),
}
"""Addresses that only take forms, lead on, or are for machines."""
RICE = {
    "commodity_code": "10063099",
    "schedule": "B01",
    "from": "2026-03-01",
    "rate": "30",
    "instrument": "26/2023/NĐ-CP",
}
RICE_LINES = [
    {
        "declaration": f"D{number}", "commodity_code": code, "customs_value_vnd_e4": 10**12 * number, "tariff_schedule_code": "B01",
        "tax_codes": "V05", "origin_country_code": origin, "trader_code": people.trader_code(number), "registered_on": date(2026, number, 1),
    }
    for number, (code, origin) in enumerate((("10063099", "TH"), ("10063099", "IN"), ("22030091", "NL"), ("10063099", "KH")), 1)
]  # fmt: skip
_URLS = (PACKAGE / "portals" / "urls.py").read_text(encoding="utf-8")
PAGES = set(re.findall(r'name="([a-z-]+)"', _URLS)) - NO_PAGES
"""Every page of the table of addresses; read as text, since tests are gathered before Django is ready."""
PUBLIC = {
    "tariff": "/tariff?words=duong",
    "tariff-branch": "/tariff/under/1701",
    "classification": "/tariff/classification?text=may+bom+nuoc+bang+thep",
    "tariff-code": "/tariff/17011300",
    "price": "/tariff/price?hs=17011300&value=1250.50&origin=JP&tax=V10",
    "receipt-check": "/receipts",
}
"""Pages for everybody with something on them."""
WHO = {
    **dict.fromkeys(("declarations", "declaration", "receipt", "lodge", "form", "signing", "rulings"), "trader"),
    **dict.fromkeys(("queue", "file", "file-receipt", "key"), "officer"),
    **dict.fromkeys(("whatifs", "whatif"), "lawmaker"),
}


@pytest.fixture(scope="module")
def trader(installation, browser) -> Tab:
    return Tab(browser, installation).log_in(installation.site.login(TRADER))


@pytest.fixture(scope="module")
def officer(installation, browser) -> Tab:
    tab = Tab(browser, installation).log_in(installation.site.login(officer=CHECKER))
    load_key(tab, key_file(installation, CHECKER), "Đã nạp khóa ký")
    return tab


@pytest.fixture(scope="module")
def lawmaker(installation, browser) -> Tab:
    return Tab(browser, installation).log_in(installation.site.login(officer=HEAD))


@pytest.fixture(scope="module")
def answered(installation) -> int:
    """The number of a what-if that is answered, and of which every bar, name and reason is on its page."""
    with installation.site.owner() as owner:
        asking = editor(owner, HEAD)
        number = drafting.begin(owner, "Giảm thuế gạo", asking)
        drafting.set_row(owner, number, "tariff_lines", RICE, asking)
        days = (date(2026, 3, 2), date(2026, 3, 2))
        run = runs.run(owner, actions.ask(owner, number, days, asking.officer_code, asking.power_id))
        before, after = laws_of_draft(owner, number, *days)
        with History() as history:
            history.add(RICE_LINES)
            facts = facts_of(compare(history.chunks(), before.law, after.law))
        books = {"before_book": before.facts(), "after_book": after.facts()}
        return actions.answer(owner, run, msgspec.json.encode(facts | books).decode()).run_id


def test_the_decision_of_an_officer_clears_the_goods_and_the_trader_sees_who_and_when(installation, trader, officer):
    lodged = installation.lodge(2)
    number = lodged["declaration_no"]
    installation.pay(lodged)
    trader.page.goto(f"/declarations/{number}")
    assert "Kiểm tra hồ sơ" in trader.page.inner_text("section[aria-labelledby=h-open]")
    officer.page.goto("/queue")
    officer.page.click(f"a[href='/files/{number}']")
    assert officer.page.inner_text("section[aria-labelledby=h-reasons] li")
    answer = decide(officer, number, "document_check", passed="", text="Hồ sơ phù hợp")
    assert "Hàng đã thông quan" in answer and number in answer
    signed = msgspec.json.decode(officer.page.text_content("#bytes"))
    assert (signed["procedure"], signed["sender"], signed["outcome"]) == ("ACT", CUSTOMS, "passed")
    trader.page.reload()
    shown = trader.page.inner_text("main")
    assert "Thông quan" in shown and CHECKER in shown and "Lý do phân luồng" not in shown
    officer.page.goto("/queue")
    assert officer.page.locator(f"a[href='/files/{number}']").count() == 0
    assert officer.wrong == trader.wrong == []


def test_of_two_who_decide_at_once_the_second_is_told_who_was_first(installation, browser, officer):
    number = installation.lodge(2)["declaration_no"]
    head = Tab(browser, installation).log_in(installation.site.login(officer=HEAD))
    load_key(head, key_file(installation, HEAD), "Đã nạp khóa ký")
    head.page.goto(f"/files/{number}")
    head.page.select_option("#act", "document_check")
    assert "Đã ghi nhận" in decide(officer, number, "document_check", passed="")
    answer = sign(head)
    assert CHECKER in answer and "Có vấn đề" in answer
    assert head.wrong == []


def test_what_is_asked_after_clearance_is_decided_on_the_page(installation, trader, officer):
    lodged = installation.lodge(1)
    number = lodged["declaration_no"]
    installation.pay(lodged)
    asked = installation.amend_cleared(number)
    officer.page.goto("/queue")
    officer.page.click(f"a[href='/files/{number}']")
    assert asked["register_no"] in officer.page.inner_text("section[aria-labelledby=h-revisions]")
    assert "Đã ghi nhận" in decide(officer, number, "refuse_amendment", text="Thiếu chứng từ")
    signed = msgspec.json.decode(officer.page.text_content("#bytes"))
    assert (signed["procedure"], signed["register_no"], signed["outcome"]) == (
        "DECIDE",
        asked["register_no"],
        "refused",
    )
    trader.page.goto(f"/declarations/{number}")
    assert "Từ chối" in trader.page.inner_text("section[aria-labelledby=h-revisions]")
    assert "trên trang" in trader.page.inner_text("section[aria-labelledby=h-served]")
    assert officer.wrong == trader.wrong == []


def test_a_value_is_doubted_on_the_page(installation, trader, officer):
    number = installation.lodge(1)["declaration_no"]
    assert "Đã ghi nhận" in decide(officer, number, "doubt_value", doubted="1", text="thấp hơn giá tham chiếu")
    trader.page.goto(f"/declarations/{number}")
    assert "Nghi ngờ trị giá" in trader.page.inner_text("section[aria-labelledby=h-open]")
    assert officer.wrong == trader.wrong == []


def test_a_question_reaches_the_trader_and_red_comes_with_an_order(installation, trader, browser, officer):
    number = installation.lodge(2)["declaration_no"]
    assert "Đã ghi nhận" in decide(officer, number, "ask_question", text="Xuất trình hợp đồng?")
    trader.page.goto(f"/declarations/{number}")
    assert "Xuất trình hợp đồng?" in trader.page.inner_text("section[aria-labelledby=h-questions]")
    head = Tab(browser, installation).log_in(installation.site.login(officer=HEAD))
    load_key(head, key_file(installation, HEAD), "Đã nạp khóa ký")
    answer = decide(head, number, "raise_channel", text="cân lệch", place="03CCS03", containers="MAUU1234567")
    assert "Đỏ" in answer
    trader.page.reload()
    assert "Kiểm tra thực tế" in trader.page.inner_text("section[aria-labelledby=h-open]")


def test_without_the_own_key_nothing_is_signed(installation, browser):
    number = installation.lodge(2)["declaration_no"]
    inspector = people.officer_code("02CI", "document_officer")
    tab = Tab(browser, installation).log_in(installation.site.login(officer=inspector))
    load_key(tab, key_file(installation, CHECKER), "Khóa này không thuộc")
    load_key(tab, key_file(installation, CHECKER).with_suffix("").with_suffix(".cert.pem"), "Không đọc được")
    held = tab.page.evaluate("indexedDB.databases().then(all => all.length)")
    assert held <= 1
    head = Tab(browser, installation).log_in(installation.site.login(officer=HEAD))
    assert "chưa có khóa ký" in decide(head, number, "document_check", passed="")


def test_the_key_cannot_be_read_out_of_the_browser(officer):
    officer.page.goto("/key")
    exported = officer.page.evaluate(
        """async (officer) => {
            const { keptKey } = await import("/static/portals/signing.js");
            const kept = await keptKey(officer);
            try { await crypto.subtle.exportKey("pkcs8", kept.key); return "read"; } catch (error) { return error.name; }
        }""",
        CHECKER,
    )
    assert exported == "InvalidAccessError"


def test_the_list_is_narrowed_in_place_and_by_keyboard_alone(installation, trader):
    number = installation.lodge(1)["declaration_no"]
    trader.page.goto("/declarations")
    trader.page.focus("#number")
    trader.page.keyboard.type(number)
    with trader.page.expect_response(lambda reply: f"number={number}" in reply.url) as answered:
        trader.page.keyboard.press("Enter")
    assert answered.value.request.headers.get("hx-request") == "true"
    expect(trader.page.locator("#results tbody tr")).to_have_count(1)
    assert number in trader.page.url and trader.wrong == []


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_page_is_fit_for_everybody(installation, browser, trader, officer, lawmaker, answered, name, language):
    from axe_playwright_python.sync_playwright import Axe

    number = (
        installation.lodge(3)["declaration_no"] if name in ("declaration", "file", "receipt", "file-receipt") else ""
    )
    paths = {
        "declaration": f"/declarations/{number}",
        "file": f"/files/{number}",
        "signing": f"/signing/{TRADER}",
        **PUBLIC,
        "whatifs": "/whatif",
        "whatif": f"/whatif/{answered}",
    }
    paths |= {"receipt": f"/declarations/{number}/receipt", "file-receipt": f"/files/{number}/receipt"}
    tab = {"trader": trader, "officer": officer, "lawmaker": lawmaker}.get(
        WHO.get(name, ""), trader if name == "sessions" else None
    )
    tab = tab or Tab(browser, installation)
    path = begin_form(tab) if name == "form" else paths.get(name, f"/{name}")
    tab.speak(language)
    tab.page.goto(path)
    assert tab.page.get_attribute("html", "lang") == language
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": 800})
        found = Axe().run(tab.page, options={"runOnly": STANDARD}).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in found] == [], width
        assert tab.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), width
    tab.page.set_viewport_size({"width": 1280, "height": 800})
    tab.speak("vi")
    assert tab.wrong == []


def test_a_page_in_english_holds_no_vietnamese_but_data(trader, officer, lawmaker, answered):
    for tab, paths in (
        (trader, ("/declarations", "/sessions", "/lodge", f"/signing/{TRADER}")),
        (officer, ("/queue", "/key")),
        (lawmaker, ("/whatif", f"/whatif/{answered}")),
    ):
        tab.speak("en")
        for path in paths:
            tab.page.goto(path)
            text = tab.page.inner_text("main h1") + " ".join(
                tab.page.locator("main th, main label, main button").all_inner_texts()
            )
            assert not re.search("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệ]", text, re.IGNORECASE), (path, text)
        tab.speak("vi")
