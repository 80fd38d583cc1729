"""Building the demo country: parties, tokens, certificates and mandates in the database, keys in the home. Doing it again changes nothing."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct
from psycopg import Connection

from haidang.kernel.calendar import vn_date
from haidang.organisation import actions as organisation
from haidang.organisation import lookups as units
from haidang.parties import actions
from haidang.parties.authority import Authority
from haidang.parties.lookups import Directory, read_directory
from haidang.parties.profiles import record_profiles
from haidang.parties.signing import thumbprint
from haidang.parties.terms import Aspect, PartyKind, Profile, TokenRefused
from haidang.reference.terms import LawbookVersionUnknown
from haidang.site.demo import people
from haidang.site.demo.keys import AUTHORITY_NAME, Credentials, KeyFolder
from haidang.site.demo.people import Person

TOKEN_DAYS = 730
MACHINE_LABEL = "máy mẫu"
POWERS_BY = "Phân công mẫu (không có thật)"
ENFORCEMENT_LAW = "Quyết định cưỡng chế (mẫu, không có thật)"
PROFILES_BY = "Hồ sơ mẫu (không có thật)"
MANDATES_FROM = datetime(2026, 1, 1, tzinfo=UTC)


class Country(Struct, frozen=True):
    """What was built: how many parties of each kind, how many mandates, where the keys are, and how many things were new this time."""

    parties: dict[PartyKind, int]
    mandates: int
    keys: Path
    changes: int


def build_country(connection: Connection[Any], home: Path) -> Country:
    """Add the demo country to a database, in one transaction; only what is missing is added, so it may be run again.

    Tokens and keys are files under HOME/demo/keys (0600, folder 0700). The same home serves several databases: each gets the same certificates
    and tokens. Needs the owner's rights on the tables of parties.
    """
    folder = KeyFolder(home)
    folder.open()
    with connection.transaction():
        directory = read_directory(connection)
        at = directory.read_at
        authority = folder.authority(at)
        actions.register_authority(connection, authority.certificate.public_bytes(Encoding.DER), AUTHORITY_NAME)
        builder = _Builder(connection, directory, authority, folder, at)
        everybody = people.everybody()
        numbers = {person.code: builder.settle(person) for person in everybody}
        builder.grant_mandates(numbers)
        builder.tell_profiles(numbers)
        builder.seat_officers(numbers)
        builder.stop_one(numbers[people.trader_code(people.UNDER_ENFORCEMENT)])
    counted = {kind: sum(person.kind is kind for person in everybody) for kind in PartyKind}
    return Country(counted, sum(len(each.scopes) for each in people.mandates()), folder.path, builder.changes)


def give_later_powers(connection: Connection[Any], at: datetime) -> int:
    """Give sample posts the powers over acts that the platform has learnt since they were made, from `at` on; return how many were given.

    A power that a post had once and lost stays lost, and a post of a real unit gets none: those are given by an instrument.
    """
    unit_ids = {unit.code: unit.unit_id for unit in units.units(connection)}
    sample = {officer.code for officer in units.officers(connection) if officer.sample}
    given, count = units.powers_given(connection), 0
    for post in units.posts(connection):
        seat = people.SEATS.get(post.code) if post.unit_code in people.CUSTOMS_OFFICES else None
        if seat is None or people.officer_code(post.unit_code, post.code) not in sample:
            continue
        unit_id = unit_ids[post.unit_code]
        for act in {act for act in seat[2] if (post.post_id, int(act), unit_id) not in given}:
            organisation.grant_power(
                connection, post_id=post.post_id, act=act, unit_id=unit_id, valid_from=at, instrument=POWERS_BY, sample=True
            )  # fmt: skip
            count += 1
    return count


def credentials(home: Path, code: str) -> Credentials:
    """Return token, key and certificate that `build_country` made for one party (tax code or short code) or officer.

    Raises:
        FileNotFoundError: the demo country was not built in this home, or has no such party.
    """
    return KeyFolder(home).read(code, people.machine_of(code))


class _Builder:
    """One run: what the directory lacks is added and counted."""

    def __init__(
        self, connection: Connection[Any], directory: Directory, authority: Authority, folder: KeyFolder, at: datetime
    ) -> None:
        self.connection = connection
        self.directory = directory
        self.authority = authority
        self.folder = folder
        self.at = at
        self.changes = 0
        self.newcomers: set[int] = set()

    def settle(self, person: Person) -> int:
        """Return the number of a party that now exists, with token and certificate; a party already there keeps what officers made of it."""
        known = self.directory.by_code.get(person.code)
        if known is not None:
            party_id = known.party_id
        else:
            party_id = actions.add_party(
                self.connection,
                code=person.code,
                kind=person.kind,
                name=person.name,
                status=person.status,
                compliance_level=person.compliance_level,
                blocked_reason=person.blocked_reason,
            )
            self.changes += 1
            self.newcomers.add(party_id)
        held = self.folder.credentials(person.code, person.name, self.authority, self.at)
        if self.directory.authenticate(held.token, self.at) is None:
            self.add_token(party_id, held.token)
        if self.directory.certificate(thumbprint(held.certificate)) is None:
            raw = held.certificate.public_bytes(Encoding.DER)
            actions.register_certificate(self.connection, party_id, raw, self.at)
            self.changes += 1
        return party_id

    def tell_profiles(self, numbers: dict[str, int]) -> None:
        """Say of traders that came now where they are and how large."""
        told = [
            Profile(
                party_id=numbers[people.trader_code(number)],
                aspect=aspect,
                code=code,
                valid_from=people.PROFILES_FROM,
                source=PROFILES_BY,
            )
            for number in range(1, people.TRADERS + 1)
            for aspect, code in (
                (Aspect.PROVINCE, people.province(number)),
                (Aspect.FIRM_SIZE, people.firm_size(number)),
            )
            if numbers[people.trader_code(number)] in self.newcomers
        ]
        # Without a law book there is no list of provinces and sizes to tell them by.
        with suppress(LawbookVersionUnknown):
            record_profiles(self.connection, told)

    def add_token(self, party_id: int, token: str) -> None:
        until = self.at + timedelta(days=TOKEN_DAYS)
        # known and not valid means revoked by somebody, or run out: that stands
        with suppress(TokenRefused):
            actions.add_token(
                self.connection, party_id, label=MACHINE_LABEL, valid_from=self.at, valid_until=until, token=token
            )
            self.changes += 1

    def seat_officers(self, numbers: dict[str, int]) -> None:
        """Give every office its posts, officers, their keys and powers; an office that has posts keeps what was made of it."""
        known = {unit.code for unit in units.units(self.connection)}
        for office in people.CUSTOMS_OFFICES:
            if office not in known:
                self._seat_office(office, numbers[office])
        self.changes += give_later_powers(self.connection, self.at)
        officer_ids = {officer.code: officer.officer_id for officer in units.officers(self.connection)}
        for office in people.CUSTOMS_OFFICES:
            for post in people.SEATS:
                code = people.officer_code(office, post)
                held = self.folder.credentials(code, f"Công chức Mẫu {code}", self.authority, self.at, office)
                self._give_key(numbers[office], officer_ids.get(code), held)

    def _seat_office(self, office: str, party_id: int) -> None:
        unit_id = organisation.add_unit(
            self.connection, code=office, name=f"Hải quan {office} (mẫu)", party_id=party_id
        )
        common: Any = {"valid_from": MANDATES_FROM, "instrument": POWERS_BY, "sample": True}
        for post, (_, title, acts) in people.SEATS.items():
            code = people.officer_code(office, post)
            post_id = organisation.add_post(self.connection, unit_id=unit_id, code=post, name=title)
            officer_id = organisation.add_officer(
                self.connection, code=code, name=f"Công chức Mẫu {code}", unit_id=unit_id, sample=True
            )
            organisation.appoint(self.connection, officer_id=officer_id, post_id=post_id, **common)
            for act in acts:
                organisation.grant_power(self.connection, post_id=post_id, act=act, unit_id=unit_id, **common)
        self.changes += 1

    def _give_key(self, party_id: int, officer_id: int | None, held: Credentials) -> None:
        if officer_id is not None and self.directory.certificate(thumbprint(held.certificate)) is None:
            raw = held.certificate.public_bytes(Encoding.DER)
            sha256 = actions.register_certificate(self.connection, party_id, raw, self.at)
            organisation.give_key(self.connection, officer_id, sha256)
            self.changes += 1

    def grant_mandates(self, numbers: dict[str, int]) -> None:
        """Grant the mandates of traders that are new: one that was revoked stays revoked."""
        for mandate in people.mandates():
            grantor, agent = numbers[mandate.trader_code], numbers[mandate.broker_code]
            for scope in mandate.scopes if grantor in self.newcomers else ():
                actions.grant_mandate(
                    self.connection, grantor_id=grantor, agent_id=agent, scope=scope, valid_from=MANDATES_FROM
                )
                self.changes += 1

    def stop_one(self, party_id: int) -> None:
        """Put the party under enforcement when it is new: one that was lifted stays lifted."""
        if party_id in self.newcomers:
            today = vn_date(self.at)
            actions.set_enforcement(self.connection, party_id, valid_from=today, valid_until=None, law=ENFORCEMENT_LAW)
            self.changes += 1
