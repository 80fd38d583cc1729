"""What `haidang verify` has read about one declaration, and what stood before one of its acts."""

from collections.abc import Callable, Generator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from haidang.balances.rules import drawn
from haidang.balances.terms import Balances, Movement
from haidang.clearance.lookups.rows import ConditionRows, OfficerRows, RevisionRows
from haidang.clearance.lookups.ruled import RULED_SEQ, ruled_line
from haidang.clearance.rules.amending import After, Before
from haidang.clearance.rules.drawing import draws_of
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.securing import guarantee_named
from haidang.declarations.lookups import DeclarationRows
from haidang.declarations.terms import Declaration
from haidang.journal.terms import Entry, Received, ServiceEvent
from haidang.ledger.lookups import Booked
from haidang.ledger.terms import PreparedAdjustment
from haidang.risk.terms import Decided
from haidang.rulings.terms import RuledLine
from haidang.site.verifying_balances import OnServer

Day = Callable[[int, int, date], DayBook]
"""The law book of (version, criteria version) on a Vietnamese day."""


Again = Generator[str, None, After | None]
"""What is wrong with an act, and in the end what it had to make of its declaration."""


class Stored(Struct, frozen=True):
    """Everything stored about one declaration that acts after registration have to do with."""

    subject: str
    declared: DeclarationRows
    entries: list[Entry]
    messages: list[Received]
    conditions: ConditionRows
    booked: Booked
    decided: list[Decided]
    moved: list[Movement]
    officers: OfficerRows
    services: list[ServiceEvent]
    revisions: RevisionRows = RevisionRows()
    ruled: Sequence[tuple[Any, ...]] = ()
    """What advance rulings said of its lines, as stored."""
    adjustments: list[PreparedAdjustment] = []


def ruled_by(stored: Stored, journal_seq: int) -> tuple[RuledLine, ...]:
    """Return what was recorded that advance rulings say of what an act declared."""
    return tuple(ruled_line(row) for row in stored.ruled if row[RULED_SEQ] == journal_seq)


def declaring(stored: Stored, before_no: int) -> bytes:
    """Return the bytes that declared what stood before an amendment of this number."""
    earlier = [each for each in stored.declared.versions if each.amendment_no < before_no]
    if not earlier:
        return stored.messages[0].raw
    seq = earlier[-1].journal_seq
    asked = stored.revisions.decided_by(seq)
    seq = asked.asked_seq if asked is not None else seq
    return next((each.raw for each in stored.messages if each.journal_seq == seq), b"")


def ample(on_server: OnServer, declared: Declaration, before: Before, registered: DayBook) -> Balances:
    """Return the guarantees and goods on file that the act named or held, as if nobody else drew on them: that there was room is checked over all movements."""
    named = {draw.want.key for draw in draws_of(0, declared, registered)} | {guarantee_named(before.key[0], declared)}
    holds = drawn([*before.moved, *before.drawn])
    return {
        balance.key: replace(balance, reserved=0, used=0, use_count=0)
        for balance in on_server.by_id.values()
        if balance.key in named or balance.balance_id in holds
    }
