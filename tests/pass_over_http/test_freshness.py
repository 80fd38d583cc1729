"""What an officer changes counts at once, in lanes that go on running: tokens, certificates, mandates, rates, the law."""

import asyncio
import csv
import shutil
from datetime import timedelta

import pytest
from msgspec.structs import replace

from haidang.kernel.calendar import vn_date
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.parties.signing import thumbprint
from haidang.platform.db import Transaction
from haidang.reference import actions as reference
from haidang.reference import lookups
from haidang.risk import actions as risk
from haidang.risk.lookups import read_criteria
from haidang.site.demo import people
from haidang.tariff import actions as tariff
from tests.pass_over_http.asking import owner_of

PATIENCE_S = 5.0


def in_time(asker, ask, wanted):
    """Ask until the answer is the wanted one; what was changed must be known within a moment, not at the next message."""

    async def wait():
        await asyncio.sleep(0.2)

    for _ in range(int(PATIENCE_S / 0.2)):
        found = ask()
        if found == wanted:
            return
        asker.run(wait())
    raise AssertionError(f"{found} for {PATIENCE_S} s, not {wanted}")


def test_a_revoked_token_opens_nothing_on_any_lane(asker):
    code = "NGANHANGM02"
    assert asker.list(code).status == 200
    with asker.owner() as owner:
        assert parties.revoke_token(owner, owner_of(asker.config.home, code).token, read_directory(owner).read_at)
    in_time(asker, lambda: asker.list(code).status, 401)
    in_time(asker, lambda: asker.ask("POST", "/api/v1/payments", asker.token(code), b"{}", "conditions").status, 401)


def test_two_changes_in_quick_succession_are_both_seen(asker):
    codes = [people.trader_code(n) for n in (41, 42, 43, 44)]
    with asker.owner() as owner:
        at = read_directory(owner).read_at
        for code in codes:
            assert parties.revoke_token(owner, owner_of(asker.config.home, code).token, at)
    in_time(asker, lambda: {asker.list(code).status for code in codes}, {401})


def test_a_new_token_is_good_without_a_restart(asker):
    with asker.owner() as owner:
        directory = read_directory(owner)
        party = directory.by_code[people.trader_code(45)]
        until = directory.read_at + timedelta(days=1)
        token = parties.add_token(owner, party.party_id, label="mới", valid_from=directory.read_at, valid_until=until)
    bearer = {"authorization": f"Bearer {token}"}
    in_time(asker, lambda: asker.ask("GET", "/api/v1/declarations", bearer).status, 200)


def test_a_revoked_certificate_signs_nothing_from_the_next_message_on(asker):
    code = people.trader_code(46)
    assert asker.lodge(46).status == 201
    with asker.owner() as owner:
        certificate = owner_of(asker.config.home, code).certificate
        assert parties.revoke_certificate(owner, thumbprint(certificate), read_directory(owner).read_at)
    refused = asker.lodge(46)
    assert refused.status == 422 and [f["code"] for f in refused.json["findings"]] == ["HD-SIG-REVOKED"]
    assert asker.list(code).status == 200, "the token is another matter"


def test_a_withdrawn_mandate_ends_with_the_next_message(asker):
    broker = people.broker_code(2)
    trader = next(n for n in range(1, 280) if people.broker_of(n) == broker)
    lodged = asker.lodge_as(broker, trader)
    assert lodged.status == 201
    with asker.owner() as owner:
        directory = read_directory(owner)
        parties_of = {code: directory.by_code[code].party_id for code in (broker, people.trader_code(trader))}
        rows = owner.execute(
            "SELECT mandate_id FROM mandate WHERE agent_id = %s AND grantor_id = %s",
            (parties_of[broker], parties_of[people.trader_code(trader)]),
        ).fetchall()
        assert rows and all(parties.revoke_mandate(owner, mandate_id, directory.read_at) for (mandate_id,) in rows)
    refused = asker.lodge_as(broker, trader)
    assert refused.status == 422 and refused.json["findings"][0]["code"] == "HD-NO-MANDATE"
    assert asker.see(broker, lodged.json["declaration_no"]).status == 404


def test_a_corrected_exchange_rate_counts_from_its_loading_and_changes_nothing_before(asker):
    before = asker.lodge(47).json
    with asker.owner() as owner:
        day = vn_date(read_directory(owner).read_at)
        rates = lookups.exchange_rates_from_file(lookups.lawbook_folder() / lookups.SAMPLE_RATES)
        dollar = max(
            (rate for rate in rates if rate.currency_code == "USD" and rate.week_from <= day),
            key=lambda rate: rate.week_from,
        )
        assert reference.load_exchange_rates(owner, [replace(dollar, rate_e4=dollar.rate_e4 * 2)]) == 1
    value = before["customs_value_vnd_e4"]
    in_time(asker, lambda: asker.lodge(47).json["customs_value_vnd_e4"], 2 * value)
    assert asker.lodge(47).json["law_book_version"] == before["law_book_version"] + 1
    seen = asker.see(people.trader_code(47), before["declaration_no"]).json
    assert seen["customs_value_vnd_e4"] == value


@pytest.mark.torture
def test_new_criteria_choose_the_channel_without_a_restart(asker):
    with asker.owner() as owner, Transaction(owner) as transaction:
        version, criteria, shares = read_criteria(owner)
        everybody_red = [replace(share, yellow_bp=0, red_bp=10_000) for share in shares.values()]
        assert risk.load_criteria(transaction, criteria, everybody_red) == version + 1
    in_time(asker, lambda: {asker.lodge(49).json["channel"] for _ in range(5)}, {3})


@pytest.mark.torture
def test_a_new_law_book_is_in_use_without_a_restart(asker, tmp_path):
    folder = tmp_path / "lawbook"
    shutil.copytree(lookups.lawbook_folder(), folder)
    rows = list(csv.reader((folder / "parameters.csv").read_text("utf-8").splitlines()))
    for row in rows:
        if row[0] == "fee.declaration":
            row[1] = "30000"
    with open(folder / "parameters.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    before = asker.lodge(48).json
    with asker.owner() as owner, owner.transaction():
        version = reference.load_lawbook(owner, folder, "a fee is raised")
        tariff.load_schedules(owner, folder, version)
    assert version == before["law_book_version"] + 1 and before["fee_vnd"] == 20_000

    def figures():
        lodged = asker.lodge(48).json
        return lodged["law_book_version"], lodged["fee_vnd"], lodged["rates_missing"]

    in_time(asker, figures, (version, 30_000, []))
