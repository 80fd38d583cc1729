"""A what-if that an officer asks for: kept, answered by the worker over the registered history, sealed."""

import json
from datetime import date

import pytest

from haidang.insight import actions, runs
from haidang.insight.terms import TooManyRuns
from haidang.organisation.lookups import read_powers
from haidang.platform.db import Servers
from haidang.reference import drafting
from haidang.site.lawbook_powers import editor
from haidang.site.verifying_whatif import check_whatifs
from haidang.site.whatif_runs import answer_waiting
from tests.passing.test_closing import lodge_with

pytestmark = pytest.mark.processes
"""Whole law books are read and written."""

LAN = "03CC-03"
DAYS = date(2026, 3, 2), date(2026, 3, 2)


def drafted(owner, code, rate="1"):
    lan = editor(owner, LAN)
    number = drafting.begin(owner, "Giảm thuế", lan)
    line = {
        "commodity_code": code,
        "schedule": "B01",
        "from": "2026-03-01",
        "rate": rate,
        "instrument": "26/2023/NĐ-CP",
    }
    drafting.set_row(owner, number, "tariff_lines", line, lan)
    return number


def test_what_is_asked_is_answered_over_what_is_registered_and_sealed(rig):
    lodge_with(rig, 2)
    servers = Servers(rig.config)
    with servers.connect("owner") as owner, servers.connect("ingest") as connection:
        lan = editor(owner, LAN)
        code = owner.execute("SELECT commodity_code FROM goods_item LIMIT 1").fetchone()
        number = drafted(owner, code[0] if code else "10063099")
        asked = actions.ask(connection, number, DAYS, lan.officer_code, lan.power_id)
        wrong = actions.ask(connection, 999, DAYS, lan.officer_code, lan.power_id)
        assert answer_waiting(rig.config) == 2
        run = runs.run(connection, asked)
        told = json.loads(run.answer)
        assert told["lines"] == run.lines_read == run.lines_taxed > 0
        assert (told["after_book"]["draft"], told["before_book"]["draft"]) == (number, None)
        assert "draft list" in runs.run(connection, wrong).refused_en
        assert actions.answer(connection, run, "{}") == run, "an answer stands"
        assert rig.violations() == []


HANDS = {
    "the answer": "UPDATE whatif_run SET answer = replace(answer, '\"after_vnd\":', '\"after_vnd\":1') WHERE answer IS NOT NULL",
    "who asked": "UPDATE whatif_run SET asked_by = '02CI-03'",
    "when it was asked": "UPDATE whatif_run SET asked_at = asked_at - interval '40 years'",
    "the day compared": "UPDATE whatif_run SET after_on = after_on + 1",
    "why there is no answer": "UPDATE whatif_run SET refused_vi = 'x' WHERE answer IS NULL",
}


def test_a_hand_in_an_answered_whatif_is_seen(rig):
    with Servers(rig.config).connect("owner") as owner, Servers(rig.config).connect("ingest") as connection:
        lan = editor(owner, LAN)
        actions.ask(connection, 999, DAYS, lan.officer_code, lan.power_id)
        actions.ask(connection, drafted(owner, "10063099"), DAYS, lan.officer_code, lan.power_id)
        answer_waiting(rig.config)
        for what, hand in HANDS.items():
            with owner.transaction(force_rollback=True):
                told = []
                check_whatifs(owner, read_powers(owner), lambda *row: told.append(row))  # noqa: B023
                assert told == []
                assert owner.execute(hand).rowcount > 0
                check_whatifs(owner, read_powers(owner), lambda *row: told.append(row))  # noqa: B023
                assert told, what


def test_only_five_wait_at_a_time(rig):
    with Servers(rig.config).connect("owner") as owner, Servers(rig.config).connect("ingest") as connection:
        lan = editor(owner, LAN)
        with connection.transaction(force_rollback=True):
            for _ in range(actions.MOST_WAITING):
                actions.ask(connection, 999, DAYS, lan.officer_code, lan.power_id)
            with pytest.raises(TooManyRuns):
                actions.ask(connection, 999, DAYS, lan.officer_code, lan.power_id)
