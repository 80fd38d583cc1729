"""The law of the tariff: how a printed cell reads, what it means in its column, and the tariff of one day put together."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from sys import intern
from typing import Any

from msgspec.structs import replace

from haidang.reference.rules import stands
from haidang.reference.terms import CodeValue
from haidang.tariff.terms import (
    CHAPTER_98,
    MFN,
    OUT_OF_QUOTA,
    Charge,
    Column,
    CommodityCode,
    Control,
    ControlledCode,
    Coverage,
    Measure,
    PrintedRate,
    Rate,
    RateAlternative,
    RateNotUnderstood,
    RateStep,
    ScheduleNotUnderstood,
    ScheduleSource,
    TariffEntry,
    TariffOfDay,
    VatCode,
    VatOption,
)

_NUMBER = r"[0-9]{1,4}(?:[.,][0-9]{1,2})?"
_LATER = re.compile(
    rf"(?P<now>{_NUMBER})\s*%\.\s*Từ ngày (?P<d>[0-9]{{2}})/(?P<m>[0-9]{{2}})/(?P<y>[0-9]{{4}}) áp dụng mức thuế suất (?P<then>{_NUMBER})\s*%\.?"
)
_ALTERNATIVE = re.compile(
    rf"(?P<rate>{_NUMBER}|\*|Q)"
    r"(?:\s*\(-(?P<excluded>[A-Z]{2}(?:\s*,\s*[A-Z]{2})*)\s*,?\s*\))?"
    rf"(?:\s*\(NHN:\s*(?P<outside>{_NUMBER})\))?"
    r"(?P<notes>(?:\s*\([A-Z]{3}\))*)"
)
_COUNTRY = re.compile(rf"(?P<mark>[A-Z]{{1,2}}):\s*(?P<rates>{_NUMBER}(?:/{_NUMBER})*)")
COUNTRY_MARKS = {"M": "MX"}
"""Letters that a column prints for a member with a rate of its own: CPTPP prints `M` for Mexico."""

ASKS = frozenset({"permit", "inspection", "prohibition"})
"""Effects of a control that open a condition on a declaration; the others limit where or under which regime goods move."""


@lru_cache(maxsize=8192)
def parse_rate(text: str) -> PrintedRate:
    """Read one printed rate cell exactly; rates come back in basis points.

    Shapes: `20`; `75,9` and `52.5` (both decimal signs); `10/8` (several, printed order kept, equal ones once); `*`; `Q`; `0 (-KH, LA)`;
    `0(-MM)(GIC)`; `15; M: 20`; `50 (NHN: 80)`; `5%. Từ ngày 01/01/2027 áp dụng mức thuế suất 10%.`; empty.

    Raises:
        RateNotUnderstood: any other text.
    """
    stripped = text.strip()
    if not stripped:
        return PrintedRate(text)
    if later := _LATER.fullmatch(stripped):
        try:
            changes_on = date(int(later["y"]), int(later["m"]), int(later["d"]))
        except ValueError:
            raise RateNotUnderstood(text) from None
        now, then = RateAlternative(_basis_points(later["now"])), RateAlternative(_basis_points(later["then"]))
        return PrintedRate(text, (RateStep(None, (now,)), RateStep(changes_on, (then,))))
    general, *of_countries = re.split(r"\s*;\s*", stripped)
    own = _country_rates(text, of_countries)
    parts = general.split("/")
    if any(len(rates) != len(parts) for rates in own.values()):
        raise RateNotUnderstood(text)
    read = (
        _alternative(text, part, {country: rates[place] for country, rates in own.items()})
        for place, part in enumerate(parts)
    )
    return PrintedRate(text, (RateStep(None, _once(read)),))


def _alternative(text: str, part: str, country_rates_bp: Mapping[str, int]) -> RateAlternative:
    match = _ALTERNATIVE.fullmatch(part.strip())
    if match is None:
        raise RateNotUnderstood(text)
    plain = match["rate"] not in ("*", "Q")
    return RateAlternative(
        rate_bp=_basis_points(match["rate"]) if plain else None,
        excluded_countries=frozenset(re.findall(r"[A-Z]{2}", match["excluded"] or "")),
        country_rates_bp=country_rates_bp,
        outside_quota_bp=_basis_points(match["outside"]) if match["outside"] else None,
        quota_only=match["rate"] == "Q",
        notes=tuple(re.findall(r"[A-Z]{3}", match["notes"])),
    )


def _country_rates(text: str, parts: Iterable[str]) -> dict[str, tuple[int, ...]]:
    own: dict[str, tuple[int, ...]] = {}
    for part in parts:
        match = _COUNTRY.fullmatch(part.strip())
        country = COUNTRY_MARKS.get(match["mark"], match["mark"]) if match else ""
        if match is None or len(country) != 2 or country in own:
            raise RateNotUnderstood(text)
        own[country] = tuple(_basis_points(rate) for rate in match["rates"].split("/"))
    return own


def _once(alternatives: Iterable[RateAlternative]) -> tuple[RateAlternative, ...]:
    kept: list[RateAlternative] = []
    for alternative in alternatives:
        if alternative not in kept:
            kept.append(alternative)
    return tuple(kept)


def _basis_points(number: str) -> int:
    whole, _, fraction = number.replace(",", ".").partition(".")
    return int(whole) * 100 + int(fraction.ljust(2, "0") if fraction else 0)


def measures_of_cell(
    column: Column, commodity_code: str, text: str, source: ScheduleSource, vat_codes: Iterable[VatCode]
) -> list[Measure]:
    """Return the measures that one printed cell makes, not yet numbered (`measure_id` 0).

    A cell with several rates makes one measure for each; a rate beyond the quota makes one under `B14` (`B14:B03` and so on for columns other than
    MFN); a VAT rate makes one for each VAT code of that rate, within the validity of the code. An empty cell makes none, unless the column
    says that its schedule is complete (`not_listed`: 0 %).

    Raises:
        RateNotUnderstood: the cell cannot be read, or no VAT code stands for its rate.
    """
    printed = parse_rate(text)
    if not printed.steps:
        return [_measure(column, commodity_code, text, source, status="not_listed", rate_bp=0)] if column.empty else []
    made: list[Measure] = []
    ends = [step.valid_from for step in printed.steps[1:]] + [source.valid_until]
    for step, until in zip(printed.steps, ends, strict=True):
        for place, alternative in enumerate(step.alternatives):
            period = (step.valid_from or source.valid_from, until)
            if column.kind == "vat":
                made += _vat_measures(column, commodity_code, text, source, period, place, alternative, vat_codes)
            else:
                made += _rate_measures(column, commodity_code, text, source, period, place, alternative)
    return made


def _rate_measures(
    column: Column,
    commodity_code: str,
    text: str,
    source: ScheduleSource,
    period: tuple[date, date | None],
    place: int,
    alternative: RateAlternative,
) -> Iterable[Measure]:
    schedule = column.schedule
    if column.chapter_98_schedule and commodity_code.startswith("98"):
        schedule = column.chapter_98_schedule
    status = "rate" if alternative.rate_bp is not None else "quota" if alternative.quota_only else "withheld"
    shared: dict[str, Any] = {
        "alternative": place,
        "excluded_countries": tuple(sorted(alternative.excluded_countries)),
        "country_rates_bp": dict(sorted(alternative.country_rates_bp.items())),
        "notes": " ".join(alternative.notes),
        "period": period,
    }
    yield _measure(
        column, commodity_code, text, source, option_code=schedule, status=status, rate_bp=alternative.rate_bp, **shared
    )
    if alternative.outside_quota_bp is not None:
        outside = OUT_OF_QUOTA if schedule == MFN else f"{OUT_OF_QUOTA}:{schedule}"
        shared |= {"option_code": outside, "status": "rate", "rate_bp": alternative.outside_quota_bp}
        yield _measure(column, commodity_code, text, source, **shared)


def _vat_measures(
    column: Column,
    commodity_code: str,
    text: str,
    source: ScheduleSource,
    period: tuple[date, date | None],
    place: int,
    alternative: RateAlternative,
    vat_codes: Iterable[VatCode],
) -> Iterable[Measure]:
    named = [vat for vat in vat_codes if vat.rate_bp == alternative.rate_bp]
    if not named or alternative.quota_only:
        raise RateNotUnderstood(text)
    for vat in named:
        since = max(period[0], vat.valid_from)
        until = min((day for day in (period[1], vat.valid_until) if day), default=None)
        if until is None or since < until:
            yield _measure(
                column,
                commodity_code,
                text,
                source,
                option_code=vat.code,
                alternative=place,
                status="rate" if vat.rate_bp is not None else "not_subject",
                rate_bp=vat.rate_bp,
                period=(since, until),
                sample=vat.sample or source.sample,
            )


def _measure(
    column: Column,
    commodity_code: str,
    text: str,
    source: ScheduleSource,
    *,
    period: tuple[date, date | None] | None = None,
    **fields: Any,
) -> Measure:
    since, until = period or (source.valid_from, source.valid_until)
    fields.setdefault("option_code", column.schedule)
    fields.setdefault("sample", source.sample)
    return Measure(
        measure_id=0,
        commodity_code=commodity_code,
        kind=column.kind,
        printed=text,
        valid_from=since,
        valid_until=until,
        schedule=source.name,
        instrument=source.instrument,
        verified=source.verified,
        **fields,
    )


LINES = "tariff_lines"
"""The schedule of measures that tariff lines make."""
FIRST_OF_A_LINE = 1_000
"""Rates of a tariff line are numbered from here: they stand beside those of the schedules, never in their place, so that both can be read."""


def family(measure: Measure) -> tuple[str, str, str]:
    """Return what a tariff line speaks of: code, kind, and of duties the tariff schedule."""
    return measure.commodity_code, measure.kind, measure.option_code if measure.kind == "duty" else ""


def prevailing(measures: Iterable[Measure]) -> list[Measure]:
    """Return those of one day's measures that count: where a tariff line speaks, what the schedules print does not."""
    standing = list(measures)
    spoken = {family(each) for each in standing if each.schedule == LINES}
    if not spoken:
        return standing
    return [each for each in standing if each.schedule == LINES or family(each) not in spoken]


