"""A trader lodges in real Chromium: by a form and the keyboard, by a workbook that is mended, and asks for what only customs may grant."""

import io
import re

import httpx
import msgspec
import openpyxl
import pytest
from playwright.sync_api import expect

from haidang.declarations.tests import build
from haidang.gateway.sheets import layout
from haidang.gateway.tests.printed import text_of
from haidang.gateway.tests.test_sheets import filled
from haidang.parties.terms import MemberRole
from haidang.platform.login import secret_key
from haidang.portals.who import reading_token
from haidang.site.demo import people
from tests.pages.browsing import TRADER, Tab, begin_form, decide, key_file, load_key
from tests.passing.rig import HEAD, declared
from tests.passing.test_supplementing import PRIORITY, complete, incomplete

pytestmark = pytest.mark.browser

LODGED = re.compile(r"/declarations/([0-9]{12})\?done=1")


@pytest.fixture(scope="module")
def trader(installation, browser) -> Tab:
    tab = Tab(browser, installation).log_in(installation.site.login(TRADER))
    load_key(tab, key_file(installation, TRADER), "Đã nạp khóa ký", f"/signing/{TRADER}")
    return tab


@pytest.fixture(scope="module")
def head(installation, browser) -> Tab:
    tab = Tab(browser, installation).log_in(installation.site.login(officer=HEAD))
    load_key(tab, key_file(installation, HEAD), "Đã nạp khóa ký")
    return tab


def upload(tab, name, content, media="application/octet-stream"):
    tab.page.goto("/lodge")
    tab.page.set_input_files("#file", {"name": name, "mimeType": media, "buffer": content})
    tab.page.click("#read")


def press(tab, button):
    """Press a button and return what is answered."""
    tab.page.click(button)
    answer = tab.page.locator("#answer [data-outcome], #answer .problem").first
    answer.wait_for()
    return str(tab.page.inner_text("#answer"))


def lodged_number(tab):
    tab.page.wait_for_url(LODGED)
    return LODGED.search(tab.page.url)[1]


def ask(tab, number, deed, **fields):
    """Choose what to do with a declaration, fill in the fields, sign and send; return what is answered."""
    tab.page.goto(f"/declarations/{number}")
    tab.page.select_option("#deed", deed)
    for name, value in fields.items():
        place = f"#{name.replace('_', '-')}"
        if tab.page.locator(place).evaluate("node => node.tagName") == "SELECT":
            tab.page.select_option(place, value)
        else:
            tab.page.fill(place, value)
    return press(tab, "#sign")


def test_a_form_is_filled_in_by_keyboard_mended_where_it_is_wrong_tried_signed_and_lodged(trader):
    begin_form(trader)
    wire = msgspec.json.decode(msgspec.json.encode(build.wire(declared(trader=1, trader_reference="BAN-PHIM"))))
    line = wire.pop("items")[0]
    for name, value in wire.items():
        field = trader.page.locator(f"#f-{name}")
        if field.count() and field.evaluate("node => !node.closest('details:not([open])')"):
            trader.page.fill(f"#f-{name}", "\n".join(value) if isinstance(value, list) else str(value))
    for name, value in {**line, "quantity": "1x2"}.items():
        field = trader.page.locator(f"#f-items-0-{name}")
        if field.evaluate("node => !node.closest('details:not([open])')"):
            field.focus()
            trader.page.keyboard.press("Control+A")
            trader.page.keyboard.type(" ".join(value) if isinstance(value, list) else str(value))
    answer = press(trader, "#check")
    assert "Có vấn đề" in answer and "Số lượng (1)" in answer
    trader.page.focus("#f-kind_code")
    trader.page.keyboard.press("F8")
    assert trader.page.evaluate("() => document.activeElement.id") == "f-items-0-quantity"
    assert "Số lượng (1)" in trader.page.inner_text("#f-items-0-quantity-wrong")
    trader.page.keyboard.press("Control+A")
    trader.page.keyboard.type(line["quantity"])
    answer = press(trader, "#check")
    assert "Không có lỗi" in answer and "Thuế nhập khẩu" in answer and "Thuế phải nộp" in answer
    assert trader.page.locator("#form [aria-invalid]").count() == 0
    payable = re.search(r"Thuế phải nộp\s+([\d.]+)", answer)[1]
    trader.page.click("#sign")
    number = lodged_number(trader)
    shown = trader.page.inner_text("main")
    assert payable in shown and "Điều kiện còn mở" in shown
    trader.page.goto("/lodge")
    assert "BAN-PHIM" not in trader.page.inner_text("main") and number not in trader.page.inner_text("#h-kept")
    assert trader.wrong == []


