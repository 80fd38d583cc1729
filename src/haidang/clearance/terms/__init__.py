"""Nouns of the pass: open conditions, states, edges. Clearing is the instant the last condition closes."""

from datetime import date, datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from haidang.kernel.calendar import VN
from haidang.kernel.findings import Refusal
from haidang.organisation.terms import Act


class State(IntEnum):
    """States of a declaration (clearance fact sheet section 2.1; names are ours, numbers are stored)."""

    DRAFT = 0
    EXPIRED = 1
    REGISTERED = 2
    CHANNELLED = 3
    DOC_CHECK = 4
    INSPECTION = 5
    TAX_PENDING = 6
    STORAGE = 7
    RELEASED = 8
    CLEARED = 9
    GATE_OUT = 10
    AMENDED = 11
    CANCELLED = 12
    MANUAL = 13


SETTLED_STATES = frozenset((State.EXPIRED, State.CLEARED, State.GATE_OUT, State.AMENDED, State.CANCELLED))
"""States that conditions no longer move."""


class ConditionKind(IntEnum):
    """Why a declaration is not cleared yet. Each kind has one owner."""

    DOCUMENT_CHECK = 1
    INSPECTION = 2
    PERMIT = 3
    SPECIALISED_INSPECTION = 4
    ORIGIN = 5
    RATE = 6
    TAX = 7
    ARRIVAL = 8
    HOLD = 9
    CORRECTION = 10
    CANCELLATION = 11
    AMENDMENT = 12
    """An amendment after clearance waits for customs."""
    VALUE_DOUBT = 13
    """Customs doubts the value of some lines: the declarant amends or asks for consultation (tham vấn giá)."""
    CONSULTATION = 14
    """The declarant has asked for consultation on the value."""
    RELEASE = 15
    """Release before clearance was asked for; customs decides."""
    STORAGE = 16
    """Storage until a result is known was asked for; customs decides."""
    DETERMINATION = 17
    """The goods are released; the official value or classification is still to be determined."""
    STORAGE_ARRIVAL = 18
    """The goods are on their way to the place of storage."""


class Owner(IntEnum):
    """Who can close a condition."""

    TRADER = 1
    CUSTOMS = 2
    MINISTRY = 3
    BANK = 4
    PORT = 5


class Clock(IntEnum):
    """How the time allowed for a condition runs."""

    NONE = 0
    """No time is set: the declaration waits, and nothing is late."""
    AT_ONCE = 1
    """Due when opened."""
    CALENDAR_DAYS = 2
    WORKING_HOURS = 3
    WORKING_DAYS = 4
    DAY_OF_NEXT_MONTH = 5
    """Until the end of that day of the month after the one of registration."""


class ConditionTerm(Struct, frozen=True, kw_only=True):
    """What the law says of one kind of condition when it opens for one reason (`trigger`).

    `closers` are who may close it. `length_parameter` names the dated figure of the law book that the clock counts, `switch_parameter` the one
    that must be 1 for the condition to open at all. `blocks_release` and `blocks_storage` say whether goods may be released, or moved to storage,
    while it is open. `verified` is False where the text of the law was not seen: screens say so.
    """

    kind: ConditionKind
    trigger: str
    owner: Owner
    closers: frozenset[Owner]
    law: str
    clock: Clock
    length_parameter: str
    switch_parameter: str
    blocks_release: bool
    blocks_storage: bool
    verified: bool


class ControlledGoods(Struct, frozen=True):
    """Goods lines of one declaration that one permit or specialised-inspection regime controls: one condition for all of them.

    `kind` is PERMIT or SPECIALISED_INSPECTION, `code` the permit type or regime, `law` its instrument, `line_nos` the lines it controls.
    """

    kind: ConditionKind
    code: str
    law: str
    line_nos: tuple[int, ...]
    agency: str = ""


class PassFacts(Struct, frozen=True, kw_only=True):
    """What the opening of conditions looks at, for one declaration at its registration.

    `missing` are the rates nobody has determined, one text per line and tax (`"2: VALUE_ADDED"`). `arrival_on` is the declared date of arrival.
    `tax_secured` says that the pass itself has secured the tax (a guarantee was granted, or the priority enterprise's deferral holds), so that
    no payment is awaited. `origin_proof_awaited`: a preferential schedule is claimed and its proof is not on file.
    """

    is_export: bool
    channel: int
    payable_vnd: int
    registered_at: datetime
    payment_timing_code: str = "D"
    missing: tuple[str, ...] = ()
    controlled: tuple[ControlledGoods, ...] = ()
    arrival_on: date | None = None
    tax_secured: bool = False
    origin_proof_awaited: bool = False
    release_code: str = ""
    """Reason for which release before clearance is asked for with the declaration itself; empty when it is not."""


