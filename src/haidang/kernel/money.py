"""Exact scaled integers: đồng, ten-thousandths of a đồng, basis points, thousandths of a unit.

No float ever holds an amount. A value that PostgreSQL's bigint cannot keep raises instead of wrapping.
"""

MAX_INT8 = 2**63 - 1

E4 = 10_000
"""Ten-thousandths in one đồng (and in one unit of a foreign currency)."""
E6 = 1_000_000
"""Millionths in one unit: prices per unit."""
MILLI = 1_000
"""Thousandths in one unit: quantities."""
BP = 10_000
"""Basis points in one whole (100 %)."""

_LONGEST = 40
"""Characters of a decimal."""
_POWERS = tuple(10**places for places in range(19))


class AmountOverflow(ArithmeticError):
    """An amount does not fit a signed 64-bit integer."""


class NegativeAmount(ValueError):
    """An amount, rate or quantity below zero reached a rule that knows none: a fault of ours, never an answer."""


class NotAnAmount(ValueError):
    """A text that is not a plain decimal number of the allowed size and precision."""


def fits(value: int) -> int:
    """Return `value` unchanged, or raise `AmountOverflow` when bigint cannot keep it."""
    if -MAX_INT8 - 1 <= value <= MAX_INT8:
        return value
    raise AmountOverflow(f"{value} does not fit a 64-bit integer")


def divide_half_up(numerator: int, denominator: int) -> int:
    """Divide two non-negative integers, halves going up (away from zero for a negative numerator).

    Integers here are unbounded, so products that pass 2**63 stay exact; the result is checked.
    """
    if numerator < 0:
        return -divide_half_up(-numerator, denominator)
    quotient = (2 * numerator + denominator) // (2 * denominator)
    if quotient > MAX_INT8:
        raise AmountOverflow(f"{quotient} does not fit a 64-bit integer")
    return quotient


def scale(value: int, rate: int, per: int) -> int:
    """Return value × rate ÷ per, half up: `scale(base_e4, rate_bp, per=BP)` is the tax on a base."""
    return divide_half_up(value * rate, per)


def whole_vnd(amount_e4: int) -> int:
    """Round ten-thousandths of a đồng to whole đồng, half up (parameter `rounding.total`, unverified).

    Raises:
        AmountOverflow: the ten-thousandths do not fit 64 bits.
    """
    if 0 <= amount_e4 <= MAX_INT8:
        return (amount_e4 + E4 // 2) // E4
    return divide_half_up(fits(amount_e4), E4)


def parse_scaled(text: str, places: int) -> int:
    """Read a plain decimal such as `12`, `0.5`, `1234.5678` as an integer of 10**-places units.

    Only ASCII digits with at most one point and at most `places` decimals are an amount; signs, exponents, grouping, full-width digits,
    `NaN` and `Infinity` are not.

    Raises:
        NotAnAmount: the text is none, or has more decimals than allowed.
        AmountOverflow: too large for 64 bits.
    """
    if len(text) <= _LONGEST and text.isascii():
        if text.isdigit():
            return fits(int(text) * _POWERS[places])
        whole, _, fraction = text.partition(".")
        missing = places - len(fraction)
        if missing >= 0 and whole.isdigit() and fraction.isdigit():
            return fits(int(whole + fraction) * _POWERS[missing])
    raise NotAnAmount(text[:_LONGEST])


def format_scaled(value: int, places: int) -> str:
    """Write a scaled integer as the shortest plain decimal: `format_scaled(125000, 4)` is `12.5`."""
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), 10**places)
    decimals = f"{fraction:0{places}d}".rstrip("0") if places else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"