def test_lines_are_added_doubled_and_removed_by_keys_and_all_is_there_after_the_tab_was_lost(
    trader, browser, installation
):
    address = begin_form(trader)
    trader.page.fill("#f-items-0-description", "Nắp nhựa")
    trader.page.keyboard.press("Alt+D")
    trader.page.keyboard.press("Alt+N")
    assert trader.page.evaluate("() => document.activeElement.id") == "f-items-2-commodity_code"
    trader.page.keyboard.type("39269059")
    trader.page.locator("#f-items-1 .remove").first.click()
    expect(trader.page.locator("#count")).to_have_text("2")
    expect(trader.page.locator("#saved")).to_have_text(re.compile("^Đã lưu"))
    other = Tab(browser, installation).log_in(installation.site.login(TRADER))
    other.page.goto(address)
    other.page.wait_for_selector("#form[data-ready]")
    assert other.page.input_value("#f-items-0-description") == "Nắp nhựa"
    assert other.page.input_value("#f-items-1-commodity_code") == "39269059"
    assert "chưa có khóa ký" in press(other, "#sign"), "the key is in another browser"


def test_codes_are_suggested_while_they_are_typed_and_called_by_their_names(trader):
    begin_form(trader)
    trader.page.focus("#f-counterparty_country_code")
    trader.page.keyboard.press("Control+A")
    with trader.page.expect_response(lambda reply: "/codes/country" in reply.url and "q=jp" in reply.url):
        trader.page.keyboard.type("jp")
    expect(trader.page.locator("#codes-country option").first).to_have_attribute("value", "JP")


def test_a_workbook_with_a_fault_comes_back_marked_and_is_lodged_when_mended(trader):
    wire = build.wire(declared(trader=1))
    right = filled(wire)

    def wrong(header, lines):
        lines.cell(
            layout.NAMES_ROWS + 1, 1 + [each.id for each in layout.item_columns()].index("quantity")
        ).value = "1,5"

    trader.page.goto("/lodge")
    with trader.page.expect_download() as waited:
        trader.page.click("a[href='/lodge/template']")
    empty = openpyxl.load_workbook(io.BytesIO(waited.value.path().read_bytes()))
    assert empty.sheetnames[:2] == [layout.HEADER_SHEET, layout.ITEM_SHEET]
    upload(trader, "hang.xlsx", filled(wire, wrong))
    trader.page.wait_for_selector("#answer [data-outcome=refused]")
    row = trader.page.locator("#answer tbody tr").first
    assert (
        "Số lượng (1)" in row.inner_text() and "Dòng 1" in row.inner_text() and re.search("[A-Z]+4", row.inner_text())
    )
    with trader.page.expect_download() as waited:
        trader.page.click("#mark")
    assert waited.value.suggested_filename == "hang.findings.xlsx"
    marked = openpyxl.load_workbook(io.BytesIO(waited.value.path().read_bytes()))
    assert layout.FINDING_SHEET in marked.sheetnames
    upload(trader, "hang.xlsx", right)
    trader.page.wait_for_selector("#form[data-ready]")
    assert trader.page.input_value("#f-items-0-commodity_code") == wire["items"][0]["commodity_code"]
    trader.page.click("#sign")
    number = lodged_number(trader)
    assert number in trader.page.inner_text("h1")
    assert trader.wrong == []


def test_what_is_wrong_in_a_file_is_mended_on_the_form(trader):
    wire = msgspec.json.decode(msgspec.json.encode(build.wire(declared(trader=1))))
    wire["items"][0]["origin_country_code"] = "QQ"
    upload(trader, "hang.json", msgspec.json.encode({"message_id": "other-software", "declaration": wire}))
    trader.page.wait_for_selector("#answer [data-outcome=refused]")
    assert trader.page.locator("#mark").count() == 0, "there are no cells to mark"
    trader.page.click("#mend")
    trader.page.wait_for_selector("#form[data-ready]")
    trader.page.fill("#f-items-0-origin_country_code", "kr")
    trader.page.click("#sign")
    lodged_number(trader)


