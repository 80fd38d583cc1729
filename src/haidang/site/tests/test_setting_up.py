"""What a start does to a database, and what it leaves alone."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from haidang.kernel.calendar import month_after, registered_month
from haidang.platform.db import Servers
from haidang.platform.writers import Writer
from haidang.reference.lookups import SAMPLE_RATES, exchange_rates_from_file, lawbook_folder
from haidang.site import setting_up
from haidang.site.setting_up import TRIAL_BEGINS
from haidang.site.tests.conftest import Home

pytestmark = pytest.mark.processes


def offset(home: Home) -> timedelta:
    with Servers(home.config).connect("owner") as connection:
        ((found,),) = connection.execute("SELECT clock_offset FROM installation").fetchall()
    assert isinstance(found, timedelta)
    return found


def at(home: Home, instant: datetime) -> None:
    """Set legal time of a trial."""
    with Servers(home.config).connect("owner") as connection:
        connection.execute("UPDATE installation SET clock_offset = %s - clock_timestamp()", [instant])


def test_legal_time_of_a_trial_begins_on_its_day_and_runs_on(home: Home) -> None:
    setting_up.start_trial_clock(home.config)
    with Servers(home.config).connect("report") as connection:
        first, second = setting_up.legal_now(connection), setting_up.legal_now(connection)
    assert TRIAL_BEGINS <= first < second < TRIAL_BEGINS + timedelta(hours=1)


def test_the_clock_of_a_trial_is_set_once(home: Home) -> None:
    setting_up.start_trial_clock(home.config)
    first = offset(home)
    setting_up.start_trial_clock(home.config)
    assert offset(home) == first


def test_the_clock_of_a_trial_in_which_somebody_wrote_is_not_touched(home: Home) -> None:
    with Servers(home.config).connect("ingest") as connection:
        Writer(connection, "general")
    setting_up.start_trial_clock(home.config)
    assert offset(home) == timedelta(0)


def test_an_empty_database_is_new(home: Home) -> None:
    assert setting_up.database_state(home.config).exists
    with Servers(home.config).connect("owner") as connection:
        connection.execute("DROP TABLE installation CASCADE")
    assert not setting_up.database_state(home.config).exists


def test_every_migration_of_the_rooms_is_counted() -> None:
    own = setting_up.own_migrations()
    assert {"platform.0001_initial", "journal.0002_subscription", "parties.0001_parties"} <= own


def test_setting_up_again_changes_no_row_and_loads_no_law(trial_home: Home) -> None:
    config = trial_home.config
    said: list[str] = []
    before = offset(trial_home)
    found = setting_up.set_up(config, trial=True, tell=said.append)
    assert (found.trial, found.made_now, found.law_book_version) == (True, False, 2), "law, then rates"
    assert said == []
    assert offset(trial_home) == before


def test_a_home_that_remembers_another_database_believes_nothing(trial_home: Home) -> None:
    config = trial_home.config
    state = setting_up.database_state(config)
    setting_up.write_marker(config, state, played=True)
    assert setting_up.read_marker(config, state)["played"]
    kept = json.loads((config.home / "set-up.json").read_text())
    (config.home / "set-up.json").write_text(json.dumps(kept | {"made_at": "2020-01-01T00:00:00+00:00"}))
    assert setting_up.read_marker(config, state) == {}


def test_partitions_are_made_for_this_month_and_three_more_and_only_once(home: Home) -> None:
    setting_up.start_trial_clock(home.config)
    assert setting_up.make_partitions_ahead(home.config) > 0
    assert setting_up.make_partitions_ahead(home.config) == 0
    at(home, TRIAL_BEGINS + timedelta(days=31))
    assert setting_up.make_partitions_ahead(home.config) > 0
    with Servers(home.config).connect("auditor") as connection:
        (last,) = connection.execute(
            "SELECT max(relname) FROM pg_class WHERE relkind = 'r' AND relname ~ '^declaration_[0-9]{6}$'"
        ).fetchone() or ("",)
    assert last == f"declaration_{month_after(registered_month(TRIAL_BEGINS), 4)}"


@pytest.mark.parametrize(
    ("days_before_the_end", "said"), [(60, ""), (15, ""), (10, "end soon"), (1, "end soon"), (-1, "no exchange rates")]
)
def test_exchange_rates_that_run_out_are_told(trial_home: Home, days_before_the_end: int, said: str) -> None:
    weeks = [rate.week_from for rate in exchange_rates_from_file(lawbook_folder() / SAMPLE_RATES)]
    end = datetime.combine(max(weeks) + timedelta(days=7), datetime.min.time(), TRIAL_BEGINS.tzinfo)
    at(trial_home, end - timedelta(days=days_before_the_end))
    warning = setting_up.exchange_rate_warning(trial_home.config)
    assert (said in warning) if said else warning == ""


def test_two_servers_keep_one_legal_time(two_trials: Any) -> None:
    offsets = []
    for connection in Servers(two_trials).connect_all("owner"):
        with connection:
            connection.execute("UPDATE installation SET clock_offset = interval '0'")
    setting_up.start_trial_clock(two_trials)
    for connection in Servers(two_trials).connect_all("owner"):
        with connection:
            offsets += connection.execute("SELECT clock_offset FROM installation").fetchall()
    assert len(set(offsets)) == 1
    assert offsets[0][0] != timedelta(0)
