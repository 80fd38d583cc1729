"""Goods that claim an agreement and were loaded outside it: registered at the rate they claim, held until the proof of direct consignment is seen."""

from typing import Any

from tests.passing.rig import FREE, Rig, declared, item
from tests.passing.spoiling import spoil, told_of

CLAIMED = {"origin_country_code": "CN", "tariff_schedule_code": "B05"}


def from_china(place, schedule="B05", **changes):
    line = item(**{**CLAIMED, "tariff_schedule_code": schedule})
    return declared(items=(line, item(FREE, 2, tariff_schedule_code="B01")), loading_place_code=place, **changes)


def origins(answer):
    return [each for each in answer["open_conditions"] if each["kind"] == "origin"]


def lodged(rig, place, **changes):
    status, answer = rig.lodge(from_china(place, **changes))
    assert status == 201, answer
    return answer


def test_goods_loaded_within_the_agreement_or_at_most_favoured_nation_rates_await_no_proof(rig):
    assert [origins(lodged(rig, place)) for place in ("CNSHA", "SGSIN", "CNZZZ")] == [[], [], []]
    assert origins(lodged(rig, "HKHKG", schedule="B01")) == []


def test_goods_loaded_elsewhere_keep_their_rate_and_wait_for_customs_to_see_the_proof(rig):
    direct, around = lodged(rig, "CNSHA"), lodged(rig, "HKHKG")
    (waited,) = origins(around)
    assert (waited["owner"], waited["detail"]) == ("trader", "HKHKG: 1")
    assert around["payable_vnd"] == direct["payable_vnd"]
    number = around["declaration_no"]
    assert rig.result(number, "origin", sender="NGANHANGM01")[0] == 409
    assert rig.pay(number, around["payable_vnd"])[1]["cleared"] is False
    status, answer = rig.result(number, "origin")
    assert status == 200 and origins(answer) == []
    assert rig.violations() == []


def test_an_amendment_that_mends_the_place_ends_the_wait_and_one_that_moves_it_begins_it(rig):
    around = lodged(rig, "HKHKG")
    status, mended = rig.amend(around["declaration_no"], from_china("CNSHA"))
    assert status == 200 and origins(mended) == []
    status, moved = rig.amend(mended["declaration_no"], from_china("JPTYO"))
    assert status == 200 and [each["detail"] for each in origins(moved)] == ["JPTYO: 1"]
    assert rig.violations() == []


def test_a_hand_at_the_wait_is_seen(cluster: Any) -> None:
    made = cluster.make_trial()
    rig = Rig(made.config)
    statements = {
        "the place": "UPDATE condition SET detail = 'CNSHA: 1' WHERE kind = 5",
        "the wait itself": "DELETE FROM condition WHERE kind = 5",
    }
    numbers = {what: lodged(rig, "HKHKG")["declaration_no"] for what in statements}
    assert rig.report().rows == []
    ids = spoil(made.dsn("admin"), numbers, statements)
    told = told_of(rig.report().rows, numbers, ids)
    rig.close()
    cluster.drop(made)
    assert all(told.values()), told
