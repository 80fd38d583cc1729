"""Tariff lines that change between two tariffs of a day, told like the rest of the law book: added, removed, rate before and after."""

from collections.abc import Iterator, Mapping

from haidang.reference.rules import Change, Group
from haidang.tariff.terms import Charge, Rate, TariffEntry, TariffOfDay

_NOT_SUBJECT = "not subject"


def tariff_changes(old: TariffOfDay, new: TariffOfDay) -> tuple[Change, ...]:
    """Return every commodity code that comes or goes, and every measure of a code that stays whose rate is another.

    A key is the code and what is charged on it: `01012100 duty B01`, `01012100 vat`, `01012100 control`. Numbers of rows do not count: the same rate
    in another row is the same rate.
    """
    return tuple(_told(old, new))


def gaps(old: TariffOfDay, new: TariffOfDay) -> tuple[str, ...]:
    """Return the codes that had a preferential (MFN) rate, still exist, and have none any more."""
    return tuple(
        code
        for code, entry in sorted(old.entries.items())
        if "B01" in entry.duties and code in new.entries and "B01" not in new.entries[code].duties
    )


def _told(old: TariffOfDay, new: TariffOfDay) -> Iterator[Change]:
    for code in sorted({*old.entries, *new.entries}):
        was, now = old.entries.get(code), new.entries.get(code)
        if was is None or now is None:
            yield Change(Group.TARIFF, code, "", _whole(was, old), _whole(now, new))
            continue
        before, after = _said(was, old), _said(now, new)
        if before != after:
            for what in sorted({*before, *after}):
                if before.get(what, "") != after.get(what, ""):
                    yield Change(Group.TARIFF, f"{code} {what}", "", before.get(what, ""), after.get(what, ""))


def _whole(entry: TariffEntry | None, of: TariffOfDay) -> str:
    if entry is None:
        return ""
    return "; ".join(f"{what} {said}" for what, said in sorted(_said(entry, of).items())) or "no measure"


def _said(entry: TariffEntry, of: TariffOfDay) -> Mapping[str, str]:
    said = {f"duty {schedule}": _rate(rate) for schedule, rate in entry.duties.items()}
    said |= {f"duty {schedule}": " or ".join(map(_rate, rates)) for schedule, rates in entry.several.items()}
    said |= {f"duty {schedule}": "withheld" for schedule in entry.withheld}
    if entry.export_duty is not None:
        said["export duty"] = _rate(entry.export_duty)
    if entry.vat:
        said["vat"] = " or ".join(
            _NOT_SUBJECT if each.rate_bp is None else _percent(each.rate_bp) for each in entry.vat
        )
    for name in ("special_consumption", "environment", "trade_remedies"):
        if charges := getattr(entry, name):
            said[name] = "; ".join(sorted(map(_charge, charges)))
    if entry.controls:
        told = (of.controls[number] for number in entry.controls if number in of.controls)
        said["control"] = "; ".join(
            sorted(f"{each.type_code} {each.agency} {each.instrument} {each.list_no}".strip() for each in told)
        )
    if entry.quota:
        said["quota"] = "within a quota"
    return said


def _charge(charge: Charge) -> str:
    origins = f" from {', '.join(sorted(charge.origins))}" if charge.origins else ""
    partly = " (some goods of the code)" if charge.partly else ""
    producer = f" of {charge.producer}" if charge.producer else ""
    return f"{charge.code}{producer}{origins}: {_rate(charge.rate) if charge.rate else 'amount not on file'}{partly}".strip()


def _rate(rate: Rate) -> str:
    parts = [_percent(rate.rate_bp)] if rate.rate_bp or not rate.specific_e4 else []
    if rate.specific_e4:
        parts.append(f"{_decimal(rate.specific_e4, 4)} {rate.currency_code}/{rate.unit_code}")
    excluded = f" (-{', '.join(sorted(rate.excluded_countries))})" if rate.excluded_countries else ""
    own = "".join(f"; {country}: {_percent(bp)}" for country, bp in sorted(rate.country_rates_bp.items()))
    return " + ".join(parts) + excluded + own


def _percent(rate_bp: int) -> str:
    return f"{_decimal(rate_bp, 2)} %"


def _decimal(scaled: int, places: int) -> str:
    whole, rest = divmod(scaled, 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0") if rest else str(whole)
