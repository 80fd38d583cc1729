"""Builders of the room's tests: tax codes, an authority, certificates, a directory of two parties without a database."""

import random
from datetime import UTC, datetime, timedelta

import stdnum.vn.mst
from cryptography import x509

from haidang.parties.authority import Authority, check_certificate, issue, make_authority
from haidang.parties.lookups import Directory, token_sha256
from haidang.parties.signing import PrivateKey
from haidang.parties.terms import Certificate, Party, PartyKind, Token

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BODY = b'{"sender":"0100112437","message_id":"m-1"}'


def tax_code() -> str:
    """Return a random tax code with a right check digit."""
    while True:
        stem = f"0{random.randrange(10**8):08}"
        code = stem + stdnum.vn.mst.calc_check_digit(stem)
        if stdnum.vn.mst.is_valid(code):
            return code


def an_authority() -> Authority:
    """Return a new authority, valid since the day before `NOW`."""
    return make_authority("CA thử", NOW)


def registered(
    authority: Authority,
    party: Party,
    key: PrivateKey | None = None,
    at: datetime = NOW,
    days: int = 365,
    **changed: object,
) -> tuple[PrivateKey, x509.Certificate, Certificate]:
    """Return key, certificate, and the certificate as the directory keeps it."""
    private_key, certificate = issue(authority, party.code, party.name, at, key, days)
    checked = check_certificate(certificate, authority.certificate, party.code, at)
    kept = {
        "thumbprint_sha256": checked.thumbprint_sha256,
        "party_id": party.party_id,
        "algorithm": checked.algorithm,
        "spki": checked.spki,
        "not_before": checked.not_before,
        "not_after": checked.not_after,
    }
    return private_key, certificate, Certificate(**(kept | changed))


def a_party(party_id: int = 1, **changed: object) -> Party:
    """Return a trader."""
    values = {"party_id": party_id, "code": tax_code(), "kind": PartyKind.TRADER, "name": "Công ty Mẫu"}
    return Party(**(values | changed))


def a_directory(*certificates: Certificate, parties: tuple[Party, ...] = (), **more: object) -> Directory:
    """Return a directory read at `NOW` with one token `hd_token` of the first party."""
    token = (
        Token(party_id=parties[0].party_id, label="máy 1", valid_from=NOW, valid_until=NOW + DAY) if parties else None
    )
    tokens = [(token_sha256("hd_token"), token)] if token else []
    return Directory(NOW, parties, tokens, certificates, **more)
