"""The answers of the pass: what the declarant reads. Findings that depend on the instant (standing, debts, ids) are worded here."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import msgspec

from haidang.balances.terms import MovementKind
from haidang.clearance.actions.passing import Envelope
from haidang.clearance.lookups import CHANNEL_NAMES, OFFICE, condition_view
from haidang.clearance.lookups.ruled import ruled_view
from haidang.clearance.rules.amending import After, Before
from haidang.clearance.rules.judging import Judgement
from haidang.clearance.rules.revising import Owing
from haidang.clearance.rules.supplementing import is_late
from haidang.clearance.terms import Condition, State
from haidang.clearance.terms.revisions import CancellationCase, Revision, RevisionKind
from haidang.declarations.terms import Declaration, FieldChange
from haidang.kernel.calendar import VN, vn_date, vn_text
from haidang.kernel.findings import Finding
from haidang.ledger.rules import interest_vnd
from haidang.ledger.terms import PreparedAdjustment
from haidang.parties.standing import Standings
from haidang.parties.terms import PartyStatus, Scope, SignatureFault
from haidang.rulings.terms import RuledLine
from haidang.taxes.terms import TaxKind

_encode = msgspec.json.Encoder().encode
OFFICE_POINTER = "/declaration/customs_office_code"

OTHER_BYTES = Finding(
    code="HD-ID-REUSED",
    pointer="/message_id",
    text_vi="Mã thông điệp này đã dùng cho nội dung khác.",
    text_en="This message id was used before with other bytes.",
    repair_vi="Gửi lại đúng các byte cũ, hoặc dùng mã thông điệp mới.",
    repair_en="Send the same bytes again, or use a new message id.",
)
SENDER_BLOCKED = Finding(
    code="HD-SENDER-BLOCKED",
    pointer="/sender",
    text_vi="Người gửi đang bị ngừng giao dịch với hải quan.",
    text_en="The sender may not act at present.",
    repair_vi="Liên hệ cơ quan hải quan quản lý.",
    repair_en="Contact the customs office in charge.",
)
OVERDUE_DEBT = Finding(
    code="E8000",
    pointer="/declaration/trader_code",
    text_vi="Doanh nghiệp nợ thuế quá 90 ngày.",
    text_en="The trader has tax debts more than 90 days overdue.",
    repair_vi="Nộp hết nợ thuế quá hạn rồi gửi lại.",
    repair_en="Pay the overdue tax, then lodge again.",
    law="38/2015/TT-BTC Art. 18",
)

UNKNOWN_DECLARATION = Finding(
    code="HD-NOT-FOUND",
    pointer="/declaration_no",
    text_vi="Không có tờ khai mang số này.",
    text_en="There is no declaration with this number.",
    repair_vi="Kiểm tra lại số tờ khai.",
    repair_en="Check the declaration number.",
)


def sender_findings(envelope: Envelope, at: datetime, standings: Standings) -> tuple[Finding, ...]:
    """Return why a sender may not act at this instant although its signature was right: certificate revoked or out of its time, sender blocked."""
    findings: tuple[Finding, ...] = ()
    if envelope.certificate.thumbprint_sha256 in standings.dead_certificates:
        findings += (SignatureFault.REVOKED.finding(),)
    if at >= envelope.certificate.not_after:
        findings += (SignatureFault.EXPIRED.finding(),)
    if at < envelope.certificate.not_before:
        findings += (SignatureFault.NOT_YET_VALID.finding(),)
    if envelope.sender_id in standings.dead_senders:
        findings += (SENDER_BLOCKED,)
    return findings


def unknown_trader(code: str, pointer: str = "/declaration/trader_code") -> Finding:
    """The tax code is that of nobody known here."""
    return Finding(
        code="E8001",
        pointer=pointer,
        text_vi=f"Không có doanh nghiệp nào mang mã số thuế {code} trong danh bạ.",
        text_en=f"No trader with the tax code {code} is in the directory.",
        repair_vi="Kiểm tra mã số thuế; đăng ký doanh nghiệp trước khi khai.",
        repair_en="Check the tax code; register the trader before declaring.",
    )


def trader_blocked(code: str, status: PartyStatus, reason: str) -> Finding:
    """The trader is suspended, dissolved or blocked."""
    return Finding(
        code="E8002",
        pointer="/declaration/trader_code",
        text_vi=f"Doanh nghiệp {code} không đủ điều kiện đăng ký tờ khai ({status.value} {reason}).".replace(" )", ")"),
        text_en=f"The trader {code} may not register declarations ({status.value} {reason}).".replace(" )", ")"),
        repair_vi="Liên hệ cơ quan thuế hoặc hải quan quản lý.",
        repair_en="Contact the tax or customs office in charge.",
        law="38/2015/TT-BTC Art. 18",
    )


def no_mandate(code: str) -> Finding:
    """The sender is neither the trader nor its agent at this instant."""
    return Finding(
        code="HD-NO-MANDATE",
        pointer="/sender",
        text_vi=f"Người gửi không được doanh nghiệp {code} ủy quyền cho việc này vào lúc đăng ký.",
        text_en=f"The sender holds no mandate of {code} for this act at the instant of registration.",
        repair_vi="Doanh nghiệp ủy quyền cho đại lý, hoặc tự khai.",
        repair_en="The trader grants the agent a mandate, or lodges itself.",
        law="54/2014/QH13 Art. 20",
    )


def stranger_findings(
    standings: Standings, sender_id: int, trader_code: str, scopes: Iterable[Scope], office: str, stranger: Finding,
    pointer: str = OFFICE_POINTER,
) -> tuple[Finding, ...]:  # fmt: skip
    """Return why the sender may not act for a trader at a customs office (empty: what is of no office) now; nothing when it may.

    Whoever holds no mandate of the trader gets `stranger`, which tells nothing; the holder of one for other offices reads which.
    """
    asked = tuple(scopes)
    unit = office[:OFFICE]
    if any(standings.may_act(trader_code, sender_id, scope, unit) for scope in asked):
        return ()
    held = [standings.mandates.get((trader_code, sender_id, int(scope)), frozenset()) for scope in asked]
    offices = sorted(frozenset().union(*held))
    return (_other_offices(trader_code, unit, offices, pointer),) if offices else (stranger,)


def _other_offices(code: str, office: str, offices: Sequence[str], pointer: str) -> Finding:
    """The sender's mandates of the trader name other customs offices."""
    named = ", ".join(offices)
    return Finding(
        code="HD-MANDATE-OFFICE",
        pointer=pointer,
        text_vi=f"Ủy quyền của doanh nghiệp {code} cho người gửi chỉ gồm chi cục {named}, không gồm {office or 'việc không thuộc một chi cục'}.",
        text_en=f"The sender's mandate of {code} covers the offices {named} alone, not {office or 'what is of no single office'}.",
        repair_vi="Khai tại chi cục được ủy quyền; hoặc doanh nghiệp ủy quyền cho chi cục này, hoặc tự làm.",
        repair_en="Act at an office of the mandate; or the trader grants one for this office, or acts itself.",
        law="54/2014/QH13 Art. 20",
    )


