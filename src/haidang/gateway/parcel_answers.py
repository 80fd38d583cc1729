"""The answers about parcels, as the interface describes them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from haidang.declarations.terms import FieldChange
from haidang.gateway.answers import Condition
from haidang.parcels.terms import ParcelChange, ParcelResult


class ParcelsRegistered(Struct):
    """The answer to a list of parcels: the figures of the whole, and one result for each parcel in the order of the message."""

    list_no: str
    procedure: Literal["MIC", "MEC"]
    operator_code: str
    registered_at: datetime
    parcel_count: int
    accepted_count: int
    refused_count: int
    customs_value_vnd: int
    import_duty_vnd: int
    value_added_vnd: int
    payable_vnd: int
    fee_vnd: int
    tax_due_on: date | None
    open_conditions: list[Condition]
    """Those of the whole list; a check or a hold is the single parcel's."""
    parcels_root: str
    law_book_version: int
    parcels: list[ParcelResult]


class ListSettled(Struct):
    """A condition of a whole list was closed: which, how many parcels it cleared, and how many still wait for something else."""

    list_no: str
    closed: Condition
    cleared_count: int
    waiting_count: int
    open_conditions: list[Condition]


class ParcelsChanged(Struct):
    """Parcels of a list were amended or cancelled: what the list owes before and after, and one result for each parcel in the order of the message."""

    list_no: str
    procedure: Literal["MIE", "MEE", "PARCEL_CANCEL"]
    changed_count: int
    refused_count: int
    payable_before_vnd: int
    payable_vnd: int
    outstanding_vnd: int
    overpaid_vnd: int
    tax_due_on: date | None
    open_conditions: list[Condition]
    parcels: list[ParcelChange]


class ParcelVersion(Struct):
    """One amendment of a parcel: what it made of channel and taxes, why, and each field old and new."""

    amendment_no: int
    amended_at: datetime
    reason: str
    channel: Literal[1, 2, 3]
    payable_vnd: int
    changes: list[FieldChange]


class ParcelActed(Struct):
    """An officer's act on a parcel was recorded: where the parcel stands now."""

    parcel_no: str
    act: str
    officer_code: str
    state: str
    cleared: bool
    open_conditions: list[Condition]


class Proof(Struct):
    """That a parcel stands in its list: SHA-256 of its facts, what stands `left:` or `right:` of the way up, and the root, all hexadecimal."""

    leaf: str
    path: list[str]
    root: str


class ParcelView(Struct):
    """A parcel as its parties see it now, with every amendment; leaf and proof are of what was registered."""

    parcel_no: str
    amendment_no: int
    list_no: str
    procedure: Literal["MIC", "MEC"]
    operator_code: str
    customs_office_code: str
    transport_document_no: str
    house_no: str
    description: str
    country_code: str
    commodity_code: str
    package_count: int
    registered_at: datetime
    channel: Literal[1, 2, 3]
    channel_name: str
    channel_name_vi: str
    state: str
    cleared: bool
    cleared_at: datetime | None
    customs_value_vnd: int
    import_duty_vnd: int
    vat_rate_bp: int
    value_added_vnd: int
    payable_vnd: int
    law_book_version: int
    conditions: list[Condition]
    versions: list[ParcelVersion]
    proof: Proof


class ParcelListView(Struct):
    """A list of parcels as its parties see it: figures, conditions of the whole, and how many parcels stand where."""

    list_no: str
    procedure: Literal["MIC", "MEC"]
    operator_code: str
    customs_office_code: str
    transport_document_no: str
    conveyance_no: str
    arrival_on: date | None
    parcel_count: int
    accepted_count: int
    customs_value_vnd: int
    import_duty_vnd: int
    value_added_vnd: int
    fee_vnd: int
    payable_vnd: int
    registered_at: datetime
    cleared: bool
    states: dict[str, int]
    conditions: list[Condition]
    parcels_root: str
    law_book_version: int


ANSWERS: Mapping[str, tuple[tuple[int, type, str, str], ...]] = {
    "parcel_list": ((201, ParcelsRegistered, "Đã đăng ký ít nhất một lô; mỗi lô một kết quả", "At least one parcel is registered; a result for each"),),
    "parcel_act": ((200, ParcelActed, "Đã thực hiện", "The act is done"),),
    "parcel_amendment": ((200, ParcelsChanged, "Đã sửa ít nhất một lô; mỗi lô một kết quả", "At least one parcel is amended; a result for each"),),
    "parcel_cancellation": ((200, ParcelsChanged, "Đã hủy, hoặc chờ hải quan quyết định; mỗi lô một kết quả", "Cancelled, or waiting for the decision of customs; a result for each"),),
    "parcel": ((200, ParcelView, "Lô hàng", "The parcel"),),
    "parcel_list_view": ((200, ParcelListView, "Danh sách", "The list"),),
}  # fmt: skip
"""The answers of each kind of message and question."""
