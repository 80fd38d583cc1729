"""Parcels that are amended or cancelled before they are cleared, and house numbers that two lists want, through the lane's own code."""

import threading
from importlib import import_module

import psycopg
import pytest

from haidang.organisation import actions as organisation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.parcels import ParcelRig, drawn, in_green, parcel, parcels
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR
from tests.passing.test_cancelling import days_later
from tests.passing.test_parcels import codes, view
from tests.passing.test_two_at_once import SEATED


@pytest.fixture(scope="module")
def rig(cluster):
    made = cluster.make_trial()
    rig = ParcelRig(cluster.spread(made))
    yield rig
    rig.finish()
    cluster.drop(made)


def amended(answer, place=0, **changes):
    """Return an entry that amends a parcel of the list answered so."""
    one = answer["parcels"][place]
    return parcel(place + 1, **{"house_no": one["house_no"], "parcel_no": one["parcel_no"], **changes})


def kinds(answer):
    return {each["kind"] for each in answer["open_conditions"]}


def appoint_another_head(rig):
    """Let the officer of documents hold the post of the head as well."""
    with Servers(rig.config).connect("owner") as connection:
        officer_id, post_id, now = connection.execute(SEATED, (CHECKER, CUSTOMS)).fetchone()
        organisation.appoint(
            connection, officer_id=officer_id, post_id=post_id, valid_from=now, instrument="Phân công mẫu", sample=True
        )


def numbers(answer):
    return [each["parcel_no"] for each in answer["parcels"]]


def test_an_amended_parcel_has_another_number_and_is_priced_again_and_its_list_owes_the_difference(rig):
    answer = in_green(rig, parcels(3))
    status, changed = rig.amend_parcels(
        answer["list_no"], [amended(answer, 2, description="Áo len"), amended(answer, customs_value_vnd=900_000)]
    )
    assert status == 200 and (changed["changed_count"], changed["refused_count"]) == (2, 0)
    third, first = changed["parcels"]
    assert first["parcel_no"] == answer["parcels"][0]["parcel_no"][:11] + "1"
    assert (first["value_added_vnd"], first["state"], first["open_conditions"]) == (90_000, "tax_pending", ["tax"])
    assert [(each["pointer"], each["old"], each["new"]) for each in first["changes"]] == [
        ("/customs_value_vnd", "850000", "900000")
    ]
    assert third["changes"][0]["name_vi"] == "Mô tả hàng hóa" and third["payable_vnd"] == 85_000
    assert (changed["payable_before_vnd"], changed["payable_vnd"], changed["outstanding_vnd"]) == (
        255_000,
        260_000,
        260_000,
    )
    assert rig.pay(answer["list_no"], 255_000)[0] == 202
    assert rig.pay(answer["list_no"], 260_000)[1]["cleared_count"] == 3
    seen = view(rig, first["parcel_no"])
    assert (seen["amendment_no"], seen["customs_value_vnd"], seen["cleared"]) == (1, 900_000, True)
    assert [each["reason"] for each in seen["versions"]] == ["khai nhầm"]
    assert view(rig, answer["list_no"])["payable_vnd"] == 260_000
    assert rig.violations() == []


def test_what_cannot_be_amended_is_told_parcel_by_parcel_and_the_others_are(rig):
    answer = in_green(rig, parcels(8))
    good = amended(answer, 0, customs_value_vnd=900_000)
    missing = amended(answer, 7, customs_value_vnd=5)
    del missing["description"]
    status, changed = rig.amend_parcels(
        answer["list_no"],
        [
            good, amended(answer, 1), amended(answer, 2, house_no="OTHER", customs_value_vnd=7),
            amended(answer, 3, customs_value_vnd=2_000_000), amended(answer, 4, parcel_no="299999999990"),
            {**good, "customs_value_vnd": 1}, amended(answer, 5, parcel_no=answer["parcels"][5]["parcel_no"][:11] + "3", package_count=2),
            missing,
        ],
    )  # fmt: skip
    assert status == 200 and (changed["changed_count"], changed["refused_count"]) == (1, 7)
    told = [codes(each) for each in changed["parcels"][1:]]
    assert told == [
        ["HD-NOTHING-AMENDED"], ["HD-UNAMENDABLE"], ["HD-PARCEL-VALUE"], ["HD-NOT-FOUND"], ["HD-PARCEL-TWICE"], ["HD-AMENDMENT"],
        ["HD-MISSING"],
    ]  # fmt: skip
    pointers = [each["findings"][0]["pointer"] for each in changed["parcels"][1:]]
    assert pointers[1] == "/amended_parcels/2/house_no" and pointers[6] == "/amended_parcels/7/description"
    assert rig.amend_parcels(answer["list_no"], [amended(answer, 1)])[0] == 422
    assert rig.violations() == []


