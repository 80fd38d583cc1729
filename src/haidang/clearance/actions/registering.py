"""`register_batch`: the one place that knows the order of the pass. Lodge = draft and register in one signed message, priced once.

One transaction for all messages of a batch that belong to one server: read what depends on this instant, judge each message with pure rules, write
every room's rows, answer. Nobody is answered before the commit; that is the lane's duty.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances import rules as balance_rules
from haidang.balances.terms import Balance, Balances, Movement
from haidang.clearance import store
from haidang.clearance.actions import answers, drafting, drawing, honouring, naming, securing, telling
from haidang.clearance.actions.passing import Answer, Hands, Lodged, refused, signature_refused
from haidang.clearance.actions.supplementing import incomplete_findings, read_overdue
from haidang.clearance.lookups.books import DayBook
from haidang.clearance.lookups.ruled import ruled_rows
from haidang.clearance.rules.judging import Judgement, judge
from haidang.clearance.rules.securing import secured_until
from haidang.clearance.terms import State
from haidang.declarations.actions import RegistrationRows
from haidang.declarations.terms import Declaration
from haidang.journal import actions as journal
from haidang.journal.lookups import InboxQuestion, SubscriberQuestion
from haidang.journal.rules import sealed
from haidang.journal.terms import Entry, MessageKey, Notice, Received
from haidang.kernel.calendar import registered_month
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of, uuid7_batch
from haidang.ledger import actions as ledger
from haidang.ledger import rules as ledger_rules
from haidang.ledger.lookups import DebtQuestion
from haidang.ledger.terms import Obligation, Transfer
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import PartyStatus
from haidang.platform.pipelining import Asker, JoinedTransaction
from haidang.risk import actions as risk
from haidang.risk.rules import digest_of as facts_digest
from haidang.risk.terms import Decided
from haidang.taxes.terms import TaxKind

_SOME_LEVEL = 3
"""A level to look for findings with, when nothing will be registered."""
REGISTERED_SEQ = 1
"""Journal sequence of a registration: the first act on a declaration."""
RULED = "rulings"
"""What stands before the rows of advance rulings in the digest of a registration that has some."""
DRAFT_SEQ = 0
"""Journal sequence under which the bytes of a draft are kept once it is registered."""
_EXEMPT_CARGO = frozenset("BCDE")
"""Defence, emergency relief, disaster, humanitarian aid: neither debt nor enforcement stops them (38/2015/TT-BTC Art. 18, unverified)."""


class Context(Struct):
    """What was read in the transaction for one batch; `locked` are guarantees and goods on file, lessened by each message that takes of them."""

    at: datetime
    day: DayBook
    inbox: dict[int, Any]
    standings: Standings
    oldest_due: dict[str, date]
    """Since when head offices (ten digits) owe what is due."""
    drafts: dict[int, drafting.Draft]
    subscribers: dict[str, frozenset[int]]
    registering: set[int]
    """Drafts that an earlier message of this batch registers."""
    locked: Balances
    named: naming.Named
    """Declarations and documents that those of the batch name."""
    draws: drawing.Draws
    fresh: Balances
    """Goods that come on file with the first that draws on them."""
    held: honouring.Held
    """Advance rulings of the traders of the batch."""
    overdue: Mapping[str, datetime]
    """Traders that have not completed in time what they lodged incomplete, and since when; of those that lodge incomplete now."""


class Accepted(Struct, frozen=True):
    """A message that passed every rule, with what the rules said."""

    ordinal: int
    lodged: Lodged
    declared: Declaration
    key: MessageKey
    judgement: Judgement
    taken: tuple[tuple[Balance, int], ...]
    drawn: tuple[tuple[Balance, int], ...]
    """What it takes of goods on file."""


def register_batch(hands: Hands, batch: list[Lodged]) -> list[Answer]:
    """Register a batch in one transaction; return one answer each, in order, once it is committed.

    201 with number, channel, taxes and open conditions; 422 with all findings; for a message that was answered before, the stored answer.
    An exception means that nothing of the batch is stored and no number is used up.
    """
    try:
        with hands.joined(len(batch)) as transaction:
            result = _register(hands, transaction, batch)
    except BaseException:
        hands.numbers.give_back()
        raise
    hands.numbers.keep()
    return result


def _register(hands: Hands, transaction: JoinedTransaction, batch: list[Lodged]) -> list[Answer]:
    drafts = drafting.lock_drafts(transaction, batch)
    keys = [_message_key(lodged, drafts) for lodged in batch]
    context = _read_context(hands, transaction, batch, keys, drafts)
    result: list[Answer | None] = [None] * len(batch)
    accepted: list[Accepted] = []
    first_of: dict[MessageKey, int] = {}
    draws = risk.draws(len(batch))
    for ordinal, (lodged, key) in enumerate(zip(batch, keys, strict=True)):
        answer = _answered_before(lodged, key, ordinal, context, batch, first_of)
        if answer is None and key not in first_of:
            judged = _judge(lodged, key, ordinal, context, draws[ordinal])
            if isinstance(judged, Accepted):
                accepted.append(judged)
                first_of[key] = ordinal
            else:
                answer = judged
        result[ordinal] = answer
    if accepted:
        for ordinal, answer in zip(
            (each.ordinal for each in accepted), _write(hands, transaction, context, accepted), strict=True
        ):
            result[ordinal] = answer
    return [answer if answer is not None else result[first_of[key]] for answer, key in zip(result, keys, strict=True)]  # type: ignore[misc]


def _message_key(lodged: Lodged, drafts: dict[int, drafting.Draft]) -> MessageKey:
    envelope = lodged.envelope
    if lodged.declaration is not None:
        trader = lodged.declaration.trader_code
        return MessageKey(shard_of(trader), envelope.sender_id, trader, envelope.message_id)
    draft = drafts.get(lodged.draft_no or 0)
    if draft is not None:
        return MessageKey(draft.shard_id, envelope.sender_id, draft.trader_code, envelope.message_id)
    return MessageKey(lodged.draft_shard or 0, envelope.sender_id, "", envelope.message_id)


def _read_context(
    hands: Hands,
    transaction: JoinedTransaction,
    batch: list[Lodged],
    keys: list[MessageKey],
    drafts: dict[int, drafting.Draft],
) -> Context:
    """Read legal time, stored answers, standing of everybody concerned and debts: one round trip on one server."""
    traders = sorted({key.trader_code for key in keys})
    shards = [shard_of(trader) for trader in traders]
    declared = list(_declared_in(batch, drafts))
    entrusting = {each.entrusting_party_code for _, each in declared if each.entrusting_party_code}
    asked = sorted({*traders, *entrusting}) if entrusting else traders
    with transaction.together() as together:
        instant = hands.writer.ask_instant(together)
        inbox = InboxQuestion(together, keys)
        debts = DebtQuestion(together, shards, traders)
        subscribers = SubscriberQuestion(together, _told_ids(batch), telling.TOPICS)
        standing = _ask_standing(hands.directory_asker(together), asked, batch)
    at, standings, wanting = instant.instant(), standing.standings(), subscribers.subscribers()
    if drafts:
        wanting = _with_traders(transaction.connection, wanting, standings)
    day = hands.day(at)
    draws = drawing.draws_in(declared, day)
    all_declared = [each for _, each in declared]
    named = naming.read_named(transaction, all_declared)
    goods = {each.want.key for of_one in draws.values() for each in of_one}
    locked = securing.lock_named(transaction, all_declared, goods)
    fresh = drawing.not_yet_on_file(draws.values(), named.earlier, locked, at) if draws else {}
    return Context(
        at,
        day,
        inbox.answers(),
        standings,
        debts.oldest_due(),
        drafts,
        wanting,
        set(),
        {**locked, **fresh} if fresh else locked,
        named,
        draws,
        fresh,
        honouring.read_held(transaction, hands.rulings, all_declared),
        read_overdue(transaction, all_declared, at),
    )


def _declared_in(batch: list[Lodged], drafts: dict[int, drafting.Draft]) -> Iterator[tuple[int, Declaration]]:
    """Yield every declaration that the batch may register, with its ordinal."""
    for ordinal, lodged in enumerate(batch):
        if lodged.declaration is not None:
            yield ordinal, lodged.declaration
        elif lodged.draft_no in drafts:
            yield ordinal, drafts[lodged.draft_no].declared


def _ask_standing(asker: Asker, traders: list[str], batch: list[Lodged]) -> StandingQuestion:
    thumbprints = sorted({lodged.envelope.certificate.thumbprint_sha256 for lodged in batch})
    agents = {
        lodged.envelope.sender_id
        for lodged in batch
        if lodged.declaration is None or lodged.declaration.trader_code != lodged.envelope.sender_code
    }
    return StandingQuestion(asker, traders, _sender_ids(batch), thumbprints, sorted(agents))


def _sender_ids(batch: list[Lodged]) -> list[int]:
    return sorted({lodged.envelope.sender_id for lodged in batch})


def _told_ids(batch: list[Lodged]) -> list[int]:
    """Return who may want to be told: senders, and the traders of whom they are not."""
    return sorted(
        {lodged.envelope.sender_id for lodged in batch} | {each.trader_id for each in batch if each.trader_id}
    )


def _with_traders(
    connection: Asker, wanting: dict[str, frozenset[int]], standings: Standings
) -> dict[str, frozenset[int]]:
    """Return the subscribers with the traders of the batch: of a draft its trader is known only now."""
    traders = sorted(trader.party_id for trader in standings.traders.values())
    more = SubscriberQuestion(connection, traders, telling.TOPICS).subscribers()
    return {topic: wanting.get(topic, frozenset()) | more.get(topic, frozenset()) for topic in telling.TOPICS}


def _answered_before(
    lodged: Lodged,
    key: MessageKey,
    ordinal: int,
    context: Context,
    batch: list[Lodged],
    first_of: dict[MessageKey, int],
) -> Answer | None:
    stored = context.inbox.get(ordinal)
    if stored is not None:
        if stored.sha256 == lodged.envelope.sha256:
            return Answer(stored.status, stored.answer)
        return refused((answers.OTHER_BYTES,))
    first = first_of.get(key)
    if first is None:
        return signature_refused(lodged.envelope)
    return None if batch[first].envelope.sha256 == lodged.envelope.sha256 else refused((answers.OTHER_BYTES,))


def _judge(lodged: Lodged, key: MessageKey, ordinal: int, context: Context, draw: int) -> Accepted | Answer:
    """Judge one message. Its own fault stands alone: the neighbours go on."""
    findings = _standing_findings(lodged, key, context)
    declared, draft_findings = drafting.declared_by(lodged, context.drafts, context.at, context.registering)
    findings += draft_findings
    if declared is None:
        return refused(findings)
    findings += naming.named_findings(declared, context.named, context.day)
    if declared.entrusting_party_code:
        findings += naming.entrusting_findings(declared, context.standings)
    if findings:
        # Everything at once: what is wrong with the declaration itself is told too.
        judged = judge(declared, context.day, context.at, _SOME_LEVEL, draw)
        return refused(findings if isinstance(judged, Judgement) else (*findings, *judged))
    level = context.standings.traders[key.trader_code].compliance_level
    ruled = honouring.ruled_lines(declared, context.held, context.at) if context.held else ()
    judged = judge(declared, context.day, context.at, level, draw, ruled)
    if not isinstance(judged, Judgement):
        return refused(judged if lodged.draft_no is None else drafting.no_longer_registered(judged))
    findings = _debt_findings(declared, judged, key.trader_code, context)
    if declared.particulars.incomplete_code:
        findings += incomplete_findings(declared, level, context.day, context.overdue)
    if lodged.draft_no is not None:
        findings += drafting.repricing_findings(lodged, context.drafts[lodged.draft_no], judged, context.day)
    if findings:
        return refused(findings)
    secured = securing.secure(ordinal, declared, judged, context.day, context.locked)
    if not isinstance(secured, securing.Secured):
        return refused(secured)
    drawn: tuple[Any, ...] = ()
    if ordinal in context.draws:
        drawn = drawing.draw(ordinal, context.draws[ordinal], context.locked, context.day)
        if drawn and isinstance(drawn[0], Finding):
            return refused(drawn)
    context.locked = balance_rules.after(context.locked, (*secured.taken, *drawn))
    if lodged.draft_no is not None:
        context.registering.add(lodged.draft_no)
    return Accepted(ordinal, lodged, declared, key, secured.judgement, secured.taken, drawn)


def _standing_findings(lodged: Lodged, key: MessageKey, context: Context) -> tuple[Finding, ...]:
    envelope, standings = lodged.envelope, context.standings
    findings = answers.sender_findings(envelope, context.at, standings)
    if not key.trader_code:
        return (*findings, drafting.UNKNOWN_DRAFT)
    trader = standings.traders.get(key.trader_code)
    if trader is None or trader.party_id != envelope.sender_id:
        # Whoever may not act learns nothing of the trader, nor whether a draft exists.
        stranger = drafting.UNKNOWN_DRAFT if lodged.draft_no is not None else answers.no_mandate(key.trader_code)
        declared = lodged.declaration or context.drafts[lodged.draft_no or 0].declared
        if told := drafting.not_theirs(standings, envelope.sender_id, declared, stranger):
            return (*findings, *told)
        trader = standings.traders[key.trader_code]
    if trader.status is not PartyStatus.ACTIVE or trader.blocked_reason:
        findings += (answers.trader_blocked(key.trader_code, trader.status, trader.blocked_reason),)
    if lodged.draft_no is not None and (lodged.procedure == "EDC") != _is_export(lodged, context):
        findings += (drafting.OTHER_DIRECTION,)
    return findings


def _is_export(lodged: Lodged, context: Context) -> bool:
    if lodged.declaration is not None:
        return lodged.declaration.is_export
    return context.drafts[lodged.draft_no or 0].declared.is_export


def _debt_findings(declared: Declaration, judged: Judgement, trader: str, context: Context) -> tuple[Finding, ...]:
    """E8000 and enforcement, with the exceptions of the law: exports that bear no duty, defence, relief."""
    if declared.cargo_class_code in _EXEMPT_CARGO and declared.cargo_class_code:
        return ()
    if declared.is_export and not judged.assessment.payable_vnd and not judged.assessment.missing:
        return ()
    findings: tuple[Finding, ...] = ()
    oldest = context.oldest_due.get(trader[:10])
    if oldest is not None and (context.day.on - oldest).days > context.day.debt_days:
        findings += (answers.OVERDUE_DEBT,)
    law = context.standings.traders[trader].enforcement_law
    if law:
        findings += (answers.under_enforcement(law),)
    return findings


def _write(hands: Hands, transaction: JoinedTransaction, context: Context, accepted: list[Accepted]) -> list[Answer]:
    """Write all rows of the accepted messages; journal and inbox answers last."""
    at, month = context.at, registered_month(context.at)
    version = context.day.version
    ids = uuid7_batch(int(at.timestamp() * 1000), len(accepted))
    rows = RegistrationRows.empty()
    condition_rows: list[tuple[object, ...]] = []
    transfers: list[Transfer] = []
    movements: list[Movement] = []
    attachments: list[tuple[object, ...]] = []
    ruled: list[tuple[object, ...]] = []
    obligations: list[Obligation] = []
    decisions: list[Decided] = []
    entries: list[Entry] = []
    received: list[Received] = []
    owed: list[Notice] = []
    kept: list[tuple[MessageKey, bytes, int, bytes]] = []
    result: list[Answer] = []
    for each, declaration_id in zip(accepted, ids, strict=True):
        judged, declared, envelope = each.judgement, each.declared, each.lodged.envelope
        key = (each.key.shard_id, month, declaration_id)
        no11 = each.lodged.draft_no or hands.numbers.take(transaction.connection, declared.is_export, key[0])
        state = judged.states[-1]
        facts = rows.add(
            key, no11, declared, judged.assessment, envelope.sender_id, version, at, each.ordinal,
            (int(judged.decision.channel), int(state), REGISTERED_SEQ, at if state is State.CLEARED else None),
        )  # fmt: skip
        opened = [store.opened_row(key, condition, REGISTERED_SEQ) for condition in judged.conditions]
        amounts = (*judged.assessment.totals, (TaxKind.CUSTOMS_FEE, judged.fee_vnd))
        booked = ledger_rules.assessed(key, each.key.trader_code, amounts, REGISTERED_SEQ, at)
        payable, due_on = judged.assessment.payable_vnd, None
        if payable:
            due_on = secured_until(declared, at, context.day.conditions, [balance for balance, _ in each.taken])
            obligations.append(Obligation(*key, each.key.trader_code, payable, payable, due_on))
        attached = store.declared_documents(key, declared, REGISTERED_SEQ) if declared.particulars.attachments else []
        attachments += attached
        of_rulings = ruled_rows(key, judged.ruled, REGISTERED_SEQ) if judged.ruled else []
        ruled += of_rulings
        reserved = balance_rules.reserved(key, each.taken, REGISTERED_SEQ)
        if each.drawn:
            goods = balance_rules.reserved(key, each.drawn, REGISTERED_SEQ, balance_rules.FIRST_OF_GOODS)
            reserved += goods
            if state is State.CLEARED:
                reserved += balance_rules.used_up(key, (), goods, REGISTERED_SEQ)
        decision = Decided(
            shard_id=key[0], registered_month=month, declaration_id=declaration_id, decision_no=1, decision=judged.decision,
            facts_digest=facts_digest(judged.facts), decided_at=at,
        )  # fmt: skip
        condition_rows += opened
        transfers += booked
        movements += reserved
        decisions.append(decision)
        drafted = context.drafts[each.lodged.draft_no].raw if each.lodged.draft_no is not None else b""
        debt = (payable, due_on, each.key.trader_code) if payable else None
        entries.append(
            sealed(
                key, REGISTERED_SEQ, each.lodged.procedure, envelope.sender_id, at, [int(s) for s in judged.states],
                version, hands.writer.writer_id, previous=b"",
                parts=(envelope.sha256, sha256(drafted).digest(), facts, opened, booked, debt, decision, reserved, *([attached] if attached else ()),
                    *((RULED, of_rulings) if of_rulings else ())),
            )
        )  # fmt: skip
        if each.lodged.draft_no is not None:
            received.append(drafting.draft_received(key, DRAFT_SEQ, each.lodged, context.drafts))
        received.append(
            Received(
                *key, REGISTERED_SEQ, envelope.sender_id, envelope.message_id, envelope.certificate.thumbprint_sha256,
                envelope.signature, envelope.raw,
            )
        )  # fmt: skip
        body = answers.registered(no11, 0, declared, judged, at, version, due_on)
        kept.append((each.key, envelope.sha256, 201, body))
        told = telling.told(envelope.sender_id, context.standings.traders[each.key.trader_code])
        for topic in (telling.REGISTERED, telling.CLEARED) if state is State.CLEARED else (telling.REGISTERED,):
            owed += telling.notices(key[0], topic, told, context.subscribers, body, at)
        result.append(Answer(201, body))
    rows.write(transaction)
    store.insert(transaction, condition_rows)
    store.append(transaction, store.ATTACHED, attachments)
    store.append(transaction, store.RULED, ruled)
    ledger.book(transaction, transfers, obligations)
    drawn = {balance.key for each in accepted for balance, _ in each.drawn}
    balances.put_goods_on_file(transaction, [context.fresh[key] for key in drawn & context.fresh.keys()])
    balances.move(transaction, movements)
    risk.keep(transaction, decisions)
    drafting.close_drafts(transaction, accepted, at)
    journal.record(transaction, entries, received)
    journal.owe(transaction, owed)
    journal.keep_answers(transaction, kept, at)
    return result
