"""Nouns of the pass: open conditions, states, edges. Clearing is the instant the last condition closes."""

from datetime import date, datetime
from enum import IntEnum

from msgspec import Struct

from haidang.kernel.calendar import VN
from haidang.kernel.findings import Refusal


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


class NotTheirOffice(Refusal):
    """A customs office acts on the declarations of its own office only."""

    code = "NOT_THEIR_OFFICE"

    def __init__(self, office: str, by: str) -> None:
        super().__init__(office, by)
        self.text_vi = f"Tờ khai thuộc đơn vị hải quan {office}, không thuộc {by}."
        self.text_en = f"The declaration is with the customs office {office}, not with {by}."


class EvidenceMissing(Refusal):
    """A condition closes on a paper or a message that can be shown later."""

    code = "EVIDENCE_MISSING"
    text_vi = "Cần nêu chứng từ hoặc người làm căn cứ đóng điều kiện."
    text_en = "Say who closes the condition and on what paper."
