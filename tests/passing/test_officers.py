"""Officers' acts: who may do what, second persons, questions, orders, corrections; and that all of it verifies."""

import psycopg
import pytest

from haidang.organisation import actions as organisation
from haidang.platform.db import Servers
from haidang.site.demo import people
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR, declared
from tests.passing.test_assessing import as_trader
from tests.passing.test_closing import lodge_with

ORDER = {"place_code": "03CCS03", "inspection_class": "partial", "container_nos": ["MAUU1234567"]}
PHOTO = [{"kind": "photo", "sha256": "ab" * 32}]
FOUND = [{"line_no": 1, "quantity": "99.5"}]


def kinds(answer):
    return [condition["kind"] for condition in answer["open_conditions"]]


def test_a_document_check_is_closed_by_the_officer_who_signs_it(rig):
    lodged = lodge_with(rig, 2)
    status, answer = rig.act(lodged["declaration_no"], "document_check", CHECKER, outcome="passed")
    assert status == 200 and answer["state"] == "tax_pending" and kinds(answer) == ["tax"]
    status, again = rig.act(lodged["declaration_no"], "document_check", CHECKER, outcome="passed")
    assert status == 409 and again["code"] == "CONDITION_CLOSED_ALREADY" and CHECKER in again["title"]
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    assert rig.violations() == []


def test_the_key_of_the_office_is_nobodys(rig):
    lodged = lodge_with(rig, 2)
    for number in (lodged["declaration_no"], "199999999990"):
        for status, answer in (
            rig.act(number, "document_check", CUSTOMS, outcome="passed"),
            rig.result(number, "document_check", signer=CUSTOMS),
        ):
            assert status == 409 and answer["code"] == "OFFICER_NEEDED"


def test_an_officer_without_the_power_learns_nothing(rig):
    lodged = lodge_with(rig, 2)
    for number in (lodged["declaration_no"], "199999999990"):
        status, answer = rig.act(number, "document_check", INSPECTOR, outcome="passed")
        assert status == 409 and answer["code"] == "POWER_MISSING"


def test_a_file_out_of_reach_and_one_that_is_not_there_look_alike(rig):
    lodged = lodge_with(rig, 2)
    other = people.officer_code("01NV", "document_officer")
    replies = [
        rig.act(number, "document_check", other, outcome="passed")
        for number in (lodged["declaration_no"], "199999999990")
    ]
    assert replies[0] == replies[1] and replies[0][0] == 422
    assert replies[0][1]["findings"][0]["code"] == "HD-NOT-FOUND"


def test_yellow_becomes_red_with_reason_and_order_and_the_inspection_is_recorded_by_line(rig):
    lodged = lodge_with(rig, 2)
    number = lodged["declaration_no"]
    status, answer = rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red")
    assert status == 422 and [f["pointer"] for f in answer["findings"]] == ["/order"]
    status, answer = rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red", order=ORDER)
    assert status == 200 and answer["channel"] == 3 and "inspection" in kinds(answer)
    status, answer = rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red", order=ORDER)
    assert status == 409 and answer["code"] == "DECIDED_ALREADY" and HEAD in answer["title"]
    assert rig.act(number, "document_check", CHECKER, outcome="passed")[1]["state"] == "inspection"
    status, answer = rig.act(
        number,
        "inspection_result",
        INSPECTOR,
        outcome="passed",
        lines=[{"line_no": 7, "quantity": "1"}],
        evidence=PHOTO,
    )
    assert status == 409 and answer["code"] == "LINE_UNKNOWN"
    result = {"outcome": "passed", "lines": [{"line_no": 1, "quantity": "11.5"}], "evidence": PHOTO}
    status, answer = rig.act(number, "inspection_result", INSPECTOR, **result)
    assert status == 409 and answer["code"] == "QUANTITY_DIFFERS"
    assert "dòng 1 khai 12, thấy 11.5 KGM" in answer["title_vi"] and "11.5 KGM were found" in answer["title"]
    status, answer = rig.act(number, "inspection_result", INSPECTOR, text="hao hụt tự nhiên", **result)
    assert status == 200 and answer["state"] == "tax_pending"
    (line,) = answer["found"]
    assert (line["declared"], line["found"], line["difference"]) == ("12", "11.5", "-0.5")
    served, _ = as_trader(rig, number)
    text = as_trader(rig, number, next(one["service_no"] for one in served if one["act"] == "inspection_result"))
    assert text["found"] == [line] and text["evidence"] == PHOTO
    assert rig.violations() == []


def test_a_green_declaration_can_be_raised(rig):
    lodged = lodge_with(rig, 1)
    status, answer = rig.act(lodged["declaration_no"], "raise_channel", HEAD, text="tin báo", channel="yellow")
    assert status == 200 and answer["state"] == "doc_check" and answer["channel"] == 2
    assert rig.violations() == []


