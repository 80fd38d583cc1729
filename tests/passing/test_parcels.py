"""Lists of parcels through the lane's own code, on PostgreSQL."""

import json

import pytest

from haidang.parcels import lookups
from haidang.parcels.rules import proves
from haidang.platform.db import Servers, Transaction, act_as
from haidang.site.demo import people
from tests.passing.parcels import ParcelRig, drawn, in_green, parcel, parcels
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR


@pytest.fixture(scope="module")
def rig(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    yield rig
    rig.finish()
    cluster.drop(made)


def codes(result):
    return [each["code"] for each in result.get("findings", ())]


def view(rig, number, trader=2):
    no11 = int(number[:11])
    with Servers(rig.config).connect("app") as connection, Transaction(connection) as transaction:
        shard = lookups.ParcelFinder(connection).shard_of_number(no11)
        act_as(transaction, [people.trader_code(trader)])
        look_up = lookups.list_view if lookups.is_list_number(no11) else lookups.parcel_view
        return look_up(transaction, shard, no11)


def test_each_parcel_has_its_number_channel_and_taxes(rig):
    answer = in_green(rig, [parcel(1), parcel(2, customs_value_vnd=1_000_000), parcel(3, customs_value_vnd=15)])
    first, second, third = answer["parcels"]
    assert first["parcel_no"].startswith("2") and len({each["parcel_no"] for each in answer["parcels"]}) == 3
    assert (first["channel"], first["state"], first["open_conditions"]) == (1, "tax_pending", ["tax"])
    assert [each["value_added_vnd"] for each in (first, second, third)] == [85_000, 100_000, 2]
    assert answer["payable_vnd"] == answer["value_added_vnd"] == 185_002
    assert (answer["accepted_count"], answer["refused_count"]) == (3, 0)
    assert rig.violations() == []


def test_a_payment_of_all_that_is_owed_clears_the_parcels_of_the_list(rig):
    answer = in_green(rig, parcels(3))
    status, paid = rig.pay(answer["list_no"], answer["payable_vnd"] - 1)
    assert status == 202 and "outstanding" in paid["reason"]
    status, paid = rig.pay(answer["list_no"], answer["payable_vnd"])
    assert status == 200 and (paid["cleared_count"], paid["waiting_count"]) == (3, 0)
    assert view(rig, answer["parcels"][1]["parcel_no"])["state"] == "cleared"
    assert view(rig, answer["list_no"])["states"] == {"cleared": 3}
    assert rig.pay(answer["list_no"], answer["payable_vnd"])[0] == 202
    assert rig.violations() == []


def test_a_bad_parcel_among_a_thousand_sinks_no_other(rig):
    listed = parcels(1_000)
    del listed[499]["description"]
    answer = in_green(rig, listed)
    assert (answer["accepted_count"], answer["refused_count"]) == (999, 1)
    bad = answer["parcels"][499]
    assert bad["house_no"].startswith("HAWB-0500") and codes(bad) == ["HD-MISSING"] and "parcel_no" not in bad
    assert bad["findings"][0]["pointer"] == "/parcels/499/description"
    assert all("parcel_no" in each for at, each in enumerate(answer["parcels"]) if at != 499)
    assert rig.pay(answer["list_no"], answer["payable_vnd"])[1]["cleared_count"] == 999
    assert rig.violations() == []


@pytest.mark.parametrize(
    "changes,code",
    [
        ({"customs_value_vnd": 1_000_001}, "HD-PARCEL-VALUE"),
        ({"permit_needed": True}, "HD-PARCEL-PERMIT"),
        ({"description": "Hai hộp THUỐC LÁ"}, "HD-PARCEL-WORD"),
        ({"commodity_code": "0000"}, "HD-PARCEL-CODE"),
        ({"commodity_code": "2402"}, "HD-PARCEL-CONTROLLED"),
        ({"country_code": "QQ"}, "HD-PARCEL-COUNTRY"),
        ({"house_no": "HAWB-0001"}, "HD-PARCEL-DUPLICATE"),
        ({"customs_value_vnd": "1"}, "HD-TYPE"),
        ({"customs_value_vnd": 0}, "HD-ZERO"),
        ({"weight": "1"}, "HD-UNKNOWN-FIELD"),
        ({"gross_mass": "1.2345"}, "HD-DECIMALS"),
        ({"party_name": "x" * 301}, "HD-TOO-LONG"),
    ],
)
def test_what_the_low_value_procedure_does_not_take_is_told_and_the_next_parcel_goes_on(rig, changes, code):
    answer = in_green(rig, [parcel(1), parcel(2, **changes), parcel(3)])
    good, bad, another = answer["parcels"]
    assert codes(bad) == [code] and codes(good) == codes(another) == []
    finding = bad["findings"][0]
    assert finding["pointer"].startswith("/parcels/1") and finding["text_vi"] and finding["repair_en"]
    if code in ("HD-PARCEL-VALUE", "HD-PARCEL-PERMIT", "HD-PARCEL-WORD", "HD-PARCEL-CONTROLLED"):
        assert "IDA" in finding["repair_en"] and "LODGE" in finding["repair_vi"]


def test_exports_owe_nothing_and_are_cleared_at_once(rig):
    answer = in_green(
        rig, [parcel(1, customs_value_vnd=5_000_000), parcel(2, customs_value_vnd=5_000_001)], procedure="MEC"
    )
    good, bad = answer["parcels"]
    assert good["cleared"] and good["parcel_no"].startswith("4") and answer["payable_vnd"] == 0
    assert codes(bad) == ["HD-PARCEL-VALUE"] and "EDA" in bad["findings"][0]["repair_en"]
    assert view(rig, good["parcel_no"])["cleared_at"] == answer["registered_at"]
    assert rig.violations() == []


def test_goods_on_their_way_wait_for_their_arrival_as_well(rig):
    answer = in_green(rig, parcels(2), arrival_on="2026-03-20")
    assert answer["parcels"][0]["open_conditions"] == ["tax", "arrival"]
    assert rig.pay(answer["list_no"], answer["payable_vnd"])[1]["cleared_count"] == 0
    status, arrived = rig.arrive(answer["list_no"])
    assert status == 200 and arrived["cleared_count"] == 2
    assert rig.violations() == []


@pytest.mark.parametrize("count", [0, 1_001])
def test_a_list_without_parcels_or_with_too_many_is_refused_whole(rig, count):
    status, answer = rig.list_parcels(parcels(count))
    assert status == 422 and [each["pointer"] for each in answer["findings"]] == ["/parcels"]


def test_a_list_whose_every_parcel_is_bad_stores_nothing(rig):
    body = rig.listing([parcel(1, permit_needed=True), parcel(2, country_code="QQ")])
    status, answer = rig.send(body)
    assert status == 422 and [each["pointer"] for each in answer["findings"]] == [
        "/parcels/0/permit_needed",
        "/parcels/1/country_code",
    ]
    assert rig.send({**body, "parcels": parcels(1)})[0] == 201


def test_the_same_list_again_gets_the_same_answer_and_other_bytes_are_refused(rig):
    body = rig.listing(parcels(2), message_id="parcels-once")
    waiting = [rig.waiting("parcel_list", body, body["sender"]) for _ in range(2)]
    (status, first), (_, second) = rig.batch(waiting, "parcels")
    assert status == 201 and first == second
    assert rig.send(body) == (201, first)
    status, answer = rig.send({**body, "parcels": parcels(3)})
    assert status == 422 and codes(answer) == ["HD-ID-REUSED"]


def test_who_holds_no_mandate_of_the_operator_lodges_nothing(rig):
    status, answer = rig.list_parcels(parcels(1), operator=2, operator_code=people.trader_code(3))
    assert status == 422 and codes(answer) == ["HD-NO-MANDATE"]
    broker = people.broker_of(6)
    body = rig.listing(parcels(1), operator=6, sender=broker)
    assert rig.batch([rig.waiting("parcel_list", body, broker)], "parcels")[0][0] == 201


def test_an_operator_that_is_stopped_lodges_nothing(rig):
    assert codes(rig.list_parcels(parcels(1), operator=people.SUSPENDED)[1])[-1] == "E8002"
    assert codes(rig.list_parcels(parcels(1), operator=people.UNDER_ENFORCEMENT)[1]) == ["E8003"]
    assert codes(rig.list_parcels(parcels(1), customs_office_code="ZZZZ")[1]) == ["HD-CODE"]


def test_numbers_run_on_from_list_to_list_without_a_gap(rig):
    numbers = [int(one["parcel_no"][:11]) for _ in range(2) for one in in_green(rig, parcels(3), operator=8)["parcels"]]
    assert numbers == list(range(numbers[0], numbers[0] + 6))


@pytest.mark.processes  # ten thousand parcels
def test_a_full_block_is_followed_by_another_and_nothing_is_skipped(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    try:
        for _ in range(10):
            in_green(rig, parcels(997))
        last = in_green(rig, parcels(100))
        numbers = [int(one["parcel_no"][:11]) % 10_000 for one in last["parcels"]]
        assert numbers[:30] == list(range(9_970, 10_000)) and numbers[30:] == list(range(70))
        assert view(rig, last["parcels"][99]["parcel_no"])["house_no"].startswith("HAWB-0100")
        assert rig.violations() == []
    finally:
        rig.close()
        cluster.drop(made)


def test_a_held_parcel_stays_when_its_list_is_paid_until_it_is_released(rig):
    answer = in_green(rig, parcels(3))
    number = answer["parcels"][1]["parcel_no"]
    status, held = rig.act_on(number, "hold", HEAD)
    assert status == 200 and held["officer_code"] == HEAD
    assert [each["kind"] for each in held["open_conditions"]] == ["hold", "tax"]
    assert rig.act_on(number, "hold", HEAD)[1]["code"] == "HELD_ALREADY"
    assert rig.pay(answer["list_no"], answer["payable_vnd"])[1]["cleared_count"] == 2
    assert view(rig, number)["state"] == "tax_pending"
    status, released = rig.act_on(number, "release", HEAD, "hàng thật")
    assert status == 200 and released["cleared"]
    assert rig.act_on(number, "hold", HEAD)[1]["code"] == "PARCEL_SETTLED"
    assert rig.violations() == []


def test_a_red_parcel_is_cleared_by_both_checks_and_the_payment(rig):
    answer = drawn(rig, parcels(1), 0)
    number = answer["parcels"][0]["parcel_no"]
    assert answer["parcels"][0]["open_conditions"] == ["document_check", "inspection", "tax"]
    assert rig.pay(answer["list_no"], answer["payable_vnd"])[1]["waiting_count"] == 1
    assert rig.act_on(number, "inspection", CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.act_on(number, "document_check", CHECKER, "đủ hồ sơ")[1]["state"] == "inspection"
    assert rig.act_on(number, "inspection", INSPECTOR, "đúng khai báo")[1]["cleared"]
    assert rig.violations() == []


def test_an_officer_of_another_office_and_a_number_never_given_look_alike(rig):
    number = in_green(rig, parcels(1))["parcels"][0]["parcel_no"]
    other = people.officer_code("01NV", "head_of_unit")
    replies = [rig.act_on(each, "hold", other) for each in (number, "299999999990")]
    assert replies[0] == replies[1] and codes(replies[0][1]) == ["HD-NOT-FOUND"]
    assert rig.act_on(number, "hold", CUSTOMS)[1]["code"] == "OFFICER_NEEDED"


def test_a_parcel_is_proved_to_stand_in_its_list_and_is_nobody_elses_to_see(rig):
    answer = in_green(rig, parcels(5))
    seen = view(rig, answer["parcels"][4]["parcel_no"])
    proof = seen["proof"]
    path = [
        (side == "left", bytes.fromhex(other)) for side, _, other in (each.partition(":") for each in proof["path"])
    ]
    assert proof["root"] == answer["parcels_root"]
    assert proves(bytes.fromhex(proof["leaf"]), path, bytes.fromhex(proof["root"]))
    assert not proves(bytes(32), path, bytes.fromhex(proof["root"]))
    assert view(rig, answer["parcels"][4]["parcel_no"], trader=3) is None
    assert view(rig, answer["list_no"], trader=3) is None


def test_only_a_bank_pays_and_only_for_a_list(rig):
    answer = in_green(rig, parcels(1))
    assert rig.pay(answer["list_no"], 85_000, bank="CANGMAU01")[1]["code"] == "NOT_THEIRS_TO_CLOSE"
    assert codes(rig.pay("699999999990", 85_000)[1]) == ["HD-NOT-FOUND"]


def test_an_unusual_but_right_way_of_writing_is_taken(rig):
    body = json.dumps(rig.listing([parcel(1, description="A\u0301o thun", conveyance_no=None)]), ensure_ascii=False)
    body = body.replace(', "conveyance_no": null', "")
    with_escape = body.replace("SAMPLE SHOP", "SAMPLE \\u0053HOP").encode()
    assert rig.send(with_escape)[0] == 201
