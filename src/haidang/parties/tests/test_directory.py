"""The directory names who a token is, refuses each wrong signature by its own code, and knows mandates and enforcements by time."""

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from haidang.parties.lookups import Directory
from haidang.parties.signing import protected_header, sign
from haidang.parties.standing import Standings, offices_of
from haidang.parties.terms import Algorithm, Enforcement, Mandate, Scope, SignatureFault, SignatureRefused
from haidang.parties.tests.build import BODY, DAY, NOW, a_directory, a_party, an_authority, registered

AUTHORITY = an_authority()
PARTY = a_party(1)
OTHER = a_party(2)
KEY, X509, CERTIFICATE = registered(AUTHORITY, PARTY)


def fault(directory: Directory, header: str | None, party_id: int = 1, at=NOW) -> SignatureFault:
    with pytest.raises(SignatureRefused) as refusal:
        directory.check_signature(header, BODY, party_id, at)
    return refusal.value.fault


def test_a_token_is_its_partys_while_it_is_valid() -> None:
    directory = a_directory(parties=(PARTY,))
    assert directory.authenticate("hd_token") == PARTY
    assert directory.authenticate("hd_token", NOW + DAY) is None
    assert directory.authenticate("hd_token", NOW - DAY) is None
    assert directory.authenticate("hd_other") is None
    assert directory.authenticate("") is None
    assert directory.authenticate("x" * 10_000) is None


def test_a_right_signature_gives_its_certificate() -> None:
    directory = a_directory(CERTIFICATE, parties=(PARTY,))
    assert directory.check_signature(sign(BODY, KEY, X509), BODY, 1, NOW) == CERTIFICATE
    assert directory.certificate(CERTIFICATE.thumbprint_sha256) == CERTIFICATE


def test_each_wrong_signature_has_its_own_reason() -> None:
    header = sign(BODY, KEY, X509)
    directory = a_directory(CERTIFICATE, parties=(PARTY, OTHER))
    revoked = a_directory(registered(AUTHORITY, PARTY, KEY)[2], parties=(PARTY,))
    assert fault(directory, None) is SignatureFault.MISSING
    assert fault(directory, "x") is SignatureFault.MALFORMED
    assert fault(revoked, header) is SignatureFault.UNKNOWN_CERTIFICATE, (
        "a new certificate of the same key is another one"
    )
    assert fault(directory, header, party_id=2) is SignatureFault.OTHER_PARTY
    assert fault(directory, header, at=NOW + 365 * DAY) is SignatureFault.EXPIRED
    assert fault(directory, header, at=NOW - 2 * DAY) is SignatureFault.NOT_YET_VALID
    assert fault(directory, sign(BODY + b" ", KEY, X509)) is SignatureFault.BAD_SIGNATURE


def test_an_algorithm_other_than_the_keys_is_refused() -> None:
    forged = protected_header(Algorithm.EDDSA, CERTIFICATE.thumbprint_sha256)
    signature = sign(BODY, ed25519.Ed25519PrivateKey.generate(), X509).partition("..")[2]
    directory = a_directory(CERTIFICATE, parties=(PARTY,))
    assert fault(directory, f"{forged}..{signature}") is SignatureFault.WRONG_ALGORITHM


def test_a_revoked_certificate_signs_until_the_instant_it_was_revoked() -> None:
    key, certificate, kept = registered(AUTHORITY, PARTY, revoked_at=NOW + DAY)
    directory = a_directory(kept, parties=(PARTY,))
    header = sign(BODY, key, certificate)
    assert directory.check_signature(header, BODY, 1, NOW) == kept
    assert fault(directory, header, at=NOW + DAY) is SignatureFault.REVOKED


def test_who_signed_is_known_after_the_certificate_has_ended_but_only_for_the_bytes_that_were_signed() -> None:
    key, certificate, kept = registered(AUTHORITY, PARTY, revoked_at=NOW - DAY)
    directory = a_directory(kept, parties=(PARTY,))
    header = sign(BODY, key, certificate)
    assert fault(directory, header).of_standing
    assert directory.signed_with(header, BODY) == kept
    assert directory.signed_with(header, BODY + b" ") is None
    assert directory.signed_with(sign(BODY, KEY, X509), BODY) is None, "nobody here has this certificate"
    for nothing in (None, "x"):
        assert directory.signed_with(nothing, BODY) is None
    assert {each.name for each in SignatureFault if each.of_standing} == {"REVOKED", "EXPIRED", "OTHER_PARTY"}


