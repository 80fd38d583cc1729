"""Whatever the bytes of a list of parcels are: a list, one reason why they are none, or findings; never a fault, and no parcel lost."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.parcels import (
    ParcelAmendment,
    ParcelListing,
    decode_parcel_amendment,
    decode_parcel_list,
    parcels_in,
)
from haidang.gateway.messages.remains import Faults
from haidang.parcels.terms import MOST_PARCELS, AmendedParcel, Parcel, UnreadAmendment, UnreadParcel
from tests.examples import examples
from tests.passing.parcels import parcel, parcels

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from([*parcel(), "package_count", "commodity_code", "permit_needed", "colour"])
_HEADER = (
    "message_id",
    "sender",
    "procedure",
    "operator_code",
    "customs_office_code",
    "transport_document_no",
    "conveyance_no",
    "arrival_on",
    "parcels",
)


def body(listed: Any, **changes: Any) -> dict[str, Any]:
    return {
        "message_id": "m", "sender": "9900020005", "procedure": "MIC", "operator_code": "9900020005", "customs_office_code": "03CC",
        "transport_document_no": "M", "parcels": listed, **changes,
    }  # fmt: skip


def decoded(listed: Any, **changes: Any) -> Any:
    return decode_parcel_list(json.dumps(body(listed, **changes)).encode())


@settings(max_examples=examples(300), deadline=None)
@given(_NAMES, _VALUES, st.integers(0, 2))
def test_a_wrong_value_in_one_parcel_touches_no_other(name: str, value: object, place: int) -> None:
    listed = parcels(3)
    listed[place][name] = value
    found = decoded(listed)
    if isinstance(found, ParcelListing):
        entries = found.declared.parcels
        assert len(entries) == 3
        assert all(isinstance(each, Parcel) for at, each in enumerate(entries) if at != place)
        bad = entries[place]
        if isinstance(bad, UnreadParcel):
            assert all(each.pointer.startswith(f"/parcels/{place}") for each in bad.findings)
    else:
        assert isinstance(found, Undecodable), found


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(_HEADER), _VALUES)
def test_a_wrong_value_in_the_list_itself_is_told(name: str, value: object) -> None:
    assert isinstance(decoded(parcels(2), **{name: value}), ParcelListing | Undecodable | Faults)


@pytest.mark.parametrize("entry", [1, None, "x", [], {}, [[]], {"parcels": []}])
def test_an_entry_that_is_no_parcel_is_its_own_affair(entry: object) -> None:
    found = decoded([parcel(1), entry, parcel(3)])
    assert isinstance(found, ParcelListing)
    assert [type(each) for each in found.declared.parcels] == [Parcel, UnreadParcel, Parcel]


def test_a_list_of_nothing_but_wrong_entries_is_refused_with_all_of_them() -> None:
    found = decoded([{}, 1])
    assert isinstance(found, Faults)
    assert {each.pointer.split("/")[2] for each in found} == {"0", "1"}


def test_more_unknown_names_than_are_told_refuse_the_whole_list() -> None:
    many = [parcel(number) | {f"x{at}": 1 for at in range(60)} for number in range(40)]
    assert isinstance(decoded([*many, parcel(99)]), Faults)


def test_a_key_twice_is_seen_in_every_place() -> None:
    raw = json.dumps(body(parcels(2))).encode()
    twice = raw.replace(b'"country_code"', b'"country_code": "CN", "country_code"', 1)
    assert isinstance(decode_parcel_list(twice), Undecodable)


def test_the_budget_counts_no_fewer_parcels_than_there_are() -> None:
    for count in (1, 7, MOST_PARCELS):
        raw = json.dumps(body(parcels(count))).encode()
        assert parcels_in(raw) >= count
        assert parcels_in(raw.replace(b"house_no", b"house\\u005fno")) >= count
    assert parcels_in(b"") == 1


def amending(entries: Any, **changes: Any) -> Any:
    whole = {
        "message_id": "m", "sender": "9900020005", "procedure": "MIE", "list_no": "600000000010", "reason": "nhầm", "amended_parcels": entries,
        **changes,
    }  # fmt: skip
    return decode_parcel_amendment(json.dumps(whole).encode())


def entry(number: int) -> dict[str, Any]:
    return {**parcel(number), "parcel_no": f"20000000{number:04}"}


@settings(max_examples=examples(150), deadline=None)
@given(_NAMES | st.just("parcel_no"), _VALUES, st.integers(0, 2))
def test_a_wrong_value_in_one_amended_parcel_touches_no_other(name: str, value: object, place: int) -> None:
    entries = [entry(number) for number in (1, 2, 3)]
    entries[place][name] = value
    found = amending(entries)
    if isinstance(found, ParcelAmendment):
        assert [isinstance(each, AmendedParcel) for at, each in enumerate(found.parcels) if at != place] == [True, True]
        bad = found.parcels[place]
        if isinstance(bad, UnreadAmendment):
            assert all(each.pointer.startswith(f"/amended_parcels/{place}") for each in bad.findings)
            assert not bad.parcel_no or bad.parcel_no.isdigit()
    else:
        assert isinstance(found, Undecodable), found


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(["message_id", "sender", "procedure", "list_no", "reason", "amended_parcels"]), _VALUES)
def test_a_wrong_value_in_the_amendment_itself_is_told(name: str, value: object) -> None:
    assert isinstance(amending([entry(1)], **{name: value}), ParcelAmendment | Undecodable | Faults)


def test_an_amendment_of_nothing_and_one_in_the_wrong_width_are_refused_whole() -> None:
    assert {each.pointer for each in amending([])} == {"/amended_parcels"}
    assert {each.pointer for each in amending([entry(1)], reason="ă" * 200)} == {"/reason"}
    assert isinstance(amending([entry(1)], reason="ă" * 100), ParcelAmendment)


def test_the_budget_counts_parcels_to_be_amended_or_cancelled_as_well() -> None:
    for count in (1, 30, MOST_PARCELS):
        numbers = [f"2000000{number:04}" for number in range(count)]
        cancels = {"message_id": "m", "procedure": "PARCEL_CANCEL", "parcel_nos": numbers}
        assert parcels_in(json.dumps(cancels, separators=(",", ":")).encode()) >= count
        assert parcels_in(json.dumps([entry(1)] * count).encode()) >= count
