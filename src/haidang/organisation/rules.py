"""The law of powers: who could do what at an instant. Pure: the rows and the instant come in as arguments, today and years later."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from stdnum.vn import mst

from haidang.journal.rules import digest
from haidang.organisation.terms import Act, Concerned, Conflict, ConflictEvent, Power

FIRM_DIGITS = 10
"""Digits of a tax code that name the firm; three more name a branch of it."""
PERSON_DIGITS = 12


class Powers(Struct, frozen=True):
    """What some certificates can do: whose they are, and every power those officers ever held.

    `officers` maps the SHA-256 thumbprint of a certificate to the officer's code; `of` maps that code to powers, in force or not, and `conflicts`
    to conflicts of interest, ended ones too.
    """

    officers: Mapping[bytes, str]
    of: Mapping[str, tuple[Power, ...]]
    conflicts: Mapping[str, tuple[Conflict, ...]] = {}

    def officer(self, thumbprint: bytes) -> str | None:
        """Return the code of the officer whose certificate this is, None for a certificate of no officer."""
        return self.officers.get(thumbprint)


def in_force(powers: Iterable[Power], at: datetime) -> tuple[Power, ...]:
    """Return the powers that hold at the instant `at`."""
    return tuple(
        power for power in powers if power.valid_from <= at and (power.valid_until is None or at < power.valid_until)
    )


def powers_for(powers: Iterable[Power], act: Act, at: datetime) -> tuple[Power, ...]:
    """Return the powers to do `act` that hold at the instant `at`, whatever the unit."""
    return tuple(power for power in in_force(powers, at) if power.act is act)


def power_over(powers: Iterable[Power], act: Act, unit: str, at: datetime) -> Power | None:
    """Return the power to do `act` on files of `unit` at the instant `at`, one from a post in that very unit first; None when there is none."""
    found = [power for power in powers_for(powers, act, at) if power.unit == unit]
    return min(found, key=lambda power: (power.home != unit, power.power_id), default=None)


def is_outside_queue(powers: Iterable[Power], unit: str, at: datetime) -> bool:
    """Tell whether files of `unit` are none of the officer's daily work: no post that the officer holds now is in it."""
    return all(power.home != unit for power in in_force(powers, at))


def first_in_force(powers: Powers, act: Act) -> datetime | None:
    """Return since when anybody could do `act`, None when nobody ever could."""
    return min((power.valid_from for held in powers.of.values() for power in held if power.act is act), default=None)


def conflicts_in_force(conflicts: Iterable[Conflict], at: datetime) -> tuple[Conflict, ...]:
    """Return the conflicts of interest that hold at the instant `at`."""
    return tuple(
        each for each in conflicts if each.valid_from <= at and (each.valid_until is None or at < each.valid_until)
    )


def conflict_over(conflicts: Iterable[Conflict], concerned: Concerned, at: datetime) -> Conflict | None:
    """Return a conflict of interest in force at `at` with somebody whom a file concerns, the oldest first; None when there is none."""
    return next((each for each in conflicts_in_force(conflicts, at) if _is_with(each, concerned)), None)


def _is_with(conflict: Conflict, concerned: Concerned) -> bool:
    return concerned.declarant_id in conflict.party_ids or any(
        conflict.party_code in (code, code[:FIRM_DIGITS] if len(code) == FIRM_DIGITS + 3 else code)
        for code in concerned.codes
    )


def conflicts_of(events: Iterable[ConflictEvent], party_ids: Mapping[str, tuple[int, ...]]) -> tuple[Conflict, ...]:
    """Return what the entries of the register amount to, in the order in which conflicts were recorded."""
    found: dict[int, Conflict] = {}
    for each in events:
        known = found.get(each.conflict_no)
        if known is None:
            recorded_by, recorded_at, until = each.recorded_by, each.recorded_at, each.valid_until
        else:
            recorded_by, recorded_at = known.recorded_by, known.recorded_at
            until = min((end for end in (known.valid_until, each.valid_until) if end is not None), default=None)
        found[each.conflict_no] = Conflict(
            conflict_no=each.conflict_no, officer_code=each.officer_code, party_code=each.party_code,
            party_ids=party_ids.get(each.party_code, ()), relation=each.relation, valid_from=each.valid_from, valid_until=until,
            recorded_by=recorded_by, recorded_at=recorded_at,
        )  # fmt: skip
    return tuple(found.values())


def is_party_code(code: str) -> bool:
    """Tell whether a text may name the party of a conflict: a tax code with its check digit, or a personal number of 12 digits."""
    return code.isascii() and code.isdigit() and (mst.is_valid(code) or len(code) == PERSON_DIGITS)


def conflict_digest(event: ConflictEvent, previous: bytes) -> bytes:
    """Return the SHA-256 of an entry of the register of conflicts and of the digest of the entry before (empty for the first)."""
    return digest(
        (
            previous, event.event_no, event.event, event.conflict_no, event.officer_code, event.party_code, event.relation.value,
            event.note, event.valid_from, event.valid_until, event.recorded_by, event.recorded_at,
        )
    )  # fmt: skip
