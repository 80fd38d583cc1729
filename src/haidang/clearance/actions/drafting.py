"""Drafts (IDA, EDA): a number, the figures of the moment, no legal effect; and what registering one (IDC, EDC) checks again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from haidang.clearance.actions import answers, naming
from haidang.clearance.actions.passing import Answer, Hands, Lodged, refused
from haidang.clearance.rules.judging import DayBook, Judgement, judge
from haidang.declarations import actions as declarations
from haidang.declarations.terms import Declaration
from haidang.journal.terms import Received
from haidang.kernel.calendar import vn_text
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.kernel.money import format_scaled
from haidang.parties.standing import StandingQuestion, Standings
from haidang.parties.terms import Scope
from haidang.platform.db import Transaction

DRAFT_DAYS = "draft.kept"
_NO_DRAW = 9_999
_MIDDLE_LEVEL = 3


class Figures(Struct, frozen=True):
    """What a draft was priced with: exchange rates used (đồng × 10⁴ per unit), totals by kind, value; compared again at registration."""

    exchange_rates_e4: dict[str, int]
    totals: dict[int, int]
    customs_value_vnd_e4: int
    rates: list[tuple[int, int, int, int]]
    """(line, kind, rate_bp, measure_id) of every tax."""


class Draft(Struct, frozen=True):
    """A saved draft, locked for this transaction."""

    shard_id: int
    no11: int
    trader_code: str
    sender_id: int
    raw: bytes
    declared: Declaration
    figures: Figures
    expires_at: datetime
    closed_by: str


UNKNOWN_DRAFT = Finding(
    code="E0033",
    pointer="/draft_no",
    text_vi="Không có bản khai tạm mang số này.",
    text_en="There is no draft with this number.",
    repair_vi="Kiểm tra số, hoặc khai tạm lại (IDA/EDA).",
    repair_en="Check the number, or save a draft again (IDA/EDA).",
)
OTHER_DIRECTION = Finding(
    code="HD-PROCEDURE",
    pointer="/procedure",
    text_vi="Nghiệp vụ không đúng chiều của bản khai tạm: nhập khẩu là IDC, xuất khẩu là EDC.",
    text_en="The procedure is not that of the draft: IDC registers imports, EDC exports.",
    repair_vi="Gửi lại với nghiệp vụ đúng.",
    repair_en="Send it again with the right procedure.",
)
_OTHER_NUMBER = Finding(
    code="HD-DRAFT-DIRECTION",
    pointer="/draft_no",
    text_vi="Số bản khai tạm này thuộc chiều khác: số của tờ khai nhập khẩu và xuất khẩu khác nhau.",
    text_en="The number of this draft is of the other direction: imports and exports have numbers of their own.",
    repair_vi="Khai tạm mới, không kèm số cũ.",
    repair_en="Save a new draft, without the number.",
)
_REGISTERED = Finding(
    code="E0074",
    pointer="/draft_no",
    text_vi="Bản khai tạm này đã được đăng ký.",
    text_en="This draft is registered already.",
    repair_vi="Tra cứu tờ khai theo số; không cần gửi lại.",
    repair_en="Look the declaration up by its number; nothing needs to be sent again.",
)
_EXPIRED = Finding(
    code="E0034",
    pointer="/draft_no",
    text_vi="Bản khai tạm đã quá hạn lưu và không còn hiệu lực.",
    text_en="The draft was kept for its time and has expired.",
    repair_vi="Khai tạm lại (IDA/EDA).",
    repair_en="Save a draft again (IDA/EDA).",
    law="38/2015/TT-BTC Art. 18",
)


class Drafted(Struct, frozen=True):
    """A declaration to keep as a draft: bytes as received, what they declare, who sent them; `draft_no` (11 digits) saves an existing draft again."""

    raw: bytes
    declared: Declaration
    sender_id: int
    draft_no: int | None = None


def not_theirs(standings: Standings, sender_id: int, declared: Declaration, stranger: Finding) -> tuple[Finding, ...]:
    """Return nothing when the sender may declare this now: its own, or by a mandate for its direction and office; else why not, `stranger` without any mandate."""
    scope = Scope.EXPORT if declared.is_export else Scope.IMPORT
    return answers.stranger_findings(
        standings, sender_id, declared.trader_code, (scope,), declared.customs_office_code, stranger
    )


def save_drafts(hands: Hands, batch: list[Drafted]) -> list[Answer]:
    """Price declarations and keep them as drafts, in one transaction; return one answer each once it is committed.

    201 with number and figures, or 422 with all findings. Saving a draft again starts the days it is kept anew.
    """
    try:
        with hands.transaction() as transaction:
            at = hands.writer.ask_instant().instant()
            saved = [_save(hands, transaction, at, drafted) for drafted in batch]
    except BaseException:
        hands.numbers.give_back()
        raise
    hands.numbers.keep()
    return saved


def _save(hands: Hands, transaction: Transaction, at: datetime, drafted: Drafted) -> Answer:
    raw, declared, sender_id, draft_no = drafted.raw, drafted.declared, drafted.sender_id, drafted.draft_no
    day = hands.day(at)
    shard = shard_of(declared.trader_code)
    codes = [declared.trader_code, *([declared.entrusting_party_code] if declared.entrusting_party_code else ())]
    standings = StandingQuestion(hands.directory, codes, [sender_id], []).standings()
    trader = standings.traders.get(declared.trader_code)
    if trader is None:
        return refused((answers.unknown_trader(declared.trader_code),))
    if stranger := not_theirs(standings, sender_id, declared, answers.no_mandate(declared.trader_code)):
        return refused(stranger)
    if draft_no is not None and declarations.is_export_number(draft_no) != declared.is_export:
        return refused((_OTHER_NUMBER,))
    judged = judge(declared, day, at, _MIDDLE_LEVEL, _NO_DRAW)
    unknown = naming.entrusting_findings(declared, standings)
    if unknown or not isinstance(judged, Judgement):
        return refused((*unknown, *(() if isinstance(judged, Judgement) else judged)))
    expires = at + timedelta(days=day.codes.parameters[DRAFT_DAYS].value)
    no11 = draft_no or hands.numbers.take(transaction.connection, declared.is_export, shard)
    kept = declarations.save_draft(
        transaction, shard, no11, declared.trader_code, sender_id, raw, _encode(declared), _encode(figures_of(judged, declared, day)),
        at, expires, again=draft_no is not None,
    )  # fmt: skip
    if not kept:
        return refused((UNKNOWN_DRAFT,))
    body = msgspec.json.encode(
        {
            "draft_no": answers.declaration_no(no11, 0),
            "saved_at": vn_text(at),
            "expires_at": vn_text(expires),
            **answers.figures(judged),
            "law_book_version": day.version,
        }
    )
    return Answer(201, body, kept=False)


_encode = msgspec.msgpack.Encoder().encode


def figures_of(judged: Judgement, declared: Declaration, day: DayBook) -> Figures:
    """Return the figures that registration compares."""
    rates = day.codes.exchange_rates_e4
    currencies = {declared.invoice_currency_code, declared.freight_currency_code, declared.insurance_currency_code}
    currencies |= {adjustment.currency_code for adjustment in declared.adjustments}
    return Figures(
        {code: rates[code] for code in sorted(currencies) if code in rates},
        {int(kind): amount for kind, amount in judged.assessment.totals},
        judged.assessment.customs_value_vnd_e4,
        [
            (line.line_no, int(tax.kind), tax.rate_bp, tax.measure_id)
            for line in judged.assessment.lines
            for tax in line.taxes
        ],
    )


def lock_drafts(transaction: Transaction, batch: list[Lodged]) -> dict[int, Draft]:
    """Lock the drafts that messages of the batch want to register; by number."""
    wanted = sorted(
        {
            (lodged.draft_shard, lodged.draft_no)
            for lodged in batch
            if lodged.draft_no is not None and lodged.draft_shard is not None
        }
    )
    if not wanted:
        return {}
    return {
        row[1]: Draft(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            msgspec.msgpack.decode(row[5], type=Declaration),
            msgspec.msgpack.decode(row[6], type=Figures),
            row[7],
            row[8],
        )
        for row in declarations.lock_drafts(transaction, wanted)
    }


def declared_by(
    lodged: Lodged, drafts: Mapping[int, Draft], at: datetime, registering: set[int]
) -> tuple[Declaration | None, tuple[Finding, ...]]:
    """Return the declaration a message registers: its own, or that of the draft it names."""
    if lodged.declaration is not None:
        return lodged.declaration, ()
    draft = drafts.get(lodged.draft_no or 0)
    if draft is None:
        return None, ()
    if draft.closed_by == "registered" or draft.no11 in registering:
        return None, (_REGISTERED,)
    if draft.closed_by or at >= draft.expires_at:
        return None, (_EXPIRED,)
    return draft.declared, ()


def repricing_findings(lodged: Lodged, draft: Draft, judged: Judgement, day: DayBook) -> tuple[Finding, ...]:
    """Return what changed in the prices since the draft was saved, unless the message accepts new prices.

    E1103 exchange rate, E1951 rate or measure of a tax, HD-REPRICED any other figure. The new figures are in the text.
    """
    if lodged.accept_repricing:
        return ()
    new, old = figures_of(judged, draft.declared, day), draft.figures
    findings: list[Finding] = []
    if new.exchange_rates_e4 != old.exchange_rates_e4:
        findings.append(_repriced("E1103", "Tỷ giá tính thuế đã thay đổi", "The exchange rate has changed", new, old))
    if new.rates != old.rates:
        findings.append(_repriced("E1951", "Thuế suất đã thay đổi", "Tax rates have changed", new, old))
    if not findings and (new.totals != old.totals or new.customs_value_vnd_e4 != old.customs_value_vnd_e4):
        findings.append(_repriced("HD-REPRICED", "Số thuế đã thay đổi", "The taxes have changed", new, old))
    return tuple(findings)


_CODE_FINDINGS = frozenset(("HD-CODE", "E0115"))


def no_longer_registered(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings of a registration whose draft had none: a code that has gone since is E1102, as VNACCS says it."""
    return tuple(
        msgspec.structs.replace(finding, code="E1102") if finding.code in _CODE_FINDINGS else finding
        for finding in findings
    )