def test_a_declaration_is_copied_amended_and_its_proof_is_a_paper(trader, installation):
    number = installation.lodge(1)["declaration_no"]
    trader.page.goto(f"/declarations/{number}")
    trader.page.click("button[value=lodge]")
    trader.page.wait_for_selector("#form[data-ready]")
    assert trader.page.input_value("#f-items-0-commodity_code") and not trader.page.input_value("#f-invoice_no")
    trader.page.goto(f"/declarations/{number}")
    trader.page.click("button[value=amend]")
    trader.page.wait_for_selector("#form[data-ready]")
    trader.page.fill("#f-invoice_no", "SUA-TREN-TRANG")
    trader.page.fill("#reason", "khai nhầm số hóa đơn")
    trader.page.click("#sign")
    amended = lodged_number(trader)
    assert amended == f"{number[:11]}1" and "SUA-TREN-TRANG" in trader.page.inner_text(
        "section[aria-labelledby=h-versions]"
    )
    with trader.page.expect_download() as waited:
        trader.page.click(f"a[href$='/served/{number[:11]}-2']")
    text = text_of(waited.value.path().read_bytes())
    assert f"{number[:11]}-2" in text and "Kết quả khai sửa" in text and "xem trang" in text


def test_release_is_asked_for_and_granted_on_the_pages(trader, head, installation):
    lodged = installation.lodge(2)
    number = lodged["declaration_no"]
    installation.pay(lodged)
    assert "Đã ghi nhận" in ask(trader, number, "request_release", release_code="B", text="chờ giám định trị giá")
    head.page.goto("/queue")
    while not head.page.locator(f"a[href='/files/{number}']").count():
        # What is due first stands first: other tests may have filled the pages before it. On the last one there is no further link, and the click fails.
        with head.page.expect_navigation():
            head.page.locator("a[href^='/queue?after=']").click(timeout=5_000)
    assert "Đã ghi nhận" in decide(head, number, "document_check", passed="", text="đủ hồ sơ")
    answer = decide(head, number, "release", text="đồng ý giải phóng hàng")
    assert "Giải phóng hàng" in answer or "Thông quan" in answer, answer
    head.page.goto(f"/files/{number}")
    with head.page.expect_download() as waited:
        head.page.locator("section[aria-labelledby=h-served] a").first.click()
    assert "Quyết định giải phóng hàng" in text_of(waited.value.path().read_bytes())
    trader.page.goto(f"/declarations/{number}")
    assert "Quyết định giải phóng hàng" in trader.page.inner_text("section[aria-labelledby=h-served]")


def test_an_incomplete_declaration_is_completed_on_the_page(installation, browser):
    code = people.trader_code(PRIORITY)
    tab = Tab(browser, installation).log_in(installation.site.login(code))
    load_key(tab, key_file(installation, code), "Đã nạp khóa ký", f"/signing/{code}")
    body = build.message(incomplete(), message_id="browser-incomplete", sender=code)
    number = installation.send("declarations", code, body)["declaration_no"]
    tab.page.goto(f"/declarations/{number}")
    assert "Hoàn chỉnh tờ khai chưa hoàn chỉnh" in tab.page.inner_text("section[aria-labelledby=h-open]")
    assert tab.page.locator("button[value=amend]").count() == 0
    tab.page.click("button[value=supplement]")
    tab.page.wait_for_selector("#form[data-ready]")
    whole = complete()
    known = {"loading_place_code": whole.loading_place_code, "unloading_place_code": whole.unloading_place_code}
    known |= {"gross_mass": "1000", "container_count": "1", "invoice_no": "INV-7", "invoice_on": "2026-02-20"}
    for name, value in known.items():
        tab.page.fill(f"#f-{name}", value)
    tab.page.click("#sign")
    assert lodged_number(tab) == f"{number[:11]}1"
    assert "Hoàn chỉnh" not in tab.page.inner_text("section[aria-labelledby=h-open]")


