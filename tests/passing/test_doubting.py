"""Value doubt and consultation: opened by an officer on lines, answered by the declarant, ended by amendment, acceptance or rejection; each on its clock."""

from haidang.site.demo import people
from tests.passing.rig import CHECKER, INSPECTOR, Rig, declared, item
from tests.passing.test_amending import kinds, more
from tests.passing.test_cancelling import days_later
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)


def doubted(rig, **changes):
    """Return the answer to a green declaration whose first line is doubted, and that of the doubt."""
    lodged = lodge_with(rig, 1, **changes)
    status, answer = rig.act(lodged["declaration_no"], "doubt_value", CHECKER, text="giá thấp hơn rủi ro", line_nos=[1])
    assert status == 200, answer
    return lodged, answer


def test_a_doubt_is_the_traders_on_its_clock_and_holds_clearance_until_its_line_is_amended(rig):
    lodged, answer = doubted(rig)
    number = lodged["declaration_no"]
    one = next(each for each in answer["open_conditions"] if each["kind"] == "value_doubt")
    assert one["owner"] == "trader" and "Art. 25" in one["law"] and one["detail"].startswith("1: ") and one["due_at"]
    assert not rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    elsewhere = rig.amend(number, declared(package_count=43))[1]
    assert "value_doubt" in kinds(elsewhere), "the line says the same"
    amended = rig.amend(elsewhere["declaration_no"], more(2))[1]
    assert "value_doubt" not in kinds(amended)
    assert rig.violations() == []


def test_a_consultation_ends_with_the_value_accepted_or_rejected(rig):
    for deed in ("accept_value", "reject_value"):
        lodged, _ = doubted(rig)
        number = lodged["declaration_no"]
        assert not rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
        status, asked = rig.act(number, "ask_consultation", TRADER, text="hợp đồng và chứng từ kèm theo")
        assert status == 200 and kinds(asked) == ["consultation"]
        assert asked["open_conditions"][0]["owner"] == "customs"
        assert rig.act(number, "ask_consultation", TRADER, text="lần nữa")[1]["code"] == "CONDITION_CLOSED_ALREADY"
        status, done = rig.act(number, deed, CHECKER, text="đã tham vấn")
        assert status == 200 and done["cleared"]
        assert rig.act(number, deed, CHECKER, text="đã tham vấn")[1]["code"] == "CONDITION_CLOSED_ALREADY"
    assert rig.violations() == []


def test_who_may_doubt_what(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    assert rig.act(number, "doubt_value", INSPECTOR, text="giá", line_nos=[1])[1]["code"] == "POWER_MISSING"
    assert rig.act(number, "doubt_value", CHECKER, text="giá", line_nos=[7])[1]["code"] == "LINE_UNKNOWN"
    status, answer = rig.act(number, "doubt_value", CHECKER, text="giá")
    assert status == 422 and [each["pointer"] for each in answer["findings"]] == ["/line_nos"]
    assert rig.act(number, "accept_value", CHECKER, text="giá")[1]["code"] == "CONDITION_UNKNOWN"
    stranger = people.trader_code(7)
    told = [rig.act(no, "ask_consultation", stranger, text="x") for no in (number, "199999999990")]
    assert told[0] == told[1] and told[0][0] == 422
    assert rig.act(number, "doubt_value", CHECKER, text="giá", line_nos=[1])[0] == 200
    assert rig.act(number, "doubt_value", CHECKER, text="giá", line_nos=[1])[1]["code"] == "MOVE_REFUSED"
    assert rig.violations() == []


def test_after_thirty_days_no_value_is_doubted_any_more(fresh_trial):
    rig = Rig(fresh_trial.config)
    try:
        numbers = [lodge_with(rig, 1, items=(item(), item(line_no=2)))["declaration_no"] for _ in range(2)]
        days_later(fresh_trial, 29)
        assert rig.act(numbers[0], "doubt_value", CHECKER, text="giá", line_nos=[2])[0] == 200
        days_later(fresh_trial, 2)
        status, answer = rig.act(numbers[1], "doubt_value", CHECKER, text="giá", line_nos=[1])
        assert status == 409 and answer["code"] == "DOUBT_TOO_LATE"
        assert rig.act(numbers[0], "ask_consultation", TRADER, text="x")[0] == 200, "late, and still heard"
        assert rig.violations() == []
    finally:
        rig.close()
