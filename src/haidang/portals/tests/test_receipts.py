"""A receipt that is printed in parts is offered part by part, and no other part is asked for than one with a number."""

from types import SimpleNamespace

import pytest

from haidang.declarations.terms import PRINTED_LINES
from haidang.portals.views.receipts import _path, parts_of


@pytest.mark.parametrize(
    ("lines", "parts"),
    [(1, []), (PRINTED_LINES, []), (PRINTED_LINES + 1, [1, 2]), (3 * PRINTED_LINES, [1, 2, 3])],
)
def test_only_what_does_not_fit_one_print_has_parts(lines, parts):
    assert list(parts_of(lines)) == parts


@pytest.mark.parametrize(("said", "asked"), [("2", "?part=2"), ("", ""), ("2&officer=X", ""), ("٢", ""), ("99999", "")])
def test_a_part_is_a_number_of_few_digits_or_none(said, asked):
    request = SimpleNamespace(GET={"part": said} if said else {})
    assert _path(request, "103000000010") == f"declarations/103000000010/receipt{asked}"
