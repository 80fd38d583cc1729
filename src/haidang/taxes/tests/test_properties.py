"""What holds for every declaration, whatever it declares."""

from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from haidang.kernel.money import MAX_INT8
from haidang.taxes.rules import MAX_TOTAL_VND, assess, assess_batch, recompute, recompute_totals
from haidang.taxes.terms import Assessment
from haidang.taxes.tests.reference import e4, exact_values, reference, reference_totals
from haidang.taxes.tests.stacks import Stack, random_stack
from tests.examples import examples

RANDOM = st.randoms(use_true_random=False)
TOO_LARGE = {"E1056", "E0076"}


def assess_stack(stack: Stack) -> Assessment:
    """Assess, and make sure that only the size of totals may be complained of."""
    result = assess(*stack)
    assert {finding.code for finding in result.findings} <= TOO_LARGE
    assert not result.missing
    return result


def check_against_reference(stack: Stack) -> int:
    """Compare line by line and in total with exact fractions; return how many lines were compared."""
    result = assess_stack(stack)
    expected = reference(*stack)
    assert [line.customs_value_vnd_e4 for line in result.lines] == [line.value_e4 for line in expected]
    for line, other in zip(result.lines, expected, strict=True):
        amounts: dict[int, int] = {}
        for tax in line.taxes:
            amounts[tax.kind] = amounts.get(tax.kind, 0) + tax.amount_vnd_e4
        assert amounts == other.amounts_e4
    assert result.totals == reference_totals(expected)
    return len(expected)


def test_ten_thousand_stacks_equal_exact_fractions() -> None:
    random = Random(20260302)
    compared = 0
    while compared < 10_000:
        compared += check_against_reference(random_stack(random))


@given(RANDOM)
def test_any_stack_equals_exact_fractions(random: Random) -> None:
    check_against_reference(random_stack(random))


@given(RANDOM)
def test_a_batch_is_its_declarations_one_by_one(random: Random) -> None:
    stack = random_stack(random, lines=3)
    rates, tariff = stack.rates, stack.tariff
    several = [
        replace(stack.declared, items=items) for items in (stack.declared.items, stack.declared.items[:1], ())
    ] + [replace(stack.declared, invoice_currency_code="XAA")]
    assert assess_batch(several, tariff, rates) == [assess(each, tariff, rates) for each in several]


@given(RANDOM)
def test_the_lines_add_up_to_the_exact_value(random: Random) -> None:
    stack = random_stack(random)
    values = [line.customs_value_vnd_e4 for line in assess_stack(stack).lines]
    by_price = [i for i, item in enumerate(stack.declared.items) if item.declared_customs_value_e4 is None]
    exact = exact_values(stack.declared, stack.rates)
    assert sum(values[i] for i in by_price) == e4(sum((exact[i] for i in by_price), Fraction(0)))
    # Beside the remainder, which the largest line carries, no line is further from its exact value than half a ten-thousandth.
    off = sorted(abs(Fraction(values[i], 10_000) - exact[i]) for i in by_price)
    assert all(each <= Fraction(1, 20_000) for each in off[:-1])


@given(RANDOM, st.integers(1, 3))
def test_a_consignment_split_over_declarations_has_the_value_of_the_whole(random: Random, at: int) -> None:
    stack = random_stack(random, lines=4)
    items = tuple(replace(item, declared_customs_value_e4=None, adjustment_nos=()) for item in stack.declared.items)
    total = sum(item.invoice_value_e4 or 0 for item in items)
    whole = replace(stack.declared, items=items, allocation_total_e4=total)
    parts = assess_batch(
        [replace(whole, items=items[:at]), replace(whole, items=items[at:])], stack.tariff, stack.rates
    )
    value = assess(whole, stack.tariff, stack.rates).customs_value_vnd_e4
    # Each declaration is rounded once, half up: two of them stay within one ten-thousandth of a đồng.
    assert abs(sum(part.customs_value_vnd_e4 for part in parts) - value) <= 1


@given(RANDOM)
def test_the_order_of_the_lines_does_not_change_the_totals(random: Random) -> None:
    stack = random_stack(random, lines=4)
    shuffled = list(stack.declared.items)
    random.shuffle(shuffled)
    other = assess(replace(stack.declared, items=tuple(shuffled)), stack.tariff, stack.rates)
    result = assess_stack(stack)
    assert other.totals == result.totals
    assert other.customs_value_vnd_e4 == result.customs_value_vnd_e4


@given(RANDOM)
def test_no_figure_is_negative_and_every_amount_follows_from_what_is_stored(random: Random) -> None:
    result = assess_stack(random_stack(random))
    taxes = [tax for line in result.lines for tax in line.taxes]
    assert all(min(t.base_vnd_e4, t.amount_vnd_e4, t.relieved_vnd_e4) >= 0 for t in taxes)
    assert [recompute(tax) for tax in taxes] == [tax.amount_vnd_e4 for tax in taxes]
    assert recompute_totals(taxes) == result.totals


@given(RANDOM, st.integers(1, 10**12))
@settings(max_examples=examples(200))
def test_an_amount_beyond_64_bits_is_a_finding_and_never_wraps(random: Random, factor: int) -> None:
    stack = random_stack(random)
    items = tuple(
        replace(item, invoice_value_e4=(item.invoice_value_e4 or 0) * factor, adjustment_nos=())
        for item in stack.declared.items
    )
    declared = replace(stack.declared, items=items, allocation_total_e4=None, adjustments=())
    result = assess(declared, stack.tariff, stack.rates)
    expected = reference(declared, stack.tariff, stack.rates)
    everything = sum(line.value_e4 + sum(line.amounts_e4.values()) for line in expected)
    codes = {finding.code for finding in result.findings}
    if everything > MAX_INT8:
        assert codes == {"E0412"}
        assert (result.lines, result.totals) == ((), ())
    else:
        assert result.totals == reference_totals(expected)
        assert bool(codes & TOO_LARGE) == (result.payable_vnd > MAX_TOTAL_VND)
