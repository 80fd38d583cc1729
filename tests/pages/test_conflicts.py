"""An officer declares a conflict of interest on the pages; from that moment the files of the party are neither listed nor shown."""

import pytest

from haidang.organisation import lookups
from haidang.site.demo import people
from tests.passing.rig import CHECKER, INSPECTOR, declared
from tests.passing.test_closing import lodge_with

pytestmark = pytest.mark.processes

CODE = INSPECTOR
TRADER = people.trader_code(41)
"""A trader of this module alone."""


def test_what_an_officer_declares_keeps_the_files_of_that_party_away(site, rig):
    surfer = site.surfer(site.login(officer=CODE))
    lodged = rig.lodge(declared(trader=41))[1]
    number = lodged["declaration_no"]
    assert surfer.get(f"/files/{number}").status_code == 200
    assert surfer.post("/conflicts", party_code=TRADER, relation="family", note="anh trai").status_code == 302
    page = surfer.get("/conflicts").text
    assert TRADER in page and "Người thân" in page and CODE in page
    shut = surfer.get(f"/files/{number}")
    assert shut.status_code == 403 and "chuyển hồ sơ cho công chức khác" in shut.text and "Hàng hóa" not in shut.text
    assert surfer.get(f"/files/{number}/served/{number[:11]}-1").status_code == 403
    assert number not in surfer.get("/queue").text
    with site.owner() as connection:
        last = lookups.conflict_refusals(connection)[-1]
        assert last[1:4] == (CODE, number, "view")
        assert lookups.conflict_events(connection)[-1].recorded_by == CODE
    assert rig.violations() == []


def test_a_declaration_of_a_conflict_that_is_none_says_what_it_needs(site):
    surfer = site.surfer(site.login(officer=CODE))
    for fields in (
        {"party_code": "1", "relation": "family"},
        {"party_code": TRADER, "relation": "friend"},
        {"party_code": people.trader_code(4), "relation": "other"},
        {"party_code": people.trader_code(4), "relation": "family", "valid_from": "31/12/2026"},
        {"party_code": people.trader_code(4), "relation": "family", "valid_until": "2020-01-01"},
    ):
        reply = surfer.post("/conflicts", **fields)
        assert reply.status_code == 422 and "Có vấn đề" in reply.text


def test_the_page_is_nobodys_but_an_officers(site):
    trader = site.surfer(site.login(TRADER))
    assert trader.get("/conflicts").status_code == 404


def test_an_officer_sees_and_writes_nobody_elses_conflicts(site, rig):
    lodge_with(rig, 2)
    other = site.surfer(site.login(officer=CHECKER))
    assert TRADER not in other.get("/conflicts").text
