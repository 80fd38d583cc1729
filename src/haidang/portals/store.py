"""The two things the pages keep themselves: forms filled in and not sent yet, and that a session of a member has a token."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection

from haidang.kernel.findings import Refusal
from haidang.parties.lookups import token_sha256
from haidang.platform.db import Transaction

MOST_FORMS = 200
"""Forms that one person keeps."""
MOST_BYTES = 5_000_000
"""Of what a form says."""


class FormNotKept(Refusal):
    """The person keeps as many forms as one may, or this one says too much."""

    code = "FORM_NOT_KEPT"
    text_vi = "Không giữ được biểu mẫu: đã có 200 biểu mẫu chưa gửi, hoặc nội dung quá 5 MB. Bỏ bớt biểu mẫu, hoặc chia nhỏ tờ khai."
    text_en = "The form cannot be kept: 200 forms are not sent yet, or it holds more than 5 MB. Throw some away, or split the declaration."


class SavedForm(Struct, frozen=True):
    """A form as kept: whose, for which party, what for (`lodge`, `amend`, `amend_cleared`), its draft's number or '', the declaration as JSON.

    In a list of forms `content` is empty, and `title` tells one from the other.
    """

    form_id: UUID
    party_id: int
    purpose: str
    declaration_no: str
    title: str
    draft_no: str
    saved_at: datetime
    content: str = ""


def add_form(
    transaction: Transaction, form_id: UUID, of: tuple[int, int], about: tuple[str, str], said: tuple[str, str]
) -> None:
    """Keep a form: (person, party), (purpose, number that it amends or ''), (content, title).

    Raises:
        FormNotKept: the person keeps as many as one may, or it says too much.
    """
    _refuse_too_much(said[0])
    kept = transaction.execute(
        """INSERT INTO saved_form (form_id, person_id, party_id, purpose, declaration_no, content, title)
        SELECT %s, %s, %s, %s, %s, %s, %s WHERE (SELECT count(*) FROM saved_form) < %s""",
        (form_id, *of, *about, *said, MOST_FORMS),
    )
    if kept.rowcount != 1:
        raise FormNotKept


def _refuse_too_much(content: str) -> None:
    if len(content.encode()) > MOST_BYTES:
        raise FormNotKept


def forms(transaction: Transaction) -> list[SavedForm]:
    """Return the person's forms, the latest first, without what they say."""
    rows = transaction.execute(
        """SELECT form_id, party_id, purpose, declaration_no, title, draft_no, saved_at
        FROM saved_form ORDER BY saved_at DESC, form_id"""
    )
    return [SavedForm(*row) for row in rows.fetchall()]


def form(transaction: Transaction, form_id: UUID) -> SavedForm | None:
    """Return one form of the person's, None when there is none."""
    row = transaction.execute(
        """SELECT form_id, party_id, purpose, declaration_no, title, draft_no, saved_at, content
        FROM saved_form WHERE form_id = %s""",
        (form_id,),
    ).fetchone()
    return None if row is None else SavedForm(*row)


def save_form(transaction: Transaction, form_id: UUID, content: str, title: str) -> None:
    """Keep what a form says now; nothing happens when there is no such form.

    Raises:
        FormNotKept: it says too much.
    """
    _refuse_too_much(content)
    transaction.execute(
        "UPDATE saved_form SET content = %s, title = %s, saved_at = legal_now() WHERE form_id = %s",
        (content, title, form_id),
    )


def note_draft(transaction: Transaction, form_id: UUID, draft_no: str) -> None:
    """Keep under which number the taxes of a form were tried."""
    transaction.execute("UPDATE saved_form SET draft_no = %s WHERE form_id = %s", (draft_no, form_id))


def drop_form(transaction: Transaction, form_id: UUID) -> bool:
    """Throw a form away; False when there is none."""
    return transaction.execute("DELETE FROM saved_form WHERE form_id = %s", (form_id,)).rowcount == 1


def open_reading_token(connection: Connection[Any], token: str, person_id: int, party_id: int, hours: int) -> bool:
    """Give a session of any member of a party its token that only reads; False when the person is none, or it was opened before."""
    row = connection.execute(
        "SELECT open_reading_token(%s, %s, %s, make_interval(hours => %s))",
        (token_sha256(token), person_id, party_id, hours),
    ).fetchone()
    return bool(row and row[0])


def open_member_token(connection: Connection[Any], token: str, person_id: int, party_id: int, hours: int) -> bool:
    """Give a session of a member who may act for a party its token; False when the person may not, or it was opened before."""
    row = connection.execute(
        "SELECT open_member_token(%s, %s, %s, make_interval(hours => %s))",
        (token_sha256(token), person_id, party_id, hours),
    ).fetchone()
    return bool(row and row[0])
