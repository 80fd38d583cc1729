"""An amendment after clearance: the value was 32,000 dollars and not 30,000."""

from tests.journeys.walking import consignment, kinds, line, lodged
from tests.passing.rig import HEAD


def test_a_higher_value_is_asked_for_accepted_and_paid(rig):
    number = lodged(rig, consignment())["declaration_no"]
    assert rig.pay(number, 163_044_000)[1]["cleared"]
    status, asked = rig.revise("AMC", number, consignment(line("32000")))
    assert status == 200 and asked["state"] == "cleared" and kinds(asked) == {"amendment"}
    # 776,400,000 becomes 828,160,000 đồng of value; duty and VAT are 10 %.
    assert asked["difference"] == {"import_duty_vnd": 5_176_000, "value_added_vnd": 5_693_600}
    assert (asked["additional_vnd"], asked["over_free_days"]) == (10_869_600, False)
    assert asked["interest_per_day_vnd"] == 3_261, "0.03 % of 10,869,600 is 3,260.88"
    status, done = rig.rule(number, "amendment", asked["register_no"], HEAD)
    assert status == 200 and (done["state"], done["outstanding_vnd"]) == ("amended", 10_869_600)
    assert done["declaration_no"] == number[:11] + "1"
    assert rig.pay(done["declaration_no"], 10_869_600)[1]["state"] == "amended"
    assert rig.violations() == []
