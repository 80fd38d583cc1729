"""Rows of the parties: all SQL of the room."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, LiteralString

from psycopg import Connection

from haidang.parties.authority import Checked
from haidang.parties.terms import (
    Algorithm,
    Aspect,
    Certificate,
    Enforcement,
    Mandate,
    MemberRole,
    Membership,
    Party,
    PartyKind,
    PartyStatus,
    Profile,
    Scope,
    Token,
)

CHANNEL = "haidang_parties"

_SELECT_PARTY: LiteralString = "SELECT party_id, code, kind, name, status, compliance_level, blocked_reason FROM party"


def notify(connection: Connection[Any], what: str) -> None:
    """Tell the listeners, at commit, that the directory changed."""
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, what))


def legal_now(connection: Connection[Any]) -> datetime:
    now: datetime = _one(connection, "SELECT legal_now()", ())
    return now


def insert_party(connection: Connection[Any], party: Party) -> int:
    """Insert a party, or bring the one of the same code up to date; returns its number. `party.party_id` is not used."""
    party_id: int = _one(
        connection,
        """INSERT INTO party (code, kind, name, status, compliance_level, blocked_reason)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, status = excluded.status,
            compliance_level = excluded.compliance_level, blocked_reason = excluded.blocked_reason
        RETURNING party_id""",
        (party.code, party.kind, party.name, party.status, party.compliance_level, party.blocked_reason),
    )
    return party_id


def party_by_id(connection: Connection[Any], party_id: int) -> Party | None:
    row = connection.execute(_SELECT_PARTY + " WHERE party_id = %s", (party_id,)).fetchone()
    return None if row is None else _party(row)


def parties(connection: Connection[Any]) -> Iterator[Party]:
    return map(_party, connection.execute(_SELECT_PARTY + " ORDER BY party_id"))


def _party(row: tuple[Any, ...]) -> Party:
    party_id, code, kind, name, status, level, blocked_reason = row
    return Party(
        party_id=party_id,
        code=code,
        kind=PartyKind(kind),
        name=name,
        status=PartyStatus(status),
        compliance_level=level,
        blocked_reason=blocked_reason,
    )


def insert_token(connection: Connection[Any], token_sha256: bytes, token: Token) -> None:
    connection.execute(
        "INSERT INTO party_token (token_sha256, party_id, label, valid_from, valid_until) VALUES (%s, %s, %s, %s, %s)",
        (token_sha256, token.party_id, token.label, token.valid_from, token.valid_until),
    )


def revoke_token(connection: Connection[Any], token_sha256: bytes, at: datetime) -> bool:
    return _changed(
        connection,
        "UPDATE party_token SET revoked_at = %s WHERE token_sha256 = %s AND revoked_at IS NULL",
        (at, token_sha256),
    )


def tokens(connection: Connection[Any]) -> Iterator[tuple[bytes, Token]]:
    """Yield every token that was not revoked, with its hash."""
    rows = connection.execute(
        "SELECT token_sha256, party_id, label, valid_from, valid_until FROM party_token WHERE revoked_at IS NULL"
    )
    for token_sha256, party_id, label, valid_from, valid_until in rows:
        yield (
            bytes(token_sha256),
            Token(party_id=party_id, label=label, valid_from=valid_from, valid_until=valid_until),
        )


def insert_authority(
    connection: Connection[Any], sha256: bytes, name: str, der: bytes, not_before: datetime, not_after: datetime
) -> int:
    """Insert an authority; returns its number, that of the row already there when the certificate is known."""
    authority_id: int = _one(
        connection,
        """INSERT INTO certificate_authority (sha256, name, der, not_before, not_after) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (sha256) DO UPDATE SET name = certificate_authority.name RETURNING authority_id""",
        (sha256, name, der, not_before, not_after),
    )
    return authority_id


def authorities(connection: Connection[Any]) -> list[tuple[int, bytes]]:
    """Return number and DER certificate of every authority that was not revoked."""
    rows = connection.execute(
        "SELECT authority_id, der FROM certificate_authority WHERE revoked_at IS NULL ORDER BY authority_id"
    )
    return [(authority_id, bytes(der)) for authority_id, der in rows]


def revoke_authority(connection: Connection[Any], authority_id: int, at: datetime) -> bool:
    """Revoke an authority and, from the same instant, what it issued."""
    changed = _changed(
        connection,
        "UPDATE certificate_authority SET revoked_at = %s WHERE authority_id = %s AND revoked_at IS NULL",
        (at, authority_id),
    )
    connection.execute(
        "UPDATE party_certificate SET revoked_at = %s WHERE authority_id = %s AND revoked_at IS NULL",
        (at, authority_id),
    )
    return changed


def insert_certificate(connection: Connection[Any], party_id: int, authority_id: int, checked: Checked) -> bool:
    """Insert a certificate; False when it is registered for this party already."""
    return _changed(
        connection,
        """INSERT INTO party_certificate (thumbprint_sha256, party_id, authority_id, serial, algorithm, der, spki, not_before, not_after)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (thumbprint_sha256) DO NOTHING""",
        (
            *(checked.thumbprint_sha256, party_id, authority_id, checked.serial, checked.algorithm),
            *(checked.der, checked.spki, checked.not_before, checked.not_after),
        ),
    )


def certificate_holder(connection: Connection[Any], thumbprint_sha256: bytes) -> int | None:
    row = connection.execute(
        "SELECT party_id FROM party_certificate WHERE thumbprint_sha256 = %s", (thumbprint_sha256,)
    ).fetchone()
    return None if row is None else row[0]


def revoke_certificate(connection: Connection[Any], thumbprint_sha256: bytes, at: datetime) -> bool:
    return _changed(
        connection,
        "UPDATE party_certificate SET revoked_at = %s WHERE thumbprint_sha256 = %s AND revoked_at IS NULL",
        (at, thumbprint_sha256),
    )


def revoke_serials(connection: Connection[Any], authority_id: int, revoked: dict[bytes, datetime]) -> int:
    """Revoke the certificates of an authority by serial number, each from its own instant; returns how many were not yet revoked."""
    return connection.execute(
        """UPDATE party_certificate AS c SET revoked_at = r.revoked_at
        FROM unnest(%s::bytea[], %s::timestamptz[]) AS r (serial, revoked_at)
        WHERE c.authority_id = %s AND c.serial = r.serial AND c.revoked_at IS NULL""",
        (list(revoked), list(revoked.values()), authority_id),
    ).rowcount


def certificates(connection: Connection[Any]) -> Iterator[Certificate]:
    """Yield every certificate, the revoked too: a signature of last year is judged by what held then."""
    rows = connection.execute(
        "SELECT thumbprint_sha256, party_id, algorithm, spki, not_before, not_after, revoked_at FROM party_certificate"
    )
    for thumbprint_sha256, party_id, algorithm, spki, not_before, not_after, revoked_at in rows:
        yield Certificate(
            thumbprint_sha256=bytes(thumbprint_sha256),
            party_id=party_id,
            algorithm=Algorithm(algorithm),
            spki=bytes(spki),
            not_before=not_before,
            not_after=not_after,
            revoked_at=revoked_at,
        )


def next_mandate(connection: Connection[Any]) -> tuple[int, bytes]:
    """Return the number of the next mandate and the digest of the last one (empty: there is none); nobody else grants or ends any before this transaction ends."""
    connection.execute("LOCK TABLE mandate IN SHARE ROW EXCLUSIVE MODE")
    number: int = _one(connection, "SELECT nextval(pg_get_serial_sequence('mandate', 'mandate_id'))", ())
    row = connection.execute("SELECT digest FROM mandate ORDER BY mandate_id DESC LIMIT 1").fetchone()
    return number, bytes(row[0]) if row else b""


def insert_mandate(connection: Connection[Any], mandate: Mandate, digest: bytes) -> None:
    """Insert a mandate under its number, sealed."""
    connection.execute(
        """INSERT INTO mandate (mandate_id, grantor_id, agent_id, scope, valid_from, valid_until, offices, digest)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            *(mandate.mandate_id, mandate.grantor_id, mandate.agent_id, int(mandate.scope), mandate.valid_from),
            *(mandate.valid_until, list(mandate.offices), digest),
        ),
    )


