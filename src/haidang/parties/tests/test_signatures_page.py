"""docs/signatures.md names every reason for which a signature is refused, and its example makes a signature that is taken."""

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from haidang.parties.terms import SignatureFault
from haidang.parties.tests.build import BODY, NOW, a_directory, a_party, an_authority, registered

PAGE = Path(__file__).resolve().parents[4] / "docs" / "signatures.md"


def test_every_reason_is_on_the_page() -> None:
    named = re.findall(r"^\| `((?:E|HD-)[A-Z0-9-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(fault.code for fault in SignatureFault)


def test_the_example_works_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    party = a_party()
    key, certificate, kept = registered(an_authority(), party)
    (tmp_path / "my.cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "my.key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "message.json").write_bytes(BODY)
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, str] = {}
    exec(example, made)
    directory = a_directory(kept, parties=(party,))
    assert directory.check_signature(made["header"], BODY, party.party_id, NOW) == kept
