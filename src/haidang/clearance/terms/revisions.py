"""What is asked to be decided about a declaration after its registration: amendments after clearance, assessments ex officio, cancellations, values."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from msgspec import Struct

from haidang.clearance.terms import State
from haidang.clearance.terms.naming import STATES
from haidang.clearance.terms.refusals import told_at
from haidang.kernel.findings import Refusal


class RevisionKind(StrEnum):
    """What a second person is asked to decide about a declaration, each under a number of its own."""

    AMENDMENT = "amendment"
    """The declarant amends what is cleared (AMA and AMC of VNACCS)."""
    ASSESSMENT = "assessment"
    """An officer assesses the taxes ex officio (ấn định thuế)."""
    CANCELLATION = "cancellation"
    """An officer proposes how the declarant's request to cancel is decided."""
    RETROACTIVE = "retroactive"
    """An officer has prepared what a later version of the law book makes of the taxes; its number is that of the batch, in twelve digits (`PreparedAdjustment`)."""


class Revision(Struct, frozen=True, kw_only=True):
    """One thing that somebody (`asked_by`, code of a party or officer) asks to be decided about a declaration; `accepted` is None until then.

    `register_no` is its own twelve-digit number. `code` says why: the reason of an amendment, the ground of an assessment, or how a cancellation is to
    be decided. `was_vnd` and `wanted_vnd` are all taxes before and as asked, whole đồng. `free_until` is the last Vietnamese day on which an amendment
    bears no penalty, None for the others.
    """

    revision_no: int
    kind: RevisionKind
    register_no: int
    asked_by: str
    asked_at: datetime
    code: str
    reason: str
    was_vnd: int
    wanted_vnd: int
    free_until: date | None = None
    asked_seq: int = 0
    decided_seq: int = 0
    decided_by: str = ""
    decided_at: datetime | None = None
    accepted: bool | None = None
    decision: str = ""


class Ground(Struct, frozen=True, kw_only=True):
    """One ground in law on which taxes are assessed ex officio, with its dates. `verified` is False where the text of the law was not seen."""

    code: str
    valid_from: date
    valid_until: date | None
    law: str
    verified: bool
    name_vi: str
    name_en: str


class NotAsPrepared(Refusal):
    """The law book or the declaration has changed since the adjustment was prepared: it would book another difference."""

    code = "NOT_AS_PREPARED"
    text_vi = "Sách luật hoặc tờ khai đã thay đổi từ khi lập điều chỉnh: từ chối điều chỉnh này và lập đợt mới."
    text_en = "The law book or the declaration has changed since the adjustment was prepared: refuse this one and prepare another."


class NotClearedYet(Refusal):
    """What is asked is for cleared declarations; this one is amended and assessed as part of its clearance."""

    code = "NOT_CLEARED_YET"

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.text_vi = (
            f"Tờ khai chưa thông quan (“{STATES[state][0]}”): dùng khai sửa trước thông quan (AMEND, IDE, EDE)."
        )
        self.text_en = (
            f"The declaration is not cleared (“{STATES[state][1]}”): amend it as before clearance (AMEND, IDE, EDE)."
        )


class RevisionPending(Refusal):
    """Something about the declaration waits for its decision; the words say what, under which number, by whom and since when."""

    code = "REVISION_PENDING"
    _VI: ClassVar = {
        "amendment": "Khai bổ sung",
        "assessment": "Đề xuất ấn định thuế",
        "cancellation": "Đề xuất về việc hủy",
    }
    _EN: ClassVar = {
        "amendment": "The amendment", "assessment": "The proposed assessment", "cancellation": "The proposal on the cancellation",
    }  # fmt: skip

    def __init__(self, waiting: Revision, *, told: bool) -> None:
        super().__init__(waiting.kind)
        if not told:
            self.text_vi = "Hồ sơ này đang chờ hải quan quyết định; gửi lại sau khi có quyết định."
            self.text_en = "This declaration waits for a decision of customs; send again once it is made."
            return
        when = told_at(waiting.asked_at)
        self.text_vi = (
            f"{self._VI[waiting.kind]} số {waiting.register_no} của {waiting.asked_by} lúc {when} đang chờ quyết định."
        )
        self.text_en = f"{self._EN[waiting.kind]} {waiting.register_no} of {waiting.asked_by} at {when} (Viet Nam) waits for its decision."


class RevisionUnknown(Refusal):
    """The declaration has nothing of that kind and number that waits for a decision."""

    code = "REVISION_UNKNOWN"
    text_vi = "Tờ khai không có đề nghị mang số này: kiểm tra register_no."
    text_en = "The declaration has no request with this number: check register_no."


class CancellationPending(Refusal):
    """A request to cancel waits for customs; until it is decided nothing else is asked of the declaration."""

    code = "CANCELLATION_PENDING"
    text_vi = "Tờ khai đang chờ hải quan quyết định việc hủy."
    text_en = "A request to cancel this declaration waits for the decision of customs."


class NoCancellationAsked(Refusal):
    """Customs decides on a cancellation that nobody has asked for."""

    code = "NO_CANCELLATION_ASKED"
    text_vi = "Không có đề nghị hủy nào đang chờ quyết định."
    text_en = "No request to cancel waits for a decision."


class DoubtTooLate(Refusal):
    """The days in which customs may doubt a value have passed; the words say when."""

    code = "DOUBT_TOO_LATE"

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.text_vi = f"Đã quá hạn nghi ngờ trị giá ({told_at(until)}): chuyển kiểm tra sau thông quan."
        self.text_en = (
            f"The time to doubt the value ended at {told_at(until)} (Viet Nam): leave it to the audit after clearance."
        )


class CancellationCase(Struct, frozen=True, kw_only=True):
    """One case in which a declaration may be cancelled, with its dates and law.

    `direction` is import, export or both. `days_parameter` names the dated figure of the law book: so many days after registration must have passed.
    With `needs_no_arrival` the system itself decides, when the port has reported no goods; every other case is for customs to approve. `after_clearance`
    says that goods already cleared do not stand in the way. `verified` is False where the text of the law was not seen.
    """

    code: str
    direction: str
    days_parameter: str
    needs_no_arrival: bool
    after_clearance: bool
    valid_from: date
    valid_until: date | None
    law: str
    verified: bool
    name_vi: str
    name_en: str
