"""Rows of the organisation: all SQL of the room."""

from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import Connection

from haidang.organisation.rules import Powers
from haidang.organisation.terms import Act, Officer, Post, Power, SeatKey, Unit

_POWERS: LiteralString = """
    SELECT c.thumbprint_sha256, o.code, p.power_id, home.code, p.act, over.code, greatest(a.valid_from, p.valid_from),
           least(a.valid_until, a.revoked_at, p.valid_until, p.revoked_at), p.instrument, p.sample OR a.sample
    FROM officer_certificate c JOIN officer o USING (officer_id)
    LEFT JOIN (appointment a
        JOIN unit_post s ON s.post_id = a.post_id JOIN customs_unit home ON home.unit_id = s.unit_id
        JOIN unit_power p ON p.post_id = a.post_id JOIN customs_unit over ON over.unit_id = p.unit_id) USING (officer_id)
    WHERE %s::bytea[] IS NULL OR c.thumbprint_sha256 = ANY (%s)
    ORDER BY p.power_id
"""


def ask_powers(connection: Connection[Any], thumbprints: list[bytes] | None) -> psycopg.Cursor[Any]:
    """Send the question after the powers behind these certificates, of all when None; read it with `powers_of`."""
    return connection.execute(_POWERS, (thumbprints, thumbprints), binary=True)


def powers_of(rows: list[tuple[Any, ...]]) -> Powers:
    officers: dict[bytes, str] = {}
    held: dict[str, dict[tuple[object, ...], Power]] = {}
    for thumbprint, officer, power_id, home, act, over, begins, ends, instrument, sample in rows:
        officers[bytes(thumbprint)] = officer
        its = held.setdefault(officer, {})
        if power_id is not None:
            its[power_id, begins, ends] = Power(
                power_id=power_id, officer_code=officer, home=home, act=Act(act), unit=over, valid_from=begins, valid_until=ends,
                instrument=instrument, sample=sample,
            )  # fmt: skip
    return Powers(officers, {officer: tuple(powers.values()) for officer, powers in held.items()})


def insert_unit(connection: Connection[Any], code: str, name: str, party_id: int) -> int | None:
    """Insert a unit whose party is a customs office; None when the party is none."""
    return _one(
        connection,
        """INSERT INTO customs_unit (code, name, party_id) SELECT %s, %s, party_id FROM party WHERE party_id = %s AND kind = 'customs'
        RETURNING unit_id""",
        (code, name, party_id),
    )


def insert_post(connection: Connection[Any], unit_id: int, code: str, name: str) -> int | None:
    statement: LiteralString = "INSERT INTO unit_post (unit_id, code, name) VALUES (%s, %s, %s) RETURNING post_id"
    return _one(connection, statement, (unit_id, code, name))


def insert_officer(connection: Connection[Any], code: str, name: str, unit_id: int, sample: bool) -> int | None:
    return _one(
        connection,
        "INSERT INTO officer (code, name, unit_id, sample) VALUES (%s, %s, %s, %s) RETURNING officer_id",
        (code, name, unit_id, sample),
    )


def insert_certificate(connection: Connection[Any], officer_id: int, thumbprint: bytes) -> int | None:
    """Give an officer a certificate that is registered for the party of the officer's unit; returns whose it is now, None when it is not."""
    return _one(
        connection,
        """WITH given AS (INSERT INTO officer_certificate (thumbprint_sha256, officer_id)
            SELECT c.thumbprint_sha256, o.officer_id FROM officer o JOIN customs_unit u USING (unit_id) JOIN party_certificate c USING (party_id)
            WHERE o.officer_id = %s AND c.thumbprint_sha256 = %s ON CONFLICT DO NOTHING RETURNING officer_id)
        SELECT officer_id FROM given UNION ALL SELECT officer_id FROM officer_certificate WHERE thumbprint_sha256 = %s""",
        (officer_id, thumbprint, thumbprint),
    )


def insert_appointment(connection: Connection[Any], row: tuple[object, ...]) -> int | None:
    return _one(
        connection,
        """INSERT INTO appointment (officer_id, post_id, valid_from, valid_until, instrument, sample)
        VALUES (%s, %s, %s, %s, %s, %s) RETURNING appointment_id""",
        row,
    )


