"""Certificates: an authority made on the spot, certificates issued by it, and what must hold before one of anybody's is registered.

The tax code (or short code) of the owner stands in the subject as serialNumber (OID 2.5.4.5). Certificates of public authorities in Viet Nam
carry it as user id `MST:` plus the code; both are read (the second from practice, *unverified*).
"""

import os
import re
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct

from haidang.parties.signing import PrivateKey, algorithm_of, thumbprint
from haidang.parties.terms import Algorithm, CertificateRefused

AUTHORITY_YEARS = 10
CERTIFICATE_DAYS = 730

_CODE_IN_USER_ID = re.compile(r"MST:([0-9]{10}(?:-?[0-9]{3})?)")
_YEAR = timedelta(days=365)
_SKEW = timedelta(days=1)
"""New certificates begin a day before the legal instant they are made at, so that a clock behind it can use them."""

_REFUSALS = {
    "der": ("Không đọc được chứng thư số.", "The certificate cannot be read."),
    "not an authority": (
        "Chứng thư này không phải của tổ chức cấp chứng thư số.",
        "This certificate is not one of a certification authority.",
    ),
    "issuer": (
        "Chứng thư số không do tổ chức đã đăng ký này cấp.",
        "The certificate was not issued by this registered authority.",
    ),
    "not an end": (
        "Chứng thư số của tổ chức cấp chứng thư không dùng để ký thông điệp.",
        "A certificate of an authority does not sign messages.",
    ),
    "usage": (
        "Chứng thư số không được phép dùng để ký.",
        "The key usage of the certificate does not allow signatures.",
    ),
    "validity": (
        "Chứng thư số, hoặc tổ chức cấp, đã hết hạn.",
        "The certificate, or its authority, has expired.",
    ),
    "code": (
        "Mã trong chứng thư số không phải mã của đối tượng đăng ký.",
        "The code in the certificate is not that of the party.",
    ),
    "list": (
        "Danh sách thu hồi không do tổ chức này ký.",
        "The revocation list is not signed by this authority.",
    ),
}


def _refusal(reason: str) -> CertificateRefused:
    return CertificateRefused(*_REFUSALS[reason])


class Authority(Struct, frozen=True):
    """A certification authority whose key we hold: for trials and tests, never for a real administration."""

    private_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


class Checked(Struct, frozen=True, kw_only=True):
    """What registering keeps of a certificate whose chain, usage, validity and owner were found right."""

    thumbprint_sha256: bytes
    serial: bytes
    algorithm: Algorithm
    der: bytes
    spki: bytes
    not_before: datetime
    not_after: datetime


def make_authority(name: str, at: datetime) -> Authority:
    """Make a self-signed P-256 authority that issues end certificates only, valid ten years from the instant `at`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        _builder(subject, subject, key.public_key(), at, at + AUTHORITY_YEARS * _YEAR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Authority(key, certificate)


def issue(
    authority: Authority,
    code: str,
    name: str,
    at: datetime,
    private_key: PrivateKey | None = None,
    days: int = CERTIFICATE_DAYS,
) -> tuple[PrivateKey, x509.Certificate]:
    """Issue a signing certificate to the party `code`; returns its key (a new P-256 one unless given) and the certificate.

    `days` counts from `at`; it never outlives the authority.
    """
    key = private_key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, code),
        ]
    )
    until = min(at + timedelta(days=days), authority.certificate.not_valid_after_utc)
    certificate = (
        _builder(subject, authority.certificate.subject, key.public_key(), at, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "content_commitment"), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.private_key.public_key()), critical=False
        )
        .sign(authority.private_key, hashes.SHA256())
    )
    return key, certificate


def revocation_list(authority: Authority, revoked: dict[int, datetime], at: datetime) -> bytes:
    """Return the signed DER revocation list of an authority: serial number to instant of revocation."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(at)
        .next_update(at + timedelta(days=7))
    )
    for serial, revoked_at in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(revoked_at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.private_key, hashes.SHA256()).public_bytes(Encoding.DER)


