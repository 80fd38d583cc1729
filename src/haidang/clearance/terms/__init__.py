"""Nouns of the pass: open conditions, states, edges. Clearing is the instant the last condition closes."""

from datetime import date, datetime
from enum import IntEnum

from msgspec import Struct


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
    SUPPLEMENT = 19
    """The declaration was lodged incomplete; the declarant completes it."""
    ASSESSMENT = 21
    """Customs is to assess the taxes ex officio, or to decide whether it does, before the goods are cleared."""
    RULING = 22
    """The goods name an advance ruling that says something else or is not in force: customs looks."""


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
    consigned_otherwise: str = ""
    """Where goods were loaded that claim an agreement to which that country is no party, with their lines (`"HKHKG: 1, 3"`); empty when none were."""
    release_code: str = ""
    """Reason for which release before clearance is asked for with the declaration itself; empty when it is not."""
    incomplete: str = ""
    """Ground on which the declaration is lodged incomplete, and the fields it leaves out (`"P: gross_mass"`); empty when it is complete."""
    incomplete_law: str = ""
    ruling_doubts: str = ""
    """Advance rulings quoted for goods, or at a time, they do not hold for, with the lines (`"XDT-2026-0042: 1, 3"`)."""


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