class Condition(Struct, frozen=True, kw_only=True):
    """One open or closed condition of one declaration.

    `law` is the citation shown to people; `due_at` runs on the clock the law names (calendar or Vietnamese working hours); `detail` says in
    short what is awaited (permit type, list of lines); `holder` is the code of the agency whose it is, where the law names one. `closed_by` and `evidence` say who closed it and on what paper.
    """

    condition_no: int
    kind: ConditionKind
    owner: Owner
    law: str
    opened_at: datetime
    due_at: datetime | None
    detail: str = ""
    holder: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    evidence: str = ""


class Deed(StrEnum):
    """What is done with a file by one signed message: by an officer, but for those of `DECLARANTS`."""

    DOCUMENT_CHECK = "document_check"
    INSPECTION_RESULT = "inspection_result"
    ASK_QUESTION = "ask_question"
    ANSWER_QUESTION = "answer_question"
    RAISE_CHANNEL = "raise_channel"
    PROPOSE_LOWER_CHANNEL = "propose_lower_channel"
    APPROVE = "approve"
    REFUSE = "refuse"
    INSTRUCT_CORRECTION = "instruct_correction"
    DOUBT_VALUE = "doubt_value"
    ASK_CONSULTATION = "ask_consultation"
    ATTACH = "attach"
    ACCEPT_VALUE = "accept_value"
    REJECT_VALUE = "reject_value"
    ACCEPT_AMENDMENT = "accept_amendment"
    REFUSE_AMENDMENT = "refuse_amendment"
    APPROVE_ASSESSMENT = "approve_assessment"
    REFUSE_ASSESSMENT = "refuse_assessment"
    APPROVE_CANCELLATION = "approve_cancellation"
    REFUSE_CANCELLATION = "refuse_cancellation"
    REQUEST_RELEASE = "request_release"
    RELEASE = "release"
    REFUSE_RELEASE = "refuse_release"
    REQUEST_STORAGE = "request_storage"
    RELEASE_TO_STORAGE = "release_to_storage"
    REFUSE_STORAGE = "refuse_storage"


DECLARANTS = frozenset(
    (Deed.ANSWER_QUESTION, Deed.ASK_CONSULTATION, Deed.ATTACH, Deed.REQUEST_RELEASE, Deed.REQUEST_STORAGE)
)


class InspectionOrder(Struct, frozen=True):
    """Where the goods are inspected, how deeply (`inspection_class`), and which containers, at most five (VAD487 of VNACCS)."""

    place_code: str
    inspection_class: str
    container_nos: tuple[str, ...] = ()


class FoundLine(Struct, frozen=True):
    """What an inspection found of one goods line: `found_milli` thousandths of the declared unit; 0: none of it was there."""

    line_no: int
    found_milli: int


class Evidence(Struct, frozen=True):
    """A photo or a sample of an inspection, named by the SHA-256 of its file; the file itself is kept elsewhere."""

    kind: str
    sha256: bytes


class Proposal(Struct, frozen=True, kw_only=True):
    """Less is to be checked: one officer (`maker_code`) proposes the channel, another (`checker_code`) decides. `approved` is None until then."""

    proposal_no: int
    maker_code: str
    proposed_at: datetime
    channel_to: int
    reason: str
    checker_code: str = ""
    decided_at: datetime | None = None
    approved: bool | None = None


class Question(Struct, frozen=True, kw_only=True):
    """A question of customs to the declarant. It stops nothing; `due_at` is until when the answer is expected."""

    question_no: int
    asked_by: str
    asked_at: datetime
    due_at: datetime
    question: str
    answered_by: str = ""
    answered_at: datetime | None = None
    answer: str = ""


class QueuePlace(Struct, frozen=True):
    """A place in the queue of an office, after which the next page begins: due time (None: none), 11-digit number, number of the condition."""

    due_at: datetime | None
    no11: int
    condition_no: int


