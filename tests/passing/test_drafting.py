"""Drafts and their registration: nothing legal before, and the prices of the registration's own instant."""

import json

import psycopg

from haidang.declarations.tests import build
from haidang.site.demo import people
from tests.passing.rig import Rig, declared, item

TRADER = people.trader_code(1)


def save(rig, **changes):
    body = {"procedure": "IDA", "declaration": build.wire(declared(**changes))}
    raw = json.dumps(body, ensure_ascii=False).encode()
    return rig.batch([rig.waiting("draft", raw, TRADER, signature=None)])[0]


def register(rig, draft_no, **changes):
    body = {"message_id": rig.fresh_id(), "sender": TRADER, "procedure": "IDC", "draft_no": draft_no, **changes}
    return rig.batch([rig.waiting("registration", body, TRADER)])[0]


def test_a_draft_has_a_number_and_prices_but_is_no_declaration(rig):
    status, draft = save(rig)
    assert status == 201 and draft["payable_vnd"] > 0 and "channel" not in draft
    assert rig.pay(draft["draft_no"], draft["payable_vnd"])[0] == 422


def test_a_registered_draft_keeps_its_number_and_figures(rig):
    draft = save(rig)[1]
    status, answer = register(rig, draft["draft_no"])
    assert status == 201, answer
    assert answer["declaration_no"] == draft["draft_no"] and answer["payable_vnd"] == draft["payable_vnd"]
    assert rig.violations() == []


def test_a_draft_is_registered_once(rig):
    draft = save(rig)[1]
    assert register(rig, draft["draft_no"])[0] == 201
    status, answer = register(rig, draft["draft_no"])
    assert status == 422 and answer["findings"][0]["code"] == "E0074"


def test_a_stranger_cannot_tell_a_draft_from_none(rig):
    draft = save(rig)[1]
    stranger = people.trader_code(7)
    answers = []
    for number in (draft["draft_no"], "100009999990"):
        body = {"message_id": rig.fresh_id(), "sender": stranger, "procedure": "IDC", "draft_no": number}
        answers.append(rig.batch([rig.waiting("registration", body, stranger)])[0])
    assert answers[0] == answers[1]


def test_an_import_draft_is_not_registered_as_an_export(rig):
    draft = save(rig)[1]
    status, answer = register(rig, draft["draft_no"], procedure="EDC")
    assert status == 422 and answer["findings"][0]["code"] == "HD-PROCEDURE"


def test_a_draft_of_an_import_is_not_saved_again_as_an_export_under_its_number(rig):
    draft = save(rig)[1]
    export = {
        "procedure": "EDA",
        "draft_no": draft["draft_no"],
        "declaration": build.wire(build.export_declaration(trader_code=TRADER)),
    }
    raw = json.dumps(export, ensure_ascii=False).encode()
    status, answer = rig.batch([rig.waiting("draft", raw, TRADER, signature=None)])[0]
    assert status == 422 and [f["code"] for f in answer["findings"]] == ["HD-DRAFT-DIRECTION"]
    again = {**export, "procedure": "IDA", "declaration": build.wire(declared(package_count=43))}
    raw = json.dumps(again, ensure_ascii=False).encode()
    status, answer = rig.batch([rig.waiting("draft", raw, TRADER, signature=None)])[0]
    assert status == 201 and answer["draft_no"] == draft["draft_no"]
    assert rig.violations() == []


def test_a_draft_nobody_saved_is_not_found(rig):
    status, answer = register(rig, "100009999990")
    assert status == 422 and "E0033" in [f["code"] for f in answer["findings"]]


def test_a_new_exchange_rate_is_told_before_it_is_taken(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        draft = save(rig)[1]
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute("UPDATE installation SET clock_offset = clock_offset + interval '6 days'")
        late = register(rig, draft["draft_no"])
        assert late[0] == 201, "the rate holds for the week"
        draft = save(rig)[1]
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute("UPDATE installation SET clock_offset = clock_offset + interval '1 day'")
        status, answer = register(rig, draft["draft_no"])
        assert status == 422 and answer["findings"][0]["code"] == "E1103", answer
        assert f"{draft['payable_vnd']:,}" in answer["findings"][0]["text_en"]
        status, answer = register(rig, draft["draft_no"], accept_repricing=True)
        assert status == 201 and answer["payable_vnd"] != draft["payable_vnd"]
        assert rig.violations() == []
    finally:
        rig.close()


def test_a_draft_is_kept_seven_days(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        draft = save(rig)[1]
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            admin.execute("UPDATE installation SET clock_offset = clock_offset + interval '7 days'")
        status, answer = register(rig, draft["draft_no"], accept_repricing=True)
        assert status == 422 and answer["findings"][0]["code"] == "E0034"
    finally:
        rig.close()


def test_a_code_that_ended_since_the_draft_is_told_as_no_longer_registered(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        with psycopg.connect(fresh_trial.dsn("admin"), autocommit=True) as admin:
            # V08, the reduced VAT, ends on 2027-01-01: save on the last day, register on the first without it.
            admin.execute(
                "UPDATE installation SET clock_offset = clock_offset + (timestamptz '2026-12-31 23:00+07' - legal_now())"
            )
            rig.close()
            rig = Rig(fresh_trial.config)
            draft = save(rig, items=(item(tax_codes=("V08",)),))
            assert draft[0] == 201, draft
            admin.execute("UPDATE installation SET clock_offset = clock_offset + interval '1 hour'")
        status, answer = register(rig, draft[1]["draft_no"], accept_repricing=True)
        assert status == 422
        assert any("V08" in finding["text_en"] for finding in answer["findings"]), answer
    finally:
        rig.close()
