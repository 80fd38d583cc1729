"""The messages of parcels: a list of low-value consignments (MIC, MEC), what an officer does with one of them (PARCEL_ACT), and parcels of a registered
list that are amended (MIE, MEE) or cancelled (PARCEL_CANCEL).

A list is read as every message is, but for one thing: what is wrong within one parcel is that parcel's own, and the others are read on. Only what is
wrong with the list itself, or so much that it cannot be told parcel by parcel, refuses the whole.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from haidang.clearance.rules.cancelling import CASES
from haidang.declarations.rules.fields import Field
from haidang.gateway.messages import acts
from haidang.gateway.messages.declaration import Doubtful
from haidang.gateway.messages.decoding import Message
from haidang.gateway.messages.envelope import SIGNED, field_of, less_wide, procedure_of, rows_of, within
from haidang.gateway.messages.exact import FIRST_YEAR, LAST_YEAR, UNKNOWN_NAMES, ExactReader
from haidang.gateway.messages.json_safety import Undecodable, parse, spare_bytes
from haidang.gateway.messages.remains import Faults
from haidang.gateway.messages.wire import wire_struct
from haidang.kernel.findings import Finding
from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
from haidang.parcels.terms import (
    AMENDS,
    CANCEL,
    EXPORT,
    IMPORT,
    MOST_PARCELS,
    AmendedParcel,
    Parcel,
    ParcelDeed,
    ParcelList,
    UnreadAmendment,
    UnreadParcel,
)

_MASS_PLACES = 3
_LEAST_NUMBER = 14
"""Bytes of a number in a list of them at least: eleven digits, quotation marks and a comma."""
_FAULTS_TOLD = 20
"""Findings of form that are told of one parcel."""


class ParcelListing(Struct, frozen=True):
    """A signed list of parcels."""

    message_id: str
    sender: str
    procedure: str
    declared: ParcelList


class ParcelAct(Struct, frozen=True):
    """One act of an officer on one parcel."""

    message_id: str
    sender: str
    procedure: str
    parcel_no: str
    act: ParcelDeed
    text: str
    outside_reason: str = ""


class ParcelAmendment(Struct, frozen=True):
    """Parcels of a registered list as they should be, each whole, and why."""

    message_id: str
    sender: str
    procedure: str
    list_no: str
    reason: str
    parcels: tuple[AmendedParcel | UnreadAmendment, ...]


class ParcelCancellation(Struct, frozen=True):
    """Parcels of a registered list that are to be cancelled, for one of the cases of the law."""

    message_id: str
    sender: str
    procedure: str
    list_no: str
    case: str
    reason: str
    parcel_nos: tuple[str, ...]


PARCEL = rows_of(
    field_of("house_no", "K", 35, "Số vận đơn chủ hàng (HAB)", "House air waybill: the operator's own number of the parcel"),
    field_of("description", "W", 600, "Mô tả hàng hóa (CMN)", "What the goods are"),
    field_of("party_name", "W", 300, "Người nhận, người gửi tại Việt Nam", "The person in Viet Nam"),
    field_of("counterparty_name", "W", 300, "Người gửi, người nhận ở nước ngoài", "The person abroad"),
    field_of("country_code", "A", 2, "Nước xuất xứ (MIC, OR); nước đến (MEC)", "Country of origin (MIC), of destination (MEC)"),
    field_of("customs_value_vnd", "I", 15, "Trị giá hải quan (DPR), đồng", "Customs value, whole đồng"),
    Field(
        group="parcels", name="gross_mass", type="F", width=15, decimals=_MASS_PLACES, name_vi="Trọng lượng cả bì (kg)",
        name_en="Gross mass in kilograms",
    ),
    field_of("package_count", "I", 6, "Số kiện", "Number of packages (1 when left out)", needed=False),
    field_of("commodity_code", "A", 8, "4, 6 hoặc 8 chữ số mã hàng", "4, 6 or 8 digits of the commodity code", needed=False),
    field_of("permit_needed", "B", 1, "Cần giấy phép, kiểm tra chuyên ngành", "Needs a permit or a specialised inspection", needed=False),
)  # fmt: skip
_HEADER = (
    *SIGNED,
    procedure_of(IMPORT, EXPORT),
    field_of("operator_code", "K", 14, "Mã số thuế doanh nghiệp chuyển phát, bưu chính", "Tax code of the operator, who owes the taxes"),
    field_of("customs_office_code", "A", 6, "Mã cơ quan hải quan", "Customs office"),
    field_of("transport_document_no", "A", 35, "Số vận đơn chính (MAB)", "Master air waybill"),
    field_of("conveyance_no", "A", 12, "Số hiệu chuyến bay, phương tiện", "Flight or vehicle", needed=False),
    field_of("arrival_on", "D", 10, "Ngày hàng đến", "Day of arrival", needed=False),
)  # fmt: skip
PARCEL_LIST = {
    **rows_of(*_HEADER),
    "parcels": Field(
        group="envelope", name="parcels", type="G", repeat=MOST_PARCELS, name_vi="Các lô hàng", name_en="The parcels", need_import="M",
        need_export="M",
    ),
}  # fmt: skip
PARCEL_ACT = rows_of(
    *SIGNED,
    procedure_of("PARCEL_ACT"),
    field_of("parcel_no", "N", 12, "Số của lô hàng", "Number of the parcel"),
    field_of("act", "A", 20, "Việc thực hiện", "What is done", values=tuple(deed.value for deed in ParcelDeed)),
    field_of("text", "W", 600, "Lý do hoặc kết quả", "The reason, or the result in words"),
    acts.OUTSIDE_REASON,
)
_PARCEL_NO = field_of("parcel_no", "N", 12, "Số của lô hàng", "Number of the parcel")
_LIST_NO = field_of("list_no", "N", 12, "Số của danh sách", "Number of the list")
AMENDED_PARCEL = {"parcel_no": _PARCEL_NO, **PARCEL}


def _many(name: str, type_: str, width: int, vi: str, en: str) -> Field:
    return Field(
        group="envelope", name=name, type=type_, width=width, repeat=MOST_PARCELS, name_vi=vi, name_en=en, need_import="M", need_export="M",  # type: ignore[arg-type]
    )  # fmt: skip


PARCEL_AMENDMENT = rows_of(
    *SIGNED,
    procedure_of(*AMENDS),
    _LIST_NO,
    field_of("reason", "W", 300, "Lý do khai sửa", "Why they are amended"),
    _many("amended_parcels", "G", 0, "Các lô hàng như phải khai, cả lô", "The parcels as they should be, each whole"),
)
PARCEL_CANCELLATION = rows_of(
    *SIGNED,
    procedure_of(CANCEL),
    _LIST_NO,
    field_of("case", "A", 30, "Trường hợp hủy", "Case of cancellation", values=tuple(CASES)),
    field_of("reason", "W", 300, "Lý do đề nghị hủy", "Why they are to be cancelled"),
    _many("parcel_nos", "N", 12, "Số của các lô hàng", "Numbers of the parcels"),
)
GROUPS: Mapping[str, Mapping[str, Field]] = {"parcels": PARCEL, "amended_parcels": AMENDED_PARCEL}
MEMBERS: Mapping[str, Any] = {
    "parcels": wire_struct("WireParcel", PARCEL.values()),
    "amended_parcels": wire_struct("WireAmendedParcel", AMENDED_PARCEL.values()),
}
ENVELOPES: Mapping[str, Mapping[str, Field]] = {
    f"{IMPORT}, {EXPORT}": PARCEL_LIST,
    "PARCEL_ACT": PARCEL_ACT,
    ", ".join(AMENDS): PARCEL_AMENDMENT,
    CANCEL: PARCEL_CANCELLATION,
}

_ENCODER = msgspec.json.Encoder()
_WIDE = tuple(name for name, field in PARCEL.items() if field.type == "W")
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Doubtful, NotAnAmount, AmountOverflow)
_NO_PARCELS = Finding(
    code="HD-NO-PARCELS",
    pointer="/parcels",
    text_vi="Danh sách không có lô hàng nào.",
    text_en="The list has no parcel.",
    repair_vi=f"Khai từ 1 đến {MOST_PARCELS} lô.",
    repair_en=f"Declare 1 to {MOST_PARCELS} parcels.",
)


def decode_parcel_list(raw: bytes) -> ParcelListing | Undecodable | Faults:
    """Read a list of parcels: fast when it leaves no doubt, else exactly, with what is wrong within a parcel kept as that parcel's own."""
    return _LIST.decode(raw)  # type: ignore[no-any-return]


