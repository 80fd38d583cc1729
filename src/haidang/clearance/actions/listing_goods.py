"""`file_goods_lists`: an officer puts a list of exempt goods or a tariff quota licence on file, so that declarations may draw it down.

The message is about no declaration: its answer is kept in the inbox for life, its bytes beside the first line that it made.
"""

from datetime import date, datetime

import msgspec
from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances.terms import BalanceSource
from haidang.clearance.actions import answers
from haidang.clearance.actions.passing import Answer, Envelope, Hands, not_now, refused, signature_refused
from haidang.clearance.rules import goods_lists
from haidang.clearance.rules.goods_lists import ListedGoods
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.quotas import TARIFF_QUOTA
from haidang.clearance.terms.refusals import OfficerNeeded, PowerMissing
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion
from haidang.journal.terms import MessageKey
from haidang.kernel.calendar import vn_date, vn_text
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of, uuid7_batch
from haidang.kernel.money import format_scaled
from haidang.organisation.actions import note_conflict
from haidang.organisation.lookups import PowerQuestion
from haidang.organisation.rules import Powers, conflict_over
from haidang.organisation.terms import Concerned, ConflictOfInterest
from haidang.parties.standing import StandingQuestion, Standings
from haidang.platform.db import Transaction

QUANTITY_PLACES = 3


class Listing(Struct, frozen=True, kw_only=True):
    """A signed message of an officer: these goods may come in exempt, or (`kind`) inside a tariff quota, for a trader, from `valid_from` until before
    `valid_until`."""

    envelope: Envelope
    kind: str
    trader_code: str
    list_no: str
    paper: str
    goods: tuple[ListedGoods, ...]
    valid_from: date
    valid_until: date


def file_goods_lists(hands: Hands, batch: list[Listing]) -> list[Answer]:
    """Put the lists of a batch on file in one transaction; return one answer each, in order, once it is committed.

    201 with the lines; 409 for who may not; 422 with all findings; for a message that was answered before, the stored answer.
    """
    with hands.transaction() as transaction:
        return _file(hands, transaction, batch)


def _file(hands: Hands, transaction: Transaction, batch: list[Listing]) -> list[Answer]:
    at = hands.writer.ask_instant().instant()
    thumbprints = sorted({each.envelope.certificate.thumbprint_sha256 for each in batch})
    standings = StandingQuestion(
        hands.directory,
        sorted({each.trader_code for each in batch}),
        sorted({each.envelope.sender_id for each in batch}),
        thumbprints,
    ).standings()
    powers = PowerQuestion(hands.directory, thumbprints).powers()
    return [_answer(hands, transaction, each, at, standings, powers) for each in batch]


def _answer(
    hands: Hands, transaction: Transaction, each: Listing, at: datetime, standings: Standings, powers: Powers
) -> Answer:
    key = MessageKey(shard_of(each.trader_code), each.envelope.sender_id, each.trader_code, each.envelope.message_id)
    known = _answered_before(transaction, key, each) or signature_refused(each.envelope)
    if known is not None:
        return known
    findings = answers.sender_findings(each.envelope, at, standings)
    if findings:
        return refused(findings)
    # Asked before anything is said of the trader: who may put no list on file learns nothing.
    thumbprint = each.envelope.certificate.thumbprint_sha256
    if not goods_lists.may_register(powers, thumbprint, at, each.kind):
        return not_now(PowerMissing(goods_lists.act_of(each.kind)) if powers.officer(thumbprint) else OfficerNeeded())
    findings = _findings(hands.day(at), each, at, standings)
    officer = powers.officer(thumbprint) or ""
    conflict = conflict_over(powers.conflicts.get(officer, ()), Concerned((each.trader_code,), 0), at)
    if conflict is not None:
        note_conflict(hands.directory, conflict, each.list_no, "goods_list")
        return not_now(ConflictOfInterest(conflict))
    return refused(findings) if findings else _put_on_file(transaction, key, each, at, officer)


def _answered_before(transaction: Transaction, key: MessageKey, each: Listing) -> Answer | None:
    stored = InboxQuestion(transaction.connection, [key]).answers().get(0)
    if stored is None:
        return None
    if stored.sha256 == each.envelope.sha256:
        return Answer(stored.status, stored.answer)
    return refused((answers.OTHER_BYTES,))


def _findings(day: DayBook, each: Listing, at: datetime, standings: Standings) -> tuple[Finding, ...]:
    findings: tuple[Finding, ...] = ()
    if each.trader_code not in standings.traders:
        findings += (answers.unknown_trader(each.trader_code, "/trader_code"),)
    findings += goods_lists.goods_findings(each.goods, day.tariff.entries, day.codes.lists["unit"])
    if each.kind == TARIFF_QUOTA:
        findings += goods_lists.quota_findings(each.goods, day.tariff.entries)
    return findings + goods_lists.period_findings(each.valid_from, each.valid_until, vn_date(at))


def _put_on_file(transaction: Transaction, key: MessageKey, each: Listing, at: datetime, officer: str) -> Answer:
    lines = goods_lists.lines_of(
        uuid7_batch(int(at.timestamp() * 1000), len(each.goods)),
        kind=each.kind,
        list_no=each.list_no,
        holder_code=each.trader_code,
        goods=each.goods,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
    )
    envelope = each.envelope
    source = BalanceSource(
        lines[0].shard_id, lines[0].balance_id, envelope.sender_id, envelope.message_id,
        envelope.certificate.thumbprint_sha256, envelope.signature, envelope.raw, at,
    )  # fmt: skip
    if not balances.put_list_on_file(transaction, lines, source):
        # Another writer may have filed this very message a moment ago: then its answer is there now.
        return _answered_before(transaction, key, each) or refused((goods_lists.known_already(each.list_no),))
    body = _encode(
        {
            "list_no": each.list_no,
            "kind": each.kind,
            "trader_code": each.trader_code,
            "registered_by": officer,
            "valid_from": each.valid_from,
            "valid_until": each.valid_until,
            "filed_at": vn_text(at),
            "goods": [
                {
                    "line_no": goods.line_no,
                    "commodity_code": goods.commodity_code,
                    "quantity": format_scaled(goods.quantity_milli, QUANTITY_PLACES),
                    "unit_code": goods.unit_code,
                }
                for goods in each.goods
            ],
        }
    )
    journal.keep_answers(transaction, [(key, envelope.sha256, 201, body)], at)
    return Answer(201, body)


_encode = msgspec.json.Encoder().encode
