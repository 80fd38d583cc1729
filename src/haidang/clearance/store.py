"""Rows of conditions, and of what officers did."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from haidang.clearance.terms import Condition, ConditionKind, Owner
from haidang.clearance.terms.acts import Authority, Evidence, FoundLine, InspectionOrder, Proposal, Question, QueuePlace
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.declarations.terms import Declaration
from haidang.platform.db import Table, Transaction

OPENED = Table(
    "condition", shard_id="int2", registered_month="int4", declaration_id="uuid", condition_no="int2", kind="int2", owner="int2",
    law="text", detail="text", holder="text", opened_seq="int2", opened_at="timestamptz", due_at="timestamptz",
)  # fmt: skip


CLOSED = Table(
    "condition", shard_id="int2", registered_month="int4", declaration_id="uuid", condition_no="int2", closed_seq="int2",
    closed_at="timestamptz", closed_by="text", evidence="text",
)  # fmt: skip


def opened_row(key: tuple[int, int, UUID], condition: Condition, journal_seq: int) -> tuple[object, ...]:
    """Return the row of a condition that opens with the act `journal_seq`."""
    return (
        *key, condition.condition_no, int(condition.kind), int(condition.owner), condition.law, condition.detail, condition.holder, journal_seq,
        condition.opened_at, condition.due_at,
    )  # fmt: skip


def insert(transaction: Transaction, rows: Sequence[tuple[object, ...]]) -> None:
    """Append opened conditions."""
    transaction.write(OPENED, rows)


def select(transaction: Transaction, keys: Sequence[tuple[int, int, UUID]]) -> dict[UUID, tuple[Condition, ...]]:
    """Return all conditions of declarations by declaration id, in order of number."""
    cursor = transaction.execute(
        """
        SELECT c.declaration_id, c.condition_no, c.kind, c.owner, c.law, c.opened_at, c.due_at, c.detail, c.closed_at,
               coalesce(c.closed_by, ''), coalesce(c.evidence, ''), c.holder
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN condition c USING (shard_id, registered_month, declaration_id)
        ORDER BY c.declaration_id, c.condition_no
        """,
        ([key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]),
    )
    found: dict[UUID, list[Condition]] = {}
    for row in cursor.fetchall():
        found.setdefault(row[0], []).append(_condition(row))
    return {declaration_id: tuple(conditions) for declaration_id, conditions in found.items()}


def _condition(row: tuple[Any, ...]) -> Condition:
    return Condition(
        condition_no=row[1], kind=ConditionKind(row[2]), owner=Owner(row[3]), law=row[4], opened_at=row[5], due_at=row[6],
        detail=row[7], closed_at=row[8], closed_by=row[9], evidence=row[10],
        holder=row[11],
    )  # fmt: skip


def closed_row(key: tuple[int, int, UUID], condition: Condition, journal_seq: int) -> tuple[object, ...]:
    """Return what closing writes: key, number, journal_seq, instant, who, evidence. The journal's digest covers it."""
    return (*key, condition.condition_no, journal_seq, condition.closed_at, condition.closed_by, condition.evidence)


