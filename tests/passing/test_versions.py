"""What a party may read of a declaration that was amended: as it stands, and every version with what it changed field by field."""

import json

import msgspec
from msgspec import structs

from haidang.gateway import answers, version_answers
from haidang.site.demo import people
from tests.passing.rig import CUSTOMS, declared
from tests.passing.test_amending import more
from tests.passing.test_closing import lodge_with

TRADER = people.trader_code(1)


def ask(rig, path, code=TRADER):
    response = rig.ask(path.removeprefix("/api/v1"), code)
    return response.status, json.loads(response.body)


def test_every_version_is_shown_with_its_figures_and_what_it_changed(rig):
    lodged = lodge_with(rig, 2)
    first = rig.amend(lodged["declaration_no"], declared(package_count=43, notes=""))[1]
    second = rig.amend(first["declaration_no"], more(2, package_count=43, notes=""))[1]
    for number in (lodged["declaration_no"], second["declaration_no"], lodged["declaration_no"][:11]):
        status, told = ask(rig, f"/api/v1/declarations/{number}/versions")
        assert status == 200 and told["declaration_no"] == second["declaration_no"]
    versions = told["versions"]
    assert [each["amendment_no"] for each in versions] == [0, 1, 2]
    assert [each["payable_vnd"] for each in versions] == [
        lodged["payable_vnd"],
        first["payable_vnd"],
        second["payable_vnd"],
    ]
    assert versions[1]["changes"] == first["changes"] and versions[1]["reason"] == "khai nhầm"
    packages = next(each for each in versions[1]["changes"] if each["pointer"] == "/declaration/package_count")
    assert (packages["old"], packages["new"]) == ("42", "43")
    assert packages["name_vi"] == "Số lượng kiện" and packages["name_en"] == "Number of packages"
    notes = next(each for each in versions[1]["changes"] if each["pointer"] == "/declaration/notes")
    assert (notes["old"], notes["new"]) == ("Hàng mới", "")


def test_a_declaration_is_shown_as_its_last_amendment_says(rig):
    lodged = lodge_with(rig, 2)
    amended = rig.amend(lodged["declaration_no"], more(2))[1]
    status, told = ask(rig, f"/api/v1/declarations/{lodged['declaration_no']}")
    assert status == 200 and told["declaration_no"] == amended["declaration_no"]
    assert told["payable_vnd"] == amended["payable_vnd"]
    assert {line["amount_vnd_e4"] for line in told["lines"]} == {
        tax["amount_vnd_e4"] for line in amended["lines"] for tax in line["taxes"]
    }
    listed = ask(rig, "/api/v1/declarations")[1]["declarations"]
    mine = next(each for each in listed if each["declaration_no"] == amended["declaration_no"])
    assert mine["payable_vnd"] == amended["payable_vnd"]


def test_versions_are_for_the_parties_of_the_declaration(rig):
    number = rig.lodge(declared())[1]["declaration_no"]
    path = f"/api/v1/declarations/{number}/versions"
    assert ask(rig, path, people.trader_code(7))[0] == 404
    assert ask(rig, "/api/v1/declarations/199999999990/versions")[0] == 404
    assert ask(rig, path, CUSTOMS)[0] == 200


def test_the_answers_are_those_the_description_of_the_interface_promises(rig):
    number = lodge_with(rig, 2)["declaration_no"]
    amended = rig.amend(number, more(2))[1]
    versions = ask(rig, f"/api/v1/declarations/{number}/versions")[1]
    told = {
        answers.Amended: amended,
        version_answers.VersionList: versions,
        answers.Cancellation: rig.cancel(amended["declaration_no"])[1],
    }
    for promised, body in told.items():
        msgspec.convert(body, promised, strict=False)
        # What the description gives a default may be left out; nothing else may, and nothing it does not name may be there.
        assert {each.name for each in structs.fields(promised) if each.required} <= set(body), promised
        assert set(body) <= set(promised.__struct_fields__), promised
    assert set(versions["versions"][0]) == set(version_answers.Version.__struct_fields__)
    decided = rig.decide(amended["declaration_no"])[1]
    msgspec.convert(decided, answers.Revised, strict=False)
    assert set(decided) <= set(answers.Revised.__struct_fields__)
