"""The rules of parcels: what they owe, what they wait for, what the low-value procedure does not take; and the proof that one stands in its list."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from haidang.clearance.lookups.books import DayBook
from haidang.clearance.rules.conditions import compile_conditions
from haidang.clearance.terms import ConditionKind, State
from haidang.clearance.terms.refusals import ParameterMissing
from haidang.kernel.calendar import WorkingCalendar
from haidang.kernel.findings import Finding
from haidang.parcels.rules import compile_parcels, judge_list, parcel_state, proof_of, proves, tree_of, vat_vnd
from haidang.parcels.terms import JudgedParcel, Parcel, ParcelList, RefusedParcel, UnreadParcel
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.risk.rules import compile_criteria
from haidang.risk.terms import Share
from haidang.tariff.terms import Control, Rate, TariffEntry, TariffOfDay

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
FREE_CODE, CONTROLLED_CODE, TAXED_EXPORT = "39269059", "24022090", "26011110"


def day_of(on=DAY):
    codes = codes_from_files(lawbook_folder(), on)
    entries = {
        code: TariffEntry(
            code, (), {}, Rate(1, 4_000) if code == TAXED_EXPORT else None, (), controls=(7,) if code == CONTROLLED_CODE else ()
        )
        for code in (FREE_CODE, CONTROLLED_CODE, TAXED_EXPORT)
    }  # fmt: skip
    control = Control(7, "x", "x", "permit", "BCT", "x", "x")
    calendar = WorkingCalendar(frozenset(), frozenset())
    shares = {level: Share(level=level, yellow_bp=1_000, red_bp=500, sample=True) for level in range(1, 6)}
    return DayBook(
        version=1, on=on, codes=codes, tariff=TariffOfDay(on, entries, {}, {7: control}), criteria=compile_criteria((), on),
        conditions=compile_conditions(codes.parameters, calendar), shares=shares,
    )  # fmt: skip


@pytest.fixture(scope="module")
def book():
    return compile_parcels(day_of())


def parcel(number=1, **changes):
    facts = {
        "house_no": f"H{number}", "description": "Áo thun", "party_name": "A", "counterparty_name": "B", "country_code": "CN",
        "customs_value_vnd": 850_000,
    }  # fmt: skip
    return Parcel(**{**facts, **changes})


def listed(*parcels, **changes):
    facts = {
        "procedure": "MIC", "operator_code": "9900020005", "customs_office_code": "03CC", "transport_document_no": "M",
        "conveyance_no": "", "arrival_on": None,
    }  # fmt: skip
    return ParcelList(**{**facts, **changes}, parcels=parcels)


def judge(book, *parcels, draw=9_999, **changes):
    return judge_list(listed(*parcels, **changes), book, AT, 3, [draw] * len(parcels), {})


def codes(result):
    return [each.code for each in result.findings]


def test_a_parcel_of_850_000_dong_owes_85_000_of_vat_and_no_duty(book):
    """Worked example 9 of an express parcel after 18 February 2025 (01/2025/QĐ-TTg)."""
    (one,) = judge(book, parcel()).accepted
    assert (one.import_duty_vnd, one.value_added_vnd, one.payable_vnd) == (0, 85_000, 85_000)


@pytest.mark.parametrize(
    ("value", "vat"), [(1, 0), (4, 0), (5, 1), (14, 1), (15, 2), (999_995, 100_000), (1_000_000, 100_000)]
)
def test_half_a_dong_of_vat_rounds_up(book, value, vat):
    (one,) = judge(book, parcel(customs_value_vnd=value)).accepted
    assert one.value_added_vnd == vat == vat_vnd(value, 0, 1_000)


def test_the_limit_itself_is_taken_and_one_dong_more_is_not(book):
    judged = judge(book, parcel(1, customs_value_vnd=1_000_000), parcel(2, customs_value_vnd=1_000_001))
    assert isinstance(judged.results[0], JudgedParcel) and isinstance(judged.results[1], RefusedParcel)
    (finding,) = judged.results[1].findings
    assert (finding.code, finding.pointer) == ("HD-PARCEL-VALUE", "/parcels/1/customs_value_vnd")
    assert "IDA, IDC" in finding.repair_en and finding.law == "134/2016/NĐ-CP Art. 29"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"permit_needed": True}, "HD-PARCEL-PERMIT"),
        ({"description": "Rượu vang đỏ"}, "HD-PARCEL-WORD"),
        ({"description": "3 x CIGARETTES"}, "HD-PARCEL-WORD"),
        ({"commodity_code": "2402"}, "HD-PARCEL-CONTROLLED"),
        ({"commodity_code": CONTROLLED_CODE}, "HD-PARCEL-CONTROLLED"),
        ({"commodity_code": "9999"}, "HD-PARCEL-CODE"),
        ({"commodity_code": "392"}, "HD-PARCEL-CODE"),
        ({"country_code": "QQ"}, "HD-PARCEL-COUNTRY"),
    ],
)
def test_what_the_procedure_does_not_take_is_told(book, changes, code):
    judged = judge(book, parcel(1, **changes), parcel(2))
    assert codes(judged.results[0]) == [code] and len(judged.accepted) == 1


@pytest.mark.parametrize("description", ["Rượuvang", "áo in hình drones", "winery poster", "súngnước"])
def test_a_word_counts_as_a_whole_word_only(book, description):
    assert judge(book, parcel(description=description)).accepted


def test_a_house_number_twice_refuses_the_second(book):
    judged = judge(book, parcel(1), parcel(1), parcel(2))
    assert [isinstance(each, JudgedParcel) for each in judged.results] == [True, False, True]
    assert codes(judged.results[1]) == ["HD-PARCEL-DUPLICATE"]


def test_a_refused_parcel_takes_its_house_number_from_nobody(book):
    judged = judge(book, parcel(1, permit_needed=True), parcel(1), parcel(1))
    assert [isinstance(each, JudgedParcel) for each in judged.results] == [False, True, False]


def test_what_could_not_be_read_keeps_its_findings_and_its_place(book):
    unread = UnreadParcel("H9", (Finding("HD-MISSING", "/parcels/0/description", "thiếu", "missing"),))
    judged = judge(book, unread, parcel(1))
    assert judged.results[0] == RefusedParcel(1, "H9", unread.findings)
    assert judged.accepted[0].parcel_seq == 2


def test_exports_are_limited_by_value_and_by_export_duty_and_owe_nothing(book):
    judged = judge(
        book, parcel(1, customs_value_vnd=5_000_000), parcel(2, commodity_code=TAXED_EXPORT), procedure="MEC"
    )
    (one,) = judged.accepted
    assert (one.payable_vnd, one.state, judged.conditions) == (0, State.CLEARED, ())
    assert codes(judged.results[1]) == ["HD-PARCEL-CONTROLLED"]


@pytest.mark.parametrize(
    ("draw", "channel", "kinds", "state"),
    [(9_999, 1, [], State.TAX_PENDING), (500, 2, [1], State.DOC_CHECK), (499, 3, [1, 2], State.DOC_CHECK)],
)
def test_the_draw_decides_the_channel_and_the_channel_the_checks(book, draw, channel, kinds, state):
    (one,) = judge(book, parcel(), draw=draw).accepted
    assert (one.channel, [int(each.kind) for each in one.conditions], one.state) == (channel, kinds, state)


def test_tax_and_arrival_are_conditions_of_the_whole_list(book):
    judged = judge(book, parcel(1), parcel(2, customs_value_vnd=1), arrival_on=date(2026, 3, 9))
    assert [each.kind for each in judged.conditions] == [ConditionKind.TAX, ConditionKind.ARRIVAL]
    assert judge(book, parcel(1), arrival_on=DAY).conditions[-1].kind is ConditionKind.TAX


def test_a_parcel_that_owes_nothing_does_not_wait_for_the_tax_of_the_others(book):
    judged = judge(book, parcel(1), parcel(2, customs_value_vnd=1))
    assert [each.state for each in judged.accepted] == [State.TAX_PENDING, State.CLEARED]
    assert parcel_state(1, (), judged.conditions, True) is State.TAX_PENDING
    assert parcel_state(1, (), judged.conditions, False) is State.CLEARED


def test_a_list_is_judged_as_its_parcels_one_by_one(book):
    every = [parcel(1), parcel(2, customs_value_vnd=7), parcel(3, permit_needed=True), parcel(4, description="vodka")]
    together = judge(book, *every)
    alone = [judge(book, each) for each in every]
    assert together.payable_vnd == sum(each.payable_vnd for each in alone)
    assert [isinstance(each, JudgedParcel) for each in together.results] == [bool(each.accepted) for each in alone]


def test_a_day_without_figures_for_parcels_is_a_fault_of_the_law_book():
    with pytest.raises(ParameterMissing):
        compile_parcels(day_of(date(2025, 3, 1)))


def test_every_word_of_the_list_is_found(book):
    assert book.goods and all(re.search(book.words, word) for word in book.goods)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40), st.data())
def test_each_leaf_is_proved_and_no_other_is(leaves, data):
    levels = tree_of(leaves)
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = proof_of(levels, place), levels[-1][0]
    assert proves(leaves[place], proof, root)
    assert not proves(bytes(31) + b"x", proof, root) or leaves[place] == bytes(31) + b"x"
    assert not proves(leaves[place], proof, bytes(32))
