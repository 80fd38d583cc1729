"""The registered history, asked what another law would have made of it."""

from haidang.insight.lookups import History
from haidang.insight.rules.whatif import compare
from haidang.parties.profiles import read_profiles
from haidang.parties.terms import Aspect
from haidang.platform.db import Servers
from haidang.site.demo import people
from haidang.site.history import registered
from haidang.taxes.columns import Law
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with
from tests.passing.test_revising import cleared


def lines_of(rig, numbers):
    servers = Servers(rig.config)
    found = []
    for server in range(servers.count):
        with servers.connect("auditor", server) as connection:
            for lines in registered(connection):
                found += [line for line in lines if line["declaration"] in numbers]
    return found


def test_the_history_taxed_anew_under_its_own_law_is_what_was_assessed(rig):
    plain = lodge_with(rig, 2, items=more(3).items)
    number = cleared(rig)["declaration_no"]
    asked = rig.revise("AMC", number, more(2))[1]
    amended = rig.rule(number, "amendment", asked["register_no"], people.officer_code("03CC", "document_officer"))[1]
    numbers = {plain["declaration_no"][:11], number[:11]}
    lines = lines_of(rig, numbers)
    assert len(lines) == 2
    lane = rig.lanes["general"]
    day = lane._law(lane.knowledge.legal_now())
    law = Law(day.tariff, day.codes.exchange_rates_e4, day.treatments)
    with History() as history:
        history.add(lines)
        found = compare(history.chunks(), law, law)
    assert (found.declarations, found.lines, found.compared) == (2, 2, 2)
    assert found.total.before_vnd == found.total.after_vnd == plain["payable_vnd"] + amended["payable_vnd"]
    assert found.winners == found.losers == []
    assert rig.violations() == []


def test_a_cancelled_declaration_is_no_history(rig):
    number = lodge_with(rig, 3)["declaration_no"]
    assert lines_of(rig, {number[:11]})
    assert rig.cancel(number)[0] == 200
    assert rig.decide(number)[1]["state"] == "cancelled"
    assert lines_of(rig, {number[:11]}) == []
    assert rig.violations() == []


def test_a_line_tells_where_its_trader_is_and_how_large_on_the_day_of_registration(rig):
    number = lodge_with(rig, 2, items=more(1).items)["declaration_no"]
    servers = Servers(rig.config)
    with servers.connect("auditor") as first:
        profiles = read_profiles(first)
    told = []
    for server in range(servers.count):
        with servers.connect("auditor", server) as connection:
            told += [
                line
                for lines in registered(connection, profiles)
                for line in lines
                if line["declaration"] == number[:11]
            ]
    (line,) = told
    assert (
        line["province"]
        == profiles.code(line["trader_code"], Aspect.PROVINCE, line["registered_on"])
        in people.PROVINCES
    )
    assert line["firm_size"] == profiles.code(line["trader_code"], Aspect.FIRM_SIZE, line["registered_on"]) != ""
