"""Taxes are what their traces give, totals the sums of their lines, and what is booked is what stands assessed."""

from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.declarations.lookups import DeclarationRows, VersionRows
from haidang.ledger.rules import assessed_vnd, balance_of, interest_vnd, overpaid_account, paid_vnd, standing
from haidang.site.verifying_report import Report
from haidang.site.verifying_stored import Stored
from haidang.taxes.rules import recompute
from haidang.taxes.terms import TaxKind

_TAX_COLUMN = {
    TaxKind.IMPORT_DUTY: "import_duty_vnd",
    TaxKind.TRADE_REMEDY: "trade_remedy_vnd",
    TaxKind.SPECIAL_CONSUMPTION: "special_consumption_vnd",
    TaxKind.ENVIRONMENT: "environment_vnd",
    TaxKind.VALUE_ADDED: "value_added_vnd",
    TaxKind.EXPORT_DUTY: "export_duty_vnd",
}


def check_money(case: Stored, report: Report) -> None:
    """Taxes of every version, and what the ledger holds."""
    versions: list[DeclarationRows | VersionRows] = [case.declared, *case.declared.versions]
    for version in versions:
        _check_taxes(case, version, report)
    _check_ledger(case, report)


def _check_taxes(case: Stored, version: DeclarationRows | VersionRows, report: Report) -> None:
    """Every tax is what its trace gives, every total the sum of its lines, at the registration and at each amendment."""
    sums = dict.fromkeys(_TAX_COLUMN, 0)
    for line_no, tax in declarations.taxes_of(version):
        report.taxes += 1
        if recompute(tax) != tax.amount_vnd_e4:
            report.add(
                "money", case.subject, f"line {line_no}: {tax.kind.name} is {tax.amount_vnd_e4}, not {recompute(tax)}"
            )
        sums[tax.kind] += tax.amount_vnd_e4
    for kind, column in _TAX_COLUMN.items():
        total = (2 * sums[kind] + 10_000) // 20_000
        if total != version.fact(column):
            report.add("money", case.subject, f"{column} is {version.fact(column)}, the lines give {total}")


def _check_ledger(case: Stored, report: Report) -> None:
    """What is booked is what stands assessed: the last version's taxes, nothing once it is cancelled."""
    trader, transfers = case.declared.fact("trader_code"), case.booked.transfers
    report.transfers += len(transfers)
    by_kind = assessed_vnd(trader, transfers)
    stands = case.declared.state != State.CANCELLED
    totals: dict[int, int] = {
        kind: case.declared.now.fact(column) if stands else 0 for kind, column in _TAX_COLUMN.items()
    }
    if stands:
        declared_seq = case.declared.versions[-1].journal_seq if case.declared.versions else 0
        totals = standing(totals, trader, transfers, declared_seq)
    for kind, total in totals.items():
        if by_kind.get(kind, 0) != total:
            report.add("money", case.subject, f"{TaxKind(kind).name}: {by_kind.get(kind, 0)} booked, {total} assessed")
    interest, paid, obligation = interest_vnd(trader, transfers), paid_vnd(trader, transfers), case.booked.obligation
    if interest and not stands:
        report.add("money", case.subject, f"{interest} đ of interest booked on nothing")
    owed = sum(totals.values()) + interest
    if (obligation.assessed_vnd if obligation else 0) != owed:
        report.add("money", case.subject, f"the obligation is not the {owed} đ assessed")
    if obligation and obligation.outstanding_vnd != obligation.assessed_vnd - paid:
        report.add("money", case.subject, f"{obligation.outstanding_vnd} đ outstanding after {paid} đ paid")
    if balance_of(overpaid_account(trader), transfers) < 0:
        report.add("money", case.subject, "more was taken of what is overpaid than there is")
