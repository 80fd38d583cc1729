"""Reads of advance rulings: for pages, for the picture that lanes keep, for a registration, and for those who check what stands there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from haidang.kernel.calendar import vn_date, vn_text
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction
from haidang.rulings import store
from haidang.rulings.rules import ended_since, in_force
from haidang.rulings.terms import AdvanceRuling, RulingAct, RulingFile, RulingKind, Step

CHANNEL = "haidang_rulings"
"""What the database is told when a ruling was issued or ended."""
STEP_COLUMNS = store.STEP.columns


class RulingRows(Struct, frozen=True):
    """A file as stored: where it stands, steps, rulings, and the rows of its steps that digests cover."""

    file: RulingFile
    steps: tuple[Step, ...]
    rulings: tuple[AdvanceRuling, ...]
    step_rows: tuple[tuple[Any, ...], ...]


def traders_with_rulings(connections: Iterable[psycopg.Connection[Any]]) -> frozenset[str]:
    """Return who ever had a ruling: the picture that lanes keep, so that nobody else's registration asks for rulings."""
    return frozenset().union(*map(store.select_traders, connections))


def rulings_of(transaction: Transaction, traders: Iterable[str]) -> dict[str, tuple[AdvanceRuling, ...]]:
    """Return every ruling of these traders, ended ones too; none of them ends before this transaction does."""
    codes = sorted(traders)
    found: dict[str, tuple[AdvanceRuling, ...]] = {}
    for each in store.select_of_traders(transaction, codes, [shard_of(code) for code in codes]):
        found[each.trader_code] = (*found.get(each.trader_code, ()), each)
    return found


def rulings_to_look_at(connection: psycopg.Connection[Any], trader_code: str) -> list[AdvanceRuling]:
    """Return every ruling of a trader, as the role of this connection sees them."""
    return store.select_of_trader(connection, shard_of(trader_code), trader_code)


def ruling_files(connection: psycopg.Connection[Any]) -> list[RulingRows]:
    """Return every file of a server as stored."""
    return [stored_rows(connection, each) for each in store.select_files(connection)]


def ruling_row(ruling: AdvanceRuling) -> tuple[Any, ...]:
    """Return the row that a ruling makes when it is issued, as digests cover it."""
    return store.ruling_row(ruling)


def strays(connection: psycopg.Connection[Any]) -> list[str]:
    """Return steps and rulings that belong to no file."""
    return store.select_stray(connection)


def rows_of_number(transaction: Transaction, trader_code: str, number: str) -> RulingRows | None:
    """Return a file by the number of its application or ruling, as the role may see it; None when there is none for it."""
    found = store.select_file(transaction, shard_of(trader_code), number)
    return None if found is None else stored_rows(transaction.connection, found)


def stored_rows(connection: psycopg.Connection[Any], found: store.Found) -> RulingRows:
    """Return a file that was found with all that belongs to it."""
    file, proposal_seq = found
    rows = store.select_steps(connection, file.key)
    steps = tuple(map(store.step_of, rows))
    proposal = next((each for each in steps if each.seq == proposal_seq), None)
    rulings = tuple(store.select_rulings(connection, file.key))
    return RulingRows(replace(file, proposal=proposal), steps, rulings, tuple(rows))


def file_row(file: RulingFile) -> tuple[Any, ...]:
    """Return the row that a file makes when its application comes, as digests cover it."""
    return store.file_row(file)


def held_before(rulings: Iterable[AdvanceRuling], seq: int) -> AdvanceRuling | None:
    """Return the ruling of a file that stood when its step `seq` was taken."""
    its = (each for each in rulings if each.issued_seq < seq and (each.ended_seq is None or each.ended_seq >= seq))
    return next(its, None)


