"""Nouns of the ledger."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from haidang.kernel.findings import Refusal

LATE_INTEREST = 20
"""The kind of transfers of late-payment interest; taxes have the numbers of `TaxKind`, payments have none (0)."""


class Transfer(Struct, frozen=True):
    """Money that moved from one account to another: `amount_vnd` whole đồng > 0, `kind` the tax it is about (`TaxKind` number, or LATE_INTEREST).

    Accounts are texts: `due:<trader>` what a trader owes, `revenue:<kind>` what the state is owed, `collected:<bank>` what a bank collected,
    `overpaid:<trader>` what was paid and is no longer owed, `retroactive:<kind>` what a later version of the law book made of a tax.
    """

    shard_id: int
    registered_month: int
    declaration_id: UUID
    transfer_no: int
    journal_seq: int
    kind: int
    debit_account: str
    credit_account: str
    amount_vnd: int
    booked_at: datetime


class Obligation(Struct, frozen=True):
    """What a declaration's taxes still cost: the assessed sum, what is outstanding, and until when it is not overdue."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    trader_code: str
    assessed_vnd: int
    outstanding_vnd: int
    due_on: date


class ObligationChange(Struct, frozen=True):
    """What one act (`journal_seq`) made of an obligation: what was assessed and due before (nothing: 0 and None) and what is now."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    journal_seq: int
    was_assessed_vnd: int
    was_due_on: date | None
    assessed_vnd: int
    due_on: date


class Adjusted(Struct, frozen=True):
    """What becomes of the money of a declaration whose taxes were assessed anew: transfers to book, what is outstanding then, what is overpaid."""

    transfers: list[Transfer]
    outstanding_vnd: int
    overpaid_vnd: int
    assessed_vnd: int = 0
    """What stands assessed then: the taxes, and the interest booked for late payment."""


class Suspense(Struct, frozen=True):
    """Money received that closes no obligation; it waits for a person and releases no goods."""

    shard_id: int
    suspense_id: UUID
    sender_id: int
    reference: str
    declaration_no: str
    amount_vnd: int
    reason: str
    received_at: datetime


class PreparedAdjustment(Struct, frozen=True, kw_only=True):
    """What a later version of the law book makes of the taxes of one declaration (bút toán điều chỉnh): prepared by one officer, booked when another decides so.

    `was_vnd` is what stands booked and `now_vnd` what the later version gives, whole đồng, one for each tax from 1 (import duty) to 6 (export duty).
    `judged_version` is the law book by which the declaration, at its amendment `amendment_no`, stands. `reason` says why, as its batch does. `accepted` is None until it is decided.
    """

    shard_id: int
    registered_month: int
    declaration_id: UUID
    batch_no: int
    amendment_no: int
    judged_version: int
    newer_version: int
    was_vnd: tuple[int, ...]
    now_vnd: tuple[int, ...]
    prepared_by: str
    power_id: int
    prepared_at: datetime
    reason: str
    decided_seq: int | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    accepted: bool | None = None

    @property
    def difference(self) -> dict[int, int]:
        """What each tax that changes is more (above 0) or less, whole đồng by kind."""
        pairs = enumerate(zip(self.was_vnd, self.now_vnd, strict=True), start=1)
        return {kind: now - was for kind, (was, now) in pairs if now != was}


class AdjustmentBatch(Struct, frozen=True, kw_only=True):
    """Adjustments that one officer prepared together, and why. `rows_digest` is the SHA-256 of what was prepared, in the order of keys; `signature` the
    officer's over all the rest (`rules.batch_statement`)."""

    batch_no: int
    newer_version: int
    reason: str
    prepared_by: str
    prepared_at: datetime
    row_count: int
    rows_digest: bytes
    signature: str = ""


class AdjustmentWaits(Refusal):
    """An adjustment of one of the declarations waits for its decision already."""

    code = "ADJUSTMENT_WAITS"
    text_vi = "Có tờ khai đã có điều chỉnh hồi tố đang chờ duyệt: duyệt hoặc từ chối đợt đó trước."
    text_en = "An adjustment of one of the declarations waits for its decision: decide on that batch first."
