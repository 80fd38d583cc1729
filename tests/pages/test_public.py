"""Pages for everybody: the tariff, the calculator, the check of receipts; without logging in, without scripts, and kept by whoever keeps pages."""

import re

import msgspec
import pytest

from haidang.gateway import openapi
from haidang.gateway.tests.test_openapi import validator
from haidang.portals.views import receipts
from haidang.site.demo import people
from tests.passing.rig import declared
from tests.passing.test_quotas import SALT, licence

pytestmark = pytest.mark.processes

SUGAR = "17011300"
PLASTICS = "39269059"
LINE = {"hs": PLASTICS, "origin": "JP", "value": "1250.50", "tax": "V10", "on": "2026-03-02"}
SCHEMAS = openapi.document()["components"]["schemas"]


@pytest.fixture(scope="module")
def anybody(site):
    return site.anybody()


def quoted(anybody, **changes):
    reply = anybody.get("/api/v1/tariff/quotes", params={**LINE, **changes})
    assert reply.status_code == 200, reply.text
    return reply.json()


def given(anybody, content, name="receipt.json"):
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', anybody.get("/receipts").text)
    return anybody.client.post(
        "/receipts", data={"csrfmiddlewaretoken": token[1]}, files={"receipt": (name, content, "application/json")}
    )


def test_words_with_and_without_marks_and_digits_lead_to_the_same_code(anybody):
    found = [
        re.findall(r'href="/tariff/([0-9]{8})"', anybody.get("/tariff", params={"words": words}).text)
        for words in ("đường mía", "DUONG MIA", "17 duong mia")
    ]
    assert SUGAR in found[0] and set(found[2]) <= set(found[1]) == set(found[0])
    assert anybody.get("/tariff", params={"words": SUGAR}).headers["location"] == f"/tariff/{SUGAR}"
    assert anybody.get("/tariff", params={"words": "1701.13.00"}).headers["location"] == f"/tariff/{SUGAR}"
    assert "Không có tên nào" in anybody.get("/tariff", params={"words": "xyzzy"}).text


def test_the_tree_is_walked_from_the_chapters_to_a_code(anybody):
    path, steps = "/tariff", []
    for prefix in ("17", "1701"):
        steps.append(path)
        path = f"/tariff/under/{prefix}"
        assert f'href="{path}"' in anybody.get(steps[-1]).text
    assert f'href="/tariff/{SUGAR}"' in anybody.get(path).text
    assert anybody.get("/tariff/under/00").status_code == 404


def test_goods_are_found_and_the_tree_is_read_in_the_readers_language(site):
    english, vietnamese = site.anybody(), site.anybody()
    found = english.get("/tariff", params={"words": "frozen shrimp", "lang": "en"}).text
    assert 'href="/tariff/03061721"' in found and "Crustaceans" in found and 'href="/tariff/under/030617"' in found
    assert "not the legal text" in found
    assert "Động vật giáp xác" in vietnamese.get("/tariff", params={"words": "tom dong lanh"}).text
    for anybody, section, chapter, heading in (
        (english, "Section I: Live animals and animal products", "Fish, crustaceans", "Crustaceans: shrimps"),
        (vietnamese, "Phần I: Động vật sống và sản phẩm động vật", "Cá, tôm, cua", "Động vật giáp xác: tôm"),
    ):
        assert section in anybody.get("/tariff").text and chapter in anybody.get("/tariff").text
        assert heading in anybody.get("/tariff/under/03").text and heading in anybody.get("/tariff/under/0306").text
        assert heading in anybody.get("/tariff/03061721").text


def test_goods_in_words_lead_to_codes_with_what_speaks_for_each_and_that_only_a_ruling_binds(anybody):
    page = anybody.get("/tariff/classification", params={"text": "máy bơm nước ly tâm"}).text
    codes = re.findall(r'<h3><a href="/tariff/([0-9]{8})"', page)
    assert len(codes) == 5 and codes[0].startswith("8413")
    assert f'href="/tariff/price?hs={codes[0]}"' in page and "Không chắc" in page and "mới ràng buộc" in page
    assert "Không biết từ nào" in anybody.get("/tariff/classification", params={"text": "xyzzy"}).text
    assert "1.000 ký tự đầu" in anybody.get("/tariff/classification", params={"text": "may bom " * 200}).text
    asked = anybody.get("/tariff/classification")
    assert asked.headers["cache-control"] == "public, max-age=300" and "<h3>" not in asked.text
    assert "Ngày không đọc được" in anybody.get("/tariff/classification", params={"on": "mai"}).text


