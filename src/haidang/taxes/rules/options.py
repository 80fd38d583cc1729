"""Every import duty that one goods line could bear, cheapest first, with the proof that each asks for."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from haidang.kernel.findings import Finding
from haidang.reference.terms import CodeValue
from haidang.tariff.terms import CHAPTER_98, MFN, ORDINARY, OUT_OF_QUOTA, Measure, Rate, TariffEntry
from haidang.taxes.rules.assessment import assess
from haidang.taxes.rules.receipts import source_of
from haidang.taxes.rules.value import customs_values
from haidang.taxes.terms import TaxableItem, TaxKind, Valuation
from haidang.taxes.terms.receipts import DutyOption, OptionState, PricingDay

_VND = "VND"
_GENERAL: Mapping[str, tuple[str, str]] = {
    MFN: ("Thuế suất ưu đãi (MFN)", "Preferential rate (most favoured nation)"),
    CHAPTER_98: ("Thuế suất ưu đãi tại Chương 98", "Preferential rate of chapter 98"),
    ORDINARY: ("Thuế suất thông thường", "Ordinary rate"),
    OUT_OF_QUOTA: ("Ngoài hạn ngạch thuế quan", "Outside the tariff quota"),
}
_MFN_PROOF = (
    "Khai xuất xứ thuộc nước có đối xử tối huệ quốc với Việt Nam (danh sách nước chưa có trong cơ sở dữ liệu)",
    "Origin declared in a country with most-favoured-nation treatment (the list of countries is not on file)",
)
_CHAPTER_98_PROOF = (
    "Hàng đáp ứng điều kiện của nhóm Chương 98 (điều kiện chưa có trong cơ sở dữ liệu)",
    "Goods meet the conditions of the chapter 98 heading (which are not on file)",
)
_NO_PROOF = ("Không cần chứng từ xuất xứ", "No proof of origin is needed")
_QUOTA_PROOF = ("giấy phép hạn ngạch thuế quan còn số dư", "a tariff quota permit with balance left")
_STATES: Mapping[OptionState, tuple[str, str]] = {
    OptionState.OPEN: ("Khai được", "Can be claimed"),
    OptionState.NO_SCHEDULE_CODE: (
        "Có thuế suất nhưng mã biểu thuế chưa có trong cơ sở dữ liệu: chưa khai được",
        "A rate is on file, but not the schedule code that claims it",
    ),
    OptionState.EXCLUDED: ("Nước xuất xứ bị loại trừ khỏi mức này", "The country of origin is excluded from this rate"),
    OptionState.WITHHELD: ("Hiệp định không dành ưu đãi cho mã hàng này", "The agreement gives this code nothing"),
    OptionState.QUOTA_ONLY: (
        "Chỉ có mức trong hạn ngạch của hiệp định, mức chưa có trong cơ sở dữ liệu",
        "A rate within a quota of the agreement only; it is not on file",
    ),
    OptionState.SEVERAL: ("Biểu thuế in nhiều mức cho mã này, tùy loại hàng", "Several rates are printed; which applies depends on the goods"),
    OptionState.NO_RATE: ("Chưa có thuế suất trong cơ sở dữ liệu", "No rate is on file"),
}  # fmt: skip


def duty_options(
    declared: Valuation,
    index: int,
    day: PricingDay,
    agreements: Mapping[str, CodeValue],
    measures: Mapping[int, Measure],
) -> tuple[DutyOption, ...]:
    """Return every import duty open to one line of an import, cheapest first, then those without a figure.

    MFN (or chapter 98), the ordinary rate, inside and outside a tariff quota, and each agreement of which the country of origin is a party. The line
    is taxed whole under each, so that options differ in duty and in what follows from it. A rate of an agreement above MFN is told so: nobody need
    claim it. `agreements` are the parties and forms of proof (code list `agreement`) in force that day.

    Law: 107/2016/QH13 Art. 5(3).

    Raises:
        IndexError: there is no such line.
    """
    item = declared.items[index]
    entry = day.tariff.entries.get(item.commodity_code)
    findings: list[Finding] = []
    values = customs_values(declared, day.exchange_rates_e4, findings)
    if entry is None or values is None or declared.is_export:
        return ()
    line = replace(
        item, line_no=1, declared_customs_value_e4=values[index], customs_value_currency_code=_VND, adjustment_nos=(),
        out_of_quota=False, duty_exemption_code="", duty_reduction_vnd_e4=None,
    )  # fmt: skip
    found = [
        _taxed(option, line, declared, entry, day)
        for option in _options(entry, item.origin_country_code, day, agreements, measures)
    ]
    mfn = next((each for each in found if each.schedule_code in (MFN, CHAPTER_98)), None)
    compared = [_compared(each, mfn) for each in found]
    return tuple(sorted(compared, key=_price_of))


def _price_of(option: DutyOption) -> tuple[bool, int, bool, str]:
    duty = option.duty_vnd_e4
    return duty is None, duty or 0, option.state is not OptionState.OPEN, option.schedule_code


def _compared(option: DutyOption, mfn: DutyOption | None) -> DutyOption:
    if mfn is None or option.agreement == "" or option.duty_vnd_e4 is None or mfn.duty_vnd_e4 is None:
        return option
    return replace(option, above_mfn=option.duty_vnd_e4 > mfn.duty_vnd_e4)


def _options(
    entry: TariffEntry,
    origin: str,
    day: PricingDay,
    agreements: Mapping[str, CodeValue],
    measures: Mapping[int, Measure],
) -> Iterator[DutyOption]:
    general = CHAPTER_98 if CHAPTER_98 in entry.duties else MFN
    proof = _CHAPTER_98_PROOF if general == CHAPTER_98 else _MFN_PROOF
    if has_quota := OUT_OF_QUOTA in entry.duties:
        proof = (f"{proof[0]}; {_QUOTA_PROOF[0]}", f"{proof[1]}; {_QUOTA_PROOF[1]}")
    yield _option(entry, general, "", _GENERAL[general], proof, origin, measures, quota="inside" if has_quota else "")
    if has_quota:
        yield _option(entry, OUT_OF_QUOTA, "", _GENERAL[OUT_OF_QUOTA], _NO_PROOF, origin, measures, quota="outside")
    ordinary_outside = f"{OUT_OF_QUOTA}:{ORDINARY}"
    within = "inside" if ordinary_outside in entry.duties else ""
    yield _option(entry, ORDINARY, "", _GENERAL[ORDINARY], _NO_PROOF, origin, measures, quota=within)
    if within:
        yield _option(entry, ordinary_outside, "", _GENERAL[ORDINARY], _NO_PROOF, origin, measures, quota="outside")
    schedules = _schedules(day, agreements)
    for name, agreement in agreements.items():
        schedule = schedules.get(name, name)
        members = day.tariff.schedule_members.get(
            schedule, frozenset(agreement.attributes.get("members", "").split(";"))
        )
        if origin not in members:
            continue
        names = (agreement.name_vi, agreement.name_en)
        outside = f"{OUT_OF_QUOTA}:{schedule}"
        has_outside = outside in entry.duties
        form = _proof_of(agreement, within_quota=has_outside)
        yield _option(entry, schedule, name, names, form, origin, measures, quota="inside" if has_outside else "")
        if has_outside:
            yield _option(
                entry, outside, name, names, _proof_of(agreement, within_quota=False), origin, measures, quota="outside"
            )


def _schedules(day: PricingDay, agreements: Mapping[str, CodeValue]) -> Mapping[str, str]:
    return {name: code for name, code in day.schedule_of_agreement.items() if name in agreements}


def _proof_of(agreement: CodeValue, within_quota: bool) -> tuple[str, str]:
    form = agreement.attributes.get("proof_form", "")
    told = (
        f"Chứng từ chứng nhận xuất xứ{f' mẫu {form}' if form else ' theo hiệp định (mẫu chưa có trong cơ sở dữ liệu)'}, vận chuyển trực tiếp",
        f"Proof of origin{f', form {form}' if form else ' of the agreement (its form is not on file)'}, and direct consignment",
    )
    return (f"{told[0]}; {_QUOTA_PROOF[0]}", f"{told[1]}; {_QUOTA_PROOF[1]}") if within_quota else told


def _option(
    entry: TariffEntry,
    schedule: str,
    agreement: str,
    names: tuple[str, str],
    proof: tuple[str, str],
    origin: str,
    measures: Mapping[int, Measure],
    quota: str = "",
) -> DutyOption:
    rate = entry.duties.get(schedule)
    state = _state(entry, schedule, rate, origin)
    rate_bp = None
    if rate is not None and state is not OptionState.EXCLUDED:
        rate_bp = rate.country_rates_bp.get(origin, rate.rate_bp)
    several = entry.several.get(schedule, ())
    row = measures.get(rate.measure_id) if rate else measures.get(several[0].measure_id) if several else None
    return DutyOption(
        schedule_code=schedule,
        agreement=agreement,
        name_vi=names[0],
        name_en=names[1],
        state=state,
        state_vi=_STATES[state][0],
        state_en=_STATES[state][1],
        quota=quota,
        rate_bp=rate_bp,
        own_rate_of_origin=rate is not None and origin in rate.country_rates_bp,
        excluded_countries=tuple(sorted(rate.excluded_countries)) if rate else (),
        several_rates_bp=tuple(each.rate_bp for each in several),
        proof_vi=proof[0],
        proof_en=proof[1],
        measure=source_of(row),
    )


def _state(entry: TariffEntry, schedule: str, rate: Rate | None, origin: str) -> OptionState:
    if rate is not None:
        if origin in rate.excluded_countries:
            return OptionState.EXCLUDED
        claimable = schedule.isalnum() and schedule.isupper()
        return OptionState.OPEN if claimable else OptionState.NO_SCHEDULE_CODE
    if schedule in entry.withheld:
        return OptionState.WITHHELD
    if schedule in entry.several:
        return OptionState.SEVERAL
    return OptionState.QUOTA_ONLY if schedule in entry.quota_only else OptionState.NO_RATE


def _taxed(
    option: DutyOption, line: TaxableItem, declared: Valuation, entry: TariffEntry, day: PricingDay
) -> DutyOption:
    """Return the option with duty and all taxes of the line under it, where its rate is on file."""
    if option.rate_bp is None:
        return option
    schedule = option.schedule_code
    alone = replace(entry, duties={schedule: entry.duties[schedule]})
    tariff = replace(day.tariff, entries={line.commodity_code: alone}, schedule_members={})
    goods = replace(line, tariff_schedule_code=schedule, out_of_quota=schedule == OUT_OF_QUOTA)
    only = Valuation(
        is_export=False,
        invoice_currency_code=_VND,
        price_condition_code=declared.price_condition_code,
        valuation_code=declared.valuation_code,
        items=(goods,),
    )
    result = assess(only, tariff, day.exchange_rates_e4)
    duty = next((tax for each in result.lines for tax in each.taxes if tax.kind is TaxKind.IMPORT_DUTY), None)
    if duty is None:
        return option
    complete = not result.missing and not result.findings
    return replace(option, duty_vnd_e4=duty.amount_vnd_e4, payable_vnd=result.payable_vnd if complete else None)
