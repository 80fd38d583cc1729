"""Goods on file are drawn down in the pass on real PostgreSQL: lists of exempt goods, temporary imports; to the last kilogram and no further."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from haidang.balances import lookups as balances
from haidang.declarations.tests import build
from haidang.site.demo import people
from tests.passing.rig import CHECKER, FREE, HEAD, PLAIN, Rig, declared, item
from tests.passing.test_closing import lodge_with
from tests.passing.test_kinds import later

TRADER = people.trader_code(1)


def codes(answer):
    return [finding["code"] for finding in answer.get("findings", ())]


def file(rig, quantity="1000", **changes):
    """Put a list of plastics on file, so many kilograms; return its number."""
    goods = [{"line_no": 1, "commodity_code": FREE, "quantity": quantity, "unit_code": "KGM"}]
    status, answer = rig.goods_list(goods, **changes)
    assert status == 201, answer
    return answer["list_no"]


def kilograms(count, **changes):
    """Return a line of so many kilograms of plastics."""
    plain = item(line_no=changes.get("line_no", 1))
    return item(quantity_milli=count * 1000, invoice_value_e4=plain.unit_price_e6 * count // 100, **changes)


def exempt(list_no, *counts, line=1, trader=1, **changes):
    """Return materials for producing exports (E31) that draw on a list, a line for each count of kilograms."""
    lines = tuple(
        kilograms(count, line_no=number, duty_exemption_code="SXN02", exemption_list_no=list_no, exemption_list_line=line, **changes)
        for number, count in enumerate(counts, start=1)
    )  # fmt: skip
    return declared(trader, items=lines, kind_code="E31", gross_mass_g=10**7)


def left(rig, reference):
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        found = [each.balance.free for each in balances.on_file(auditor) if each.balance.reference == reference]
    return found[0] // 1000 if found else None


def temporary(rig, count, **changes):
    """Lodge a temporary import (G11) of so many kilograms; return its number."""
    status, answer = rig.lodge(temporarily(rig, count, **changes))
    assert status == 201, answer
    return answer["declaration_no"]


def temporarily(rig, count, **changes):
    return declared(items=(kilograms(count),), kind_code="G11", return_due_on=later(rig), gross_mass_g=10**7, **changes)


def leaving(earlier_no, count, line=1, **changes):
    """Return a re-export (G21) of so many kilograms of a line of an earlier declaration."""
    plain = build.export_item(1, commodity_code=FREE, **{**PLAIN, "tax_codes": ()})
    out = build.export_item(
        1, commodity_code=FREE, quantity_milli=count * 1000, invoice_value_e4=(plain.unit_price_e6 or 0) * count // 100,
        temporary_line_no=line, **{**PLAIN, "tax_codes": ()},
    )  # fmt: skip
    return build.export_declaration(
        items=(out,),
        trader_code=TRADER,
        gross_mass_g=10**7,
        kind_code="G21",
        temporary_declaration_no=earlier_no,
        **changes,
    )


def test_two_lines_of_one_declaration_draw_on_one_line_of_the_list_together(rig):
    number = file(rig, "100")
    assert codes(rig.lodge(exempt(number, 60, 50))[1]) == ["HD-GOODS-SHORT"]
    assert rig.lodge(exempt(number, 60, 40))[0] == 201
    assert left(rig, f"{number}/1") == 0
    assert rig.violations() == []


def test_in_one_batch_the_first_come_are_served(rig):
    number = file(rig, "100")
    bodies = [build.message(exempt(number, 40), message_id=rig.fresh_id(), sender=TRADER) for _ in range(4)]
    replies = rig.batch([rig.waiting("lodgement", body, TRADER) for body in bodies])
    assert [status for status, _ in replies] == [201, 201, 422, 422]
    assert "20 KGM" in replies[2][1]["findings"][0]["text_en"]
    assert rig.violations() == []


def test_what_does_not_fit_a_list_is_refused_with_its_reason(rig):
    number = file(rig, "100")
    for wrong, told in (
        (exempt("999999999999", 1), "HD-GOODS-UNKNOWN"),
        (exempt(number, 1, line=2), "HD-GOODS-UNKNOWN"),
        (exempt(number, 1, commodity_code="84145110", tax_codes=()), "HD-GOODS-CODE"),
        (exempt(number, 1, unit_code="TNE", unit_price_unit_code="TNE"), "HD-GOODS-UNIT"),
    ):
        assert codes(rig.lodge(wrong)[1]) == [told]
    ended = file(rig, "100", valid_from="2026-01-01", valid_until="2030-01-01")
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        statement = "UPDATE balance SET {} WHERE reference = %s"
        admin.execute(statement.format("valid_until = valid_from + 1"), (f"{ended}/1",))
        assert codes(rig.lodge(exempt(ended, 1))[1]) == ["HD-GOODS-PERIOD"]
        admin.execute(statement.format("valid_until = '2030-01-01'"), (f"{ended}/1",))
    assert rig.violations() == []


def held_back(rig, wanted):
    """Lodge until the recorded draw leaves a declaration uncleared; return its answer. Each that cleared has drawn too."""
    for _ in range(400):
        status, answer = rig.lodge(wanted)
        assert status == 201, answer
        if not answer["cleared"]:
            return answer
    raise AssertionError("every declaration was cleared at once")


def test_an_amendment_and_a_cancellation_give_back(rig):
    number = file(rig, "9000")
    lodged = held_back(rig, exempt(number, 7))
    rest = left(rig, f"{number}/1") + 7
    status, answer = rig.amend(lodged["declaration_no"], exempt(number, 3))
    assert status == 200, answer
    assert left(rig, f"{number}/1") == rest - 3 and answer["guarantee_released_vnd"] == 0
    assert codes(rig.amend(answer["declaration_no"], exempt(number, rest + 1))[1]) == ["HD-GOODS-SHORT"]
    status, all_of_it = rig.amend(answer["declaration_no"], exempt(number, rest))
    assert status == 200 and left(rig, f"{number}/1") == 0
    assert rig.cancel(all_of_it["declaration_no"])[0] == 200
    status, decided = rig.decide(all_of_it["declaration_no"])
    assert status == 200 and decided["outcome"] == "accepted" and decided["state"] == "cancelled"
    assert left(rig, f"{number}/1") == rest
    assert rig.violations() == []


def test_a_payment_gives_back_the_guarantee_and_not_the_goods(rig):
    number = file(rig, "100")
    key = rig.guarantee(10**12)[1]["guarantee_key"]
    line = kilograms(10, duty_exemption_code="SXN04", exemption_list_no=number, exemption_list_line=1)
    lodged = lodge_with(rig, 1, items=(line,), payment_timing_code="B", guarantee_key=key)
    before = left(rig, f"{number}/1")
    status, answer = rig.pay(lodged["declaration_no"], lodged["payable_vnd"])
    assert status == 200 and answer["guarantee_released_vnd"] == lodged["payable_vnd"] > 0
    assert left(rig, f"{number}/1") == before < 100
    assert rig.violations() == []


def test_only_an_officer_with_the_power_puts_a_list_on_file(rig):
    goods = [{"line_no": 1, "commodity_code": FREE, "quantity": "5", "unit_code": "KGM"}]
    for signer, told in ((CHECKER, "POWER_MISSING"), ("03CC", "OFFICER_NEEDED"), (TRADER, "OFFICER_NEEDED")):
        status, answer = rig.goods_list(goods, signer=signer)
        assert status == 409 and answer["code"] == told
    status, answer = rig.goods_list(
        [{"line_no": 2, "commodity_code": "00000000", "quantity": "0", "unit_code": "ZZZ"}], trader_code="9999999999"
    )
    assert status == 422 and {"HD-LIST-LINE", "HD-COMMODITY-CODE", "HD-CODE", "HD-ZERO", "E8001"} <= set(codes(answer))
    number = file(rig)
    assert codes(rig.goods_list(goods, list_no=number)[1]) == ["HD-LIST-KNOWN"]
    assert codes(rig.goods_list(goods, list_no="A/B")[1]) == ["HD-LIST-NO"]


def test_a_refused_re_export_leaves_nothing_on_file(rig):
    inward = temporary(rig, 100)
    assert codes(rig.lodge(leaving(inward, 101))[1]) == ["HD-GOODS-SHORT"]
    assert left(rig, f"{inward[:11]}/1") is None
    assert rig.amend(inward, temporarily(rig, 120))[0] == 200
    assert rig.lodge(leaving(inward[:11], 120))[0] == 201
    assert rig.violations() == []


def test_a_temporary_import_that_was_drawn_on_keeps_its_lines_and_is_not_cancelled(rig):
    inward = temporary(rig, 1000)
    out = held_back(rig, leaving(inward, 2))["declaration_no"]
    rest = left(rig, f"{inward[:11]}/1") + 2
    assert codes(rig.amend(inward, temporarily(rig, 800))[1]) == ["HD-DRAWN-UPON"]
    assert rig.amend(inward, temporarily(rig, 1000, package_count=43))[0] == 200
    status, answer = rig.cancel(inward[:11])
    assert status == 409 and answer["code"] == "DRAWN_UPON"
    status, amended = rig.amend(out, leaving(inward, 30))
    assert status == 200, amended
    assert left(rig, f"{inward[:11]}/1") == rest - 30
    assert codes(rig.amend(amended["declaration_no"], leaving(inward, rest + 1))[1]) == ["HD-GOODS-SHORT"]
    assert rig.violations() == []


def let_go(rig, wanted):
    """Lodge a declaration and have customs close what is open; return its number."""
    status, answer = rig.lodge(wanted)
    assert status == 201, answer
    number, is_cleared = answer["declaration_no"], answer["cleared"]
    for condition in answer["open_conditions"]:
        status, after = rig.result(number, condition["kind"])
        assert status == 200, after
        is_cleared = after["cleared"]
    assert is_cleared
    return number


def test_after_clearance_a_list_is_drawn_when_it_is_accepted_and_no_further_than_it_reaches(rig):
    listed = file(rig, "9000")
    number = let_go(rig, exempt(listed, 7))
    rest = left(rig, f"{listed}/1") + 7
    assert codes(rig.revise("AMC", number, exempt(listed, rest + 1))[1]) == ["HD-GOODS-SHORT"]
    status, asked = rig.revise("AMC", number, exempt(listed, rest))
    assert status == 200 and left(rig, f"{listed}/1") == rest - 7, "what is asked draws nothing yet"
    assert rig.lodge(exempt(listed, 1))[0] == 201
    assert codes(rig.rule(number, "amendment", asked["register_no"], HEAD)[1]) == ["HD-GOODS-SHORT"]
    assert rig.rule(number, "amendment", asked["register_no"], HEAD, "refused")[0] == 200
    asked = rig.revise("AMC", number, exempt(listed, 3))[1]
    done = rig.rule(number, "amendment", asked["register_no"], HEAD)[1]
    assert done["state"] == "amended" and left(rig, f"{listed}/1") == rest - 1 - 3
    asked = rig.revise("ASSESS", done["declaration_no"], exempt(listed, 5), CHECKER)[1]
    assert rig.rule(done["declaration_no"], "assessment", asked["register_no"], HEAD)[0] == 200
    assert left(rig, f"{listed}/1") == rest - 1 - 5
    assert rig.violations() == []


def test_after_clearance_lines_that_were_drawn_on_stay_and_a_re_export_draws_anew(rig):
    inward = let_go(rig, temporarily(rig, 1000))
    asked = rig.revise("AMC", inward, temporarily(rig, 800))[1]
    out = let_go(rig, leaving(inward, 2))
    rest = left(rig, f"{inward[:11]}/1") + 2
    assert codes(rig.rule(inward, "amendment", asked["register_no"], HEAD)[1]) == ["HD-DRAWN-UPON"]
    assert rig.rule(inward, "amendment", asked["register_no"], HEAD, "refused")[0] == 200
    assert codes(rig.revise("ASSESS", inward, temporarily(rig, 800), CHECKER)[1]) == ["HD-DRAWN-UPON"]
    asked = rig.revise("AMC", out, leaving(inward, 30))[1]
    assert rig.rule(out, "amendment", asked["register_no"], HEAD)[1]["state"] == "amended"
    assert left(rig, f"{inward[:11]}/1") == rest - 30
    assert rig.violations() == []


def test_goods_that_leave_while_a_cancellation_waits_for_its_second_officer_keep_it_from_being_approved(rig):
    inward = held_back(rig, temporarily(rig, 100))["declaration_no"]
    assert rig.cancel(inward)[0] == 200
    proposed = rig.propose(inward)[1]
    assert rig.lodge(leaving(inward, 60))[0] == 201
    status, answer = rig.rule(inward, "cancellation", proposed["register_no"], HEAD)
    assert status == 409 and answer["code"] == "DRAWN_UPON"
    assert rig.rule(inward, "cancellation", proposed["register_no"], HEAD, "refused")[0] == 200
    assert rig.propose(inward)[1]["code"] == "DRAWN_UPON"
    assert rig.decide(inward, "refused")[0] == 200
    assert rig.violations() == []


def test_two_who_take_the_first_goods_at_once_take_no_more_than_there_are(fresh_trial):
    rigs = [Rig(fresh_trial.config) for _ in range(2)]
    try:
        rigs[0].lanes["general"]._take_up()
        inward = temporary(rigs[0], 100)
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda rig: rig.lodge(leaving(inward, 60)), rigs))
        assert sorted(status for status, _ in replies) == [201, 422]
        assert left(rigs[0], f"{inward[:11]}/1") == 40
        assert rigs[0].violations() == []
    finally:
        for rig in rigs:
            rig.close()


TAMPERING = {
    "more on a list": "UPDATE balance SET granted = granted + 1000 WHERE kind = 4",
    "other goods on a list": "UPDATE balance SET goods_code = '84145110' WHERE kind = 4",
    "the message of a list": "UPDATE balance_source SET raw = raw || ' '::bytea WHERE balance_id IN (SELECT balance_id FROM balance WHERE kind = 4)",
    "more of what came in": "UPDATE balance SET granted = granted + 1000 WHERE kind = 7",
    "another declaration's goods": "UPDATE balance SET reference = '19999999999/1' WHERE kind = 7",
    "less taken": "UPDATE balance_movement SET amount = amount - 1 WHERE movement_no > 1000000",
    "the power to put lists on file": "UPDATE unit_power SET revoked_at = valid_from WHERE act = 15",
}


@pytest.fixture(scope="module")
def drawn_on(cluster):
    made = cluster.make_trial()
    one = Rig(made.config)
    assert one.lodge(exempt(file(one), 10))[0] == 201
    assert one.lodge(leaving(temporary(one, 100), 60))[0] == 201
    yield one, made
    one.close()
    cluster.drop(made)


@pytest.mark.parametrize("what", TAMPERING)
def test_a_hand_in_goods_on_file_is_seen(drawn_on, what):
    one, made = drawn_on
    assert one.violations() == []
    table = TAMPERING[what].split()[1]
    with psycopg.connect(made.dsn("admin"), autocommit=True) as admin:
        admin.execute(f"CREATE TABLE kept AS SELECT * FROM {table}")
        try:
            assert admin.execute(TAMPERING[what]).rowcount > 0
            assert one.report().rows != []
        finally:
            admin.execute("SET session_replication_role = replica")
            admin.execute(f"DELETE FROM {table}")
            admin.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept")
            admin.execute("DROP TABLE kept")
    assert one.violations() == []


def standing(rig, reference):
    """Return (reserved, used) of a line on file, whole units."""
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        (its,) = [each.balance for each in balances.on_file(auditor) if each.balance.reference == reference]
    return its.reserved // 1000, its.used // 1000


def cleared(rig, wanted):
    """Lodge until the channel is green, and pay what is to be paid; return the answer to the registration."""
    while True:
        status, lodged = rig.lodge(wanted)
        assert status == 201, lodged
        if lodged["channel"] == 1:
            break
        assert rig.cancel(lodged["declaration_no"])[0] == 200 and rig.decide(lodged["declaration_no"])[0] == 200
    if not lodged["cleared"]:
        assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[1]["cleared"]
    return lodged


def test_goods_stay_reserved_until_the_declaration_clears_and_are_free_again_when_it_is_cancelled_before(rig):
    line = f"{file(rig, '9000')}/1"
    cleared(rig, exempt(line[:-2], 400))
    assert standing(rig, line)[1] == 400
    waiting = held_back(rig, exempt(line[:-2], 5))["declaration_no"]
    reserved, used = standing(rig, line)
    assert (reserved, left(rig, line)) == (5, 9000 - 5 - used)
    assert rig.cancel(waiting)[0] == 200 and rig.decide(waiting)[1]["state"] == "cancelled"
    assert standing(rig, line) == (0, used)
    assert rig.violations() == []


def test_a_cleared_export_that_never_left_gives_back_what_it_had_used_up(rig):
    inward = temporary(rig, 100)
    lodged = rig.lodge(leaving(inward, 60))[1]
    number, line = lodged["declaration_no"], f"{inward[:11]}/1"
    for waiting in lodged["open_conditions"]:
        assert standing(rig, line) == (60, 0)
        assert rig.result(number, waiting["kind"])[0] == 200
    assert standing(rig, line) == (0, 60)
    assert rig.violations() == []
    assert rig.cancel(number, "not_exported")[0] == 200 and rig.decide(number)[1]["state"] == "cancelled"
    assert standing(rig, line) == (0, 0) and left(rig, line) == 100
    assert rig.violations() == []


def test_the_last_check_uses_up_the_goods_whoever_closes_it(rig):
    line = f"{file(rig, '1000')}/1"
    while True:
        lodged = rig.lodge(exempt(line[:-2], 10))[1]
        if lodged["channel"] == 2:
            break
    number = lodged["declaration_no"]
    reserved, used = standing(rig, line)
    assert reserved >= 10
    if any(each["kind"] == "tax" for each in lodged["open_conditions"]):
        assert rig.pay(number, lodged["payable_vnd"])[0] == 200
    assert standing(rig, line) == (reserved, used)
    assert rig.act(number, "document_check", CHECKER, outcome="passed", text="đủ")[1]["cleared"]
    assert standing(rig, line) == (reserved - 10, used + 10)
    assert rig.violations() == []


def test_after_clearance_goods_are_used_up_and_given_back_by_the_amendment(rig):
    line = f"{file(rig, '1000')}/1"
    number = cleared(rig, exempt(line[:-2], 400))["declaration_no"]
    for count in (500, 300):
        asked = rig.revise("AMC", number, exempt(line[:-2], count))[1]
        status, done = rig.rule(number, "amendment", asked["register_no"], HEAD)
        assert status == 200, done
        assert standing(rig, line) == (0, count)
        number = done["declaration_no"]
    assert rig.violations() == []
