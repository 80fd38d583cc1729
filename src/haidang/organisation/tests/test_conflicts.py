"""A conflict of interest holds from its first instant until before its last, with a firm and its branches, with who declares as with who trades."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from haidang.organisation.rules import conflict_digest, conflict_over, conflicts_of, is_party_code
from haidang.organisation.terms import Concerned, ConflictEvent, Relation

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
FIRM, BRANCH, PERSON = "0100109106", "0100109106001", "001099012345"


def an_event(party=FIRM, until=APRIL, number=1, event="recorded", event_no=1):
    return ConflictEvent(
        event_no=event_no, event=event, conflict_no=number, officer_code="03CC-01", party_code=party, relation=Relation.FAMILY, note="anh",
        valid_from=MARCH, valid_until=until, recorded_by="03CC-01", recorded_at=MARCH, digest=b"",
    )  # fmt: skip


def over(events, concerned, at=MARCH, party_ids=None):
    return conflict_over(conflicts_of(events, party_ids or {}), concerned, at)


@pytest.mark.parametrize(
    ("at", "holds"), [(MARCH - INSTANT, False), (MARCH, True), (APRIL - INSTANT, True), (APRIL, False)]
)
def test_it_holds_from_its_first_instant_until_before_its_last(at, holds):
    assert bool(over([an_event()], Concerned((FIRM,), 0), at)) is holds


@pytest.mark.parametrize(
    ("party", "code", "holds"),
    [(FIRM, FIRM, True), (FIRM, BRANCH, True), (BRANCH, FIRM, False), (BRANCH, BRANCH, True), (PERSON, PERSON, True), (FIRM, "0100109107", False)],
)  # fmt: skip
def test_a_firm_covers_its_branches_and_a_branch_itself(party, code, holds):
    assert bool(over([an_event(party)], Concerned((code,), 0))) is holds


def test_who_declares_and_who_entrusted_count_as_much_as_the_trader():
    assert over([an_event()], Concerned(("0312345678",), 7), party_ids={FIRM: (7,)})
    assert over([an_event()], Concerned(("0312345678", FIRM), 0))
    assert over([an_event()], Concerned(("0312345678",), 8), party_ids={FIRM: (7,)}) is None


def test_an_end_never_lengthens():
    earlier = APRIL - timedelta(days=9)
    for end, until in ((earlier, earlier), (APRIL + timedelta(days=9), APRIL)):
        (one,) = conflicts_of([an_event(), an_event(until=end, event="ended", event_no=2)], {})
        assert one.valid_until == until


def test_every_field_and_the_entry_before_are_in_the_digest():
    one = an_event()
    changed = [
        msgspec.structs.replace(one, **{name: value})
        for name, value in {
            "event_no": 2, "event": "ended", "conflict_no": 2, "officer_code": "X", "party_code": PERSON, "relation": Relation.OTHER,
            "note": "", "valid_from": APRIL, "valid_until": None, "recorded_by": "X", "recorded_at": APRIL,
        }.items()
    ]  # fmt: skip
    digests = [conflict_digest(one, b""), conflict_digest(one, b"x"), *(conflict_digest(each, b"") for each in changed)]
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize(
    ("code", "is_one"), [(FIRM, True), (PERSON, True), ("0100109107", False), ("", False), ("１００", False)]
)
def test_what_names_a_party(code, is_one):
    assert is_party_code(code) is is_one
