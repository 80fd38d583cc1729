"""What the law says of one declaration at one instant: findings, or taxes, channel, open conditions and states. Pure, and so replayable.

The pass calls it once; `haidang verify` calls it again, years later, with the book of that version and the recorded draw, and must get the same.
"""

from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct
from msgspec.structs import replace

from haidang.clearance.rules import quotas, securing
from haidang.clearance.rules.conditions import ConditionBook, open_conditions
from haidang.clearance.rules.consignment import consigned_otherwise
from haidang.clearance.rules.states import path
from haidang.clearance.terms import Condition, ConditionKind, ControlledGoods, PassFacts, State
from haidang.declarations import rules as declaration_rules
from haidang.declarations.rules import completing
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding
from haidang.kernel.money import AmountOverflow
from haidang.reference.terms import CodesOfDay
from haidang.risk import rules as risk_rules
from haidang.risk.terms import Decision, Facts, Share
from haidang.rulings.rules import doubts, settled_lines
from haidang.rulings.terms import RuledLine
from haidang.tariff.terms import TariffOfDay
from haidang.taxes import rules as tax_rules
from haidang.taxes.rules import Treatments
from haidang.taxes.terms import Assessment

FEE_PARAMETER = "fee.declaration"
DEBT_PARAMETER = "registration.debt_block"


_TOO_LARGE = Finding(
    code="HD-TOO-LARGE",
    pointer="/declaration/items",
    text_vi="Trị giá hoặc số thuế vượt quá khả năng ghi nhận của hệ thống.",
    text_en="A value or a tax is larger than the system can keep.",
    repair_vi="Kiểm tra số lượng, đơn giá; chia dòng hàng hoặc chia tờ khai.",
    repair_en="Check quantities and prices; split the line or the declaration.",
)


class DayBook(Struct, frozen=True):
    """The whole law of one Vietnamese day as a pass needs it. Immutable, shared by all declarations of that day."""

    version: int
    on: date
    codes: CodesOfDay
    tariff: TariffOfDay
    conditions: ConditionBook
    criteria: risk_rules.Compiled
    shares: Mapping[int, Share]
    treatments: Mapping[str, Treatments] = {}
    """What kinds of declaration that are not taxed by the tariff alone do to their taxes."""

    @property
    def debt_days(self) -> int:
        """Days after which an overdue debt blocks registration."""
        return self.codes.parameters[DEBT_PARAMETER].value

    @property
    def fee_vnd(self) -> int:
        """The customs fee of one declaration, whole đồng."""
        return self.codes.parameters[FEE_PARAMETER].value


class Judgement(Struct, frozen=True):
    """What was decided about one declaration that has no findings."""

    assessment: Assessment
    facts: Facts
    decision: Decision
    pass_facts: PassFacts
    conditions: tuple[Condition, ...]
    states: tuple[State, ...]
    fee_vnd: int
    ruled: tuple[RuledLine, ...] = ()
    """What advance rulings of the trader say of its lines."""


def judge(
    declared: Declaration,
    day: DayBook,
    registered_at: datetime,
    level: int,
    draw: int,
    ruled: tuple[RuledLine, ...] = (),
) -> Judgement | tuple[Finding, ...]:
    """Return the judgement on a declaration registered at this instant, or all its findings.

    `ruled` is what advance rulings said of its lines then: a code that is as ruled is no matter of criteria about classification, and goods that name a
    ruling that does not hold for them are looked at. `level` is the trader's compliance level (1..5) and `draw` the recorded random number (0..9,999) at that instant. The tax is taken as not
    secured; `with_tax_secured` judges again what depends on that, once it is known.
    """
    findings = declaration_rules.check(declared, day.codes, day.tariff.entries, day.on)
    findings += securing.key_findings(declared)
    if findings and not all(item.commodity_code in day.tariff.entries for item in declared.items):
        return findings
    try:
        of_kind = day.treatments.get(declared.kind_code)
        assessment = tax_rules.assess(declared, day.tariff, day.codes.exchange_rates_e4, of_kind)
    except AmountOverflow:
        return (*findings, _TOO_LARGE)
    if findings or assessment.findings:
        return declaration_rules.located((*findings, *assessment.findings, *_licence_findings(declared, day)))
    controlled, quota, regimes = _controlled(declared, day)
    if quota and (findings := _licence_findings(declared, day)):
        return declaration_rules.located(findings)
    facts = _facts(declared, assessment, level, controlled, settled_lines(ruled) if ruled else ())
    decision = risk_rules.decide(facts, day.criteria, draw, day.shares)
    pass_facts = PassFacts(
        is_export=declared.is_export,
        channel=int(decision.channel),
        payable_vnd=assessment.payable_vnd,
        registered_at=registered_at,
        payment_timing_code=declared.payment_timing_code,
        missing=tuple(f"{each.line_no}: {each.kind.name} ({each.reason})" for each in assessment.missing),
        controlled=regimes,
        arrival_on=declared.arrival_on,
        release_code=declared.release_request_code,
    )
    parties = day.tariff.schedule_members
    if not parties.keys().isdisjoint(facts.tariff_schedule_codes):
        pass_facts = replace(pass_facts, consigned_otherwise=consigned_otherwise(declared, parties))
    if ruled:
        pass_facts = replace(pass_facts, ruling_doubts=doubts(ruled))
    if declared.particulars.incomplete_code:
        pass_facts = _incomplete(pass_facts, declared, day.on)
    return Judgement(assessment, facts, decision, pass_facts, *_opened(pass_facts, day), day.fee_vnd, ruled)


