"""`haidang ruling` against an installation that serves: a trader applies, two officers decide, everybody reads what is in force."""

import pytest

from haidang.site.demo import people
from haidang.site.tests.test_serving import Serving
from tests.passing.rig import CHECKER, FREE, HEAD

pytestmark = pytest.mark.processes

TRADER = people.trader_code(1)


def test_a_ruling_from_application_to_the_public_list(trial_home):
    serving = Serving(trial_home)

    def ruling(*arguments, status=0):
        ran = trial_home.haidang("ruling", *arguments, "--json")
        assert ran.status == status, ran
        return ran.json

    file = ruling(
        "apply", "code", "--goods", "Tấm nhựa", "--mark", "MAU-1", "--code", FREE, "--as", TRADER, "--text", "kèm ảnh"
    )
    number, common = file["application_no"], ("--for", TRADER, "--as")
    assert ruling("step", number, "complete", *common, CHECKER)["state"] == "analysis"
    ruling("decide", number, "--propose", "issue", "--code", FREE, "--text", "bằng nhựa", *common, CHECKER)
    refused = ruling("decide", number, "--approve", *common, CHECKER, status=1)
    assert "thẩm quyền quyết định về xác định trước" in refused["error"]
    decided = ruling("decide", number, "--approve", *common, HEAD)["rulings"][0]
    assert ruling("show", decided["ruling_no"], "--as", TRADER)["application_no"] == number
    assert [each["application_no"] for each in ruling("list", "--as", TRADER)] == [number]
    assert [each["ruling_no"] for each in ruling("list")] == [decided["ruling_no"]]
    assert serving.stop() == 0
