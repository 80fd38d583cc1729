"""`haidang replay`: what was registered is judged again from its bytes; each difference is named by field."""

from datetime import date
from unittest.mock import patch

import psycopg
import pytest

from haidang.site import verifying_replay
from haidang.site.replaying import Chosen, replay
from tests.passing.rig import CHECKER, HEAD, Rig, _read_once, declared
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with


@pytest.fixture(scope="module")
def files(cluster):
    """Return the installation, a declaration that went through every kind of judgement again, and one that was only registered."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    lodged = lodge_with(rig, 1)
    number = lodged["declaration_no"]
    assert rig.pay(number, lodged["payable_vnd"])[1]["cleared"]
    asked = rig.revise("ASSESS", number, more(2), CHECKER)[1]
    assert rig.rule(number, "assessment", asked["register_no"], HEAD)[0] == 200
    amended = rig.amend(lodge_with(rig, 2)["declaration_no"], more(2))[1]["declaration_no"]
    plain = rig.lodge(declared())[1]["declaration_no"]
    with psycopg.connect(made.dsn("owner")) as owner:
        (count,) = owner.execute("SELECT count(*) FROM declaration").fetchone()
    yield made, number, amended, plain, count
    rig.close()
    cluster.drop(made)


def again(made, **chosen):
    with patch.object(verifying_replay, "Books", _read_once):
        return replay(made.config, Chosen(**chosen), lambda _: None)


def test_all_that_was_registered_comes_out_as_it_was_acts_after_registration_too(files):
    made, *_, count = files
    found = again(made)
    assert (found.declarations, found.differing, found.unknown) == (count, 0, []), found.differences
    assert found.acts > found.declarations


def test_days_and_numbers_choose_and_a_number_of_nothing_is_told(files):
    made, number, amended, _, count = files
    today = date(2026, 3, 2)
    assert again(made, since=today, until=date(2026, 3, 3)).declarations == count
    assert again(made, until=today).declarations == again(made, since=date(2026, 3, 3)).declarations == 0
    found = again(made, numbers=(int(number[:11]), int(amended[:11]), 19999999999))
    assert (found.declarations, found.unknown) == (2, [19999999999])


_OF = "WHERE declaration_id = (SELECT declaration_id FROM declaration WHERE no11 = %s)"
HANDS = {
    "a rate": "UPDATE goods_item SET vat_rate_bp = vat_rate_bp + %s ",
    "a package": "UPDATE declaration SET package_count = package_count + %s ",
    "an answer": "UPDATE inbox SET answer = convert_to(replace(convert_from(answer, 'UTF8'), '\"state\":\"', '\"state\":\"x'), 'UTF8')"
    " WHERE %s <> 0 AND message_id = (SELECT message_id FROM message JOIN declaration USING (declaration_id) WHERE no11 = %s)",
}


def test_each_difference_is_named_by_field_and_the_acts_after_it_are_replayed_too(files):
    made, number, _, plain, _ = files
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        for hand, statement in HANDS.items():
            whole = statement if hand == "an answer" else statement + _OF
            assert admin.execute(whole, (1, int(plain[:11]))).rowcount == 1, hand  # type: ignore[arg-type]
        admin.execute(
            "UPDATE transfer SET amount_vnd = amount_vnd + 1 " + _OF + " AND journal_seq > 2", (int(number[:11]),)
        )
    found = again(made)
    told = {(each.subject[:11], each.where): [] for each in found.differences}
    for each in found.differences:
        told[each.subject[:11], each.where].append(each.what)
    assert told[plain[:11], "answer"] == ["another answer: state"]
    assert "rows of act 1" in told[plain[:11], "journal"][0]
    replayed = " ".join(told[plain[:11], "replay"])
    assert "line 1 VALUE_ADDED rate_bp" in replayed and "package_count 43 not 42" in replayed
    assert any("approve_assessment" in each and "transfers" in each for each in told[number[:11], "replay"])
    assert {subject for subject, _ in told} == {plain[:11], number[:11]}
