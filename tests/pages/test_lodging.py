"""Lodging on the pages, without a browser: who may, what is kept of a form and for whom, which codes are suggested, and the token of a session."""

import re

import msgspec
import psycopg
import pytest

from haidang.parties.terms import MemberRole
from haidang.platform.db import Servers
from haidang.platform.login import secret_key
from haidang.portals import store
from haidang.portals.who import member_token
from haidang.site.demo import people
from haidang.site.logins import disable_login
from tests.passing.rig import declared

pytestmark = pytest.mark.processes

MINE = people.trader_code(3)
BROKERED = people.BROKERED_EVERY


@pytest.fixture(scope="module")
def trader(site):
    return site.surfer(site.login(MINE, username="lodges"))


@pytest.fixture(scope="module")
def reader(site):
    """A member who may read for the company, and no more."""
    return site.surfer(site.login(MINE, username="only-reads", role=MemberRole.READER))


def token_of_form(surfer, path="/lodge"):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', surfer.get(path).text)[1]


def begin(surfer, **fields):
    """Begin a form; return its address."""
    reply = surfer.post("/lodge/new", "/lodge", party=MINE, trader=MINE, **{"direction": "import", **fields})
    assert reply.status_code == 302, reply.text
    return reply.headers["location"]


def save(surfer, address, content):
    headers = {"x-csrftoken": token_of_form(surfer)}
    return surfer.client.post(f"{address}/save", content=msgspec.json.encode(content), headers=headers)


def test_a_member_without_the_power_reads_and_finds_no_way_to_lodge(rig, reader, trader):
    number = rig.lodge(declared(trader=3))[1]["declaration_no"]
    missing = reader.get("/nothing/here")
    assert missing.status_code == 404
    address = begin(trader)
    for path in ("/lodge", address, f"{address}/content", "/codes/country", f"/signing/{MINE}"):
        reply = reader.get(path)
        assert (reply.status_code, reply.content) == (404, missing.content), path
    for path in (
        "/lodge/new",
        f"{address}/send",
        f"{address}/check",
        f"/lodge/convert/{MINE}",
        f"/parties/{MINE}/messages/acts",
    ):
        sent = reader.client.post(path, content=b"{}", headers={"x-csrftoken": token_of_form(reader, "/sessions")})
        assert sent.status_code == 404, path
    page = reader.get(f"/declarations/{number}").text
    assert number in page and "Việc của người khai" not in page and 'href="/lodge"' not in page
    assert "Bằng chứng (PDF)" not in page and f"/declarations/{number}/receipt" in page
    assert reader.get(f"/declarations/{number}/receipt").status_code == 503, "no lane answers here, and it is asked"
    others = rig.lodge(declared(trader=4))[1]["declaration_no"]
    assert reader.get(f"/declarations/{others}/receipt").status_code == 404
    page = trader.get(f"/declarations/{number}").text
    assert "Việc của người khai" in page and 'href="/lodge"' in page and "Bằng chứng (PDF)" in page


def test_a_form_begins_with_what_is_known_and_with_what_was_said_the_last_time(rig, trader):
    last = declared(trader=3, counterparty_name="LAST TIME CO", price_condition_code="CIF", invoice_no="KHONG-LAP")
    assert rig.lodge(last)[0] == 201
    content = trader.get(begin(trader) + "/content").json()
    assert (content["trader_code"], content["counterparty_name"]) == (MINE, "LAST TIME CO")
    assert content["trader_name"] and content["kind_code"] == last.kind_code and "invoice_no" not in content
    export = trader.get(begin(trader, direction="export") + "/content").json()
    assert export["kind_code"] == "B11" and export["trader_code"] == MINE and "counterparty_name" not in export


def test_what_is_typed_is_kept_and_given_back_until_it_is_thrown_away(trader):
    address = begin(trader)
    said = {"kind_code": "A11", "trader_code": MINE, "items": [{"description": "Nắp nhựa", "quantity": "1.5"}]}
    assert save(trader, address, said).json() == {"saved": True, "is_export": False}
    assert trader.get(f"{address}/content").json() == said
    assert save(trader, address, {**said, "kind_code": "B11"}).json()["is_export"] is True
    assert 'data-field="departure_on"' in trader.get(address).text
    headers = {"x-csrftoken": token_of_form(trader)}
    for wrong in (b"", b"[1]", b"{", b'"x"', b'{"notes": "%s"}' % (b"x" * 4_999_990), b'{"notes": 1e999}'):
        assert trader.client.post(f"{address}/save", content=wrong, headers=headers).status_code == 400
    assert trader.get(f"{address}/content").json()["items"] == said["items"]
    assert save(trader, address, {"trader_code": "a\x00b", "notes": "\x00", "kind_code": ["A11"]}).status_code == 200
    assert trader.get("/lodge").status_code == 200
    assert trader.post(f"{address}/drop", "/lodge").headers["location"] == "/lodge"
    assert trader.get(address).status_code == 404


