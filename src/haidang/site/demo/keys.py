"""Keys, certificates and tokens of the demo country: files under HOME/demo/keys, readable by their owner alone."""

import os
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from haidang.parties.actions import make_token
from haidang.parties.authority import (
    Authority,
    codes_in_subject,
    is_issued_by,
    issue,
    make_authority,
    read_certificate,
    read_private_key,
    write_private_key,
    write_secret,
)
from haidang.parties.signing import PrivateKey

AUTHORITY_NAME = "Hải Đăng CA Mẫu"


class Credentials(Struct, frozen=True):
    """What a machine of one party needs: its bearer token, its private key and the certificate registered for it."""

    code: str
    token: str
    private_key: PrivateKey
    certificate: x509.Certificate


class KeyFolder:
    """The folder of keys of one home. What is missing is made, what no longer holds at the legal instant is made anew."""

    def __init__(self, home: Path) -> None:
        self.path = home / "demo" / "keys"

    def open(self) -> None:
        """Make the folder, 0700."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)

    def authority(self, at: datetime) -> Authority:
        """Return the authority of this home, valid at the instant `at`."""
        key_path, certificate_path = self.path / "ca.key.pem", self.path / "ca.cert.pem"
        if key_path.exists() and certificate_path.exists():
            kept = Authority(_p256(read_private_key(key_path)), read_certificate(certificate_path.read_bytes()))
            if _fits(kept.private_key, kept.certificate, at):
                return kept
        made = make_authority(AUTHORITY_NAME, at)
        key_path.unlink(missing_ok=True)
        write_private_key(key_path, made.private_key)
        _replace(certificate_path, made.certificate.public_bytes(Encoding.PEM))
        return made

    def credentials(
        self, code: str, name: str, authority: Authority, at: datetime, machine: str | None = None
    ) -> Credentials:
        """Return token, key and certificate of one party, made where they are missing or the certificate no longer holds.

        An officer signs with a key of their own (`code`), under the name and with the token of the office (`machine`).
        """
        holder = machine or code
        key_path, certificate_path = self._paths(code)
        if not key_path.exists():
            write_private_key(key_path, ec.generate_private_key(ec.SECP256R1()))
        key = read_private_key(key_path)
        certificate = read_certificate(certificate_path.read_bytes()) if certificate_path.exists() else None
        if certificate is None or not (
            _fits(key, certificate, at)
            and is_issued_by(certificate, authority.certificate)
            and holder in codes_in_subject(certificate)
        ):
            _, certificate = issue(authority, holder, name, at, key)
            _replace(certificate_path, certificate.public_bytes(Encoding.PEM))
        return Credentials(code, self._token(holder), key, certificate)

    def read(self, code: str, machine: str | None = None) -> Credentials:
        """Return what `credentials` made for one party or officer, changing nothing.

        Raises:
            FileNotFoundError: nothing was made for this code yet.
        """
        key_path, certificate_path = self._paths(code)
        token = (self.path / f"{machine or code}.token").read_text(encoding="ascii")
        return Credentials(code, token, read_private_key(key_path), read_certificate(certificate_path.read_bytes()))

    def _paths(self, code: str) -> tuple[Path, Path]:
        return self.path / f"{code}.key.pem", self.path / f"{code}.cert.pem"

    def _token(self, code: str) -> str:
        path = self.path / f"{code}.token"
        if not path.exists():
            write_secret(path, make_token().encode())
        return path.read_text(encoding="ascii")


def _fits(key: PrivateKey, certificate: x509.Certificate, at: datetime) -> bool:
    """Tell whether the certificate is of this key and holds at the instant `at`."""
    same = _spki(key.public_key()) == _spki(certificate.public_key())
    return same and certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _p256(key: PrivateKey) -> ec.EllipticCurvePrivateKey:
    assert isinstance(key, ec.EllipticCurvePrivateKey), "the authority of a demo is made with a P-256 key"
    return key


def _replace(path: Path, content: bytes) -> None:
    half = path.with_name(f".{path.name}.new")
    half.write_bytes(content)
    os.replace(half, path)