def test_a_list_is_nobody_elses_to_change_and_only_by_the_procedure_of_its_direction(rig):
    answer = in_green(rig, parcels(1))
    wanted = [amended(answer, customs_value_vnd=5)]
    replies = [
        rig.amend_parcels(answer["list_no"], wanted, operator=3),
        rig.amend_parcels("699999999990", wanted, operator=3),
        rig.cancel_parcels(answer["list_no"], numbers(answer), operator=3),
    ]
    assert [codes(reply[1]) for reply in replies] == [["HD-NOT-FOUND"]] * 3 and replies[0] == replies[1]
    assert codes(rig.amend_parcels(answer["list_no"], wanted, procedure="MEE")[1]) == ["HD-PROCEDURE"]


def test_a_thousand_parcels_are_amended_by_one_message_and_the_same_message_does_it_once(rig):
    answer = in_green(rig, parcels(1_000))
    wanted = [amended(answer, at, customs_value_vnd=100_000 + at) for at in range(1_000)]
    first = rig.amend_parcels(answer["list_no"], wanted, message_id="amend-once")
    assert first[0] == 200 and first[1]["changed_count"] == 1_000
    assert rig.amend_parcels(answer["list_no"], wanted, message_id="amend-once") == first
    assert codes(rig.amend_parcels(answer["list_no"], wanted[:1], message_id="amend-once")[1]) == ["HD-ID-REUSED"]
    assert first[1]["payable_vnd"] == sum((100_000 + at + 5) // 10 for at in range(1_000))
    assert rig.violations() == []


def test_a_parcel_is_amended_nine_times_and_no_more(rig):
    answer = in_green(rig, parcels(1))
    for turn in range(1, 10):
        status, changed = rig.amend_parcels(answer["list_no"], [amended(answer, parcel_no=answer["parcels"][0]["parcel_no"][:11], customs_value_vnd=turn * 100)])  # fmt: skip
        assert status == 200 and changed["parcels"][0]["parcel_no"].endswith(str(turn))
    wanted = amended(answer, parcel_no=answer["parcels"][0]["parcel_no"][:11], customs_value_vnd=99)
    assert codes(rig.amend_parcels(answer["list_no"], [wanted])[1]) == ["E0008"]
    assert len(view(rig, answer["parcels"][0]["parcel_no"])["versions"]) == 9
    assert rig.violations() == []


def test_a_channel_never_falls_by_an_amendment_and_documents_are_checked_again(rig):
    answer = drawn(rig, parcels(1), 0)
    number = answer["parcels"][0]["parcel_no"]
    assert rig.act_on(number, "document_check", CHECKER, "đủ hồ sơ")[1]["state"] == "inspection"
    status, changed = rig.amend_parcels(answer["list_no"], [amended(answer, customs_value_vnd=900_000)])
    (one,) = changed["parcels"]
    assert status == 200 and (one["channel"], one["state"]) == (3, "doc_check")
    assert one["open_conditions"] == ["inspection", "document_check", "tax"]
    assert rig.violations() == []


def test_what_was_paid_for_too_much_is_overpaid_and_more_tax_is_awaited_again(rig):
    answer = in_green(rig, parcels(3))
    held = numbers(answer)[1]
    assert rig.act_on(held, "hold", HEAD)[0] == 200
    assert rig.pay(answer["list_no"], 255_000)[1]["cleared_count"] == 2
    status, less = rig.amend_parcels(answer["list_no"], [amended(answer, 1, customs_value_vnd=700_000)])
    assert status == 200 and (less["overpaid_vnd"], less["outstanding_vnd"]) == (15_000, 0)
    status, more = rig.amend_parcels(
        answer["list_no"], [amended(answer, 1, parcel_no=held[:11], customs_value_vnd=950_000)]
    )
    assert status == 200 and (more["overpaid_vnd"], more["outstanding_vnd"]) == (0, 10_000)
    assert more["parcels"][0]["open_conditions"] == ["hold", "tax"]
    assert view(rig, numbers(answer)[0])["state"] == "cleared"
    assert codes(rig.amend_parcels(answer["list_no"], [amended(answer, customs_value_vnd=5)])[1]) == [
        "HD-PARCEL-CLEARED"
    ]
    assert rig.act_on(held, "release", HEAD, "hàng thật")[1]["state"] == "tax_pending"
    assert rig.pay(answer["list_no"], 10_000)[1]["cleared_count"] == 1
    assert rig.violations() == []


def test_a_parcel_that_no_longer_owes_anything_is_cleared_by_its_amendment(rig):
    answer = in_green(rig, parcels(2))
    _, changed = rig.amend_parcels(answer["list_no"], [amended(answer, customs_value_vnd=4)])
    assert changed["parcels"][0]["cleared"] and changed["payable_vnd"] == 85_000
    assert view(rig, numbers(answer)[1])["state"] == "tax_pending"
    assert rig.violations() == []


def test_exports_are_amended_by_their_own_procedure(rig):
    answer = drawn(rig, parcels(1), 0, procedure="MEC")
    status, changed = rig.amend_parcels(
        answer["list_no"], [amended(answer, customs_value_vnd=4_000_000)], procedure="MEE"
    )
    assert status == 200 and changed["payable_vnd"] == 0
    assert codes(rig.amend_parcels(answer["list_no"], [amended(answer, customs_value_vnd=1)])[1]) == ["HD-PROCEDURE"]
    assert rig.violations() == []


def test_a_cancellation_waits_for_customs_and_what_was_owed_for_the_parcel_falls_away(rig):
    answer = in_green(rig, parcels(3))
    number = numbers(answer)[1]
    status, asked = rig.cancel_parcels(answer["list_no"], [number, number, "200000099990"])
    assert status == 200 and (asked["parcels"][0]["outcome"], asked["payable_vnd"]) == ("requested", 255_000)
    assert [codes(each) for each in asked["parcels"][1:]] == [["HD-PARCEL-TWICE"], ["HD-NOT-FOUND"]]
    assert codes(rig.cancel_parcels(answer["list_no"], [number])[1]) == ["HD-PARCEL-CANCELLING"]
    assert codes(rig.amend_parcels(answer["list_no"], [amended(answer, 1, customs_value_vnd=5)])[1]) == [
        "HD-PARCEL-CANCELLING"
    ]
    assert rig.act_on(number, "approve_cancellation", CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.act_on(numbers(answer)[0], "approve_cancellation", HEAD)[1]["code"] == "NOT_ASKED_TO_CANCEL"
    assert rig.act_on(number, "approve_cancellation", HEAD)[1]["code"] == "NOT_PROPOSED"
    assert rig.act_on(number, "propose_cancellation", INSPECTOR)[1]["code"] == "POWER_MISSING"
    status, proposed = rig.act_on(number, "propose_cancellation", CHECKER, "đã đối chiếu: khai trùng")
    assert status == 200 and proposed["state"] == "tax_pending" and "cancellation" in kinds(proposed)
    status, told = rig.act_on(number, "propose_cancellation", HEAD)
    assert status == 409 and told["code"] == "PROPOSED_ALREADY" and f"{CHECKER} proposed at" in told["title"]
    status, gone = rig.act_on(number, "approve_cancellation", HEAD, "khai trùng")
    assert status == 200 and gone["state"] == "cancelled" and gone["open_conditions"] == []
    status, late = rig.act_on(number, "refuse_cancellation", HEAD)
    assert status == 409 and late["code"] == "DECIDED_ALREADY" and f"{HEAD} decided at" in late["title"]
    seen = view(rig, number)
    assert (seen["state"], seen["payable_vnd"], seen["cleared"]) == ("cancelled", 0, False)
    assert rig.act_on(number, "hold", HEAD)[1]["code"] == "PARCEL_CANCELLED"
    paid = rig.pay(answer["list_no"], 170_000)[1]
    assert (paid["cleared_count"], paid["waiting_count"]) == (2, 0)
    assert view(rig, answer["list_no"])["cleared"]
    assert rig.violations() == []


def test_a_refused_cancellation_leaves_the_parcel_as_it_was(rig):
    answer = in_green(rig, parcels(1))
    (number,) = numbers(answer)
    rig.cancel_parcels(answer["list_no"], [number])
    assert rig.act_on(number, "propose_cancellation", HEAD, "hàng đã đến")[0] == 200
    assert rig.act_on(number, "refuse_cancellation", HEAD, "hàng đã đến")[1]["code"] == "SAME_PERSON"
    rig.cancel_parcels(answer["list_no"], [number])
    appoint_another_head(rig)
    status, kept = rig.act_on(number, "refuse_cancellation", CHECKER, "hàng đã đến")
    assert status == 200 and kept["state"] == "tax_pending"
    rig.cancel_parcels(answer["list_no"], [number])
    assert rig.act_on(number, "refuse_cancellation", CHECKER)[1]["code"] == "NOT_PROPOSED", (
        "what was proposed is used up"
    )
    assert rig.act_on(number, "propose_cancellation", CHECKER, "hàng đã đến")[0] == 200
    assert rig.act_on(number, "refuse_cancellation", HEAD, "hàng đã đến")[0] == 200
    assert rig.pay(answer["list_no"], 85_000)[1]["cleared_count"] == 1
    assert codes(rig.cancel_parcels(answer["list_no"], [number])[1]) == ["HD-PARCEL-CLEARED"]
    assert rig.violations() == []


def test_parcels_of_goods_that_never_come_cancel_by_themselves_and_what_was_paid_is_overpaid(fresh_trial):
    rig = ParcelRig(fresh_trial.config)
    try:
        answer = in_green(rig, parcels(3), arrival_on="2026-03-10")
        early = rig.cancel_parcels(answer["list_no"], numbers(answer), case="goods_not_arrived")
        assert codes(early[1]) == ["HD-CANCEL-EARLY"]
        assert rig.pay(answer["list_no"], 255_000)[1]["waiting_count"] == 3
        days_later(fresh_trial, 16)
        status, gone = rig.cancel_parcels(answer["list_no"], numbers(answer)[:2], case="goods_not_arrived")
        assert status == 200 and {each["outcome"] for each in gone["parcels"]} == {"cancelled"}
        assert (gone["overpaid_vnd"], gone["payable_vnd"]) == (170_000, 85_000)
        assert rig.arrive(answer["list_no"])[1]["cleared_count"] == 1
        assert rig.violations() == []
    finally:
        rig.close()


def test_a_house_number_stands_in_one_list_of_an_operator_and_is_free_again_when_its_parcel_is_cancelled(rig):
    answer = in_green(rig, parcels(2))
    again = rig.listing(parcels(2)) | {"parcels": [parcel(1, house_no=each["house_no"]) for each in answer["parcels"]]}
    status, refused = rig.send(again)
    assert status == 422 and codes(refused) == ["HD-PARCEL-TAKEN"] * 2
    assert (
        answer["list_no"] in refused["findings"][0]["text_vi"]
        and answer["list_no"] in refused["findings"][0]["text_en"]
    )
    other = people.trader_code(4)
    assert (
        rig.batch([rig.waiting("parcel_list", again | {"sender": other, "operator_code": other}, other)], "parcels")[0][
            0
        ]
        == 201
    )
    assert rig.send({**again, "procedure": "MEC", "message_id": rig.fresh_id()})[0] == 201
    rig.cancel_parcels(answer["list_no"], numbers(answer)[:1])
    rig.act_on(numbers(answer)[0], "propose_cancellation", CHECKER, "khai trùng")
    rig.act_on(numbers(answer)[0], "approve_cancellation", HEAD, "khai trùng")
    status, second = rig.send({**again, "message_id": rig.fresh_id()})
    assert status == 201 and (second["accepted_count"], codes(second["parcels"][1])) == (1, ["HD-PARCEL-TAKEN"])
    assert rig.violations() == []


def test_of_two_lists_in_one_batch_the_first_has_the_house_number(rig):
    one = rig.listing(parcels(2))
    two = one | {"message_id": rig.fresh_id()}
    first, second = rig.batch([rig.waiting("parcel_list", each, each["sender"]) for each in (one, two)], "parcels")
    assert first[0] == 201 and codes(second[1]) == ["HD-PARCEL-TAKEN"] * 2
    assert first[1]["list_no"] in second[1]["findings"][0]["text_en"]


def test_of_two_writers_at_once_one_registers_the_house_number_and_the_other_is_told_of_its_list(rig):
    other = ParcelRig(rig.config)
    gate = threading.Barrier(2)
    body = rig.listing(parcels(200))
    replies = []

    def send(mine, message_id):
        waiting = [mine.waiting("parcel_list", body | {"message_id": message_id}, body["sender"])]
        gate.wait()
        replies.append(mine.batch(waiting, "parcels")[0])

    try:
        for turn in range(3):
            replies.clear()
            body["parcels"] = [parcel(at, house_no=f"RACE-{turn}-{at}") for at in range(200)]
            threads = [
                threading.Thread(target=send, args=(mine, f"race-{turn}-{at}")) for at, mine in enumerate((rig, other))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            (_, won), (_, lost) = sorted(replies, key=lambda reply: reply[0])
            assert sorted(reply[0] for reply in replies) == [201, 422]
            assert codes(lost) == ["HD-PARCEL-TAKEN"] * 200 and won["list_no"] in lost["findings"][0]["text_en"]
        with Servers(rig.config).connect("admin") as connection:
            assert connection.execute("SELECT count(*) FROM parcel WHERE house_no LIKE 'RACE-%'").fetchone() == (600,)
        assert rig.violations() == []
    finally:
        other.close()


def test_numbers_registered_before_this_was_noticed_belong_to_the_first_list_that_has_them(fresh_trial):
    rig = ParcelRig(fresh_trial.config)
    migration = import_module("haidang.parcels.migrations.0002_changes").SQL
    backfill = migration[migration.index("INSERT INTO parcel_house") : migration.index("GRANT SELECT, INSERT, DELETE")]
    try:
        first, second = (in_green(rig, parcels(2)) for _ in range(2))
        with Servers(rig.config).connect("admin") as connection:
            connection.execute("DELETE FROM parcel_house WHERE list_no11 = %s", (int(second["list_no"][:11]),))
            assert len(rig.report().rows) == 2
            connection.execute("DELETE FROM parcel_house")
            connection.execute(backfill)
        assert rig.violations() == []
        taken = first["parcels"][0]["house_no"]
        answer = rig.send(rig.listing([]) | {"parcels": [parcel(1, house_no=taken)]})[1]
        assert first["list_no"] in answer["findings"][0]["text_en"]
    finally:
        rig.close()


def test_one_officer_alone_cancels_no_parcel_whoever_writes_it(rig):
    answer = in_green(rig, parcels(1))
    (number,) = numbers(answer)
    rig.cancel_parcels(answer["list_no"], [number])
    assert rig.act_on(number, "propose_cancellation", CHECKER, "khai trùng")[0] == 200
    assert rig.act_on(number, "approve_cancellation", HEAD, "khai trùng")[0] == 200
    assert rig.violations() == []
    its = f"WHERE journal_seq = 4 AND declaration_id = (SELECT declaration_id FROM parcel_list WHERE list_no11 = {answer['list_no'][:11]})"
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        for alone in ("NULL", "''", "officer_code"):
            with pytest.raises(psycopg.errors.CheckViolation):
                admin.execute(f"UPDATE parcel_act SET maker_code = {alone} {its}")
        assert admin.execute(f"UPDATE parcel_act SET maker_code = '{INSPECTOR}' {its}").rowcount == 1
        assert {"journal", "second person"} <= {row.invariant for row in rig.report().rows}
        admin.execute(f"UPDATE parcel_act SET maker_code = '{CHECKER}' {its}")
    assert rig.violations() == []
