"""Rates that were loaded before they belonged to versions: each gets the range of versions in which it counted."""

from datetime import date
from importlib import import_module
from typing import Any

import psycopg

from haidang.reference import lookups
from haidang.reference.actions import load_lawbook
from haidang.reference.tests import build

MIGRATION = import_module("haidang.reference.migrations.0002_rates_in_versions")
MONDAY = date(2026, 3, 2)
OLD_ROWS = """
INSERT INTO exchange_rate (currency_code, week_from, rate_e4, source, loaded_at, replaced_at) VALUES
    ('USD', '2026-03-02', 1, 'corrected in version 2', '2026-03-02 02:00Z', '2026-03-04 02:00Z'),
    ('USD', '2026-03-02', 2, 'counts', '2026-03-04 02:00Z', NULL),
    ('EUR', '2026-03-02', 3, 'corrected before version 2', '2026-03-02 02:00Z', '2026-03-02 03:00Z'),
    ('EUR', '2026-03-02', 4, 'counts', '2026-03-02 03:00Z', NULL)
"""


def test_rates_loaded_before_get_the_versions_in_which_they_counted(fresh_database: Any, tmp_path: Any) -> None:
    with psycopg.connect(fresh_database.dsn("owner"), autocommit=True) as owner:
        load_lawbook(owner, build.lawbook(tmp_path))
        load_lawbook(owner, build.lawbook(tmp_path, location="code,name_en\nVNSGN,Ho Chi Minh City\n"))
        for version, instant in ((1, "2026-03-01 00:00Z"), (2, "2026-03-03 00:00Z")):
            owner.execute("UPDATE law_book_version SET loaded_at = %s WHERE version = %s", (instant, version))
        owner.execute(MIGRATION.UNDO)
        owner.execute(OLD_ROWS)  # type: ignore[arg-type]
        owner.execute(MIGRATION.SQL)
        said = [lookups.read_codes(owner, version, MONDAY).exchange_rates_e4 for version in (1, 2)]
        kept = owner.execute("SELECT count(*) FROM exchange_rate").fetchone()
    assert said == [{"VND": 10_000, "USD": 1, "EUR": 4}, {"VND": 10_000, "USD": 2, "EUR": 4}]
    assert kept == (4,)
