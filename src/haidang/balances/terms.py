"""Nouns of what runs out: balances, what is wanted of them, how they moved."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum, StrEnum
from uuid import UUID

from msgspec import Struct


class BalanceKind(IntEnum):
    """What runs out (numbers are stored)."""

    QUOTA = 1
    PERMIT = 2
    CERTIFICATE = 3
    EXEMPTION_LIST = 4
    GUARANTEE = 5
    BORDER_ALLOWANCE = 6
    TEMPORARY_GOODS = 7
    """One line of a temporary import or export: what of it may still leave or return."""


class MovementKind(IntEnum):
    """How a balance moves (numbers are stored): set aside, used up for good, given back."""

    RESERVE = 1
    COMMIT = 2
    RELEASE = 3
    RETURN = 4
    """What was used up is free again: the declaration was cancelled after clearance, or says less since."""


class BalanceKey(Struct, frozen=True, order=True):
    """What makes a balance one balance: shard of the holder, kind (`BalanceKind` number), and the reference people quote."""

    shard_id: int
    kind: int
    reference: str


class Balance(Struct, frozen=True, kw_only=True):
    """How one balance stands. Amounts are integers of `unit` (VND: whole đồng; a unit of goods: thousandths), with 0 <= reserved, 0 <= used, reserved + used <= granted.

    `holder_code` is the tax code it was granted to. In force on Vietnamese dates `valid_from` <= day < `valid_until`. `use_limit` is how many
    declarations may ever reserve of it (an individual guarantee: 1; None: any number), `use_count` how many have. `goods_code` is the commodity code of
    goods on file, empty for money.
    """

    shard_id: int
    balance_id: UUID
    kind: int
    holder_code: str
    reference: str
    unit: str
    granted: int
    reserved: int
    used: int
    valid_from: date
    valid_until: date
    use_limit: int | None
    use_count: int
    goods_code: str = ""

    @property
    def key(self) -> BalanceKey:
        """What people and locks know it by."""
        return BalanceKey(self.shard_id, self.kind, self.reference)

    @property
    def free(self) -> int:
        """What may still be reserved."""
        return self.granted - self.reserved - self.used


class Want(Struct, frozen=True, kw_only=True):
    """What one declaration of a batch (`ordinal`) wants of one balance: `amount` > 0 in the balance's unit, for `holder_code`.

    `single_use` True asks for a balance that serves one declaration, False for one that serves many; None takes either. `unit` and `goods_code` are what
    is declared, and must be those of the balance; empty: any.
    """

    ordinal: int
    key: BalanceKey
    holder_code: str
    amount: int
    single_use: bool | None = None
    unit: str = ""
    goods_code: str = ""


class Denial(StrEnum):
    """Why a want is not granted."""

    UNKNOWN = "unknown"
    OTHER_HOLDER = "other_holder"
    OTHER_GOODS = "other_goods"
    OTHER_UNIT = "other_unit"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    USED_UP = "used_up"
    SHORT = "short"


class Denied(Struct, frozen=True):
    """One want that is not granted. `balance` is None when there is none of that key and kind; `free` is what was left when its turn came."""

    want: Want
    denial: Denial
    balance: Balance | None
    free: int


class Grant(Struct, frozen=True):
    """What the declaration `ordinal` gets: `taken` of each balance when nothing was denied, else nothing at all."""

    ordinal: int
    taken: tuple[tuple[Balance, int], ...]
    denied: tuple[Denied, ...]


class Movement(Struct, frozen=True):
    """One movement of one balance by one act (`journal_seq`) on one declaration; `amount` > 0, `kind` a `MovementKind` number."""

    shard_id: int
    registered_month: int
    declaration_id: UUID
    movement_no: int
    balance_id: UUID
    journal_seq: int
    kind: int
    amount: int


class Change(Struct, frozen=True):
    """The sum of a batch's movements on one balance: what is newly reserved, what of the reserved is committed or released, what of the used
    is given back, new uses."""

    shard_id: int
    balance_id: UUID
    reserve: int
    commit: int
    release: int
    give_back: int
    uses: int


class BalanceSource(Struct, frozen=True):
    """The signed message that put a balance on file, as it came."""

    shard_id: int
    balance_id: UUID
    sender_id: int
    message_id: str
    certificate_sha256: bytes
    signature: str
    raw: bytes
    filed_at: datetime


class OnFile(Struct, frozen=True):
    """A balance with the message behind it; None when no message put it on file."""

    balance: Balance
    source: BalanceSource | None


Balances = Mapping[BalanceKey, Balance]
"""Locked balances by key; unknown keys are absent."""
