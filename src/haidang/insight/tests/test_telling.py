"""The answer of a what-if as a page shows it: bars and shares."""

import pytest

from haidang.insight.rules.telling import OTHERS, WHOLE, bars, share_bp


def changed(**differences: int) -> dict[str, dict[str, int]]:
    return {
        name: {"before_vnd": 1_000, "after_vnd": 1_000 + difference, "difference_vnd": difference}
        for name, difference in differences.items()
    }


@pytest.mark.parametrize(
    ("before", "difference", "share"),
    [(1_000, -83, -830), (1_000, 83, 830), (3, 1, 3_333), (3, -2, -6_667), (0, 5, None), (5, 0, 0)],
)
def test_a_share_is_in_basis_points_and_of_nothing_there_is_none(
    before: int, difference: int, share: int | None
) -> None:
    assert share_bp(before, difference) == share


def test_what_changes_most_comes_first_and_the_rest_is_summed_up() -> None:
    drawn = bars(changed(a=10, b=-400, c=200, d=1, e=2), 3)
    assert [(bar.name, bar.difference_vnd) for bar in drawn] == [("b", -400), ("c", 200), (OTHERS, 13)]
    assert drawn[-1].before_vnd == 3_000
    assert [(bar.left, bar.length) for bar in drawn] == [(0, WHOLE), (WHOLE, WHOLE // 2), (WHOLE, 33)]


def test_months_stand_in_their_order_and_all_of_them() -> None:
    drawn = bars(changed(**{f"m{number:02}": number for number in range(20)}), 3, by_name=True)
    assert [bar.name for bar in drawn] == [f"m{number:02}" for number in range(20)]


def test_where_nothing_changes_every_bar_is_nothing_and_rows_without_revenue_are_left_out() -> None:
    drawn = bars(changed(a=0, b=0) | {"c": {"before_vnd": 0, "after_vnd": 0, "difference_vnd": 0}}, 8)
    assert [(bar.name, bar.length) for bar in drawn] == [("a", 0), ("b", 0)]
