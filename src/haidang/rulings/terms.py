"""Nouns of advance rulings: applications, the steps of their files, rulings, and what a ruling says of a goods line."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from msgspec import Struct

from haidang.kernel.findings import Refusal


class RulingKind(IntEnum):
    """What is ruled on (numbers are stored)."""

    CODE = 1
    VALUE = 2
    """The method of the customs value, for one lot only."""
    ORIGIN = 3


class FileState(IntEnum):
    """Where the file of an application stands (numbers are stored). That a ruling has expired is no act: it follows from its last day."""

    SUBMITTED = 1
    NEED_MORE = 2
    ANALYSIS = 3
    REFUSED = 4
    ISSUED = 5
    UNDER_REVIEW = 6
    REVIEWED = 7
    CANCELLED = 8
    ENDED_BY_LAW = 9


class RulingAct(StrEnum):
    """What is done in a file."""

    APPLY = "apply"
    SUPPLEMENT = "supplement"
    REQUEST_REVIEW = "request_review"
    NEED_MORE = "need_more"
    COMPLETE = "complete"
    FLAG_COMPLEX = "flag_complex"
    PROPOSE = "propose"
    APPROVE = "approve"
    RETURN = "return"


class Outcome(StrEnum):
    """What an officer proposes and another one decides."""

    ISSUE = "issue"
    REFUSE = "refuse"
    KEEP = "keep"
    """After a review: the ruling stays as it is."""
    REPLACE = "replace"
    CANCEL = "cancel"
    END_BY_LAW = "end_by_law"


class Actor(StrEnum):
    """Who may do a step: the applicant, or an officer with one of three powers."""

    TRADER = "trader"
    ANALYST = "analyst"
    DECIDER = "decider"
    ENDER = "ender"


class Content(Struct, frozen=True):
    """What is asked for, proposed or ruled; what the kind does not ask for is empty."""

    commodity_code: str = ""
    value_method: str = ""
    origin_country_code: str = ""


class RulingGoods(Struct, frozen=True):
    """The goods of a ruling: their description, the mark by which a declared line is known to be of them (trade name, model), for a value the lot."""

    name: str
    mark: str = ""
    lot: str = ""


class Step(Struct, frozen=True, kw_only=True):
    """One step of a file as recorded. `by_code` is the party or officer; `power_id` the officer's power, 0 for an applicant."""

    seq: int
    act: RulingAct
    by_code: str
    at: datetime
    power_id: int = 0
    text: str = ""
    outcome: str = ""
    content: Content = Content()
    valid_until: date | None = None
    documents: tuple[str, ...] = ()


class RulingFile(Struct, frozen=True, kw_only=True):
    """An application and where it stands. `key` is (shard_id, registered_month, file_id); `due_at` is when customs has to have done the next step."""

    key: tuple[int, int, UUID]
    application_no: str
    kind: RulingKind
    trader_code: str
    applicant_id: int
    goods: RulingGoods
    asked: Content
    submitted_at: datetime
    state: FileState = FileState.SUBMITTED
    seq: int = 1
    complete_at: datetime | None = None
    complex: bool = False
    review_at: datetime | None = None
    due_at: datetime | None = None
    proposal: Step | None = None
    last_at: datetime | None = None


class AdvanceRuling(Struct, frozen=True, kw_only=True):
    """A ruling as issued, in force from `issued_at` until before `valid_until` or `ended_at`, whichever comes first."""

    key: tuple[int, int, UUID]
    ruling_no: str
    kind: RulingKind
    trader_code: str
    goods: RulingGoods
    content: Content
    issued_at: datetime
    valid_until: date
    issued_seq: int
    ended_at: datetime | None = None
    ended_seq: int | None = None
    end_reason: str = ""
    replaced_by: str = ""


class RuledStatus(IntEnum):
    """What a ruling means for a goods line (numbers are stored)."""

    RULED = 1
    DIFFERS = 2
    """The line names the ruling or its goods, and says something else than was ruled."""
    ENDED = 3
    """The line names a ruling that is not in force any more."""


class GoodsLine(Struct, frozen=True):
    """What of a goods line a ruling is held against."""

    line_no: int
    commodity_code: str
    origin_country_code: str
    description: str
    valuation_code: str = ""
    """Class of its value as declared (VD1)."""


class RuledLine(Struct, frozen=True):
    """What one ruling means for one goods line. `ruled` is the code, origin or method as ruled; `since` when the ruling ended."""

    line_no: int
    ruling_no: str
    kind: RulingKind
    status: RuledStatus
    ruled: str
    since: datetime | None = None


class Move(Struct, frozen=True):
    """One row of the table of states: the step `act` (with `outcome`) leads from one state to another."""

    from_state: FileState
    act: RulingAct
    outcome: str
    to_state: FileState
    by: Actor
    law: str
    inferred: bool