def measure_key(measure: Measure) -> tuple[str, str, str, int]:
    """Return what may have one measure only on any day: code, kind, option, alternative."""
    return measure.commodity_code, measure.kind, measure.option_code, measure.alternative


def numbered(measures: Iterable[Measure], first: int = 1) -> tuple[Measure, ...]:
    """Sort measures by key and start, and number them from `first` on: the same rows always get the same numbers.

    Raises:
        ScheduleNotUnderstood: two measures of one key overlap in time.
    """
    ordered = sorted(measures, key=lambda row: (measure_key(row), row.valid_from))
    for before, after in pairwise(ordered):
        overlap = before.valid_until is None or after.valid_from < before.valid_until
        if overlap and measure_key(before) == measure_key(after):
            raise ScheduleNotUnderstood(f"{before.schedule} and {after.schedule} both say {measure_key(after)}")
    return tuple(replace(row, measure_id=number) for number, row in enumerate(ordered, first))


def control_key(control: Control) -> tuple[str, str, str, str]:
    """Return what makes a control one and the same: type, agency, instrument, list."""
    return control.type_code, control.agency, control.instrument, control.list_no


class _Parts:
    """One code's measures while they are gathered; a cell of several rates has a list longer than one, a `*` is None in it."""

    __slots__ = ("charges", "duties", "export", "quota", "quota_only", "vat")

    def __init__(self) -> None:
        self.duties: dict[str, list[Rate | None]] = {}
        self.export: list[Rate | None] = []
        self.vat: list[tuple[int, VatOption]] = []
        self.charges: dict[str, list[Charge]] = {}
        self.quota = False
        self.quota_only: list[str] = []

    def add(self, measure: Measure) -> None:
        kind = measure.kind
        if kind == "duty":
            self.quota = self.quota or measure.status == "quota" or measure.option_code.startswith(OUT_OF_QUOTA)
            if measure.status == "quota":
                self.quota_only.append(measure.option_code)
            else:
                self.duties.setdefault(intern(measure.option_code), []).append(_rate(measure))
        elif kind == "vat":
            option = VatOption(intern(measure.option_code), measure.rate_bp, measure.measure_id)
            self.vat.append((measure.alternative, option))
        elif kind == "export":
            self.export.append(_rate(measure))
        else:
            charge = Charge(
                measure.tax_code, _rate(measure), measure.measure_id, _countries(measure.origins), measure.partly, measure.producer,
                intern(measure.option_code),
            )  # fmt: skip
            self.charges.setdefault(kind, []).append(charge)

    def entry(self, code: CommodityCode, controls: tuple[int, ...]) -> TariffEntry:
        duties, several, withheld = {}, {}, []
        for schedule, rates in self.duties.items():
            if len(rates) > 1:
                several[schedule] = tuple(rate for rate in rates if rate)
            elif rates[0]:
                duties[schedule] = rates[0]
            else:
                withheld.append(schedule)
        if len(self.export) > 1:
            several["export"] = tuple(rate for rate in self.export if rate)
        return TariffEntry(
            commodity_code=code.commodity_code,
            unit_codes=code.unit_codes,
            duties=duties,
            export_duty=self.export[0] if len(self.export) == 1 else None,
            vat=tuple(option for _, option in sorted(self.vat, key=lambda placed: placed[0])),
            special_consumption=tuple(self.charges.get("special_consumption", ())),
            environment=tuple(self.charges.get("environment", ())),
            trade_remedies=tuple(self.charges.get("trade_remedy", ())),
            controls=controls,
            quota=self.quota,
            withheld=_countries(tuple(sorted(withheld))),
            several=several,
            quota_only=_countries(tuple(sorted(self.quota_only))),
        )


