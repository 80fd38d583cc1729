"""What an amendment or a cancellation makes of registered parcels and of their list. Pure: the pass calls it, and `haidang verify` calls it again.

A parcel is amended under the law of its registration, as declarations are; what the act opens runs on the clocks of the day of the act. Before clearance
only. Its house number identifies it and is not amended (ours): a wrong one is cancelled and lodged anew.

Law: 38/2015/TT-BTC Art. 20, Art. 22 (that they hold for parcels as well is inferred); procedures MIE and MEE, at most nine times: VNACCS (error E0008 of MIC).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from haidang.clearance.rules import conditions as condition_rules
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.terms import Condition, ConditionKind, PassFacts, State
from haidang.clearance.terms.revisions import CancellationCase
from haidang.declarations.terms import FieldChange
from haidang.kernel.findings import Finding
from haidang.kernel.money import format_scaled
from haidang.ledger import rules as ledger_rules
from haidang.ledger.terms import Obligation, ObligationChange, Transfer
from haidang.parcels.rules import ParcelBook, channel_of, check, parcel_state, taxes_of, vat_rate_of
from haidang.parcels.terms import Parcel, ParcelList, PlacedParcel
from haidang.taxes.terms import TaxKind

Key = tuple[int, int, UUID]
MAX_AMENDMENTS = "declaration.max_amendments"
_MOST_LAW = "VNACCS-2014, error E0008 of MIC"
_KILOGRAM_PLACES = 3
_FIELDS: Mapping[str, tuple[str, str, str]] = {
    "description": ("description", "Mô tả hàng hóa", "What the goods are"),
    "party_name": ("party_name", "Người nhận, người gửi tại Việt Nam", "The person in Viet Nam"),
    "counterparty_name": ("counterparty_name", "Người gửi, người nhận ở nước ngoài", "The person abroad"),
    "country_code": ("country_code", "Nước xuất xứ hoặc nước đến", "Country of origin or destination"),
    "customs_value_vnd": ("customs_value_vnd", "Trị giá hải quan, đồng", "Customs value, whole đồng"),
    "gross_mass_g": ("gross_mass", "Trọng lượng cả bì (kg)", "Gross mass in kilograms"),
    "package_count": ("package_count", "Số kiện", "Number of packages"),
    "commodity_code": ("commodity_code", "Mã hàng", "Commodity code"),
}
"""What of a parcel may be amended: attribute, name on the wire, in Vietnamese and in English."""


class Money(Struct, frozen=True):
    """What an act makes of the money of a list: transfers to book, its one obligation and the change of it, what is overpaid (whole đồng)."""

    transfers: list[Transfer]
    obligation: Obligation | None
    change: ObligationChange | None
    outstanding_vnd: int
    overpaid_vnd: int


def changes(old: Parcel, new: Parcel) -> tuple[FieldChange, ...]:
    """Return every field that an amendment changes, in the order of the message; texts as on the wire."""
    return tuple(
        FieldChange(f"/{wire}", name_vi, name_en, _text(attribute, was), _text(attribute, now))
        for attribute, (wire, name_vi, name_en) in _FIELDS.items()
        if (was := getattr(old, attribute)) != (now := getattr(new, attribute))
    )


def _text(attribute: str, value: Any) -> str:
    return format_scaled(value, _KILOGRAM_PLACES) if attribute == "gross_mass_g" and value else str(value or "")


def amendment_findings(placed: PlacedParcel, new: Parcel, book: ParcelBook, is_export: bool) -> tuple[Finding, ...]:
    """Return why a parcel cannot be amended to say `new`; nothing when it can. Pointers are within the parcel."""
    if findings := not_open_findings(placed):
        return findings
    found: list[Finding] = []
    most = book.day.codes.parameters[MAX_AMENDMENTS].value
    if placed.amendment_no >= most:
        found.append(_finding("E0008", "parcel_no", law=_MOST_LAW, most=most))
    if new.house_no != placed.parcel.house_no:
        found.append(_finding("HD-UNAMENDABLE", "house_no", old=placed.parcel.house_no))
    if not changes(placed.parcel, new) and not found and not new.permit_needed:
        found.append(_finding("HD-NOTHING-AMENDED", ""))
    return (*found, *check(new, is_export, book))


def not_open_findings(placed: PlacedParcel) -> tuple[Finding, ...]:
    """Return why nothing more is asked about a parcel: it is cleared, cancelled, or waits for the decision on its cancellation."""
    if placed.state is State.CLEARED:
        return (_finding("HD-PARCEL-CLEARED", "parcel_no"),)
    if placed.state is State.CANCELLED:
        return (_finding("HD-PARCEL-CANCELLED", "parcel_no"),)
    if pending(placed.conditions) is not None:
        return (_finding("HD-PARCEL-CANCELLING", "parcel_no"),)
    return ()


def pending(conditions: Sequence[Condition]) -> Condition | None:
    """Return the open request to cancel a parcel, None when there is none."""
    return next((c for c in conditions if c.kind is ConditionKind.CANCELLATION and c.closed_at is None), None)


def amended(
    placed: PlacedParcel, new: Parcel, listed: ParcelList, book: ParcelBook, today: DayBook, level: int, draw: int, at: datetime,
    evidence: str,
) -> PlacedParcel:  # fmt: skip
    """Return the parcel as it stands once it says `new`: priced again, its channel decided again and never below the one before.

    `book` is the law of the registration, `level` the operator's compliance level now, `draw` a recorded random number (0..9,999). Documents that were passed are
    another dossier now and are checked again; what was found of the goods stays found.
    """
    duty_vnd, vat_vnd = taxes_of(new, listed.is_export, book)
    decided = channel_of(new, listed, (duty_vnd, vat_vnd), book, level, draw)
    channel = max(decided, placed.channel)
    facts = PassFacts(is_export=listed.is_export, channel=channel, payable_vnd=0, registered_at=at)
    wanted = condition_rules.open_conditions(facts, today.conditions)
    own = condition_rules.reconsidered(placed.conditions, wanted, at, evidence, frozenset(), retimed=False)
    return replace(
        placed, amendment_no=placed.amendment_no + 1, parcel=new, import_duty_vnd=duty_vnd,
        vat_rate_bp=vat_rate_of(listed.is_export, book), value_added_vnd=vat_vnd, draw=draw, channel=channel, conditions=own,
    )  # fmt: skip


def asked(placed: PlacedParcel, case: CancellationCase, today: DayBook, at: datetime, reason: str) -> PlacedParcel:
    """Return a parcel whose cancellation customs must decide: one condition more."""
    own = condition_rules.open_another(
        placed.conditions, today.conditions, "cancellation_requested", at, f"{case.code}: {reason}", case.law
    )
    return replace(placed, conditions=own)


def cancelled(placed: PlacedParcel, at: datetime, closed_by: str, evidence: str) -> PlacedParcel:
    """Return a cancelled parcel: nothing of its own is awaited, nothing is owed for it. The fee stays, if there was one: it is for the registration."""
    own = condition_rules.close_all(placed.conditions, at, closed_by, evidence)
    return replace(placed, conditions=own, state=State.CANCELLED, import_duty_vnd=0, value_added_vnd=0)


def standing(placed: PlacedParcel, shared: Sequence[Condition]) -> State:
    """Return where a parcel stands: cleared and cancelled ones stay, the others stand where conditions say."""
    if placed.state in (State.CLEARED, State.CANCELLED):
        return placed.state
    return parcel_state(placed.channel, placed.conditions, shared, sum(placed.owed) > 0)


def totals(parcels: Iterable[PlacedParcel]) -> dict[int, int]:
    """Return the taxes of parcels, whole đồng by kind."""
    duty = vat = 0
    for each in parcels:
        duty += each.import_duty_vnd
        vat += each.value_added_vnd
    return {int(TaxKind.IMPORT_DUTY): duty, int(TaxKind.VALUE_ADDED): vat}


def money_after(
    key: Key, operator_code: str, was: Mapping[int, int], now: Mapping[int, int], obligation: Obligation | None,
    booked: Sequence[Transfer], due_on: date, journal_seq: int, at: datetime,
) -> Money:  # fmt: skip
    """Return what becomes of the money of a list whose parcels owed `was` and owe `now`: what was paid beyond it is overpaid.

    `due_on` is the last day of a list that owed nothing before: that of its registration.
    """
    money = ledger_rules.adjusted(key, operator_code, was, now, booked, journal_seq, at)
    owed = sum(now.values())
    after, change = ledger_rules.reassessed(
        key, operator_code, obligation, owed, money.outstanding_vnd, obligation.due_on if obligation else due_on, journal_seq
    )  # fmt: skip
    return Money(money.transfers, after, change, money.outstanding_vnd, money.overpaid_vnd)


def shared_after(
    shared: tuple[Condition, ...], outstanding_vnd: int, listed: ParcelList, today: DayBook, at: datetime, evidence: str
) -> tuple[Condition, ...]:
    """Return the conditions of the list: its tax is awaited again when something is outstanding again, and no more when nothing is."""
    facts = PassFacts(
        is_export=listed.is_export, channel=1, payable_vnd=outstanding_vnd, registered_at=at, arrival_on=listed.arrival_on
    )  # fmt: skip
    wanted = condition_rules.open_conditions(facts, today.conditions)
    return condition_rules.reconsidered(shared, wanted, at, evidence, frozenset(), retimed=False)


def unknown_parcel() -> Finding:
    """The list has no parcel with that number."""
    return _finding("HD-NOT-FOUND", "parcel_no")


def named_twice() -> Finding:
    """The message names the parcel twice."""
    return _finding("HD-PARCEL-TWICE", "parcel_no")


def other_amendment(placed: PlacedParcel) -> Finding:
    """The message knows the parcel at another amendment than it stands at."""
    return _finding("HD-AMENDMENT", "parcel_no", number=placed.parcel_no, amendment_no=placed.amendment_no)


_TEXTS = {
    "E0008": (
        "Lô hàng đã được sửa {most} lần; không sửa thêm được nữa.",
        "The parcel has been amended {most} times; no further amendment is possible.",
        "Xin hủy lô này và khai lại.",
        "Ask for this parcel to be cancelled and lodge it anew.",
    ),
    "HD-UNAMENDABLE": (
        "Số vận đơn chủ hàng không được sửa (đang là {old}).",
        "The house number may not be amended (it is {old}).",
        "Xin hủy lô này và khai lại với số đúng.",
        "Ask for this parcel to be cancelled and lodge it anew with the right number.",
    ),
    "HD-NOTHING-AMENDED": (
        "Nội dung khai sửa giống hệt nội dung đang có.",
        "The amended parcel says the same as the one on file.",
        "Chỉ gửi những lô có chỉ tiêu thay đổi.",
        "Send only parcels of which a field changes.",
    ),
    "HD-PARCEL-CLEARED": (
        "Lô hàng đã thông quan: không sửa hoặc hủy bằng nghiệp vụ này được nữa.",
        "The parcel is cleared: this procedure no longer amends or cancels it.",
        "Liên hệ cơ quan hải quan nơi đăng ký.",
        "Contact the customs office where it is registered.",
    ),
    "HD-PARCEL-CANCELLED": (
        "Lô hàng đã hủy.",
        "The parcel is cancelled.",
        "Bỏ lô này ra khỏi thông điệp; khai lại trong một danh sách mới nếu cần.",
        "Leave it out of the message; lodge it anew in another list if need be.",
    ),
    "HD-PARCEL-CANCELLING": (
        "Đề nghị hủy lô hàng đang chờ hải quan quyết định.",
        "A request to cancel the parcel waits for the decision of customs.",
        "Chờ quyết định rồi gửi lại.",
        "Wait for the decision, then send it again.",
    ),
    "HD-NOT-FOUND": (
        "Danh sách không có lô hàng mang số này.",
        "The list has no parcel with this number.",
        "Kiểm tra lại số của lô.",
        "Check the number of the parcel.",
    ),
    "HD-PARCEL-TWICE": (
        "Thông điệp nêu lô hàng này hai lần.",
        "The message names this parcel twice.",
        "Nêu mỗi lô một lần.",
        "Name each parcel once.",
    ),
    "HD-AMENDMENT": (
        "Lô hàng đang ở lần sửa {amendment_no}: số đầy đủ là {number}.",
        "The parcel stands at amendment {amendment_no}: its full number is {number}.",
        "Gửi lại với số đầy đủ hiện hành.",
        "Send it again with the full number as it is now.",
    ),
}
"""Of each finding: what is wrong, what to do; Vietnamese and English in turn."""


def _finding(code: str, pointer: str, law: str = "", **facts: object) -> Finding:
    text_vi, text_en, repair_vi, repair_en = (text.format(**facts) for text in _TEXTS[code])
    return Finding(code, pointer, text_vi, text_en, repair_vi, repair_en, law)
