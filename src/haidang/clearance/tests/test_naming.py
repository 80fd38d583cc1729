"""Every condition, owner and state has a name in both languages, and refusals say the name, not the code."""

import pytest

from haidang.clearance.terms import ConditionKind, Owner, State
from haidang.clearance.terms.naming import CONDITIONS, OWNERS, STATES
from haidang.clearance.terms.refusals import ConditionAmbiguous, MoveRefused, NotTheirsToClose


@pytest.mark.parametrize(("names", "codes"), [(CONDITIONS, ConditionKind), (OWNERS, Owner), (STATES, State)])
def test_every_code_has_a_name_of_its_own_in_both_languages(names, codes):
    assert set(names) == set(codes)
    for language in range(2):
        said = [pair[language] for pair in names.values()]
        assert all(said) and len(set(said)) == len(said)


@pytest.mark.parametrize(
    "refusal",
    [
        MoveRefused(State.TAX_PENDING, "attach"),
        ConditionAmbiguous(ConditionKind.SPECIALISED_INSPECTION, (1, 2)),
        NotTheirsToClose(ConditionKind.DOCUMENT_CHECK, Owner.BANK, frozenset((Owner.CUSTOMS,))),
    ],
)
def test_a_refusal_says_names_and_no_codes(refusal):
    for text in (refusal.text_vi, refusal.text_en):
        assert not any(code.name in text for codes in (ConditionKind, Owner, State) for code in codes)
    assert refusal.text_vi != refusal.text_en
