"""Public keys as the browser needs them, to know a signer's own key file by: thumbprint and public key of each P-256 certificate, base64url."""

from base64 import urlsafe_b64encode

from haidang.organisation import lookups as organisation
from haidang.parties import lookups as parties
from haidang.parties.terms import Algorithm
from haidang.portals.reading import reader
from haidang.portals.who import Who

Key = dict[str, str]


def officer_keys(who: Who) -> list[Key]:
    """Return those of the officer."""
    assert who.seat is not None, "the page is for officers"
    with reader().transaction(person_id=who.person_id) as transaction:
        held = organisation.seat_keys(transaction.connection, who.seat.officer_id)
    return [_key(each.thumbprint_sha256, each.spki) for each in held if each.algorithm == Algorithm.ES256]


def party_keys(party_id: int) -> list[Key]:
    """Return those of a party: a member who holds the key of one signs for it."""
    with reader().connection() as connection:
        held = parties.certificates_of(connection, party_id)
    return [_key(each.thumbprint_sha256, each.spki) for each in held if each.algorithm is Algorithm.ES256]


def _key(thumbprint_sha256: bytes, spki: bytes) -> Key:
    return {"thumbprint": _base64url(thumbprint_sha256), "spki": _base64url(spki)}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
