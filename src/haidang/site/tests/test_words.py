"""Every code that an answer can hold has words on the screen, in Vietnamese and English."""

import pytest

from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.gateway import words as called
from haidang.site.cli import words
from haidang.taxes.terms import TaxKind


@pytest.mark.parametrize(
    ("codes", "known"),
    [
        (ConditionKind, called.CONDITIONS),
        (Owner, called.OWNERS),
        (State, called.STATES),
        (TaxKind, called.TAXES),
    ],
    ids=["conditions", "owners", "states", "taxes"],
)
def test_every_code_has_words_in_both_languages(codes, known):
    assert set(known) == {each.name.lower() for each in codes}
    assert all(" · " in text for text in known.values())


def test_codes_are_counted_in_the_order_in_which_they_come():
    assert words.counted(["tax", "permit", "tax"]) == "tax × 2, permit"
    assert words.counted([]) == ""


def test_a_table_explains_only_what_is_in_it():
    assert words.explained(["tax", "permit", "tax"]) == "permit = giấy phép; tax = nộp thuế"


def test_an_instant_is_shown_to_the_second_and_none_as_nothing():
    assert words.moment("2026-03-02T08:00:13.351503+07:00") == "2026-03-02 08:00:13"
    assert words.moment(None) == ""
