"""Criteria are data: compiled once, equal to reading them as trees, refused when they cannot be meant."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.risk.rules import compile_criteria, criteria_of, shares_of
from haidang.risk.terms import Channel, CriterionInvalid, Facts
from haidang.risk.tests.build import COMPILED, DAY, SAMPLES, SHARES, a_criterion, facts, leaf
from tests.examples import examples


def holds(node, of: Facts) -> bool:
    """The reference: read the tree as it stands."""
    if "all" in node:
        return all(holds(child, of) for child in node["all"])
    if "any" in node:
        return any(holds(child, of) for child in node["any"])
    have, value = getattr(of, node["field"]), node["value"]
    several = isinstance(have, tuple)
    return {
        "eq": lambda: have == value,
        "in": lambda: have in value,
        "gt": lambda: have > value,
        "ge": lambda: have >= value,
        "lt": lambda: have < value,
        "le": lambda: have <= value,
        "contains_any": lambda: any(text in value for text in have),
        "prefix_any": lambda: any(text.startswith(tuple(value)) for text in (have if several else (have,))),
    }[node["op"]]()


codes = st.sampled_from(("84831000", "85171300", "8517", "22082050", "39", "93", ""))
texts = st.sampled_from(("A11", "A12", "B11", "03CC", "1"))
prefixes = st.lists(st.sampled_from(("8", "84", "8517", "22", "93", "A1", "0")), min_size=1, max_size=3)
numbers = st.integers(-3, 6)
leaves = st.one_of(
    st.builds(leaf, st.sampled_from(("kind_code", "customs_office_code")), st.just("eq"), texts),
    st.builds(leaf, st.just("kind_code"), st.just("in"), st.lists(texts, min_size=1, max_size=3)),
    st.builds(leaf, st.sampled_from(("kind_code", "commodity_codes")), st.just("prefix_any"), prefixes),
    st.builds(
        leaf,
        st.sampled_from(("commodity_codes", "origin_country_codes")),
        st.just("contains_any"),
        st.lists(st.sampled_from(("84831000", "CN", "JP", "93")), min_size=1, max_size=3),
    ),
    st.builds(leaf, st.sampled_from(("is_export", "controlled")), st.just("eq"), st.booleans()),
    st.builds(
        leaf,
        st.sampled_from(("trader_level", "payable_vnd", "line_count")),
        st.sampled_from(("eq", "gt", "ge", "lt", "le")),
        numbers,
    ),
    st.builds(leaf, st.just("line_count"), st.just("in"), st.lists(numbers, min_size=1, max_size=3)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda word, nodes: {word: nodes}, st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=4)
    ),
    max_leaves=10,
)
some_facts = st.builds(
    facts,
    kind_code=texts,
    customs_office_code=texts,
    is_export=st.booleans(),
    controlled=st.booleans(),
    trader_level=numbers,
    payable_vnd=numbers,
    line_count=numbers,
    commodity_codes=st.lists(codes, max_size=4).map(tuple),
    origin_country_codes=st.lists(st.sampled_from(("CN", "JP", "KR")), max_size=3).map(tuple),
)


@given(st.lists(trees, max_size=12), st.lists(some_facts, min_size=1, max_size=8))
@settings(max_examples=examples(200), deadline=None)
@pytest.mark.processes
def test_compiled_criteria_equal_the_trees_read_as_they_stand(conditions, several):
    criteria = [a_criterion(condition, criterion_id=n + 1) for n, condition in enumerate(conditions)]
    compiled = compile_criteria(criteria, DAY)
    for one in several:
        expected = tuple(n + 1 for n, condition in enumerate(conditions) if holds(condition, one))
        assert compiled.hits(one) == expected
        assert compiled(one) == expected


@given(st.lists(some_facts, min_size=1, max_size=20))
@settings(max_examples=examples(25), deadline=None)
def test_the_sample_criteria_equal_their_trees(several):
    for one in several:
        assert COMPILED.hits(one) == tuple(each.criterion_id for each in SAMPLES if holds(each.condition, one))


def test_every_sample_criterion_can_hit_and_is_marked_sample():
    met = {
        "commodity_codes": tuple(
            value for each in SAMPLES for value in _values(each.condition, "commodity_codes", "prefix_any")
        ),
        "origin_country_codes": ("CN",),
        "tariff_schedule_codes": ("B04",),
        "customs_value_vnd": 10**12,
        "line_count": 50,
    }
    several = [
        facts(
            **met, kind_code=kind, is_export=export, trader_level=level, transport_mode_code=mode, payable_vnd=payable
        )
        for kind in ("A11", "C11", "A21", "A31", "G11", "E31", "H11")
        for export in (True, False)
        for level in (3, 5)
        for mode in ("1", "4")
        for payable in (0, 1)
    ]
    assert {hit for one in several for hit in COMPILED.hits(one)} == {each.criterion_id for each in SAMPLES}
    assert all(each.sample for each in SAMPLES)
    assert all(share.sample for share in SHARES.values())


def _values(node, field, op):
    for word in ("all", "any"):
        for child in node.get(word, ()):
            yield from _values(child, field, op)
    if node.get("field") == field and node.get("op") == op:
        yield from node["value"]


def test_an_ordinary_import_hits_nothing():
    assert COMPILED.hits(facts()) == ()


def test_only_criteria_in_force_on_the_day_are_asked():
    always = leaf("line_count", "ge", 1)
    criteria = [
        a_criterion(always, criterion_id=1, valid_until=DAY),
        a_criterion(always, criterion_id=2, valid_from=DAY),
        a_criterion(always, criterion_id=3, valid_from=date(2026, 3, 3)),
        a_criterion(always, criterion_id=4, valid_until=date(2026, 3, 3)),
    ]
    assert compile_criteria(criteria, DAY).hits(facts()) == (2, 4)


def test_no_text_of_a_value_is_ever_program():
    attack = "x'); import os; (\""
    criterion = a_criterion({"any": [leaf("kind_code", "eq", attack), leaf("commodity_codes", "prefix_any", [attack])]})
    compiled = compile_criteria([criterion], DAY)
    assert compiled.hits(facts(kind_code=attack)) == (1,)
    assert compiled.hits(facts()) == ()
    assert "import" not in str(compiled.hits.__code__.co_consts)
    assert compiled.hits.__globals__["__builtins__"] == {}


def test_memory_of_texts_stays_bounded(monkeypatch):
    monkeypatch.setattr("haidang.risk.rules._MAX_REMEMBERED", 4)
    compiled = compile_criteria([a_criterion(leaf("commodity_codes", "prefix_any", ["84"]))], DAY)
    for number in range(50):
        assert compiled.hits(facts(commodity_codes=(f"84{number:06}",))) == (1,)
        assert compiled.hits(facts(commodity_codes=(f"85{number:06}",))) == ()
    remembered = [table for name, table in compiled.hits.__globals__.items() if name.startswith("prefixes")]
    assert 0 < max(map(len, remembered)) <= 4


nested = leaf("line_count", "eq", 1)
for _ in range(12):
    nested = {"all": [nested]}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({}, "all, any"),
        ([], "an object"),
        ({"all": []}, "at least one"),
        ({"all": "x"}, "at least one"),
        ({"all": [leaf("line_count", "eq", 1)], "any": [leaf("line_count", "eq", 1)]}, "all, any"),
        ({"not": [leaf("line_count", "eq", 1)]}, "not"),
        ({"field": "line_count", "op": "eq"}, "all, any"),
        (leaf("__class__", "eq", "x"), "no field"),
        (leaf("secret", "eq", "x"), "no field"),
        (leaf("line_count", "prefix_any", ["1"]), "line_count knows"),
        (leaf("kind_code", "gt", "A"), "kind_code knows"),
        (leaf("commodity_codes", "eq", "84"), "commodity_codes knows"),
        (leaf("controlled", "in", [True]), "controlled knows"),
        (leaf("line_count", "eq", True), "needs int"),
        (leaf("line_count", "eq", 1.0), "needs int"),
        (leaf("line_count", "eq", "1"), "needs int"),
        (leaf("line_count", "gt", 2**63), "64-bit"),
        (leaf("controlled", "eq", 1), "needs bool"),
        (leaf("kind_code", "eq", None), "needs str"),
        (leaf("kind_code", "in", "A11"), "list"),
        (leaf("kind_code", "in", []), "list"),
        (leaf("kind_code", "in", ["A11", 5]), "needs str"),
        (leaf("commodity_codes", "prefix_any", [""]), "needs str"),
        (leaf("commodity_codes", "prefix_any", [["84"]]), "needs str"),
        ({"any": [leaf("line_count", "eq", n) for n in range(201)]}, "200 leaves"),
        (nested, "deep"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused_with_the_reason(condition, reason):
    with pytest.raises(CriterionInvalid, match=reason) as refusal:
        compile_criteria([a_criterion(condition, criterion_id=7)], DAY)
    assert "criterion 7" in str(refusal.value)


def test_an_expired_criterion_is_checked_all_the_same():
    with pytest.raises(CriterionInvalid):
        compile_criteria([a_criterion({}, valid_until=date(2021, 1, 1))], DAY)


def test_ids_are_unique_and_periods_run_forward():
    always = leaf("line_count", "ge", 1)
    with pytest.raises(CriterionInvalid, match="twice"):
        compile_criteria([a_criterion(always), a_criterion(always)], DAY)
    with pytest.raises(CriterionInvalid, match="not after"):
        compile_criteria([a_criterion(always, valid_until=date(2020, 1, 1))], DAY)
    with pytest.raises(CriterionInvalid, match="from 1"):
        compile_criteria([a_criterion(always, criterion_id=0)], DAY)


HEADER = "criterion_id,name,condition,channel,valid_from,valid_until,sample\n"


@pytest.mark.parametrize(
    "row", ["x,n,{},RED,2020-01-01,,yes", "1,n,{,RED,2020-01-01,,yes", "1,n,{},PINK,2020-01-01,,yes",
            "1,n,{},RED,2020,,yes", "1,n,{},RED,2020-01-01,,maybe"]
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_refused_with_its_line(row):
    with pytest.raises(CriterionInvalid, match="line 2"):
        criteria_of(HEADER + row)


def test_a_row_reads_as_it_was_written():
    (criterion,) = criteria_of(
        HEADER + '3,name,"{""field"":""line_count"",""op"":""ge"",""value"":2}",YELLOW,2020-01-01,2027-01-01,no'
    )
    assert criterion.channel is Channel.YELLOW
    assert json.loads(json.dumps(criterion.condition)) == leaf("line_count", "ge", 2)
    assert (criterion.valid_until, criterion.sample) == (date(2027, 1, 1), False)


@pytest.mark.parametrize("rows", ["1,6000,5000,yes", "1,-1,0,yes", "1,1,1,yes\n1,1,1,yes", "1,one,1,yes"])
def test_shares_that_do_not_fit_are_refused(rows):
    with pytest.raises(CriterionInvalid):
        shares_of("level,yellow_bp,red_bp,sample\n" + rows)