def _repriced(code: str, text_vi: str, text_en: str, new: Figures, old: Figures) -> Finding:
    was, now = sum(old.totals.values()), sum(new.totals.values())
    rates = ", ".join(f"{currency} {format_scaled(rate, 4)}" for currency, rate in new.exchange_rates_e4.items())
    return Finding(
        code=code,
        pointer="/draft_no",
        text_vi=f"{text_vi} từ khi khai tạm: tổng thuế {was:,} đ nay là {now:,} đ (tỷ giá {rates}).",
        text_en=f"{text_en} since the draft was saved: taxes of {was:,} đ are now {now:,} đ (exchange rates {rates}).",
        repair_vi="Khai tạm lại để xem số mới, hoặc gửi kèm accept_repricing=true.",
        repair_en="Save the draft again to see the new figures, or send accept_repricing=true.",
        law="107/2016/QH13 Art. 8",
    )


def draft_received(key: tuple[int, int, Any], seq: int, lodged: Lodged, drafts: Mapping[int, Draft]) -> Received:
    """Return the bytes of a registered draft as a message of its own: they say what was declared."""
    draft = drafts[lodged.draft_no or 0]
    return Received(*key, seq, draft.sender_id, "", b"", "", draft.raw)


def close_drafts(transaction: Transaction, accepted: list[Any], at: datetime) -> None:
    """Mark the drafts of registered declarations as registered."""
    registered = [(each.key.shard_id, each.lodged.draft_no) for each in accepted if each.lodged.draft_no is not None]
    declarations.close_drafts(transaction, registered, at, "registered")