def decode_parcel_amendment(raw: bytes) -> ParcelAmendment | Undecodable | Faults:
    """Read an amendment of parcels, as `decode_parcel_list` reads a list."""
    return _AMENDMENT.decode(raw)  # type: ignore[no-any-return]


class _OfParcels:
    """A message whose one list `many` holds parcels: what is wrong within one is its own."""

    def __init__(
        self, name: str, fields: Mapping[str, Field], many: str, build: Callable[[Any, tuple[Any, ...]], Any],
        good: Callable[[Any], Any], bad: Callable[[Mapping[str, object], tuple[Finding, ...]], Any],
    ) -> None:  # fmt: skip
        self._fields, self._many, self._build, self._good, self._bad = fields, many, build, good, bad
        self._wire = wire_struct(name, fields.values(), MEMBERS)
        self._decoder = msgspec.json.Decoder(self._wire)
        self._wide = tuple(name for name, field in fields.items() if field.type == "W")

    def decode(self, raw: bytes) -> Any:
        spare = spare_bytes(raw)
        if spare is not None:
            try:
                wire = self._decoder.decode(raw)
                # See `decoding.Message.decode`: the quotation marks tell a key that is written twice.
                if _ENCODER.encode(wire).count(b'"') == raw.count(b'"'):
                    parcels = getattr(wire, self._many)
                    _within_bytes(parcels, less_wide(self._fields, wire, spare, *self._wide) if self._wide else spare)
                    return self._build(wire, tuple([self._good(each) for each in parcels]))
            except _NOT_DECODED:
                pass  # not certain: the exact reader tells what is wrong, or that nothing is
        return self._decode_exactly(raw)

    def _decode_exactly(self, raw: bytes) -> Any:
        tree = parse(raw)
        if isinstance(tree, Undecodable):
            return tree
        reader, many = ExactReader(), self._many
        read = reader.members(tree, self._fields, "", GROUPS)
        of_list, of_parcel = _parted(reader.findings, many)
        if tree.get(many) == []:
            none = msgspec.structs.replace(_NO_PARCELS, pointer=f"/{many}")
            of_list = [each for each in of_list if each.pointer != f"/{many}"] + [none]
        unknown = sum(each.code == "HD-UNKNOWN-FIELD" for each in reader.findings)
        if of_list or unknown > UNKNOWN_NAMES:
            return Faults(reader.findings if unknown > UNKNOWN_NAMES else of_list, read)
        members = _members(read, many)
        good = read | {many: [each for at, each in enumerate(members) if at not in of_parcel]}
        wire: Any = msgspec.convert(good, self._wire) if good[many] else None
        if wire is None:
            return Faults(reader.findings, read)
        coming = iter(getattr(wire, many))
        entries = [
            self._bad(each, tuple(of_parcel[at][:_FAULTS_TOLD])) if at in of_parcel else self._good(next(coming))
            for at, each in enumerate(members)
        ]
        return self._build(wire, tuple(entries))