def test_a_code_says_every_measure_with_its_law_and_what_is_not_on_file(anybody):
    page = anybody.get(f"/tariff/{SUGAR}").text
    for said in (
        "25 (NHN: 80)",
        "Ngoài hạn ngạch thuế quan",
        "ATIGA (ASEAN)",
        "MX: 6,8",
        "hiệp định không dành ưu đãi",
        "đến trước 01/01/2027",
        "204/2025/QH15",
        "2105/QĐ-BCT",
        "chống bán phá giá",
        "chưa kiểm chứng",
        "dữ liệu mẫu",
        "Chưa có thuế suất của mã này",
    ):
        assert said in page, said
    english = anybody.get(f"/tariff/{SUGAR}", params={"lang": "en"})
    assert 'lang="en"' in english.text and "No rate of this code is on file" in english.text
    assert english.headers["cache-control"] == "no-store"
    anybody.get("/tariff", params={"lang": "vi"})
    live_horses = anybody.get("/tariff/01012100").text
    assert "Bộ Nông nghiệp" in live_horses and "01/2024/TT-BNNPTNT" in live_horses


def test_a_code_is_shown_as_of_a_day_and_what_was_no_code_then_is_told(anybody):
    after = anybody.get(f"/tariff/{SUGAR}", params={"on": "2027-01-01"}).text
    assert "204/2025/QH15" not in after and "01/01/2027" in after
    before = anybody.get(f"/tariff/{SUGAR}", params={"on": "01/01/2020"})
    assert before.status_code == 404 and "Không có mã hàng này" in before.text
    near = anybody.get("/tariff/17011301")
    assert near.status_code == 404 and SUGAR in near.text
    assert "Ngày không đọc được" in anybody.get(f"/tariff/{SUGAR}", params={"on": "2026-02-30"}).text


def test_the_page_of_nobody_is_kept_and_asked_for_by_its_tag_and_that_of_a_person_is_not(site, anybody):
    first = anybody.get(f"/tariff/{SUGAR}")
    assert first.headers["cache-control"] == "public, max-age=300" and "Cookie" in first.headers["vary"]
    assert "set-cookie" not in first.headers and "csrfmiddlewaretoken" not in first.text
    again = anybody.get(f"/tariff/{SUGAR}", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    surfer = site.surfer(site.login(people.trader_code(1), username="looks-up"))
    own = surfer.get(f"/tariff/{SUGAR}")
    assert own.headers["cache-control"] == "no-store" and "etag" not in own.headers and "looks-up" in own.text


def test_the_calculator_says_every_duty_cheapest_first_and_each_step(anybody):
    page = anybody.get("/tariff/price", params=LINE).text
    assert page.index("Thuế suất ưu đãi (MFN)") < page.index("Thuế suất thông thường")
    facts = quoted(anybody)
    receipt = facts["receipt"]
    (value,) = {line["value"]["value_vnd_e4"] for line in receipt["lines"]}
    duty, vat = receipt["lines"][0]["taxes"]
    assert duty["amount_vnd_e4"] == value * 6 // 100 and vat["base_vnd_e4"] == value + duty["amount_vnd_e4"]
    assert f"{receipt['payable_vnd']:,}".replace(",", ".") in page and receipt["payable_words_vi"] in page
    ordinary = quoted(anybody, schedule="B03")["receipt"]["payable_vnd"]
    assert ordinary > receipt["payable_vnd"]
    costs = [each["duty_vnd_e4"] for each in facts["options"] if each["duty_vnd_e4"] is not None]
    assert costs == sorted(costs) and all(each["proof_vi"] and each["proof_en"] for each in facts["options"])


def test_freight_and_what_a_quota_does_not_hold_are_priced(anybody):
    plain, carried = quoted(anybody, terms="FOB"), quoted(anybody, terms="FOB", freight="100")
    assert carried["receipt"]["payable_vnd"] > plain["receipt"]["payable_vnd"]
    assert quoted(anybody, terms="CIF", freight="100")["findings"][0]["code"] == "R0157"
    split = quoted(anybody, hs=SUGAR, quantity="100", quota_left="60", tax="V05")["receipt"]
    assert [line["taxes"][0]["rate_bp"] for line in split["lines"]] == [2500, 8000]
    assert "Giá CIF đã gồm" in anybody.get("/tariff/price", params={**LINE, "freight": "100"}).text


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "1e9"},
        {"value": "-1"},
        {"value": "9" * 40},
        {"value": "9" * 14},
        {"hs": "1701"},
        {"hs": "00000000"},
        {"on": "31/02/2026"},
        {"currency": "QQQ"},
        {"origin": "<script>"},
        {"schedule": "B99"},
        {"terms": "'"},
        {"direction": "sideways"},
        {"quantity": "1.2345"},
        {"quota_left": "x"},
        {"unit": "ZZZ"},
    ],
)
def test_what_is_asked_wrongly_is_told_field_by_field_and_never_a_fault(anybody, changes):
    reply = anybody.get("/api/v1/tariff/quotes", params={**LINE, **changes})
    page = anybody.get("/tariff/price", params={**LINE, **changes})
    assert page.status_code == 200 and "<script>" not in page.text
    if reply.status_code == 200:
        assert reply.json()["findings"] and "Cần sửa trước" in page.text
        return
    assert reply.status_code == 422 and reply.headers["content-type"] == "application/problem+json"
    validator(SCHEMAS["FindingsProblem"]).validate(reply.json())
    assert [each["pointer"] for each in reply.json()["findings"]] == [f"/{name}" for name in changes]
    assert "Có vấn đề" in page.text


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("codes?words=sua&limit=5", "CodesFound"),
        ("codes?words=frozen+shrimp", "CodesFound"),
        (f"codes/{SUGAR}", "CodeShown"),
        ("classification?text=may+bom+nuoc", "ClassificationHelp"),
        ("tree", "TreeFound"),
        ("tree?digits=1701", "TreeFound"),
        (f"quotes?hs={SUGAR}&value=100&origin=TH", "Quote"),
        (f"quotes?hs={SUGAR}&value=100&direction=export", "Quote"),
    ],
)
def test_machines_are_answered_as_the_description_says(anybody, path, schema):
    reply = anybody.get(f"/api/v1/tariff/{path}")
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/json"
    validator(SCHEMAS[schema]).validate(reply.json())
    again = anybody.get(f"/api/v1/tariff/{path}", headers={"if-none-match": reply.headers["etag"]})
    assert again.status_code == 304
    for nothing in ("codes/00000000", "tree?digits=00"):
        assert anybody.get(f"/api/v1/tariff/{nothing}").status_code == 404
    assert anybody.get("/api/v1/tariff/codes?on=never").status_code == 422


