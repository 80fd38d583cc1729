"""Every kind of declaration is lodged, checked, taxed and channelled on real PostgreSQL; earlier declarations are found there."""

from typing import Any

import pytest

from haidang.declarations.rules.kinds import ACCEPTED_KINDS, EXPORT_KINDS
from haidang.declarations.terms import Declaration
from haidang.declarations.tests import build
from haidang.declarations.tests.codes import codes_of_day
from haidang.kernel.calendar import vn_date
from haidang.site.demo import people
from haidang.taxes.rules import compile_treatments
from tests.passing.rig import FREE, PLAIN, Rig, declared, item

KINDS = codes_of_day().lists["declaration_kind"]
TREATMENTS = compile_treatments(codes_of_day().lists)


def later(rig: Rig) -> Any:
    """Return a day well after the legal day of the rig."""
    if not rig.lanes["general"]._hands:
        rig.lanes["general"]._take_up()
    with rig.lanes["general"]._connections[0].cursor() as cursor:
        day = vn_date(cursor.execute("SELECT now()").fetchone()[0])
    return day.replace(year=day.year + 1, day=1)


def of_kind(rig: Rig, kind_code: str, trader: int = 1, earlier_no: str = "", **changes: Any) -> Declaration:
    asks = KINDS[kind_code].attributes
    if asks["needs_earlier_declaration"] == "yes" and not earlier_no:
        status, answer = rig.lodge(of_kind(rig, asks["earlier_kind"].split()[0], trader))
        assert status == 201, answer
        earlier_no = answer["declaration_no"]
    header: dict[str, Any] = {"kind_code": kind_code, **changes}
    line: dict[str, Any] = {}
    if earlier_no:
        header["temporary_declaration_no"], line["temporary_line_no"] = earlier_no, 1
    if asks["temporary"] == "yes":
        header["return_due_on"] = later(rig)
    if kind_code in EXPORT_KINDS:
        out = build.export_item(1, commodity_code=FREE, **{**PLAIN, "tax_codes": ()}, **line)
        trader_code = people.trader_code(trader)
        return build.export_declaration(items=(out,), trader_code=trader_code, gross_mass_g=1_000_000, **header)
    return declared(trader, items=(item(**line),), **header)


@pytest.mark.parametrize("kind_code", sorted(ACCEPTED_KINDS))
def test_every_kind_is_registered_with_its_treatment_in_the_trace(rig, kind_code):
    status, answer = rig.lodge(of_kind(rig, kind_code))
    assert status == 201, answer
    assert answer["kind_code"] == kind_code and answer["channel"] in (1, 2, 3)
    told = answer["lines"][0].get("by_kind")
    treatments = TREATMENTS.get(kind_code)
    if treatments is None:
        assert told is None
        return
    assert answer["payable_vnd"] == 0
    assert [(each["law"], each["verified"]) for each in told] == [(each.law, False) for each in treatments.values()]
    undecided = {each["reason"] for each in answer["rates_missing"]}
    assert undecided <= {"kind_not_told", "confirmation_awaited", "no_rate_on_file"}
    assert bool(undecided) == ("rate" in {each["kind"] for each in answer["open_conditions"]})


def test_an_earlier_declaration_that_is_not_there_or_anothers_is_refused(rig):
    status, answer = rig.lodge(of_kind(rig, "G21", earlier_no="10999999999"))
    assert status == 422 and [each["code"] for each in answer["findings"]] == ["E8300"]
    of_another = rig.lodge(of_kind(rig, "G11", trader=2))[1]["declaration_no"]
    status, answer = rig.lodge(of_kind(rig, "G21", earlier_no=of_another))
    assert status == 422 and {each["code"] for each in answer["findings"]} <= {"E8300", "E8304"}


def test_an_amendment_cannot_name_an_earlier_declaration_that_is_not_there(rig):
    its = of_kind(rig, "G21")
    status, lodged = rig.lodge(its)
    assert status == 201, lodged
    other = of_kind(rig, "G21", earlier_no="10999999999")
    status, answer = rig.amend(lodged["declaration_no"], other)
    assert status == 422 and [each["code"] for each in answer["findings"]] == ["E8300"]


def test_what_was_registered_under_any_kind_is_derived_again(rig):
    rig.lodge(of_kind(rig, "E33"))
    assert rig.violations() == []