def file_view(rows: RulingRows, at: datetime, *, for_customs: bool = False) -> dict[str, Any]:
    """Return a file for those whom it concerns: where it stands, until when customs has to do what, steps and rulings.

    What officers propose to one another is for customs alone.
    """
    file = rows.file
    return {
        "application_no": file.application_no,
        "kind": file.kind.name.lower(),
        "trader_code": file.trader_code,
        "goods_name": file.goods.name,
        "goods_mark": file.goods.mark,
        "lot": file.goods.lot,
        **_content(file.asked),
        "state": file.state.name.lower(),
        "submitted_at": vn_text(file.submitted_at),
        "complex": file.complex,
        "due_at": vn_text(file.due_at),
        "overdue": file.due_at is not None and file.due_at <= at,
        "rulings": [ruling_view(each, at) for each in rows.rulings],
        "steps": [_step_view(each) for each in rows.steps if for_customs or _is_told(each)],
    }


def _is_told(step: Step) -> bool:
    """A proposal and its return are between officers."""
    return step.act not in (RulingAct.PROPOSE, RulingAct.RETURN)


def _content(content: Any) -> dict[str, str]:
    return {name: getattr(content, name) for name in content.__struct_fields__}


def _step_view(step: Step) -> dict[str, Any]:
    view: dict[str, Any] = {
        "seq": step.seq, "act": step.act.value, "by": step.by_code, "at": vn_text(step.at), "text": step.text,
        "documents": list(step.documents),
    }  # fmt: skip
    if step.act is RulingAct.PROPOSE:
        view |= {"outcome": step.outcome, **_content(step.content), "valid_until": step.valid_until}
    return view


def ruling_view(ruling: AdvanceRuling, at: datetime) -> dict[str, Any]:
    """Return a ruling for its trader: what was ruled, from when until when, whether it is in force at an instant, and how it ended."""
    status = "in_force" if in_force(ruling, at) else _END_NAMES.get(ruling.end_reason, "expired")
    return {
        "ruling_no": ruling.ruling_no,
        "kind": ruling.kind.name.lower(),
        **_content(ruling.content),
        "issued_at": vn_text(ruling.issued_at),
        "valid_until": ruling.valid_until,
        "status": status,
        "ended_since": vn_text(ended_since(ruling, at)),
        "replaced_by": ruling.replaced_by,
    }


_END_NAMES = {"replace": "replaced", "cancel": "cancelled", "end_by_law": "ended_by_law"}


def list_view(transaction: Transaction, at: datetime) -> list[dict[str, Any]]:
    """Return the files that the role of a transaction may see, newest first, one line each."""
    found = []
    for came, _ in store.select_files(transaction.connection):
        rulings = store.select_rulings(transaction.connection, came.key)
        found.append(
            {
                "application_no": came.application_no,
                "kind": came.kind.name.lower(),
                "trader_code": came.trader_code,
                "goods_name": came.goods.name,
                "state": came.state.name.lower(),
                "submitted_at": vn_text(came.submitted_at),
                "due_at": vn_text(came.due_at),
                "rulings": [ruling_view(each, at) for each in rulings],
            }
        )
    return found


def published(connection: psycopg.Connection[Any], at: datetime) -> list[dict[str, Any]]:
    """Return the rulings on codes and origins in force at an instant, as everybody may read them: without trader, mark and lot.

    Law: 54/2014/QH13 Art. 28 (that rulings are published on the web; what of them is inferred: nothing that tells whose they are).
    """
    names = ("ruling_no", "kind", "goods_name", "commodity_code", "origin_country_code", "issued_at", "valid_until")
    found = []
    for row in store.select_published(connection, at, vn_date(at)):
        each = dict(zip(names, row, strict=True))
        kind = RulingKind(each["kind"]).name.lower()
        found.append({**each, "kind": kind, "issued_at": vn_text(each["issued_at"])})
    return found


def announced(ruling: AdvanceRuling, at: datetime) -> dict[str, Any]:
    """Return what everybody is told of a ruling when it is published or ends: what is published, and where it stands now."""
    view = ruling_view(ruling, at)
    names = ("ruling_no", "kind", "commodity_code", "origin_country_code", "issued_at", "valid_until", "status", "ended_since", "replaced_by")  # fmt: skip
    return {"goods_name": ruling.goods.name, **{name: view[name] for name in names}}


def trader_of(transaction: Transaction, number: str) -> str | None:
    """Return whose file bears the number of an application or ruling, as the role may see it; None when there is none for it."""
    return store.select_trader(transaction, number)