def under_enforcement(law: str) -> Finding:
    """Procedures of the trader are stopped."""
    return Finding(
        code="E8003",
        pointer="/declaration/trader_code",
        text_vi="Doanh nghiệp đang bị cưỡng chế dừng làm thủ tục hải quan.",
        text_en="Customs procedures of the trader are stopped by enforcement.",
        repair_vi="Thực hiện quyết định cưỡng chế rồi gửi lại.",
        repair_en="Comply with the enforcement decision, then lodge again.",
        law=law,
    )


def too_many_amendments(most: int) -> Finding:
    """The declaration was amended as often as its number can count."""
    return Finding(
        code="E0399",
        pointer="/declaration_no",
        text_vi=f"Tờ khai đã được sửa {most} lần; không sửa thêm được nữa.",
        text_en=f"The declaration has been amended {most} times; no further amendment is possible.",
        repair_vi="Xin hủy tờ khai này và khai tờ khai mới.",
        repair_en="Ask for this declaration to be cancelled and lodge a new one.",
        law="VNACCS-2014, error E0399 of IDA01",
    )


def declaration_no(no11: int, amendment_no: int) -> str:
    """Return the 12-digit number people quote: 11 digits of identity and the count of amendments."""
    return f"{no11}{amendment_no}"


def other_amendment(no11: int, amendment_no: int) -> Finding:
    """The message names the declaration by a number of another amendment than it stands at."""
    number = declaration_no(no11, amendment_no)
    return Finding(
        code="HD-AMENDMENT",
        pointer="/declaration_no",
        text_vi=f"Tờ khai đang ở lần sửa {amendment_no}: số đầy đủ là {number}.",
        text_en=f"The declaration stands at amendment {amendment_no}: its full number is {number}.",
        repair_vi="Gửi lại với số tờ khai đầy đủ hiện hành.",
        repair_en="Send it again with the full number as it is now.",
    )


def figures(judged: Judgement) -> dict[str, object]:
    """Return value, taxes and their trace, line by line."""
    assessment = judged.assessment
    return {
        "customs_value_vnd_e4": assessment.customs_value_vnd_e4,
        "taxes": {kind.name.lower() + "_vnd": amount for kind, amount in assessment.totals},
        "payable_vnd": assessment.payable_vnd,
        "fee_vnd": judged.fee_vnd,
        "lines": assessment.lines,
        "rates_missing": [
            {"line_no": each.line_no, "kind": each.kind.name.lower(), "reason": each.reason}
            for each in assessment.missing
        ],
    }


