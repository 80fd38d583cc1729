"""The law of powers: who could do what at an instant. Pure: the rows and the instant come in as arguments, today and years later."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from haidang.organisation.terms import Act, Power


class Powers(Struct, frozen=True):
    """What some certificates can do: whose they are, and every power those officers ever held.

    `officers` maps the SHA-256 thumbprint of a certificate to the officer's code; `of` maps that code to powers, in force or not.
    """

    officers: Mapping[bytes, str]
    of: Mapping[str, tuple[Power, ...]]

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
