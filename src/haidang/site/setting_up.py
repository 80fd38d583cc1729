"""The first start of an installation: schema, trial clock, law book, criteria, exchange rates, partitions; and what a later start may skip.

Everything here may be run again: what is done already is left alone. A marker in the home (`set-up.json`) names the database and the files that were
loaded into it, so that a start on unchanged data reads a few rows and no law book.
"""

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from haidang.kernel.calendar import month_after, registered_month, vn_date
from haidang.kernel.findings import Refusal
from haidang.platform.config import Config
from haidang.platform.db import Servers, Transaction
from haidang.reference import actions as reference_actions
from haidang.reference import lookups as reference
from haidang.risk import actions as risk
from haidang.site.lawbook_loading import load_book

TRIAL_BEGINS = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""2026-03-02 08:00 in Viet Nam: the first legal instant of a trial."""
MONTHS_AHEAD = 3
RATES_WARNING_DAYS = 14
_MARKER = "set-up.json"
_PACKAGES_WITH_MIGRATIONS = ("django", "django-axes", "django-otp", "django-qsessions", "procrastinate")

Tell = Callable[[str], None]


class MigrationsWaiting(Refusal):
    """The database is of an older version of the platform; nothing was changed."""

    code = "MIGRATIONS_WAITING"
    text_vi = "Cơ sở dữ liệu thuộc phiên bản cũ. Sao lưu (haidang db backup), rồi chạy: haidang db migrate"
    text_en = "The database is of an older version. Back it up (haidang db backup), then run: haidang db migrate"


class NothingSetUp(Refusal):
    """There is no database of ours yet; nothing was made."""

    code = "NOTHING_SET_UP"
    text_vi = (
        "Chưa có cơ sở dữ liệu ở đây (HAIDANG_HOME, HAIDANG_DATABASE_URL). Tạo: haidang db init; hoặc bản mẫu: make run"
    )
    text_en = (
        "There is no database here yet (HAIDANG_HOME, HAIDANG_DATABASE_URL)."
        " Make one: haidang db init; or with the demo country: make run"
    )


class DatabaseState(Struct, frozen=True):
    """Where one database stands: whether it has our schema, whether it is a trial, when it was made, which of our migrations it lacks."""

    exists: bool
    trial: bool = False
    made_at: str = ""
    missing: tuple[str, ...] = ()


class SetUp(Struct, frozen=True):
    """An installation that can be served."""

    trial: bool
    made_now: bool
    """Whether this call made the database."""
    law_book_version: int
    legal_now: datetime


def set_up(config: Config, *, trial: bool = False, may_migrate: bool = False, tell: Tell = lambda _: None) -> SetUp:
    """Bring every database of the installation to where it can be served; its servers must be running.

    A new database gets the schema (as a trial when asked for, with the clock of a trial), the law book beside the code, the sample criteria of risk, and, in
    a trial, the sample exchange rates. An existing one is left as it is, but for partitions and the powers of
    sample posts over acts that are new, unless `may_migrate`.

    Raises:
        MigrationsWaiting: an existing database is of an older version.
        NotATrial: `trial` was asked of a database that keeps real declarations.
    """
    states = [database_state(config, server) for server in range(config.server_count)]
    made_now = not states[0].exists
    marker = read_marker(config, states[0])
    if marker.get("schema") != schema_digest() or any(not state.exists or state.missing for state in states):
        if not may_migrate and any(state.exists and state.missing for state in states):
            raise MigrationsWaiting
        _migrate(config, states, trial or states[0].trial, tell)
        states = [database_state(config, server) for server in range(config.server_count)]
    elif trial and not all(state.trial for state in states):
        from haidang.site.migrating import NotATrial

        raise NotATrial("the database was made for real declarations: use another home for a trial")
    if states[0].trial:
        start_trial_clock(config)
    make_partitions_ahead(config)
    version = load_law(config, states[0].trial, marker.get("law", ""), tell)
    write_marker(config, states[0], schema=schema_digest(), law=law_digest())
    with Servers(config).connect("owner") as connection:
        if states[0].trial:
            from haidang.site.demo.country import give_later_powers

            give_later_powers(connection, legal_now(connection))
        return SetUp(states[0].trial, made_now, version, legal_now(connection))


def database_state(config: Config, server: int = 0) -> DatabaseState:
    """Return where the database of one server stands, by looking at its own tables only."""
    with Servers(config).connect("owner", server) as connection:
        found = connection.execute("SELECT to_regclass('public.installation'), to_regclass('public.django_migrations')")
        installation, migrations = found.fetchone() or (None, None)
        row = installation and connection.execute("SELECT trial, made_at FROM installation").fetchone()
        if not row or not migrations:
            return DatabaseState(False)
        applied = {f"{app}.{name}" for app, name in connection.execute("SELECT app, name FROM django_migrations")}
        missing = tuple(sorted(own_migrations() - applied))
        return DatabaseState(True, row[0], row[1].astimezone(UTC).isoformat(), missing)


def refuse_unless_set_up(config: Config, *, old: bool = False) -> None:
    """Look whether every database of the running servers is ours and, unless `old`, of this version.

    Raises:
        NothingSetUp: one has no schema of ours.
        MigrationsWaiting: one is of an older version.
    """
    states = [database_state(config, server) for server in range(config.server_count)]
    if not all(state.exists for state in states):
        raise NothingSetUp
    if not old and any(state.missing for state in states):
        raise MigrationsWaiting


def own_migrations() -> set[str]:
    """Return every migration of the rooms as `room.name`, from their files."""
    house = Path(__file__).resolve().parent.parent
    return {f"{path.parents[1].name}.{path.stem}" for path in house.glob("*/migrations/[0-9]*.py")}


def schema_digest() -> str:
    """Return a digest that changes when there may be a migration to run: our files, and the versions of packages that bring their own."""
    packages = [f"{name} {package_version(name)}" for name in _PACKAGES_WITH_MIGRATIONS]
    return sha256("\n".join([*sorted(own_migrations()), *packages]).encode()).hexdigest()


def law_digest() -> str:
    """Return a digest over the law book's files, its sample rates, and the sample criteria of risk."""
    folder = reference.lawbook_folder()
    rates = folder / reference.SAMPLE_RATES
    risk_files = sorted((Path(__file__).resolve().parent.parent / "risk").glob("*_sample.csv"))
    parts = [
        reference.digest_of(folder).encode(),
        *(path.read_bytes() for path in (rates, *risk_files) if path.is_file()),
    ]
    return sha256(b"\n".join(parts)).hexdigest()


