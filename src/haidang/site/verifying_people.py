"""Who signed: every signature fits its bytes, by a certificate of its sender that was valid then; who acted for another held its mandate then."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
from msgspec import Struct

from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.clearance.lookups import OFFICE
from haidang.journal.terms import Received
from haidang.organisation.lookups import read_powers
from haidang.organisation.rules import Powers
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.mandates import mandate_faults
from haidang.parties.profiles import read_profiles, seal_faults
from haidang.parties.signing import parse, verify
from haidang.parties.terms import Aspect, Certificate, PartyKind, Scope
from haidang.reference import lookups as reference
from haidang.site.verifying_report import Report
from haidang.site.verifying_stored import Stored

_AGENTS = (PartyKind.TRADER, PartyKind.BROKER)
"""Who may act for another by its mandate; ports, banks, ministries and customs act as themselves."""
_CLOCKS = timedelta(seconds=5)
"""A mandate is asked for by the clock of the server of the parties, before the act bears the instant of its own server; a mandate ended meanwhile was in force when it was asked for."""


class Whose(Struct, frozen=True):
    """Whose file a message is about: a mandate of the trader of one of these scopes, for this customs office (empty: all), lets another act in it."""

    trader_code: str
    scopes: tuple[Scope, ...]
    office: str


def whose(trader_code: str, is_export: bool, office: str) -> Whose:
    """Return whose a declaration or list is."""
    return Whose(trader_code, (Scope.EXPORT if is_export else Scope.IMPORT,), office[:OFFICE])


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

    def may_act(self, sender_id: int, of: Whose, at: datetime) -> bool:
        """Tell whether a party could act in a file at an instant, as itself or by a mandate."""
        sender = self.directory.by_id.get(sender_id)
        if sender is None or sender.kind not in _AGENTS or sender.code == of.trader_code:
            return True
        if not self._had_mandate(sender_id, of, at):
            self.directory = read_directory_for_audit(self._connection)
        return self._had_mandate(sender_id, of, at)

    def _had_mandate(self, sender_id: int, of: Whose, at: datetime) -> bool:
        trader = self.directory.by_code.get(of.trader_code)
        return trader is not None and any(
            self.directory.mandate(sender_id, trader.party_id, scope, asked, of.office) is not None
            for scope in of.scopes
            for asked in (at, at - _CLOCKS, at + _CLOCKS)
        )


def check_mandates(connection: psycopg.Connection[Any], add: Callable[[str, str, str], None]) -> None:
    """Hold every mandate against its seal."""
    for number, fault in mandate_faults(connection):
        add("mandates", f"mandate {number}", fault)


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
    fact = case.declared.fact
    its = whose(fact("trader_code"), fact("is_export"), fact("customs_office_code"))
    for message in case.messages:
        if message.journal_seq < REGISTERED_SEQ:
            continue
        check_signature(case.subject, message, acted.get(message.journal_seq), its, people, report)


def check_signature(
    subject: str, message: Received, at: datetime | None, of: Whose, people: People, report: Report
) -> None:
    """A signature fits the bytes, by a certificate of the sender that was valid at the instant of the act (`at`; None: there is no act), and the sender could act then."""
    report.messages += 1
    certificate = people.certificate(message.certificate_sha256)
    if certificate is None or certificate.party_id != message.sender_id:
        report.add("signatures", subject, f"message {message.message_id}: no certificate of its sender")
    elif not verify(parse(message.signature), message.raw, people.directory.public_key(certificate)):
        report.add("signatures", subject, f"message {message.message_id}: the signature does not fit the bytes")
    elif at is not None and not _was_valid(certificate, at):
        report.add("signatures", subject, f"message {message.message_id}: its certificate was not valid then")
    elif at is not None and not people.may_act(message.sender_id, of, at):
        held = f"no mandate of {of.trader_code} for {of.office or 'all offices'} then"
        report.add("mandates", subject, f"message {message.message_id}: its sender held {held}")


def _was_valid(certificate: Certificate, at: datetime) -> bool:
    revoked = certificate.revoked_at is not None and certificate.revoked_at <= at
    return certificate.not_before <= at < certificate.not_after and not revoked
