"""A flood of parcels beside general cargo: every parcel has its answer, and the goods of others go on meanwhile."""

from tests.journeys.walking import consignment, lodged
from tests.passing.parcels import in_green, parcels

OPERATORS = (2, 3, 4)
EACH = 500


def test_a_flood_of_parcels_is_taxed_paid_and_cleared_while_general_cargo_goes_on(rig):
    numbers, cargo = set(), []
    for operator in OPERATORS:
        answer = in_green(rig, parcels(EACH), operator=operator)
        cargo.append(lodged(rig, consignment())["declaration_no"])
        # Duty is exempt on 850,000 đồng; VAT is 10 %.
        assert (answer["accepted_count"], answer["refused_count"]) == (EACH, 0)
        assert answer["payable_vnd"] == answer["value_added_vnd"] == EACH * 85_000
        numbers |= {each["parcel_no"] for each in answer["parcels"]}
        status, paid = rig.pay(answer["list_no"], EACH * 85_000)
        assert status == 200 and (paid["cleared_count"], paid["waiting_count"]) == (EACH, 0)
    assert len(numbers) == EACH * len(OPERATORS)
    for number in cargo:
        assert rig.pay(number, 163_044_000)[1]["cleared"]
    assert rig.violations() == []
