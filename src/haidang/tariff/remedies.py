"""Trade remedies (thuế phòng vệ thương mại): the rows of `remedies.csv`, in which a decision names codes, origins and, where it does, producers.

An amount is ad valorem (`rate`), of a quantity (`specific` in `currency` per `unit`), or both. A decision that names producers gives each an amount of its own and
"all others" of the same origin another. A producer's row has a `tax_code`, by which a goods
line claims it; the row without a producer is that of all others. Pure.

What a decision says is data; each row cites its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
from haidang.tariff.rules import parse_rate
from haidang.tariff.terms import Measure, RateNotUnderstood, ScheduleNotUnderstood, ScheduleSource

Row = tuple[int, Mapping[str, str]]
Refusal = Callable[[int, str], ScheduleNotUnderstood]
"""Names file and line of a row and why it stops the book."""


def remedy_measures(
    rows: Iterable[Row], source_of: Callable[[str], ScheduleSource], refusal: Refusal
) -> Iterator[Measure]:
    """Yield a measure for each row, in their order; rows of one decision on one code are its alternatives.

    Raises:
        ScheduleNotUnderstood: a rate cannot be read; an amount lacks its currency or unit; a producer has no code or no amount; two rows are for one producer or one code; nothing is said of all
            others of an origin of which a producer is named.
    """
    of_decision: dict[tuple[str, str], list[Row]] = {}
    for line, row in rows:
        of_decision.setdefault((row["hs8"], row["decision"]), []).append((line, row))
    for (hs8, decision), its in of_decision.items():
        _refuse_contradictions(its, refusal)
        for place, (line, row) in enumerate(its):
            yield _measure(hs8, source_of(decision), place, line, row, refusal)


def _measure(
    hs8: str, source: ScheduleSource, place: int, line: int, row: Mapping[str, str], refusal: Refusal
) -> Measure:
    return Measure(
        measure_id=0,
        commodity_code=hs8,
        kind="trade_remedy",
        option_code=source.instrument,
        alternative=place,
        printed=row["remedy"],
        origins=tuple(row["origins"].split()),
        producer=row.get("producer", ""),
        tax_code=row.get("tax_code", ""),
        notes=f"{row['remedy']} {row['year']}".strip(),
        valid_from=source.valid_from,
        valid_until=source.valid_until,
        schedule=source.name,
        instrument=source.instrument,
        verified=source.verified,
        sample=source.sample,
        **_amount(line, row, refusal),
    )


def _amount(line: int, row: Mapping[str, str], refusal: Refusal) -> dict[str, Any]:
    """Return status, rate and specific amount of a row: ten-thousandths of the currency per one unit; of a row without either, that no amount is on file."""
    rate_bp = _rate_bp(line, row.get("rate", ""), refusal)
    said = tuple(row.get(name, "") for name in SPECIFIC)
    if not any(said):
        return {"status": "no_amount"} if rate_bp is None else {"status": "rate", "rate_bp": rate_bp}
    if not all(said):
        raise refusal(line, "a specific amount needs specific, currency and unit: fill in all three, or none")
    try:
        specific_e4 = parse_scaled(said[0], 4)
    except (NotAnAmount, AmountOverflow) as error:
        raise refusal(line, f"specific: {said[0]!r} is not an amount with at most four decimals") from error
    if not specific_e4:
        raise refusal(line, "specific: an amount of 0 is none: leave out specific, currency and unit")
    return {
        "status": "rate", "rate_bp": rate_bp or 0, "specific_e4": specific_e4, "currency_code": said[1], "unit_code": said[2],
    }  # fmt: skip


SPECIFIC = ("specific", "currency", "unit")
"""The columns of an amount for each unit of quantity, as in `tariff_lines.csv`."""


def _rate_bp(line: int, text: str, refusal: Refusal) -> int | None:
    """Return the one rate of a cell in basis points; None for an empty one."""
    try:
        steps = parse_rate(text).steps
    except RateNotUnderstood as error:
        raise refusal(line, f"rate: {error}") from error
    if not steps:
        return None
    (alternative, *more), *later = (step.alternatives for step in steps)
    plain = alternative.rate_bp is not None and not alternative.country_rates_bp and not alternative.excluded_countries
    if more or later or not plain:
        raise refusal(line, f"rate: {text!r} is not one rate: give each origin and each producer a row of its own")
    return alternative.rate_bp


def _refuse_contradictions(rows: list[Row], refusal: Refusal) -> None:
    seen: dict[tuple[str, str], int] = {}
    coded: dict[str, int] = {}
    others: set[str] = {each for _, row in rows if not row.get("producer") for each in _origins(row)}
    for line, row in rows:
        producer, code = row.get("producer", ""), row.get("tax_code", "")
        if bool(producer) != bool(code) or (producer and not (row.get("rate") or row.get("specific"))):
            raise refusal(
                line,
                "a producer has a tax_code and a rate or a specific amount, and all others have no tax_code: fill them in, or leave out producer and tax_code",
            )
        if code and code in coded:
            raise refusal(
                line, f"tax_code {code} is that of line {coded[code]} already: give the producer a code of its own"
            )
        coded.setdefault(code, line)
        for origin in _origins(row):
            for taken in (origin, "") if origin else {each for name, each in seen if name == producer} | {""}:
                if (producer, taken) in seen:
                    raise refusal(
                        line,
                        f"line {seen[producer, taken]} says the same of {producer or 'all others'}: leave one of the two",
                    )
        for origin in _origins(row):
            seen[producer, origin] = line
        if producer and "" not in others and not set(_origins(row)) <= others:
            raise refusal(
                line, f"nothing is said of all others than {producer}: add a row of that origin without a producer"
            )


def _origins(row: Mapping[str, str]) -> list[str]:
    """Return the origins of a row; one empty text for all of them."""
    return row["origins"].split() or [""]
