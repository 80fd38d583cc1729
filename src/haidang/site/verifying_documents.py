"""The part of `haidang verify` about documents: bytes, hashes, types, numbers, the log of readings, and what declarations refer to."""

from hashlib import sha256
from typing import Any

import psycopg

from haidang.clearance.lookups.rows import OfficerRows
from haidang.declarations.lookups import DeclarationRows
from haidang.documents import lookups
from haidang.documents.rules.content import check_content
from haidang.documents.rules.filing import digest_again, document_no, reading_digest
from haidang.documents.terms import Document, Reading
from haidang.gateway.messages.acts import ActNotice
from haidang.gateway.messages.envelope import decode_act
from haidang.gateway.messages.following import NotDeclaring, declared_in
from haidang.journal.terms import Entry, Received
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.site.verifying_acts import is_deed
from haidang.site.verifying_balances import Add

_NAMING = (b"attachment", b"AdditionalDocument", b'"documents"', b"\\", b"&#")
"""One of these stands in the bytes of every message that names documents, in JSON and in XML."""
_LODGED = 1


def check_documents(connection: psycopg.Connection[Any], add: Add) -> int:
    """Check every document of a server: bytes against hash and type, each digest against the one before, no number missing, every reading in its chain.

    Returns how many there are.
    """
    series, readings = lookups.series(connection), lookups.readings(connection)
    last: dict[int, tuple[int, bytes]] = {}
    count = 0
    for document, content in lookups.every_document(connection):
        count += 1
        number = document_no(document.shard_id, document.ordinal)
        ordinal, previous = last.get(document.shard_id, (0, b""))
        if document.ordinal != ordinal + 1:
            add("documents", number, f"{document.ordinal - ordinal - 1} documents before it are not there")
        elif digest_again(document, previous) != document.digest:
            add("documents", number, "the row is not the one that was sealed, or the one before it was changed")
        last[document.shard_id] = (document.ordinal, document.digest)
        _check_content(number, document, content, add)
        _check_readings(number, document, readings.get((document.shard_id, document.ordinal), []), add)
    for shard in sorted(series.keys() | last.keys()):
        if series.get(shard, (0, b"")) != last.get(shard, (0, b"")):
            given, there = series.get(shard, (0, b""))[0], last.get(shard, (0, b""))[0]
            add(
                "documents", f"shard {shard}", f"{given} documents were given, the last that is there is number {there}"
            )
    return count


def _check_content(number: str, document: Document, content: bytes | None, add: Add) -> None:
    if content is None:
        add("documents", number, "its bytes are not there")
        return
    if sha256(content).digest() != document.sha256 or len(content) != document.size_bytes:
        add("documents", number, "the bytes are not those that were given")
        return
    if isinstance(check_content(content, document.media_type, len(content)), Finding):
        add("documents", number, f"the bytes are no {document.media_type}")
    if shard_of(document.trader_code) != document.shard_id:
        add("documents", number, "it lies on the shard of another trader")


def _check_readings(number: str, document: Document, readings: list[Reading], add: Add) -> None:
    previous, at = document.digest, document.given_at
    for no, reading in enumerate(readings, start=1):
        if reading.reading_no != no:
            add("documents", number, f"reading {no} is not in the log")
            return
        if reading_digest(reading, previous) != reading.digest or reading.read_at < at:
            add("documents", number, f"reading {no} is not the one that was logged")
        previous, at = reading.digest, reading.read_at


def check_references(
    connection: psycopg.Connection[Any], subject: str, declared: DeclarationRows, entries: list[Entry],
    messages: list[Received], rows: OfficerRows, add: Add,
) -> None:  # fmt: skip
    """Compare the documents that a declaration refers to with what was sent, and see that each is a document of its trader."""
    kept: dict[int, list[str]] = {}
    for row in rows.attached:
        kept.setdefault(row[3], []).append(row[-1])
    named = {number for numbers in kept.values() for number in numbers}
    acts = {entry.journal_seq: entry.act for entry in entries}
    for message in messages:
        seq = max(message.journal_seq, _LODGED)
        deed = is_deed(acts.get(message.journal_seq, ""))
        # What names nothing is not decoded again: most messages. A name may be written with escapes.
        if seq not in kept and not any(each in message.raw for each in _NAMING):
            continue
        sent = _sent(message.raw, deed=deed)
        named.update(sent)
        if sent != kept.pop(seq, []):
            add("documents", subject, f"act {seq} refers to other documents than the message named")
    for seq in kept:
        add("documents", subject, f"act {seq} refers to documents that no message named")
    traders = lookups.traders_of(connection, named) if named else {}
    for number in sorted(named):
        if traders.get(number) != declared.fact("trader_code"):
            add("documents", subject, f"{number} is no document of its trader")


def _sent(raw: bytes, *, deed: bool) -> list[str]:
    """Return the numbers that a message names, each once; a message that cannot be read names none, and is told elsewhere."""
    if deed:
        notice = decode_act(raw)
        return list(dict.fromkeys(notice.documents)) if isinstance(notice, ActNotice) else []
    try:
        declared = declared_in(raw)
    except NotDeclaring:
        return []
    return list(dict.fromkeys(each.attachment_no for each in declared.particulars.attachments))