def mandate_to_end(connection: Connection[Any], mandate_id: int) -> tuple[datetime, bytes] | None:
    """Lock a mandate that nobody has revoked; return when it begins and its digest, None when there is none."""
    row = connection.execute(
        "SELECT valid_from, digest FROM mandate WHERE mandate_id = %s AND revoked_at IS NULL FOR UPDATE", (mandate_id,)
    ).fetchone()
    return (row[0], bytes(row[1])) if row else None


def revoke_mandate(connection: Connection[Any], mandate_id: int, at: datetime, digest: bytes) -> None:
    """End a locked mandate at `at`; `digest` seals it."""
    connection.execute(
        "UPDATE mandate SET revoked_at = %s, revoked_digest = %s WHERE mandate_id = %s", (at, digest, mandate_id)
    )


def mandates(connection: Connection[Any]) -> Iterator[Mandate]:
    for mandate, _, _ in sealed_mandates(connection):
        yield mandate


def sealed_mandates(connection: Connection[Any]) -> Iterator[tuple[Mandate, bytes, bytes]]:
    """Yield every mandate in the order of numbers, the digest of its grant, and that of its end (empty: it was not revoked)."""
    rows = connection.execute(
        """SELECT mandate_id, grantor_id, agent_id, scope, valid_from, valid_until, revoked_at, offices, digest, revoked_digest
        FROM mandate ORDER BY mandate_id"""
    )
    for mandate_id, grantor_id, agent_id, scope, valid_from, valid_until, revoked_at, offices, digest, ended in rows:
        mandate = Mandate(
            mandate_id=mandate_id, grantor_id=grantor_id, agent_id=agent_id, scope=Scope(scope), valid_from=valid_from,
            valid_until=valid_until, revoked_at=revoked_at, offices=tuple(offices),
        )  # fmt: skip
        yield mandate, bytes(digest), bytes(ended or b"")


