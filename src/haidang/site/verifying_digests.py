"""The part of `haidang verify` about the journal: every row must be in the digest of the act that wrote it, and each act chained to the one before."""

from hashlib import sha256
from typing import Any

from haidang.clearance.actions.registering import DRAFT_SEQ, REGISTERED_SEQ, RULED
from haidang.clearance.lookups.ruled import RULED_SEQ
from haidang.clearance.rules.amending import FOLLOWING, act_parts
from haidang.journal.rules import sealed
from haidang.ledger.rules import decided_row
from haidang.site.verifying_acts import is_deed
from haidang.site.verifying_balances import Add
from haidang.site.verifying_versions import Stored, decided_by, registered_debt, version_of


def check_digests(case: Stored, add: Add) -> None:
    """Every row must be in the digest of the act that wrote it."""
    raws = {message.journal_seq: sha256(message.raw).digest() for message in case.messages}
    seen, previous = 0, b""
    for entry in case.entries:
        seq = entry.journal_seq
        opened, closed = case.conditions.opened_by(seq), case.conditions.closed_by(seq)
        booked = [transfer for transfer in case.booked.transfers if transfer.journal_seq == seq]
        moved = [movement for movement in case.moved if movement.journal_seq == seq]
        by_officers = case.officers.written_by(seq)
        seen += len(opened) + len(closed) + len(booked) + len(moved) + sum(map(len, by_officers))
        ruled = [row for row in case.ruled if row[RULED_SEQ] == seq]
        seen += len(ruled)
        if seq == REGISTERED_SEQ:
            declared, debt = case.declared, registered_debt(case.booked)
            seen -= len(closed)  # a registration closes nothing
            attached = by_officers[-1]
            parts: tuple[object, ...] = (
                raws.get(seq),
                raws.get(DRAFT_SEQ) or sha256(b"").digest(),
                declared.digested,
                opened,
                booked,
                (*debt, declared.fact("trader_code")) if debt else None,
                case.decided[0],
                moved,
                *([attached] if attached else ()),
                *((RULED, ruled) if ruled else ()),
            )
        elif entry.act in FOLLOWING:
            adjusted = [decided_row(each) for each in case.adjustments if each.decided_seq == seq]
            asked_and_decided = [*by_officers[0], *case.revisions.written_by(seq), *adjusted]
            seen += len(asked_and_decided) - len(by_officers[0])
            change = next((each for each in case.booked.changes if each.journal_seq == seq), None)
            version = version_of(case.declared, seq)
            seen += (change is not None) + (version is not None)
            digested = version.digested if version else None
            parts = act_parts(
                raws.get(seq),
                opened,
                closed,
                booked,
                change,
                decided_by(case.decided, entry),
                moved,
                digested,
                [*asked_and_decided, *by_officers[-1], *ruled],
            )
        elif is_deed(entry.act):
            *rows, attached = by_officers
            parts = (
                raws.get(seq),
                opened,
                closed,
                *rows,
                *([attached] if attached else ()),
                *([moved] if moved else ()),
            )
        else:
            row = closed[0] if closed else opened[0] if opened else None
            seen -= max(0, len(opened) + len(closed) - 1)  # such an act writes one row at most
            change = next((each for each in case.booked.changes if each.journal_seq == seq), None)
            seen += change is not None
            interest = [*booked[1:], *([change] if change else [])]
            parts = (raws.get(seq), row, booked[0] if booked else None, moved, *interest, *by_officers[0])
        key = (entry.shard_id, entry.registered_month, entry.declaration_id)
        again = sealed(
            key, seq, entry.act, entry.actor_id, entry.acted_at, entry.states, entry.book_version, entry.writer_id,
            previous=previous, parts=parts,
        )  # fmt: skip
        if again.digest != entry.digest:
            add("journal", case.subject, f"the rows of act {seq} ({entry.act}) are not those it wrote")
        previous = entry.digest
    kept: tuple[list[Any], ...] = (
        case.conditions.opened, case.conditions.closed, case.booked.transfers, case.moved, case.booked.changes, case.declared.versions,
    )  # fmt: skip
    stored = sum(len(rows) for rows in kept)
    stored += sum(map(len, case.officers.every())) + len(case.revisions.asked) + len(case.revisions.decided)
    stored += sum(each.decided_seq is not None for each in case.adjustments)
    stored += len(case.ruled)
    if seen != stored:
        add("journal", case.subject, f"{stored - seen} rows belong to no act")
