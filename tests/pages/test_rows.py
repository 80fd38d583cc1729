"""What the database itself shows the role of the pages: rows of those whom a transaction names, and nothing that stays among officers to a declarant."""

import re

import psycopg
import pytest

from haidang.clearance.rules.serving import AMONG_OFFICERS, SERVED
from haidang.clearance.terms.acts import DECLARANTS, Deed
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, declared
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with
from tests.passing.test_revising import cleared

MINE = people.trader_code(1)


def test_a_raw_query_of_the_role_of_the_pages_sees_nobody_elses_rows(database_of_pages, rig):
    for number in (1, 2):
        rig.lodge(declared(trader=number))
    tables = (
        "declaration",
        "goods_item",
        "condition",
        "obligation",
        "transfer",
        "journal_entry",
        "message",
        "declaration_no",
    )
    with Servers(database_of_pages.config).connect("app") as connection:
        counted = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        assert set(
            connection.execute(counted.replace("count(*) FROM message", "count(message_id) FROM message")).fetchone()
        ) == {0}
        connection.execute("BEGIN")
        connection.execute("SELECT set_config('haidang.trader_codes', %s, true)", ("{" + MINE + "}",))
        assert {row[0] for row in connection.execute("SELECT trader_code FROM declaration")} == {MINE}
        assert {row[0] for row in connection.execute("SELECT trader_code FROM obligation")} <= {MINE}
        (month, own_id) = connection.execute("SELECT registered_month, declaration_id FROM declaration").fetchone()
        shard = connection.execute("SELECT shard_id FROM declaration LIMIT 1").fetchone()[0]
        reasons = connection.execute("SELECT * FROM channel_reasons(%s::int2, %s, %s)", (shard, month, own_id))
        assert reasons.fetchall() == []
        for table in (
            "officer_act",
            "proposal",
            "officer",
            "appointment",
            "officer_login",
            "party_member",
            "file_view",
        ):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        connection.execute("ROLLBACK")
        for table in ("risk_decision", "risk_criterion", "party_token", "inbox", "suspense"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"SELECT * FROM {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT raw FROM message")


def test_every_deed_of_an_officer_is_served_or_stays_among_officers_and_the_database_knows_which(database_of_pages):
    assert SERVED.keys() & AMONG_OFFICERS == set()
    assert {deed.value for deed in Deed if deed not in DECLARANTS} - {*SERVED} - AMONG_OFFICERS == set()
    with Servers(database_of_pages.config).connect("owner") as connection:
        (held_back,) = connection.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'journal_entry' AND policyname = 'among_officers'"
        ).fetchone()
    assert set(re.findall(r"'(\w+)'::text", held_back)) == AMONG_OFFICERS


@pytest.fixture(scope="module")
def deliberated(rig):
    """Return the numbers of declarations on which officers proposed and refused everything that officers propose to each other."""
    lower = lodge_with(rig, 3)["declaration_no"]
    assert rig.act(lower, "propose_lower_channel", CHECKER, text="đủ tài liệu", channel="yellow")[0] == 200
    assert rig.act(lower, "refuse", HEAD, text="chưa đủ", proposal_no=1)[0] == 200
    assessed = cleared(rig)["declaration_no"]
    asked = rig.revise("ASSESS", assessed, more(2), CHECKER)[1]["register_no"]
    assert rig.rule(assessed, "assessment", asked, HEAD, "refused")[0] == 200
    dropped = lodge_with(rig, 1)["declaration_no"]
    assert rig.cancel(dropped)[0] == 200
    asked = rig.propose(dropped)[1]["register_no"]
    assert rig.rule(dropped, "cancellation", asked, HEAD, "refused")[0] == 200
    prepared = cleared(rig)["declaration_no"]
    with Servers(rig.config).connect("owner") as owner:
        owner.execute(
            "INSERT INTO prepared_adjustment SELECT shard_id, registered_month, declaration_id, 1, 0, 1, 2, '{0,0,0,0,0,0}', '{0,0,0,0,1,0}', %s, 1,"
            " registered_at, 'x' FROM declaration WHERE no11 = %s",
            (CHECKER, int(prepared[:11])),
        )
    assert rig.rule(prepared, "retroactive", f"{1:012}", HEAD, "refused")[0] == 200
    return [int(number[:11]) for number in (lower, assessed, dropped, prepared)]


@pytest.fixture
def reading(database_of_pages):
    """Return a connection as the role of the pages, in a transaction that is rolled back."""
    with Servers(database_of_pages.config).connect("app") as connection:
        connection.execute("BEGIN")
        yield connection
        connection.execute("ROLLBACK")


def show(connection, traders="", offices=""):
    for name, codes in (("trader_codes", traders), ("office_codes", offices)):
        connection.execute("SELECT set_config(%s, %s, true)", (f"haidang.{name}", f"{{{codes}}}"))


def acts(connection, numbers, table="journal_entry"):
    rows = connection.execute(
        f"SELECT e.act FROM {table} t JOIN journal_entry e USING (shard_id, registered_month, declaration_id, journal_seq)"
        " JOIN declaration_no n USING (shard_id, registered_month, declaration_id) WHERE n.no11 = ANY (%s)",
        (numbers,),
    )
    return {row[0] for row in rows}


def revisions(connection, numbers):
    rows = connection.execute(
        "SELECT r.kind FROM revision r JOIN declaration_no n USING (shard_id, registered_month, declaration_id) WHERE n.no11 = ANY (%s)",
        (numbers,),
    )
    return sorted(row[0] for row in rows)


def test_what_officers_propose_and_refuse_is_seen_by_the_office_and_by_no_declarant(reading, deliberated):
    show(reading, traders=MINE)
    own = acts(reading, deliberated)
    assert {"LODGE", "PAYMENT", "CANCEL"} <= own and own & AMONG_OFFICERS == set()
    assert acts(reading, deliberated, "message") == own
    assert revisions(reading, deliberated) == []
    show(reading, offices=CUSTOMS)
    assert acts(reading, deliberated) == acts(reading, deliberated, "message") == own | AMONG_OFFICERS
    assert revisions(reading, deliberated) == ["assessment", "cancellation"]
    show(reading, offices="01NV")
    assert acts(reading, deliberated) == set() and revisions(reading, deliberated) == []


def test_who_sees_a_file_as_an_officer_records_no_delivery(reading, deliberated):
    show(reading, offices=CUSTOMS)
    served = (
        "SELECT e.shard_id, e.registered_month, e.declaration_id, e.journal_seq, 1, 1, now(), 'page', sha256('') FROM journal_entry e"
        " JOIN declaration_no n USING (shard_id, registered_month, declaration_id) WHERE n.no11 = %s AND e.journal_seq = 1"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reading.execute(f"INSERT INTO service_event {served}", deliberated[:1])
    reading.execute("ROLLBACK")
    reading.execute("BEGIN")
    show(reading, traders=MINE)
    reading.execute(f"INSERT INTO service_event {served}", deliberated[:1])
