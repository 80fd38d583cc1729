"""What follows clearance: interest for late payment, penalty, and the difference that an amendment makes.

Rates and limits come in as arguments: they are dated parameters of the law book.
"""

from collections.abc import Mapping
from datetime import date

from haidang.kernel.money import BP, E6, NegativeAmount, divide_half_up, scale
from haidang.taxes.terms import Assessment, Recovery, TaxKind


def days_late(due_on: date, paid_on: date) -> int:
    """Return the days that bear interest: from the due date to the day before payment, 0 when paid by the due date.

    Under a guarantee the first day is the day of clearance.

    Law: 38/2019/QH14 Art. 59; under a guarantee 107/2016/QH13 Art. 9. From 1 July 2026 Law 108/2025/QH15, whose text was not seen (unverified).
    """
    return max(0, (paid_on - due_on).days)


def late_interest_vnd(amount_vnd: int, days: int, rate_e6_per_day: int) -> int:
    """Return the interest on an unpaid amount, whole đồng, half up once: amount × days × rate.

    `rate_e6_per_day` is in millionths a day: 300 is 0.03 %, or 3 basis points. The interest is simple, never on interest.

    Law: 38/2019/QH14 Art. 59 (0.03 % a day; unverified from 1 July 2026 on).

    Raises:
        NegativeAmount: an argument is below zero.
        AmountOverflow: the interest does not fit 64 bits.
    """
    if amount_vnd < 0 or days < 0 or rate_e6_per_day < 0:
        raise NegativeAmount("interest is computed on amounts, days and rates of zero or more")
    return divide_half_up(amount_vnd * days * rate_e6_per_day, E6)


def penalty_vnd(shortfall_vnd: int, rate_bp: int) -> int:
    """Return the penalty on tax declared short, whole đồng, half up: shortfall × rate (2,000 basis points are 20 %).

    Law: 128/2020/NĐ-CP, from 1 July 2026 169/2026/NĐ-CP; the rate is that of the day of the violation (unverified).

    Raises:
        NegativeAmount: an argument is below zero.
        AmountOverflow: the penalty does not fit 64 bits.
    """
    if shortfall_vnd < 0 or rate_bp < 0:
        raise NegativeAmount("a penalty is computed on a shortfall of zero or more")
    return scale(shortfall_vnd, rate_bp, per=BP)


def amendment_difference(before: Assessment, after: Assessment) -> tuple[tuple[TaxKind, int], ...]:
    """Return (kind, whole đồng) that an amendment adds (above zero) or gives back (below zero), for every tax on either side.

    Both sides are rounded totals: what was paid and what is owed are whole đồng, so their difference is exact.

    Law: 38/2015/TT-BTC Art. 20 (amended by 39/2018/TT-BTC): within 60 days of clearance no penalty, interest is due.
    """
    return totals_difference(dict(before.totals), dict(after.totals))


def totals_difference(before: Mapping[int, int], after: Mapping[int, int]) -> tuple[tuple[TaxKind, int], ...]:
    """Return the same from totals alone, whole đồng by kind of tax."""
    return tuple(
        (TaxKind(kind), after.get(kind, 0) - before.get(kind, 0)) for kind in sorted(after.keys() | before.keys())
    )


def recover_short_duty(
    duty_short_vnd: int, *, vat_rate_bp: int, days: int, interest_rate_e6_per_day: int, penalty_bp: int
) -> Recovery:
    """Return what an audit claims for import duty short-paid on an unchanged customs value.

    VAT is due on the duty shortfall only, because the VAT on the customs value itself was paid; interest and penalty are on duty and VAT together.

    Law: 38/2015/TT-BTC Art. 39 (duty enters the VAT base); 38/2019/QH14 Art. 59; 128/2020/NĐ-CP, then 169/2026/NĐ-CP (unverified).

    Raises:
        NegativeAmount: an argument is below zero.
        AmountOverflow: a result does not fit 64 bits.
    """
    if duty_short_vnd < 0 or vat_rate_bp < 0:
        raise NegativeAmount("duty is recovered on a shortfall of zero or more")
    vat_short_vnd = scale(duty_short_vnd, vat_rate_bp, per=BP)
    short_vnd = duty_short_vnd + vat_short_vnd
    return Recovery(
        taxes=((TaxKind.IMPORT_DUTY, duty_short_vnd), (TaxKind.VALUE_ADDED, vat_short_vnd)),
        interest_vnd=late_interest_vnd(short_vnd, days, interest_rate_e6_per_day),
        penalty_vnd=penalty_vnd(short_vnd, penalty_bp),
    )
