"""A decision on what the declarant asked is served with the officer's reason; why a channel was chosen stays among officers."""

import json

import pytest

from haidang.site.demo import people
from tests.passing.rig import CHECKER, HEAD, INSPECTOR
from tests.passing.test_amending import more
from tests.passing.test_assessing import approve, as_trader, doubted_after_release, propose
from tests.passing.test_closing import lodge_with
from tests.passing.test_officers import ORDER
from tests.passing.test_releasing import ask_release, ask_storage, awaiting_a_result, paid
from tests.passing.test_revising import cleared

TRADER = people.trader_code(1)
WHY = "chứng từ không khớp"


def release_refused(rig):
    number = paid(rig)
    assert ask_release(rig, number)[0] == 200
    assert rig.act(number, "refuse_release", HEAD, text=WHY)[0] == 200
    return number, "release"


def release_granted(rig):
    number = paid(rig)
    assert ask_release(rig, number)[0] == 200
    assert rig.act(number, "release", HEAD, text=WHY)[0] == 200
    return number, "release"


def storage_refused(rig):
    number, _ = awaiting_a_result(rig)
    assert ask_storage(rig, number)[0] == 200
    assert rig.act(number, "refuse_storage", HEAD, text=WHY)[0] == 200
    return number, "storage"


def value_rejected(rig):
    number = doubted_after_release(rig)
    assert rig.act(number, "ask_consultation", TRADER, text="hợp đồng")[0] == 200
    assert rig.act(number, "reject_value", CHECKER, text=WHY)[0] == 200
    return number, "consultation"


def amendment_refused(rig):
    number = cleared(rig)["declaration_no"]
    asked = rig.revise("AMC", number, more(2))[1]
    assert rig.rule(number, "amendment", asked["register_no"], CHECKER, "refused", text=WHY)[0] == 200
    return number, "amendment"


def cancellation_refused(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    assert rig.cancel(number)[0] == 200
    body = {
        "message_id": rig.fresh_id(), "sender": people.machine_of(CHECKER), "procedure": "CANCEL_RESULT", "declaration_no": number,
        "outcome": "refused", "reference": "TB 12", "note": WHY,
    }  # fmt: skip
    asked = rig.batch([rig.waiting("cancellation_result", body, body["sender"], signer=CHECKER)], "conditions")[0][1]
    assert rig.rule(number, "cancellation", asked["register_no"], HEAD)[0] == 200
    return number, "cancellation"


@pytest.mark.parametrize(
    "decide", [release_refused, release_granted, storage_refused, value_rejected, amendment_refused, cancellation_refused]
)  # fmt: skip
def test_the_reason_stands_in_the_text_served_and_in_the_status(rig, decide):
    number, kind = decide(rig)
    served, shown = as_trader(rig, number)
    text = as_trader(rig, number, served[0]["service_no"])
    assert any(WHY in each for each in text["reasons"]), text
    (closed,) = [each for each in shown["conditions"] if each["kind"] == kind]
    assert closed["closed_at"] and WHY in closed["reason"]


def test_both_officers_words_stand_in_an_assessment(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    assert approve(rig, number, propose(rig, number, more(2)))[0] == 200
    served, _ = as_trader(rig, number)
    assert as_trader(rig, number, served[0]["service_no"])["reasons"] == ["hợp đồng ghi giá khác", "đã xem xét"]


def test_why_a_channel_was_raised_or_lowered_is_told_to_no_declarant(rig):
    number = lodge_with(rig, 1)["declaration_no"]
    assert rig.act(number, "raise_channel", HEAD, text="tin báo rủi ro", channel="red", order=ORDER)[0] == 200
    lower = lodge_with(rig, 2)["declaration_no"]
    proposed = rig.act(lower, "propose_lower_channel", INSPECTOR, text="tin báo rủi ro", channel="green")[1]
    assert rig.act(lower, "approve", HEAD, proposal_no=proposed["proposal_no"])[0] == 200
    for each in (number, lower):
        served, shown = as_trader(rig, each)
        texts = [as_trader(rig, each, one["service_no"]) for one in served]
        assert "tin báo rủi ro" not in json.dumps([served, shown, texts], default=str, ensure_ascii=False)
        assert all(text["reasons"] == [] for text in texts)
    assert rig.violations() == []