def start_trial_clock(config: Config) -> None:
    """Set legal time of a new trial to `TRIAL_BEGINS`, the same on all its servers; from then on it runs. Once a writer has worked it stays."""
    with ExitStack() as stack:
        connections = [stack.enter_context(each) for each in Servers(config).connect_all("owner")]
        row = (
            connections[0]
            .execute(
                # Whole seconds and no days: a day is not always 24 hours long where the server's own time zone has summer time.
                "SELECT clock_offset <> interval '0' OR EXISTS (SELECT FROM writer), clock_offset,"
                " make_interval(secs => extract(epoch FROM %s - clock_timestamp())::double precision) FROM installation",
                [TRIAL_BEGINS],
            )
            .fetchone()
        )
        assert row is not None
        runs, offset, new_offset = row
        wanted = offset if runs else new_offset
        for connection in connections:
            connection.execute(
                "UPDATE installation SET clock_offset = %s WHERE trial AND clock_offset <> %s", [wanted, wanted]
            )


def legal_now(connection: psycopg.Connection[Any]) -> datetime:
    """Return legal time as the database tells it."""
    row = connection.execute("SELECT legal_now()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at.astimezone(UTC)


def make_partitions_ahead(config: Config) -> int:
    """Make the partitions of the present legal month and of those ahead, on every server; return how many were missing."""
    made = 0
    for connection in Servers(config).connect_all("ingest"):
        with connection:
            now = registered_month(legal_now(connection))
            for month in (month_after(now, ahead) for ahead in range(MONTHS_AHEAD + 1)):
                row = connection.execute("SELECT make_partitions(%s)", [month]).fetchone()
                made += row[0] if row else 0
    return made


def load_law(config: Config, trial: bool, loaded: str, tell: Tell) -> int:
    """Load law book, tariff, sample criteria and (in a trial) sample rates, unless `loaded` is their digest; return the newest book version."""
    with Servers(config).connect("owner") as connection:
        if loaded == law_digest():
            return reference.latest_version(connection)
        folder = reference.lawbook_folder()
        tell("Nạp sách luật và biểu thuế · loading the law book and the tariff")
        load_book(connection, folder, "haidang")
        tell("Nạp tiêu chí rủi ro mẫu · loading sample risk criteria")
        with Transaction(connection) as transaction:
            risk.load_samples(transaction)
        if trial:
            tell("Nạp tỷ giá mẫu · loading sample exchange rates")
            rates = reference.exchange_rates_from_file(folder / reference.SAMPLE_RATES)
            reference_actions.load_exchange_rates(connection, rates)
        connection.execute("ANALYZE")
        return reference.latest_version(connection)


def exchange_rate_warning(config: Config) -> str:
    """Return what to say when the exchange rates on file have ended or will end within `RATES_WARNING_DAYS`, else an empty text."""
    with Servers(config).connect("owner") as connection:
        version = reference.latest_version(connection)
        today = vn_date(legal_now(connection))
        if not _has_rates(connection, version, today):
            return (
                f"Không có tỷ giá cho tuần của ngày {today} · no exchange rates on file for the week of {today}: declarations in foreign currency"
                " will be refused"
            )
        for days in range(1, RATES_WARNING_DAYS + 1, 7):
            if not _has_rates(connection, version, today + timedelta(days=days)):
                return _ending(today + timedelta(days=days))
        last = today + timedelta(days=RATES_WARNING_DAYS)
        return "" if _has_rates(connection, version, last) else _ending(last)


def _ending(on: date) -> str:
    return f"Tỷ giá sắp hết: chưa có cho tuần của ngày {on} · exchange rates end soon: none for the week of {on}"


def _has_rates(connection: psycopg.Connection[Any], version: int, on: date) -> bool:
    return any(currency != "VND" for currency in reference.read_codes(connection, version, on).exchange_rates_e4)


def _migrate(config: Config, states: list[DatabaseState], trial: bool, tell: Tell) -> None:
    from haidang.site.migrating import migrate

    for server in range(config.server_count):
        tell(f"Tạo lược đồ · making the schema ({server + 1}/{config.server_count})")
        migrate(config.dsn("owner", server), trial=trial)
    if any(state.exists for state in states) and not all(state.exists for state in states):
        tell("some of the databases were there before, others were made now")


def read_marker(config: Config, state: DatabaseState) -> dict[str, Any]:
    """Return what the home remembers of this database; nothing when it remembers another."""
    try:
        kept: dict[str, Any] = json.loads((config.home / _MARKER).read_text())
    except (OSError, ValueError):
        return {}
    return kept if state.exists and kept.get("made_at") == state.made_at else {}


def write_marker(config: Config, state: DatabaseState, **remembered: Any) -> None:
    """Add to what the home remembers of this database."""
    whole = {**read_marker(config, state), "made_at": state.made_at, **remembered}
    half = config.home / f".{_MARKER}.new"
    half.write_text(json.dumps(whole, indent=1))
    os.replace(half, config.home / _MARKER)
