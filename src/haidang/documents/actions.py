"""Verbs of documents: put one on file, open one for customs. Each joins the caller's transaction."""

from haidang.documents import store
from haidang.documents.rules.filing import filed
from haidang.documents.terms import Document, Given
from haidang.kernel.ids import shard_of
from haidang.platform.db import Transaction


def file_document(transaction: Transaction, given: Given) -> tuple[Document, bool]:
    """Put a document on file as `haidang_ingest`; return it, and whether it is new.

    The same bytes of the same giver for the same trader are the document they were the first time, with the facts it had then: the caller compares.
    That the giver may act for the trader, and that bytes and facts are in order, is asked before.
    """
    shard_id = shard_of(given.trader_code)
    count, previous, at = store.lock_series(transaction, shard_id)
    known = store.select_same(transaction, shard_id, given.trader_code, given.giver_id, given.sha256)
    if known is not None:
        return known, False
    document = filed(given, shard_id, count + 1, at, previous)
    store.insert(transaction, document, given.content)
    return document, True


def open_for_customs(
    transaction: Transaction, shard_id: int, ordinal: int, reader_id: int, officer: str, reason: str = ""
) -> bytes | None:
    """Return the bytes of a document to an officer of the customs party `reader_id` and log the reading (as `haidang_report`); None: there is none.

    `reason` is why one reads what is on no file of the own office.
    """
    return store.open_document(transaction, shard_id, ordinal, reader_id, officer, reason)