def read_certificate(raw: bytes) -> x509.Certificate:
    """Read one certificate, PEM or DER.

    Raises:
        CertificateRefused: the bytes are no certificate.
    """
    try:
        if raw.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(raw)
        return x509.load_der_x509_certificate(raw)
    except ValueError as error:
        raise _refusal("der") from error


def check_authority(certificate: x509.Certificate) -> None:
    """Refuse a certificate that may not sign certificates.

    Raises:
        CertificateRefused: no CA, or its key usage does not allow it.
    """
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except (x509.ExtensionNotFound, ValueError) as error:
        raise _refusal("not an authority") from error
    if not constraints.ca or not usage.key_cert_sign:
        raise _refusal("not an authority")


def check_certificate(certificate: x509.Certificate, issuer: x509.Certificate, code: str, at: datetime) -> Checked:
    """Return what to keep of a certificate that `issuer`, a registered authority, gave to the party `code`.

    Checked: signature and name of the issuer, that it is an end certificate for signatures, that neither has expired at `at` (a certificate
    that begins later may be registered early), that the subject carries the code, and that the key is of a kind that messages are signed with.

    Raises:
        CertificateRefused: any of these does not hold; the texts say which.
    """
    if not is_issued_by(certificate, issuer):
        raise _refusal("issuer")
    if _is_authority(certificate):
        raise _refusal("not an end")
    _check_usage(certificate)
    if at >= certificate.not_valid_after_utc or not issuer.not_valid_before_utc <= at < issuer.not_valid_after_utc:
        raise _refusal("validity")
    if code not in codes_in_subject(certificate):
        raise _refusal("code")
    key = certificate.public_key()
    return Checked(
        thumbprint_sha256=thumbprint(certificate),
        serial=_serial_bytes(certificate.serial_number),
        algorithm=algorithm_of(key),  # type: ignore[arg-type]  # refuses every other type of key
        der=certificate.public_bytes(Encoding.DER),
        spki=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Tell whether `issuer` is named as the issuer and its key signed the certificate."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def codes_in_subject(certificate: x509.Certificate) -> frozenset[str]:
    """Return the codes that the subject of a certificate carries: serialNumber as it stands, and `MST:` in a user id without its hyphen."""
    subject = certificate.subject
    codes = {str(each.value) for each in subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)}
    for each in subject.get_attributes_for_oid(NameOID.USER_ID):
        if found := _CODE_IN_USER_ID.fullmatch(str(each.value)):
            codes.add(found[1].replace("-", ""))
    return frozenset(codes)


def revoked_serials(raw_list: bytes, issuer: x509.Certificate) -> dict[bytes, datetime]:
    """Return the serial numbers on a DER revocation list, each with the instant of revocation.

    Raises:
        CertificateRefused: not a list, or not signed by `issuer`.
    """
    try:
        revocations = x509.load_der_x509_crl(raw_list)
        genuine = revocations.issuer == issuer.subject and revocations.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise _refusal("list") from error
    if not genuine:
        raise _refusal("list")
    return {_serial_bytes(each.serial_number): each.revocation_date_utc for each in revocations}


def write_private_key(path: Path, key: PrivateKey) -> None:
    """Write a key as PKCS#8 PEM into a new file that only its owner can read (0600).

    Raises:
        FileExistsError: a key is never overwritten.
    """
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(path, pem)


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file with mode 0600 from its first byte; an existing one is refused (FileExistsError)."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def read_private_key(path: Path) -> PrivateKey:
    """Read a PKCS#8 PEM key of a kind that messages are signed with (CertificateRefused for another)."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    algorithm_of(key)  # type: ignore[arg-type]
    return key  # type: ignore[return-value]


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes, at: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - _SKEW)
        .not_valid_after(until)
    )


def _usage(*allowed: str) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in allowed for name in names})


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False  # without basic constraints it is an end certificate (RFC 5280 section 4.2.1.9)


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return  # no extension, no restriction (RFC 5280 section 4.2.1.3)
    if not (usage.digital_signature or usage.content_commitment):
        raise _refusal("usage")


def _serial_bytes(serial: int) -> bytes:
    return serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big")
