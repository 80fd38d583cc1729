"""Who asks for a page: the person behind the session, for whom they act, and what they may see. Asked anew for every request."""

import functools
import hashlib
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from msgspec import Struct

from haidang.organisation import actions as organisation_actions
from haidang.organisation import lookups as organisation
from haidang.organisation.terms import Act, Seat
from haidang.parties import actions as parties_actions
from haidang.parties import lookups as parties
from haidang.parties.actions import TOKEN_PREFIX
from haidang.parties.standing import principals
from haidang.parties.terms import MemberRole, Membership
from haidang.portals.reading import reader

BEGAN, SEEN, IDLE = "began", "seen", "idle_s"
"""What a session keeps: the machine's clock at its beginning and at the last request noted, and how long it may lie idle."""
LONGEST_HOURS = 12
_IDLE_OFFICER_S, _IDLE_TRADER_S = 15 * 60, 30 * 60
_NOTED_EVERY_S = 60

ACTING = frozenset((MemberRole.MANAGER, MemberRole.DECLARANT))
"""Roles of members who may lodge, amend and answer for the party; a reader may not."""

View = Callable[..., HttpResponse]


class Who(Struct, frozen=True):
    """The person behind a request. `trader_codes` are the traders whose declarations they may read, `seat` what they are in customs.

    `readers` names the party for which they read the declarations of each of these traders, by its code: the trader itself, or else an agent of it.
    """

    person_id: int
    name: str
    members: tuple[Membership, ...]
    readers: Mapping[str, int]
    seat: Seat | None

    @property
    def trader_codes(self) -> tuple[str, ...]:
        return tuple(sorted(self.readers))

    @property
    def is_officer(self) -> bool:
        return self.seat is not None

    @property
    def is_lawmaker(self) -> bool:
        """Whether they may draft, approve and publish changes of the law book."""
        return self.seat is not None and any(power.act is Act.PUBLISH_LAW for power in self.seat.powers)

    @property
    def is_trader(self) -> bool:
        return bool(self.members)

    @property
    def acting(self) -> tuple[Membership, ...]:
        """The memberships in which the person may act, not only read."""
        return tuple(member for member in self.members if member.role in ACTING)

    def member(self, party_code: str) -> Membership | None:
        """Return the membership in a party for which the person may act; None when there is none now."""
        return next((member for member in self.acting if member.party_code == party_code), None)


def who_asks(request: HttpRequest) -> Who | None:
    """Return the person of the session, None for nobody. What ended a second ago is gone: mandates, memberships, posts."""
    if not request.user.is_authenticated:
        return None
    found: Who | None = getattr(request, "who", None)
    if found is None:
        found = request.who = _read(int(request.user.pk), request.user.first_name or request.user.username)
    return found


def _read(person_id: int, name: str) -> Who:
    with reader().transaction(person_id=person_id) as transaction:
        members = tuple(parties.memberships(transaction.connection, person_id))
        seat = organisation.seat_of(transaction.connection, person_id)
    readers: dict[str, int] = {}
    with reader().connection() as connection:
        for member in members:
            for code in principals(connection, member.party_id):
                readers.setdefault(code, member.party_id)
    readers |= {member.party_code: member.party_id for member in members}
    return Who(person_id, name, members, readers, seat)


def for_people(view: View) -> View:
    """Let anybody in who is logged in; the others log in first."""
    return _guarded(view, lambda who: True)


def for_traders(view: View) -> View:
    """Let in who acts for a party; for everybody else the page does not exist."""
    return _guarded(view, lambda who: who.is_trader)


def for_declarants(view: View) -> View:
    """Let in who may act for a party; for everybody else the page does not exist."""
    return _guarded(view, lambda who: bool(who.acting))


def for_officers(view: View) -> View:
    """Let in officers; for everybody else the page does not exist."""
    return _guarded(view, lambda who: who.is_officer)


def for_lawmakers(view: View) -> View:
    """Let in officers who hold the power over the law book now; for everybody else the page does not exist."""
    return _guarded(view, lambda who: who.is_lawmaker)


def _guarded(view: View, may: Callable[[Who], bool]) -> View:
    @functools.wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = who_asks(request)
        if who is None:
            return HttpResponseRedirect(f"{reverse('login')}?next={quote(request.get_full_path())}")
        if not may(who):
            raise Http404
        return view(request, who, *args, **kwargs)

    return guarded


def begin_session(request: HttpRequest) -> None:
    """Note the beginning of a session just logged in, and give an officer's the token that its messages go with."""
    who = who_asks(request)
    now = int(time.time())
    request.session[BEGAN] = request.session[SEEN] = now
    request.session[IDLE] = _IDLE_OFFICER_S if who is not None and who.is_officer else _IDLE_TRADER_S
    if who is not None and who.is_officer:
        # The session has its last key only once it is saved: the token is made from it.
        request.session.save()
        with reader().connection() as connection:
            token = session_token(request.session.session_key)
            organisation_actions.open_session_token(connection, token, who.person_id, LONGEST_HOURS)


def end_token(session_key: str | None, who: Who | None) -> None:
    """Revoke the tokens of a session of this person that ends."""
    if session_key:
        party_ids = [member.party_id for member in who.members] if who is not None else []
        with reader().connection() as connection:
            for token in tokens_of_session(session_key, party_ids):
                parties_actions.close_session_token(connection, token)


def tokens_of_session(session_key: str, party_ids: Iterable[int], secret: str = "") -> list[str]:
    """Return every token that a session may have: an officer's, and for each party the person is a member of one that acts and one that reads."""
    makers = (member_token, reading_token)
    return [
        session_token(session_key, secret),
        *(make(session_key, each, secret) for each in party_ids for make in makers),
    ]


def member_token(session_key: str, party_id: int, secret: str = "") -> str:
    """Return the token of a session for one party of its person's."""
    return session_token(f"{session_key} for {party_id}", secret)


def reading_token(session_key: str, party_id: int, secret: str = "") -> str:
    """Return the token with which a session reads for one party of its person's, and does nothing else."""
    return session_token(f"{session_key} reads for {party_id}", secret)


def session_token(session_key: str, secret: str = "") -> str:
    """Return the token of a session: made from its key and the installation's secret (this process's own), so that it is kept nowhere in clear."""
    digest = hmac.digest(
        (secret or settings.SECRET_KEY).encode(), b"token of session " + session_key.encode(), hashlib.sha256
    )
    return TOKEN_PREFIX + urlsafe_b64encode(digest).rstrip(b"=").decode()


def session_reference(session_key: str) -> str:
    """Return what a page calls a session: its key would open it."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"name of session " + session_key.encode(), hashlib.sha256).hex()


def is_over(session: Any) -> bool:
    """Tell whether a session has lasted or lain idle too long; otherwise note, at most once a minute, that it lives."""
    now = int(time.time())
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    if now - began >= LONGEST_HOURS * 3_600 or now - seen >= session.get(IDLE, 0):
        return True
    if now - seen >= _NOTED_EVERY_S:
        session[SEEN] = now
    return False
