"""The answers on the wire as types, for the description of `/api/v1` and for clients: what `clearance` sends, named and dated."""

from datetime import date, datetime
from typing import Any, Literal

from msgspec import Struct

from haidang.gateway.ruling_answers import RuledLine
from haidang.kernel.findings import Finding
from haidang.taxes.terms import TreatedLine


class Taxes(Struct, omit_defaults=True):
    """Totals by kind, whole đồng."""

    import_duty_vnd: int = 0
    trade_remedy_vnd: int = 0
    special_consumption_vnd: int = 0
    environment_vnd: int = 0
    value_added_vnd: int = 0
    export_duty_vnd: int = 0


class RateMissing(Struct):
    """A tax on a line that could not be computed: customs determines it."""

    line_no: int
    kind: str
    reason: str


class Condition(Struct, omit_defaults=True):
    """Why the goods are not cleared yet: whose turn it is, by which law, since when and until when; or who closed it and when."""

    condition_no: int
    kind: str
    owner: Literal["trader", "customs", "ministry", "bank", "port"]
    law: str
    opened_at: datetime
    due_at: datetime | None
    detail: str = ""
    overdue: bool = False
    """Open after its time; told where a declaration is read."""
    closed_at: datetime | None = None
    closed_by: str = ""
    reason: str = ""
    """Why customs decided so on what the declarant had asked, in the officer's words."""
    detail_vi: str = ""
    """`detail` with its codes in words, where a declaration or what was served is read."""
    detail_en: str = ""
    holder_vi: str = ""
    holder_en: str = ""


class Question(Struct, omit_defaults=True):
    """What customs asks the declarant; it stops nothing. And the answer, once there is one."""

    question_no: int
    question: str
    asked_by: str
    asked_at: datetime
    due_at: datetime
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None


class ComparedLine(Struct):
    """A goods line that was inspected: quantities in the declared unit as decimals, `difference` with its sign (less was found: below 0)."""

    line_no: int
    commodity_code: str
    unit_code: str
    declared: str
    found: str
    difference: str


class Acted(Struct, omit_defaults=True):
    """An officer's act, or a declarant's answer, was recorded: where the declaration stands now."""

    declaration_no: str
    act: str
    state: str
    channel: Literal[1, 2, 3]
    cleared: bool
    goods: Literal["under_supervision", "stored", "released", "cleared"]
    goods_may_be_used: bool
    """Released and cleared goods may be used, stored ones may not."""
    open_conditions: list[Condition]
    proposal_no: int = 0
    found: list[ComparedLine] = []
    """What an inspection found, line by line, against what is declared."""
    questions: list[Question] = []
    documents: list[str] = []


class Registered(Struct):
    """The answer to a registration: the notice of the channel, the same in form for every channel."""

    declaration_no: str
    kind_code: str
    registered_at: datetime
    state: str
    cleared: bool
    channel: Literal[1, 2, 3]
    channel_name: Literal["green", "yellow", "red"]
    channel_name_vi: str
    customs_value_vnd_e4: int
    taxes: Taxes
    payable_vnd: int
    fee_vnd: int
    lines: list[TreatedLine]
    rates_missing: list[RateMissing]
    tax_due_on: date | None
    tax_secured: bool
    """Whether a guarantee or the deferral of a priority enterprise stands for the tax, so that no payment is awaited."""
    open_conditions: list[Condition]
    law_book_version: int
    rulings: list[RuledLine] = []
    """What advance rulings of the trader say of its lines; left out when none does."""


class DraftSaved(Struct):
    """The answer to a draft: its number and the figures of the moment."""

    draft_no: str
    saved_at: datetime
    expires_at: datetime
    customs_value_vnd_e4: int
    taxes: Taxes
    payable_vnd: int
    fee_vnd: int
    lines: list[TreatedLine]
    rates_missing: list[RateMissing]
    law_book_version: int


