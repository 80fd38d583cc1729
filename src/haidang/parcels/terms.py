"""Nouns of parcels: what a list declares, what was decided about each parcel, what officers do with one, and the named refusals."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.refusals import told_at
from haidang.declarations.terms import FieldChange
from haidang.kernel.findings import Finding, Refusal
from haidang.organisation.terms import Concerned

MOST_PARCELS = 1_000
"""Parcels of one list at most (ours)."""
IMPORT, EXPORT = "MIC", "MEC"
"""The procedures of low-value imports and exports, as users know them from VNACCS."""
AMEND_IMPORT, AMEND_EXPORT = "MIE", "MEE"
"""The procedures that amend them, as users know them."""
CANCEL = "PARCEL_CANCEL"
"""Ours: no source names a procedure that cancels parcels."""
AMENDS: Mapping[str, str] = {AMEND_IMPORT: IMPORT, AMEND_EXPORT: EXPORT}
"""Which procedure each of them amends."""


class Parcel(Struct, frozen=True, kw_only=True, gc=False):
    """One parcel as declared. `house_no` is the operator's own number of it (house air waybill).

    `party_name` is the person in Viet Nam, `counterparty_name` the one abroad; `country_code` is the origin of an import, the destination of an export.
    `customs_value_vnd` whole đồng; `gross_mass_g` grams, 0 when not declared; `commodity_code` four, six or eight digits, or empty.
    """

    house_no: str
    description: str
    party_name: str
    counterparty_name: str
    country_code: str
    customs_value_vnd: int
    gross_mass_g: int = 0
    package_count: int = 1
    commodity_code: str = ""
    permit_needed: bool = False


class UnreadParcel(Struct, frozen=True):
    """An entry of the list whose form is wrong: its number when that could be read, and what is wrong."""

    house_no: str
    findings: tuple[Finding, ...]


class ParcelList(Struct, frozen=True, kw_only=True):
    """What one message declares: the carriage that its parcels share, and the parcels in the order of the message."""

    procedure: str
    operator_code: str
    customs_office_code: str
    transport_document_no: str
    conveyance_no: str
    arrival_on: date | None
    parcels: tuple[Parcel | UnreadParcel, ...]

    @property
    def is_export(self) -> bool:
        """Whether the parcels leave the country."""
        return self.procedure == EXPORT


class JudgedParcel(Struct, frozen=True, kw_only=True, gc=False):
    """What was decided about one parcel without findings. `parcel_seq` is its place in the list, from 1; taxes are whole đồng.

    `conditions` are its own; those of the whole list (tax, arrival) stand with the list.
    """

    parcel_seq: int
    parcel: Parcel
    draw: int
    channel: int
    import_duty_vnd: int
    vat_rate_bp: int
    value_added_vnd: int
    conditions: tuple[Condition, ...]
    state: State

    @property
    def payable_vnd(self) -> int:
        """Duty and VAT together, whole đồng."""
        return self.import_duty_vnd + self.value_added_vnd


class RefusedParcel(Struct, frozen=True):
    """A parcel that the list does not register, and why."""

    parcel_seq: int
    house_no: str
    findings: tuple[Finding, ...]


class JudgedList(Struct, frozen=True):
    """What was decided about one list: each parcel in the order of the message, and the conditions that the accepted ones share."""

    results: tuple[JudgedParcel | RefusedParcel, ...]
    accepted: tuple[JudgedParcel, ...]
    conditions: tuple[Condition, ...]
    states: tuple[State, ...]
    customs_value_vnd: int
    import_duty_vnd: int
    value_added_vnd: int
    fee_vnd: int

    @property
    def payable_vnd(self) -> int:
        """Duty and VAT of all accepted parcels, whole đồng."""
        return self.import_duty_vnd + self.value_added_vnd


class AmendedParcel(Struct, frozen=True):
    """The whole of what the registered parcel `parcel_no` (11 or 12 digits) should say."""

    parcel_no: str
    parcel: Parcel


class UnreadAmendment(Struct, frozen=True):
    """An entry of an amendment whose form is wrong: its number when that could be read, and what is wrong."""

    parcel_no: str
    findings: tuple[Finding, ...]


class PlacedParcel(Struct, frozen=True, kw_only=True):
    """A registered parcel as it stands: what it says now, its taxes in whole đồng (0 when it is cancelled), its own conditions.

    `amendment_no` counts its amendments: the last digit of its number.
    """

    parcel_seq: int
    no11: int
    amendment_no: int
    parcel: Parcel
    import_duty_vnd: int
    vat_rate_bp: int
    value_added_vnd: int
    draw: int
    channel: int
    state: State
    conditions: tuple[Condition, ...]

    @property
    def parcel_no(self) -> str:
        """The 12-digit number that people quote."""
        return f"{self.no11}{self.amendment_no}"

    @property
    def owed(self) -> tuple[int, int]:
        """Import duty and VAT, whole đồng."""
        return self.import_duty_vnd, self.value_added_vnd


class ParcelChange(Struct, omit_defaults=True, kw_only=True):
    """The answer for one parcel that was to be amended or cancelled: the number it has now, `outcome` (`amended`, `cancelled` or `requested`: customs
    decides), its taxes in whole đồng, and each field that changed; or (no outcome) its findings."""

    parcel_no: str
    house_no: str = ""
    outcome: str = ""
    channel: int = 0
    state: str = ""
    cleared: bool = False
    import_duty_vnd: int = 0
    value_added_vnd: int = 0
    payable_vnd: int = 0
    open_conditions: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    findings: tuple[Finding, ...] = ()


class ParcelResult(Struct, omit_defaults=True):
    """The answer for one parcel: number, channel, taxes in whole đồng and state; or (no number) its findings."""

    house_no: str
    parcel_no: str = ""
    channel: int = 0
    state: str = ""
    cleared: bool = False
    import_duty_vnd: int = 0
    value_added_vnd: int = 0
    payable_vnd: int = 0
    open_conditions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


class Range(Struct, frozen=True):
    """Where numbers of one kind stand: blocks of `NUMBERS` from `first_block`."""

    kind: int
    first_block: int


NUMBERS = 10_000
"""Numbers in one block."""
PARCEL_IMPORTS = Range(1, 20_000_000_000 // NUMBERS)
PARCEL_EXPORTS = Range(2, 40_000_000_000 // NUMBERS)
LISTS = Range(3, 60_000_000_000 // NUMBERS)
"""First two digits 20, 40 and 60: apart from those of declarations (10, 30); the real ones of MIC and MEC are not known (ours, unverified)."""
RANGES: Mapping[int, Range] = {each.kind: each for each in (PARCEL_IMPORTS, PARCEL_EXPORTS, LISTS)}


class Run(Struct, frozen=True):
    """Consecutive 11-digit numbers of one list: of its parcels from place `first_seq` of the accepted ones (from 1), or (0) of the list itself."""

    first_no11: int
    count: int
    first_seq: int


class ParcelDeed(StrEnum):
    """What an officer does with one parcel by one signed message."""

    HOLD = "hold"
    RELEASE = "release"
    DOCUMENT_CHECK = "document_check"
    INSPECTION = "inspection"
    PROPOSE_CANCELLATION = "propose_cancellation"
    """Say what the examination of a request to cancel found; another officer decides."""
    APPROVE_CANCELLATION = "approve_cancellation"
    REFUSE_CANCELLATION = "refuse_cancellation"


DECIDING = frozenset((ParcelDeed.APPROVE_CANCELLATION, ParcelDeed.REFUSE_CANCELLATION))
"""What an officer decides whom another has put it before."""


class ListStanding(Struct, frozen=True):
    """A locked list: whose it is and where its journal stands."""

    shard_id: int
    registered_month: int
    declaration_id: object
    list_no11: int
    operator_code: str
    declarant_id: int
    customs_office_code: str
    registered_at: datetime
    journal_seq: int
    procedure: str
    arrival_on: date | None

    @property
    def is_export(self) -> bool:
        """Whether the parcels leave the country."""
        return self.procedure == EXPORT

    @property
    def concerned(self) -> Concerned:
        """Whom the list concerns: the operator, and the party that lodged it."""
        return Concerned((self.operator_code,), self.declarant_id)


class ParcelCancelled(Refusal):
    """The parcel is cancelled: nothing more is done with it."""

    code = "PARCEL_CANCELLED"
    text_vi = "Lô hàng đã hủy: không còn việc gì phải làm với lô này."
    text_en = "The parcel is cancelled: nothing more is done with it."


class NotAskedToCancel(Refusal):
    """Nobody has asked for the parcel to be cancelled, or it was decided."""

    code = "NOT_ASKED_TO_CANCEL"
    text_vi = "Không có đề nghị hủy lô hàng nào đang chờ: người khai phải đề nghị trước."
    text_en = "No request to cancel the parcel is waiting: its declarant has to ask first."


class NotProposed(Refusal):
    """Nobody has examined the request yet: who decides is the second officer."""

    code = "NOT_PROPOSED"
    text_vi = "Chưa có công chức xem xét và đề xuất (propose_cancellation): người quyết định phải là công chức thứ hai."
    text_en = (
        "No officer has examined the request and proposed (propose_cancellation): who decides is the second officer."
    )


class ProposedAlready(Refusal):
    """Another officer has put the request before who decides; the words say who and when."""

    code = "PROPOSED_ALREADY"

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__(by)
        self.text_vi = f"{by} đã đề xuất lúc {told_at(at)}: một công chức khác quyết định."
        self.text_en = f"{by} proposed at {told_at(at)} (Viet Nam): another officer decides."


class ParcelSettled(Refusal):
    """The parcel has been cleared: nothing more is done with it here."""

    code = "PARCEL_SETTLED"
    text_vi = "Lô hàng đã thông quan: không giữ hoặc kiểm tra bằng việc này được nữa."
    text_en = "The parcel is cleared: it can no longer be held or checked by this act."


class HeldAlready(Refusal):
    """Somebody holds the parcel already; the words say who and since when."""

    code = "HELD_ALREADY"

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__(by)
        self.text_vi = f"{by} đang giữ lô hàng từ {told_at(at)}: giải tỏa lần giữ đó trước đã."
        self.text_en = f"{by} holds the parcel since {told_at(at)} (Viet Nam): release that hold first."
