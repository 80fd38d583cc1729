"""Who entrusted an import reads its dossier on the pages, without what the trader has paid and without having anything served on them."""

import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER, declared
from tests.passing.test_closing import lodge_with

pytestmark = pytest.mark.processes

ENTRUSTING = people.trader_code(21)


def test_who_entrusted_an_import_reads_it_and_is_served_nothing(site, rig):
    number = lodge_with(rig, 2, entrusting_party_code=ENTRUSTING, entrusting_party_name="Công ty giao việc")[
        "declaration_no"
    ]
    assert rig.act(number, "ask_question", CHECKER, text="Gì?")[0] == 200
    theirs = site.surfer(site.login(ENTRUSTING))
    assert number in theirs.get("/declarations").text
    page = theirs.get(f"/declarations/{number}")
    assert page.status_code == 200 and "Công ty giao việc" in page.text and "không hiện cho người ủy thác" in page.text
    officers = site.surfer(site.login(officer=CHECKER)).get(f"/files/{number}").text
    assert "trên trang" not in officers.split('id="h-served"')[1].split("</section>")[0]
    assert "Công ty giao việc" in officers and "không hiện cho người ủy thác" not in officers
    mine = site.surfer(site.login(people.trader_code(1))).get(f"/declarations/{number}").text
    assert "không hiện cho người ủy thác" not in mine
    other = rig.lodge(declared(trader=1))[1]["declaration_no"]
    assert theirs.get(f"/declarations/{other}").status_code == 404
    assert rig.violations() == []