def close(transaction: Transaction, rows: Sequence[tuple[Any, ...]]) -> int:
    """Close open conditions (rows of `closed_row`); return how many were open."""
    cursor = transaction.execute(
        """
        UPDATE condition c SET closed_seq = k.seq, closed_at = k.closed_at, closed_by = k.closed_by, evidence = k.evidence
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::timestamptz[], %s::text[], %s::text[])
             AS k(shard_id, registered_month, declaration_id, condition_no, seq, closed_at, closed_by, evidence)
        WHERE (c.shard_id, c.registered_month, c.declaration_id, c.condition_no)
              = (k.shard_id, k.registered_month, k.declaration_id, k.condition_no) AND c.closed_at IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


_KEY = {"shard_id": "int2", "registered_month": "int4", "declaration_id": "uuid"}
ACT = Table(
    "officer_act", **_KEY, journal_seq="int2", act="text", officer_code="text", power_id="int4", unit_code="text",
    acted_at="timestamptz", reason="text", outside_reason="text", channel_from="int2", channel_to="int2", proposal_no="int2",
    maker_code="text",
)  # fmt: skip
PROPOSED = Table(
    "proposal", **_KEY, proposal_no="int2", proposed_seq="int2", maker_code="text", proposed_at="timestamptz", channel_to="int2",
    reason="text",
)  # fmt: skip
DECIDED = Table(
    "proposal", **_KEY, proposal_no="int2", decided_seq="int2", checker_code="text", decided_at="timestamptz", approved="bool",
)  # fmt: skip
ASKED = Table(
    "question", **_KEY, question_no="int2", asked_seq="int2", asked_by="text", asked_at="timestamptz", due_at="timestamptz",
    question="text",
)  # fmt: skip
ANSWERED = Table(
    "question", **_KEY, question_no="int2", answered_seq="int2", answered_by="text", answered_at="timestamptz", answer="text",
)  # fmt: skip
ORDER = Table(
    "inspection_order", **_KEY, journal_seq="int2", place_code="text", inspection_class="text", container_nos="text[]"
)
LINE = Table("inspection_line", **_KEY, journal_seq="int2", line_no="int2", found_milli="int8")
EVIDENCE = Table("inspection_evidence", **_KEY, journal_seq="int2", evidence_no="int2", kind="text", sha256="bytea")

ATTACHED = Table("attached_document", **_KEY, journal_seq="int2", attached_no="int2", document_no="text")
RULED = Table(
    "declaration_ruling", **_KEY, journal_seq="int2", line_no="int2", ruling_no="text", kind="int2", status="int2", ruled="text",
    since="timestamptz",
)  # fmt: skip

Key = tuple[int, int, UUID]
Row = tuple[Any, ...]


def append(transaction: Transaction, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Append rows of one of the tables above; nothing when there are none."""
    transaction.write(table, rows)


def act_row(
    key: Key, seq: int, act: str, authority: Authority, at: datetime, reason: str, channels: tuple[int, int],
    decided: Proposal | None = None, revision: Revision | None = None,
) -> Row:  # fmt: skip
    """Return the row of what an officer did: by which power, channel before and after, and whose proposal it decides (`decided`, `revision`)."""
    second = (decided.proposal_no, decided.maker_code) if decided else (None, None)
    if revision is not None:
        second = (revision.revision_no, revision.asked_by)
    return (
        *key, seq, act, authority.officer_code, authority.power_id, authority.unit_code, at, reason, authority.outside_reason,
        *channels, *second,
    )  # fmt: skip


def proposed_row(key: Key, each: Proposal, seq: int) -> Row:
    """Return the row of a proposal when it is made."""
    return (*key, each.proposal_no, seq, each.maker_code, each.proposed_at, each.channel_to, each.reason)


def decided_row(key: Key, each: Proposal, seq: int) -> Row:
    """Return what a decision writes on a proposal."""
    return (*key, each.proposal_no, seq, each.checker_code, each.decided_at, each.approved)


def asked_row(key: Key, each: Question, seq: int) -> Row:
    """Return the row of a question when it is asked."""
    return (*key, each.question_no, seq, each.asked_by, each.asked_at, each.due_at, each.question)


def answered_row(key: Key, each: Question, seq: int) -> Row:
    """Return what an answer writes on a question."""
    return (*key, each.question_no, seq, each.answered_by, each.answered_at, each.answer)


def order_row(key: Key, seq: int, order: InspectionOrder) -> Row:
    """Return the row of an order to inspect."""
    return (*key, seq, order.place_code, order.inspection_class, list(order.container_nos))


def line_rows(key: Key, seq: int, lines: Sequence[FoundLine]) -> list[Row]:
    """Return the rows of what was found, by line."""
    return [(*key, seq, line.line_no, line.found_milli) for line in sorted(lines, key=lambda line: line.line_no)]


def attached_rows(key: Key, seq: int, document_nos: Iterable[str]) -> list[Row]:
    """Return the rows of documents that an act attaches, each once, numbered as named."""
    return [(*key, seq, number, each) for number, each in enumerate(dict.fromkeys(document_nos), start=1)]


def declared_documents(key: Key, declared: Declaration, seq: int) -> list[Row]:
    """Return the rows of documents that a declaration refers to."""
    return attached_rows(key, seq, (each.attachment_no for each in declared.particulars.attachments))


def select_attached(transaction: Transaction, key: Key) -> list[tuple[str, int]]:
    """Return (document number, number of the act that attached it) of one declaration, in order."""
    return transaction.execute(
        """
        SELECT document_no, journal_seq::int4 FROM attached_document
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) ORDER BY journal_seq, attached_no
        """,
        key,
    ).fetchall()


def evidence_rows(key: Key, seq: int, evidence: Sequence[Evidence]) -> list[Row]:
    """Return the rows of photos and samples, numbered as sent."""
    return [(*key, seq, number, each.kind, each.sha256) for number, each in enumerate(evidence, start=1)]


def decide(transaction: Transaction, rows: Sequence[Row]) -> int:
    """Decide open proposals (rows of `decided_row`); return how many were open."""
    cursor = transaction.execute(
        """
        UPDATE proposal p SET decided_seq = k.seq, checker_code = k.checker_code, decided_at = k.decided_at, approved = k.approved
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::text[], %s::timestamptz[], %s::boolean[])
             AS k(shard_id, registered_month, declaration_id, proposal_no, seq, checker_code, decided_at, approved)
        WHERE (p.shard_id, p.registered_month, p.declaration_id, p.proposal_no)
              = (k.shard_id, k.registered_month, k.declaration_id, k.proposal_no) AND p.decided_seq IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


def answer(transaction: Transaction, rows: Sequence[Row]) -> int:
    """Answer open questions (rows of `answered_row`); return how many were open."""
    cursor = transaction.execute(
        """
        UPDATE question q SET answered_seq = k.seq, answered_by = k.answered_by, answered_at = k.answered_at, answer = k.answer
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[], %s::int2[], %s::int2[], %s::text[], %s::timestamptz[], %s::text[])
             AS k(shard_id, registered_month, declaration_id, question_no, seq, answered_by, answered_at, answer)
        WHERE (q.shard_id, q.registered_month, q.declaration_id, q.question_no)
              = (k.shard_id, k.registered_month, k.declaration_id, k.question_no) AND q.answered_seq IS NULL
        """,
        tuple(list(column) for column in zip(*rows, strict=True)),
    )
    return cursor.rowcount


def _columns(keys: Sequence[Key]) -> tuple[list[int], list[int], list[UUID]]:
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


def select_proposals(transaction: Transaction, keys: Sequence[Key]) -> dict[UUID, tuple[Proposal, ...]]:
    """Return all proposals by declaration id, in order of number."""
    cursor = transaction.execute(
        """
        SELECT p.declaration_id, p.proposal_no, p.maker_code, p.proposed_at, p.channel_to, p.reason, coalesce(p.checker_code, ''),
               p.decided_at, p.approved
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN proposal p USING (shard_id, registered_month, declaration_id) ORDER BY p.declaration_id, p.proposal_no
        """,
        _columns(keys),
    )
    found: dict[UUID, tuple[Proposal, ...]] = {}
    for row in cursor.fetchall():
        each = Proposal(
            proposal_no=row[1], maker_code=row[2], proposed_at=row[3], channel_to=row[4], reason=row[5], checker_code=row[6],
            decided_at=row[7], approved=row[8],
        )  # fmt: skip
        found[row[0]] = (*found.get(row[0], ()), each)
    return found


def select_questions(transaction: Transaction, keys: Sequence[Key]) -> dict[UUID, tuple[Question, ...]]:
    """Return all questions by declaration id, in order of number."""
    cursor = transaction.execute(
        """
        SELECT q.declaration_id, q.question_no, q.asked_by, q.asked_at, q.due_at, q.question, coalesce(q.answered_by, ''),
               q.answered_at, coalesce(q.answer, '')
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN question q USING (shard_id, registered_month, declaration_id) ORDER BY q.declaration_id, q.question_no
        """,
        _columns(keys),
    )
    found: dict[UUID, tuple[Question, ...]] = {}
    for row in cursor.fetchall():
        each = Question(
            question_no=row[1], asked_by=row[2], asked_at=row[3], due_at=row[4], question=row[5], answered_by=row[6],
            answered_at=row[7], answer=row[8],
        )  # fmt: skip
        found[row[0]] = (*found.get(row[0], ()), each)
    return found


def select_last_moves(transaction: Transaction, keys: Sequence[Key]) -> dict[UUID, tuple[str, datetime]]:
    """Return who last moved a declaration to another channel and when, by declaration id; absent when nobody did."""
    cursor = transaction.execute(
        """
        SELECT DISTINCT ON (a.declaration_id) a.declaration_id, a.officer_code, a.acted_at
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN officer_act a USING (shard_id, registered_month, declaration_id)
        WHERE a.channel_to <> a.channel_from ORDER BY a.declaration_id, a.journal_seq DESC
        """,
        _columns(keys),
    )
    return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


REVISION = Table(
    "revision", **_KEY, revision_no="int2", kind="text", register_no="int8", asked_seq="int2", asked_by="text", asked_at="timestamptz",
    code="text", reason="text", was_vnd="int8", wanted_vnd="int8", free_until="date",
)  # fmt: skip
REVISION_DECIDED = Table(
    "revision", **_KEY, revision_no="int2", decided_seq="int2", decided_by="text", decided_at="timestamptz", accepted="bool",
    decision="text",
)  # fmt: skip
REVISION_NO = Table("revision_no", shard_id="int2", register_no="int8", registered_month="int4", declaration_id="uuid")
_REGISTER = 5
"""The first digit of the numbers of revisions (ours: no source states it); then come two digits of the shard and nine that count."""
_COUNTED = 10**9
_REGISTER_LOCK = 0x4852


def next_register_no(transaction: Transaction, shard_id: int) -> int:
    """Return the next twelve-digit number of a shard. Others wait until this transaction ends, so that none is skipped or given twice."""
    first = (_REGISTER * 100 + shard_id) * _COUNTED
    transaction.execute("SELECT pg_advisory_xact_lock(%s, %s)", (_REGISTER_LOCK, shard_id))
    row = transaction.execute("SELECT max(register_no) FROM revision_no WHERE shard_id = %s", (shard_id,)).fetchone()
    return (row[0] if row and row[0] else first) + 1


def revision_row(key: Key, each: Revision) -> Row:
    """Return the row of a revision when it is asked."""
    return (
        *key, each.revision_no, each.kind.value, each.register_no, each.asked_seq, each.asked_by, each.asked_at, each.code, each.reason,
        each.was_vnd, each.wanted_vnd, each.free_until,
    )  # fmt: skip


def revision_decided_row(key: Key, each: Revision) -> Row:
    """Return what a decision writes on a revision."""
    return (*key, each.revision_no, each.decided_seq, each.decided_by, each.decided_at, each.accepted, each.decision)


def insert_revision(transaction: Transaction, key: Key, each: Revision) -> None:
    """Append what is asked, and its number."""
    transaction.write(REVISION, [revision_row(key, each)])
    transaction.write(REVISION_NO, [(key[0], each.register_no, *key[1:])])


def decide_revision(transaction: Transaction, key: Key, each: Revision) -> bool:
    """Write the decision on a revision; False when it was decided before."""
    cursor = transaction.execute(
        """
        UPDATE revision SET decided_seq = %s, decided_by = %s, decided_at = %s, accepted = %s, decision = %s
        WHERE (shard_id, registered_month, declaration_id, revision_no) = (%s, %s, %s, %s) AND decided_seq IS NULL
        """,
        (each.decided_seq, each.decided_by, each.decided_at, each.accepted, each.decision, *key, each.revision_no),
    )
    return cursor.rowcount == 1


def select_revisions(transaction: Transaction, keys: Sequence[Key]) -> dict[UUID, tuple[Revision, ...]]:
    """Return all revisions that the role may see by declaration id, in order of number."""
    cursor = transaction.execute(
        """
        SELECT r.declaration_id, r.revision_no, r.kind, r.register_no, r.asked_by, r.asked_at, r.code, r.reason, r.was_vnd,
               r.wanted_vnd, r.free_until, r.asked_seq, coalesce(r.decided_seq, 0), coalesce(r.decided_by, ''), r.decided_at, r.accepted,
               coalesce(r.decision, '')
        FROM unnest(%s::int2[], %s::int4[], %s::uuid[]) AS k(shard_id, registered_month, declaration_id)
        JOIN revision r USING (shard_id, registered_month, declaration_id) ORDER BY r.declaration_id, r.revision_no
        """,
        _columns(keys),
    )
    found: dict[UUID, tuple[Revision, ...]] = {}
    for row in cursor.fetchall():
        each = Revision(
            revision_no=row[1], kind=RevisionKind(row[2]), register_no=row[3], asked_by=row[4], asked_at=row[5], code=row[6],
            reason=row[7], was_vnd=row[8], wanted_vnd=row[9], free_until=row[10], asked_seq=row[11], decided_seq=row[12],
            decided_by=row[13], decided_at=row[14], accepted=row[15], decision=row[16],
        )  # fmt: skip
        found[row[0]] = (*found.get(row[0], ()), each)
    return found


def select_misnumbered(connection: Any) -> list[tuple[Any, ...]]:
    """Return numbers of revisions without their revision, revisions without their number, and shards whose numbers have a gap."""
    return connection.execute(  # type: ignore[no-any-return]
        """
        SELECT coalesce(n.shard_id, r.shard_id), coalesce(n.register_no, r.register_no)::text,
               CASE WHEN n.shard_id IS NULL THEN 'a revision without its number' ELSE 'a number without its revision' END
        FROM revision_no n FULL JOIN revision r USING (shard_id, registered_month, declaration_id, register_no)
        WHERE n.shard_id IS NULL OR r.shard_id IS NULL
        UNION ALL
        SELECT shard_id, max(register_no)::text, 'there is a gap below this number' FROM revision_no
        GROUP BY shard_id HAVING count(*) <> max(register_no) - (%s * 100 + shard_id) * %s::bigint
        """,
        (_REGISTER, _COUNTED),
    ).fetchall()


def select_overdue_supplements(
    transaction: Transaction, shards: Sequence[int], traders: Sequence[str], at: datetime
) -> dict[str, datetime]:
    """Return since when the oldest supplement that these traders (each on its shard) still owe is overdue at an instant; absent: none is."""
    cursor = transaction.execute(
        """
        SELECT d.trader_code, min(c.due_at) FROM condition c JOIN declaration d USING (shard_id, registered_month, declaration_id)
        WHERE c.kind = 19 AND c.closed_at IS NULL AND c.due_at <= %s AND c.shard_id = ANY (%s) AND d.trader_code = ANY (%s)
        GROUP BY d.trader_code
        """,
        (at, list(shards), list(traders)),
    )
    return dict(cursor.fetchall())


def select_open_clocks(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return every open condition with its file, oldest first: (shard_id, no11, amendment_no, condition_no, kind, opened_at, due_at)."""
    return connection.execute(
        """
        SELECT d.shard_id, d.no11, d.amendment_no, c.condition_no, c.kind, c.opened_at, c.due_at
        FROM condition c JOIN declaration d USING (shard_id, registered_month, declaration_id)
        WHERE c.closed_at IS NULL ORDER BY c.opened_at, d.no11, c.condition_no
        """
    ).fetchall()


def select_unpaid_clocks(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return (no11, amendment_no, registered_at, due_on) of taxes that are owed without a condition that waits for them: secured ones."""
    return connection.execute(
        """
        SELECT d.no11, d.amendment_no, d.registered_at, o.due_on
        FROM obligation o JOIN declaration d USING (shard_id, registered_month, declaration_id)
        WHERE o.outstanding_vnd > 0 AND NOT EXISTS (
            SELECT FROM condition c WHERE (c.shard_id, c.registered_month, c.declaration_id) = (o.shard_id, o.registered_month, o.declaration_id)
              AND c.kind = %s AND c.closed_at IS NULL)
        ORDER BY o.due_on, d.no11
        """,
        (ConditionKind.TAX,),
    ).fetchall()


_QUEUE = (
    "shard_id", "no11", "amendment_no", "kind_code", "trader_code", "customs_office_code", "channel", "state", "condition_no",
    "kind", "detail", "opened_at", "due_at", "late",
)  # fmt: skip


def select_queue(
    transaction: Transaction, offices: Sequence[str], after: QueuePlace | None, count: int, but: tuple[list[str], list[int]]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return open conditions of customs on files of these offices, oldest due first, by the columns of `_QUEUE`.

    Files of the parties of `but` (codes, of which one of ten digits covers branches; numbers of declarants) are left out.
    """
    place = (after.due_at, after.no11, after.condition_no) if after else (None, 0, 0)
    cursor = transaction.execute(
        """
        SELECT d.shard_id, d.no11, d.amendment_no, d.kind_code, d.trader_code, d.customs_office_code, d.channel, d.state,
               c.condition_no, c.kind, c.detail, c.opened_at, c.due_at, coalesce(c.due_at < (SELECT legal_now()), false)
        FROM condition c JOIN declaration d USING (shard_id, registered_month, declaration_id)
        WHERE c.closed_at IS NULL AND c.owner = 2 AND left(d.customs_office_code, 4) = ANY (%s)
          AND (%s OR CASE WHEN %s::timestamptz IS NULL THEN c.due_at IS NULL AND (d.no11, c.condition_no) > (%s, %s)
                     ELSE c.due_at IS NULL OR (c.due_at, d.no11, c.condition_no) > (%s::timestamptz, %s, %s) END)
          AND NOT (d.trader_code = ANY (%s) OR (length(d.trader_code) = 13 AND left(d.trader_code, 10) = ANY (%s)) OR d.declarant_id = ANY (%s)
               OR EXISTS (SELECT FROM entrustment e WHERE (e.shard_id, e.registered_month, e.declaration_id)
                    = (d.shard_id, d.registered_month, d.declaration_id)
                    AND (e.entrusting_code = ANY (%s) OR (length(e.entrusting_code) = 13 AND left(e.entrusting_code, 10) = ANY (%s)))))
        ORDER BY c.due_at, d.no11, c.condition_no LIMIT %s
        """,
        (list(offices), after is None, place[0], *place[1:], *place, but[0], but[0], but[1], but[0], but[0], count),
    )
    return [dict(zip(_QUEUE, row, strict=True)) for row in cursor.fetchall()]


def select_acts(transaction: Transaction, key: Key) -> list[dict[str, Any]]:
    """Return what officers did with one file, oldest first, by column."""
    cursor = transaction.execute(
        """SELECT journal_seq, act, officer_code, acted_at, reason, outside_reason, channel_from, channel_to FROM officer_act
        WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) ORDER BY journal_seq""",
        key,
    )
    names = ("journal_seq", "act", "officer_code", "acted_at", "reason", "outside_reason", "channel_from", "channel_to")
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def insert_file_view(transaction: Transaction, key: Key, view_id: UUID, officer: str, unit: str, reason: str) -> None:
    """Keep that an officer looks at a file of another unit, and why."""
    transaction.execute(
        """INSERT INTO file_view (shard_id, registered_month, declaration_id, view_id, officer_code, unit_code, reason)
        VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (*key, view_id, officer, unit, reason),
    )


def select_view_reason(transaction: Transaction, key: Key, officer: str, minutes: int) -> str:
    """Return the newest reason for which an officer looked at a file within the last minutes, or an empty text."""
    row = transaction.execute(
        """SELECT reason FROM file_view WHERE (shard_id, registered_month, declaration_id) = (%s, %s, %s) AND officer_code = %s
          AND viewed_at > (SELECT legal_now()) - make_interval(mins => %s) ORDER BY viewed_at DESC LIMIT 1""",
        (*key, officer, minutes),
    ).fetchone()
    return row[0] if row else ""


def select_file_views(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Return every look at a file of another unit: (no11, office of the file, officer, unit named, instant)."""
    return connection.execute(
        """SELECT d.no11, d.customs_office_code, v.officer_code, v.unit_code, v.viewed_at
        FROM file_view v LEFT JOIN declaration d USING (shard_id, registered_month, declaration_id) ORDER BY v.viewed_at"""
    ).fetchall()


def select_names_document(transaction: Transaction, shard_id: int, trader_code: str, document_no: str) -> bool:
    """Return whether a declaration of a trader that the role sees names a document."""
    row = transaction.execute(
        """SELECT EXISTS (SELECT FROM declaration d JOIN attached_document a USING (shard_id, registered_month, declaration_id)
        WHERE d.shard_id = %s AND d.trader_code = %s AND a.document_no = %s)""",
        (shard_id, trader_code, document_no),
    ).fetchone()
    return bool(row and row[0])
