"""Documents that declarations refer to: declared, amended in, attached later by a signed message; and what verify says when a hand was at them."""

from typing import Any

import psycopg
import pytest

from haidang.declarations.terms import Attachment
from haidang.declarations.tests.build import wire
from haidang.documents.tests import build
from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, Rig, declared
from tests.passing.test_revising import cleared

TRADER, STRANGER = people.trader_code(1), people.trader_code(2)


def file(number: int) -> bytes:
    return build.CSV + b"%d\n" % number


def referring(*numbers: str, **changes: Any) -> Any:
    return declared(attachments=tuple(Attachment("ETC", number) for number in numbers), **changes)


def codes(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["code"], each["pointer"]) for each in answer["findings"]]


def test_a_declaration_refers_to_documents_by_number(rig):
    numbers = [rig.give(file(1)), rig.give(file(2))]
    status, answer = rig.lodge(referring(*numbers))
    assert status == 201, answer
    assert rig.violations() == []


def test_a_number_of_nothing_and_one_of_another_trader_are_refused_alike(rig):
    own, others = rig.give(file(3)), rig.give(file(3), STRANGER)
    assert own != others
    status, answer = rig.lodge(referring(own, others, "630000000017"))
    assert status == 422
    place = "/declaration/attachments/{}/attachment_no"
    assert codes(answer) == [("HD-DOCUMENT-UNKNOWN", place.format(1)), ("HD-DOCUMENT-UNKNOWN", place.format(2))]
    texts = {each["text_en"].replace(others, "N").replace("630000000017", "N") for each in answer["findings"]}
    assert len(texts) == 1


def test_an_amendment_may_refer_to_documents_and_only_to_those_of_the_trader(rig):
    number = rig.lodge(declared())[1]["declaration_no"]
    status, answer = rig.amend(number, referring("630000000017"))
    assert status == 422 and codes(answer)[0][0] == "HD-DOCUMENT-UNKNOWN"
    status, answer = rig.amend(number, referring(rig.give(file(4)), invoice_no="KHAC-1"))
    assert status == 200, answer
    assert rig.violations() == []


def test_an_amendment_after_clearance_may_refer_to_documents(rig):
    number = cleared(rig)["declaration_no"]
    status, asked = rig.revise("AMC", number, referring(rig.give(file(12))))
    assert status == 200, asked
    status, done = rig.rule(number, "amendment", asked["register_no"], HEAD)
    assert status == 200, done
    assert rig.violations() == []


def test_a_signed_message_attaches_a_document_to_a_registered_declaration(rig):
    number, document = rig.lodge(declared())[1]["declaration_no"], rig.give(file(5))
    status, answer = rig.act(number, "attach", TRADER, documents=[document, document])
    assert status == 200 and answer["documents"] == [document]
    status, answer = rig.act(number, "attach", TRADER)
    assert status == 422 and codes(answer) == [("HD-MISSING", "/documents")]
    status, answer = rig.act(number, "attach", TRADER, documents=[rig.give(file(5), STRANGER)])
    assert status == 422 and codes(answer) == [("HD-DOCUMENT-UNKNOWN", "/documents/0")]
    assert rig.act(number, "attach", STRANGER, documents=[document])[1]["findings"][0]["code"] == "HD-NOT-FOUND"
    assert rig.violations() == []


def test_an_answer_to_a_question_comes_with_documents(rig):
    number, document = rig.lodge(declared())[1]["declaration_no"], rig.give(file(6))
    assert rig.act(number, "ask_question", CHECKER, text="Hợp đồng đâu?")[0] == 200
    status, answer = rig.act(number, "answer_question", TRADER, text="Kèm theo", question_no=1, documents=[document])
    assert status == 200 and answer["documents"] == [document]
    assert rig.violations() == []


def test_a_draft_that_refers_to_documents_is_registered(rig):
    draft = {"procedure": "IDA", "declaration": wire(referring(rig.give(file(10))))}
    ((status, saved),) = rig.batch([rig.waiting("draft", draft, TRADER, signature=None)])
    assert status == 201, saved
    body = {"message_id": rig.fresh_id(), "sender": TRADER, "procedure": "IDC", "draft_no": saved["draft_no"]}
    ((status, answer),) = rig.batch([rig.waiting("registration", body, TRADER)])
    assert status == 201, answer
    assert rig.violations() == []


def test_a_name_written_with_escapes_names_the_same_documents(rig):
    number, document = rig.lodge(declared())[1]["declaration_no"], rig.give(file(11))
    plain = rig.acting(number, "attach", TRADER, documents=[document]).raw
    raw = plain.replace(b'"documents"', b'"\\u0064ocuments"')
    ((status, answer),) = rig.batch([rig.waiting("act", raw, TRADER)], "conditions")
    assert status == 200 and answer["documents"] == [document]
    assert rig.violations() == []