def tariff_of_day(
    on: date,
    codes: Iterable[CommodityCode],
    measures: Iterable[Measure],
    controls: Iterable[Control],
    controlled: Iterable[ControlledCode],
    schedule_members: Mapping[str, frozenset[str]],
) -> TariffOfDay:
    """Put together the tariff of one Vietnamese calendar day from rows of any days; what is not in force that day is left out.

    Every code in force has an entry, also one without any rate. A measure on a code that is not in force does nothing.
    """
    in_force = {code.commodity_code: code for code in codes if code.in_force(on)}
    parts = {hs8: _Parts() for hs8 in in_force}
    counted = unverified = samples = 0
    for measure in prevailing(each for each in measures if each.in_force(on) and each.commodity_code in parts):
        parts[measure.commodity_code].add(measure)
        counted += 1
        unverified += not measure.verified
        samples += measure.sample
    by_id = {control.control_id: control for control in controls}
    asked: dict[str, set[int]] = {}
    for row in controlled:
        if row.in_force(on) and by_id[row.control_id].effect in ASKS:
            asked.setdefault(row.commodity_code, set()).add(row.control_id)
    return TariffOfDay(
        on=on,
        entries={hs8: parts[hs8].entry(code, tuple(sorted(asked.get(hs8, ())))) for hs8, code in in_force.items()},
        schedule_members=schedule_members,
        controls=by_id,
        measure_count=counted,
        unverified_count=unverified,
        sample_count=samples,
    )