class Authority(Struct, frozen=True):
    """By what an officer acts: code, the row of the power, the unit of the file, and the reason when that is not the officer's own unit."""

    officer_code: str
    power_id: int
    unit_code: str
    outside_reason: str = ""


class Edge(Struct, frozen=True):
    """An allowed move from one state to another. `act` names it, `actor` who may do it, `inferred` that no source states it.

    `follows` marks a move that needs no decision of its own: it is the consequence of the channel and of the conditions still open. Such a
    move holds only for the `channels` listed (none listed: for all).
    """

    from_state: State
    to_state: State
    act: str
    actor: str
    law: str
    inferred: bool
    channels: frozenset[int] = frozenset()
    follows: bool = False


class MoveRefused(Refusal):
    """The state table has no such edge."""

    code = "MOVE_REFUSED"
    text_vi = "Trạng thái hiện tại của tờ khai không cho phép bước này."
    text_en = "The present state of the declaration does not allow this step."

    def __init__(self, current: State | None = None, wanted: str = "") -> None:
        super().__init__(wanted)
        if current is not None:
            self.text_vi = f"Tờ khai đang ở trạng thái {current.name}: không thực hiện được {wanted}."
            self.text_en = f"The declaration is {current.name}: {wanted} is not possible."


class TableInvalid(ValueError):
    """The table of states or of condition kinds cannot be loaded; the message names row and reason."""


class ParameterMissing(LookupError):
    """The law book of the day does not hold a figure that the table of condition kinds names."""


class ConditionUnknown(Refusal):
    """The declaration has no condition of that kind and number."""

    code = "CONDITION_UNKNOWN"
    text_vi = "Tờ khai không có điều kiện này."
    text_en = "The declaration has no such condition."


class ConditionAmbiguous(Refusal):
    """Several conditions of that kind are open and the message does not say which is meant."""

    code = "CONDITION_AMBIGUOUS"

    def __init__(self, kind: ConditionKind, condition_nos: tuple[int, ...]) -> None:
        super().__init__(kind, condition_nos)
        numbers = ", ".join(map(str, condition_nos))
        self.text_vi = f"Có nhiều điều kiện {kind.name} đang mở (số {numbers}): cần nêu rõ số."
        self.text_en = f"Several {kind.name} conditions are open (numbers {numbers}): say which."


class ConditionClosedAlready(Refusal):
    """Someone has closed it before; the words say who and when."""

    code = "CONDITION_CLOSED_ALREADY"

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.kind, condition.condition_no)
        self.condition = condition
        at = condition.closed_at.astimezone(VN) if condition.closed_at else None
        when_vi = f"{at:%H:%M:%S %d/%m/%Y}" if at else ""
        self.text_vi = f"Điều kiện {condition.kind.name} đã được {condition.closed_by} đóng lúc {when_vi}."
        self.text_en = (
            f"The condition {condition.kind.name} was closed by {condition.closed_by} at {when_vi} (Viet Nam)."
        )


class NotTheirsToClose(Refusal):
    """Whoever tries may not close a condition of that kind."""

    code = "NOT_THEIRS_TO_CLOSE"

    def __init__(self, kind: ConditionKind, by: Owner, closers: frozenset[Owner]) -> None:
        super().__init__(kind, by)
        allowed = ", ".join(owner.name for owner in sorted(closers))
        self.text_vi = f"{by.name} không có quyền đóng điều kiện {kind.name}; bên có quyền: {allowed}."
        self.text_en = f"{by.name} may not close the condition {kind.name}; it is for {allowed}."


class FailedAlready(Refusal):
    """The same check has failed before, and the goods are held for it."""

    code = "FAILED_ALREADY"
    text_vi = "Kết quả không đạt này đã được ghi nhận; hàng đang bị giữ."
    text_en = "This check has failed already; the goods are held for it."


class EvidenceMissing(Refusal):
    """A condition closes on a paper or a message that can be shown later."""

    code = "EVIDENCE_MISSING"
    text_vi = "Cần nêu chứng từ hoặc người làm căn cứ đóng điều kiện."
    text_en = "Say who closes the condition and on what paper."


def told_at(at: datetime | None) -> str:
    """Return an instant as refusals tell it: Vietnamese time."""
    return f"{at.astimezone(VN):%H:%M:%S %d/%m/%Y}" if at else ""


