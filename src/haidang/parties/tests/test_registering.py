"""What is registered was verified; tokens are kept hashed; every change tells the lanes."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from psycopg.errors import ExclusionViolation

from haidang.parties import actions
from haidang.parties.authority import Authority, issue, make_authority, revocation_list
from haidang.parties.lookups import CHANNEL, Directory, read_directory, token_sha256
from haidang.parties.signing import sign, thumbprint
from haidang.parties.terms import (
    CertificateRefused,
    EnforcementRefused,
    InvalidPartyCode,
    MandateOverlaps,
    MandateRefused,
    PartyKind,
    PartyStatus,
    Scope,
    SignatureFault,
    SignatureRefused,
    TokenRefused,
    UnknownParty,
)
from haidang.parties.tests.build import BODY, DAY, NOW, an_authority, tax_code

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(database: Any) -> Iterator[Connection]:
    """A connection of the role that administers parties, the owner."""
    with psycopg.connect(database.dsn("owner"), autocommit=True) as opened:
        yield opened


@pytest.fixture
def authority(connection: Connection) -> Authority:
    made = an_authority()
    actions.register_authority(connection, made.certificate.public_bytes(Encoding.PEM), "CA thử")
    return made


def a_trader(connection: Connection, code: str | None = None) -> tuple[int, str]:
    code = code or tax_code()
    return actions.add_party(connection, code=code, kind=PartyKind.TRADER, name="Công ty Mẫu"), code


def directory(database: Any) -> Directory:
    with psycopg.connect(database.dsn("ingest"), autocommit=True) as lane:
        return read_directory(lane)


def test_a_registered_certificate_signs_for_its_party(
    database: Any, connection: Connection, authority: Authority
) -> None:
    party_id, code = a_trader(connection)
    key, certificate = issue(authority, code, "Công ty Mẫu", NOW)
    print_ = actions.register_certificate(connection, party_id, certificate.public_bytes(Encoding.PEM), NOW)
    assert print_ == thumbprint(certificate)
    assert actions.register_certificate(connection, party_id, certificate.public_bytes(Encoding.DER), NOW) == print_
    everybody = directory(database)
    kept = everybody.check_signature(sign(BODY, key, certificate), BODY, party_id, NOW)
    assert kept.party_id == party_id and everybody.by_id[party_id].code == code
    assert actions.revoke_certificate(connection, print_, NOW)
    assert not actions.revoke_certificate(connection, print_, NOW)
    with pytest.raises(SignatureRefused) as refusal:
        directory(database).check_signature(sign(BODY, key, certificate), BODY, party_id, NOW)
    assert refusal.value.fault is SignatureFault.REVOKED


def test_a_certificate_of_a_foreign_authority_is_refused(connection: Connection, authority: Authority) -> None:
    party_id, code = a_trader(connection)
    foreign = make_authority("CA thử", NOW)
    assert foreign.certificate.subject == authority.certificate.subject, "a name proves nothing"
    certificate = issue(foreign, code, "x", NOW)[1]
    with pytest.raises(CertificateRefused):
        actions.register_certificate(connection, party_id, certificate.public_bytes(Encoding.DER), NOW)


def test_a_certificate_of_another_code_is_refused(connection: Connection, authority: Authority) -> None:
    party_id, _ = a_trader(connection)
    certificate = issue(authority, tax_code(), "x", NOW)[1]
    with pytest.raises(CertificateRefused, match="code"):
        actions.register_certificate(connection, party_id, certificate.public_bytes(Encoding.DER), NOW)


def test_an_expired_certificate_is_refused_and_a_future_one_waits(
    database: Any, connection: Connection, authority: Authority
) -> None:
    party_id, code = a_trader(connection)
    short = issue(authority, code, "x", NOW, days=10)[1].public_bytes(Encoding.DER)
    with pytest.raises(CertificateRefused, match="expired"):
        actions.register_certificate(connection, party_id, short, NOW + 10 * DAY)
    key, later = issue(authority, code, "x", NOW + 30 * DAY)
    actions.register_certificate(connection, party_id, later.public_bytes(Encoding.DER), NOW)
    with pytest.raises(SignatureRefused) as refusal:
        directory(database).check_signature(sign(BODY, key, later), BODY, party_id, NOW)
    assert refusal.value.fault is SignatureFault.NOT_YET_VALID


def test_an_authority_signs_no_messages_and_an_end_certificate_no_certificates(
    connection: Connection, authority: Authority
) -> None:
    party_id, code = a_trader(connection)
    ca = authority.certificate.public_bytes(Encoding.DER)
    with pytest.raises(CertificateRefused, match="does not sign messages"):
        actions.register_certificate(connection, party_id, ca, NOW)
    end = issue(authority, code, "x", NOW)[1].public_bytes(Encoding.DER)
    with pytest.raises(CertificateRefused, match="not one of"):
        actions.register_authority(connection, end, "giả")


def test_weak_keys_and_rubbish_are_refused(connection: Connection, authority: Authority) -> None:
    party_id, code = a_trader(connection)
    weak = issue(authority, code, "x", NOW, rsa.generate_private_key(65537, 1024))[1]
    for raw in (weak.public_bytes(Encoding.DER), b"-----BEGIN nothing", b"", b"\x30\x03\x02\x01\x01"):
        with pytest.raises(CertificateRefused):
            actions.register_certificate(connection, party_id, raw, NOW)


def test_a_certificate_belongs_to_one_party(connection: Connection, authority: Authority) -> None:
    party_id, code = a_trader(connection)
    raw = issue(authority, code, "x", NOW)[1].public_bytes(Encoding.DER)
    actions.register_certificate(connection, party_id, raw, NOW)
    with pytest.raises(UnknownParty):
        actions.register_certificate(connection, 2_000_000_000, raw, NOW)


def test_a_revocation_list_revokes_what_stands_on_it_and_must_be_genuine(
    database: Any, connection: Connection, authority: Authority
) -> None:
    ca = actions.register_authority(connection, authority.certificate.public_bytes(Encoding.DER), "CA thử")
    party_id, code = a_trader(connection)
    bad, good = (issue(authority, code, "x", NOW)[1] for _ in range(2))
    for each in (bad, good):
        actions.register_certificate(connection, party_id, each.public_bytes(Encoding.DER), NOW)
    genuine = revocation_list(authority, {bad.serial_number: NOW}, NOW)
    assert actions.apply_revocation_list(connection, ca, genuine) == 1
    assert actions.apply_revocation_list(connection, ca, genuine) == 0
    everybody = directory(database)
    assert everybody.certificate(thumbprint(bad)).revoked_at == NOW
    assert everybody.certificate(thumbprint(good)).revoked_at is None
    forged = revocation_list(an_authority(), {good.serial_number: NOW}, NOW)
    for raw in (forged, b"rubbish"):
        with pytest.raises(CertificateRefused):
            actions.apply_revocation_list(connection, ca, raw)


def test_a_revoked_authority_takes_its_certificates_along(database: Any, connection: Connection) -> None:
    made = an_authority()
    ca = actions.register_authority(connection, made.certificate.public_bytes(Encoding.DER), "CA thử")
    party_id, code = a_trader(connection)
    raw = issue(made, code, "x", NOW)[1].public_bytes(Encoding.DER)
    print_ = actions.register_certificate(connection, party_id, raw, NOW)
    assert actions.revoke_authority(connection, ca, NOW)
    assert directory(database).certificate(print_).revoked_at == NOW
    again = issue(made, code, "x", NOW)[1].public_bytes(Encoding.DER)
    with pytest.raises(CertificateRefused):
        actions.register_certificate(connection, party_id, again, NOW)


def test_a_token_is_shown_once_and_kept_hashed(database: Any, connection: Connection) -> None:
    party_id, _ = a_trader(connection)
    token = actions.add_token(connection, party_id, label="máy 1", valid_from=NOW, valid_until=NOW + DAY)
    row = connection.execute(
        "SELECT t::text, token_sha256 FROM party_token t WHERE party_id = %s", (party_id,)
    ).fetchone()
    assert row is not None and token not in row[0] and bytes(row[1]) == token_sha256(token)
    assert directory(database).authenticate(token, NOW).party_id == party_id
    assert actions.revoke_token(connection, token, NOW)
    assert not actions.revoke_token(connection, token, NOW)
    assert directory(database).authenticate(token, NOW) is None
    again = actions.add_token(
        connection, party_id, label="", valid_from=NOW, valid_until=NOW + DAY, token=actions.make_token()
    )
    assert directory(database).authenticate(again, NOW).party_id == party_id
    for refused in (token, again, "hd_short", "x" * 60, "hd_" + "x" * 200):
        with pytest.raises(TokenRefused):
            actions.add_token(connection, party_id, label="", valid_from=NOW, valid_until=NOW + DAY, token=refused)
    with pytest.raises(TokenRefused):
        actions.add_token(connection, party_id, label="", valid_from=NOW, valid_until=NOW)
    with pytest.raises(UnknownParty):
        actions.add_token(connection, 2_000_000_000, label="", valid_from=NOW, valid_until=NOW + DAY)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (PartyKind.TRADER, "0100112438"),
        (PartyKind.TRADER, "VCB"),
        (PartyKind.BROKER, "0100112437-001"),
        (PartyKind.BANK, "vcb"),
        (PartyKind.BANK, "X"),
        (PartyKind.PORT, "BẾN"),
    ],
)
def test_codes_that_are_none_are_refused(connection: Connection, kind: PartyKind, code: str) -> None:
    with pytest.raises(InvalidPartyCode):
        actions.add_party(connection, code=code, kind=kind, name="x")


def test_a_party_is_brought_up_to_date_but_never_becomes_another_kind(database: Any, connection: Connection) -> None:
    party_id, code = a_trader(connection)
    again = actions.add_party(
        connection,
        code=code,
        kind=PartyKind.TRADER,
        name="Tên mới",
        status=PartyStatus.SUSPENDED,
        compliance_level=5,
        blocked_reason="mẫu",
    )
    party = directory(database).by_code[code]
    assert again == party_id == party.party_id
    assert (party.name, party.status, party.compliance_level, party.blocked_reason) == (
        "Tên mới",
        PartyStatus.SUSPENDED,
        5,
        "mẫu",
    )
    with pytest.raises(InvalidPartyCode):
        actions.add_party(connection, code=code, kind=PartyKind.BROKER, name="x")
    with pytest.raises(InvalidPartyCode):
        actions.add_party(connection, code=code, kind=PartyKind.TRADER, name="x", compliance_level=6)
    assert directory(database).by_code[code] == party


def test_mandates_of_one_scope_never_overlap(database: Any, connection: Connection) -> None:
    grantor, agent = a_trader(connection)[0], a_trader(connection)[0]
    terms = {"grantor_id": grantor, "agent_id": agent}
    first = actions.grant_mandate(connection, **terms, scope=Scope.IMPORT, valid_from=NOW)
    with pytest.raises(MandateOverlaps):
        actions.grant_mandate(connection, **terms, scope=Scope.IMPORT, valid_from=NOW + DAY, valid_until=NOW + 2 * DAY)
    actions.grant_mandate(connection, **terms, scope=Scope.EXPORT, valid_from=NOW)
    assert actions.revoke_mandate(connection, first, NOW + DAY)
    assert not actions.revoke_mandate(connection, first, NOW + DAY)
    actions.grant_mandate(connection, **terms, scope=Scope.IMPORT, valid_from=NOW + 3 * DAY, valid_until=NOW + 4 * DAY)
    everybody = directory(database)
    assert [everybody.may_act(agent, grantor, Scope.IMPORT, NOW + n * DAY) for n in range(5)] == [
        True,
        False,
        False,
        True,
        False,
    ]
    with pytest.raises(MandateRefused):
        actions.grant_mandate(connection, grantor_id=agent, agent_id=agent, scope=Scope.IMPORT, valid_from=NOW)
    with pytest.raises(UnknownParty):
        actions.grant_mandate(connection, grantor_id=agent, agent_id=2_000_000_000, scope=Scope.IMPORT, valid_from=NOW)


@pytest.mark.parametrize(("first", "second"), [("{A,B}", "{B,C}"), ("{}", "{A}"), ("{A}", "{}"), ("{A,C}", "{B}")])
def test_the_table_itself_takes_no_two_mandates_for_one_office_at_one_time(
    connection: Connection, first: str, second: str
) -> None:
    grantor, agent = a_trader(connection)[0], a_trader(connection)[0]
    insert = (
        "INSERT INTO mandate (grantor_id, agent_id, scope, valid_from, offices, digest) VALUES (%s, %s, 1, %s, %s, %s)"
    )
    disjoint = not {*first[1:-1].split(",")} & {*second[1:-1].split(",")} and "{}" not in (first, second)
    with connection.transaction(force_rollback=True):
        connection.execute(insert, (grantor, agent, NOW, first, b"x" * 32))
        with nullcontext() if disjoint else pytest.raises(ExclusionViolation):
            connection.execute(insert, (grantor, agent, NOW + DAY, second, b"x" * 32))


def test_a_mandate_revoked_before_it_begins_never_holds(database: Any, connection: Connection) -> None:
    grantor, agent = a_trader(connection)[0], a_trader(connection)[0]
    terms = {"grantor_id": grantor, "agent_id": agent, "scope": Scope.IMPORT, "valid_from": NOW + DAY}
    assert actions.revoke_mandate(connection, actions.grant_mandate(connection, **terms), NOW)
    assert not directory(database).may_act(agent, grantor, Scope.IMPORT, NOW + 2 * DAY)
    actions.grant_mandate(connection, **terms)


def test_enforcement_stops_and_is_lifted(database: Any, connection: Connection) -> None:
    party_id, _ = a_trader(connection)
    day = NOW.date()
    actions.set_enforcement(connection, party_id, valid_from=day, valid_until=None, law="QĐ mẫu")
    assert directory(database).enforcement(party_id, day + DAY).law == "QĐ mẫu"
    with pytest.raises(EnforcementRefused):
        actions.set_enforcement(connection, party_id, valid_from=day + DAY, valid_until=None, law="QĐ mẫu 2")
    with pytest.raises(EnforcementRefused):
        actions.set_enforcement(connection, party_id, valid_from=day - 9 * DAY, valid_until=day - 8 * DAY, law="")
    assert actions.lift_enforcement(connection, party_id, day + DAY)
    assert not actions.lift_enforcement(connection, party_id, day + DAY)
    assert directory(database).enforcement(party_id, day) is not None
    assert directory(database).enforcement(party_id, day + DAY) is None


def test_every_change_tells_the_lanes_at_commit(database: Any, connection: Connection) -> None:
    with psycopg.connect(database.dsn("ingest"), autocommit=True) as lane:
        lane.execute(f"LISTEN {CHANNEL}")
        with pytest.raises(InvalidPartyCode):
            a_trader(connection, "0100112438")
        _, code = a_trader(connection)
        told = [note.payload for note in lane.notifies(timeout=5, stop_after=1)]
    assert told == [f"party {code}"]


def test_pages_see_no_token_and_lanes_change_nothing(database: Any) -> None:
    for role, statement in (
        ("app", "SELECT * FROM party_token"),
        ("app", "DELETE FROM party"),
        (
            "app",
            "INSERT INTO certificate_authority (sha256, name, der, not_before, not_after) VALUES ('', '', '', now(), now())",
        ),
        ("report", "SELECT der FROM party_certificate"),
        ("auditor", "SELECT token_sha256 FROM party_token"),
        ("ingest", "UPDATE party SET compliance_level = 1"),
    ):
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(database.dsn(role), autocommit=True) as opened, refused:
            opened.execute(statement)
    with psycopg.connect(database.dsn("auditor"), autocommit=True) as opened:
        opened.execute("SELECT label FROM party_token")


def test_the_app_role_changes_nobody_and_sees_neither_levels_nor_keys_nor_the_mandates_of_others(database: Any) -> None:
    with psycopg.connect(database.dsn("owner"), autocommit=True) as owner:
        grantor, agent = a_trader(owner)[0], a_trader(owner)[0]
        actions.grant_mandate(owner, grantor_id=grantor, agent_id=agent, scope=Scope.PAYMENT, valid_from=NOW)
    with psycopg.connect(database.dsn("app"), autocommit=True) as page:
        for forbidden in (
            "UPDATE party SET compliance_level = 1",
            "SELECT compliance_level FROM party",
            "SELECT blocked_reason FROM party",
            "SELECT * FROM party_certificate",
            "SELECT * FROM party_token",
            "SELECT * FROM enforcement",
            "DELETE FROM mandate",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                page.execute(forbidden)
        assert page.execute("SELECT count(*) FROM mandate").fetchone() == (0,)
        with page.transaction():
            page.execute("SELECT set_config('haidang.party_id', %s, true)", (str(agent),))
            assert page.execute("SELECT grantor_id FROM mandate").fetchall() == [(grantor,)]
