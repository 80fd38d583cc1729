"""Units, posts, officers and powers on PostgreSQL: what overlaps, has no paper or is another's is refused; what ended keeps its dates."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from haidang.organisation import actions, lookups
from haidang.organisation.rules import powers_for
from haidang.organisation.terms import Act, KeyRefused, PowerRefused, UnitRefused
from haidang.parties.signing import thumbprint
from haidang.site.demo import people
from haidang.site.demo.country import credentials, give_later_powers

HEAD = people.officer_code("03CC", "head_of_unit")


@pytest.fixture
def owner(fresh_trial: Any) -> Any:
    with psycopg.connect(fresh_trial.dsn("owner"), autocommit=True) as connection:
        yield connection


def seat(connection: Any, office: str, post: str) -> tuple[int, int, int]:
    """Return the numbers of unit, post and officer."""
    unit = next(each for each in lookups.units(connection) if each.code == office)
    its = next(each for each in lookups.posts(connection) if each.unit_code == office and each.code == post)
    who = next(each for each in lookups.officers(connection) if each.code == people.officer_code(office, post))
    return unit.unit_id, its.post_id, who.officer_id


def now(connection: Any) -> Any:
    return connection.execute("SELECT legal_now()").fetchone()[0]


def test_every_office_of_the_demo_has_officers_with_sample_powers(owner: Any) -> None:
    powers = lookups.read_powers(owner)
    assert len(powers.officers) == len(people.CUSTOMS_OFFICES) * len(people.SEATS)
    assert all(power.sample for held in powers.of.values() for power in held)
    assert {power.act for power in powers.of[HEAD]} == set(people.SEATS["head_of_unit"][2])


def test_the_same_power_twice_at_one_time_is_refused_and_after_its_end_is_not(owner: Any) -> None:
    unit_id, post_id, _ = seat(owner, "03CC", "inspector")
    at = now(owner)
    common: dict[str, Any] = {"post_id": post_id, "act": Act.LIFT_HOLD, "unit_id": unit_id, "instrument": "QĐ mẫu"}
    until = at + timedelta(days=1)
    actions.grant_power(owner, **common, valid_from=at, valid_until=until)
    with pytest.raises(PowerRefused):
        actions.grant_power(owner, **common, valid_from=until - timedelta(seconds=1))
    actions.grant_power(owner, **common, valid_from=until)
    with pytest.raises(PowerRefused):
        actions.grant_power(owner, **{**common, "instrument": ""}, valid_from=at)
    with pytest.raises(PowerRefused):
        actions.grant_power(owner, **{**common, "act": Act.APPROVE}, valid_from=at, valid_until=at)


def test_what_ended_is_kept_with_its_end(owner: Any) -> None:
    at = now(owner)
    before = lookups.read_powers(owner).of[HEAD]
    one = powers_for(before, Act.APPROVE, at)[0]
    assert actions.end_power(owner, one.power_id, at) and not actions.end_power(owner, one.power_id, at)
    after = lookups.read_powers(owner).of[HEAD]
    assert powers_for(after, Act.APPROVE, at) == () and powers_for(after, Act.APPROVE, at - timedelta(seconds=1))
    assert len(after) == len(before)


def test_sample_posts_of_an_older_database_get_the_powers_over_acts_that_came_later_and_no_power_that_they_lost(
    owner: Any,
) -> None:
    unit_id, post_id, _ = seat(owner, "03CC", "head_of_unit")
    at = now(owner)
    lost = powers_for(lookups.read_powers(owner).of[HEAD], Act.APPROVE, at)[0]
    assert actions.end_power(owner, lost.power_id, at)
    owner.execute("DELETE FROM unit_power WHERE act = %s AND post_id = %s", (int(Act.RECORD_CONFLICT), post_id))
    real = actions.add_post(owner, unit_id=unit_id, code="deputy_head", name="Phó lãnh đạo")
    assert give_later_powers(owner, at) == 1 and give_later_powers(owner, at) == 0
    held = lookups.read_powers(owner).of[HEAD]
    (power,) = powers_for(held, Act.RECORD_CONFLICT, at)
    assert (power.valid_from, power.sample) == (at, True), "from now on: what was refused before stays explained"
    assert powers_for(held, Act.APPROVE, at) == ()
    assert not any(given[0] == real for given in lookups.powers_given(owner))


def test_an_officer_who_leaves_the_post_loses_its_powers_from_that_instant(owner: Any) -> None:
    _, post_id, officer_id = seat(owner, "03CC", "head_of_unit")
    at = now(owner)
    (number,) = owner.execute(
        "SELECT appointment_id FROM appointment WHERE officer_id = %s AND post_id = %s", (officer_id, post_id)
    ).fetchone()
    assert actions.end_appointment(owner, number, at)
    held = lookups.read_powers(owner).of[HEAD]
    assert powers_for(held, Act.APPROVE, at) == () and powers_for(held, Act.APPROVE, at - timedelta(seconds=1))


def test_a_key_is_one_officers_and_of_the_officers_unit(owner: Any, fresh_trial: Any) -> None:
    _, _, inspector = seat(owner, "03CC", "inspector")
    for another in (HEAD, people.trader_code(1)):
        with pytest.raises(KeyRefused):
            actions.give_key(owner, inspector, thumbprint(credentials(fresh_trial.config.home, another).certificate))
    own = thumbprint(credentials(fresh_trial.config.home, people.officer_code("03CC", "inspector")).certificate)
    actions.give_key(owner, inspector, own)


def test_a_unit_is_of_a_customs_office_and_codes_are_given_once(owner: Any) -> None:
    bank = owner.execute("SELECT party_id FROM party WHERE code = 'NGANHANGM01'").fetchone()[0]
    with pytest.raises(UnitRefused):
        actions.add_unit(owner, code="99ZZ", name="Ngân hàng", party_id=bank)
    unit_id, _, _ = seat(owner, "03CC", "inspector")
    with pytest.raises(UnitRefused):
        actions.add_officer(owner, code=HEAD, name="Người khác", unit_id=unit_id)
    with pytest.raises(UnitRefused):
        actions.add_post(owner, unit_id=unit_id, code="inspector", name="Công chức kiểm hóa")
