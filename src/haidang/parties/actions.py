"""Changes to the directory. Each runs in one transaction (the caller's, when there is one) and tells the lanes at commit."""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import stdnum.vn.mst
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate as X509Certificate
from psycopg import Connection
from psycopg.errors import CheckViolation, ExclusionViolation, ForeignKeyViolation, UniqueViolation
from stdnum.exceptions import ValidationError

from haidang.kernel.calendar import vn_date
from haidang.parties import store
from haidang.parties.authority import (
    check_authority,
    check_certificate,
    is_issued_by,
    read_certificate,
    revoked_serials,
)
from haidang.parties.lookups import MAX_TOKEN_CHARS, token_sha256
from haidang.parties.mandates import end_digest, grant_digest
from haidang.parties.signing import thumbprint
from haidang.parties.terms import (
    CertificateRefused,
    Enforcement,
    EnforcementRefused,
    InvalidPartyCode,
    Mandate,
    MandateOfficeUnknown,
    MandateOverlaps,
    MandateRefused,
    MemberRefused,
    MemberRole,
    Party,
    PartyKind,
    PartyStatus,
    Scope,
    Token,
    TokenRefused,
    UnknownParty,
)
from haidang.reference import lookups as reference
from haidang.reference.rules import stands

TOKEN_PREFIX = "hd_"  # noqa: S105  (what every token starts with, so that a leaked one is recognised)
_TOKEN_BYTES = 32
_TOKEN_CHARS = len(TOKEN_PREFIX) + 43


def add_party(
    connection: Connection[Any],
    *,
    code: str,
    kind: PartyKind,
    name: str,
    status: PartyStatus = PartyStatus.ACTIVE,
    compliance_level: int = 3,
    blocked_reason: str = "",
) -> int:
    """Add a party, or bring the one with this code up to date (its kind never changes); returns its number.

    Raises:
        InvalidPartyCode: a trader's or broker's code is no tax code (ten digits with a right check digit, thirteen for a branch), another's
            not 2 to 20 of A-Z, 0-9 and hyphen; or the level is not 1..5; or the code is another kind's.
    """
    if kind in (PartyKind.TRADER, PartyKind.BROKER):
        _check_tax_code(code)
    party = Party(
        party_id=0,
        code=code,
        kind=kind,
        name=name,
        status=status,
        compliance_level=compliance_level,
        blocked_reason=blocked_reason,
    )
    try:
        with _change(connection, f"party {code}"):
            party_id = store.insert_party(connection, party)
            kept = store.party_by_id(connection, party_id)
            if kept is None or kept.kind is not kind:
                raise InvalidPartyCode(code)
    except CheckViolation as error:
        raise InvalidPartyCode(code) from error
    return party_id


def add_token(
    connection: Connection[Any],
    party_id: int,
    *,
    label: str,
    valid_from: datetime,
    valid_until: datetime,
    token: str | None = None,
) -> str:
    """Make a bearer token for a machine of the party and return it: it is shown this once, only its SHA-256 is kept.

    `token` registers one made before, on another server of the same installation; it must be new here and long enough not to be guessed.

    Raises:
        UnknownParty: no such party.
        TokenRefused: the given token is known already (perhaps revoked), or was not made by us, or its time is empty.
    """
    if token is None:
        token = make_token()
    elif not token.startswith(TOKEN_PREFIX) or not _TOKEN_CHARS <= len(token) <= MAX_TOKEN_CHARS:
        raise TokenRefused
    kept = Token(party_id=party_id, label=label, valid_from=valid_from, valid_until=valid_until)
    try:
        with _change(connection, f"token of {party_id}"), _of_a_known_party(party_id):
            store.insert_token(connection, token_sha256(token), kept)
    except (UniqueViolation, CheckViolation) as error:
        raise TokenRefused from error
    return token


def make_token() -> str:
    """Return a new token: 256 random bits after a prefix by which a leaked one is recognised."""
    return TOKEN_PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)


def revoke_token(connection: Connection[Any], token: str, at: datetime) -> bool:
    """Revoke a token for good; False when it is unknown or was revoked before."""
    with _change(connection, "token"):
        return store.revoke_token(connection, token_sha256(token), at)