def _within_bytes(parcels: Sequence[Any], spare: int) -> None:
    """Wide texts within their bytes, and no wide character anywhere else."""
    if not spare:
        return
    for parcel in parcels:
        for name in _WIDE:
            text = getattr(parcel, name)
            if not text.isascii():
                size = len(text.encode())
                spare -= size - len(text)
                if size > PARCEL[name].width:
                    raise Doubtful
    if spare:
        raise Doubtful


def _members(read: Mapping[str, object], many: str) -> list[dict[str, object]]:
    members = read.get(many)
    return members if isinstance(members, list) else []


def _text_of(read: Mapping[str, object], name: str) -> str:
    text = read.get(name, "")
    return text if isinstance(text, str) else ""


def _number_of(read: Mapping[str, object]) -> str:
    number = _text_of(read, "parcel_no")
    return number if number.isascii() and number.isdigit() else ""


def _parted(findings: Sequence[Finding], many: str) -> tuple[list[Finding], dict[int, list[Finding]]]:
    """Return the findings about the list itself, and those within each parcel by its place from 0."""
    of_list: list[Finding] = []
    of_parcel: dict[int, list[Finding]] = {}
    for each in findings:
        _, _, rest = each.pointer.partition(f"/{many}/")
        place = rest.partition("/")[0]
        if each.pointer.startswith(f"/{many}/") and place.isdigit():
            of_parcel.setdefault(int(place), []).append(each)
        else:
            of_list.append(each)
    return of_list, of_parcel


