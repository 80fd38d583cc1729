"""What each person sees of declarations: their own, with everything but what is inside customs."""

import re

import pytest

from haidang.organisation import actions as organisation
from haidang.organisation.terms import Act
from haidang.platform.db import Servers
from haidang.portals.views.trader import PAGE
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, declared
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with
from tests.passing.test_officers import ORDER
from tests.passing.test_revising import cleared

pytestmark = pytest.mark.processes

MINE = people.trader_code(1)
UNKNOWN = "199999999990"
BROKERED = people.BROKERED_EVERY
"""The first trader that has given a broker a mandate."""


@pytest.fixture(scope="module")
def trader(site):
    return site.surfer(site.login(MINE, username="reads"))


@pytest.fixture(scope="module")
def officer(site):
    return site.surfer(site.login(officer=CHECKER))


def compared(reply):
    """Everything of an answer but its date."""
    return reply.status_code, reply.content, [pair for pair in reply.headers.multi_items() if pair[0] != "date"]


def test_unknown_and_forbidden_look_alike_to_the_byte(site, rig, trader, officer):
    theirs, own = rig.lodge(declared(trader=2))[1]["declaration_no"], rig.lodge(declared(trader=1))[1]["declaration_no"]
    wanted = compared(trader.get(f"/declarations/{UNKNOWN}"))
    assert wanted[0] == 404
    paths = (f"/declarations/{theirs}", "/declarations/x", f"/files/{own}", "/queue", "/key", "/nothing/here")
    assert [path for path in paths if compared(trader.get(path)) != wanted] == []
    assert trader.get(f"/declarations/{own}").status_code == 200
    elsewhere = rig.lodge(declared(trader=2, customs_office_code="01NV"))[1]
    missing = compared(officer.get(f"/files/{UNKNOWN}"))
    assert missing[0] == 404
    out_of_reach = elsewhere.get("declaration_no", UNKNOWN)
    paths = (f"/files/{out_of_reach}", f"/declarations/{own}", "/declarations", "/nothing/here")
    assert [path for path in paths if compared(officer.get(path)) != missing] == []


def test_a_broker_reads_what_its_principals_lodged_and_no_more(site, rig):
    theirs = rig.lodge(declared(trader=BROKERED))[1]["declaration_no"]
    strange = rig.lodge(declared(trader=1))[1]["declaration_no"]
    broker = site.surfer(site.login(people.broker_of(BROKERED)))
    assert theirs in broker.get("/declarations").text
    assert broker.get(f"/declarations/{theirs}").status_code == 200
    assert broker.get(f"/declarations/{strange}").status_code == 404


def test_the_dossier_shows_taxes_to_the_dong_what_was_paid_and_who_holds_what(rig, trader):
    lodged = lodge_with(rig, 2)
    number, payable = lodged["declaration_no"], lodged["payable_vnd"]
    page = trader.get(f"/declarations/{number}").text
    written = f"{payable:,}".replace(",", ".")
    assert f"{written}\u00a0₫" in page and "Kiểm tra hồ sơ" in page and "Hải quan" in page
    assert "54/2014/QH13" in page
    rig.act(number, "ask_question", CHECKER, text="Xuất trình hóa đơn <b>gốc</b>")
    rig.pay(number, payable)
    page = trader.get(f"/declarations/{number}").text
    assert page.count(f"{written}\u00a0₫") >= 3, "assessed, paid, and the payment itself"
    assert "Xuất trình hóa đơn &lt;b&gt;gốc&lt;/b&gt;" in page
    english = trader.get(f"/declarations/{number}", headers={"cookie": f"{cookies(trader)}; haidang_language=en"}).text
    assert f"{payable:,}\u00a0₫" in english and "Document check" in english


def cookies(surfer):
    return "; ".join(f"{name}={value}" for name, value in surfer.client.cookies.items())


def test_an_amendment_is_shown_field_by_field(rig, trader):
    lodged = rig.lodge(declared(trader=1, invoice_no="CU-1"))[1]
    status, answer = rig.amend(lodged["declaration_no"], declared(trader=1, invoice_no="MOI-2"))
    assert status == 200, answer
    page = trader.get(f"/declarations/{answer['declaration_no']}").text
    assert re.search(r"<del>CU-1</del>", page) and re.search(r"<ins>MOI-2</ins>", page) and "khai nhầm" in page


