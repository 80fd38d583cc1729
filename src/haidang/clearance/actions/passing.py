"""What every pass shares: the transaction's hands (writer, numbers, books) and the answers given."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from haidang.clearance.lookups.books import Books
from haidang.clearance.rules.judging import DayBook
from haidang.declarations.actions import NumberBlocks
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding, Refusal
from haidang.parties.terms import Certificate, SignatureFault
from haidang.platform.db import Transaction
from haidang.platform.pipelining import Asker, JoinedTransaction, Together
from haidang.platform.writers import Writer

Key = tuple[int, int, UUID]
"""(shard_id, registered_month, declaration_id)."""

_FEW = 32
"""Messages whose rows go faster as parameters than as copies (measured; the two cross between 32 and 128)."""


class Envelope(Struct, frozen=True, kw_only=True):
    """A signed message waiting in a lane: its bytes, who sent it, and the certificate whose signature over the bytes was verified.

    With a `fault` that certificate proves nothing any more: the message may get the answer that it was given before, and does nothing new.
    """

    message_id: str
    sender_id: int
    sender_code: str
    raw: bytes
    sha256: bytes
    signature: str
    certificate: Certificate
    fault: SignatureFault | None = None


class Lodged(Struct, frozen=True, kw_only=True):
    """A declaration to register: one lodged in this message, or (`draft_no`) one saved before.

    `trader_id` is the trader's number when another sends it and it is known already: the trader is told too.
    """

    envelope: Envelope
    procedure: str
    declaration: Declaration | None
    draft_no: int | None = None
    draft_shard: int | None = None
    accept_repricing: bool = False
    trader_id: int = 0


class Answer(Struct, frozen=True):
    """What the lane sends back after the commit: HTTP status and JSON bytes. `kept` answers were stored and will be given again."""

    status: int
    body: bytes
    kept: bool = True


class Hands(Struct, frozen=True):
    """What a pass writes with: one server's connection with its writer, the writer's numbers, and the directory server (parties, numbers)."""

    connection: psycopg.Connection[Any]
    directory: psycopg.Connection[Any]
    writer: Writer
    numbers: NumberBlocks
    books: Books
    rulings: frozenset[str] = frozenset()
    """Tax codes of those who ever had an advance ruling."""

    def day(self, instant: datetime) -> DayBook:
        """Return the law in force at an instant."""
        return self.books.day(vn_date(instant), self.directory)

    def transaction(self) -> Transaction:
        return Transaction(self.connection)

    def joined(self, messages: int) -> JoinedTransaction:
        """Return a transaction for a batch of so many messages that begins with its first question and, when they are few, writes with its commit."""
        return JoinedTransaction(self.connection, few=messages <= _FEW)

    def directory_asker(self, together: Together) -> Asker:
        """Return where to ask about parties: together with the others when it is the same server."""
        return together if self.directory is self.connection else self.directory


_encode = msgspec.json.Encoder().encode


def signature_refused(envelope: Envelope) -> Answer | None:
    """Return the refusal of a message that was never answered before and whose signature proves nothing now; None when it does."""
    return None if envelope.fault is None else refused((envelope.fault.finding(),))


def refused(findings: tuple[Finding, ...] | list[Finding], instance: str = "") -> Answer:
    """Return a 422 with every finding at once, as problem details (RFC 9457). Nothing was stored."""
    return Answer(
        422,
        _encode(
            {
                "type": "/problems/findings",
                "title": "The message has findings; nothing was stored.",
                "title_vi": "Thông điệp có lỗi; chưa ghi nhận gì.",
                "status": 422,
                "instance": instance,
                "findings": findings,
            }
        ),
        kept=False,
    )


def not_now(refusal: Refusal) -> Answer:
    """Return a 409 with the reason: allowed another time or to another person. Nothing was stored."""
    body = {
        "type": "/problems/refusal",
        "title": refusal.text_en,
        "title_vi": refusal.text_vi,
        "status": 409,
        "code": refusal.code,
    }
    return Answer(409, _encode(body), kept=False)
