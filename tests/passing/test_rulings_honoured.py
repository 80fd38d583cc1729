"""Advance rulings at registration: the trader's own are honoured by themselves, for their goods, while they stand; nobody else's ever are."""

import json

from haidang.risk.rules import compile_criteria
from haidang.risk.terms import Channel, Criterion
from haidang.site.demo import people
from tests.passing.rig import CHECKER, FREE, HEAD, declared, item
from tests.passing.test_advance_rulings import decided, issued
from tests.passing.test_closing import lodge_with

MARK = "MAU-PART 7"
TABLET = {"unit_code": "PCE", "unit_price_unit_code": "PCE"}


def lodged(rig, description, code=FREE, trader=1, **changes):
    made = declared(trader, (item(code, description=description),), **changes)
    status, answer = rig.lodge(made)
    assert status == 201, answer
    return answer


def ruling(rig, trader=1, **facts):
    number, file = issued(rig, trader, goods_mark=facts.pop("mark", MARK), **facts)
    rig.learn()
    return number, file["rulings"][0]["ruling_no"]


def kinds(answer):
    return {each["kind"] for each in answer["open_conditions"]}


def shown(rig, answer):
    """Return the rulings on a declaration as its trader reads them."""
    return [(each["line_no"], each["ruling_no"], each["status"]) for each in answer.get("rulings", ())]


def test_goods_with_the_mark_of_a_ruling_are_recorded_as_ruled_without_being_told_to(rig):
    _, number = ruling(rig)
    answer = lodged(rig, f"Tấm nhựa {MARK.lower()}, mới 100%")
    assert shown(rig, answer) == [(1, number, "ruled")] and "ruling" not in kinds(answer)
    assert "rulings" not in lodged(rig, "Tấm nhựa loại khác"), "the same code may be that of other goods"
    assert "rulings" not in lodged(rig, f"Tấm nhựa {MARK}", trader=2), "of no other trader"
    assert rig.violations() == []


def test_another_code_for_goods_that_quote_a_ruling_is_no_matter_of_course(rig):
    _, number = ruling(rig, mark="MAU-DIFFERS")
    answer = lodged(rig, f"Tấm nhựa theo {number}", "39269099")
    assert shown(rig, answer) == [(1, number, "differs")]
    assert "ruling" in kinds(answer) and not answer["cleared"]
    detail = next(each["detail"] for each in answer["open_conditions"] if each["kind"] == "ruling")
    assert detail == f"{number}: 1"
    closed = rig.result(answer["declaration_no"], "ruling", signer=HEAD)
    assert closed[0] == 200, closed


def test_a_ruling_quoted_in_the_notes_is_of_the_lines_with_its_code_else_of_all(rig):
    _, number = ruling(rig, mark="MAU-NOTES")
    assert shown(rig, lodged(rig, "Tấm nhựa", notes=f"Xác định trước số {number}")) == [(1, number, "ruled")]
    assert shown(rig, lodged(rig, "Tấm nhựa", "39269099", notes=number.lower())) == [(1, number, "differs")]


def test_a_ruling_that_ended_says_since_when_and_is_honoured_no_more(rig):
    file, number = ruling(rig, mark="MAU-ENDED")
    before = lodged(rig, "Tấm nhựa MAU-ENDED")
    assert shown(rig, before) == [(1, number, "ruled")]
    decided(rig, file, "end_by_law")
    assert "rulings" not in lodged(rig, "Tấm nhựa MAU-ENDED"), "who does not quote it relies on nothing"
    answer = lodged(rig, f"Tấm nhựa {number}")
    assert shown(rig, answer) == [(1, number, "ended")] and "ruling" in kinds(answer)
    assert answer["rulings"][0]["ended_since"].startswith("2026-03-0")


def test_what_replaced_a_ruling_is_honoured_in_its_place(rig):
    file, _ = ruling(rig, mark="MAU-REPLACED")
    now = decided(rig, file, "replace", commodity_code="39269099")["rulings"][1]["ruling_no"]
    assert shown(rig, lodged(rig, "MAU-REPLACED", "39269099")) == [(1, now, "ruled")]
    assert shown(rig, lodged(rig, "MAU-REPLACED")) == [(1, now, "differs")]


def test_a_value_is_ruled_for_its_lot_and_an_origin_for_its_country(rig):
    _, value = ruling(rig, 3, kind="value", value_method="6", lot="MAWB-LOT-1", mark="MAU-VALUE", commodity_code="")
    _, origin = ruling(rig, 3, kind="origin", origin_country_code="JP", mark="MAU-ORIGIN", commodity_code="")
    ours = lodged(rig, "MAU-VALUE", trader=3, transport_document_nos=("MAWB-LOT-1",))
    assert shown(rig, ours) == [(1, value, "ruled")]
    assert shown(rig, lodged(rig, "MAU-VALUE", trader=3)) == [(1, value, "differs")], "another lot"
    assert shown(rig, lodged(rig, "MAU-ORIGIN", trader=3))[0][1] == origin


def test_a_trader_without_rulings_asks_for_none(rig):
    assert people.trader_code(9) not in rig.lanes["general"].knowledge.rulings


