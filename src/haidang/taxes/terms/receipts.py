"""Nouns of pricing away from the platform: the price book, duty options, receipts and what checking one finds."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from haidang.reference.terms import CodeValue, ExchangeRate, Holiday, Instrument, Parameter
from haidang.tariff.terms import TariffBook, TariffOfDay
from haidang.taxes.terms import TaxKind, Treatment, Valuation


class PriceBook(Struct, frozen=True):
    """All of the law book that pricing needs, of every date: what a book file holds.

    `version` is the number of the law book in the database it came from, 0 when it was made from files; `lawbook_sha256` that of the files of law.
    """

    version: int
    lawbook_sha256: str
    tariff: TariffBook
    codes: tuple[CodeValue, ...]
    parameters: tuple[Parameter, ...]
    instruments: tuple[Instrument, ...]
    holidays: tuple[Holiday, ...]
    exchange_rates: tuple[ExchangeRate, ...]


class BookDamaged(ValueError):
    """A book file that is not what was exported: cut, changed, of another form, or no book; the message says which, in two languages."""


class NotPriceable(ValueError):
    """What was given to be priced is no declaration; the message names the field, in two languages."""


class PricingDay(Struct, frozen=True):
    """The part of a price book that stands on one Vietnamese calendar day."""

    on: date
    tariff: TariffOfDay
    exchange_rates_e4: Mapping[str, int]
    treatments: Mapping[str, Mapping[TaxKind, Treatment]]
    """What each kind of declaration that is not taxed by the tariff alone does to its taxes."""
    rate_sources: Mapping[str, str]
    """Where the exchange rate of each currency comes from."""
    parameters: Mapping[str, Parameter]
    schedule_of_agreement: Mapping[str, str] = {}
    """The tariff schedule code that claims the rates of an agreement; one whose code is not on file is absent."""


class MeasureSource(Struct, frozen=True):
    """The row of the law book behind a rate, told by what it says, so that it is known again in any copy of the book."""

    kind: str
    option_code: str
    printed: str
    schedule: str
    instrument: str
    valid_from: date
    valid_until: date | None
    verified: bool
    sample: bool


class ReceiptValue(Struct, frozen=True):
    """How the customs value of a line came about: amount × exchange rate, rounded, and its share of freight, insurance and adjustments.

    `by` is `price` (invoice value) or `hand` (declared customs value). `share_vnd_e4` is signed and holds what allocation left over.
    """

    by: str
    amount_e4: int
    currency_code: str
    exchange_rate_e4: int
    converted_vnd_e4: int
    share_vnd_e4: int
    value_vnd_e4: int
    law: str


class ReceiptTax(Struct, frozen=True):
    """One tax on one line from base to đồng: base × rate + quantity × specific amount = `exact_vnd` (decimal text), rounded, less relief.

    `base_of` names what the base holds. `measure` is None where no row of the book set the rate (goods not subject by their schedule code).
    """

    kind: str
    base_of: tuple[str, ...]
    base_vnd_e4: int
    rate_bp: int
    specific_vnd_e4: int
    quantity_milli: int
    exact_vnd: str
    computed_vnd_e4: int
    relieved_vnd_e4: int
    amount_vnd_e4: int
    law: str
    measure: MeasureSource | None


class ReceiptFree(Struct, frozen=True):
    """A tax that the goods of a line are not subject to, and the row that says so, None where their kind of declaration does."""

    kind: str
    measure: MeasureSource | None


class ReceiptLine(Struct, frozen=True):
    """One goods line of a receipt. `by_kind` is what the kind of declaration does to its taxes, each with its article."""

    line_no: int
    commodity_code: str
    value: ReceiptValue
    taxes: tuple[ReceiptTax, ...]
    not_subject: tuple[ReceiptFree, ...] = ()
    by_kind: tuple[Treatment, ...] = ()


class ReceiptTotal(Struct, frozen=True):
    """One tax of the whole declaration: the exact sum of its lines, what rounding to whole đồng added or took, and the total."""

    kind: str
    lines_vnd_e4: int
    rounded_vnd_e4: int
    total_vnd: int


class ReceiptMissing(Struct, frozen=True):
    """A tax that customs must determine, and why in two languages."""

    line_no: int
    kind: str
    reason: str
    reason_vi: str
    reason_en: str


class ReceiptRate(Struct, frozen=True):
    """The exchange rate of one currency that the declaration names: đồng per unit in ten-thousandths, for the week that begins on `week_from`."""

    currency_code: str
    rate_e4: int
    week_from: date
    source: str


class ReceiptRounding(Struct, frozen=True):
    """A rule of rounding, and where it stands: `decimals` kept, halves up."""

    name: str
    decimals: int
    instrument: str
    article: str
    verified: bool


class ReceiptAdjustment(Struct, frozen=True):
    """What was booked since because a later version of the law book gives other taxes for the day of the registration: whole đồng, all taxes together."""

    batch_no: int
    judged_version: int
    newer_version: int
    was_vnd: int
    now_vnd: int
    at: str


class ReceiptRecord(Struct, frozen=True, omit_defaults=True):
    """The last act in the journal of a registered declaration when its receipt was made; digests are hexadecimal SHA-256.

    The receipt proves what the declaration was assessed; `adjusted` tells what was booked beside that.
    """

    journal_seq: int
    act: str
    acted_at: str
    journal_sha256: str
    message_sha256: str
    adjusted: tuple[ReceiptAdjustment, ...] = ()


class Receipt(Struct, frozen=True, kw_only=True):
    """A tax receipt (bảng tính thuế): each đồng traced to base, rate, rounding, measure, instrument and article.

    It holds what was declared of price, goods and taxes, so that the same book gives the same receipt again. `declaration_no`, `registered_at` and
    `record` are empty for goods that were only priced. `marks` are short digests of what no book can derive, by JSON pointer, so that a change of one
    is named; `sha256` covers all else.
    """

    form: str
    declaration_no: str = ""
    registered_at: str = ""
    on: date
    kind_code: str
    law_book_version: int
    lawbook_sha256: str
    declared: Valuation
    exchange_rates: tuple[ReceiptRate, ...]
    lines: tuple[ReceiptLine, ...]
    customs_value_vnd_e4: int
    totals: tuple[ReceiptTotal, ...]
    payable_vnd: int
    payable_words_vi: str
    payable_words_en: str
    missing: tuple[ReceiptMissing, ...]
    rounding: tuple[ReceiptRounding, ...]
    record: ReceiptRecord | None = None
    marks: Mapping[str, str] = {}
    sha256: str = ""


class OptionState(StrEnum):
    """Whether a line may claim a duty option, and if not why."""

    OPEN = "open"
    NO_SCHEDULE_CODE = "no_schedule_code"
    EXCLUDED = "excluded"
    WITHHELD = "withheld"
    QUOTA_ONLY = "quota_only"
    SEVERAL = "several"
    NO_RATE = "no_rate"


class DutyOption(Struct, frozen=True, kw_only=True):
    """One import duty that a line could bear: its rate, what it costs with all that follows, and the proof it asks for.

    `agreement` is empty for MFN, ordinary and out-of-quota rates; `quota` is `inside`, `outside` or empty. `rate_bp` is that of the origin (`own_rate_of_origin`:
    another than the other members'), None where none is on file or the origin may not have it. `payable_vnd` is None while another tax of the line
    is undetermined. `above_mfn` says that the agreement gives more than MFN asks.
    """

    schedule_code: str
    agreement: str
    name_vi: str
    name_en: str
    state: OptionState
    state_vi: str
    state_en: str
    quota: str
    rate_bp: int | None
    own_rate_of_origin: bool
    excluded_countries: tuple[str, ...]
    several_rates_bp: tuple[int, ...]
    proof_vi: str
    proof_en: str
    measure: MeasureSource | None
    duty_vnd_e4: int | None = None
    payable_vnd: int | None = None
    above_mfn: bool = False


class Difference(Struct, frozen=True):
    """A field of a receipt that is not what it must be: `pointer` leads to it, `says` and `should_be` are JSON (empty: nothing is there).

    `should_be` is None where only a digest tells that the field was changed.
    """

    pointer: str
    says: str
    should_be: str | None


class Verification(Struct, frozen=True):
    """What checking a receipt found: none of `differences` when each đồng is right; `same_lawbook` whether the book is the edition it was made by."""

    receipt: Receipt
    differences: tuple[Difference, ...]
    same_lawbook: bool