def test_a_trader_never_sees_reasons_or_what_customs_deliberates(rig, trader, officer):
    number = lodge_with(rig, 3)["declaration_no"]
    rig.act(number, "propose_lower_channel", HEAD, text="bí mật nội bộ", channel="yellow")
    page, inside = trader.get(f"/declarations/{number}").text, officer.get(f"/files/{number}").text
    assert "bí mật nội bộ" in inside and "Lý do phân luồng" in inside
    for word in ("bí mật nội bộ", "Lý do phân luồng", "criterion:", "draw:", "floor:", "Đề xuất", HEAD):
        assert word not in page
    assert "Chọn ngẫu nhiên: đỏ" in inside or "Tiêu chí:" in inside


def served_on(page):
    """Return the section of what was served, without the links to the proofs: each reader has addresses of their own."""
    return re.sub(r" · <a href=.*?</a>", "", page.split('id="h-served"')[1].split("</section>")[0])


def test_what_a_page_shows_its_reader_was_delivered_and_opened_by_it_once(site, rig, trader, officer):
    number = lodge_with(rig, 2)["declaration_no"]
    rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red", order=ORDER)
    unread = served_on(officer.get(f"/files/{number}").text)
    assert unread.count("Chưa") == 4 and f"{number[:11]}-2" in unread, "two acts, neither delivered nor opened"
    trader.client.head(f"/declarations/{number}")
    assert served_on(officer.get(f"/files/{number}").text) == unread, "whoever looks on opens nothing"
    page = trader.get(f"/declarations/{number}").text
    assert served_on(page).count("trên trang") == 4 and ORDER["place_code"] in served_on(page)
    assert "cân lệch" not in page
    assert served_on(officer.get(f"/files/{number}").text) == served_on(page)
    assert served_on(trader.get(f"/declarations/{number}").text) == served_on(page)
    assert readers_of(site, number) == {("page", MINE)}
    assert rig.violations() == []


def readers_of(site, number):
    with Servers(site.config).connect("auditor") as connection:
        rows = connection.execute(
            "SELECT e.way, p.code FROM service_event e JOIN declaration d USING (shard_id, registered_month, declaration_id)"
            " JOIN party p USING (party_id) WHERE d.no11 = %s",
            (int(number[:11]),),
        )
        return set(rows.fetchall())


def test_a_broker_is_who_opened_what_a_broker_was_shown(site, rig):
    number = rig.lodge(declared(trader=BROKERED))[1]["declaration_no"]
    broker = site.surfer(site.login(people.broker_of(BROKERED)))
    assert broker.get(f"/declarations/{number}").status_code == 200
    assert readers_of(site, number) == {("page", people.broker_of(BROKERED))}


def test_what_is_decided_after_clearance_is_shown_and_what_officers_propose_to_officers_alone(
    site, rig, trader, officer
):
    number = cleared(rig)["declaration_no"]
    head = site.surfer(site.login(officer=HEAD))
    asked = rig.revise("ASSESS", number, more(2), CHECKER)[1]["register_no"]
    before, inside = trader.get(f"/declarations/{number}").text, officer.get(f"/files/{number}").text
    assert asked not in before and "Ấn định thuế" not in before and "Đề xuất ấn định" not in before
    assert asked in inside and "Chờ quyết định" in inside and "Đề xuất ấn định thuế" in inside
    assert "approve_assessment" not in inside, "who proposed does not decide"
    assert "approve_assessment" in head.get(f"/files/{number}").text
    assert rig.rule(number, "assessment", asked, HEAD)[0] == 200
    after = trader.get(f"/declarations/{number}").text
    assert asked in after and "Quyết định ấn định thuế" in served_on(after) and HEAD in after
    assert "approve_assessment" not in head.get(f"/files/{number}").text


