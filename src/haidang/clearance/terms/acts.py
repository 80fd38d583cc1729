"""Nouns of what officers and declarants do with a file: deeds, questions, proposals, inspections."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


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
    APPROVE_ADJUSTMENT = "approve_adjustment"
    REFUSE_ADJUSTMENT = "refuse_adjustment"
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


class ComparedLine(Struct, frozen=True):
    """A goods line that was looked at: quantities are thousandths of the declared unit."""

    line_no: int
    commodity_code: str
    unit_code: str
    declared_milli: int
    found_milli: int

    @property
    def difference_milli(self) -> int:
        """What was found beyond what was declared; below 0: what was missing."""
        return self.found_milli - self.declared_milli


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
