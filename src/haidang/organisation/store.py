"""Rows of the organisation: all SQL of the room."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import Connection

from haidang.organisation.rules import Powers, conflicts_of
from haidang.organisation.terms import Act, Conflict, ConflictEvent, Officer, Post, Power, Relation, SeatKey, Unit

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


def powers_of(rows: list[tuple[Any, ...]], conflicts: Mapping[str, tuple[Conflict, ...]]) -> Powers:
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
    return Powers(officers, {officer: tuple(powers.values()) for officer, powers in held.items()}, conflicts)


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


def select_given(connection: Connection[Any]) -> set[tuple[int, int, int]]:
    """Return (post_id, act, unit_id) of every power that was ever given."""
    return set(connection.execute("SELECT DISTINCT post_id, act, unit_id FROM unit_power").fetchall())


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


def select_office(connection: Connection[Any], party_id: int, officer: str) -> tuple[list[str], bool, datetime]:
    """Return the units of a customs office, whether this is an officer of one of them who holds a post now, and legal time."""
    row = connection.execute(
        """SELECT array(SELECT u.code FROM customs_unit u WHERE u.party_id = %s ORDER BY u.code),
            EXISTS (SELECT FROM officer o JOIN customs_unit u USING (unit_id) JOIN appointment a USING (officer_id)
                    JOIN officer_certificate c USING (officer_id)
                WHERE u.party_id = %s AND o.code = %s AND tstzrange(a.valid_from, least(a.valid_until, a.revoked_at)) @> now.at), now.at
        FROM (SELECT legal_now()) AS now(at)""",
        (party_id, party_id, officer),
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


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


_CONFLICT_LOCK = 0x636F_6E66_6C69_6374
"""Held alone while an entry of the register of conflicts is made, shared for a moment before the register is read for an act."""
_CONFLICTS: LiteralString = """
    SELECT e.event_no, e.event, e.conflict_no, e.officer_code, e.party_code, e.relation, e.note, e.valid_from, e.valid_until,
           e.recorded_by, e.recorded_at, e.digest,
           array(SELECT p.party_id FROM party p
                 WHERE p.code = e.party_code OR (length(e.party_code) = 10 AND length(p.code) = 13 AND left(p.code, 10) = e.party_code))
    FROM officer_conflict_event e
    WHERE (%s::bytea[] IS NULL OR e.officer_code IN (
        SELECT o.code FROM officer o JOIN officer_certificate c USING (officer_id) WHERE c.thumbprint_sha256 = ANY (%s)))
      AND (%s::text IS NULL OR e.officer_code = %s)
    ORDER BY e.event_no
"""


def wait_for_conflicts(connection: Connection[Any]) -> None:
    """Wait until an entry of the register of conflicts that is being made is there: its instant may lie before that of the act which asks."""
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (_CONFLICT_LOCK,))


def ask_conflicts(
    connection: Connection[Any], thumbprints: list[bytes] | None, officer: str | None = None
) -> psycopg.Cursor[Any]:
    """Send the question after the register of the officers of these certificates (of all when None), of one officer when that is given."""
    return connection.execute(_CONFLICTS, (thumbprints, thumbprints, officer, officer), binary=True)


def conflicts_by_officer(rows: list[tuple[Any, ...]]) -> dict[str, tuple[Conflict, ...]]:
    parties = {row[4]: tuple(row[-1]) for row in rows}
    found: dict[str, list[ConflictEvent]] = {}
    for row in rows:
        found.setdefault(row[3], []).append(conflict_event(row))
    return {officer: conflicts_of(events, parties) for officer, events in found.items()}


def conflict_event(row: tuple[Any, ...]) -> ConflictEvent:
    return ConflictEvent(
        event_no=row[0], event=row[1], conflict_no=row[2], officer_code=row[3], party_code=row[4], relation=Relation(row[5]), note=row[6],
        valid_from=row[7], valid_until=row[8], recorded_by=row[9], recorded_at=row[10], digest=bytes(row[11]),
    )  # fmt: skip


def lock_conflicts(connection: Connection[Any]) -> tuple[int, bytes, datetime]:
    """Keep the register of conflicts to this transaction; return number and digest of its last entry, and legal time."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CONFLICT_LOCK,))
    # Read by a statement of its own: it sees what was written while this one waited.
    row = connection.execute("SELECT event_no, digest, legal_now() FROM officer_conflict_head").fetchone()
    assert row is not None, "the register has its head from the beginning"
    return row[0], bytes(row[1]), row[2]


def select_conflict(connection: Connection[Any], conflict_no: int) -> list[ConflictEvent]:
    """Return the entries about one conflict, in order."""
    rows = ask_conflicts(connection, None).fetchall()
    return [conflict_event(row) for row in rows if row[2] == conflict_no]


def may_record_conflicts_of(connection: Connection[Any], head: str, officer: str) -> bool:
    row = connection.execute("SELECT may_record_conflicts_of(%s, %s)", (head, officer)).fetchone()
    return bool(row and row[0])


def insert_conflict_event(connection: Connection[Any], event: ConflictEvent) -> None:
    connection.execute(
        """INSERT INTO officer_conflict_event (event_no, event, conflict_no, officer_code, party_code, relation, note, valid_from, valid_until,
            recorded_by, recorded_at, digest) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            event.event_no, event.event, event.conflict_no, event.officer_code, event.party_code, event.relation.value, event.note,
            event.valid_from, event.valid_until, event.recorded_by, event.recorded_at, event.digest,
        ),
    )  # fmt: skip


def insert_conflict_refusal(connection: Connection[Any], conflict_no: int, officer: str, number: str, act: str) -> None:
    connection.execute(
        "INSERT INTO conflict_refusal (conflict_no, officer_code, number, act) VALUES (%s, %s, %s, %s)",
        (conflict_no, officer, number, act),
    )


def select_conflict_refusals(connection: Connection[Any]) -> list[tuple[int, str, str, str, datetime]]:
    return connection.execute(
        "SELECT conflict_no, officer_code, number, act, refused_at FROM conflict_refusal ORDER BY refusal_id"
    ).fetchall()


def select_conflict_head(connection: Connection[Any]) -> tuple[int, bytes]:
    row = connection.execute("SELECT event_no, digest FROM officer_conflict_head").fetchone()
    return (row[0], bytes(row[1])) if row else (0, b"")


def _one(connection: Connection[Any], statement: LiteralString, values: tuple[object, ...]) -> int | None:
    row = connection.execute(statement, values).fetchone()
    return None if row is None else int(row[0])