def register_authority(connection: Connection[Any], raw: bytes, name: str) -> int:
    """Register a certification authority (PEM or DER) whose certificates are taken from now on; returns its number, the same for the same one.

    Raises:
        CertificateRefused: not a certificate, or not one of an authority.
    """
    certificate = read_certificate(raw)
    check_authority(certificate)
    with _change(connection, "authority"):
        return store.insert_authority(
            connection,
            thumbprint(certificate),
            name,
            certificate.public_bytes(Encoding.DER),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )


def revoke_authority(connection: Connection[Any], authority_id: int, at: datetime) -> bool:
    """Revoke an authority and everything it issued; False when it is unknown or was revoked before."""
    with _change(connection, "authority"):
        return store.revoke_authority(connection, authority_id, at)


def register_certificate(connection: Connection[Any], party_id: int, raw: bytes, at: datetime) -> bytes:
    """Register a certificate (PEM or DER) for a party; returns its thumbprint. Doing it again changes nothing.

    The chain to a registered authority, validity, key usage, kind of key, and the party's code in the subject are verified here, once; a
    message later costs one look-up and one signature.

    Raises:
        UnknownParty: no such party.
        CertificateRefused: any of these does not hold, or another party has registered it.
    """
    certificate = read_certificate(raw)
    party = store.party_by_id(connection, party_id)
    if party is None:
        raise UnknownParty(party_id)
    authority_id, issuer = _issuer(connection, certificate)
    checked = check_certificate(certificate, issuer, party.code, at)
    try:
        with _change(connection, f"certificate of {party_id}"):
            store.insert_certificate(connection, party_id, authority_id, checked)
            if store.certificate_holder(connection, checked.thumbprint_sha256) != party_id:
                raise _taken()
    except UniqueViolation as error:
        raise _taken() from error
    return checked.thumbprint_sha256


def revoke_certificate(connection: Connection[Any], thumbprint_sha256: bytes, at: datetime) -> bool:
    """Revoke a certificate from the instant `at`; False when it is unknown or was revoked before."""
    with _change(connection, "certificate"):
        return store.revoke_certificate(connection, thumbprint_sha256, at)


def apply_revocation_list(connection: Connection[Any], authority_id: int, raw_list: bytes) -> int:
    """Revoke what stands on an authority's DER revocation list, each from the instant the list gives; returns how many are new.

    Raises:
        CertificateRefused: the list is not signed by this authority, or the authority is unknown or revoked.
    """
    der = dict(store.authorities(connection)).get(authority_id)
    if der is None:
        raise CertificateRefused("Không có tổ chức cấp chứng thư số này.", "No such authority.")
    revoked = revoked_serials(raw_list, read_certificate(der))
    with _change(connection, "revocation list"):
        return store.revoke_serials(connection, authority_id, revoked)


def grant_mandate(
    connection: Connection[Any],
    *,
    grantor_id: int,
    agent_id: int,
    scope: Scope,
    valid_from: datetime,
    valid_until: datetime | None = None,
    offices: Iterable[str] = (),
) -> int:
    """Let `agent_id` act for `grantor_id` within `scope` from `valid_from` until before `valid_until`; returns the mandate's number.

    It holds for the customs `offices` that are named, by the codes of the law book's list `customs_office`; none named: for all.

    Raises:
        MandateOfficeUnknown: the law book does not have an office on the day the mandate begins.
        MandateOverlaps: the same two have the same scope at one of these offices in part of this time already.
        MandateRefused: to oneself, or for no time.
        UnknownParty: one of the two does not exist.
    """
    named = tuple(sorted(set(offices)))
    _check_offices(connection, named, vn_date(valid_from))
    try:
        with _change(connection, f"mandate of {grantor_id}"), _of_a_known_party(grantor_id, agent_id):
            number, previous = store.next_mandate(connection)
            granted = Mandate(
                mandate_id=number, grantor_id=grantor_id, agent_id=agent_id, scope=scope, valid_from=valid_from,
                valid_until=valid_until, offices=named,
            )  # fmt: skip
            store.insert_mandate(connection, granted, grant_digest(granted, previous))
            return number
    except ExclusionViolation as error:
        raise MandateOverlaps from error
    except CheckViolation as error:
        raise MandateRefused from error


