"""The two things the pages keep themselves: forms filled in and not sent yet, and that a session of a member has a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection

from haidang.parties.lookups import token_sha256
from haidang.platform.db import Transaction

MOST_FORMS = 200
"""Forms that one person keeps."""


class SavedForm(Struct, frozen=True):
    """A form as kept: whose, for which party, what for (`lodge`, `amend`, `amend_cleared`), the declaration as JSON, its draft's number or ''."""

    form_id: UUID
    party_id: int
    purpose: str
    declaration_no: str
    content: str
    draft_no: str
    saved_at: datetime


def add_form(transaction: Transaction, form: tuple[UUID, int, int, str, str, str]) -> bool:
    """Keep a form (id, person, party, purpose, number it amends, content); False when the person keeps as many as one may."""
    kept = transaction.execute(
        """INSERT INTO saved_form (form_id, person_id, party_id, purpose, declaration_no, content)
        SELECT %s, %s, %s, %s, %s, %s WHERE (SELECT count(*) FROM saved_form) < %s""",
        (*form, MOST_FORMS),
    )
    return kept.rowcount == 1


def forms(transaction: Transaction) -> list[SavedForm]:
    """Return the person's forms, the latest first, without lines: content is cut to the header."""
    rows = transaction.execute(
        """SELECT form_id, party_id, purpose, declaration_no, (content::jsonb - 'items')::text, draft_no, saved_at
        FROM saved_form ORDER BY saved_at DESC, form_id"""
    )
    return [SavedForm(*row) for row in rows.fetchall()]


def form(transaction: Transaction, form_id: UUID) -> SavedForm | None:
    """Return one form of the person's, None when there is none."""
    row = transaction.execute(
        """SELECT form_id, party_id, purpose, declaration_no, content, draft_no, saved_at
        FROM saved_form WHERE form_id = %s""",
        (form_id,),
    ).fetchone()
    return None if row is None else SavedForm(*row)


def save_form(transaction: Transaction, form_id: UUID, content: str) -> datetime | None:
    """Keep what a form says now; returns when, None when there is no such form."""
    row = transaction.execute(
        "UPDATE saved_form SET content = %s, saved_at = legal_now() WHERE form_id = %s RETURNING saved_at",
        (content, form_id),
    ).fetchone()
    return None if row is None else row[0]


def note_draft(transaction: Transaction, form_id: UUID, draft_no: str) -> None:
    """Keep under which number the taxes of a form were tried."""
    transaction.execute("UPDATE saved_form SET draft_no = %s WHERE form_id = %s", (draft_no, form_id))


def drop_form(transaction: Transaction, form_id: UUID) -> bool:
    """Throw a form away; False when there is none."""
    return transaction.execute("DELETE FROM saved_form WHERE form_id = %s", (form_id,)).rowcount == 1


def open_member_token(connection: Connection[Any], token: str, person_id: int, party_id: int, hours: int) -> bool:
    """Give a session of a member who may act for a party its token; False when the person may not, or it was opened before."""
    row = connection.execute(
        "SELECT open_member_token(%s, %s, %s, make_interval(hours => %s))",
        (token_sha256(token), person_id, party_id, hours),
    ).fetchone()
    return bool(row and row[0])
