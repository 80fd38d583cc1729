"""A step that cannot be taken now is refused in words of both languages, whatever the step and wherever the file stands."""

from itertools import product

from haidang.rulings.terms import FileState, Outcome, RulingAct, StepNotNow


def test_every_step_in_every_state_is_refused_in_words_and_no_codes():
    for act, outcome, state in product(RulingAct, ("", *Outcome), FileState):
        refusal = StepNotNow(act, outcome, state)
        assert refusal.text_vi != refusal.text_en
        assert not any(each.name in refusal.text_vi + refusal.text_en for each in FileState)
        assert not any(code in refusal.text_vi for code in ("_", *RulingAct))
