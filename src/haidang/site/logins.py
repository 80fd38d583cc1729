"""Logins of an installation as its operator keeps them: made, disabled, enabled again, listed. On the first server, where parties stand."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection

from haidang.kernel.findings import Refusal
from haidang.organisation import actions as organisation
from haidang.organisation import lookups as units
from haidang.parties import actions as parties
from haidang.parties.lookups import memberships, read_directory
from haidang.parties.terms import MemberRole, UnknownParty
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.platform.login import (
    Login,
    close_login,
    keep_login,
    logins,
    new_login,
    open_login,
    person_named,
    secret_key,
)
from haidang.site.migrating import django_on
from haidang.site.setting_up import legal_now


class UnknownOfficer(Refusal):
    """No officer has this code."""

    code = "UNKNOWN_OFFICER"
    text_vi = "Không có công chức mang mã này."
    text_en = "There is no officer with this code."


@contextmanager
def _as_owner(config: Config) -> Iterator[tuple[Connection[Any], str]]:
    """Yield a connection as owner, and Django's alias of the same database."""
    with Servers(config).connect("owner") as connection, django_on(config.dsn("owner")) as alias:
        yield connection, alias


def add_login(
    config: Config,
    username: str,
    person: str,
    *,
    party: str = "",
    role: MemberRole = MemberRole.DECLARANT,
    officer: str = "",
) -> Login:
    """Make a login for a person who acts for a party in a role, or who is an officer; returns it, once.

    Raises:
        UnknownParty, UnknownOfficer: nobody has this code; nothing is made.
        LoginTaken: the name is taken.
        LoginRefused: the officer has a login already; then the new one is disabled again.
    """
    with _as_owner(config) as (connection, alias):
        known = read_directory(connection, tokens=False).by_code.get(party)
        officers = {each.code: each.officer_id for each in units.officers(connection)}
        if party and known is None:
            raise UnknownParty(party)
        if officer and officer not in officers:
            raise UnknownOfficer(officer)
        login, at = new_login(username), legal_now(connection)
        person_id = keep_login(login, person, alias)
        try:
            if known is not None:
                parties.add_member(connection, party_id=known.party_id, person_id=person_id, role=role, valid_from=at)
            else:
                organisation.give_login(connection, officer_id=officers[officer], person_id=person_id, valid_from=at)
        except Refusal:
            close_login(username, alias)
            raise
        return login


def disable_login(config: Config, username: str, *, leaves: bool = False) -> int | None:
    """Disable a login, end its sessions and their tokens; returns how many were open, None when there is no such login.

    `leaves` ends what the person was as well: memberships and being an officer.
    """
    with _as_owner(config) as (connection, alias):
        from haidang.portals.who import tokens_of_session

        keys = close_login(username, alias)
        if keys is None:
            return None
        person_id = person_named(username, alias)
        members = memberships(connection, person_id) if person_id is not None else []
        for key in keys:
            for token in tokens_of_session(key, [each.party_id for each in members], secret_key(config)):
                parties.close_session_token(connection, token)
        if leaves and person_id is not None:
            at = legal_now(connection)
            parties.end_memberships(connection, person_id, at)
            organisation.end_logins(connection, person_id, at)
        return len(keys)


def enable_login(config: Config, username: str) -> bool:
    """Enable a login again and forget its wrong attempts; False when there is no such login."""
    with _as_owner(config) as (_, alias):
        return open_login(username, alias)


def list_logins(config: Config) -> list[dict[str, Any]]:
    """Return every login: name, person, whether it is enabled, when it was last used."""
    with _as_owner(config) as (_, alias):
        return [
            {
                "username": each["username"],
                "person": each["first_name"],
                "enabled": each["is_active"],
                "last_used": each["last_login"].isoformat() if each["last_login"] else "",
            }
            for each in logins(alias)
        ]