def _listing(wire: Any, parcels: tuple[Parcel | UnreadParcel, ...]) -> ParcelListing:
    if wire.arrival_on is not None and not FIRST_YEAR <= wire.arrival_on.year <= LAST_YEAR:
        raise Doubtful
    declared = ParcelList(
        procedure=wire.procedure,
        operator_code=wire.operator_code,
        customs_office_code=wire.customs_office_code,
        transport_document_no=wire.transport_document_no,
        conveyance_no=wire.conveyance_no,
        arrival_on=wire.arrival_on,
        parcels=parcels,
    )
    return ParcelListing(wire.message_id, wire.sender, wire.procedure, declared)


def _parcel(wire: Any) -> Parcel:
    return Parcel(
        house_no=wire.house_no,
        description=wire.description,
        party_name=wire.party_name,
        counterparty_name=wire.counterparty_name,
        country_code=wire.country_code,
        customs_value_vnd=wire.customs_value_vnd,
        gross_mass_g=parse_scaled(wire.gross_mass, _MASS_PLACES) if wire.gross_mass else 0,
        package_count=wire.package_count or 1,
        commodity_code=wire.commodity_code,
        permit_needed=wire.permit_needed,
    )


def _act(wire: Any, spare: int) -> ParcelAct:
    within(PARCEL_ACT, wire, spare, "text", "outside_reason")
    return ParcelAct(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.parcel_no,
        ParcelDeed(wire.act),
        wire.text,
        wire.outside_reason,
    )


def _amendment(wire: Any, parcels: tuple[AmendedParcel | UnreadAmendment, ...]) -> ParcelAmendment:
    return ParcelAmendment(wire.message_id, wire.sender, wire.procedure, wire.list_no, wire.reason, parcels)


def _cancellation(wire: Any, spare: int) -> ParcelCancellation:
    within(PARCEL_CANCELLATION, wire, spare, "reason")
    return ParcelCancellation(
        wire.message_id, wire.sender, wire.procedure, wire.list_no, wire.case, wire.reason, tuple(wire.parcel_nos)
    )


_LIST = _OfParcels(
    "WireParcelList", PARCEL_LIST, "parcels", _listing, _parcel, lambda read, found: UnreadParcel(_text_of(read, "house_no"), found)
)  # fmt: skip
_AMENDMENT = _OfParcels(
    "WireParcelAmendment", PARCEL_AMENDMENT, "amended_parcels", _amendment, lambda wire: AmendedParcel(wire.parcel_no, _parcel(wire)),
    lambda read, found: UnreadAmendment(_number_of(read), found),
)  # fmt: skip
_ACT = Message("ParcelAct", PARCEL_ACT, _act)
_CANCELLATION = Message("ParcelCancellation", PARCEL_CANCELLATION, _cancellation)


def decode_parcel_cancellation(raw: bytes) -> ParcelCancellation | Undecodable | Faults:
    """Read a request to cancel parcels."""
    return _CANCELLATION.decode(raw)  # type: ignore[no-any-return]


def decode_parcel_act(raw: bytes) -> ParcelAct | Undecodable | Faults:
    """Read an officer's act on a parcel."""
    return _ACT.decode(raw)  # type: ignore[no-any-return]


def parcels_in(raw: bytes) -> int:
    """Return at least how many parcels a message holds, without reading it: what it costs its sender's budget. 1 to `MOST_PARCELS`.

    Every parcel has its house number, or (to be cancelled) its own number alone. Where a backslash stands the keys may be written in another way: then it is as
    many as the bytes may hold.
    """
    if b'"parcel_nos"' in raw and b'"house_no"' not in raw:
        return min(max(len(raw) // _LEAST_NUMBER, 1), MOST_PARCELS)
    least = 90
    count = len(raw) // least if b"\\" in raw else raw.count(b'"house_no"')
    return min(max(count, 1), MOST_PARCELS)
