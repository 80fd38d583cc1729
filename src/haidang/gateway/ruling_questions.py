"""Questions about advance rulings: one's own files, one of them, and what is published of all. Customs reads every file, proposals too."""

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg

from haidang.gateway import problems
from haidang.gateway.problems import JSON, Response, respond
from haidang.gateway.showing import tagged
from haidang.parties.standing import principals
from haidang.parties.terms import Party, PartyKind
from haidang.platform.db import Transaction, act_as
from haidang.rulings import lookups as rulings

KINDS = frozenset(("rulings", "ruling", "published_rulings"))
Connect = Callable[[str, int], psycopg.Connection[Any]]
_encode = msgspec.json.Encoder().encode


def answer(connect: Connect, count: int, kind: str, party: Party | None, number: str, etag: str | None) -> Response:
    """Return what is asked of `count` servers: `rulings`, `published_rulings`, or the `ruling` with a number."""
    if kind == "published_rulings":
        found = []
        for server in range(count):
            connection = connect("app", server)
            found += rulings.published(connection, _legal_now(connection))
        found.sort(key=lambda each: str(each["issued_at"]), reverse=True)
        return Response(200, _encode({"published": found}))
    assert party is not None
    own = () if party.kind is PartyKind.CUSTOMS else principals(connect("app", 0), party.party_id)
    files: list[dict[str, Any]] = []
    for server in range(count):
        connection = connect("report" if party.kind is PartyKind.CUSTOMS else "app", server)
        with Transaction(connection) as transaction:
            if party.kind is not PartyKind.CUSTOMS:
                act_as(transaction, own)
            at = _legal_now(connection)
            if kind == "rulings":
                files += rulings.list_view(transaction, at)
                continue
            trader = rulings.trader_of(transaction, number)
            rows = rulings.rows_of_number(transaction, trader, number) if trader is not None else None
            if rows is not None:
                view = rulings.file_view(rows, at, for_customs=party.kind is PartyKind.CUSTOMS)
                return tagged(_encode(view), JSON, etag)
    if kind == "ruling":
        return respond(problems.NOT_FOUND)
    files.sort(key=lambda each: str(each["submitted_at"]), reverse=True)
    return Response(200, _encode({"rulings": files}))


def _legal_now(connection: psycopg.Connection[Any]) -> Any:
    row = connection.execute("SELECT legal_now()").fetchone()
    assert row is not None
    return row[0]
