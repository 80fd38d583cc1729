"""A declaration cut into parts of fifty lines: joined again they are the whole, to the đồng, the gram and the package."""

from itertools import accumulate

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.declarations.rules.splitting import LINES_OF_A_PART, parts_of, share, split
from haidang.declarations.terms import DeclaredAdjustment
from haidang.declarations.tests import build
from haidang.taxes.rules import value
from tests.examples import examples

NUMBER = "103000000010"
USD = {"USD": 258_800_000, "VND": 10_000}


def cut(declared, taxes=None):
    """Return the parts, the customs values of the whole, and its taxes line by line with their totals."""
    values = value.customs_values(declared, USD, [])
    assert values is not None
    taxes = taxes or {
        "import_duty_vnd": [each // 20 for each in values],
        "value_added_vnd": [each // 10 + 7 for each in values],
    }
    totals = {kind: (2 * sum(each) + 10_000) // 20_000 for kind, each in taxes.items()}
    return split(declared, NUMBER, values, taxes, totals), values, totals


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**15), min_size=1, max_size=99))
def test_shares_add_up_and_none_is_off_by_a_unit(total, weights):
    shares = share(total, weights)
    assert sum(shares) == total and min(shares) >= 0
    whole = sum(weights)
    if whole:
        assert all(abs(each * whole - total * weight) < whole for each, weight in zip(shares, weights, strict=True))
    assert share(-total, weights) == [-each for each in shares]


lines = st.lists(
    st.tuples(st.integers(1, 10**11), st.sampled_from(["KGM", "PCE"]), st.booleans()), min_size=1, max_size=260
)
headers = st.fixed_dictionaries({
    "package_count": st.integers(1, 10**6),
    "container_count": st.none() | st.integers(0, 120),
    "extra_mass_g": st.integers(0, 10**7),
    "freight_e4": st.integers(1, 10**10),
    "insurance_e4": st.integers(1, 10**9),
    "shared_with": st.none() | st.integers(0, 10**12),
    "adjusted": st.booleans(),
})  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(lines, headers)
def test_the_parts_joined_are_the_whole(drawn, header):
    items = tuple(
        msgspec.structs.replace(
            build.goods_item(no), invoice_value_e4=price, unit_price_e6=None, unit_price_currency_code="", unit_price_unit_code="",
            unit_code=unit, adjustment_nos=(2,) if named and header["adjusted"] else (),
        )
        for no, (price, unit, named) in enumerate(drawn, 1)
    )  # fmt: skip
    prices = sum(item.invoice_value_e4 for item in items)
    adjustments = (
        DeclaredAdjustment("A", 1, "USD", 70_000),
        DeclaredAdjustment("E", 1, "USD", 990_000),
    ) if header["adjusted"] else ()  # fmt: skip
    net = sum(item.quantity_milli for item in items if item.unit_code == "KGM")
    declared = build.declaration(
        items=items, price_condition_code="FOB", package_count=header["package_count"], container_count=header["container_count"],
        gross_mass_g=net + header["extra_mass_g"], freight_code="A", freight_currency_code="USD", freight_e4=header["freight_e4"],
        insurance_code="A", insurance_currency_code="USD", insurance_e4=header["insurance_e4"], adjustments=adjustments,
        allocation_total_e4=None if header["shared_with"] is None else prices + header["shared_with"],
    )  # fmt: skip
    parts, values, totals = cut(declared)
    assert len(parts) == parts_of(len(items)) == parts[0].branch_count
    assert [part.line_to - part.line_from + 1 for part in parts] == [len(part.declaration.items) for part in parts]
    joined = [item for part in parts for item in part.declaration.items]
    assert [msgspec.structs.replace(item, line_no=no, adjustment_nos=()) for no, item in enumerate(joined, 1)] == [
        msgspec.structs.replace(item, adjustment_nos=()) for item in items
    ]
    assert sum(part.customs_value_vnd_e4 for part in parts) == sum(values)
    for kind, total in totals.items():
        assert sum(part.taxes_vnd[kind] for part in parts) == total
    for name in ("package_count", "gross_mass_g", "invoice_total_e4", "container_count"):
        whole = getattr(declared, name)
        shown = [getattr(part.declaration, name) for part in parts]
        assert (whole is None and set(shown) == {None}) or sum(shown) == whole
    if header["shared_with"] is None:
        assert sum(part.freight_e4 for part in parts) == declared.freight_e4
        assert sum(part.insurance_e4 for part in parts) == declared.insurance_e4
    for part in parts:
        own = sum(item.quantity_milli for item in part.declaration.items if item.unit_code == "KGM")
        assert part.declaration.gross_mass_g >= own
    # The old system values each branch from what it declares: every line comes out as here, but for where the remainder of rounding falls.
    again = [each for part in parts for each in value.customs_values(part.declaration, USD, [])]
    assert all(abs(there - here) <= len(items) for there, here in zip(again, values, strict=True))
    assert abs(sum(again) - sum(values)) <= len(parts)


def test_fifty_lines_are_one_declaration_as_it_stands_and_fifty_one_are_two():
    whole = build.declaration(LINES_OF_A_PART)
    ((only,), _, _) = cut(whole)
    assert only.declaration is whole and (only.branch_no, only.branch_count) == (1, 1)
    first, second = cut(build.declaration(LINES_OF_A_PART + 1))[0]
    assert first.declaration.particulars.first_declaration_no == "F" and first.declaration.particulars.branch_no == 1
    said = second.declaration.particulars
    assert (said.first_declaration_no, said.branch_no, said.branch_count) == (NUMBER, 2, 2)
    assert (second.line_from, second.line_to) == (51, 51)
    assert first.declaration.allocation_total_e4 == second.declaration.allocation_total_e4 == whole_price(51)


def whole_price(count):
    return sum(item.invoice_value_e4 for item in build.declaration(count).items)


def test_fewer_packages_than_parts_go_to_the_first_ones():
    parts = cut(build.declaration(120, package_count=2))[0]
    assert [part.declaration.package_count for part in parts] == [1, 1, 0]


@pytest.mark.parametrize("count", [1, 50, 51, 100, 4_950, 4_951, 5_000])
def test_so_many_lines_make_so_many_parts(count):
    assert parts_of(count) == len(list(accumulate(range(0, count, 50))))
