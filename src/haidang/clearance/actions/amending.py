"""`amend_declarations`: the whole new declaration for a number, before clearance (IDA01 with IDE, EDA01 with EDE, in one signed message)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from haidang.balances import actions as balances
from haidang.balances import rules as balance_rules
from haidang.balances.lookups import keys_of
from haidang.balances.terms import Balances
from haidang.clearance.actions import answers, honouring, naming, telling
from haidang.clearance.actions import drawing as drawing_acts
from haidang.clearance.actions.following import (
    Following,
    Found,
    Written,
    declaring,
    follow,
    not_theirs,
    other_amendment,
    refuse_pending,
    refuse_settled,
)
from haidang.clearance.actions.passing import Answer, Hands
from haidang.clearance.rules import drawing, securing
from haidang.clearance.rules.amending import MAX_AMENDMENTS, After, amended
from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.clearance.rules.supplementing import awaited
from haidang.clearance.terms import ConditionKind
from haidang.declarations import actions as declarations
from haidang.declarations.rules import amending as declaration_rules
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.platform.db import Transaction
from haidang.risk import actions as risk
from haidang.risk import lookups as risk_rows
from haidang.risk.rules import digest_of as facts_digest
from haidang.risk.rules import never_below
from haidang.risk.terms import Channel, Decided

OTHER_DIRECTION = Finding(
    code="HD-PROCEDURE",
    pointer="/procedure",
    text_vi="Nghiệp vụ không đúng chiều của tờ khai: nhập khẩu là IDE, xuất khẩu là EDE; AMEND dùng cho cả hai.",
    text_en="The procedure is not that of the declaration: IDE amends imports, EDE exports, AMEND both.",
    repair_vi="Gửi lại với nghiệp vụ đúng.",
    repair_en="Send it again with the right procedure.",
)
_EXPORT_OF = {"IDE": False, "EDE": True}


class Amending(Following, frozen=True, kw_only=True):
    """An amendment: the whole new declaration. `read` turns a message as received back into what it declares."""

    declared: Declaration
    reason: str
    read: Callable[[bytes], Declaration]


def amend_declarations(hands: Hands, batch: list[Amending]) -> list[Answer]:
    """Amend declarations, each in a transaction of its own; return one answer each, in order.

    200 with the new number, what changed, figures and open conditions; 409 when it is cleared or cancelled already, with what happened; 422 with all
    findings; for a message that was answered before, the stored answer.
    """
    return [follow(hands, each, partial(_amend, hands, each)) for each in batch]


class Anew(Struct, frozen=True):
    """How an act declares anew: what forbids it, what it makes of the declaration, what it answers."""

    forbidden: Callable[[Amending, Found, Declaration, DayBook], tuple[Finding, ...]]
    becomes: Callable[..., After | tuple[Finding, ...]]
    """Takes what `rules.amending.amended` takes."""
    told: Callable[..., bytes]
    """Takes what `answers.amended` takes."""


def _amend(hands: Hands, each: Amending, transaction: Transaction, found: Found) -> Written | tuple[Finding, ...]:
    if stranger := not_theirs(found, each.envelope.sender_id):
        return stranger
    refuse_settled(found, each.procedure)
    refuse_pending(found)
    return declare_anew(hands, each, transaction, found, Anew(_findings, amended, answers.amended))


def declare_anew(
    hands: Hands, each: Amending, transaction: Transaction, found: Found, anew: Anew
) -> Written | tuple[Finding, ...]:
    """Let a declaration say something else from now on, judged by the law of its registration; whether it may now at all is asked before.

    Return what is written, or all findings.
    """
    today = hands.day(found.at)
    day = hands.books.day(vn_date(found.before.registered_at), hands.directory)
    old = each.read(declaring(transaction, found))
    findings = anew.forbidden(each, found, old, today)
    named = naming.read_named(transaction, [each.declared])
    findings += naming.named_findings(each.declared, named, day)
    findings += naming.entrusting_findings(each.declared, found.standings)
    level = found.standings.traders[found.standing.trader_code].compliance_level
    ruled = honouring.ruled_anew(hands, transaction, each.declared, found.before.registered_at)
    judged = judge(each.declared, day, found.before.registered_at, level, risk.draws(1)[0], ruled)
    if not isinstance(judged, Judgement):
        return (*findings, *judged)
    if findings:
        return findings
    decision = never_below(judged.decision, Channel(found.before.channel))
    locked, fresh = lock_balances(transaction, each.no11, old, each.declared, named.earlier, found, day)
    if findings := drawing.drawn_upon_findings(each.no11, old, each.declared, locked):
        return findings
    after = anew.becomes(
        found.before, old, each.declared, judged, decision, locked, day, today, found.at, found.seq, each.envelope.message_id
    )  # fmt: skip
    if not isinstance(after, After):
        return after
    put_on_file(transaction, after, fresh)
    decided = Decided(
        shard_id=found.before.key[0], registered_month=found.before.key[1], declaration_id=found.before.key[2],
        decision_no=_decisions(transaction, found) + 1, decision=decision, facts_digest=facts_digest(judged.facts), decided_at=found.at,
    )  # fmt: skip
    return _written(each, found, old, judged, after, decided, day, anew)


def _written(
    each: Amending, found: Found, old: Declaration, judged: Judgement, after: After, decided: Decided, day: DayBook, anew: Anew
) -> Written:  # fmt: skip
    amendment_no = found.standing.amendment_no + 1
    changes = declaration_rules.changes(old, each.declared)
    rows = declarations.amended_rows(
        found.before.key, each.no11, amendment_no, each.declared, judged.assessment, each.envelope.sender_id, day.version,
        found.before.registered_at, (found.seq, found.at, each.reason, msgspec.json.encode(changes).decode()),
    )  # fmt: skip
    number = answers.declaration_no(each.no11, amendment_no)
    was_vnd = sum(found.before.totals.values())
    body = anew.told(number, each.declared, judged, was_vnd, found.before, after, changes, day.version)
    return Written(after, body, (telling.AMENDED,), day.version, decided, rows, amendment_no, ruled=judged.ruled)


def _findings(each: Amending, found: Found, old: Declaration, today: DayBook) -> tuple[Finding, ...]:
    """Return what forbids this amendment apart from the declaration's own findings."""
    findings = other_amendment(each, found)
    most = today.codes.parameters[MAX_AMENDMENTS].value
    if awaited(found.before.conditions):
        most -= 1  # the last number is kept for the supplement, without which the declaration is never complete
    if found.standing.amendment_no >= most:
        findings += (answers.too_many_amendments(most),)
    if _EXPORT_OF.get(each.procedure, old.is_export) != old.is_export:
        findings += (OTHER_DIRECTION,)
    if old == each.declared:
        findings += (declaration_rules.NOTHING_AMENDED,)
    asked = release_requested(found)
    return findings + declaration_rules.unamendable_findings(old, each.declared, today.on, release_requested=asked)


