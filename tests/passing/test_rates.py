"""A corrected exchange rate of the running week: it counts from the next batch that knows of it, and what was registered before keeps its own."""

from collections.abc import Iterator

import psycopg
import pytest
from msgspec.structs import replace

from haidang.kernel.calendar import vn_date
from haidang.parties.lookups import read_directory
from haidang.reference import lookups
from haidang.reference.actions import load_exchange_rates
from haidang.reference.rules import week_of
from haidang.site.demo import people
from tests.passing.rig import Rig, declared

TRADER = people.trader_code(1)


@pytest.fixture
def rig(fresh_trial) -> Iterator[Rig]:
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def correct_the_dollar(rig: Rig, times: int = 2) -> int:
    """Load another rate of the dollar for the running week; return the version of the book that it made."""
    with psycopg.connect(rig.config.dsn("owner"), autocommit=True) as owner:
        week = week_of(vn_date(read_directory(owner).read_at))
        given = lookups.exchange_rates_from_file(lookups.lawbook_folder() / lookups.SAMPLE_RATES)
        dollar = next(rate for rate in given if (rate.currency_code, rate.week_from) == ("USD", week))
        assert load_exchange_rates(owner, [replace(dollar, rate_e4=dollar.rate_e4 * times)]) == 1
        return lookups.latest_version(owner)


def figures(answer: dict) -> tuple[int, int]:
    return answer["law_book_version"], answer["customs_value_vnd_e4"]


def test_each_declaration_is_replayed_with_the_rate_it_was_given(rig):
    version, value = figures(rig.lodge(declared())[1])
    assert correct_the_dollar(rig) == version + 1
    rig.learn()
    assert figures(rig.lodge(declared())[1]) == (version + 1, 2 * value)
    assert correct_the_dollar(rig, times=3) == version + 2
    rig.learn()
    assert figures(rig.lodge(declared())[1]) == (version + 2, 3 * value)
    assert rig.violations() == []


def test_a_lane_that_has_not_heard_of_a_correction_stores_the_version_it_counted_with(rig):
    other = Rig(rig.config)
    try:
        before = figures(rig.lodge(declared())[1])
        correct_the_dollar(rig)
        other.learn()
        after = (before[0] + 1, 2 * before[1])
        assert [figures(each.lodge(declared())[1]) for each in (other, rig, other)] == [after, before, after]
        rig.learn()
        assert figures(rig.lodge(declared())[1]) == after
        assert rig.violations() == []
    finally:
        other.close()


def test_a_day_read_after_the_correction_says_the_rate_of_its_version(rig):
    """A lane reads a day when it first needs it: its book is of one version all the same."""
    before = rig.lodge(declared())[1]
    correct_the_dollar(rig)
    books = rig.lanes["general"].knowledge.books
    with psycopg.connect(rig.config.dsn("ingest"), autocommit=True) as connection:
        on = vn_date(read_directory(connection).read_at)
        read = lookups.read_codes(connection, books.version, on).exchange_rates_e4
        newest = lookups.read_codes(connection, lookups.latest_version(connection), on).exchange_rates_e4
    assert books.version == before["law_book_version"]
    assert newest["USD"] == 2 * read["USD"] and {**newest, "USD": 0} == {**read, "USD": 0}


def test_a_version_that_says_another_rate_than_the_one_used_is_seen(rig):
    """The other way round: had the rate been changed under the version, as a hand in the database can, the replay would say so."""
    number = rig.lodge(declared())[1]["declaration_no"]
    with psycopg.connect(rig.config.dsn("admin"), autocommit=True) as admin:
        admin.execute("UPDATE exchange_rate SET rate_e4 = rate_e4 + 10000, loaded_at = loaded_at + interval '1 second'")
        # What verifying read of this version before is of no use any more.
        admin.execute("UPDATE law_book_version SET loaded_at = loaded_at + interval '1 second'")
    found = {(row.subject, row.invariant) for row in rig.report().rows}
    assert (number, "replay") in found