def amended(
    number: str,
    declared: Declaration,
    judged: Judgement,
    was_vnd: int,
    before: Before,
    after: After,
    changes: Sequence[FieldChange],
    version: int,
    *,
    supplemented: tuple[Condition, datetime] | None = None,
) -> bytes:
    """Return the answer to an amendment: the new number, what changed, figures old and new, channel, and what is open now.

    Of a supplement `supplemented` is what waited for it, and when it came: the answer says until when it was due and whether it is late.
    """
    lateness: dict[str, object] = {}
    if supplemented is not None:
        waited, at = supplemented
        lateness = {"due_at": vn_text(waited.due_at), "late": is_late(waited, at)}
    state = after.states[-1]
    reserved = [each.amount for each in after.moved if each.kind == MovementKind.RESERVE]
    released = [each.amount for each in after.moved if each.kind == MovementKind.RELEASE]
    return _encode(
        {
            "declaration_no": number,
            "amendment_no": int(number[-1]),
            "kind_code": declared.kind_code,
            "registered_at": vn_text(before.registered_at),
            "state": state.name.lower(),
            "cleared": state is State.CLEARED,
            "channel": after.channel,
            "channel_name": CHANNEL_NAMES[after.channel][0],
            "channel_name_vi": CHANNEL_NAMES[after.channel][1],
            "channel_raised": after.channel > before.channel,
            **figures(judged),
            "payable_before_vnd": was_vnd,
            "outstanding_vnd": after.obligation.outstanding_vnd if after.obligation else 0,
            "overpaid_vnd": after.overpaid_vnd,
            "guarantee_reserved_vnd": sum(reserved),
            "guarantee_released_vnd": sum(released),
            "tax_due_on": after.obligation.due_on if after.obligation and after.obligation.outstanding_vnd else None,
            "changes": changes,
            "open_conditions": [condition_view(each) for each in after.conditions if each.closed_at is None],
            "law_book_version": version,
            **({"rulings": ruled_view(judged.ruled)} if judged.ruled else {}),
            **lateness,
        }
    )


def supplement_overdue(due_at: datetime) -> Finding:
    """The trader has not completed in time what it lodged incomplete before: nothing more is taken incomplete."""
    when = f"{due_at.astimezone(VN):%H:%M %d/%m/%Y}"
    return Finding(
        code="HD-SUPPLEMENT-OVERDUE",
        pointer="/declaration/incomplete_code",
        text_vi=f"Doanh nghiệp còn tờ khai chưa hoàn chỉnh đã quá hạn từ {when}: không nhận thêm tờ khai chưa hoàn chỉnh.",
        text_en=f"An incomplete declaration of this trader is overdue since {when} (Viet Nam): no other is taken incomplete.",
        repair_vi="Hoàn chỉnh tờ khai quá hạn bằng SUPPLEMENT, hoặc khai đủ tờ khai này.",
        repair_en="Complete the overdue declaration by a SUPPLEMENT, or declare this one in full.",
        law="54/2014/QH13 Art. 43",
    )


def unknown_reason(code: str) -> Finding:
    """The reason of an amendment is none of the list."""
    return Finding(
        code="HD-CODE",
        pointer="/reason_code",
        text_vi=f"Mã lý do khai bổ sung {code} không có trong danh mục.",
        text_en=f"The reason of the amendment {code} is not in the list.",
        repair_vi="Dùng mã trong danh mục lý do khai bổ sung (1 đến 6).",
        repair_en="Use a code of the list of reasons of amendment (1 to 6).",
    )


def as_json(changes: Sequence[FieldChange]) -> str:
    """Return changes as they are kept with a version."""
    return _encode(changes).decode()


