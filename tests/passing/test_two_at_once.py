"""Two officers decide the same at the same time, over two lanes: one wins, the other is told who decided and when."""

import threading
from collections import Counter

import pytest

from haidang.organisation import actions as organisation
from haidang.platform.db import Servers
from tests.passing.rig import CHECKER, CUSTOMS, HEAD, INSPECTOR, Rig, build, declared
from tests.passing.test_officers import ORDER

CROWD = 100
SEATED = """SELECT o.officer_id, s.post_id, legal_now() FROM officer o, unit_post s JOIN customs_unit u USING (unit_id)
    WHERE o.code = %s AND u.code = %s AND s.code = 'head_of_unit'"""


@pytest.fixture(scope="module")
def rigs(cluster):
    """Two lanes over one database, in which a second person holds the post that decides."""
    database = cluster.make_trial()
    made = [Rig(cluster.spread(database)) for _ in range(2)]
    with Servers(made[0].config).connect("owner") as connection:
        officer_id, post_id, now = connection.execute(SEATED, (CHECKER, CUSTOMS)).fetchone()
        organisation.appoint(
            connection, officer_id=officer_id, post_id=post_id, valid_from=now, instrument="Phân công mẫu", sample=True
        )
    yield made
    made[1].close()
    made[0].finish()
    cluster.drop(database)


def red_files(rig, count):
    """Return numbers of declarations that are red because the head made them so, each with a proposal that waits."""
    numbers = []
    while len(numbers) < count:
        sent = []
        for _ in range(CROWD):
            its = declared()
            sent.append(
                rig.waiting(
                    "lodgement", build.message(its, message_id=rig.fresh_id(), sender=its.trader_code), its.trader_code
                )
            )
        numbers += [
            answer["declaration_no"] for status, answer in rig.batch(sent) if status == 201 and answer["channel"] < 3
        ]
    numbers = numbers[:count]
    for act, signer, facts in (
        ("raise_channel", HEAD, {"channel": "red", "order": ORDER}), ("propose_lower_channel", INSPECTOR, {"channel": "yellow"}),
    ):  # fmt: skip
        for start in range(0, count, CROWD):
            crowd = [rig.acting(no, act, signer, text="mẫu", **facts) for no in numbers[start : start + CROWD]]
            assert {status for status, _ in rig.batch(crowd, "conditions")} == {200}
    return numbers


def race(rigs, numbers, sides):
    """Send one message of each side for every number, both at the same moment; return the pairs of answers."""
    waiting = [
        [rig.acting(no, act, signer, **facts) for no in numbers]
        for rig, (act, signer, facts) in zip(rigs, sides, strict=True)
    ]
    answers = [[], []]
    together = threading.Barrier(2, timeout=60)

    def run(side):
        for message in waiting[side]:
            together.wait()
            answers[side] += rigs[side].batch([message], "conditions")

    threads = [threading.Thread(target=run, args=(side,)) for side in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=600)
    assert [len(each) for each in answers] == [len(numbers)] * 2
    return list(zip(*answers, strict=True))


def decide_twice(rigs, rounds):
    sides = (("approve", HEAD, {"proposal_no": 1}), ("refuse", CHECKER, {"proposal_no": 1, "text": "không"}))
    won = Counter()
    for pair in race(rigs, red_files(rigs[0], rounds), sides):
        assert sorted(status for status, _ in pair) == [200, 409], pair
        winner = [status for status, _ in pair].index(200)
        lost = pair[1 - winner][1]
        assert lost["code"] == "DECIDED_ALREADY" and sides[winner][1] in lost["title"] and "decided at" in lost["title"]
        assert pair[winner][1]["channel"] == (2 if winner == 0 else 3)
        won[winner] += 1
    assert won.total() == rounds
    assert rigs[0].violations() == []


def test_of_two_who_decide_one_proposal_one_wins_each_of_twenty_times(rigs):
    decide_twice(rigs, 20)


def test_of_two_who_check_the_same_documents_one_wins(rigs):
    sides = (("document_check", CHECKER, {"outcome": "passed"}), ("document_check", HEAD, {"outcome": "passed"}))
    for pair in race(rigs, red_files(rigs[0], 20), sides):
        assert sorted(status for status, _ in pair) == [200, 409], pair
        assert next(answer for status, answer in pair if status == 409)["code"] == "CONDITION_CLOSED_ALREADY"


@pytest.mark.torture
def test_of_two_who_decide_one_proposal_one_wins_each_of_a_thousand_times(rigs):
    decide_twice(rigs, 1_000)