def test_every_reason_has_a_code_and_texts_of_its_own() -> None:
    findings = [each.finding() for each in SignatureFault]
    assert len({finding.code for finding in findings}) == len(SignatureFault) == 9
    for finding in findings:
        assert all((finding.text_vi, finding.text_en, finding.repair_vi, finding.repair_en))
        assert finding.code == "E9990" or finding.code.startswith("HD-SIG-")


def test_a_mandate_holds_for_its_scope_and_its_time() -> None:
    mandate = Mandate(mandate_id=1, grantor_id=1, agent_id=2, scope=Scope.IMPORT, valid_from=NOW, valid_until=NOW + DAY)
    directory = a_directory(parties=(PARTY, OTHER), mandates=[mandate])
    assert directory.may_act(2, 1, Scope.IMPORT, NOW)
    assert not directory.may_act(2, 1, Scope.EXPORT, NOW)
    assert not directory.may_act(1, 2, Scope.IMPORT, NOW), "a mandate has a direction"
    assert not directory.may_act(2, 1, Scope.IMPORT, NOW + DAY)
    assert not directory.may_act(2, 1, Scope.IMPORT, NOW - DAY)
    assert directory.may_act(1, 1, Scope.EXPORT, NOW), "for itself"


def test_a_mandate_holds_for_the_offices_it_names_and_two_hold_together() -> None:
    terms = {"grantor_id": 1, "agent_id": 2, "scope": Scope.IMPORT, "valid_from": NOW, "valid_until": None}
    first = Mandate(mandate_id=1, offices=("02CI",), **terms)
    second = Mandate(mandate_id=2, offices=("01B3", "03CC"), **terms)
    one, both = (a_directory(parties=(PARTY, OTHER), mandates=each) for each in ([first], [first, second]))
    offices = ("02CI", "01B3", "03CC", "02CV", "")
    assert [one.may_act(2, 1, Scope.IMPORT, NOW, office) for office in offices] == [True, False, False, False, False]
    assert [both.may_act(2, 1, Scope.IMPORT, NOW, office) for office in offices] == [True, True, True, False, False]
    everywhere = a_directory(parties=(PARTY, OTHER), mandates=[Mandate(mandate_id=3, **terms)])
    assert all(everywhere.may_act(2, 1, Scope.IMPORT, NOW, office) for office in offices)


_OFFICES = st.sampled_from(("A", "B", "C"))


@given(st.lists(st.frozensets(_OFFICES), max_size=4), st.one_of(_OFFICES, st.just("")))
def test_mandates_in_force_cover_what_any_of_them_covers(named: list[frozenset[str]], office: str) -> None:
    """What the transaction of an act reads says the same as the picture in memory."""
    rows = [("0100109106", 2, int(Scope.IMPORT), sorted(offices)) for offices in named]
    standings = Standings({}, offices_of(rows), frozenset(), frozenset())
    kept = [
        Mandate(
            mandate_id=number, grantor_id=1, agent_id=2, scope=Scope.IMPORT, valid_from=NOW, valid_until=None, offices=tuple(sorted(offices)),
        )
        for number, offices in enumerate(named)
    ]  # fmt: skip
    covered = any(not offices or office in offices for offices in named)
    assert standings.may_act("0100109106", 2, Scope.IMPORT, office) is covered
    assert a_directory(parties=(PARTY, OTHER), mandates=kept).may_act(2, 1, Scope.IMPORT, NOW, office) is covered
    assert not standings.may_act("0100109106", 2, Scope.EXPORT, office), "another scope"
    assert not standings.may_act("0100109106", 3, Scope.IMPORT, office), "another agent"


def test_a_revoked_mandate_ends_at_that_instant_and_an_open_one_never() -> None:
    terms = {"grantor_id": 1, "agent_id": 2, "scope": Scope.EXPORT, "valid_until": None}
    ended = Mandate(mandate_id=1, valid_from=NOW - 9 * DAY, revoked_at=NOW, **terms)
    later = Mandate(mandate_id=2, valid_from=NOW + DAY, **terms)
    directory = a_directory(parties=(PARTY, OTHER), mandates=[ended, later])
    assert directory.mandate(2, 1, Scope.EXPORT, NOW - DAY) == ended
    assert directory.mandate(2, 1, Scope.EXPORT, NOW) is None
    assert directory.mandate(2, 1, Scope.EXPORT, NOW + 9000 * DAY) == later


def test_an_enforcement_covers_its_days_and_not_the_last() -> None:
    law = "QĐ mẫu"
    held = Enforcement(party_id=1, valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 3), law=law)
    directory = a_directory(parties=(PARTY, OTHER), enforcements=[held])
    assert [directory.enforcement(1, date(2026, 3, day)) for day in (1, 2, 3)] == [held, held, None]
    assert directory.enforcement(2, date(2026, 3, 1)) is None
