"""Taxes of very many lines at once, in columns: what a draft of the law would bring over a history of millions of lines.

The law stands in `rules` alone. Lines that differ in value and quantity only share a `Profile`; the rules are asked once for each, with a probe, and what
they answer is a `Plan` of multiplications, kept only if the columns repeat their answer to the last ten-thousandth. A line that no plan
fits, or whose product could pass 64 bits, is computed by the rules themselves. So columns and rules cannot come to differ in law, only in speed.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from haidang.kernel.money import BP, AmountOverflow
from haidang.tariff.terms import TariffOfDay
from haidang.taxes.rules.duty import Ruling, taxes_on_export, taxes_on_import
from haidang.taxes.rules.treatment import Treatments, taxes_by_kind
from haidang.taxes.terms import LineTax, MissingRate, TaxableItem, TaxKind

Int64 = NDArray[np.int64]

UNKNOWN_COMMODITY = "unknown_commodity"
REFUSED = "refused"
"""The rules have a finding on such lines: a schedule that their origin may not claim, two codes of one tax."""

_HALF_BP = BP // 2
_PROBE = (123_456_789_012_347, 3_777, 5_333)
"""Value (đồng, ten-thousandths), quantity and second quantity (thousandths) with which the rules are asked: no two of them alike."""
_LARGEST_VALUE_E4 = 10**16
"""One thousand billion đồng: a line of more is computed by the rules."""
_LARGEST_PRODUCT = 2**62
_SLOTS = (
    TaxKind.IMPORT_DUTY, TaxKind.TRADE_REMEDY, TaxKind.TRADE_REMEDY, TaxKind.SPECIAL_CONSUMPTION, TaxKind.ENVIRONMENT,
    TaxKind.VALUE_ADDED, TaxKind.EXPORT_DUTY,
)  # fmt: skip
"""Places for the taxes of one line, in legal order; remedies may stand side by side."""
_ON_TAXES = (TaxKind.SPECIAL_CONSUMPTION, TaxKind.VALUE_ADDED)
"""Taxes whose base holds those before them."""


class Profile(Struct, frozen=True, kw_only=True):
    """All of a line that chooses its rates: what is left out is value and quantities. `has_quantity2`: a second quantity is declared."""

    is_export: bool = False
    kind_code: str = ""
    commodity_code: str
    origin_country_code: str = ""
    tariff_schedule_code: str = ""
    out_of_quota: bool = False
    unit_code: str = ""
    unit2_code: str = ""
    has_quantity2: bool = False
    tax_codes: tuple[str, ...] = ()
    duty_exemption_code: str = ""

    def item(self, quantity_milli: int, quantity2_milli: int) -> TaxableItem:
        """Return a line of this profile as the rules take it."""
        return TaxableItem(
            line_no=1,
            commodity_code=self.commodity_code,
            origin_country_code=self.origin_country_code,
            tariff_schedule_code=self.tariff_schedule_code,
            out_of_quota=self.out_of_quota,
            quantity_milli=quantity_milli,
            unit_code=self.unit_code,
            quantity2_milli=quantity2_milli if self.has_quantity2 else None,
            unit2_code=self.unit2_code,
            tax_codes=self.tax_codes,
            duty_exemption_code=self.duty_exemption_code,
        )


class Step(Struct, frozen=True):
    """One multiplication: `rate_bp` of the legal base and `specific_vnd_e4` of each unit of quantity 1 or 2 (0: none). `relieved`: nothing is paid.

    `probed_vnd_e4` is what the rules make of it on the probe.
    """

    kind: TaxKind
    rate_bp: int
    specific_vnd_e4: int
    quantity: int
    relieved: bool
    probed_vnd_e4: int


class Plan(Struct, frozen=True):
    """How the taxes of every line of one profile come about on one day. `steps` None: by the rules, line by line.

    `undecided` holds (kind, reason) of the taxes that the rules leave to customs, or one reason why a line is refused.
    """

    steps: tuple[Step, ...] | None
    undecided: tuple[tuple[TaxKind | None, str], ...] = ()

    @property
    def by_exchange_rate(self) -> bool:
        """Whether the amounts may depend on the exchange rates of the day."""
        return self.steps is None or any(step.specific_vnd_e4 for step in self.steps)


class Lines(Struct, frozen=True):
    """Lines in columns of equal length: number of the profile, customs value (đồng, ten-thousandths), quantities (thousandths; the second 0 for none)."""

    profile: NDArray[np.int32]
    value_vnd_e4: Int64
    quantity_milli: Int64
    quantity2_milli: Int64

    def part(self, places: Any) -> "Lines":
        """Return the lines at these places: a slice, or an array of numbers."""
        return Lines(
            self.profile[places], self.value_vnd_e4[places], self.quantity_milli[places], self.quantity2_milli[places]
        )


class Levied(Struct, frozen=True):
    """The payable amount of each tax on each line, ten-thousandths of a đồng; 0 where there is none.

    `too_large` numbers the lines of which an amount does not fit 64 bits; theirs are 0.
    """

    amounts: dict[TaxKind, Int64]
    too_large: tuple[int, ...]


class Law(Struct, frozen=True):
    """The tariff and the exchange rates of one day, and what kinds of declaration do to taxes on it."""

    tariff: TariffOfDay
    exchange_rates_e4: Mapping[str, int]
    treatments: Mapping[str, Treatments] = {}

    def taxes(
        self, profile: Profile, value_vnd_e4: int, quantity_milli: int, quantity2_milli: int
    ) -> tuple[tuple[LineTax, ...], list[MissingRate], bool]:
        """Return what the rules say of one line: its taxes, those left to customs, and whether they have a finding."""
        ruling = Ruling(self.tariff, self.exchange_rates_e4, [], [])
        entry = self.tariff.entries[profile.commodity_code]
        item = profile.item(quantity_milli, quantity2_milli)
        of_kind = self.treatments.get(profile.kind_code)
        if of_kind is not None:
            taxes, _ = taxes_by_kind(ruling, 0, item, entry, value_vnd_e4, of_kind, profile.is_export)
        else:
            levy = taxes_on_export if profile.is_export else taxes_on_import
            taxes, _ = levy(ruling, 0, item, entry, value_vnd_e4)
        return taxes, ruling.missing, bool(ruling.findings)


def plan(profile: Profile, law: Law) -> Plan:
    """Return how the lines of a profile are taxed, as the rules tell when they are asked."""
    if profile.commodity_code not in law.tariff.entries:
        return Plan((), ((None, UNKNOWN_COMMODITY),))
    try:
        taxes, missing, refused = law.taxes(profile, *_PROBE)
    except AmountOverflow:
        return Plan(None)
    if refused:
        return Plan((), ((None, REFUSED),))
    undecided = tuple(dict.fromkeys((each.kind, each.reason) for each in missing)) if missing else ()
    steps = tuple([_step(tax) for tax in taxes])
    return Plan(steps if _fit(steps) else None, undecided)


def _step(tax: LineTax) -> Step:
    quantity = 0 if not tax.specific_vnd_e4 else 1 if tax.quantity_milli == _PROBE[1] else 2
    relieved = tax.relieved_vnd_e4 > 0 and tax.amount_vnd_e4 == 0
    return Step(tax.kind, tax.rate_bp, tax.specific_vnd_e4, quantity, relieved, tax.amount_vnd_e4)


def _fit(steps: Sequence[Step]) -> bool:
    """Whether there is a place for each of the taxes."""
    kinds = [step.kind for step in steps]
    return len(set(kinds)) == len(kinds) or all(kinds.count(kind) <= _SLOTS.count(kind) for kind in kinds)


def _kept_or_made(profile: Profile, law: Law, kept: dict[Profile, Plan] | None) -> Plan:
    found = None if kept is None else kept.get(profile)
    if found is None or found.by_exchange_rate:
        found = plan(profile, law)
        if kept is not None:
            kept[profile] = found
    return found


def _rows(plans: Iterable[Plan]) -> Iterator[tuple[int, int, int, int, int, bool, int]]:
    """Yield of every step its slot, the number of its plan, rate, specific amount, quantity, whether it is paid, and what the probe gave."""
    for number, each in enumerate(plans):
        slot = -1
        for step in each.steps or ():
            slot = _SLOTS.index(step.kind, slot + 1)
            yield slot, number, step.rate_bp, step.specific_vnd_e4, step.quantity, not step.relieved, step.probed_vnd_e4


class Plans:
    """The plans of many profiles on one day, in columns: one row for each profile, one column for each place of `_SLOTS`."""

    def __init__(self, profiles: Sequence[Profile], law: Law, kept: dict[Profile, Plan] | None = None) -> None:
        """Ask the rules about each profile. `kept` carries over what does not depend on exchange rates, between days under one tariff."""
        self.profiles = profiles
        self.law = law
        self.plans = [_kept_or_made(profile, law, kept) for profile in profiles]
        self._by_rules = np.array([each.steps is None for each in self.plans], bool)
        self.undecided = np.array([bool(each.undecided) for each in self.plans], bool)
        """Of each profile, whether something is left to customs or the rules refuse it."""
        rows = list(_rows(self.plans))
        places = np.array(rows, np.int64).reshape(len(rows), 7).T
        columns = np.zeros((5, len(_SLOTS), len(profiles)), np.int64)
        columns[:, places[0], places[1]] = places[2:]
        self._rates, self._specific, self._quantity, self._paid, probed = columns
        self._check(probed)

    def _check(self, probed: Int64) -> None:
        """Leave to the rules the profiles whose probe comes out otherwise in columns."""
        count = len(self.profiles)
        probe = Lines(np.arange(count, dtype=np.int32), *(np.full(count, each, np.int64) for each in _PROBE))
        for slot, _, amount in self._slots(probe):
            self._by_rules |= (amount != probed[slot]) & ~self._beyond(probe)

    def levy(self, lines: Lines) -> Levied:
        """Return what each line bears."""
        amounts: dict[TaxKind, Int64] = {}
        for _, kind, amount in self._slots(lines):
            amounts[kind] = amounts[kind] + amount if kind in amounts else amount
        return Levied(amounts, tuple(self._correct(lines, amounts)))

    def _slots(self, lines: Lines) -> Iterator[tuple[int, TaxKind, Int64]]:
        """Yield each tax of the lines in its place, in legal order (107/2016/QH13; 38/2015/TT-BTC Art. 39)."""
        before: Int64 | None = None
        value = lines.value_vnd_e4
        for slot, kind in enumerate(_SLOTS):
            if not (self._rates[slot].any() or self._specific[slot].any()):
                continue
            base: Int64 | None = value if before is None or kind not in _ON_TAXES else value + before
            amount = self._amount(slot, lines, None if kind is TaxKind.ENVIRONMENT else base)
            before = amount if before is None else before + amount
            yield slot, kind, amount

    def _amount(self, slot: int, lines: Lines, base: Int64 | None) -> Int64:
        """Return base × rate + quantity × specific amount, half up once from the exact sum, as `line_amount_e4` does."""
        profile = lines.profile
        if base is None:
            amount = np.zeros(len(profile), np.int64)
        else:
            rates = (self._rates[slot] * self._paid[slot])[profile]
            largest = int(rates.max(initial=0)) * int(base.max(initial=0))
            if largest < _LARGEST_PRODUCT:
                amount = (base * rates + _HALF_BP) // BP
            else:
                amount = base // BP * rates + (base % BP * rates + _HALF_BP) // BP
        if self._specific[slot].any():
            specific = (self._specific[slot] * self._paid[slot])[profile]
            at = np.flatnonzero(specific)
            amount[at] = self._mixed(slot, lines.part(at), specific[at], None if base is None else base[at])
        return amount

    def _mixed(self, slot: int, lines: Lines, specific: Int64, base: Int64 | None) -> Int64:
        of_second = self._quantity[slot][lines.profile] == 2
        quantity = np.where(of_second, lines.quantity2_milli, lines.quantity_milli)
        rest = specific * (quantity % 1_000) * 10 + _HALF_BP
        whole = specific * (quantity // 1_000)
        if base is None:
            return whole + rest // BP
        rates = self._rates[slot][lines.profile]
        return whole + base // BP * rates + (base % BP * rates + rest) // BP

    def _correct(self, lines: Lines, amounts: dict[TaxKind, Int64]) -> Iterator[int]:
        """Compute by the rules what no plan fits and what could pass 64 bits; yield the lines that do."""
        for at in np.flatnonzero(self._beyond(lines)):
            for column in amounts.values():
                column[at] = 0
            profile = self.profiles[lines.profile[at]]
            if profile.commodity_code not in self.law.tariff.entries:
                continue
            line = int(lines.value_vnd_e4[at]), int(lines.quantity_milli[at]), int(lines.quantity2_milli[at])
            try:
                taxes, _, refused = self.law.taxes(profile, *line)
            except AmountOverflow:
                yield int(at)
                continue
            for tax in () if refused else taxes:
                column = amounts.setdefault(tax.kind, np.zeros(len(lines.profile), np.int64))
                column[at] += tax.amount_vnd_e4

    def _beyond(self, lines: Lines) -> NDArray[np.bool_]:
        """Tell the lines that are not for columns. Products are estimated in floating point, far below the limit."""
        beyond: NDArray[np.bool_] = lines.value_vnd_e4 > _LARGEST_VALUE_E4
        if self._by_rules.any():
            beyond |= self._by_rules[lines.profile]
        largest = self._specific.max(axis=0, initial=0)
        if largest.any():
            quantity = np.maximum(lines.quantity_milli, lines.quantity2_milli).astype(np.float64)
            beyond |= largest[lines.profile] * quantity > _LARGEST_PRODUCT
            beyond |= (largest > _LARGEST_PRODUCT // 10_000)[lines.profile]
        return beyond