def revoke_mandate(connection: Connection[Any], mandate_id: int, at: datetime) -> bool:
    """End a mandate at the instant `at`, or at its beginning when that lies ahead; False when it is unknown or was revoked before."""
    with _change(connection, "mandate"):
        found = store.mandate_to_end(connection, mandate_id)
        if found is None:
            return False
        valid_from, granted = found
        ends = max(at, valid_from)
        store.revoke_mandate(connection, mandate_id, ends, end_digest(granted, ends))
        return True


def set_enforcement(
    connection: Connection[Any], party_id: int, *, valid_from: date, valid_until: date | None, law: str
) -> int:
    """Stop the customs procedures of a party on Vietnamese dates `valid_from` <= day < `valid_until` (None: until lifted); returns its number.

    Raises:
        EnforcementRefused: one covers part of this time already, the time is reversed, or no law is named.
        UnknownParty: no such party.
    """
    enforcement = Enforcement(party_id=party_id, valid_from=valid_from, valid_until=valid_until, law=law)
    try:
        with _change(connection, f"enforcement of {party_id}"), _of_a_known_party(party_id):
            return store.insert_enforcement(connection, enforcement)
    except (ExclusionViolation, CheckViolation) as error:
        raise EnforcementRefused from error


def lift_enforcement(connection: Connection[Any], party_id: int, from_day: date) -> bool:
    """End the enforcement of a party: `from_day` is the first free day. False when none was in force on it."""
    with _change(connection, f"enforcement of {party_id}"):
        return store.end_enforcement(connection, party_id, from_day)


def add_member(
    connection: Connection[Any],
    *,
    party_id: int,
    person_id: int,
    role: MemberRole,
    valid_from: datetime,
    valid_until: datetime | None = None,
) -> int:
    """Let a person act on the pages for a party from `valid_from` until before `valid_until`; returns the number of the membership.

    Raises:
        MemberRefused: no such party, no time, or the person is a member of it for part of this time already.
    """
    try:
        with connection.transaction():
            return store.insert_member(connection, (party_id, person_id, role.value, valid_from, valid_until))
    except (ExclusionViolation, CheckViolation, ForeignKeyViolation) as error:
        raise MemberRefused from error


def end_memberships(connection: Connection[Any], person_id: int, at: datetime) -> int:
    """End every membership of a person at the instant `at`; returns how many were not ended before."""
    with connection.transaction():
        return store.end_memberships(connection, person_id, at)


def close_session_token(connection: Connection[Any], token: str) -> bool:
    """Revoke the token of a session of the pages, now; False when it is none, or was revoked before. The role of the pages may."""
    with connection.transaction():
        return store.close_session_token(connection, token_sha256(token))


def _check_offices(connection: Connection[Any], offices: tuple[str, ...], on: date) -> None:
    if not offices:
        return
    version = reference.latest_version(connection)
    listed = reference.values_of_lists(connection, version, "customs_office")["customs_office"]
    known = {value.code for value in listed if stands(value, on)}
    for office in offices:
        if office not in known:
            raise MandateOfficeUnknown(office)


def _check_tax_code(code: str) -> None:
    try:
        stdnum.vn.mst.validate(code)
    except ValidationError as error:
        raise InvalidPartyCode(code) from error
    if not code.isdigit():
        raise InvalidPartyCode(code)


def _issuer(connection: Connection[Any], certificate: X509Certificate) -> tuple[int, X509Certificate]:
    for authority_id, der in store.authorities(connection):
        authority = read_certificate(der)
        if is_issued_by(certificate, authority):
            return authority_id, authority
    raise CertificateRefused(
        "Chứng thư số không do tổ chức đã đăng ký nào cấp.", "The certificate was not issued by a registered authority."
    )


def _taken() -> CertificateRefused:
    return CertificateRefused(
        "Chứng thư số, hoặc số sê-ri của nó, đã được đăng ký cho đối tượng khác.",
        "The certificate, or its serial number, is registered for another party.",
    )


@contextmanager
def _change(connection: Connection[Any], what: str) -> Iterator[None]:
    with connection.transaction():
        yield
        store.notify(connection, what)


@contextmanager
def _of_a_known_party(*party_ids: int) -> Iterator[None]:
    try:
        yield
    except ForeignKeyViolation as error:
        raise UnknownParty(*party_ids) from error