class OfficerNeeded(Refusal):
    """An act on a file is a person's: it is signed with the officer's own key, not with that of the office."""

    code = "OFFICER_NEEDED"
    text_vi = "Việc này phải do công chức ký bằng chứng thư số của chính mình, không phải của đơn vị."
    text_en = "This act is signed by an officer with a key of their own, not with that of the office."


class PowerMissing(Refusal):
    """The officer holds no power to do this now, in any unit: none was given, or it has ended."""

    code = "POWER_MISSING"

    def __init__(self, act: Act) -> None:
        super().__init__(act)
        self.text_vi = f"Công chức hiện không có thẩm quyền {act.name}."
        self.text_en = f"The officer does not hold the power {act.name} at present."


class OutsideQueue(Refusal):
    """The file is not one of the officer's own unit: the reason for working on it is to be given, and is kept for the auditor."""

    code = "OUTSIDE_QUEUE"
    text_vi = "Hồ sơ không thuộc đơn vị của công chức: cần nêu lý do (outside_reason)."
    text_en = "The file is none of the officer's own unit: say why (outside_reason)."


class SamePerson(Refusal):
    """Who proposed cannot decide."""

    code = "SAME_PERSON"
    text_vi = "Người đề xuất không được tự quyết định: cần một công chức khác."
    text_en = "Who proposed cannot decide: it takes another officer."


class ProposalUnknown(Refusal):
    """The declaration has no such proposal."""

    code = "PROPOSAL_UNKNOWN"
    text_vi = "Tờ khai không có đề xuất này."
    text_en = "The declaration has no such proposal."


class ProposalOpen(Refusal):
    """Another proposal waits for its decision; the words say whose and since when."""

    code = "PROPOSAL_OPEN"

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal.proposal_no)
        no, maker, at = proposal.proposal_no, proposal.maker_code, told_at(proposal.proposed_at)
        self.text_vi = f"Đề xuất số {no} của {maker} lúc {at} đang chờ quyết định."
        self.text_en = f"Proposal {no} of {maker} at {at} (Viet Nam) waits for its decision."


class DecidedAlready(Refusal):
    """Somebody was faster; the words say who and when."""

    code = "DECIDED_ALREADY"

    def __init__(self, what_vi: str, what_en: str, by: str, at: datetime | None) -> None:
        super().__init__(what_en, by)
        self.text_vi = f"{what_vi}: {by} đã quyết định lúc {told_at(at)}."
        self.text_en = f"{what_en}: {by} decided at {told_at(at)} (Viet Nam)."


class ChannelRefused(Refusal):
    """The declaration is in that channel already, or the act goes the other way."""

    code = "CHANNEL_REFUSED"

    def __init__(self, channel: int, wanted: int) -> None:
        super().__init__(channel, wanted)
        self.text_vi = f"Tờ khai đang ở luồng {channel}: không chuyển sang luồng {wanted} bằng việc này được."
        self.text_en = f"The declaration is in channel {channel}: this act cannot move it to channel {wanted}."


class QuestionUnknown(Refusal):
    """Customs has asked no such question."""

    code = "QUESTION_UNKNOWN"
    text_vi = "Hải quan không hỏi câu này."
    text_en = "Customs has asked no such question."


class LineUnknown(Refusal):
    """The result names a goods line that the declaration does not have, or one twice."""

    code = "LINE_UNKNOWN"

    def __init__(self, line_no: int) -> None:
        super().__init__(line_no)
        self.text_vi = f"Dòng hàng {line_no} không có trên tờ khai hoặc được ghi hai lần."
        self.text_en = f"The declaration has no line {line_no}, or it is named twice."


class SettledAlready(Refusal):
    """Somebody was faster: the declaration has been cleared, cancelled or closed otherwise. The words say what happened and when."""

    code = "SETTLED_ALREADY"

    def __init__(self, state: State, act: str, acted_at: datetime, wanted: str) -> None:
        super().__init__(state, act, wanted)
        when = f"{acted_at.astimezone(VN):%H:%M:%S %d/%m/%Y}"
        self.text_vi = f"Tờ khai đã ở trạng thái {state.name} từ lúc {when} ({act}): không thực hiện được {wanted}."
        self.text_en = f"The declaration is {state.name} since {when} Viet Nam time ({act}): {wanted} is not possible."
