"""Law that reaches back, over a served installation and by commands alone: drafted, published, compared, prepared by one officer and approved by another."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haidang.site.cli.client import read_sender
from haidang.site.demo import people
from haidang.site.tests.conftest import home_on
from haidang.site.tests.test_serving import Serving, until
from tests.pages.browsing import Installation
from tests.passing.parcels import parcel
from tests.passing.rig import CHECKER, HEAD, INSPECTOR

pytestmark = pytest.mark.processes

CODE = "39269059"
LINE = (f"commodity_code={CODE}", "schedule=B01", "from=2026-01-01", "rate=16", "instrument=26/2023/NĐ-CP", "article=1", "verified=no")  # fmt: skip


@pytest.fixture
def serving(cluster: Any, module_folder: Path) -> Iterator[Serving]:
    cluster.ensure_country()
    database = cluster.make(template="template_country")
    made = Serving(home_on(database, module_folder / "home"))
    yield made
    assert made.stop() == 0
    cluster.drop(database)


def test_a_version_that_reaches_back_is_booked_by_two_officers_through_the_commands(serving: Serving) -> None:
    def haidang(*arguments: str, status: int = 0) -> Any:
        ran = serving.home.haidang(*arguments, "--json")
        assert ran.status == status, ran.out + ran.err
        return ran.json

    partners, other = Installation(serving.home), people.officer_code("01NV", "head_of_unit")
    lodged = partners.lodge(1)
    partners.pay(lodged)
    number = lodged["declaration_no"]
    operator = people.trader_code(9)
    partners.send(
        "parcels", operator,
        {"message_id": "parcels", "sender": operator, "procedure": "MIC", "operator_code": operator, "customs_office_code": "03CC",
         "transport_document_no": "MAWB-1", "parcels": [parcel(1), parcel(2)]},
    )  # fmt: skip
    drafted = haidang("lawbook", "draft", "new", "Thuế suất áp dụng hồi tố (thử)", "--as", HEAD)["draft"]
    draft = str(drafted)
    haidang("lawbook", "draft", "set", draft, "tariff_lines", *LINE, "--as", HEAD)
    before = haidang("lawbook", "retro", "compare", "--draft", draft)
    assert number in {each["declaration_no"] for each in before["changed"]}, "the draft says so before it is published"
    haidang("lawbook", "draft", "submit", draft, "--as", HEAD)
    haidang("lawbook", "draft", "approve", draft, "--as", other)
    published = haidang("lawbook", "draft", "publish", draft, "--as", other)["version"]
    found = haidang("lawbook", "retro", "compare")
    (mine,) = (each for each in found["changed"] if each["declaration_no"] == number)
    assert found["version"] == published and mine["difference"]["import_duty"] > 0
    assert found["parcels_left_out"] == 2
    assert "2 parcels" in serving.home.haidang("lawbook", "retro", "compare").out
    haidang("lawbook", "retro", "prepare", "không có thẩm quyền", "--as", INSPECTOR, status=1)
    batch = haidang("lawbook", "retro", "prepare", "hồi tố", "--as", CHECKER)
    until(lambda: haidang("lawbook", "retro", "approve", str(batch["batch"]), "--as", HEAD)["decided"], "never booked")
    assert {each["outcome"] for each in haidang("lawbook", "retro", "show", str(batch["batch"]))} == {"accepted"}
    seen = partners.gateway.ask(
        f"/api/v1/declarations/{number}/versions", read_sender(partners.config, people.trader_code(1), None, None, None)
    )
    assert seen.body["adjustments"][0]["now_vnd"] == mine["now_vnd"]
    assert haidang("verify")["violations"] == 0
