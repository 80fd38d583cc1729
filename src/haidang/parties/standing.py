"""How parties stand at the instant of a batch: asked in the transaction, so that a withdrawal a second ago counts.

The directory in a lane's memory finds keys fast; what may be withdrawn at any moment is read here again.
"""

from collections.abc import Iterable
from typing import Any

import psycopg
from msgspec import Struct

from haidang.parties.terms import PartyStatus, Scope
from haidang.platform.pipelining import Asker, Statement, ask


class TraderStanding(Struct, frozen=True):
    """One trader at the instant: level 1..5, status, why it is blocked, and the law under which enforcement stops its procedures."""

    party_id: int
    compliance_level: int
    status: PartyStatus
    blocked_reason: str
    enforcement_law: str


class Standings(Struct, frozen=True):
    """What was read for one batch."""

    traders: dict[str, TraderStanding]
    mandates: dict[tuple[str, int, int], frozenset[str]]
    """By (trader's code, agent's party id, scope) the customs offices for which mandates are in force at the instant; empty: all."""
    dead_certificates: frozenset[bytes]
    """Thumbprints that are revoked."""
    dead_senders: frozenset[int]
    """Senders whose status or block forbids any act."""

    def may_act(self, trader_code: str, sender_id: int, scope: Scope, office: str) -> bool:
        """Whether the sender is the trader itself or holds its mandate of this scope for this customs office at the instant.

        What is of no office (empty) needs a mandate for all.
        """
        trader = self.traders.get(trader_code)
        if trader is not None and trader.party_id == sender_id:
            return True
        offices = self.mandates.get((trader_code, sender_id, int(scope)))
        return offices is not None and (not offices or office in offices)


_STANDING = Statement(
    """
    WITH now AS MATERIALIZED (SELECT legal_now() AS at)
    SELECT p.code, p.party_id, p.compliance_level, p.status, p.blocked_reason, coalesce(e.law, ''), NULL::bytea
    FROM party p
    LEFT JOIN enforcement e ON int4range(e.party_id, e.party_id, '[]') @> p.party_id
         AND daterange(e.valid_from, e.valid_until) @> ((SELECT at FROM now) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
    WHERE p.code = ANY (%s)
    UNION ALL
    SELECT NULL, p.party_id, NULL, NULL, NULL, NULL, NULL FROM party p
    WHERE p.party_id = ANY (%s) AND (p.status <> 'active' OR p.blocked_reason <> '')
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, c.thumbprint_sha256 FROM party_certificate c
    WHERE c.thumbprint_sha256 = ANY (%s) AND c.revoked_at <= (SELECT at FROM now)
    """,
    "text[]",
    "int4[]",
    "bytea[]",
)
_MANDATES = Statement(
    """
    WITH now AS MATERIALIZED (SELECT legal_now() AS at)
    SELECT p.code, m.agent_id, m.scope, m.offices FROM now, mandate m JOIN party p ON p.party_id = m.grantor_id
    WHERE m.agent_id = ANY (%s) AND p.code = ANY (%s) AND m.valid_from <= now.at
      AND (m.valid_until IS NULL OR now.at < m.valid_until) AND (m.revoked_at IS NULL OR now.at < m.revoked_at)
    """,
    "int4[]",
    "text[]",
)


class StandingQuestion:
    """Asked together with others, read after it. `agents` are those of the senders that act for others (None: any may); only they need mandates."""

    def __init__(
        self,
        asker: Asker,
        trader_codes: list[str],
        sender_ids: list[int],
        thumbprints: list[bytes],
        agents: list[int] | None = None,
    ) -> None:
        self._standing = ask(asker, _STANDING, (trader_codes, sender_ids, thumbprints))
        agents = sender_ids if agents is None else agents
        self._mandates = ask(asker, _MANDATES, (agents, trader_codes)) if agents else None

    def standings(self) -> Standings:
        """Return what was read."""
        traders: dict[str, TraderStanding] = {}
        dead_certificates, dead_senders = set(), set()
        for code, party_id, level, status, reason, law, thumbprint in self._standing.fetchall():
            if code is not None:
                traders[code] = TraderStanding(party_id, level, PartyStatus(status), reason, law)
            elif thumbprint is not None:
                dead_certificates.add(thumbprint)
            else:
                dead_senders.add(party_id)
        mandates = offices_of(self._mandates.fetchall()) if self._mandates is not None else {}
        return Standings(traders, mandates, frozenset(dead_certificates), frozenset(dead_senders))


def offices_of(rows: Iterable[tuple[str, int, int, list[str]]]) -> dict[tuple[str, int, int], frozenset[str]]:
    """Return the offices that mandates cover together: one for all covers what the others name."""
    found: dict[tuple[str, int, int], frozenset[str]] = {}
    for trader_code, agent_id, scope, offices in rows:
        its = (trader_code, agent_id, scope)
        known = found.get(its)
        found[its] = frozenset() if not offices or known == frozenset() else frozenset(offices).union(known or ())
    return found


def agents_of(connection: psycopg.Connection[Any], trader_code: str) -> list[int]:
    """Return a trader and everybody who holds a mandate of it in force now, by party id."""
    rows = connection.execute(
        """
        SELECT p.party_id FROM party p WHERE p.code = %(trader)s
        UNION
        SELECT m.agent_id FROM mandate m JOIN party p ON p.party_id = m.grantor_id
        WHERE p.code = %(trader)s AND m.valid_from <= (SELECT legal_now())
          AND (m.valid_until IS NULL OR (SELECT legal_now()) < m.valid_until)
          AND (m.revoked_at IS NULL OR (SELECT legal_now()) < m.revoked_at)
        ORDER BY 1
        """,
        {"trader": trader_code},
    ).fetchall()
    return [row[0] for row in rows]


def principals(connection: psycopg.Connection[Any], party_id: int) -> list[str]:
    """Return the codes of those whose declarations a party may read: itself, and who has given it a mandate in force now."""
    with connection.transaction():
        connection.execute("SELECT set_config('haidang.party_id', %s, true)", (str(party_id),))
        rows = connection.execute(
            """
            SELECT p.code FROM party p WHERE p.party_id = %(party)s
            UNION
            SELECT p.code FROM mandate m JOIN party p ON p.party_id = m.grantor_id
            WHERE m.agent_id = %(party)s AND m.valid_from <= (SELECT legal_now())
              AND (m.valid_until IS NULL OR (SELECT legal_now()) < m.valid_until)
              AND (m.revoked_at IS NULL OR (SELECT legal_now()) < m.revoked_at)
            """,
            {"party": party_id},
        ).fetchall()
    return [row[0] for row in rows]