@pytest.mark.parametrize(
    ("channel", "left", "state"), [("yellow", "document_check", "doc_check"), ("green", "tax", "tax_pending")]
)
def test_red_is_lowered_by_a_second_person_only(rig, channel, left, state):
    lodged = lodge_with(rig, 3)
    number = lodged["declaration_no"]
    status, answer = rig.act(number, "propose_lower_channel", HEAD, text="đã soi chiếu", channel=channel)
    assert status == 200 and answer["channel"] == 3 and answer["proposal_no"] == 1
    status, answer = rig.act(number, "propose_lower_channel", CHECKER, text="đã soi", channel=channel)
    assert status == 409 and answer["code"] == "PROPOSAL_OPEN" and HEAD in answer["title"]
    status, answer = rig.act(number, "approve", HEAD, proposal_no=1)
    assert status == 409 and answer["code"] == "SAME_PERSON"
    assert rig.act(number, "refuse", HEAD, proposal_no=1, text="tự rút")[1]["code"] == "SAME_PERSON"
    assert rig.act(number, "approve", CHECKER, proposal_no=1)[1]["code"] == "POWER_MISSING"
    assert rig.violations() == []
    second = lodge_with(rig, 3)["declaration_no"]
    assert rig.act(second, "propose_lower_channel", CHECKER, text="đã soi chiếu", channel=channel)[0] == 200
    status, answer = rig.act(second, "approve", HEAD, proposal_no=1)
    assert status == 200 and answer["state"] == state and left in kinds(answer) and "inspection" not in kinds(answer)
    assert rig.act(second, "approve", HEAD, proposal_no=1)[1]["code"] == "DECIDED_ALREADY"
    assert rig.violations() == []


def test_a_refused_proposal_changes_nothing_and_another_may_follow(rig):
    number = lodge_with(rig, 3)["declaration_no"]
    assert rig.act(number, "propose_lower_channel", INSPECTOR, text="hàng quen", channel="green")[0] == 200
    status, answer = rig.act(number, "refuse", HEAD, proposal_no=1, text="không đủ căn cứ")
    assert status == 200 and answer["channel"] == 3
    assert rig.act(number, "propose_lower_channel", INSPECTOR, text="đã soi", channel="yellow")[1]["proposal_no"] == 2
    assert rig.violations() == []