def schedule_members(schedules: Iterable[CodeValue], on: date) -> dict[str, frozenset[str]]:
    """Return the parties of each tariff schedule in force, from attribute `members`; a schedule without the attribute is open to all origins."""
    return {
        value.code: frozenset(value.attributes["members"].replace(";", " ").split())
        for value in schedules
        if "members" in value.attributes and stands(value, on)
    }


def coverage(tariff: TariffOfDay) -> Coverage:
    """Count what a tariff of the day covers, for `lawbook check` and for whoever decides what to verify next."""
    entries = tariff.entries.values()
    return Coverage(
        codes=len(tariff.entries),
        priced=sum(MFN in entry.duties or CHAPTER_98 in entry.duties for entry in entries),
        several_vat=sum(len(entry.vat) > 1 for entry in entries),
        several_duty=sum(bool(entry.several) for entry in entries),
        without_rate=sum(not (entry.duties or entry.several) for entry in entries),
        without_vat=sum(not entry.vat for entry in entries),
        export_unknown=sum(entry.export_duty is None for entry in entries),
        with_charge_without_amount=sum(
            any(charge.rate is None for charge in entry.special_consumption + entry.environment + entry.trade_remedies)
            for entry in entries
        ),
        with_control=sum(bool(entry.controls) for entry in entries),
        measures=tariff.measure_count,
        unverified=tariff.unverified_count,
        samples=tariff.sample_count,
    )


_NO_COUNTRIES: frozenset[str] = frozenset()
_NO_RATES: Mapping[str, int] = {}


@lru_cache(maxsize=4096)
def _countries(codes: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(intern, codes)) if codes else _NO_COUNTRIES


def _rate(measure: Measure) -> Rate | None:
    if measure.rate_bp is None and not measure.specific_e4:
        return None
    return Rate(
        measure.measure_id,
        measure.rate_bp or 0,
        measure.specific_e4,
        measure.currency_code,
        measure.unit_code,
        _countries(measure.excluded_countries),
        measure.country_rates_bp or _NO_RATES,
    )