class Closed(Struct, omit_defaults=True):
    """A condition was closed; or (no `closed`) a result that is not good was recorded, or a secured tax was paid. And whether the goods are cleared now."""

    declaration_no: str
    state: str
    cleared: bool
    open_conditions: list[Condition]
    closed: Condition | None = None
    guarantee_released_vnd: int = 0
    late_interest_vnd: int = 0
    """Interest that a payment after clearance left behind because the tax in it was late; it is outstanding now."""


class Changed(Struct):
    """One field that an amendment changed, old and new as written in the message."""

    pointer: str
    name_vi: str
    name_en: str
    old: str
    new: str


class Amended(Struct):
    """The answer to an amendment: the number with the amendment counted, what changed, the figures now, and what is open."""

    declaration_no: str
    amendment_no: int
    kind_code: str
    registered_at: datetime
    state: str
    cleared: bool
    channel: Literal[1, 2, 3]
    channel_name: Literal["green", "yellow", "red"]
    channel_name_vi: str
    channel_raised: bool
    customs_value_vnd_e4: int
    taxes: Taxes
    payable_vnd: int
    fee_vnd: int
    lines: list[TreatedLine]
    rates_missing: list[RateMissing]
    payable_before_vnd: int
    outstanding_vnd: int
    overpaid_vnd: int
    """What this declaration has paid and no longer owes; it is kept for the trader."""
    guarantee_reserved_vnd: int
    guarantee_released_vnd: int
    tax_due_on: date | None
    changes: list[Changed]
    open_conditions: list[Condition]
    law_book_version: int
    rulings: list[RuledLine] = []
    """What advance rulings of the trader say of its lines as amended; left out when none does."""


class Supplemented(Amended, kw_only=True):
    """The answer to a supplement: that of an amendment, until when it was due, and whether it came late."""

    due_at: datetime | None
    late: bool


class Cancellation(Struct):
    """The answer to a request to cancel, or to an officer's proposal on one: what came of it, by which case and law, and what became of the money."""

    declaration_no: str
    outcome: Literal["requested", "cancelled", "proposed"]
    register_no: str
    """The number under which a second officer decides on the proposal; empty for a request."""
    case: str
    case_name_vi: str
    case_name: str
    law: str
    state: str
    cleared: bool
    overpaid_vnd: int
    guarantee_released_vnd: int
    open_conditions: list[Condition]


class Revised(Struct, omit_defaults=True):
    """What was asked about a declaration under a number of its own, or decided: the difference of each tax, what is to be paid, and since when interest runs.

    `additional_vnd` is what is to be paid beyond what was owed, `overpaid_vnd` what this declaration has paid and no longer owes. `interest_vnd` is the
    interest when all is paid today, `interest_per_day_vnd` what one day more costs. `tax_due_on` is the last day before what is outstanding counts as a debt.
    """

    declaration_no: str
    register_no: str
    kind: Literal["amendment", "assessment", "cancellation", "retroactive"]
    outcome: Literal["asked", "accepted", "refused"]
    code: str
    reason: str
    decision: str
    state: str
    payable_before_vnd: int
    payable_vnd: int
    outstanding_vnd: int
    overpaid_vnd: int
    tax_due_on: date | None
    free_until: date | None
    """The last day on which an amendment bears no penalty."""
    over_free_days: bool
    changes: list[Changed]
    open_conditions: list[Condition]
    difference: dict[str, int] = {}
    additional_vnd: int = 0
    interest_from: date | None = None
    interest_vnd: int = 0
    interest_per_day_vnd: int = 0
    rulings: list[RuledLine] = []
    """What advance rulings of the trader say of the lines as asked; for who asks and who decides."""


class Adjustment(Struct):
    """What was booked because a later version of the law book gives other taxes for the day of the registration: whole đồng, by tax above 0 what is owed more."""

    batch_no: int
    judged_version: int
    newer_version: int
    reason: str
    difference: dict[str, int]
    was_vnd: int
    now_vnd: int
    decided_by: str
    at: datetime


