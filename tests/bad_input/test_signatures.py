"""Signatures that prove nothing: over other bytes, by others, ended, revoked, of a wrong kind, or absent. 0 of them is taken, nothing is stored."""

import hmac
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha1, sha256
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from haidang.parties import actions as parties
from haidang.parties.authority import issue, make_authority
from haidang.parties.lookups import read_directory
from haidang.parties.signing import HEADER, sign
from haidang.site.demo import people
from haidang.site.demo.keys import KeyFolder
from tests.bad_input.checks import codes_at, findings, problem
from tests.bad_input.messages import TRADER, message
from tests.bad_input.served import Served, owner_of

RAW = message("signed")


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def parts(served: Served, raw: bytes = RAW, code: str = TRADER) -> tuple[dict[str, Any], bytes]:
    """Return the protected members and the signature that the party makes of these bytes."""
    owner = owner_of(served.config.home, code)
    protected, _, signature = sign(raw, owner.private_key, owner.certificate).partition("..")
    return json.loads(urlsafe_b64decode(protected + "==")), urlsafe_b64decode(signature + "==")


def forged(served: Served, signature: bytes | None = None, text: str | None = None, **members: Any) -> str:
    """Return a header whose protected part has other members, rightly signed with the party's key unless a signature is given."""
    protected, _ = parts(served)
    protected = {name: value for name, value in {**protected, **members}.items() if value is not None}
    encoded = b64((text or json.dumps(protected, separators=(",", ":"))).encode())
    if signature is None:
        key = owner_of(served.config.home, TRADER).private_key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        r, s = decode_dss_signature(key.sign(encoded.encode() + b"." + RAW, ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{encoded}..{b64(signature)}"


def by_hmac(served: Served) -> str:
    """Return the classic confusion: the public key taken as the secret of an HMAC."""
    owner = owner_of(served.config.home, TRADER)
    spki = owner.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    protected, _ = parts(served)
    encoded = b64(json.dumps({**protected, "alg": "HS256"}).encode())
    return f"{encoded}..{b64(hmac.digest(spki, encoded.encode() + b'.' + RAW, 'sha256'))}"


def over(served: Served, raw: bytes, code: str = TRADER) -> str:
    owner = owner_of(served.config.home, code)
    return sign(raw, owner.private_key, owner.certificate)


def malleable(served: Served) -> str:
    """Return the twin of an ECDSA signature: (r, n - s) verifies too, with other characters."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    _, signature = parts(served)
    s = order - int.from_bytes(signature[32:], "big")
    return forged(served, signature[:32] + s.to_bytes(32, "big"))


Make = Callable[[Served], str | None]
SIGNATURES: dict[str, tuple[Make, str]] = {
    "none at all": (lambda _: None, "E9990"),
    "an empty one": (lambda _: "", "E9990"),
    "a word": (lambda _: "signed", "HD-SIG-MALFORMED"),
    "points alone": (lambda _: "..", "HD-SIG-MALFORMED"),
    "a JWS with its payload": (lambda s: over(s, RAW).replace("..", f".{b64(RAW[:300])}."), "HD-SIG-MALFORMED"),
    "with an empty signature": (lambda s: over(s, RAW).partition("..")[0] + "..", "HD-SIG-MALFORMED"),
    "two signatures": (lambda s: ",".join([over(s, RAW)] * 2), "HD-SIG-MALFORMED"),
    "padded": (lambda s: over(s, RAW) + "==", "HD-SIG-MALFORMED"),
    "of 3,000 characters": (lambda s: over(s, RAW) + "A" * 3_000, "HD-SIG-MALFORMED"),
    "over other bytes": (lambda s: over(s, RAW + b" "), "HD-SIG-BAD"),
    "over the bytes of another message": (lambda s: over(s, message("other")), "HD-SIG-BAD"),
    "over nothing": (lambda s: over(s, b""), "HD-SIG-BAD"),
    "of zeros": (lambda s: forged(s, bytes(64)), "HD-SIG-BAD"),
    "of ones": (lambda s: forged(s, b"\xff" * 64), "HD-SIG-BAD"),
    "cut by a byte": (lambda s: forged(s, parts(s)[1][:-1]), "HD-SIG-BAD"),
    "a byte longer": (lambda s: forged(s, parts(s)[1] + b"\x00"), "HD-SIG-BAD"),
    "one bit off": (lambda s: forged(s, bytes([parts(s)[1][0] ^ 1]) + parts(s)[1][1:]), "HD-SIG-BAD"),
    "of another party": (lambda s: over(s, RAW, people.trader_code(2)), "HD-SIG-PARTY"),
    "of its broker": (lambda s: over(s, RAW, people.broker_code(1)), "HD-SIG-PARTY"),
    "of customs": (lambda s: over(s, RAW, "03CC"), "HD-SIG-PARTY"),
    "alg none": (lambda s: forged(s, alg="none"), "HD-SIG-ALGORITHM"),
    "alg None": (lambda s: forged(s, alg="None"), "HD-SIG-ALGORITHM"),
    "alg HS256 with the public key": (by_hmac, "HD-SIG-ALGORITHM"),
    "alg ES384": (lambda s: forged(s, alg="ES384"), "HD-SIG-ALGORITHM"),
    "alg RS1": (lambda s: forged(s, alg="RS1"), "HD-SIG-ALGORITHM"),
    "alg of another kind of key, RS256": (lambda s: forged(s, alg="RS256"), "HD-SIG-ALGORITHM"),
    "alg of another kind of key, EdDSA": (lambda s: forged(s, alg="EdDSA"), "HD-SIG-ALGORITHM"),
    "alg a number": (lambda s: forged(s, alg=256), "HD-SIG-MALFORMED"),
    "without alg": (lambda s: forged(s, alg=None), "HD-SIG-MALFORMED"),
    "b64 true": (lambda s: forged(s, b64=True), "HD-SIG-MALFORMED"),
    "without b64": (lambda s: forged(s, b64=None), "HD-SIG-MALFORMED"),
    "without crit": (lambda s: forged(s, crit=None), "HD-SIG-MALFORMED"),
    "crit of another": (lambda s: forged(s, crit=["b64", "exp"]), "HD-SIG-MALFORMED"),
    "with a key of its own": (lambda s: forged(s, jwk={"kty": "EC"}), "HD-SIG-MALFORMED"),
    "with an address of a key": (lambda s: forged(s, jku="http://127.0.0.1/key"), "HD-SIG-MALFORMED"),
    "with a kid": (lambda s: forged(s, kid="../../dev/null"), "HD-SIG-MALFORMED"),
    "the certificate by SHA-1": (lambda s: forged(s, **{"x5t#S256": b64(sha1(b"a").digest())}), "HD-SIG-MALFORMED"),
    "a certificate nobody registered": (lambda s: forged(s, **{"x5t#S256": b64(sha256(b"a").digest())}), "HD-SIG-UNKNOWN"),
    "no certificate": (lambda s: forged(s, **{"x5t#S256": None}), "HD-SIG-MALFORMED"),
    "alg twice": (
        lambda s: forged(s, text=json.dumps(parts(s)[0])[:-1] + ',"alg":"ES256"}'),
        "HD-SIG-MALFORMED",
    ),
    "no JSON": (lambda s: forged(s, text="ES256"), "HD-SIG-MALFORMED"),
    "deep JSON": (lambda s: forged(s, text="[" * 700), "HD-SIG-MALFORMED"),
    "bytes that are no text": (lambda _: b64(b'{"alg":"\xd2"}') + ".." + b64(bytes(64)), "HD-SIG-MALFORMED"),
    "NUL in it": (lambda s: forged(s, text="\x00"), "HD-SIG-MALFORMED"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "code"), SIGNATURES.values(), ids=SIGNATURES)
def test_a_signature_that_proves_nothing_is_refused(general: Served, untouched: None, make: Make, code: str) -> None:
    assert codes_at(findings(general.send("lodgement", RAW, signature=make(general)))) == {(code, "")}


@pytest.mark.parametrize("seed", range(40))
def test_a_signature_of_chance_is_refused(general: Served, untouched: None, seed: int) -> None:
    garbage = sha256(str(seed).encode()).digest() * 2
    found = findings(general.send("lodgement", RAW, signature=forged(general, garbage)))
    assert codes_at(found) == {("HD-SIG-BAD", "")}


def test_the_twin_of_a_signature_gets_the_answer_of_the_message_and_stores_nothing(general: Served, rows: Any) -> None:
    twin, first = malleable(general), general.send("lodgement", RAW)
    before = rows.now()
    again = general.send("lodgement", RAW, signature=twin)
    assert (again.status, again.body) == (first.status, first.body) and first.status == 201
    assert rows.now() == before


def test_no_one_signs_for_the_owner_of_the_token(general: Served, untouched: None) -> None:
    raw = message("token-of-another")
    headers = general.credentials(raw) | {
        "authorization": f"Bearer {owner_of(general.config.home, people.trader_code(2)).token}"
    }
    found = findings(general.ask("POST", "/api/v1/declarations", headers, raw))
    assert codes_at(found) == {("HD-SENDER", "/sender")}


def test_a_registration_needs_a_signature_and_a_draft_none(general: Served) -> None:
    body = json.loads(message("draft"))
    draft = json.dumps({"procedure": "IDA", "declaration": body["declaration"]}).encode()
    saved = general.send("draft", draft, signature=None)
    assert saved.status == 201
    unsigned = json.dumps({"message_id": "r", "sender": TRADER, "procedure": "IDC", "draft_no": saved.json["draft_no"]})
    assert codes_at(findings(general.send("registration", unsigned.encode(), signature=None))) == {("E9990", "")}


class Holder:
    """Certificates of the first trader that are no longer, not yet, or never good."""

    def __init__(self, database: Any, served: Served) -> None:
        self.served = served
        self._dsn = database.dsn("owner")
        self._home = served.config.home

    def certified(self, key: Any, hours_ago: int = 0, hours: int = 720) -> tuple[Any, bytes]:
        """Register a certificate of a key, issued so many hours ago for so many hours. The authority itself began a day ago."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            directory = read_directory(connection)
            at = directory.read_at - timedelta(hours=hours_ago)
            _, certificate = issue(
                KeyFolder(self._home).authority(directory.read_at), TRADER, "Công ty Mẫu 001", at, key, hours / 24
            )
            raw = certificate.public_bytes(Encoding.DER)
            party_id = directory.by_code[TRADER].party_id
            return certificate, parties.register_certificate(connection, party_id, raw, min(at, directory.read_at))

    def revoke(self, thumbprint: bytes) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            at = read_directory(connection).read_at
            assert parties.revoke_certificate(connection, thumbprint, at)

    def lodge(self, raw: bytes, key: Any, certificate: Any, until: str) -> Any:
        """Send a message signed with it, again until the lane has heard of the certificate."""
        for _ in range(400):
            reply = self.served.send("lodgement", raw, signature=sign(raw, key, certificate))
            if reply.status == 201 or until in reply.body.decode():
                return reply
            time.sleep(0.05)
        raise AssertionError(reply.body.decode())


@pytest.fixture(scope="module")
def holder(land: Any, general: Served) -> Holder:
    return Holder(land, general)


def test_a_certificate_that_ended_signs_nothing(holder: Holder, rows: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = holder.certified(key, hours_ago=20, hours=10)
    before = rows.now()
    found = findings(holder.lodge(message("ended"), key, certificate, "HD-SIG-EXPIRED"))
    assert codes_at(found) == {("HD-SIG-EXPIRED", "")}
    assert rows.now() == before


def test_a_certificate_that_has_not_begun_signs_nothing(holder: Holder, rows: Any) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate, _ = holder.certified(key, hours_ago=-720)
    before = rows.now()
    found = findings(holder.lodge(message("not-begun"), key, certificate, "HD-SIG-NOT-YET"))
    assert codes_at(found) == {("HD-SIG-NOT-YET", "")}
    assert rows.now() == before


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate,
        lambda: ec.generate_private_key(ec.SECP256R1()),
    ],
    ids=["RSA", "Ed25519", "P-256"],
)
def test_a_certificate_signs_until_the_instant_it_is_revoked(
    holder: Holder, rows: Any, make: Callable[[], Any]
) -> None:
    key = make()
    certificate, thumbprint = holder.certified(key)
    name = thumbprint.hex()[:8]
    assert holder.lodge(message(f"revoked-{name}-1"), key, certificate, "never").status == 201
    holder.revoke(thumbprint)
    before = rows.now()
    found = findings(
        holder.served.send(
            "lodgement", message(f"revoked-{name}-2"), signature=sign(message(f"revoked-{name}-2"), key, certificate)
        )
    )
    assert codes_at(found) == {("HD-SIG-REVOKED", "")}
    assert rows.now() == before


def test_a_signature_with_weak_padding_or_hash_is_refused(holder: Holder, rows: Any) -> None:
    key = rsa.generate_private_key(65537, 2048)
    certificate, _ = holder.certified(key)
    assert holder.lodge(message("rsa"), key, certificate, "never").status == 201
    before = rows.now()
    raw = message("weak")
    protected = sign(raw, key, certificate).partition("..")[0]
    signed = protected.encode() + b"." + raw
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    weak = (
        key.sign(signed, padding.PKCS1v15(), hashes.SHA1()),
        key.sign(signed, pss, hashes.SHA256()),
        os.urandom(256),
        b"\x00" * 256,
    )
    for signature in weak:
        found = findings(holder.served.send("lodgement", raw, signature=f"{protected}..{b64(signature)}"))
        assert codes_at(found) == {("HD-SIG-BAD", "")}
    assert rows.now() == before


def test_a_certificate_of_an_unknown_authority_signs_nothing(general: Served, untouched: None) -> None:
    owner = owner_of(general.config.home, TRADER)
    at = owner.certificate.not_valid_before_utc
    key, certificate = issue(make_authority("Hải Đăng CA Mẫu", at), TRADER, "Công ty Mẫu 001", at)
    found = findings(general.send("lodgement", RAW, signature=sign(RAW, key, certificate)))
    assert codes_at(found) == {("HD-SIG-UNKNOWN", "")}


TOKENS = {
    "no header": None,
    "empty": "",
    "a word": "Bearer",
    "nothing after it": "Bearer ",
    "unknown": "Bearer hd_" + "A" * 43,
    "Basic": "Basic OTkwMDAxMDAwNzo=",
    "of 100,000 characters": "Bearer " + "a" * 100_000,
    "SQL": "Bearer ' OR '1'='1",
    "not ASCII": "Bearer mã-truy-cập",
    "full-width": "Ｂｅａｒｅｒ a",
}


@pytest.mark.parametrize("authorization", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_valid_token_the_answer_is_401(
    general: Served, untouched: None, authorization: str | None, method: str
) -> None:
    headers = general.credentials(RAW)
    if authorization is None:
        del headers["authorization"]
    else:
        headers["authorization"] = authorization
    body = problem(general.ask(method, "/api/v1/declarations", headers, RAW if method == "POST" else None), 401)
    assert body["type"] == "/problems/token"


def test_a_revoked_token_opens_nothing(general: Served, land: Any, rows: Any) -> None:
    with psycopg.connect(land.dsn("owner"), autocommit=True) as connection:
        directory = read_directory(connection)
        party_id, at = directory.by_code[TRADER].party_id, directory.read_at
        until = at + timedelta(days=1)
        token = parties.add_token(connection, party_id, label="thử", valid_from=at, valid_until=until)
        headers = {"authorization": f"Bearer {token}"}
        for status, change in ((200, None), (401, parties.revoke_token)):
            if change is not None:
                assert change(connection, token, at)
            until = time.monotonic() + 20
            while general.ask("GET", "/api/v1/declarations", headers).status != status:
                assert time.monotonic() < until
                time.sleep(0.05)
    before = rows.now()
    problem(general.ask("POST", "/api/v1/declarations", general.credentials(RAW) | headers, RAW), 401)
    assert rows.now() == before


@pytest.mark.parametrize("name", ["bearer", "BEARER", "bEaReR"])
def test_the_word_bearer_may_be_written_in_any_letters(general: Served, name: str) -> None:
    raw = message(f"written-{name}")
    token = owner_of(general.config.home, TRADER).token
    assert general.send("lodgement", raw, authorization=f"{name} {token}").status == 201


def test_the_header_of_the_signature_may_be_written_in_any_letters(general: Served) -> None:
    raw = message("header-letters")
    headers = general.credentials(raw)
    headers[HEADER.upper()] = headers.pop(HEADER.lower())
    assert general.ask("POST", "/api/v1/declarations", headers, raw).status == 201