def test_a_receipt_that_nobody_touched_is_right_and_a_changed_figure_is_named(anybody):
    receipt = quoted(anybody)["receipt"]
    right = given(anybody, msgspec.json.encode(receipt))
    assert right.status_code == 200 and "Đúng từng đồng" in right.text
    receipt["lines"][0]["taxes"][0]["amount_vnd_e4"] += 1
    wrong = given(anybody, msgspec.json.encode(receipt)).text
    assert "Có chỗ khác" in wrong and "/lines/0/taxes/0/amount_vnd_e4" in wrong
    receipt["declared"]["items"][0]["invoice_value_e4"] -= 1
    assert "đã bị sửa sau khi lập" in given(anybody, msgspec.json.encode(receipt)).text


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{}", 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 422),
        (b'{"law_book_version": 99999999999999999999}', 422),
        (b" " * (receipts.MOST_BYTES + 1), 413),
        (b" " * (receipts.MOST_BYTES + 100_000), 413),
    ],
    ids=["empty", "object", "no-text", "deep", "version", "long", "longer"],
)
def test_what_is_no_receipt_is_refused_with_what_to_do(anybody, content, status):
    reply = given(anybody, content)
    assert reply.status_code == status and "Có vấn đề" in reply.text


def test_a_receipt_of_a_declaration_is_for_those_who_may_act_on_it(site, rig):
    number = rig.lodge(declared(trader=1))[1]["declaration_no"]
    own = site.surfer(site.login(people.trader_code(1), username="asks-receipt"))
    other = site.surfer(site.login(people.trader_code(2), username="asks-anothers"))
    assert site.anybody().get(f"/declarations/{number}/receipt").status_code == 302
    assert other.get(f"/declarations/{number}/receipt").status_code == 404
    assert f'href="/declarations/{number}/receipt"' in own.get(f"/declarations/{number}").text
    # No lane runs beside these pages: what cannot be asked is said, with what to do.
    reply = own.get(f"/declarations/{number}/receipt")
    assert reply.status_code == 503 and "thử lại" in reply.text


def test_what_is_left_of_a_quota_licence_is_on_the_page_of_its_holder_alone(site, rig, anybody):
    number = licence(rig, "1000")
    own = site.surfer(site.login(people.trader_code(1), username="holds-licence"))
    other = site.surfer(site.login(people.trader_code(2), username="holds-none"))
    page = own.get(f"/tariff/{SALT}").text
    assert number in page and "1.000 KGM" in page
    assert number not in other.get(f"/tariff/{SALT}").text + anybody.get(f"/tariff/{SALT}").text


def test_the_first_page_of_nobody_leads_to_what_needs_no_login(anybody):
    page = anybody.get("/login").text
    assert all(f'href="{path}"' in page for path in ("/tariff", "/tariff/price", "/tariff/classification", "/receipts"))