def test_nothing_is_attached_to_what_is_cancelled(rig):
    number, document = rig.lodge(declared())[1]["declaration_no"], rig.give(file(7))
    assert rig.cancel(number)[0] == 200
    assert rig.decide(number)[0] == 200
    assert rig.act(number, "attach", TRADER, documents=[document])[1]["code"] == "MOVE_REFUSED"


OF_DOCUMENT = "WHERE (shard_id, ordinal) = (%(shard)s, %(ordinal)s)"
TAMPERING = {
    "a byte": f"UPDATE document_content SET content = set_byte(content, 3, 65) {OF_DOCUMENT}",
    "the bytes gone": f"DELETE FROM document_content {OF_DOCUMENT}",
    "a hash": f"UPDATE document SET sha256 = set_byte(sha256, 0, get_byte(sha256, 0) # 1) {OF_DOCUMENT}",
    "a fact": f"UPDATE document SET facts = '{{\"title\":\"Khác\"}}' {OF_DOCUMENT}",
    "who gave it": f"UPDATE document SET giver_id = giver_id + 1 {OF_DOCUMENT}",
    "for whom": f"UPDATE document SET trader_code = '9900020005' {OF_DOCUMENT}",
    "when": f"UPDATE document SET given_at = given_at - interval '1 day' {OF_DOCUMENT}",
    "a reading": f"UPDATE document_reading SET reader_id = reader_id + 1 {OF_DOCUMENT} AND reading_no = 1",
    "who read": f"UPDATE document_reading SET officer_code = '03CC-02' {OF_DOCUMENT} AND reading_no = 1",
    "why it was read": f"UPDATE document_reading SET reason = 'khác' {OF_DOCUMENT} AND reading_no = 2",
    "a reading gone": f"DELETE FROM document_reading {OF_DOCUMENT} AND reading_no = 1",
    "the count": "UPDATE document_series SET given = given + 1 WHERE shard_id = %(shard)s",
    "a reference": "UPDATE attached_document SET document_no = '630000000017' WHERE document_no = %(number)s",
    "a reference gone": "DELETE FROM attached_document WHERE document_no = %(number)s",
}  # fmt: skip


@pytest.fixture(scope="module")
def spoilt(cluster: Any) -> Any:
    """For each way of spoiling a document and a declaration that refers to it; both reports; the configuration."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    subjects = {}
    with psycopg.connect(made.dsn("report"), autocommit=True) as customs:
        for count, what in enumerate(TAMPERING):
            document = rig.give(file(100 + count))
            declaration = rig.lodge(referring(document))[1]["declaration_no"] if "reference" in what else ""
            subjects[what] = {
                "shard": int(document[:2]), "ordinal": int(document[2:11]), "number": document, "declaration": declaration,
            }  # fmt: skip
            for _ in range(2):
                customs.execute(
                    "SELECT open_document(%(shard)s::int2, %(ordinal)s, 1, '03CC-01', 'vì')", subjects[what]
                )
    before = rig.report()
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        for what, its in subjects.items():
            assert admin.execute(TAMPERING[what], its).rowcount == 1, what
    yield before, subjects, rig.report().rows, made.config
    rig.close()
    cluster.drop(made)


def test_what_was_given_has_no_violation(spoilt):
    before = spoilt[0]
    assert before.rows == [] and before.documents == len(TAMPERING)


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_at_documents_is_seen(spoilt, what):
    _, subjects, found, _ = spoilt
    its = subjects[what]
    wanted = its["declaration"] or ("shard " if what == "the count" else its["number"])
    assert [each for each in found if each.invariant == "documents" and each.subject.startswith(wanted)]


def test_nothing_else_is_accused(spoilt):
    _, subjects, found, _ = spoilt
    known = {each["number"] for what, each in subjects.items() if "reference" not in what}
    known |= {each["declaration"] for each in subjects.values() if each["declaration"]}
    wrong = [each for each in found if each.subject not in known and not each.subject.startswith("shard ")]
    assert wrong == []


def test_no_role_changes_or_removes_what_was_given(spoilt):
    config = spoilt[3]
    for role in ("ingest", "app", "report", "auditor"):
        for table in ("document", "document_content", "document_reading", "attached_document"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET shard_id = shard_id"):
                with (
                    psycopg.connect(config.dsn(role)) as connection,
                    pytest.raises(psycopg.errors.InsufficientPrivilege),
                ):
                    connection.execute(statement)  # type: ignore[call-overload]


def test_customs_gets_no_bytes_past_the_log(spoilt):
    config = spoilt[3]
    with psycopg.connect(config.dsn("report")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT content FROM document_content")