def test_a_question_stops_nothing_and_its_answer_is_kept(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    status, asked = rig.act(number, "ask_question", CHECKER, text="Hàng dùng làm gì?")
    assert status == 200 and asked["state"] == "tax_pending" and asked["questions"][0]["due_at"]
    stranger, owner = people.trader_code(2), people.trader_code(1)
    status, answer = rig.act(number, "answer_question", stranger, text="bán", question_no=1)
    assert status == 422 and answer["findings"][0]["code"] == "HD-NOT-FOUND"
    status, answer = rig.act(number, "answer_question", owner, text="Để bán lẻ", question_no=1)
    assert status == 200 and answer["questions"][0]["answer"] == "Để bán lẻ"
    assert rig.act(number, "answer_question", owner, text="Khác", question_no=1)[1]["code"] == "DECIDED_ALREADY"
    assert rig.act(number, "answer_question", owner, text="Khác", question_no=2)[1]["code"] == "QUESTION_UNKNOWN"
    assert rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    assert rig.act(number, "ask_question", CHECKER, text="Nữa?")[1]["code"] == "MOVE_REFUSED"
    assert rig.violations() == []


def test_an_instructed_correction_is_the_traders_and_holds_clearance(rig):
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    status, answer = rig.act(number, "instruct_correction", CHECKER, text="Sửa số hóa đơn")
    one = next(condition for condition in answer["open_conditions"] if condition["kind"] == "correction")
    assert status == 200 and one["owner"] == "trader" and one["due_at"] and "Art. 20" in one["law"]
    assert not rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    status, answer = rig.result(number, "correction")
    assert status == 200 and answer["cleared"]
    assert rig.violations() == []


def test_a_failed_inspection_holds_until_the_head_lifts_it(rig):
    number = lodge_with(rig, 3)["declaration_no"]
    status, answer = rig.act(
        number, "inspection_result", INSPECTOR, outcome="failed", text="thiếu hàng", lines=FOUND, evidence=PHOTO
    )
    assert status == 200 and {"inspection", "hold"} <= set(kinds(answer))
    assert rig.result(number, "hold", signer=CHECKER)[1]["code"] == "POWER_MISSING"
    assert rig.result(number, "hold")[0] == 200
    assert rig.violations() == []


def owner_of(rig):
    return Servers(rig.config).connect("owner")


def ids(connection, office):
    (unit_id,) = connection.execute("SELECT unit_id FROM customs_unit WHERE code = %s", (office,)).fetchone()
    posts = dict(connection.execute("SELECT code, post_id FROM unit_post WHERE unit_id = %s", (unit_id,)).fetchall())
    (now,) = connection.execute("SELECT legal_now()").fetchone()
    return unit_id, posts, now


def test_a_power_that_ended_refuses_at_once_and_the_past_still_verifies(rig):
    done, waiting = (lodge_with(rig, 2)["declaration_no"] for _ in range(2))
    assert rig.act(done, "document_check", CHECKER, outcome="passed")[0] == 200
    with owner_of(rig) as connection:
        unit_id, posts, now = ids(connection, CUSTOMS)
        (power_id,) = connection.execute(
            "SELECT power_id FROM unit_power WHERE post_id = %s AND act = 1 AND revoked_at IS NULL",
            (posts["document_officer"],),
        ).fetchone()
        assert organisation.end_power(connection, power_id, now)
        status, answer = rig.act(waiting, "document_check", CHECKER, outcome="passed")
        assert status == 409 and answer["code"] == "POWER_MISSING"
        organisation.grant_power(
            connection, post_id=posts["document_officer"], act=people.Act.DOCUMENT_CHECK, unit_id=unit_id, valid_from=now,
            instrument="QĐ mẫu", sample=True,
        )  # fmt: skip
    assert rig.act(waiting, "document_check", CHECKER, outcome="passed")[0] == 200
    assert rig.violations() == []


def test_a_file_of_another_unit_needs_a_reason_that_the_auditor_reads(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    helper = people.officer_code("03TG", "document_officer")
    with owner_of(rig) as connection:
        unit_id, _, now = ids(connection, CUSTOMS)
        _, posts, _ = ids(connection, "03TG")
        organisation.grant_power(
            connection, post_id=posts["document_officer"], act=people.Act.DOCUMENT_CHECK, unit_id=unit_id, valid_from=now,
            instrument="Điều động mẫu", sample=True,
        )  # fmt: skip
    status, answer = rig.act(number, "document_check", helper, outcome="passed")
    assert status == 409 and answer["code"] == "OUTSIDE_QUEUE"
    assert rig.act(number, "document_check", helper, outcome="passed", outside_reason="Hỗ trợ ca trực")[0] == 200
    kept = []
    for connection in Servers(rig.config).connect_all("auditor"):
        with connection:
            kept += connection.execute("SELECT officer_code, outside_reason FROM outside_queue").fetchall()
    assert (helper, "Hỗ trợ ca trực") in kept
    assert rig.violations() == []


def test_not_even_the_lanes_own_role_can_approve_its_own_proposal(rig):
    number = lodge_with(rig, 3)["declaration_no"]
    assert rig.act(number, "propose_lower_channel", CHECKER, text="đã soi", channel="yellow")[0] == 200
    by = "UPDATE proposal SET decided_seq = 9, checker_code = maker_code, decided_at = proposed_at, approved = true WHERE decided_seq IS NULL"
    for connection in Servers(rig.config).connect_all("ingest"):
        with connection:
            if connection.execute("SELECT 1 FROM proposal WHERE decided_seq IS NULL").fetchone():
                with pytest.raises(psycopg.errors.CheckViolation):
                    connection.execute(by)
            for statement in (
                "UPDATE proposal SET maker_code = 'X'", "DELETE FROM proposal", "UPDATE officer_act SET officer_code = 'X'",
                "DELETE FROM officer_act", "UPDATE unit_power SET valid_until = NULL", "INSERT INTO officer (code, name, unit_id, sample) VALUES ('X1', 'x', 1, false)",
            ):  # fmt: skip
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)
    assert declared


def test_an_amendment_keeps_what_an_officer_raised_and_ordered(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    assert rig.act(number, "raise_channel", HEAD, text="cân lệch", channel="red", order=ORDER)[0] == 200
    assert rig.act(number, "instruct_correction", CHECKER, text="Sửa số kiện")[0] == 200
    status, amended = rig.amend(number, declared(package_count=43))
    assert status == 200, amended
    assert amended["channel_name"] == "red"
    assert "inspection" in kinds(amended) and "correction" not in kinds(amended), "the amendment is the correction"
    number = amended["declaration_no"]
    assert rig.result(number, "correction")[1]["code"] == "CONDITION_CLOSED_ALREADY"
    assert rig.act(number, "propose_lower_channel", CHECKER, text="đã rõ", channel="yellow")[0] == 200
    assert rig.violations() == []
