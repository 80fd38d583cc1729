"""Who signed: every signature fits its bytes, by a certificate of its sender that was valid then."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.journal.terms import Received
from haidang.organisation.lookups import read_powers
from haidang.organisation.rules import Powers
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.profiles import read_profiles, seal_faults
from haidang.parties.signing import parse, verify
from haidang.parties.terms import Aspect, Certificate
from haidang.reference import lookups as reference
from haidang.site.verifying_report import Report
from haidang.site.verifying_stored import Stored


def read_directory_for_audit(connection: psycopg.Connection[Any]) -> Directory:
    """Return parties and certificates; tokens are nobody's to read but the lanes'."""
    return read_directory(connection, tokens=False)


class People:
    """Parties and certificates, read again when somebody came after the first reading."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self.directory = read_directory_for_audit(connection)
        self.powers: Powers = read_powers(connection)

    def certificate(self, thumbprint: bytes) -> Certificate | None:
        found = self.directory.certificate(thumbprint)
        if found is None:
            self.directory = read_directory_for_audit(self._connection)
            self.powers = read_powers(self._connection)
            found = self.directory.certificate(thumbprint)
        return found


def check_profiles(connection: psycopg.Connection[Any], add: Callable[[str, str, str], None]) -> None:
    """Hold the province and size of every party against the lists of the law book on the first day of each, and every row against its seal."""
    lists = reference.values_of_lists(
        connection, reference.latest_version(connection), *(each.value for each in Aspect)
    )
    for subject in read_profiles(connection).unknown(lists):
        add("profiles", subject, "the law book has no such code on its first day")
    for number, fault in seal_faults(connection):
        add("profiles", f"profile {number}", fault)


def check_signatures(case: Stored, people: People, report: Report) -> None:
    """Every message of a declaration that made an act is signed by its sender; a draft is not signed."""
    acted = {entry.journal_seq: entry.acted_at for entry in case.entries}
    for message in case.messages:
        if message.journal_seq < REGISTERED_SEQ:
            continue
        check_signature(case.subject, message, acted.get(message.journal_seq), people, report)


def check_signature(subject: str, message: Received, at: datetime | None, people: People, report: Report) -> None:
    """A signature fits the bytes, by a certificate of the sender that was valid at the instant of the act (`at`; None: there is no act)."""
    report.messages += 1
    certificate = people.certificate(message.certificate_sha256)
    if certificate is None or certificate.party_id != message.sender_id:
        report.add("signatures", subject, f"message {message.message_id}: no certificate of its sender")
    elif not verify(parse(message.signature), message.raw, people.directory.public_key(certificate)):
        report.add("signatures", subject, f"message {message.message_id}: the signature does not fit the bytes")
    elif at is not None and not _was_valid(certificate, at):
        report.add("signatures", subject, f"message {message.message_id}: its certificate was not valid then")


def _was_valid(certificate: Certificate, at: datetime) -> bool:
    revoked = certificate.revoked_at is not None and certificate.revoked_at <= at
    return certificate.not_before <= at < certificate.not_after and not revoked