class Revision(Struct, omit_defaults=True):
    """What was asked about a declaration, with its decision once there is one; an assessment is seen when it is decided."""

    register_no: str
    kind: str
    code: str
    code_vi: str
    code_en: str
    reason: str
    asked_at: datetime
    payable_before_vnd: int
    payable_vnd: int
    free_until: date | None
    asked_by: str = ""
    accepted: bool | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    decision: str = ""
    rulings: list[RuledLine] = []
    """What advance rulings of the trader say of the lines as asked."""


class Suspended(Struct):
    """Money that closes no obligation waits for a person."""

    suspense_id: str
    amount_vnd: int
    reason: str


class GuaranteeFiled(Struct):
    """A guarantee is on file: the key to declare (SBC, RYA, SCM, SCN), and when it is in force."""

    guarantee_key: str
    trader_code: str
    kind: Literal["individual", "general"]
    amount_vnd: int
    valid_from: date
    valid_until: date
    filed_at: datetime


class TracedTax(Struct):
    """One tax on one line with base, rate and the row of the law book."""

    line_no: int
    kind: int
    base_vnd_e4: int
    rate_bp: int
    specific_vnd_e4: int
    quantity_milli: int
    measure_id: int
    relieved_vnd_e4: int
    amount_vnd_e4: int


class AttachedDocument(Struct):
    """A document that a declaration refers to, and the number of the act that attached it (1: the registration)."""

    document_no: str
    journal_seq: int


class EntrustedBy(Struct):
    """On whose behalf the trader acts, as the declaration stands: tax code and name as declared."""

    code: str
    name: str


class DeclarationView(Struct, omit_defaults=True):
    """A declaration as its parties see it. `entrusting_party` stands where the trader acts on behalf of another."""

    declaration_no: str
    kind_code: str
    trader_code: str
    customs_office_code: str
    registered_at: datetime
    channel: Literal[1, 2, 3]
    channel_name: str
    channel_name_vi: str
    state: str
    cleared: bool
    cleared_at: datetime | None
    line_count: int
    customs_value_vnd_e4: int
    taxes: Taxes
    payable_vnd: int
    law_book_version: int
    lines: list[TracedTax]
    goods: Literal["under_supervision", "stored", "released", "cleared"]
    goods_may_be_used: bool
    outstanding_vnd: int
    tax_due_on: date | None
    """The last day on which what is outstanding is no debt yet."""
    late_interest_vnd: int
    """Interest booked for late payment so far, paid or not."""
    conditions: list[Condition]
    rulings: list[RuledLine]
    documents: list[AttachedDocument]
    questions: list[Question]
    revisions: list[Revision]
    entrusting_party: EntrustedBy | None = None


class DeclarationListed(Struct):
    """A declaration in a list."""

    cursor: str
    declaration_no: str
    kind_code: str
    trader_code: str
    registered_at: datetime
    channel: Literal[1, 2, 3]
    state: str
    payable_vnd: int


class DeclarationPage(Struct):
    """One page of declarations, newest first; `next_cursor` is null on the last."""

    declarations: list[DeclarationListed]
    next_cursor: str | None


class Converted(Struct):
    """The declaration of a file, ready to be put into a LODGE message and signed."""

    declaration: dict[str, Any]
    line_count: int


class DocumentView(Struct):
    """A document on file. `fields` are those of its type, as given; `sha256` is hexadecimal."""

    document_no: str
    type: str
    name_vi: str
    name_en: str
    trader_code: str
    given_by: str
    given_at: datetime
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    fields: dict[str, str | int]


class Health(Struct):
    """Whether messages are being taken, and the legal time."""

    takes_messages: bool
    legal_time: datetime


class Problem(Struct, omit_defaults=True):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    title_vi: str
    status: int
    code: str = ""
    instance: str = ""
    address: str = ""
    next_slot_s: float = 0.0
    incident: str = ""


class FindingsProblem(Struct, omit_defaults=True):
    """Problem details with every finding at once; of a converted file with the cell of each pointer and what could be read."""

    type: str
    title: str
    title_vi: str
    status: int
    findings: list[Finding]
    instance: str = ""
    places: dict[str, str] = {}
    declaration: dict[str, Any] = {}