def insert_enforcement(connection: Connection[Any], enforcement: Enforcement) -> int:
    enforcement_id: int = _one(
        connection,
        "INSERT INTO enforcement (party_id, valid_from, valid_until, law) VALUES (%s, %s, %s, %s) RETURNING enforcement_id",
        (enforcement.party_id, enforcement.valid_from, enforcement.valid_until, enforcement.law),
    )
    return enforcement_id


def end_enforcement(connection: Connection[Any], party_id: int, from_day: date) -> bool:
    return _changed(
        connection,
        """UPDATE enforcement SET valid_until = %s
        WHERE party_id = %s AND daterange(valid_from, valid_until) @> %s::date""",
        (from_day, party_id, from_day),
    )


def enforcements(connection: Connection[Any]) -> Iterator[Enforcement]:
    rows = connection.execute("SELECT party_id, valid_from, valid_until, law FROM enforcement ORDER BY enforcement_id")
    for party_id, valid_from, valid_until, law in rows:
        yield Enforcement(party_id=party_id, valid_from=valid_from, valid_until=valid_until, law=law)


def _one(connection: Connection[Any], sql: LiteralString, values: tuple[Any, ...]) -> Any:
    row = connection.execute(sql, values).fetchone()
    assert row is not None
    return row[0]


def _changed(connection: Connection[Any], sql: LiteralString, values: tuple[Any, ...]) -> bool:
    return connection.execute(sql, values).rowcount == 1


def next_profile(connection: Connection[Any]) -> tuple[int, bytes]:
    """Return the number of the next profile and the digest of the last one (empty: there is none); nobody else records any before this transaction ends."""
    connection.execute("LOCK TABLE party_profile IN SHARE ROW EXCLUSIVE MODE")
    number: int = _one(connection, "SELECT nextval(pg_get_serial_sequence('party_profile', 'profile_id'))", ())
    row = connection.execute("SELECT digest FROM party_profile ORDER BY profile_id DESC LIMIT 1").fetchone()
    return number, bytes(row[0]) if row else b""


