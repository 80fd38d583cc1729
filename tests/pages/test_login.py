"""Logging in: password and code together, once; what is refused tells nothing; sessions are seen and ended by their owner."""

import re
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from haidang.portals import middleware
from haidang.site.demo import people
from haidang.site.logins import disable_login, enable_login
from tests.pages.surfing import Site, code_of, without_form

pytestmark = pytest.mark.processes

TRADER = people.trader_code(1)


def tokens_of_sessions(site: Site) -> list[bool]:
    """Whether each token of a session stands, oldest first."""
    with site.owner() as connection:
        rows = connection.execute(
            "SELECT revoked_at IS NULL FROM party_token WHERE label = 'session' ORDER BY valid_from"
        )
        return [row[0] for row in rows]


def test_password_and_code_open_the_list_and_nothing_is_open_before(site):
    login = site.login(TRADER)
    guest = site.anybody()
    for path in ("/", "/declarations", "/declarations/100000000000", "/sessions", "/queue", "/key"):
        reply = guest.get(path)
        assert reply.status_code == 302 and reply.headers["location"].startswith("/login?next=")
    site.renew_code(login.username)
    assert guest.log_in(login).headers["location"] == "/"
    assert guest.get("/").headers["location"] == "/declarations"
    assert TRADER in guest.get("/declarations").text


def test_whatever_is_wrong_gets_the_same_page(site):
    login = site.login(TRADER, username="wrong-tries")
    wrong = (
        {"password": "not the password"},
        {"code": code_of(login, -20)},
        {"username": "nobody-of-this-name"},
    )
    replies = [site.anybody().log_in(login, **each) for each in wrong]
    assert {reply.status_code for reply in replies} == {401}
    shown = {re.sub(r'name="username" value="[^"]*"', "", without_form(reply.text)) for reply in replies}
    assert len(shown) == 1


def test_a_code_works_once(site):
    login = site.login(TRADER, username="replayed")
    code = code_of(login)
    assert site.anybody().log_in(login, code=code).status_code == 302
    assert site.anybody().log_in(login, code=code).status_code == 401


def test_after_five_wrong_attempts_even_the_right_one_waits_until_the_operator_helps(site):
    login, other = site.login(TRADER, username="guessed"), site.login(TRADER, username="bystander")
    statuses = [site.anybody().log_in(login, password=f"guess {n}").status_code for n in range(5)]
    assert statuses[:4] == [401] * 4 and statuses[4] == 429
    assert site.anybody().log_in(login).status_code == 429
    assert site.anybody().log_in(other).status_code == 302
    assert enable_login(site.config, login.username)
    assert site.anybody().log_in(login).status_code == 302


def test_an_address_that_a_client_invents_neither_escapes_the_lock_out_nor_is_shown(site):
    login = site.login(TRADER, username="forwarded")
    statuses = []
    for number in range(5):
        surfer = site.anybody()
        surfer.client.headers["x-forwarded-for"] = f"203.0.113.{number}"
        statuses.append(surfer.log_in(login, password="a guess").status_code)
    assert statuses == [401] * 4 + [429]
    assert enable_login(site.config, login.username)
    surfer = site.surfer(login)
    surfer.client.headers["x-forwarded-for"] = "203.0.113.77"
    assert "203.0.113.77" not in surfer.get("/sessions").text


@pytest.mark.parametrize(("trusted", "seen"), [((), "127.0.0.1"), ((ip_network("127.0.0.1"),), "203.0.113.9")])
def test_behind_a_trusted_proxy_lock_outs_go_by_the_address_of_the_client(monkeypatch, trusted, seen):
    monkeypatch.setattr(middleware, "load", lambda: SimpleNamespace(trusted_proxies=trusted))
    request = SimpleNamespace(META={"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"})
    assert middleware.client(lambda its: its.META["REMOTE_ADDR"])(request) == seen


def test_a_session_gets_a_new_name_when_somebody_logs_in(site):
    surfer = site.anybody()
    surfer.get("/login")
    before = surfer.client.cookies.get("haidang")
    site.renew_code(site.login(TRADER).username)
    surfer.log_in(site.login(TRADER))
    assert surfer.client.cookies.get("haidang") not in (None, before)


def test_an_owner_sees_the_sessions_and_ends_another_one_with_its_token(site):
    login = site.login(officer=people.officer_code("01NV", "document_officer"))
    first, second = site.surfer(login), site.surfer(login)
    assert tokens_of_sessions(site)[-2:] == [True, True]
    shown = first.get("/sessions").text.split('class="cards"')[1].split("<li>")[1:]
    (others,) = [each for each in shown if "Đây là phiên đang dùng" not in each and "Kết thúc phiên này" in each]
    assert len(shown) == 2
    (reference,) = re.findall(r'name="session" value="([0-9a-f]{64})"', others)
    assert first.post("/sessions/end", "/sessions", session=reference).headers["location"] == "/sessions"
    assert (first.get("/queue").status_code, second.get("/queue").status_code) == (200, 302)
    assert tokens_of_sessions(site)[-2:] == [True, False]


def test_nobody_ends_the_session_of_another(site):
    one, other = site.surfer(site.login(TRADER)), site.surfer(site.login(people.trader_code(2)))
    (theirs,) = re.findall(r'name="session" value="([0-9a-f]{64})"', other.get("/sessions").text)
    assert one.post("/sessions/end", "/sessions", session=theirs).status_code == 404
    assert other.get("/sessions").status_code == 200


def test_a_disabled_login_is_out_at_once_with_its_token(site):
    login = site.login(officer=people.officer_code("01NV", "inspector"))
    surfer = site.surfer(login)
    assert surfer.get("/queue").status_code == 200
    assert disable_login(site.config, login.username) == 1
    assert surfer.get("/queue").status_code == 302
    assert tokens_of_sessions(site)[-1] is False
    site.renew_code(login.username)
    assert site.anybody().log_in(login).status_code == 401


def test_a_person_whose_role_has_ended_keeps_the_login_and_sees_nothing(site):
    login = site.login(TRADER, username="left")
    surfer = site.surfer(login)
    with site.owner() as connection:
        connection.execute(
            "UPDATE party_member SET revoked_at = legal_now() FROM auth_user u WHERE u.id = person_id AND u.username = 'left'"
        )
    assert surfer.get("/declarations").status_code == 404
    assert "Chưa được phân công" in surfer.get("/").text


def test_logging_in_leads_to_no_other_site(site):
    for address in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
        page = site.anybody().get("/login", params={"next": address}).text
        assert 'name="next" value=""' in page
        assert site.anybody().post("/language", "/login", language="en", next=address).headers["location"] == "/"


def test_a_form_of_another_site_is_refused_and_so_is_another_host(site):
    surfer = site.surfer(site.login(TRADER))
    assert surfer.client.post("/logout").status_code == 403
    assert surfer.get("/declarations").status_code == 200
    assert surfer.get("/login", headers={"host": "elsewhere.example"}).status_code == 400


def test_logging_out_ends_the_session(site):
    surfer = site.surfer(site.login(TRADER))
    assert surfer.post("/logout", "/declarations").headers["location"] == "/login"
    assert surfer.get("/declarations").status_code == 302
