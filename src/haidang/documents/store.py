"""Rows of documents."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from msgspec.structs import astuple

from haidang.documents.terms import Document, Reading
from haidang.platform.db import Table, Transaction

DOCUMENT = Table(
    "document", shard_id="int2", ordinal="int8", giver_id="int4", trader_code="text", type_code="text", media_type="text",
    file_name="text", facts="text", size_bytes="int4", sha256="bytea", given_at="timestamptz", digest="bytea",
)  # fmt: skip
CONTENT = Table("document_content", shard_id="int2", ordinal="int8", content="bytea")
_COLUMNS: LiteralString = """d.shard_id, d.ordinal, d.giver_id, d.trader_code, d.type_code, d.media_type, d.file_name, d.facts, d.size_bytes, d.sha256,
    d.given_at, d.digest"""


def lock_series(transaction: Transaction, shard_id: int) -> tuple[int, bytes, datetime]:
    """Lock the count of a shard; return how many were given, the digest of the last, and the instant of the next."""
    transaction.execute("INSERT INTO document_series (shard_id) VALUES (%s) ON CONFLICT DO NOTHING", (shard_id,))
    row = transaction.execute(
        "SELECT given, last_digest, greatest(legal_now(), last_at) FROM document_series WHERE shard_id = %s FOR UPDATE",
        (shard_id,),
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def select_same(
    transaction: Transaction, shard_id: int, trader_code: str, giver_id: int, sha256: bytes
) -> Document | None:
    """Return the document that the same party gave for the same trader with the same bytes."""
    row = transaction.execute(
        f"SELECT {_COLUMNS} FROM document d WHERE (shard_id, trader_code, giver_id, sha256) = (%s, %s, %s, %s)",  # noqa: S608  (a list of columns of ours)
        (shard_id, trader_code, giver_id, sha256),
    ).fetchone()
    return Document(*row) if row is not None else None


def insert(transaction: Transaction, document: Document, content: bytes) -> None:
    """Put a document on file and count it."""
    transaction.write(DOCUMENT, [astuple(document)])
    transaction.write(CONTENT, [(document.shard_id, document.ordinal, content)])
    transaction.execute(
        "UPDATE document_series SET given = %s, last_digest = %s, last_at = %s WHERE shard_id = %s",
        (document.ordinal, document.digest, document.given_at, document.shard_id),
    )


def select_documents(connection: psycopg.Connection[Any], keys: Sequence[tuple[int, int]]) -> list[Document]:
    """Return the documents of these (shard, ordinal) that the role may see."""
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM unnest(%s::int2[], %s::int8[]) AS k(shard_id, ordinal) JOIN document d USING (shard_id, ordinal)",  # noqa: S608
        ([shard for shard, _ in keys], [ordinal for _, ordinal in keys]),
        binary=True,
    )
    return [Document(*row) for row in cursor.fetchall()]


def select_content(transaction: Transaction, shard_id: int, ordinal: int) -> bytes | None:
    """Return the bytes of a document that the role may see."""
    row = transaction.execute(
        "SELECT content FROM document_content WHERE (shard_id, ordinal) = (%s, %s)", (shard_id, ordinal)
    ).fetchone()
    return row[0] if row is not None else None


def open_document(
    transaction: Transaction, shard_id: int, ordinal: int, reader_id: int, officer: str, reason: str
) -> bytes | None:
    """Return the bytes of a document to an officer, and log it."""
    row = transaction.execute(
        "SELECT open_document(%s::int2, %s::int8, %s::int4, %s, %s)", (shard_id, ordinal, reader_id, officer, reason)
    ).fetchone()
    assert row is not None
    content: bytes | None = row[0]
    return content


def series(connection: psycopg.Connection[Any]) -> dict[int, tuple[int, bytes]]:
    """Return how many documents each shard says it was given, and the digest of the last."""
    rows = connection.execute("SELECT shard_id, given, last_digest FROM document_series", binary=True).fetchall()
    return {shard: (given, last) for shard, given, last in rows}


def every(connection: psycopg.Connection[Any], page: int) -> Iterator[tuple[Document, bytes | None]]:
    """Yield every document with its bytes (None: they are not there), by shard and count, `page` at a time."""
    after = (-1, 0)
    while True:
        rows = connection.execute(
            f"""SELECT {_COLUMNS}, c.content FROM document d LEFT JOIN document_content c USING (shard_id, ordinal)
            WHERE (d.shard_id, d.ordinal) > (%s, %s) ORDER BY d.shard_id, d.ordinal LIMIT %s""",  # noqa: S608
            (*after, page),
            binary=True,
        ).fetchall()
        if not rows:
            return
        for row in rows:
            yield Document(*row[:-1]), row[-1]
        after = rows[-1][:2]


def readings(connection: psycopg.Connection[Any]) -> dict[tuple[int, int], list[Reading]]:
    """Return every reading by (shard, ordinal), in order."""
    cursor = connection.execute(
        """SELECT shard_id, ordinal, reading_no, reader_id, read_at, digest, officer_code, reason FROM document_reading
        ORDER BY shard_id, ordinal, reading_no""",
        binary=True,
    )
    found: dict[tuple[int, int], list[Reading]] = {}
    for row in cursor:
        found.setdefault(row[:2], []).append(Reading(*row))
    return found
