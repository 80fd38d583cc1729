"""Logins of the demo country: people of a trader, a broker and a customs office. Passwords and secrets of codes are made in the home, never in the code."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from psycopg import Connection

from haidang.organisation import actions as organisation
from haidang.organisation import lookups as units
from haidang.parties import actions as parties
from haidang.parties.lookups import read_directory
from haidang.parties.terms import MemberRole
from haidang.platform.config import Config, kept_secret
from haidang.platform.db import Servers
from haidang.platform.login import Login, keep_login, new_login, person_named
from haidang.site.demo import people

OFFICE = "01B3"
"""Whose officers have logins: an office that many samples name."""


class DemoPerson(Struct, frozen=True):
    """A made-up person with a login: who they are on screen, and the party or the post in the office."""

    username: str
    title: str
    name: str
    party: str = ""
    post: str = ""

    @property
    def key_name(self) -> str:
        """Whose key file the person signs with: the officer's own, or the party's."""
        return self.officer_code or self.party

    @property
    def officer_code(self) -> str:
        """Code of the officer, whose key file has this name too."""
        return people.officer_code(OFFICE, self.post) if self.post else ""


PEOPLE = (
    DemoPerson(
        "nguoikhai",
        "Người khai của doanh nghiệp · declarant of a trader",
        "Người khai Mẫu",
        party=people.trader_code(1),
    ),
    DemoPerson("daily", "Nhân viên đại lý · declarant of a broker", "Đại lý Mẫu", party=people.broker_code(1)),
    DemoPerson("congchuc", "Công chức kiểm tra hồ sơ · document officer", "Công chức Mẫu", post="document_officer"),
    DemoPerson("kiemhoa", "Công chức kiểm hóa · inspector", "Kiểm hóa Mẫu", post="inspector"),
    DemoPerson("lanhdao", "Lãnh đạo đơn vị · head of unit", "Lãnh đạo Mẫu", post="head_of_unit"),
)


def make_logins(config: Config) -> dict[str, Login]:
    """Keep the logins of the demo country on the first server, where they are missing; returns them by name.

    Passwords and secrets stand in HOME/demo/keys/logins.json (0600). A login already there keeps what was made of it.
    """
    from haidang.site.migrating import django_on

    kept = read_logins(config.home)
    with Servers(config).connect("owner") as connection, django_on(config.dsn("owner")) as alias:
        at = read_directory(connection, tokens=False).read_at
        for person in PEOPLE:
            if person_named(person.username, alias) is None:
                number = keep_login(kept[person.username], person.name, alias)
                _give_role(connection, person, number, at)
    return kept


def read_logins(home: Path) -> dict[str, Login]:
    """Return the logins of this home by name, made now when it has none."""

    def complete(text: str | None) -> str:
        known: dict[str, Any] = json.loads(text) if text else {}
        missing = {
            each.username: msgspec.to_builtins(new_login(each.username))
            for each in PEOPLE
            if each.username not in known
        }
        return json.dumps(known | missing, indent=1) if missing or not text else text

    text = kept_secret(home / "demo" / "keys" / "logins.json", complete)
    return msgspec.json.decode(text, type=dict[str, Login])


def _give_role(connection: Connection[Any], person: DemoPerson, number: int, at: datetime) -> None:
    if person.party:
        party_id = read_directory(connection, tokens=False).by_code[person.party].party_id
        parties.add_member(connection, party_id=party_id, person_id=number, role=MemberRole.DECLARANT, valid_from=at)
    else:
        officers = {officer.code: officer.officer_id for officer in units.officers(connection)}
        organisation.give_login(connection, officer_id=officers[person.officer_code], person_id=number, valid_from=at)