def test_criteria_about_wrong_classification_pass_over_lines_whose_code_was_ruled():
    from datetime import date

    from msgspec.structs import replace

    from haidang.risk.tests.test_deciding import facts

    doubted = {"field": "unruled_commodity_codes", "op": "prefix_any", "value": ["3926"]}
    plain = {"field": "commodity_codes", "op": "prefix_any", "value": ["3926"]}
    criteria = [
        Criterion(
            criterion_id=number, name=name, condition=condition, channel=Channel.YELLOW, valid_from=date(2026, 1, 1), valid_until=None,
            sample=True,
        )
        for number, name, condition in ((1, "often declared under another code", doubted), (2, "any", plain))
    ]  # fmt: skip
    compiled = compile_criteria(criteria, date(2026, 3, 2))
    one = replace(facts(), commodity_codes=("39269059", "84713090"))
    assert compiled(one) == (1, 2)
    assert compiled(replace(one, ruled_places=(0,))) == (2,), "what else is looked at stays looked at"
    assert compiled(replace(one, ruled_places=(1,))) == (1, 2)


def amended(rig, number, description, code, **changes):
    made = declared(1, (item(code, description=description),), **changes)
    status, answer = rig.amend(number, made)
    assert status == 200, answer
    return answer


def read(rig, number):
    """Return a declaration as its trader reads it."""
    return json.loads(rig.ask(f"/declarations/{number}").body)


def doubt(answer):
    return [each["detail"] for each in answer["open_conditions"] if each["kind"] == "ruling"]


def test_an_amendment_is_read_against_the_rulings_of_its_registration_and_complying_closes_the_doubt(rig):
    _, number = ruling(rig, mark="MAU-AMENDED")
    first = lodged(rig, "Tấm nhựa MAU-AMENDED")
    assert shown(rig, first) == [(1, number, "ruled")]
    _, later = ruling(rig, mark="MAU-AMENDED-LATER")
    differs = amended(rig, first["declaration_no"], "Tấm MAU-AMENDED, MAU-AMENDED-LATER", "39269099")
    assert shown(rig, differs) == [(1, number, "differs")], f"{later} was issued after the registration"
    assert doubt(differs) == [f"{number}: 1"] and not differs["cleared"]
    evading = amended(rig, differs["declaration_no"], "Tấm nhựa", "39269099")
    assert shown(rig, evading) == [] and doubt(evading) == [f"{number}: 1"], "customs still looks"
    complying = amended(rig, evading["declaration_no"], "Tấm nhựa MAU-AMENDED", FREE)
    assert shown(rig, complying) == [(1, number, "ruled")] and doubt(complying) == []
    seen = read(rig, complying["declaration_no"])
    assert shown(rig, seen) == [(1, number, "ruled")], "as it stands, not as it was registered"
    assert rig.violations() == []


def test_what_customs_has_looked_at_is_not_asked_again_until_its_line_changes(rig):
    _, number = ruling(rig, mark="MAU-PASSED")
    first = lodged(rig, "MAU-PASSED", "39269099")["declaration_no"]
    assert rig.result(first, "ruling", signer=HEAD)[0] == 200
    plain = item("39269099", description="MAU-PASSED")
    two = declared(1, (plain, item(FREE, 2)), gross_mass_g=2_000_000)
    status, answer = rig.amend(first, two)
    assert status == 200 and shown(rig, answer) == [(1, number, "differs")] and doubt(answer) == [], answer
    again = amended(rig, answer["declaration_no"], "MAU-PASSED, loại khác", "39269099")
    assert doubt(again) == [f"{number}: 1"]
    assert rig.violations() == []


def test_who_decides_on_an_amendment_after_clearance_reads_what_rulings_say_of_it(rig):
    _, number = ruling(rig, mark="MAU-AFTER")
    first = lodge_with(rig, 1, items=(item(FREE, description="MAU-AFTER"),))
    no = first["declaration_no"]
    assert rig.pay(no, first["payable_vnd"])[1]["cleared"]
    wanted = declared(1, (item("39269099", description="MAU-AFTER"),))
    status, asked = rig.revise("AMC", no, wanted)
    assert status == 200 and shown(rig, asked) == [(1, number, "differs")], asked
    assert kinds(asked) == {"amendment"}, "customs looks at it anyway"
    waiting = read(rig, no)
    assert shown(rig, waiting) == [(1, number, "ruled")]
    assert shown(rig, waiting["revisions"][0]) == [(1, number, "differs")]
    done = rig.rule(no, "amendment", asked["register_no"], HEAD)
    assert done[0] == 200, done
    assert shown(rig, read(rig, done[1]["declaration_no"])) == [(1, number, "differs")]
    assert rig.violations() == []


def test_what_an_officer_proposes_contrary_to_a_ruling_is_told_to_customs_alone(rig):
    _, number = ruling(rig, mark="MAU-ASSESSED")
    first = lodged(rig, "MAU-ASSESSED")
    no = first["declaration_no"]
    wanted = declared(1, (item("39269099", description="MAU-ASSESSED"),))
    status, asked = rig.revise("ASSESS", no, wanted, CHECKER)
    assert status == 200 and shown(rig, asked) == [(1, number, "differs")], asked
    assert shown(rig, read(rig, no)) == [(1, number, "ruled")]
    status, done = rig.rule(no, "assessment", asked["register_no"], HEAD)
    assert status == 200 and "ruling" not in kinds(done), done
    assert shown(rig, read(rig, done["declaration_no"])) == [(1, number, "differs")]
    assert rig.violations() == []


def test_a_value_that_was_ruled_is_declared_by_the_method_that_was_ruled(rig):
    _, number = ruling(rig, 3, kind="value", value_method="3", lot="MAWB-LOT-2", mark="MAU-METHOD", commodity_code="")
    ours = lodged(rig, "MAU-METHOD", trader=3, transport_document_nos=("MAWB-LOT-2",))
    assert shown(rig, ours) == [(1, number, "differs")], "declared by the transaction value"
