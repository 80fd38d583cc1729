"""A mandate holds for the customs offices it names: at every act in the trader's name, at the instant of the act."""

import json
from contextlib import nullcontext
from datetime import datetime, timedelta

import psycopg
import pytest

from haidang.declarations.tests import build
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.parties.terms import MandateOfficeUnknown, MandateOverlaps, Scope
from haidang.platform.db import Servers
from haidang.site.cli import mandates
from haidang.site.cli.output import Refused, Wrong, terminal
from haidang.site.demo import people
from tests.passing.parcels import ParcelRig, parcels
from tests.passing.rig import CUSTOMS, FREE, declared
from tests.passing.test_amending import codes

AGENT, STRANGER = people.broker_code(1), people.broker_code(2)
HERE, THERE, ELSEWHERE = CUSTOMS, "01NV", "01B3"


@pytest.fixture(scope="module")
def rig(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    yield rig
    rig.finish()
    cluster.drop(made)


def grant(rig, trader, *offices, scope=Scope.IMPORT):
    with Servers(rig.config).connect("owner") as owner:
        everybody = read_directory(owner)
        grantor, agent = (everybody.by_code[code].party_id for code in (people.trader_code(trader), AGENT))
        return parties.grant_mandate(
            owner, grantor_id=grantor, agent_id=agent, scope=scope, offices=offices, valid_from=everybody.read_at
        )


def withdraw(rig, mandate_id, ago=timedelta()):
    with Servers(rig.config).connect("owner") as owner:
        assert parties.revoke_mandate(owner, mandate_id, read_directory(owner).read_at - ago)


def later(rig, seconds):
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("UPDATE installation SET clock_offset = clock_offset + make_interval(secs => %s)", (seconds,))


def lodge(rig, trader, office, sender=AGENT, **changes):
    raw = build.message(
        declared(trader=trader, customs_office_code=office, **changes), message_id=rig.fresh_id(), sender=sender
    )
    return rig.batch([rig.waiting("lodgement", raw, sender)])[0]


def found(answer):
    return {each["code"] for each in answer[1]["findings"]} & {"HD-MANDATE-OFFICE", "HD-NO-MANDATE", "HD-NOT-FOUND"}


def test_an_agent_lodges_at_the_offices_of_its_mandate_and_reads_which_they_are(rig):
    grant(rig, 1, HERE, THERE)
    assert lodge(rig, 1, HERE)[0] == 201
    status, answer = lodge(rig, 1, ELSEWHERE)
    told = next(each for each in answer["findings"] if each["code"] == "HD-MANDATE-OFFICE")
    assert status == 422 and told["pointer"] == "/declaration/customs_office_code"
    assert all(f"{THERE}, {HERE}" in told[text] and ELSEWHERE in told[text] for text in ("text_vi", "text_en"))
    assert found(lodge(rig, 1, ELSEWHERE, STRANGER)) == found(lodge(rig, 1, HERE, STRANGER)) == {"HD-NO-MANDATE"}
    assert found(lodge(rig, 1, ELSEWHERE, people.trader_code(1))) == set(), "a trader needs no mandate of its own"
    assert rig.violations() == []


def test_two_mandates_cover_together_until_one_is_withdrawn(rig):
    here, there = grant(rig, 2, HERE), grant(rig, 2, THERE)
    assert lodge(rig, 2, HERE)[0] == 201
    assert found(lodge(rig, 2, THERE)) == set()
    withdraw(rig, here)
    assert found(lodge(rig, 2, HERE)) == {"HD-MANDATE-OFFICE"}
    later(rig, 2)
    withdraw(rig, there, timedelta(seconds=1))
    assert found(lodge(rig, 2, HERE)) == {"HD-NO-MANDATE"}
    grant(rig, 2)
    assert lodge(rig, 2, HERE)[0] == 201
    assert rig.violations() == []


def test_a_draft_is_saved_and_registered_at_an_office_of_the_mandate(rig):
    grant(rig, 3, THERE)

    def save(sender):
        raw = json.dumps({"procedure": "IDA", "declaration": build.wire(declared(trader=3))}).encode()
        return rig.batch([rig.waiting("draft", raw, sender, signature=None)])[0]

    def register(draft_no, sender):
        body = {"message_id": rig.fresh_id(), "sender": sender, "procedure": "IDC", "draft_no": draft_no}
        return rig.batch([rig.waiting("registration", body, sender)])[0]

    assert found(save(AGENT)) == {"HD-MANDATE-OFFICE"}
    number = save(people.trader_code(3))[1]["draft_no"]
    assert found(register(number, AGENT)) == {"HD-MANDATE-OFFICE"}
    assert register(number, STRANGER)[1] == register("100009999990", STRANGER)[1], "a stranger learns nothing"
    grant(rig, 3, HERE)
    assert register(number, AGENT)[0] == 201
    assert rig.violations() == []


def test_every_act_on_a_declaration_needs_a_mandate_for_its_office(rig):
    its = declared(trader=4)
    number = rig.lodge(its)[1]["declaration_no"]
    grant(rig, 4, THERE)
    mended = declared(trader=4, package_count=43)

    def acts(sender):
        return [
            rig.amend(number, mended, sender=sender),
            rig.cancel(number, sender=sender),
            rig.supplement(number, its, sender=sender),
            rig.act(number, "answer_question", sender, text="Để bán", question_no=1),
            rig.act(number, "request_release", sender, text="cần gấp", release_code="B"),
        ]

    for answer in acts(AGENT):
        assert answer[0] == 422 and codes(answer[1]) == ["HD-MANDATE-OFFICE"], answer
        assert answer[1]["findings"][0]["pointer"] == "/declaration_no"
    assert [codes(answer) for _, answer in acts(STRANGER)] == [["HD-NOT-FOUND"]] * 5
    grant(rig, 4, HERE)
    assert rig.amend(number, mended, sender=AGENT)[0] == 200
    assert rig.violations() == []


def test_lists_of_parcels_need_a_mandate_for_their_office(rig):
    grant(rig, 5, THERE)

    def lodged():
        body = rig.listing(parcels(1), operator=5, sender=AGENT)
        return rig.batch([rig.waiting("parcel_list", body, AGENT)], "parcels")[0]

    status, answer = lodged()
    assert status == 422 and codes(answer) == ["HD-MANDATE-OFFICE"]
    assert answer["findings"][0]["pointer"] == "/customs_office_code"
    grant(rig, 5, HERE)
    assert lodged()[0] == 201
    assert rig.violations() == []


def test_an_advance_ruling_binds_everywhere_and_so_must_the_mandate(rig):
    def apply():
        body = {
            "message_id": rig.fresh_id(), "sender": AGENT, "procedure": "RULING_APPLY", "trader_code": people.trader_code(7),
            "kind": "code", "goods_name": "Bộ phận bằng nhựa", "goods_mark": "MAU-PART 7", "commodity_code": FREE, "text": "x",
        }  # fmt: skip
        return rig.batch([rig.waiting("ruling_application", body, AGENT)], "conditions")[0]

    named = grant(rig, 7, HERE)
    status, answer = apply()
    assert status == 422 and codes(answer) == ["HD-MANDATE-OFFICE"] and answer["findings"][0]["pointer"] == "/sender"
    withdraw(rig, named)
    grant(rig, 7)
    assert apply()[0] == 201
    assert rig.violations() == []


def test_nobody_grants_for_an_office_that_the_law_book_does_not_have_nor_twice_for_one(rig):
    with pytest.raises(MandateOfficeUnknown) as refusal:
        grant(rig, 10, HERE, "ZZZZ")
    assert "ZZZZ" in refusal.value.text_vi and "ZZZZ" in refusal.value.text_en
    grant(rig, 10, HERE, THERE)
    for offices in ((HERE,), (THERE, ELSEWHERE), ()):
        with pytest.raises(MandateOverlaps):
            grant(rig, 10, *offices)
    grant(rig, 10, ELSEWHERE)
    grant(rig, 10, scope=Scope.EXPORT)


def test_an_operator_grants_lists_and_ends_a_mandate_on_the_command_line(rig, monkeypatch, capsys):
    monkeypatch.setattr(mandates, "servers_running", lambda: nullcontext(rig.config))
    monkeypatch.setattr(terminal, "json", True)
    trader = people.trader_code(11)

    def told(run, *arguments, **options):
        run(*arguments, json_=True, **options)
        return json.loads(capsys.readouterr().out)

    days = {"from_": datetime(2026, 2, 1), "until": datetime(2026, 12, 31)}
    made = told(mandates.add, trader, AGENT, scope="import", office=[THERE, HERE], **days)
    assert made["offices"] == [THERE, HERE] and made["trader_code"] == trader and made["revoked_at"] is None
    assert (made["valid_from"], made["valid_until"]) == ("2026-02-01T00:00:00+07:00", "2027-01-01T00:00:00+07:00")
    assert lodge(rig, 11, HERE)[0] == 201 and found(lodge(rig, 11, ELSEWHERE)) == {"HD-MANDATE-OFFICE"}
    assert told(mandates.list_, party=trader) == [made]
    assert told(mandates.end, made["mandate_no"])["revoked_at"] is not None
    assert found(lodge(rig, 11, HERE)) == {"HD-NO-MANDATE"}
    with pytest.raises(Refused):
        mandates.end(made["mandate_no"])
    with pytest.raises(Wrong):
        mandates.add(trader, AGENT, scope="everything")
    assert rig.violations() == []


TAMPERING = {
    "another office": "UPDATE mandate SET offices = '{01B3}' WHERE mandate_id = %s",
    "every office": "UPDATE mandate SET offices = '{}' WHERE mandate_id = %s",
    "another agent": "UPDATE mandate SET agent_id = grantor_id + 1 WHERE mandate_id = %s",
    "a later beginning": "UPDATE mandate SET valid_from = valid_from + interval '1 day' WHERE mandate_id = %s",
    "an end": "UPDATE mandate SET valid_until = valid_from + interval '1 ms' WHERE mandate_id = %s",
    "a withdrawal": "UPDATE mandate SET revoked_at = valid_from, revoked_digest = digest WHERE mandate_id = %s",
    "its seal": "UPDATE mandate SET digest = sha256(digest) WHERE mandate_id = %s",
    "taken away": "DELETE FROM mandate WHERE mandate_id = %s",
}
UNCOVERED = {"another office", "another agent", "a later beginning", "an end", "a withdrawal", "taken away"}


def test_a_hand_in_the_mandates_is_seen_and_so_is_what_was_done_without_one(rig):
    its = grant(rig, 8, HERE)
    number = lodge(rig, 8, HERE)[1]["declaration_no"]
    grant(rig, 9, HERE)
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("CREATE TEMP TABLE kept AS SELECT * FROM mandate WHERE mandate_id = %s", (its,))
        for what, statement in TAMPERING.items():
            assert admin.execute(statement, (its,)).rowcount == 1, what  # type: ignore[arg-type]
            told = {row.subject for row in rig.report().rows if row.invariant == "mandates"}
            admin.execute("DELETE FROM mandate WHERE mandate_id = %s", (its,))
            admin.execute("INSERT INTO mandate SELECT * FROM kept")
            assert any(subject.startswith("mandate ") for subject in told), what
            assert (what in UNCOVERED) == any(number[:11] in subject for subject in told), (what, told)
    assert rig.report().rows == []
