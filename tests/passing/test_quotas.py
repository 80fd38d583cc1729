"""Tariff quotas in the pass on real PostgreSQL: the rate inside a quota draws on a licence, to the last kilogram and no further, and comes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date

import psycopg
import pytest

from haidang.balances import lookups as balances
from haidang.declarations.terms import Permit
from haidang.declarations.tests import build
from haidang.site.cli import quotas as cli_quotas
from haidang.site.cli.output import Refused, Wrong
from haidang.site.demo import people
from tests.passing.rig import CHECKER, FREE, HEAD, Rig, declared, item

TRADER = people.trader_code(1)
SALT, OTHER_SALT = "25010099", "25010093"
"""MFN 15 % inside the quota, 50 % outside (schedule B14)."""
DAY = date(2026, 3, 2)
OUTSIDE = {"tariff_schedule_code": "B14", "out_of_quota": True}


@pytest.fixture
def fresh_rig(fresh_trial):
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def codes(answer):
    return [finding["code"] for finding in answer.get("findings", ())]


def goods(quantity, code=SALT, line_no=1, unit_code="KGM"):
    return {"line_no": line_no, "commodity_code": code, "quantity": quantity, "unit_code": unit_code}


def licence(rig, quantity="1000", number="", **changes):
    """Put a licence for salt on file, so many kilograms; return its number."""
    number = number or f"{rig.fresh_id()}/GP"[-20:]
    status, answer = rig.goods_list([goods(quantity)], number, kind="tariff_quota", **changes)
    assert status == 201, answer
    assert (answer["list_no"], answer["kind"]) == (number, "tariff_quota")
    return number


def salt(kilograms, line_no=1, code=SALT, **changes):
    said = {
        "tariff_schedule_code": "B01",
        "origin_country_code": item().origin_country_code,
        "unit_price_e6": 2_000_000,
        **changes,
    }
    return item(
        code,
        line_no,
        quantity_milli=kilograms * 1000,
        invoice_value_e4=said["unit_price_e6"] * kilograms // 100,
        **said,
    )


def under(number, *lines, trader=1, **changes):
    """Return an import of these lines (or of so many kilograms of salt each) that quotes a licence."""
    items = tuple(each if not isinstance(each, int) else salt(each, n) for n, each in enumerate(lines, start=1))
    permits = (Permit("GP03", number),) if number else ()
    return declared(trader, items=items, permits=permits, gross_mass_g=10**7, **changes)


def balance(rig, number, code=SALT):
    with psycopg.connect(rig.config.dsn("auditor")) as auditor:
        found = [each.balance for each in balances.on_file(auditor) if each.balance.reference == f"{number}/{code}"]
    return found[0]


def left(rig, number):
    return balance(rig, number).free // 1000


def cleared(rig, wanted):
    """Lodge a declaration of goods under a quota, pay, and have customs close what is open; return its number."""
    status, lodged = rig.lodge(wanted)
    assert status == 201 and not lodged["cleared"], "goods under a quota are looked at"
    number, answer = lodged["declaration_no"], lodged
    for condition in lodged["open_conditions"]:
        if condition["kind"] == "tax":
            status, answer = rig.pay(number, lodged["payable_vnd"])
        else:
            status, answer = rig.result(number, condition["kind"])
        assert status == 200, answer
    assert answer["cleared"]
    return number


def test_the_rate_inside_the_quota_is_drawn_on_the_licence_and_the_one_outside_is_not(rig):
    number = licence(rig, "100")
    status, answer = rig.lodge(under(number, 60, salt(70, 2, **OUTSIDE)))
    assert status == 201, answer
    rates = {line["line_no"]: tax["rate_bp"] for line in answer["lines"] for tax in line["taxes"] if tax["kind"] == 1}
    assert rates == {1: 1500, 2: 5000}
    assert left(rig, number) == 40
    assert rig.violations() == []


def test_more_than_is_left_is_refused_with_what_is_left_and_what_to_do(rig):
    number = licence(rig, "100")
    status, answer = rig.lodge(under(number, 60, 50))
    assert status == 422 and codes(answer) == ["HD-GOODS-SHORT"]
    (finding,) = answer["findings"]
    assert "100 KGM" in finding["text_en"] and "B14" in finding["repair_en"] and "B14" in finding["repair_vi"]
    assert finding["pointer"] == "/declaration/items/0/tariff_schedule_code"
    assert rig.lodge(under(number, 60, 40))[0] == 201
    assert left(rig, number) == 0
    assert codes(rig.lodge(under(number, 1))[1]) == ["HD-GOODS-SHORT"]
    assert rig.lodge(under("", salt(1, **OUTSIDE)))[0] == 201, "outside the quota no licence is needed"
    assert rig.violations() == []


def test_what_does_not_fit_a_licence_is_refused_with_its_reason(rig):
    number = licence(rig, "100")
    for wrong, told in (
        (under("", 1), "HD-QUOTA-LICENCE"),
        (declared(items=(salt(1),), permits=(Permit("GP01", number),), gross_mass_g=10**7), "HD-QUOTA-LICENCE"),
        (
            declared(items=(salt(1),), permits=(Permit("GP03", number), Permit("GP03", "KHAC")), gross_mass_g=10**7),
            "HD-QUOTA-LICENCES",
        ),
        (under("KHONG-CO", 1), "HD-GOODS-UNKNOWN"),
        (under(number, 1, trader=2), "HD-GOODS-UNKNOWN"),
        (under(number, salt(1, code=OTHER_SALT)), "HD-GOODS-UNKNOWN"),
        (under(number, salt(1, unit_code="TNE", unit_price_unit_code="TNE")), "HD-GOODS-UNIT"),
    ):
        status, answer = rig.lodge(wrong)
        assert (status, codes(answer)) == (422, [told])
    assert rig.lodge(under(number, item()))[0] == 201, "goods without a quota draw on no licence"
    assert left(rig, number) == 100
    assert rig.violations() == []


def test_a_licence_is_put_on_file_by_an_officer_with_the_power_and_for_goods_with_a_quota(rig):
    for signer, told in ((CHECKER, "POWER_MISSING"), (TRADER, "OFFICER_NEEDED")):
        status, answer = rig.goods_list([goods("5")], "12/GP-BCT", kind="tariff_quota", signer=signer)
        assert status == 409 and answer["code"] == told
    wrong = [goods("5", FREE), goods("5", SALT, 2), goods("6", SALT, 3)]
    status, answer = rig.goods_list(wrong, "13/GP-BCT", kind="tariff_quota")
    assert status == 422 and codes(answer) == ["HD-NO-QUOTA", "HD-LIST-TWICE"]
    number = licence(rig, number="14/GP-BCT")
    assert codes(rig.goods_list([goods("5")], number, kind="tariff_quota")[1]) == ["HD-LIST-KNOWN"]
    assert codes(rig.goods_list([goods("5")], "1" * 13)[1]) == ["HD-LIST-NO"], "no declaration could name such a list"
    assert rig.violations() == []


def test_an_amendment_draws_anew_and_a_cancellation_gives_back(rig):
    number = licence(rig, "100")
    lodged = rig.lodge(under(number, 30))[1]
    assert not lodged["cleared"] and left(rig, number) == 70
    status, answer = rig.amend(lodged["declaration_no"], under(number, 90))
    assert status == 200 and left(rig, number) == 10
    assert codes(rig.amend(answer["declaration_no"], under(number, 101))[1]) == ["HD-GOODS-SHORT"]
    status, answer = rig.amend(answer["declaration_no"], under(number, salt(90, **OUTSIDE)))
    assert status == 200 and left(rig, number) == 100, "outside the quota nothing is drawn"
    status, answer = rig.amend(answer["declaration_no"], under(number, 20))
    assert status == 200 and left(rig, number) == 80
    assert rig.cancel(answer["declaration_no"])[0] == 200 and rig.decide(answer["declaration_no"])[0] == 200
    assert left(rig, number) == 100
    assert rig.violations() == []


def test_a_draft_draws_nothing_and_its_registration_does(rig):
    number = licence(rig, "100")
    body = json.loads(build.message(under(number, 30), message_id="x", sender=TRADER))
    saved = rig.batch([rig.waiting("draft", {"procedure": "IDA", "declaration": body["declaration"]}, TRADER)])[0]
    assert saved[0] == 201 and left(rig, number) == 100
    registration = {
        "message_id": rig.fresh_id(), "sender": TRADER, "procedure": "IDC", "draft_no": saved[1]["draft_no"],
    }  # fmt: skip
    status, answer = rig.batch([rig.waiting("registration", registration, TRADER)])[0]
    assert status == 201, answer
    assert left(rig, number) == 70
    assert rig.violations() == []


def test_in_one_batch_the_first_come_share_a_quota(rig):
    number = licence(rig, "100")
    bodies = [build.message(under(number, 40), message_id=rig.fresh_id(), sender=TRADER) for _ in range(4)]
    replies = rig.batch([rig.waiting("lodgement", body, TRADER) for body in bodies])
    assert [status for status, _ in replies] == [201, 201, 422, 422]
    assert "20 KGM" in replies[3][1]["findings"][0]["text_en"] and left(rig, number) == 20
    assert rig.violations() == []


def test_after_clearance_more_is_drawn_when_it_is_accepted_and_no_further_than_the_quota_reaches(rig):
    number = licence(rig, "100")
    cleared_no = cleared(rig, under(number, 30))
    assert codes(rig.revise("AMC", cleared_no, under(number, 101))[1]) == ["HD-GOODS-SHORT"]
    status, asked = rig.revise("AMC", cleared_no, under(number, 90))
    assert status == 200 and left(rig, number) == 70, "what is asked draws nothing yet"
    status, done = rig.rule(cleared_no, "amendment", asked["register_no"], HEAD)
    assert status == 200, done
    assert (balance(rig, number).reserved, balance(rig, number).used) == (0, 90_000)
    assert rig.violations() == []


def test_what_was_drawn_is_used_up_when_the_goods_are_cleared(rig):
    number = licence(rig, "100")
    cleared(rig, under(number, 30))
    assert (balance(rig, number).reserved, balance(rig, number).used) == (0, 30_000)
    assert rig.violations() == []


_BALANCE = "UPDATE balance SET {} WHERE reference = %s"
_OF_IT = "WHERE balance_id = (SELECT balance_id FROM balance WHERE reference = %s)"


@pytest.mark.parametrize(
    ("tampering", "undoing", "told"),
    [
        (
            _BALANCE.format("granted = granted + 1"), _BALANCE.format("granted = granted - 1"),
            "it is not what the message that put it on file says",
        ),
        (_BALANCE.format("reserved = reserved - 1"), _BALANCE.format("reserved = reserved + 1"), "its movements give"),
        (
            f"UPDATE balance_movement SET amount = amount - 1 {_OF_IT}", f"UPDATE balance_movement SET amount = amount + 1 {_OF_IT}",
            "what was reserved is not what the declaration had to reserve",
        ),
        (
            f"UPDATE balance_source SET raw = raw || '\\x20'::bytea {_OF_IT}",
            f"UPDATE balance_source SET raw = substring(raw FOR length(raw) - 1) {_OF_IT}",
            "the signature does not fit the bytes",
        ),
    ],
)  # fmt: skip
def test_a_quota_that_was_tampered_with_is_seen(rig, tampering, undoing, told):
    number = licence(rig, "100")
    assert rig.lodge(under(number, 30))[0] == 201
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        assert admin.execute(tampering, (f"{number}/{SALT}",)).rowcount == 1
        assert told in " ".join(str(row) for row in rig.violations())
        admin.execute(undoing, (f"{number}/{SALT}",))
    assert rig.violations() == []


def test_what_is_left_of_a_quota_is_told_in_all_and_by_licence(fresh_rig, monkeypatch):
    monkeypatch.setattr("haidang.site.cli.databases.servers_running", lambda: nullcontext(fresh_rig.config))
    assert cli_quotas.live(SALT, DAY) == {"on": DAY, "free": {}, "licences": []}
    first, second = licence(fresh_rig, "100"), licence(fresh_rig, "50", trader=2)
    licence(fresh_rig, "70", valid_from="2027-01-01", valid_until="2028-01-01")
    assert fresh_rig.lodge(under(first, 30))[0] == 201
    told = cli_quotas.live(SALT, DAY)
    assert told["free"] == {"KGM": "120"} and len(told["licences"]) == 3
    its = cli_quotas.of_licence(first, SALT, "KGM", DAY)
    assert (its["granted"], its["reserved"], its["used"], its["free"]) == ("100", "30", "0", "70")
    with pytest.raises(Wrong, match="KGM"):
        cli_quotas.of_licence(second, SALT, "TNE", DAY)
    for number, code in (("KHAC", SALT), (first, OTHER_SALT)):
        with pytest.raises(Refused, match="--live"):
            cli_quotas.of_licence(number, code, "KGM", DAY)


def test_a_hundred_registrations_at_once_share_a_quota_with_room_for_37(fresh_trial, fresh_rig):
    number = licence(fresh_rig, "379")
    other = Rig(fresh_trial.config)
    try:
        rigs = (fresh_rig, other)
        raws = [build.message(under(number, 10), message_id=f"quota-{n}", sender=TRADER) for n in range(100)]
        shares = [[rig.waiting("lodgement", raw, TRADER) for raw in raws[n::2]] for n, rig in enumerate(rigs)]

        def lodge_all(rig, share):
            return [reply for place in range(0, len(share), 5) for reply in rig.batch(share[place : place + 5])]

        with ThreadPoolExecutor(2) as threads:
            replies = [reply for part in threads.map(lodge_all, rigs, shares) for reply in part]
        assert sorted(status for status, _ in replies) == [201] * 37 + [422] * 63
        assert {code for status, answer in replies if status == 422 for code in codes(answer)} == {"HD-GOODS-SHORT"}
        now = balance(fresh_rig, number)
        assert (now.reserved + now.used, now.use_count, now.free) == (370_000, 37, 9_000)
        assert fresh_rig.violations() == []
    finally:
        other.close()
