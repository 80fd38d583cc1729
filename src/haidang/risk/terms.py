"""Nouns of risk: criteria, the facts they look at, the decision with its reasons (officers only)."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import IntEnum
from uuid import UUID

from msgspec import Struct


class Channel(IntEnum):
    """Luồng: 1 green (no check), 2 yellow (documents), 3 red (documents and goods)."""

    GREEN = 1
    YELLOW = 2
    RED = 3


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What criteria may look at for one declaration; one value per declaration, lists over its lines."""

    kind_code: str
    is_export: bool
    trader_code: str
    trader_level: int
    customs_office_code: str
    transport_mode_code: str
    counterparty_country_code: str
    commodity_codes: tuple[str, ...]
    origin_country_codes: tuple[str, ...]
    tariff_schedule_codes: tuple[str, ...]
    customs_value_vnd: int
    payable_vnd: int
    line_count: int
    controlled: bool
    """Some line needs a permit, a quota or a specialised inspection."""
    rate_missing: bool
    ruled_places: tuple[int, ...] = ()
    """Places (from 0) of the lines whose code is as an advance ruling says."""

    @property
    def unruled_commodity_codes(self) -> tuple[str, ...]:
        """The codes of the lines that no advance ruling has settled: what criteria about wrong classification look at."""
        if not self.ruled_places:
            return self.commodity_codes
        return tuple(code for place, code in enumerate(self.commodity_codes) if place not in self.ruled_places)


class Criterion(Struct, frozen=True, kw_only=True):
    """One dated criterion: when `condition` holds for the facts, at least `channel`.

    `condition` is data (see `rules.compile_criteria`), never program text of a user. `sample` marks rows made up for demonstration.
    """

    criterion_id: int
    name: str
    condition: Mapping[str, object]
    channel: Channel
    valid_from: date
    valid_until: date | None
    sample: bool


class Decision(Struct, frozen=True):
    """The channel with everything needed to replay it. `reasons` are criterion ids and floor names, for officers only.

    `draw` is the recorded random number in 0..9,999; `level` the trader's compliance level used; `criteria_version` the set.
    """

    channel: Channel
    reasons: tuple[str, ...]
    draw: int
    level: int
    criteria_version: int


class Share(Struct, frozen=True, kw_only=True):
    """Random selection for one compliance level, in basis points of its declarations. `sample` marks figures made up for demonstration."""

    level: int
    yellow_bp: int
    red_bp: int
    sample: bool


class Decided(Struct, frozen=True, kw_only=True):
    """A decision with the declaration it is about: what is kept. `decision_no` counts from 1 (a channel may be raised again).

    `facts_digest` is the SHA-256 of the facts that were looked at (`rules.digest_of`).
    """

    shard_id: int
    registered_month: int
    declaration_id: UUID
    decision_no: int
    decision: Decision
    facts_digest: bytes
    decided_at: datetime


class CriterionInvalid(ValueError):
    """A criterion or share that cannot be used; the message names it, the place in its condition and the reason."""


class LevelWithoutShare(LookupError):
    """The set in force has no share for a compliance level."""


class NoCriteria(LookupError):
    """No set of criteria is loaded: nothing can be channelled."""