def release_requested(found: Found) -> bool:
    """Whether release was ever asked for by an act of its own."""
    return any(condition.kind is ConditionKind.RELEASE for condition in found.before.conditions)


def lock_balances(
    transaction: Transaction,
    no11: int,
    old: Declaration,
    new: Declaration,
    earlier: naming.Earlier,
    found: Found,
    day: DayBook,
) -> tuple[Balances, Balances]:
    """Lock the guarantee that is named, the goods on file that are drawn on, what is held, and the own lines that others draw on, all in key order.

    Return all of them, with the goods that would come on file with this act, and those alone.
    """
    shard, before = found.before.key[0], found.before
    held: list[Any] = [(shard, balance_id) for balance_id in balance_rules.drawn([*before.moved, *before.drawn])]
    keys = {*keys_of(transaction.connection, held), *drawing.own_lines(shard, no11, old)}
    if named := securing.guarantee_named(shard, new):
        keys.add(named)
    draws = drawing.draws_of(0, new, day)
    keys |= {draw.want.key for draw in draws}
    locked = balances.lock(transaction, keys)
    fresh = drawing_acts.not_yet_on_file([draws], earlier, locked, found.at)
    return {**locked, **fresh}, fresh


def put_on_file(transaction: Transaction, after: After, fresh: Balances) -> None:
    """Put on file those goods of `fresh` that the act draws on; the others stay unknown."""
    drawn = {movement.balance_id for movement in after.drawn}
    balances.put_goods_on_file(transaction, [goods for goods in fresh.values() if goods.balance_id in drawn])


def _decisions(transaction: Transaction, found: Found) -> int:
    """Return how many decisions on the channel there are."""
    key = found.before.key
    return len(risk_rows.read_decisions(transaction.connection, [key]).get(key[2], []))
