"""A customs office reads by its token: its own files freely, those of others by a named officer for a reason, and every such reading is kept."""

import json

import psycopg
import pytest

from haidang.documents.tests import build as files
from haidang.gateway.queries import Queries
from haidang.gateway.routes import RouteTable
from haidang.organisation import actions as organisation
from haidang.organisation.terms import Relation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR, Rig, declared
from tests.passing.test_closing import lodge_with

ELSEWHERE, THEIR_OFFICER = "01NV", people.officer_code("01NV", "inspector")
BY = f"officer={THEIR_OFFICER}&reason=ph%C3%BAc%20t%E1%BA%ADp"


def fresh(number):
    """Return a PDF that no other test gives."""
    return files.PDF.replace(b"endobj", b"%% %d\nendobj" % number)


class Asking:
    """Asks the gateway by the code that answers questions there."""

    def __init__(self, rig):
        self.rig, self.routes = rig, RouteTable()
        self.queries = Queries(Servers(rig.config), self.routes)

    def __call__(self, path, office, query=""):
        knowledge = self.rig.lanes["general"].knowledge
        party, match = knowledge.directory.by_code[office], self.routes.find("GET", f"/api/v1{path}")
        if "document_no" in match.parts:
            return self.queries.document(match, party, None, knowledge, query)
        return self.queries.answer(match, party, query, None)


@pytest.fixture(scope="module")
def ask(rig):
    return Asking(rig)


@pytest.fixture
def number(rig):
    return lodge_with(rig, 2)["declaration_no"]


def kept(rig, number):
    found = []
    for server in range(Servers(rig.config).count):
        with Servers(rig.config).connect("auditor", server) as connection:
            found += connection.execute(
                "SELECT r.officer_code, r.reason, r.question FROM office_reading r JOIN declaration d"
                " USING (shard_id, registered_month, declaration_id) WHERE d.no11 = %s ORDER BY r.read_at",
                (int(number[:11]),),
            ).fetchall()
    return found


def test_an_office_reads_its_own_files_and_nothing_is_kept(rig, ask, number):
    for path in ("", "/versions", "/served"):
        assert ask(f"/declarations/{number}{path}", CUSTOMS).status == 200
    assert kept(rig, number) == []


def test_a_file_of_another_office_looks_like_none_until_an_officer_says_why(rig, ask, number):
    unknown = ask("/declarations/199999999990", ELSEWHERE)
    assert unknown.status == 404 and "officer=" in json.loads(unknown.body)["title"]
    for query in (
        "",
        f"officer={THEIR_OFFICER}",
        "reason=x",
        f"officer={CHECKER}&reason=x",
        "officer=nobody&reason=x",
        BY + "x" * 600,
    ):
        assert ask(f"/declarations/{number}", ELSEWHERE, query) == unknown
    assert ask("/declarations/199999999990", ELSEWHERE, BY) == unknown
    assert ask("/declarations/abc", ELSEWHERE, BY) == unknown
    assert kept(rig, number) == []
    shown = ask(f"/declarations/{number}", ELSEWHERE, BY)
    assert shown.status == 200 and json.loads(shown.body)["declaration_no"] == number
    assert ask(f"/declarations/{number}/served", ELSEWHERE, BY).status == 200
    assert kept(rig, number) == [(THEIR_OFFICER, "phúc tập", "declaration"), (THEIR_OFFICER, "phúc tập", "served")]
    assert rig.violations() == []


def test_an_officer_with_a_conflict_of_interest_does_not_read_it(rig, ask, number):
    with Servers(rig.config).connect("owner") as owner:
        event = organisation.record_conflict(
            owner, officer=INSPECTOR, party_code=people.trader_code(1), relation=Relation.FAMILY, recorded_by=INSPECTOR
        )
        refused = ask(f"/declarations/{number}", CUSTOMS, f"officer={INSPECTOR}")
        assert refused.status == 403 and json.loads(refused.body)["code"] == "CONFLICT_OF_INTEREST"
        document = rig.give(fresh(1))
        read = ask(f"/documents/{document}/content", CUSTOMS, f"officer={INSPECTOR}&reason=x")
        assert read.status == 403 and json.loads(read.body)["code"] == "CONFLICT_OF_INTEREST"
        organisation.end_conflict(owner, event.conflict_no, recorded_by=HEAD)
    assert ask(f"/declarations/{number}", CUSTOMS, f"officer={INSPECTOR}").status == 200
    assert rig.violations() == []


def test_a_document_is_read_by_an_officer_and_off_the_own_files_for_a_reason(rig, ask, number):
    document = rig.give(fresh(2))
    assert rig.act(number, "attach", people.trader_code(1), documents=[document])[0] == 200
    path = f"/documents/{document}/content"
    assert ask(path, CUSTOMS).status == 403
    assert ask(path, CUSTOMS, f"officer={CHECKER}").body == fresh(2)
    assert ask(path, ELSEWHERE, f"officer={THEIR_OFFICER}").status == 404
    assert ask(path, ELSEWHERE, f"officer={THEIR_OFFICER}") == ask("/documents/000000000000/content", ELSEWHERE, BY)
    assert ask(path, ELSEWHERE, BY).status == 200
    rows = []
    for server in range(Servers(rig.config).count):
        with Servers(rig.config).connect("auditor", server) as connection:
            rows += connection.execute(
                "SELECT officer_code, reason FROM document_reading WHERE (shard_id, ordinal) = (%s, %s) ORDER BY reading_no",
                (int(document[:2]), int(document[2:11])),
            ).fetchall()
    assert rows == [(CHECKER, ""), (THEIR_OFFICER, "phúc tập")]
    assert rig.violations() == []


@pytest.mark.parametrize(
    ("statement", "invariant"),
    [
        ("UPDATE office_reading SET officer_code = 'X9'", "powers"),
        ("UPDATE office_reading SET reader_id = 1", "powers"),
        ("UPDATE office_reading SET declaration_id = gen_random_uuid()", "powers"),
        ("UPDATE document_reading SET officer_code = '03CC-02'", "documents"),
        ("UPDATE document_reading SET reason = 'khác'", "documents"),
    ],
)
def test_a_hand_in_the_readings_is_seen(fresh_trial, statement, invariant):
    rig = Rig(fresh_trial.config)
    try:
        ask, lodged = Asking(rig), rig.lodge(declared())[1]["declaration_no"]
        document = rig.give(files.PDF)
        assert ask(f"/declarations/{lodged}", ELSEWHERE, BY).status == 200
        assert ask(f"/documents/{document}/content", ELSEWHERE, BY).status == 200
        assert rig.violations() == []
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            assert admin.execute(statement).rowcount == 1
        assert invariant in {row.invariant for row in rig.report().rows}
    finally:
        rig.close()


def test_the_role_of_questions_reads_no_log_and_gets_no_file_past_it(rig, number):
    for server in range(Servers(rig.config).count):
        with Servers(rig.config).connect("app", server) as connection:
            for statement in ("SELECT * FROM office_reading", "DELETE FROM office_reading"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
