"""Goods that claim an agreement are looked at when they were loaded in none of its countries; other goods never are."""

import pytest

from haidang.clearance.rules.consignment import consigned_otherwise
from haidang.declarations.tests import build

PARTIES = {
    "B01": frozenset(("KR", "CN")),
    "B04": frozenset(("SG", "TH", "VN")),
    "B05": frozenset(("CN", "SG", "TH", "VN")),
}
CLAIMS = ("B04", "B01", "B05", "")


def loaded_at(place, *schedules, **changes):
    items = tuple(build.goods_item(no, tariff_schedule_code=code) for no, code in enumerate(schedules or CLAIMS, 1))
    return consigned_otherwise(build.declaration(items=items, loading_place_code=place, **changes), PARTIES)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("THBKK", ""),
        ("SGZZZ", ""),
        ("VNZZZ", ""),
        ("CNSHA", "CNSHA: 1"),
        ("HKHKG", "HKHKG: 1, 3"),
        ("KRZZZ", "KRZZZ: 1, 3"),
        ("", ""),
    ],
)
def test_lines_are_told_whose_agreement_does_not_know_the_country_of_loading(place, told):
    assert loaded_at(place) == told


def test_most_favoured_nation_rates_and_open_schedules_ask_for_no_loading_place():
    assert loaded_at("JPTYO", "B01", "B03", "B14", "") == ""


def test_exports_are_not_asked():
    assert loaded_at("VNHPH", "B04", is_export=True) == ""