class StatesInvalid(ValueError):
    """The table of states cannot be used; the message names the row."""


class FigureMissing(Refusal):
    """The law book in use does not hold a figure of the law on rulings."""

    code = "FIGURE_MISSING"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.text_vi = f"Sách luật đang dùng chưa có tham số {name}: nạp phiên bản sách luật mới rồi gửi lại."
        self.text_en = f"The law book in use does not hold {name}: load a newer version, then send it again."


_STATES = {
    FileState.SUBMITTED: ("đã nộp", "submitted"),
    FileState.NEED_MORE: ("chờ bổ sung", "waiting for more"),
    FileState.ANALYSIS: ("đang phân tích", "in analysis"),
    FileState.REFUSED: ("từ chối", "refused"),
    FileState.ISSUED: ("đã ban hành", "issued"),
    FileState.UNDER_REVIEW: ("đang xem xét lại", "under review"),
    FileState.REVIEWED: ("đã xem xét lại", "reviewed"),
    FileState.CANCELLED: ("đã hủy", "cancelled"),
    FileState.ENDED_BY_LAW: ("hết hiệu lực do pháp luật thay đổi", "ended by a change of law"),
}
_STEPS = {
    RulingAct.APPLY: ("nộp đơn", "to apply"),
    RulingAct.SUPPLEMENT: ("bổ sung hồ sơ", "to supplement"),
    RulingAct.REQUEST_REVIEW: ("đề nghị xem xét lại", "to ask for a review"),
    RulingAct.NEED_MORE: ("yêu cầu bổ sung", "to ask for more"),
    RulingAct.COMPLETE: ("xác nhận hồ sơ đầy đủ", "to find the file complete"),
    RulingAct.FLAG_COMPLEX: ("xác định vụ việc phức tạp", "to find the case complex"),
    RulingAct.PROPOSE: ("đề xuất", "to propose"),
    RulingAct.APPROVE: ("phê duyệt", "to approve"),
    RulingAct.RETURN: ("trả lại đề xuất", "to return the proposal"),
}
_OUTCOMES: Mapping[str, tuple[str, str]] = {
    "": ("", ""),
    Outcome.ISSUE: (" ban hành", " a ruling"),
    Outcome.REFUSE: (" từ chối", " a refusal"),
    Outcome.KEEP: (" giữ nguyên", " to keep the ruling"),
    Outcome.REPLACE: (" thay thế", " to replace the ruling"),
    Outcome.CANCEL: (" hủy", " to cancel the ruling"),
    Outcome.END_BY_LAW: (" chấm dứt do pháp luật thay đổi", " that the ruling ended by law"),
}


class StepNotNow(Refusal):
    """The file does not stand where this step can be taken."""

    code = "STEP_NOT_NOW"

    def __init__(self, act: RulingAct, outcome: str, state: FileState) -> None:
        super().__init__(act, outcome, state)
        vi, en = (f"{_STEPS[act][language]}{_OUTCOMES.get(outcome, _OUTCOMES[''])[language]}" for language in range(2))
        at_vi, at_en = _STATES[state]
        self.text_vi = (
            f"Không thực hiện được việc {vi}: hồ sơ đang ở trạng thái “{at_vi}”. Xem hồ sơ để biết bước tiếp theo."
        )
        self.text_en = f"It is not possible {en}: the file is {at_en}. Look at the file for the next step."


class NothingProposed(Refusal):
    """There is no proposal to decide on."""

    code = "NOTHING_PROPOSED"
    text_vi = "Chưa có đề xuất nào để quyết định: một công chức đề xuất trước."
    text_en = "Nothing is proposed: an officer proposes first."


class OwnProposal(Refusal):
    """Who proposed cannot decide."""

    code = "SAME_PERSON"
    text_vi = "Người đề xuất không được tự quyết định: cần một công chức khác."
    text_en = "Who proposed cannot decide: it takes another officer."


class ReviewTooLate(Refusal):
    """A review can be asked for within so many days of the ruling."""

    code = "REVIEW_TOO_LATE"

    def __init__(self, days: int) -> None:
        super().__init__(days)
        self.text_vi = f"Đã quá {days} ngày kể từ ngày ban hành: nộp đơn đề nghị mới."
        self.text_en = f"More than {days} days have passed since the ruling: hand in a new application."


class ProposalStale(Refusal):
    """The last day proposed is past on the day of the decision."""

    code = "PROPOSAL_STALE"
    text_vi = "Ngày hết hiệu lực đề xuất đã qua: trả lại đề xuất để đề xuất lại."
    text_en = "The last day that was proposed is past: return the proposal and have another made."