def insert_profile(connection: Connection[Any], number: int, profile: Profile, digest: bytes) -> None:
    """Insert a profile under its number, sealed."""
    connection.execute(
        """INSERT INTO party_profile (profile_id, party_id, aspect, code, valid_from, valid_until, said_until, source, verified, digest)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            *(number, profile.party_id, profile.aspect.value, profile.code, profile.valid_from, profile.valid_until),
            *(profile.valid_until, profile.source, profile.verified, digest),
        ),
    )


def recorded_profiles(connection: Connection[Any]) -> Iterator[tuple[int, Profile, date | None, bytes]]:
    """Yield every profile as it was recorded, in the order of numbers: its number, what was said, until when it stands now, and its digest."""
    rows = connection.execute(
        """SELECT profile_id, party_id, aspect, code, valid_from, said_until, source, verified, valid_until, digest
        FROM party_profile ORDER BY profile_id"""
    )
    for number, party_id, aspect, code, valid_from, said_until, source, verified, valid_until, digest in rows:
        said = Profile(
            party_id=party_id, aspect=Aspect(aspect), code=code, valid_from=valid_from, valid_until=said_until, source=source,
            verified=verified,
        )  # fmt: skip
        yield number, said, valid_until, bytes(digest)


def end_profile(connection: Connection[Any], party_id: int, aspect: Aspect, from_day: date) -> bool:
    """End what is on file of an aspect before a day: `from_day` is the first day on which it no longer stands."""
    return _changed(
        connection,
        """UPDATE party_profile SET valid_until = %s
        WHERE party_id = %s AND aspect = %s AND valid_from < %s AND (valid_until IS NULL OR valid_until > %s)""",
        (from_day, party_id, aspect.value, from_day, from_day),
    )


def profiles(connection: Connection[Any]) -> Iterator[tuple[str, Profile]]:
    """Yield the profiles of all parties, each with the code of its party, in the order of their days."""
    rows = connection.execute(
        """SELECT p.code, p.party_id, f.aspect, f.code, f.valid_from, f.valid_until, f.source, f.verified
        FROM party_profile f JOIN party p USING (party_id) ORDER BY p.code, f.aspect, f.valid_from"""
    )
    for party_code, party_id, aspect, code, valid_from, valid_until, source, verified in rows:
        yield (
            party_code,
            Profile(
                party_id=party_id, aspect=Aspect(aspect), code=code, valid_from=valid_from, valid_until=valid_until, source=source,
                verified=verified,
            ),
        )  # fmt: skip


def insert_member(connection: Connection[Any], row: tuple[object, ...]) -> int:
    """Insert a membership (party_id, person_id, role, valid_from, valid_until); returns its number."""
    number: int = _one(
        connection,
        "INSERT INTO party_member (party_id, person_id, role, valid_from, valid_until) VALUES (%s, %s, %s, %s, %s) RETURNING member_id",
        row,
    )
    return number


def end_memberships(connection: Connection[Any], person_id: int, at: datetime) -> int:
    """End every membership of a person that is not ended; returns how many."""
    return connection.execute(
        "UPDATE party_member SET revoked_at = greatest(%s, valid_from) WHERE person_id = %s AND revoked_at IS NULL",
        (at, person_id),
    ).rowcount


def memberships(connection: Connection[Any], person_id: int) -> list[Membership]:
    """Return what a person is now, oldest first."""
    rows = connection.execute(
        """SELECT m.member_id, p.party_id, p.code, p.kind, p.name, m.role FROM party_member m JOIN party p USING (party_id)
        WHERE m.person_id = %s AND tstzrange(m.valid_from, least(m.valid_until, m.revoked_at)) @> (SELECT legal_now())
        ORDER BY m.member_id""",
        (person_id,),
    )
    return [
        Membership(
            member_id=row[0], party_id=row[1], party_code=row[2], party_kind=PartyKind(row[3]), party_name=row[4],
            role=MemberRole(row[5]),
        )
        for row in rows
    ]  # fmt: skip


def certificates_of(connection: Connection[Any], party_id: int) -> list[Certificate]:
    """Return the certificates of a party that hold now, newest first; those of persons within it are among them."""
    rows = connection.execute(
        """SELECT thumbprint_sha256, party_id, algorithm, spki, not_before, not_after, revoked_at FROM party_certificate
        WHERE party_id = %s AND (SELECT legal_now()) >= not_before AND (SELECT legal_now()) < not_after
          AND (revoked_at IS NULL OR (SELECT legal_now()) < revoked_at) ORDER BY not_before DESC""",
        (party_id,),
    )
    return [
        Certificate(
            thumbprint_sha256=bytes(row[0]), party_id=row[1], algorithm=Algorithm(row[2]), spki=bytes(row[3]), not_before=row[4],
            not_after=row[5], revoked_at=row[6],
        )
        for row in rows
    ]  # fmt: skip


def close_session_token(connection: Connection[Any], token_sha256: bytes) -> bool:
    """Revoke the token of a session of the pages; False when it is none, or was revoked before."""
    return bool(_one(connection, "SELECT close_session_token(%s)", (token_sha256,)))


def names(connection: Connection[Any], party_ids: list[int]) -> dict[int, tuple[str, str]]:
    """Return (code, name) of parties by number."""
    rows = connection.execute("SELECT party_id, code, name FROM party WHERE party_id = ANY (%s)", (party_ids,))
    return {row[0]: (row[1], row[2]) for row in rows}
