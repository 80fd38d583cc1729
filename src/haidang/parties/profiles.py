"""Profiles of parties: in which province a party has its seat, and of what size it is, by date. Statistics group by them; no decision on goods does."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.errors import CheckViolation, ExclusionViolation, ForeignKeyViolation

from haidang.journal.rules import digest
from haidang.parties import store
from haidang.parties.terms import Aspect, Profile, ProfileRefused, UnknownParty
from haidang.reference import lookups as reference
from haidang.reference.rules import stands


def record_profile(connection: Connection[Any], profile: Profile) -> int:
    """Record what a party is from a day on; what was on file of this aspect ends that day. Returns the number of the row.

    The code must stand in the law book's list of the aspect's name on the first day.

    Raises:
        ProfileRefused: no such code that day, no time, no source, or a later row stands already.
        UnknownParty: no such party.
    """
    return record_profiles(connection, [profile])[0]


def record_profiles(connection: Connection[Any], profiles: Iterable[Profile]) -> list[int]:
    """Record several, as `record_profile`, all or none; the law book is read once."""
    lists = reference.values_of_lists(
        connection, reference.latest_version(connection), *(each.value for each in Aspect)
    )
    numbers = []
    try:
        with connection.transaction():
            for profile in profiles:
                codes = lists[profile.aspect.value]
                if not any(value.code == profile.code and stands(value, profile.valid_from) for value in codes):
                    raise ProfileRefused(profile.code)
                number, previous = store.next_profile(connection)
                store.end_profile(connection, profile.party_id, profile.aspect, profile.valid_from)
                store.insert_profile(connection, number, profile, profile_digest(number, profile, previous))
                numbers.append(number)
    except ForeignKeyViolation as error:
        raise UnknownParty from error
    except (ExclusionViolation, CheckViolation) as error:
        raise ProfileRefused from error
    return numbers


def profile_digest(number: int, said: Profile, previous: bytes) -> bytes:
    """Return the digest of a profile as it was recorded, chained to that of the one recorded before."""
    return digest((
        previous,
        (number, said.party_id, said.aspect.value, said.code, said.valid_from, said.valid_until, said.source, said.verified),
    ))  # fmt: skip


def seal_faults(connection: Connection[Any]) -> list[tuple[int, str]]:
    """Return (number, what is wrong) of profiles that are not as they were recorded, or do not stand until the day that what was recorded since says."""
    found: list[tuple[int, str]] = []
    previous, until = b"", dict[int, date | None]()
    standing: dict[tuple[int, Aspect], list[tuple[int, Profile]]] = {}
    rows = list(store.recorded_profiles(connection))
    for number, said, _, kept in rows:
        again = profile_digest(number, said, previous)
        if again != kept:
            found.append((number, "it is not as it was recorded, or one recorded before it is not there"))
        previous, until[number] = kept, said.valid_until
        for earlier, its in standing.setdefault((said.party_id, said.aspect), []):
            ends = until[earlier]
            if its.valid_from < said.valid_from and (ends is None or ends > said.valid_from):
                until[earlier] = said.valid_from
        standing[said.party_id, said.aspect].append((number, said))
    found += [(number, f"it stands until {stands}, not {until[number]}") for number, _, stands, _ in rows if stands != until[number]]  # fmt: skip
    return found


class Profiles:
    """What all parties are, by date: asked for many declarations in a row."""

    def __init__(self, rows: Iterable[tuple[str, Profile]]) -> None:
        self._of: dict[tuple[str, Aspect], list[Profile]] = {}
        for party_code, profile in rows:
            self._of.setdefault((party_code, profile.aspect), []).append(profile)

    def code(self, party_code: str, aspect: Aspect, on: date) -> str:
        """Return the code of a party on a Vietnamese date, empty when none is on file; a branch is what its firm is unless it has its own."""
        for known_as in dict.fromkeys((party_code, party_code[:10])):
            for each in self._of.get((known_as, aspect), ()):
                if each.valid_from <= on and (each.valid_until is None or on < each.valid_until):
                    return each.code
        return ""

    def unknown(self, lists: Mapping[str, Iterable[Any]]) -> list[str]:
        """Return what does not stand in the law book on its first day, as `party: aspect code`."""
        known = {(name, value.code): value for name, values in lists.items() for value in values}
        return [
            f"{party}: {aspect.value} {each.code}"
            for (party, aspect), rows in self._of.items()
            for each in rows
            if (value := known.get((aspect.value, each.code))) is None or not stands(value, each.valid_from)
        ]


def read_profiles(connection: Connection[Any]) -> Profiles:
    """Return the profiles of all parties. For roles that make statistics or audit."""
    return Profiles(store.profiles(connection))
