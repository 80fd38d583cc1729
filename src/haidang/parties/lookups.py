"""The directory: one immutable picture of all parties, for lanes that ask it many thousand times a second.

A lane reads it at the start and again when `haidang_parties` is notified. Tokens come in as text and are looked up by SHA-256; public
keys are loaded at their first use and kept. Instants come in as arguments; `read_at` is the legal instant of the picture itself.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import load_der_public_key
from psycopg import Connection

from haidang.parties import store
from haidang.parties.signing import Parsed, PublicKey, parse, verify
from haidang.parties.store import CHANNEL
from haidang.parties.terms import (
    READING,
    Certificate,
    Enforcement,
    Mandate,
    Membership,
    Party,
    Scope,
    SignatureFault,
    SignatureRefused,
    Token,
)

__all__ = [
    "CHANNEL",
    "MAX_TOKEN_CHARS",
    "Directory",
    "certificates_of",
    "memberships",
    "party_names",
    "read_directory",
    "token_sha256",
]

MAX_TOKEN_CHARS = 128
"""A longer token is nobody's, and is not even hashed."""


def token_sha256(token: str) -> bytes:
    """Return what is kept of a token. Tokens are 256 random bits, so one plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


class Directory:
    """Everybody as of `read_at`. Never changed after it is made, but for the keys loaded on the way; safe to share between threads."""

    __slots__ = (
        "_by_code",
        "_by_id",
        "_certificates",
        "_enforcements",
        "_keys",
        "_mandates",
        "_tokens",
        "read_at",
    )

    def __init__(
        self,
        read_at: datetime,
        parties: Iterable[Party],
        tokens: Iterable[tuple[bytes, Token]] = (),
        certificates: Iterable[Certificate] = (),
        mandates: Iterable[Mandate] = (),
        enforcements: Iterable[Enforcement] = (),
    ) -> None:
        self.read_at = read_at
        self._by_id = {party.party_id: party for party in parties}
        self._by_code = {party.code: party for party in self._by_id.values()}
        self._tokens = dict(tokens)
        self._certificates = {each.thumbprint_sha256: each for each in certificates}
        self._keys: dict[bytes, PublicKey] = {}
        self._mandates: dict[tuple[int, int, Scope], list[Mandate]] = {}
        for mandate in mandates:
            self._mandates.setdefault((mandate.agent_id, mandate.grantor_id, mandate.scope), []).append(mandate)
        self._enforcements: dict[int, list[Enforcement]] = {}
        for enforcement in enforcements:
            self._enforcements.setdefault(enforcement.party_id, []).append(enforcement)

    @property
    def by_code(self) -> Mapping[str, Party]:
        """Parties by tax code or short code."""
        return self._by_code

    @property
    def by_id(self) -> Mapping[int, Party]:
        """Parties by number."""
        return self._by_id

    def authenticate(self, token: str, at: datetime | None = None) -> Party | None:
        """Return whose token this is at the instant `at` (the picture's own when None), or None: unknown, revoked, not valid now."""
        if len(token) > MAX_TOKEN_CHARS:
            return None
        known = self._tokens.get(token_sha256(token))
        if known is None or not known.valid_from <= (at or self.read_at) < known.valid_until:
            return None
        return self._by_id[known.party_id]

    def only_reads(self, token: str) -> bool:
        """Tell whether a token is that of a session which may only read."""
        known = self._tokens.get(token_sha256(token)) if len(token) <= MAX_TOKEN_CHARS else None
        return known is not None and known.label == READING

    def certificate(self, thumbprint_sha256: bytes) -> Certificate | None:
        """Return the registered certificate with this thumbprint, revoked or not, or None."""
        return self._certificates.get(thumbprint_sha256)

    def public_key(self, certificate: Certificate) -> PublicKey:
        """Return the loaded public key of a registered certificate."""
        key = self._keys.get(certificate.thumbprint_sha256)
        if key is None:
            # registration took these three types of key only
            key = self._keys[certificate.thumbprint_sha256] = load_der_public_key(certificate.spki)  # type: ignore[assignment]
        return key  # type: ignore[return-value]

    def check_signature(self, header: str | None, raw: bytes, party_id: int, at: datetime | None = None) -> Certificate:
        """Return the certificate whose key signed the exact bytes `raw`, when it is `party_id`'s and valid at the instant `at`.

        The cheap questions come first and the arithmetic last, so that a wrong message costs less than a right one.

        Raises:
            SignatureRefused: its `fault` names the first thing that is wrong.
        """
        parsed = parse(header)
        certificate = self._certificates.get(parsed.thumbprint_sha256)
        fault = _standing(certificate, party_id, at or self.read_at)
        if fault is not None or certificate is None:
            raise SignatureRefused(fault or SignatureFault.UNKNOWN_CERTIFICATE)
        self._check_arithmetic(parsed, raw, certificate)
        return certificate

    def signed_with(self, header: str | None, raw: bytes) -> Certificate | None:
        """Return the registered certificate whose key signed the exact bytes `raw`, whoever's it is and whether it is valid or not; None: no such."""
        try:
            parsed = parse(header)
            certificate = self._certificates.get(parsed.thumbprint_sha256)
            if certificate is not None:
                self._check_arithmetic(parsed, raw, certificate)
        except SignatureRefused:
            return None
        return certificate

    def _check_arithmetic(self, parsed: Parsed, raw: bytes, certificate: Certificate) -> None:
        if parsed.algorithm is not certificate.algorithm:
            raise SignatureRefused(SignatureFault.WRONG_ALGORITHM)
        if not verify(parsed, raw, self.public_key(certificate)):
            raise SignatureRefused(SignatureFault.BAD_SIGNATURE)

    @property
    def mandates(self) -> list[Mandate]:
        """Every mandate, ended ones too, in the order they were granted."""
        return sorted((each for its in self._mandates.values() for each in its), key=lambda each: each.mandate_id)

    def may_act(
        self, agent_id: int, grantor_id: int, scope: Scope, at: datetime | None = None, office: str = ""
    ) -> bool:
        """Tell whether `agent_id` may act for `grantor_id` within `scope` at a customs office at the instant `at`: for itself always, else by mandate.

        What is of no office (empty) needs a mandate for all.
        """
        return agent_id == grantor_id or self.mandate(agent_id, grantor_id, scope, at, office) is not None

    def mandate(
        self, agent_id: int, grantor_id: int, scope: Scope, at: datetime | None = None, office: str = ""
    ) -> Mandate | None:
        """Return the mandate in force at the instant `at` that covers a customs office, or None."""
        instant = at or self.read_at
        for mandate in self._mandates.get((agent_id, grantor_id, scope), ()):
            ends = min((end for end in (mandate.valid_until, mandate.revoked_at) if end is not None), default=None)
            if mandate.valid_from <= instant and (ends is None or instant < ends) and mandate.covers(office):
                return mandate
        return None

    def enforcement(self, party_id: int, on: date) -> Enforcement | None:
        """Return the enforcement that stops the party's procedures on a Vietnamese date, or None."""
        for enforcement in self._enforcements.get(party_id, ()):
            if enforcement.valid_from <= on and (enforcement.valid_until is None or on < enforcement.valid_until):
                return enforcement
        return None


def read_directory(connection: Connection[Any], *, tokens: bool = True) -> Directory:
    """Read everybody. Needs SELECT on all tables of the room: the ingest role has it, the app role does not.

    Without `tokens` nobody can be authenticated by the picture; an auditor, who may not read them, asks so.

    What names a party is read before the parties, so that a change committed meanwhile leaves nothing that points to nobody.
    """
    read_at = store.legal_now(connection)
    known_tokens = list(store.tokens(connection)) if tokens else []
    certificates = list(store.certificates(connection))
    mandates = list(store.mandates(connection))
    enforcements = list(store.enforcements(connection))
    return Directory(read_at, store.parties(connection), known_tokens, certificates, mandates, enforcements)


def certificates_of(connection: Connection[Any], party_id: int) -> list[Certificate]:
    """Return the certificates of a party that hold now, newest first. The role of the pages may."""
    return store.certificates_of(connection, party_id)


def memberships(connection: Connection[Any], person_id: int) -> list[Membership]:
    """Return for whom a person acts on the pages now, oldest first. The role of the pages sees only the person it has named."""
    return store.memberships(connection, person_id)


def party_names(connection: Connection[Any], party_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return (code, name) of parties by number; what is unknown is absent."""
    return store.names(connection, sorted(set(party_ids)))


def _standing(certificate: Certificate | None, party_id: int, at: datetime) -> SignatureFault | None:
    if certificate is None:
        return SignatureFault.UNKNOWN_CERTIFICATE
    if certificate.party_id != party_id:
        return SignatureFault.OTHER_PARTY
    if certificate.revoked_at is not None and certificate.revoked_at <= at:
        return SignatureFault.REVOKED
    if at < certificate.not_before:
        return SignatureFault.NOT_YET_VALID
    if at >= certificate.not_after:
        return SignatureFault.EXPIRED
    return None