def test_a_form_is_its_persons_alone(site, trader):
    address = begin(trader)
    colleague = site.surfer(site.login(MINE, username="colleague"))
    for path in (address, f"{address}/content"):
        assert colleague.get(path).status_code == 404
    assert save(colleague, address, {"kind_code": "A12"}).status_code == 404
    colleague.post(f"{address}/drop", "/lodge")
    assert trader.get(address).status_code == 200
    with Servers(site.config).connect("app") as connection:
        assert connection.execute("SELECT count(*) FROM saved_form").fetchone() == (0,)
        for statement in (
            "UPDATE saved_form SET party_id = 1",
            "UPDATE saved_form SET person_id = 1",
            "UPDATE party_token SET party_id = 1",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_person_keeps_so_many_forms_and_is_not_given_another(site, trader, monkeypatch):
    monkeypatch.setattr(store, "MOST_FORMS", 0)
    with Servers(site.config).connect("app") as connection:
        from uuid import uuid4

        from haidang.platform.db import Transaction, act_as_person

        with Transaction(connection, bulk=False) as transaction:
            act_as_person(transaction, 1)
            with pytest.raises(store.FormNotKept):
                store.add_form(transaction, uuid4(), (1, 1), ("lodge", ""), ("{}", ""))


def test_a_form_is_begun_for_those_alone_for_whom_the_party_may_act(site, trader):
    other = people.trader_code(5)
    assert trader.post("/lodge/new", "/lodge", party=MINE, trader=other, direction="import").status_code == 404
    assert trader.post("/lodge/new", "/lodge", party=other, trader=other, direction="import").status_code == 404
    assert trader.post("/lodge/new", "/lodge", number="199999999990").status_code == 404
    broker = people.broker_of(BROKERED)
    surfer = site.surfer(site.login(broker))
    principal = people.trader_code(BROKERED)
    begun = surfer.post("/lodge/new", "/lodge", party=broker, trader=principal, direction="import")
    assert begun.status_code == 302
    assert surfer.get(begun.headers["location"] + "/content").json()["trader_code"] == principal
    assert surfer.post("/lodge/new", "/lodge", party=broker, trader=MINE, direction="import").status_code == 404


@pytest.mark.parametrize(
    ("path", "wanted", "unwanted"),
    [
        ("/codes/country?q=j", 'value="JP"', 'value="KR"'),
        ("/codes/country?q=nhat ban", 'value="JP"', 'value="KR"'),
        ("/codes/country?q=NHẬT", 'value="JP"', 'value="KR"'),
        ("/codes/tariff?q=39269", 'value="39269059"', 'value="84713020"'),
        ("/codes/location?q=VNHP", 'value="VNHPH"', 'value="JPTYO"'),
        ("/codes/tax?q=v1", 'value="V10"', 'value="JP"'),
        ("/codes/tariff?q=phao%20c%C3%A2u", "", 'value="84713020"'),
        ("/codes/tariff?q=%00%5C", 'value="', 'value="JP"'),
        ("/codes/country?q=%00%5C", "", "<option"),
        ("/codes/nothing?q=a", "", "<option"),
    ],
)
def test_codes_are_suggested_by_their_beginning_or_by_words_with_or_without_marks(trader, path, wanted, unwanted):
    found = trader.get(path).text
    assert wanted in found and unwanted not in found


def session_tokens(site, token):
    with site.owner() as connection:
        row = connection.execute(
            "SELECT p.code, t.revoked_at IS NULL FROM party_token t JOIN party p USING (party_id) WHERE token_sha256 = sha256(%s)",
            (token.encode(),),
        ).fetchone()
        return row


def open_for(site, surfer, username):
    """Open the token of a session as the pages do when a member first sends something; return the token and whether it was opened."""
    with site.owner() as connection:
        (party_id,) = connection.execute("SELECT party_id FROM party WHERE code = %s", (MINE,)).fetchone()
        (person_id,) = connection.execute("SELECT id FROM auth_user WHERE username = %s", (username,)).fetchone()
    token = member_token(surfer.client.cookies.get("haidang"), party_id, secret_key(site.config))
    with Servers(site.config).connect("app") as connection:
        return token, store.open_member_token(connection, token, person_id, party_id, 12)


def test_the_token_of_a_member_is_opened_once_for_who_may_act_and_ends_with_the_session(site, trader, reader):
    surfer = site.surfer(site.login(MINE, username="comes-and-goes"))
    token, opened = open_for(site, surfer, "comes-and-goes")
    assert opened and session_tokens(site, token) == (MINE, True)
    assert open_for(site, surfer, "comes-and-goes")[1] is False
    surfer.post("/logout", "/lodge")
    assert session_tokens(site, token) == (MINE, False)
    assert open_for(site, reader, "only-reads")[1] is False
    other = site.surfer(site.login(MINE, username="is-disabled"))
    token, opened = open_for(site, other, "is-disabled")
    assert opened and disable_login(site.config, "is-disabled") == 1
    assert session_tokens(site, token) == (MINE, False)


def test_without_a_lane_nothing_is_said_to_be_done(trader):
    address = begin(trader)
    headers = {"x-csrftoken": token_of_form(trader)}
    reply = trader.client.post(f"{address}/send", content=b"{}", headers=headers)
    assert reply.status_code == 503 and 'data-outcome="unreachable"' in reply.text
    assert trader.get(address).status_code == 200, "a form whose outcome is not known is kept"
