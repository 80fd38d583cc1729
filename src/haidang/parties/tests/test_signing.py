"""A detached signature proves the exact bytes, and nothing that deviates from the agreed form is read."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from haidang.parties import signing
from haidang.parties.authority import issue
from haidang.parties.signing import PrivateKey, parse, sign, verify
from haidang.parties.terms import Algorithm, CertificateRefused, SignatureFault, SignatureRefused
from haidang.parties.tests.build import BODY, NOW, an_authority

KEYS: dict[Algorithm, PrivateKey] = {
    Algorithm.ES256: ec.generate_private_key(ec.SECP256R1()),
    Algorithm.RS256: rsa.generate_private_key(65537, 2048),
    Algorithm.EDDSA: ed25519.Ed25519PrivateKey.generate(),
}
CERTIFICATES = {algorithm: issue(an_authority(), "0100112437", "Mẫu", NOW, key)[1] for algorithm, key in KEYS.items()}


def signed(algorithm: Algorithm, raw: bytes = BODY) -> str:
    return sign(raw, KEYS[algorithm], CERTIFICATES[algorithm])


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def with_protected(**changed: object) -> str:
    """Return a header whose protected part differs in some members; a value of None leaves the member out."""
    protected, _, signature = signed(Algorithm.ES256).partition("..")
    members = json.loads(decoded(protected)) | changed
    return f"{encoded(json.dumps({k: v for k, v in members.items() if v is not None}).encode())}..{signature}"


def refused(header: str | None) -> SignatureFault:
    with pytest.raises(SignatureRefused) as refusal:
        parse(header)
    return refusal.value.fault


@pytest.mark.parametrize("algorithm", Algorithm)
def test_each_algorithm_signs_and_verifies(algorithm: Algorithm) -> None:
    parsed = parse(signed(algorithm))
    assert parsed.algorithm is algorithm
    assert parsed.thumbprint_sha256 == signing.thumbprint(CERTIFICATES[algorithm])
    assert verify(parsed, BODY, KEYS[algorithm].public_key())


@pytest.mark.parametrize("algorithm", Algorithm)
@given(raw=st.binary(max_size=300), place=st.integers(0, 10**6), flip=st.integers(1, 255))
def test_one_changed_byte_is_seen(algorithm: Algorithm, raw: bytes, place: int, flip: int) -> None:
    parsed = parse(signed(algorithm, raw))
    key = KEYS[algorithm].public_key()
    assert verify(parsed, raw, key)
    changed = bytearray(raw or b"\0")
    changed[place % len(changed)] ^= flip
    assert not verify(parsed, bytes(changed), key)
    assert not verify(parsed, raw + b"\n", key)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("other", Algorithm)
def test_a_signature_fits_no_key_of_another_kind_or_owner(algorithm: Algorithm, other: Algorithm) -> None:
    parsed = parse(signed(algorithm))
    stranger = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert verify(parsed, BODY, KEYS[other].public_key()) == (algorithm is other)
    assert not verify(parsed, BODY, stranger)


def test_the_signed_bytes_are_protected_point_body_as_rfc_7797_says() -> None:
    protected, _, signature = signed(Algorithm.EDDSA).partition("..")
    key = KEYS[Algorithm.EDDSA].public_key()
    assert isinstance(key, ed25519.Ed25519PublicKey)
    key.verify(decoded(signature), protected.encode() + b"." + BODY)
    members = json.loads(decoded(protected))
    assert members.keys() == {"alg", "b64", "crit", "x5t#S256"}
    assert (members["alg"], members["b64"], members["crit"]) == ("EdDSA", False, ["b64"])


def test_no_header_is_the_missing_signature_of_vnaccs() -> None:
    assert refused(None) is SignatureFault.MISSING
    assert refused("") is SignatureFault.MISSING
    assert SignatureFault.MISSING.finding().code == "E9990"


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384", "es256", ""])
def test_an_algorithm_never_taken_is_refused_by_name(alg: str) -> None:
    assert refused(with_protected(alg=alg)) is SignatureFault.WRONG_ALGORITHM


@pytest.mark.parametrize(
    "changed",
    [
        {"b64": True},
        {"b64": None},
        {"crit": ["b64", "exp"]},
        {"crit": []},
        {"crit": None},
        {"crit": "b64"},
        {"alg": None},
        {"alg": 7},
        {"x5t#S256": None},
        {"x5t#S256": "AAAA"},
        {"x5t#S256": "not base64!"},
        {"kid": "1"},
        {"jwk": {"kty": "EC"}},
        {"x5u": "http://127.0.0.1/"},
    ],
    ids=str,
)
def test_protected_parts_that_deviate_are_malformed(changed: dict[str, object]) -> None:
    assert refused(with_protected(**changed)) is SignatureFault.MALFORMED


def test_a_member_given_twice_is_malformed() -> None:
    protected, _, signature = signed(Algorithm.ES256).partition("..")
    twice = decoded(protected).replace(b'{"alg"', b'{"alg":"EdDSA","alg"')
    assert refused(f"{encoded(twice)}..{signature}") is SignatureFault.MALFORMED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p, s: f"{p}.{s}",
        lambda p, s: f"{p}.e30.{s}",
        lambda p, s: f"{p}..{s}.",
        lambda p, s: f"{p}..{s}=",
        lambda p, s: f"{p}..",
        lambda p, s: f"..{s}",
        lambda p, s: f"{p}== ..{s}",
        lambda p, s: f"{p}..{s[:-1]}+",
        lambda p, s: f" {p}..{s}",
        lambda p, s: f"{p}..{s}\n",
        lambda p, s: f"{p}..{'A' * 5000}",
        lambda p, s: f"{encoded(b'[]')}..{s}",
        lambda p, s: f"{encoded(bytes([255, 254]))}..{s}",
        lambda p, s: "ký",
    ],
)
def test_headers_that_deviate_are_malformed(spoil) -> None:
    protected, _, signature = signed(Algorithm.ES256).partition("..")
    assert refused(spoil(protected, signature)) is SignatureFault.MALFORMED


def test_a_signature_has_one_spelling() -> None:
    protected, _, signature = signed(Algorithm.ES256).partition("..")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(signature[-1])
    assert last % 16 == 0, "64 bytes leave four unused bits"
    assert refused(f"{protected}..{signature[:-1]}{alphabet[last + 1]}") is SignatureFault.MALFORMED


@given(header=st.text(max_size=200))
def test_any_text_is_either_read_or_refused(header: str) -> None:
    try:
        parse(header)
    except SignatureRefused as refusal:
        assert refusal.fault in SignatureFault


def test_a_der_signature_is_not_the_one_of_jws() -> None:
    key = KEYS[Algorithm.ES256]
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    protected = signed(Algorithm.ES256).partition("..")[0]
    der = key.sign(protected.encode() + b"." + BODY, signing.ec.ECDSA(signing._SHA256))
    assert not verify(parse(f"{protected}..{encoded(der)}"), BODY, key.public_key())


@pytest.mark.parametrize("r", [0, 2**256 - 1])
def test_numbers_outside_the_curve_are_a_bad_signature(r: int) -> None:
    protected = signed(Algorithm.ES256).partition("..")[0]
    header = f"{protected}..{encoded(r.to_bytes(32, 'big') * 2)}"
    assert not verify(parse(header), BODY, KEYS[Algorithm.ES256].public_key())


def test_what_is_remembered_is_bounded() -> None:
    for number in range(signing._REMEMBERED + 10):
        parse(f"{signing.protected_header(Algorithm.ES256, number.to_bytes(32, 'big'))}..AAAA")
        assert len(signing._remembered) <= signing._REMEMBERED


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 1024),
    ],
)
def test_weak_and_foreign_keys_sign_nothing(key: PrivateKey) -> None:
    with pytest.raises(CertificateRefused):
        sign(BODY, key, CERTIFICATES[Algorithm.ES256])
