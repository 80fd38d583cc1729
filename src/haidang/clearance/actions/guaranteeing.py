"""`file_guarantees`: a bank puts guarantees on file, so that declarations may be registered under them.

The message is about no declaration: its answer is kept in the inbox for life, its bytes beside the balance that they made.
"""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances.terms import BalanceSource
from haidang.clearance.actions import answers
from haidang.clearance.actions.passing import Answer, Envelope, Hands, refused, signature_refused
from haidang.clearance.rules import guarantees
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion
from haidang.journal.terms import MessageKey
from haidang.kernel.calendar import vn_date, vn_text
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of, uuid7_batch
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import PartyKind
from haidang.platform.db import Transaction


class Filing(Struct, frozen=True, kw_only=True):
    """A signed message of a bank: `amount_vnd` are guaranteed for a trader under the key `reference`, for one declaration or for many."""

    envelope: Envelope
    sender_kind: PartyKind
    trader_code: str
    reference: str
    amount_vnd: int
    individual: bool
    valid_from: date
    valid_until: date


def file_guarantees(hands: Hands, batch: list[Filing]) -> list[Answer]:
    """Put the guarantees of a batch on file in one transaction; return one answer each, in order, once it is committed.

    201 with the key to declare; 422 with all findings; for a message that was answered before, the stored answer.
    """
    with hands.transaction() as transaction:
        return _file(hands, transaction, batch)


def _file(hands: Hands, transaction: Transaction, batch: list[Filing]) -> list[Answer]:
    at = hands.writer.ask_instant().instant()
    standings = StandingQuestion(
        hands.directory,
        sorted({each.trader_code for each in batch}),
        sorted({each.envelope.sender_id for each in batch}),
        sorted({each.envelope.certificate.thumbprint_sha256 for each in batch}),
    ).standings()
    result: list[Answer] = []
    for each in batch:
        key = MessageKey(
            shard_of(each.trader_code), each.envelope.sender_id, each.trader_code, each.envelope.message_id
        )
        answer = _answered_before(transaction, key, each) or signature_refused(each.envelope)
        if answer is None:
            findings = _findings(each, at, standings)
            answer = refused(findings) if findings else _put_on_file(transaction, key, each, at)
        result.append(answer)
    return result


def _answered_before(transaction: Transaction, key: MessageKey, each: Filing) -> Answer | None:
    stored = InboxQuestion(transaction.connection, [key]).answers().get(0)
    if stored is None:
        return None
    if stored.sha256 == each.envelope.sha256:
        return Answer(stored.status, stored.answer)
    return refused((answers.OTHER_BYTES,))


def _findings(each: Filing, at: datetime, standings: Standings) -> tuple[Finding, ...]:
    findings = answers.sender_findings(each.envelope, at, standings)
    if each.sender_kind is not PartyKind.BANK:
        findings += (guarantees.ONLY_BANKS,)
    if each.trader_code not in standings.traders:
        findings += (answers.unknown_trader(each.trader_code, "/trader_code"),)
    return findings + guarantees.period_findings(each.valid_until, vn_date(at))


def _put_on_file(transaction: Transaction, key: MessageKey, each: Filing, at: datetime) -> Answer:
    balance = guarantees.balance_of(
        uuid7_batch(int(at.timestamp() * 1000), 1)[0],
        reference=each.reference,
        holder_code=each.trader_code,
        amount_vnd=each.amount_vnd,
        individual=each.individual,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
    )
    envelope = each.envelope
    source = BalanceSource(
        balance.shard_id,
        balance.balance_id,
        envelope.sender_id,
        envelope.message_id,
        envelope.certificate.thumbprint_sha256,
        envelope.signature,
        envelope.raw,
        at,
    )
    if not balances.put_on_file(transaction, balance, source):
        # Another writer may have filed this very message a moment ago: then its answer is there now.
        return _answered_before(transaction, key, each) or refused((guarantees.known_already(each.reference),))
    body = _encode(
        {
            "guarantee_key": each.reference,
            "trader_code": each.trader_code,
            "kind": "individual" if each.individual else "general",
            "amount_vnd": each.amount_vnd,
            "valid_from": each.valid_from,
            "valid_until": each.valid_until,
            "filed_at": vn_text(at),
        }
    )
    journal.keep_answers(transaction, [(key, envelope.sha256, 201, body)], at)
    return Answer(201, body)


_encode = msgspec.json.Encoder().encode
