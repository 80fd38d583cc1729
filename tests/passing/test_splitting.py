"""The set of fifty lines each that the old system takes: asked for in three forms, its parts joined are the declaration, to the đồng."""

import csv
import io
import json
from typing import Any

import pytest
from lxml import etree

from haidang.site.demo import people
from tests.passing.rig import Rig, declared, item

TRADER, STRANGER = people.trader_code(1), people.trader_code(7)
LINES = 123


@pytest.fixture(scope="module")
def lodged(cluster: Any) -> Any:
    """A declaration of 123 lines, FOB with freight and insurance, and a way to ask about it."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    plain = item()
    lines = tuple(
        item(line_no=no, invoice_value_e4=plain.invoice_value_e4 + no * 1_111, unit_price_e6=None, unit_price_currency_code="", unit_price_unit_code="")
        for no in range(1, LINES + 1)
    )  # fmt: skip
    status, answer = rig.lodge(
        declared(
            items=lines, price_condition_code="FOB", freight_code="A", freight_currency_code="USD", freight_e4=98_765_400, insurance_code="A",
            insurance_currency_code="USD", insurance_e4=1_234_500, package_count=77, gross_mass_g=10**8 + 7,
        )
    )  # fmt: skip
    assert status == 201, answer
    yield rig, made, answer
    rig.close()
    cluster.drop(made)


def ask(lodged: Any, accept: str = "", number: str = "", party: str = TRADER, etag: str | None = None) -> Any:
    rig, _, answer = lodged
    return rig.ask(f"/declarations/{number or answer['declaration_no']}/split", party, accept=accept, etag=etag)


def test_the_parts_add_up_to_the_declaration_in_every_amount(lodged: Any) -> None:
    reply = ask(lodged)
    told, answer = json.loads(reply.body), lodged[2]
    assert reply.status == 200 and told["payable_vnd"] == answer["payable_vnd"] and told["taxes"] == {
        **told["taxes"], **{kind: amount for kind, amount in answer["taxes"].items() if kind != "customs_fee_vnd"},
    }  # fmt: skip
    parts = told["parts"]
    assert [(each["line_from"], each["line_to"]) for each in parts] == [(1, 50), (51, 100), (101, 123)]
    assert sum(each["payable_vnd"] for each in parts) == told["payable_vnd"]
    assert sum(each["customs_value_vnd_e4"] for each in parts) == told["customs_value_vnd_e4"]
    for kind, total in told["taxes"].items():
        assert sum(each["taxes"][kind] for each in parts) == total
    said = [each["declaration"] for each in parts]
    assert sum(each["package_count"] for each in said) == 77
    assert sum(round(float(each["gross_mass"]) * 1_000) for each in said) == 10**8 + 7
    assert [(each["first_declaration_no"], each["branch_no"], each["branch_count"]) for each in said] == [
        ("F", 1, 3), (answer["declaration_no"], 2, 3), (answer["declaration_no"], 3, 3),
    ]  # fmt: skip
    assert len({each["allocation_total"] for each in said}) == 1 and {each["freight"] for each in said} == {"9876.54"}
    assert sum(round(float(each["freight"]) * 10_000) for each in parts) == 98_765_400
    assert ask(lodged, etag=dict(reply.headers)["etag"]).status == 304


def test_the_set_as_xml_holds_a_declaration_of_the_model_for_each_branch(lodged: Any) -> None:
    reply = ask(lodged, "application/xml")
    root = etree.fromstring(reply.body)
    assert (root.get("declarationNo"), root.get("count")) == (lodged[2]["declaration_no"], "3")
    counts = [each.findtext("{*}GoodsItemQuantity") for each in root]
    assert counts == ["50", "50", "23"] and all(etree.QName(each).localname == "Declaration" for each in root)


def test_the_set_as_csv_has_a_row_for_each_line_under_its_branch(lodged: Any) -> None:
    reply = ask(lodged, "text/csv")
    rows = list(csv.DictReader(io.StringIO(reply.body.decode("utf-8-sig"))))
    assert [row["branch"] for row in rows] == ["1"] * 50 + ["2"] * 50 + ["3"] * 23
    heads = [row for row in rows if row["package_count"]]
    assert [row["first_declaration_no"] for row in heads] == ["F", *[lodged[2]["declaration_no"]] * 2]
    assert len({row["items.invoice_value"] for row in rows}) == LINES and "container_nos.1" not in rows[0]


def test_what_begins_like_a_formula_is_none_in_the_csv(lodged: Any) -> None:
    rig = lodged[0]
    number = rig.lodge(declared(notes="=1+1", counterparty_name="@SUM"))[1]["declaration_no"]
    text = ask(lodged, "text/csv", number).body.decode("utf-8-sig")
    assert "'=1+1" in text and "'@SUM" in text and ",=1+1" not in text


def test_a_stranger_and_another_form_get_nothing(lodged: Any) -> None:
    assert ask(lodged, party=STRANGER).status == 404
    reply = ask(lodged, "application/pdf")
    assert reply.status == 406 and b"text/csv" in reply.body


def test_a_short_declaration_is_a_set_of_one_without_branch(lodged: Any) -> None:
    rig = lodged[0]
    number = rig.lodge(declared())[1]["declaration_no"]
    (only,) = json.loads(ask(lodged, number=number).body)["parts"]
    assert only["branch_count"] == 1 and "first_declaration_no" not in only["declaration"]


def test_a_branch_of_a_set_is_not_lodged(lodged: Any) -> None:
    status, answer = lodged[0].lodge(declared(first_declaration_no="F", branch_no=1, branch_count=2))
    assert status == 422 and [each["code"] for each in answer["findings"]] == ["HD-ONE-DECLARATION"]
