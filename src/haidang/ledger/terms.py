"""Nouns of the ledger."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

LATE_INTEREST = 20
"""The kind of transfers of late-payment interest; taxes have the numbers of `TaxKind`, payments have none (0)."""


class Transfer(Struct, frozen=True):
    """Money that moved from one account to another: `amount_vnd` whole đồng > 0, `kind` the tax it is about (`TaxKind` number, or LATE_INTEREST).

    Accounts are texts: `due:<trader>` what a trader owes, `revenue:<kind>` what the state is owed, `collected:<bank>` what a bank collected,
    `overpaid:<trader>` what was paid and is no longer owed.
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
