"""Reads of documents: as the role sees them, for those who give and refer to them, and all of them for the auditor."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import psycopg

from haidang.documents import store
from haidang.documents.rules.filing import document_no, parse_document_no
from haidang.documents.rules.tables import document_types
from haidang.documents.store import readings, series
from haidang.documents.terms import Document
from haidang.kernel.calendar import vn_text
from haidang.platform.db import Transaction

__all__ = ["content", "document", "document_view", "every_document", "readings", "series", "traders_of"]

_PAGE = 20
"""Documents whose bytes are read at a time: a hundred megabytes at most."""


def document(transaction: Transaction, number: str) -> Document | None:
    """Return a document by its number, when there is one that the role may see."""
    key = parse_document_no(number)
    found = store.select_documents(transaction.connection, [key]) if key is not None else []
    return found[0] if found else None


def content(transaction: Transaction, its: Document) -> bytes | None:
    """Return the bytes of a document."""
    return store.select_content(transaction, its.shard_id, its.ordinal)


def traders_of(connection: psycopg.Connection[Any], numbers: Iterable[str]) -> dict[str, str]:
    """Return for whom documents were given, by number; a number of no document is absent."""
    keys = {key for number in numbers if (key := parse_document_no(number)) is not None}
    found = store.select_documents(connection, sorted(keys)) if keys else []
    return {document_no(each.shard_id, each.ordinal): each.trader_code for each in found}


def document_view(its: Document, given_by: str) -> dict[str, Any]:
    """Return a document as those see it who may read it; `given_by` is the code of its giver."""
    kind = document_types()[its.type_code]
    return {
        "document_no": document_no(its.shard_id, its.ordinal),
        "type": its.type_code,
        "name_vi": kind.name_vi,
        "name_en": kind.name_en,
        "trader_code": its.trader_code,
        "given_by": given_by,
        "given_at": vn_text(its.given_at),
        "file_name": its.file_name,
        "media_type": its.media_type,
        "size_bytes": its.size_bytes,
        "sha256": its.sha256.hex(),
        "fields": msgspec.json.decode(its.facts),
    }


def every_document(connection: psycopg.Connection[Any]) -> Iterator[tuple[Document, bytes | None]]:
    """Yield every document with its bytes, by shard and count: for the auditor."""
    return store.every(connection, _PAGE)