def test_storage_is_asked_for_while_a_result_is_awaited_and_granted_on_the_pages(trader, head, installation):
    lodged = installation.lodge_inspected()
    number = lodged["declaration_no"]
    installation.pay(lodged)
    assert "Đã ghi nhận" in decide(head, number, "document_check", passed="", text="đủ hồ sơ")
    trader.page.goto(f"/declarations/{number}")
    assert "Kiểm tra chuyên ngành" in trader.page.inner_text("section[aria-labelledby=h-open]")
    fields = {"place_code": "KHO0001", "storage_place": "own", "text": "chờ kiểm dịch"}
    answer = ask(trader, number, "request_storage", **fields)
    assert "Chờ quyết định đưa hàng về bảo quản" in answer, answer
    head.page.goto(f"/files/{number}")
    assert "KHO0001" in head.page.inner_text("section[aria-labelledby=h-open]")
    answer = decide(head, number, "refuse_storage", text="kho không đạt")
    assert "Đã ghi nhận" in answer
    assert "Đã ghi nhận" in ask(trader, number, "request_storage", **{**fields, "place_code": "KHO0002"})
    assert "Đưa hàng về bảo quản" in decide(head, number, "release_to_storage", text="đồng ý")
    trader.page.goto(f"/declarations/{number}")
    served = trader.page.inner_text("section[aria-labelledby=h-served]")
    assert "Từ chối đề nghị đưa hàng về bảo quản" in served and "Quyết định cho đưa hàng về bảo quản" in served


def test_a_question_is_answered_and_a_document_attached_on_the_page(trader, head, installation):
    number = installation.lodge(2)["declaration_no"]
    assert "Đã ghi nhận" in decide(head, number, "ask_question", text="Xuất trình hợp đồng?")
    assert "Đã ghi nhận" in ask(trader, number, "answer_question", question="1", text="Hợp đồng số 7 kèm theo")
    trader.page.goto(f"/declarations/{number}")
    assert "Hợp đồng số 7 kèm theo" in trader.page.inner_text("section[aria-labelledby=h-questions]")
    trader.page.select_option("#deed", "attach")
    assert "Hãy chọn tệp" in press(trader, "#sign")
    trader.page.select_option("#type", "other")
    trader.page.fill("#other-title", "Hợp đồng")
    trader.page.set_input_files("#attached", {"name": "hd.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"})
    trader.page.click("#sign")
    expect(trader.page.locator("#answer .done")).to_be_visible()
    trader.page.reload()
    assert "Nộp thêm chứng từ" in trader.page.inner_text("section[aria-labelledby=h-messages]")


def test_a_cancellation_is_asked_for_and_what_stands_in_its_way_is_said(trader, installation):
    number = installation.lodge(1)["declaration_no"]
    answer = ask(trader, number, "CANCEL", case="unamendable_error", text="khai nhầm phương thức")
    assert "Đã ghi nhận" in answer and "hủy" in answer
    trader.page.goto(f"/declarations/{number}")
    assert trader.page.locator("#deed option[value=CANCEL]").count() == 0
    assert trader.wrong == []


def test_a_member_without_the_power_reads_the_dossier_and_signs_nothing(installation, browser):
    number = installation.lodge(1)["declaration_no"]
    reads = installation.site.login(TRADER, username="browser-reads", role=MemberRole.READER)
    tab = Tab(browser, installation).log_in(reads)
    tab.page.goto(f"/declarations/{number}")
    assert number in tab.page.inner_text("h1") and tab.page.locator("#work, #deed, a[href='/lodge']").count() == 0
    assert tab.page.goto("/lodge").status == 404


def test_a_member_without_the_power_has_the_receipt_in_every_form_with_a_token_that_can_do_nothing_else(installation):
    number = installation.lodge(1)["declaration_no"]
    reads = installation.site.surfer(installation.site.login(TRADER, username="receipt-reads", role=MemberRole.READER))
    assert f"/declarations/{number}/receipt" in reads.get(f"/declarations/{number}").text
    page = reads.get(f"/declarations/{number}/receipt")
    assert page.status_code == 200 and number in page.text
    assert reads.get(f"/declarations/{number}/receipt?form=json").json()["declaration_no"] == number
    assert number in text_of(reads.get(f"/declarations/{number}/receipt?form=pdf").content)
    with installation.site.owner() as connection:
        (party_id,) = connection.execute("SELECT party_id FROM party WHERE code = %s", (TRADER,)).fetchone()
    session = reads.client.cookies.get("haidang")
    token = reading_token(session, party_id, secret_key(installation.config))
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    address = f"http://127.0.0.1:{installation.config.port_general}/api/v1"
    for method, path in (("GET", f"declarations/{number}"), ("POST", "drafts"), ("POST", "declarations")):
        reply = httpx.request(method, f"{address}/{path}", headers=headers, content=b"{}", trust_env=False)
        assert reply.status_code == 403, (path, reply.text)
    assert httpx.get(f"{address}/declarations/{number}/receipt", headers=headers, trust_env=False).status_code == 200