def insert_power(connection: Connection[Any], row: tuple[object, ...]) -> int | None:
    return _one(
        connection,
        """INSERT INTO unit_power (post_id, act, unit_id, valid_from, valid_until, instrument, sample)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING power_id""",
        row,
    )


def end_power(connection: Connection[Any], power_id: int, at: datetime) -> bool:
    statement: LiteralString = (
        "UPDATE unit_power SET revoked_at = greatest(%s, valid_from) WHERE power_id = %s AND revoked_at IS NULL"
    )
    return connection.execute(statement, (at, power_id)).rowcount == 1


def end_appointment(connection: Connection[Any], appointment_id: int, at: datetime) -> bool:
    statement: LiteralString = (
        "UPDATE appointment SET revoked_at = greatest(%s, valid_from) WHERE appointment_id = %s AND revoked_at IS NULL"
    )
    return connection.execute(statement, (at, appointment_id)).rowcount == 1


def insert_login(connection: Connection[Any], row: tuple[object, ...]) -> int | None:
    return _one(
        connection,
        """INSERT INTO officer_login (officer_id, person_id, valid_from, valid_until) VALUES (%s, %s, %s, %s)
        RETURNING officer_login_id""",
        row,
    )


def end_logins(connection: Connection[Any], person_id: int, at: datetime) -> int:
    return connection.execute(
        "UPDATE officer_login SET revoked_at = greatest(%s, valid_from) WHERE person_id = %s AND revoked_at IS NULL",
        (at, person_id),
    ).rowcount


def select_seat(connection: Connection[Any], person_id: int) -> tuple[Any, ...] | None:
    """Return (officer_id, code, name, unit, party code, legal time) of the officer whose login a person is now."""
    return connection.execute(
        """SELECT o.officer_id, o.code, o.name, u.code, p.code, now.at
        FROM officer_login l JOIN officer o USING (officer_id) JOIN customs_unit u USING (unit_id) JOIN party p USING (party_id)
        CROSS JOIN (SELECT legal_now()) AS now(at)
        WHERE l.person_id = %s AND tstzrange(l.valid_from, least(l.valid_until, l.revoked_at)) @> now.at""",
        (person_id,),
    ).fetchone()


def select_keys(connection: Connection[Any], officer_id: int) -> list[SeatKey]:
    """Return the certificates of an officer that hold now."""
    rows = connection.execute(
        """SELECT c.thumbprint_sha256, c.algorithm, c.spki FROM officer_certificate o JOIN party_certificate c USING (thumbprint_sha256)
        WHERE o.officer_id = %s AND (SELECT legal_now()) >= c.not_before AND (SELECT legal_now()) < c.not_after
          AND (c.revoked_at IS NULL OR (SELECT legal_now()) < c.revoked_at) ORDER BY c.not_before DESC""",
        (officer_id,),
    )
    return [SeatKey(thumbprint_sha256=bytes(row[0]), algorithm=row[1], spki=bytes(row[2])) for row in rows]


def open_session_token(connection: Connection[Any], token_sha256: bytes, person_id: int, hours: int) -> bool:
    found = connection.execute(
        "SELECT open_session_token(%s, %s, make_interval(hours => %s))", (token_sha256, person_id, hours)
    ).fetchone()
    return bool(found and found[0])


def units(connection: Connection[Any]) -> list[Unit]:
    rows = connection.execute(
        "SELECT u.unit_id, u.code, u.name, p.code FROM customs_unit u JOIN party p USING (party_id) ORDER BY u.code"
    )
    return [Unit(unit_id=row[0], code=row[1], name=row[2], party_code=row[3]) for row in rows]


def posts(connection: Connection[Any]) -> list[Post]:
    rows = connection.execute(
        "SELECT s.post_id, u.code, s.code, s.name FROM unit_post s JOIN customs_unit u USING (unit_id) ORDER BY u.code, s.code"
    )
    return [Post(post_id=row[0], unit_code=row[1], code=row[2], name=row[3]) for row in rows]


def officers(connection: Connection[Any]) -> list[Officer]:
    rows = connection.execute("SELECT officer_id, code, name, sample FROM officer ORDER BY code")
    return [Officer(officer_id=row[0], code=row[1], name=row[2], sample=row[3]) for row in rows]


def _one(connection: Connection[Any], statement: LiteralString, values: tuple[object, ...]) -> int | None:
    row = connection.execute(statement, values).fetchone()
    return None if row is None else int(row[0])
