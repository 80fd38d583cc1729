"""Tariff lines: rates of single codes that an instrument gives ahead of the schedules as issued. What they mean, and the named rules that they are held against."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from haidang.reference.rules import Change, Group, rate_said
from haidang.reference.rules.checking import Rule
from haidang.reference.terms import SAMPLE, CodeValue, Problem, TariffLine
from haidang.tariff.rules import FIRST_OF_A_LINE, LINES, family, measures_of_cell, parse_rate
from haidang.tariff.terms import (
    MFN,
    Column,
    CommodityCode,
    Measure,
    RateNotUnderstood,
    ScheduleSource,
    VatCode,
)

VAT, EXPORT = "vat", "export"
LINE_RULES: Mapping[str, Rule] = {
    "line_code_unknown": Rule(
        "danh mục hàng hóa không có mã {code} vào ngày {on}", "{code} is no code of the nomenclature on {on}",
        "Sửa mã hàng (8 chữ số), hoặc ngày bắt đầu.", "Correct the commodity code (8 digits) or the first day.",
    ),
    "line_schedule_unknown": Rule(
        "không có biểu thuế {schedule}", "there is no schedule {schedule}",
        "Ghi một mã của danh mục tariff_schedule (ví dụ B01), export hoặc vat.", "Give a code of the list tariff_schedule (for example B01), export or vat.",
    ),
    "line_rate_unknown": Rule(
        "chưa ai dạy cách đọc thuế suất {text!r}", "nobody has taught the book to read the rate {text!r}",
        "Viết theo một dạng trong docs/tariff.md.", "Write it in one of the shapes of docs/tariff.md.",
    ),
    "line_says_nothing": Rule(
        "không có thuế suất", "gives no rate",
        "Ghi rate (* nếu không còn được hưởng), hoặc specific cùng currency và unit.", "Give rate (* where there is none any more), or specific with currency and unit.",
    ),
    "line_specific_of_vat": Rule(
        "thuế tuyệt đối không đi với vat", "a specific rate does not go with vat",
        "Bỏ specific, currency và unit.", "Leave out specific, currency and unit.",
    ),
    "line_specific_incomplete": Rule(
        "thuế tuyệt đối cần cả specific, currency và unit", "a specific rate needs specific, currency and unit",
        "Ghi đủ ba ô, hoặc để trống cả ba.", "Fill in all three, or none.",
    ),
    "line_unit_unknown": Rule(
        "đơn vị tính {unit} không có trong danh mục unit", "unit {unit} is not in the list unit",
        "Dùng một mã của codes/unit.csv.", "Use a code of codes/unit.csv.",
    ),
    "line_currency_unknown": Rule(
        "đồng tiền {currency} không có trong danh mục currency", "currency {currency} is not in the list currency",
        "Dùng một mã của codes/currency.csv.", "Use a code of codes/currency.csv.",
    ),
    "line_leaves_gap": Rule(
        "{schedule} của {code}: không có thuế suất từ {until}", "{schedule} of {code}: no rate from {until}",
        "Kéo dài dòng này, hoặc thêm dòng tiếp theo từ ngày đó.", "Let the line last longer, or add the one that follows on that day.",
    ),
}  # fmt: skip
"""Every rule of tariff lines by name. That a line stands twice, overlaps, ends before it begins, or cites an unknown instrument is told by the rules of the book."""

_KEPT_SCHEDULES = (EXPORT, VAT)


class Nomenclature(Struct, frozen=True):
    """What lines are held against: the codes that lines name, with their measures as issued, and the lists they are read with."""

    codes: tuple[CommodityCode, ...]
    measures: tuple[Measure, ...]
    schedules: frozenset[str]
    units: frozenset[str]
    currencies: frozenset[str]
    vat: tuple[VatCode, ...]


def vat_codes(values: Iterable[CodeValue]) -> tuple[VatCode, ...]:
    """Return the VAT codes that a declarant may print on the line."""
    return tuple(
        VatCode(
            code=value.code,
            rate_bp=int(value.attributes["rate_bp"]) if "rate_bp" in value.attributes else None,
            valid_from=value.valid_from,
            valid_until=value.valid_until,
            sample=value.sample,
        )
        for value in values
    )


def measures_of_line(line: TariffLine, vat: Iterable[VatCode]) -> list[Measure]:
    """Return the measures that one line makes, not yet numbered (`measure_id` 0); they stand ahead of those of the schedules.

    Raises:
        RateNotUnderstood: the rate cannot be read, or no VAT code stands for it.
    """
    kind = line.schedule_code if line.schedule_code in _KEPT_SCHEDULES else "duty"
    source = ScheduleSource(
        name=LINES,
        instrument=line.citation.instrument,
        title="",
        valid_from=line.valid_from,
        valid_until=line.valid_until,
        verified=line.citation.verified,
        sample=line.citation.instrument == SAMPLE,
    )
    column = Column(LINES, kind, schedule=line.schedule_code if kind == "duty" else "")
    made = measures_of_cell(column, line.commodity_code, line.rate or "0", source, vat)
    specific = {"specific_e4": line.specific_e4, "currency_code": line.currency_code, "unit_code": line.unit_code}
    own = specific | {"printed": rate_said(line)} if line.specific_e4 else {}
    return [replace(each, alternative=FIRST_OF_A_LINE + each.alternative, **own) for each in made]


def problems_of_lines(lines: Sequence[TariffLine], against: Nomenclature) -> Iterator[Problem]:
    """Yield every rule that a line breaks; a line whose own cells are right is also held against what stands before and after it."""
    sound: list[TariffLine] = []
    for line in lines:
        found = list(_of_cells(line, against))
        yield from found
        if not found:
            sound.append(line)
    made = [each for line in sound for each in measures_of_line(line, against.vat)]
    for line in sound:
        if line.valid_until is not None and _is_silent(line, line.valid_until, [*made, *against.measures]):
            facts = {"schedule": line.schedule_code, "code": line.commodity_code, "until": line.valid_until}
            yield _broken("line_leaves_gap", line, **facts)


def effects(lines: Iterable[TariffLine], standing: Iterable[Measure]) -> tuple[Change, ...]:
    """Return for each line what is printed for its code and schedule the day it begins without it, and with it; `standing` are all other measures."""
    printed: dict[tuple[str, str, str], list[Measure]] = {}
    for measure in standing:
        printed.setdefault(family(measure), []).append(measure)
    return tuple(
        Change(
            Group.TARIFF,
            f"{line.commodity_code} {line.schedule_code}",
            line.valid_from.isoformat(),
            _printed_on(printed.get(_family_of(line), []), line.valid_from),
            rate_said(line),
        )
        for line in lines
    )


def _printed_on(measures: Iterable[Measure], on: date) -> str:
    standing = [each for each in measures if each.in_force(on)]
    ahead = [each for each in standing if each.schedule == LINES]
    return " or ".join(sorted({f"{each.printed or each.status} ({each.instrument})" for each in ahead or standing}))


def _of_cells(line: TariffLine, against: Nomenclature) -> Iterator[Problem]:
    if not any(code.commodity_code == line.commodity_code and code.in_force(line.valid_from) for code in against.codes):
        yield _broken("line_code_unknown", line, code=line.commodity_code, on=line.valid_from)
    if line.schedule_code not in _KEPT_SCHEDULES and line.schedule_code not in against.schedules:
        yield _broken("line_schedule_unknown", line, schedule=line.schedule_code)
    if not line.rate and not line.specific_e4:
        yield _broken("line_says_nothing", line)
    try:
        parse_rate(line.rate)
        measures_of_line(line, against.vat)
    except RateNotUnderstood:
        yield _broken("line_rate_unknown", line, text=line.rate)
    specific = (bool(line.specific_e4), bool(line.currency_code), bool(line.unit_code))
    if any(specific) and not all(specific):
        yield _broken("line_specific_incomplete", line)
    if line.specific_e4 and line.schedule_code == VAT:
        yield _broken("line_specific_of_vat", line)
    if line.unit_code and line.unit_code not in against.units:
        yield _broken("line_unit_unknown", line, unit=line.unit_code)
    if line.currency_code and line.currency_code not in against.currencies:
        yield _broken("line_currency_unknown", line, currency=line.currency_code)


def _is_silent(line: TariffLine, on: date, measures: Iterable[Measure]) -> bool:
    """Tell whether no rate follows a line: of MFN at all, of other schedules when one comes back later."""
    of_line = [each for each in measures if family(each) == _family_of(line)]
    if any(each.in_force(on) for each in of_line):
        return False
    return line.schedule_code == MFN or any(each.valid_from > on for each in of_line)


def _family_of(line: TariffLine) -> tuple[str, str, str]:
    if line.schedule_code in _KEPT_SCHEDULES:
        return line.commodity_code, line.schedule_code, ""
    return line.commodity_code, "duty", line.schedule_code


def _broken(rule: str, line: TariffLine, **facts: object) -> Problem:
    named = LINE_RULES[rule]
    key = (line.commodity_code, line.schedule_code, line.valid_from.isoformat())
    what = " ".join(key)
    return Problem(
        rule=rule,
        table=LINES,
        key=key,
        text_vi=f"{what}: {named.text_vi.format(**facts)}",
        text_en=f"{what}: {named.text_en.format(**facts)}",
        repair_vi=named.repair_vi,
        repair_en=named.repair_en,
    )