def revision(
    number: str,
    asked: Revision,
    before: Before,
    after: After,
    owing: Owing | None,
    changes: Sequence[FieldChange] = (),
    ruled: Sequence[RuledLine] = (),
) -> bytes:
    """Return the answer about a revision: its number, `asked`, `accepted` or `refused`, the difference of each tax, what to pay and since when interest runs."""
    state = after.states[-1] if after.states else before.state
    outcome = "asked" if asked.decided_at is None else "accepted" if asked.accepted else "refused"
    money: dict[str, object] = {}
    if owing is not None:
        money = {
            "difference": {kind.name.lower() + "_vnd": amount for kind, amount in owing.by_tax},
            "additional_vnd": owing.additional_vnd,
            "interest_from": owing.interest_from if owing.additional_vnd else None,
            "interest_vnd": owing.interest_vnd,
            "interest_per_day_vnd": owing.per_day_vnd,
        }
    outstanding = after.obligation.outstanding_vnd if after.obligation else 0
    payable_vnd = asked.wanted_vnd
    if asked.accepted:
        assessed_vnd = after.obligation.assessed_vnd if after.obligation else 0
        payable_vnd = assessed_vnd - interest_vnd(before.trader_code, [*before.transfers, *after.transfers])
    return _encode(
        {
            "declaration_no": number,
            "register_no": str(asked.register_no),
            "kind": asked.kind.value,
            "outcome": outcome,
            "code": asked.code,
            "reason": asked.reason,
            "decision": asked.decision,
            "state": state.name.lower(),
            "payable_before_vnd": asked.was_vnd,
            "payable_vnd": payable_vnd,
            **money,
            "outstanding_vnd": outstanding,
            "overpaid_vnd": after.overpaid_vnd,
            "tax_due_on": after.obligation.due_on if after.obligation and outstanding else None,
            "free_until": asked.free_until,
            "over_free_days": asked.free_until is not None and vn_date(asked.asked_at) > asked.free_until,
            "changes": changes,
            "open_conditions": [condition_view(each) for each in after.conditions if each.closed_at is None],
            **({"rulings": ruled_view(ruled)} if ruled else {}),
        }
    )


def adjustment(number: str, prepared: PreparedAdjustment, text: str, before: Before, after: After) -> bytes:
    """Return the answer about what a later version of the law book makes of a declaration: `accepted` or `refused`, as that about a revision is.

    No interest is told: none runs on the difference (unverified).
    """
    state, more = after.states[-1] if after.states else before.state, sum(prepared.difference.values())
    outstanding = after.obligation.outstanding_vnd if after.obligation else 0
    booked: dict[str, object] = {}
    if prepared.accepted:
        booked = {
            "difference": {TaxKind(kind).name.lower() + "_vnd": amount for kind, amount in prepared.difference.items()},
            "additional_vnd": max(0, more),
            "interest_from": None,
            "interest_vnd": 0,
            "interest_per_day_vnd": 0,
        }
    return _encode(
        {
            "declaration_no": number,
            "register_no": f"{prepared.batch_no:012}",
            "kind": RevisionKind.RETROACTIVE.value,
            "outcome": "accepted" if prepared.accepted else "refused",
            "code": f"v{prepared.judged_version}-v{prepared.newer_version}",
            "reason": prepared.reason,
            "decision": text,
            "state": state.name.lower(),
            "payable_before_vnd": sum(prepared.was_vnd),
            "payable_vnd": sum(prepared.now_vnd),
            **booked,
            "outstanding_vnd": outstanding,
            "overpaid_vnd": after.overpaid_vnd,
            "tax_due_on": after.obligation.due_on if after.obligation and outstanding else None,
            "free_until": None,
            "over_free_days": False,
            "changes": (),
            "open_conditions": [condition_view(each) for each in after.conditions if each.closed_at is None],
        }
    )


def cancellation(
    number: str, case: CancellationCase, before: Before, after: After, wanted: str, register_no: int = 0
) -> bytes:
    """Return the answer to a request to cancel, or to an officer's proposal how to decide: `requested`, `cancelled` or `proposed` (under a number)."""
    state = after.states[-1] if after.states else before.state
    return _encode(
        {
            "declaration_no": number,
            "outcome": wanted,
            "register_no": str(register_no or ""),
            "case": case.code,
            "case_name_vi": case.name_vi,
            "case_name": case.name_en,
            "law": case.law,
            "state": state.name.lower(),
            "cleared": state is State.CLEARED,
            "overpaid_vnd": after.overpaid_vnd,
            "guarantee_released_vnd": sum(each.amount for each in after.moved),
            "open_conditions": [condition_view(each) for each in after.conditions if each.closed_at is None],
        }
    )


def registered(
    no11: int,
    amendment_no: int,
    declared: Declaration,
    judged: Judgement,
    at: datetime,
    version: int,
    due_on: date | None,
) -> bytes:
    """Return the answer to a registration: it is the notice of the channel, and the same in form for every channel.

    `due_on` is the last day on which the tax is paid in time, None when there is none to pay.
    """
    channel = int(judged.decision.channel)
    return _encode(
        {
            "declaration_no": declaration_no(no11, amendment_no),
            "kind_code": declared.kind_code,
            "registered_at": vn_text(at),
            "state": judged.states[-1].name.lower(),
            "cleared": judged.states[-1] is State.CLEARED,
            "channel": channel,
            "channel_name": CHANNEL_NAMES[channel][0],
            "channel_name_vi": CHANNEL_NAMES[channel][1],
            **figures(judged),
            "tax_due_on": due_on,
            "tax_secured": judged.pass_facts.tax_secured,
            "open_conditions": [condition_view(condition) for condition in judged.conditions],
            "law_book_version": version,
            **({"rulings": ruled_view(judged.ruled)} if judged.ruled else {}),
        }
    )
