"""Goods that leave before they are cleared: released until the final value is known, stored until a result is."""

from datetime import datetime, timedelta

from haidang.site.demo import people
from tests.journeys.walking import TRADER, YELLOW, consignment, kinds, line, lodged
from tests.passing.rig import HEAD
from tests.passing.test_releasing import ask_release, ask_storage, awaiting_a_result, release, report_at

OTHER = people.trader_code(2)


def test_released_goods_may_be_used_and_the_final_value_clears_them(rig):
    number = lodged(rig, consignment(), YELLOW)["declaration_no"]
    assert rig.pay(number, 163_044_000)[0] == 200
    status, asked = ask_release(rig, number)
    assert status == 200 and kinds(asked) == {"document_check", "release"} and asked["goods"] == "under_supervision"
    status, answer = release(rig, number)
    assert status == 200, answer
    assert (answer["state"], answer["goods"], answer["goods_may_be_used"]) == ("released", "released", True)
    (waited,) = [each for each in answer["open_conditions"] if each["kind"] == "determination"]
    opened, due = (datetime.fromisoformat(waited[name]) for name in ("opened_at", "due_at"))
    assert timedelta(days=30) <= due - opened <= timedelta(days=31) and waited["detail"] == "B"
    told = rig.amend(number, consignment(package_count=43))[1]["findings"]
    assert [each["pointer"] for each in told] == ["/declaration/package_count"], "release was asked for"
    # The final price is 32,000 dollars: the declarant amends, owes the difference, pays it; documents are checked again; customs accepts the value.
    status, amended = rig.amend(number, consignment(line("32000")))
    assert status == 200, amended
    number = amended["declaration_no"]
    assert (amended["state"], amended["payable_before_vnd"], amended["outstanding_vnd"]) == (
        "released",
        163_044_000,
        10_869_600,
    )
    for check in kinds(amended) & {"document_check", "inspection"}:
        assert rig.result(number, check)[1]["state"] == "released"
    status, found = rig.result(number, "determination")
    assert status == 200 and found["state"] == "tax_pending" and kinds(found) == {"tax"}
    assert rig.pay(number, 10_869_600)[1]["cleared"]
    assert rig.violations() == []


def test_goods_in_quarantine_are_stored_until_the_result_is_known(rig):
    number, agency = awaiting_a_result(rig)
    assert rig.result(number, "document_check")[1]["state"] == "tax_pending"
    status, asked = ask_storage(rig, number)
    assert status == 200, asked
    (request,) = [each for each in asked["open_conditions"] if each["kind"] == "storage"]
    assert request["due_at"] is not None
    status, answer = rig.act(number, "release_to_storage", HEAD, text="đồng ý")
    assert status == 200, answer
    assert (answer["state"], answer["goods"], answer["goods_may_be_used"]) == ("storage", "stored", False)
    assert kinds(answer) == {"specialised_inspection", "storage_arrival"}
    assert report_at(rig, number, "KHO0002")[1]["code"] == "OTHER_PLACE"
    assert report_at(rig, number, "KHO0001", OTHER)[1]["code"] == "NOT_THEIRS_TO_CLOSE"
    status, there = report_at(rig, number, "KHO0001", TRADER)
    assert status == 200 and there["state"] == "storage" and there["closed"]["kind"] == "storage_arrival"
    status, cleared = rig.result(number, "specialised_inspection", sender=agency)
    assert status == 200 and cleared["cleared"], cleared
    assert rig.violations() == []
