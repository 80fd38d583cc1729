"""Every condition, owner and state has a name in both languages, and refusals say the name, not the code."""

from datetime import UTC, datetime

import pytest

from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.clearance.terms.acts import Deed
from haidang.clearance.terms.naming import ACTS, CONDITIONS, OWNERS, POWERS, STATES
from haidang.clearance.terms.refusals import (
    ConditionAmbiguous,
    MoveRefused,
    NotTheirsToClose,
    PowerMissing,
    SettledAlready,
)
from haidang.organisation.terms import Act

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("names", "codes"), [(CONDITIONS, ConditionKind), (OWNERS, Owner), (STATES, State), (POWERS, Act)]
)
def test_every_code_has_a_name_of_its_own_in_both_languages(names, codes):
    assert set(names) == set(codes)
    for language in range(2):
        said = [pair[language] for pair in names.values()]
        assert all(said) and len(set(said)) == len(said)


@pytest.mark.parametrize(
    "refusal",
    [
        MoveRefused(State.TAX_PENDING, "attach"),
        MoveRefused(State.TAX_PENDING, "AMC"),
        SettledAlready(State.CLEARED, "PAYMENT", AT, "cancel (wrong_goods)"),
        *map(PowerMissing, Act),
        ConditionAmbiguous(ConditionKind.SPECIALISED_INSPECTION, (1, 2)),
        NotTheirsToClose(ConditionKind.DOCUMENT_CHECK, Owner.BANK, frozenset((Owner.CUSTOMS,))),
    ],
)
def test_a_refusal_says_names_and_no_codes(refusal):
    for text in (refusal.text_vi, refusal.text_en):
        assert not any(code.name in text for codes in (ConditionKind, Owner, State, Act) for code in codes)
        assert not any(code in text for code in ("AMC", "PAYMENT"))
    assert not any(code in refusal.text_vi for code in ("attach", "cancel"))
    assert refusal.text_vi != refusal.text_en


def test_every_deed_has_words_of_its_own_in_both_languages():
    assert set(Deed) <= set(ACTS)
    for language in range(2):
        said = [pair[language] for pair in ACTS.values()]
        assert all(said) and len(set(said)) == len(said)