def test_the_list_is_narrowed_and_paged_without_losing_or_doubling_any(site, rig):
    reader, code = 9, people.trader_code(9)
    numbers = [rig.lodge(declared(trader=reader))[1]["declaration_no"] for _ in range(PAGE + 3)]
    surfer = site.surfer(site.login(code))
    seen, path = [], "/declarations"
    while path:
        page = surfer.get(path).text
        seen += re.findall(r'href="/declarations/([0-9]{12})"', page)
        following = re.search(r'href="(/declarations\?[^"]*after=[0-9]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(numbers) and len(set(seen)) == len(seen)
    assert re.findall(r'href="/declarations/([0-9]{12})"', surfer.get(f"/declarations?number={numbers[3]}").text) == [
        numbers[3]
    ]
    assert re.findall(r'href="/declarations/([0-9]{12})"', surfer.get("/declarations?state=cancelled").text) == []
    green = set(re.findall(r'href="/declarations/([0-9]{12})"', surfer.get("/declarations?channel=1").text))
    assert green <= set(numbers)
    assert "11 hoặc 12 chữ số" in surfer.get("/declarations?number=12x").text


def test_the_queue_holds_the_open_conditions_of_the_own_office_oldest_due_first(rig, officer):
    waiting = lodge_with(rig, 2)["declaration_no"]
    done = lodge_with(rig, 2)["declaration_no"]
    rig.act(done, "document_check", CHECKER, outcome="passed")
    found, due, path = [], [], "/queue"
    while path:
        page = officer.get(path).text
        found += re.findall(r'href="/files/([0-9]{12})"', page)
        due += re.findall(r'data-label="Hạn">(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d)', page)
        following = re.search(r'href="(/queue\?after=[^"]+)"', page)
        path = following[1] if following else ""
    assert waiting in found and done not in found
    instants = [(year, month, day, at) for day, month, year, at in due]
    assert instants == sorted(instants) and len(instants) >= len(set(found))


def test_a_file_of_another_unit_within_reach_is_shown_for_a_reason_and_every_look_is_kept(site, rig):
    code = people.officer_code("02CI", "document_officer")
    with site.owner() as connection:
        (post,) = connection.execute(
            "SELECT post_id FROM unit_post JOIN customs_unit u USING (unit_id) WHERE u.code = '02CI' AND unit_post.code = 'document_officer'"
        ).fetchone()
        (unit,) = connection.execute("SELECT unit_id FROM customs_unit WHERE code = %s", (CUSTOMS,)).fetchone()
        (at,) = connection.execute("SELECT legal_now()").fetchone()
        organisation.grant_power(
            connection, post_id=post, act=Act.DOCUMENT_CHECK, unit_id=unit, valid_from=at, instrument="Quyết định thử 1"
        )
    surfer = site.surfer(site.login(officer=code))
    number = rig.lodge(declared(trader=1))[1]["declaration_no"]
    asked = surfer.get(f"/files/{number}")
    assert "Lý do xem" in asked.text and "Hàng hóa" not in asked.text
    refused = surfer.post(f"/files/{number}", reason="   ")
    assert refused.status_code == 200 and "Có vấn đề" in refused.text
    assert surfer.post(f"/files/{number}", reason="Hỗ trợ đơn vị bạn").status_code == 302
    shown = surfer.get(f"/files/{number}").text
    assert "Hàng hóa" in shown and "Hỗ trợ đơn vị bạn" in shown
    with Servers(site.config).connect("auditor") as connection:
        rows = connection.execute("SELECT officer_code, unit_code, reason FROM file_view").fetchall()
    assert rows == [(code, CUSTOMS, "Hỗ trợ đơn vị bạn")] * 2
    assert rig.violations() == []
    with site.owner() as connection:
        connection.execute("UPDATE file_view SET officer_code = %s", (people.officer_code("01NV", "inspector"),))
    assert {(row.invariant, row.found) for row in rig.report().rows} == {
        ("powers", f"the officer held no power over unit {CUSTOMS}")
    }
    with site.owner() as connection:
        connection.execute("UPDATE file_view SET officer_code = %s", (code,))


def test_no_page_is_kept_runs_foreign_code_or_is_shown_in_a_frame(trader):
    reply = trader.get("/declarations")
    assert reply.headers["cache-control"] == "no-store" and reply.headers["x-frame-options"] == "DENY"
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", reply.text)
    assert trader.get("/static/django_htmx/htmx-2.min.js").status_code == 200