def _licence_findings(declared: Declaration, day: DayBook) -> tuple[Finding, ...]:
    return quotas.licence_findings(declared, day.tariff, day.codes, day.treatments)


def _incomplete(pass_facts: PassFacts, declared: Declaration, on: date) -> PassFacts:
    """Return the facts with the ground on which a declaration is incomplete, its law, and the names of what it leaves out."""
    code = declared.particulars.incomplete_code
    ground = completing.ground_of(code, on)
    told = ": ".join(filter(None, (code, ", ".join(completing.left_out(declared, on)))))
    return replace(pass_facts, incomplete=told, incomplete_law=ground.law if ground else "")


def with_tax_secured(judged: Judgement, day: DayBook) -> Judgement:
    """Return the judgement on the same declaration when the pass itself has secured its tax: nobody's payment is awaited."""
    pass_facts = replace(judged.pass_facts, tax_secured=True)
    conditions, states = _opened(pass_facts, day)
    return replace(judged, pass_facts=pass_facts, conditions=conditions, states=states)


def _opened(pass_facts: PassFacts, day: DayBook) -> tuple[tuple[Condition, ...], tuple[State, ...]]:
    conditions = open_conditions(pass_facts, day.conditions)
    return conditions, path(State.DRAFT, pass_facts.channel, [condition.kind for condition in conditions])


_OPENS = {
    "permit": ConditionKind.PERMIT,
    "prohibition": ConditionKind.PERMIT,
    "inspection": ConditionKind.SPECIALISED_INSPECTION,
}


def _controlled(declared: Declaration, day: DayBook) -> tuple[bool, bool, tuple[ControlledGoods, ...]]:
    """Return whether some line needs a permit, quota or inspection, whether there is a quota on one, and the regimes that open a condition, each with its lines.

    The lists name goods on import; for exports they only raise the channel, so that an officer looks (inferred).
    """
    entries = day.tariff.entries
    quota = False
    lines: dict[int, list[int]] = {}
    for item in declared.items:
        entry = entries[item.commodity_code]
        quota = quota or entry.quota
        for control_id in entry.controls:
            lines.setdefault(control_id, []).append(item.line_no)
    if not lines:
        return quota, quota, ()
    if declared.is_export:
        return True, quota, ()
    grouped: dict[tuple[ConditionKind, str, str, str], list[int]] = {}
    for control_id, line_nos in lines.items():
        control = day.tariff.controls[control_id]
        regime = (_OPENS[control.effect], control.type_code, control.instrument, control.agency)
        grouped.setdefault(regime, []).extend(line_nos)
    return (
        True,
        quota,
        tuple(
            ControlledGoods(kind, code, law, tuple(sorted(set(line_nos))), agency)
            for (kind, code, law, agency), line_nos in grouped.items()
        ),
    )


def _facts(
    declared: Declaration, assessment: Assessment, level: int, controlled: bool, settled: tuple[int, ...]
) -> Facts:
    items = declared.items
    return Facts(
        kind_code=declared.kind_code,
        is_export=declared.is_export,
        trader_code=declared.trader_code,
        trader_level=level,
        customs_office_code=declared.customs_office_code,
        transport_mode_code=declared.transport_mode_code,
        counterparty_country_code=declared.counterparty_country_code,
        commodity_codes=tuple([item.commodity_code for item in items]),
        origin_country_codes=tuple([item.origin_country_code for item in items]),
        tariff_schedule_codes=tuple([item.tariff_schedule_code for item in items]),
        customs_value_vnd=assessment.customs_value_vnd_e4 // 10_000,
        payable_vnd=assessment.payable_vnd,
        line_count=len(items),
        controlled=controlled,
        rate_missing=bool(assessment.missing),
        ruled_places=tuple([place for place, item in enumerate(items) if item.line_no in settled]) if settled else (),
    )
