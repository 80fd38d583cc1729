"""Detached signatures over raw bytes: JWS with an unencoded, detached payload (RFC 7515 appendix F, RFC 7797).

The header `X-JWS-Signature` holds `protected..signature`. The protected part has exactly four members: `alg` (ES256, RS256, EdDSA),
`b64` false, `crit` ["b64"], and `x5t#S256`, the SHA-256 of the registered certificate. What is signed is the protected part as sent, a point, and
the bytes of the body as sent: nothing is parsed or reformatted before it is verified. Pure cryptography: who owns the certificate and whether it is
valid today is told by `lookups.Directory`.
"""

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate as X509Certificate
from msgspec import Struct

from haidang.parties.terms import Algorithm, CertificateRefused, SignatureFault, SignatureRefused

HEADER: Final = "X-JWS-Signature"

PrivateKey = EllipticCurvePrivateKey | RSAPrivateKey | Ed25519PrivateKey
PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey

MAX_HEADER_CHARS: Final = 2_048
"""Longer values are refused unread: an RSA signature of 8,192 bits takes 1,366 characters."""
MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 8_192
_ES256_BYTES: Final = 64
_REMEMBERED: Final = 4_096

_SHA256 = hashes.SHA256()
_ECDSA_DIGEST = ec.ECDSA(Prehashed(_SHA256))
_RSA_DIGEST = Prehashed(_SHA256)
_PKCS1 = padding.PKCS1v15()


class Parsed(Struct, frozen=True):
    """A signature header taken apart. `signed_prefix` is the protected part as sent and the point that follows it in the signed bytes."""

    algorithm: Algorithm
    thumbprint_sha256: bytes
    signature: bytes
    signed_prefix: bytes


class _Protected(Struct, frozen=True, forbid_unknown_fields=True):
    alg: str
    b64: bool
    crit: list[str]
    x5t: str = msgspec.field(name="x5t#S256")


_protected_decoder = msgspec.json.Decoder(_Protected)
_remembered: dict[str, tuple[Algorithm, bytes, bytes]] = {}


def algorithm_of(key: PublicKey | PrivateKey) -> Algorithm:
    """Return the one algorithm a key signs with here: P-256 ES256, RSA of 2,048 to 8,192 bits RS256, Ed25519 EdDSA.

    Raises:
        CertificateRefused: a key of any other type, curve or size.
    """
    if isinstance(key, EllipticCurvePublicKey | EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return Algorithm.ES256
    if isinstance(key, RSAPublicKey | RSAPrivateKey) and MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        return Algorithm.RS256
    if isinstance(key, Ed25519PublicKey | Ed25519PrivateKey):
        return Algorithm.EDDSA
    raise CertificateRefused(
        "Chỉ nhận khóa P-256, RSA từ 2048 bit hoặc Ed25519.",
        "Only P-256, RSA of at least 2,048 bits and Ed25519 keys are taken.",
    )


def thumbprint(certificate: X509Certificate) -> bytes:
    """Return the SHA-256 of the DER certificate (x5t#S256): 32 bytes."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest()


def protected_header(algorithm: Algorithm, thumbprint_sha256: bytes) -> str:
    """Return the protected part for one key, base64url: it is the same for every message the key signs."""
    members = {"alg": algorithm.value, "b64": False, "crit": ["b64"], "x5t#S256": _encode(thumbprint_sha256)}
    return _encode(msgspec.json.encode(members))


def sign(raw: bytes, private_key: PrivateKey, certificate: X509Certificate) -> str:
    """Sign the exact bytes `raw`; returns the value of the header `X-JWS-Signature`."""
    algorithm = algorithm_of(private_key)
    protected = protected_header(algorithm, thumbprint(certificate))
    prefix = protected.encode() + b"."
    if isinstance(private_key, EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private_key.sign(_digest(prefix, raw), _ECDSA_DIGEST))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    elif isinstance(private_key, RSAPrivateKey):
        signature = private_key.sign(_digest(prefix, raw), _PKCS1, _RSA_DIGEST)
    else:
        signature = private_key.sign(prefix + raw)
    return f"{protected}..{_encode(signature)}"


def parse(header: str | None) -> Parsed:
    """Take a signature header apart, strictly: exactly the agreed members, canonical base64url without padding, nothing between the points.

    Protected parts repeat (one per key), so those seen are remembered, at most 4,096 of them.

    Raises:
        SignatureRefused: MISSING when there is no header, WRONG_ALGORITHM for one that is never taken (`none`, HS256 …), MALFORMED for
            any other deviation.
    """
    if not header:
        raise SignatureRefused(SignatureFault.MISSING)
    protected, points, encoded_signature = header.partition("..")
    if not points or len(header) > MAX_HEADER_CHARS:
        raise SignatureRefused(SignatureFault.MALFORMED)
    known = _remembered.get(protected)
    if known is None:
        known = _read_protected(protected)
        if len(_remembered) >= _REMEMBERED:
            _remembered.clear()
        _remembered[protected] = known
    algorithm, thumbprint_sha256, prefix = known
    return Parsed(algorithm, thumbprint_sha256, _decode(encoded_signature), prefix)


def verify(parsed: Parsed, raw: bytes, public_key: PublicKey) -> bool:
    """Tell whether `parsed` is the signature of `public_key` over the exact bytes `raw`.

    An algorithm that is not the key's own is False too: the type of the key decides how to verify, never the header.
    """
    try:
        if isinstance(public_key, EllipticCurvePublicKey):
            if parsed.algorithm is not Algorithm.ES256 or len(parsed.signature) != _ES256_BYTES:
                return False
            r, s = int.from_bytes(parsed.signature[:32], "big"), int.from_bytes(parsed.signature[32:], "big")
            public_key.verify(encode_dss_signature(r, s), _digest(parsed.signed_prefix, raw), _ECDSA_DIGEST)
        elif isinstance(public_key, RSAPublicKey):
            if parsed.algorithm is not Algorithm.RS256:
                return False
            public_key.verify(parsed.signature, _digest(parsed.signed_prefix, raw), _PKCS1, _RSA_DIGEST)
        else:
            if parsed.algorithm is not Algorithm.EDDSA:
                return False
            public_key.verify(parsed.signature, parsed.signed_prefix + raw)
    except InvalidSignature:
        return False
    return True


def _digest(prefix: bytes, raw: bytes) -> bytes:
    """Hash without joining: a body of megabytes is not copied."""
    digest = hashlib.sha256(prefix)
    digest.update(raw)
    return digest.digest()


def _read_protected(protected: str) -> tuple[Algorithm, bytes, bytes]:
    raw = _decode(protected)
    try:
        members = _protected_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SignatureRefused(SignatureFault.MALFORMED) from error
    # four names, four colons: a name given twice would let two readers see two headers
    if members.b64 or members.crit != ["b64"] or raw.count(b":") != 4:
        raise SignatureRefused(SignatureFault.MALFORMED)
    thumbprint_sha256 = _decode(members.x5t)
    if len(thumbprint_sha256) != 32:
        raise SignatureRefused(SignatureFault.MALFORMED)
    try:
        algorithm = Algorithm(members.alg)
    except ValueError as error:
        raise SignatureRefused(SignatureFault.WRONG_ALGORITHM) from error
    return algorithm, thumbprint_sha256, protected.encode() + b"."


def _encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Decode base64url; every value has one spelling only, so that no two headers mean the same."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise SignatureRefused(SignatureFault.MALFORMED) from error
    if not raw or _encode(raw) != text:
        raise SignatureRefused(SignatureFault.MALFORMED)
    return raw
