"""Nouns of value, duty and tax: what goes in (priced lines) and what comes out (each amount traced to base, rate, measure)."""

from collections.abc import Mapping
from datetime import date
from enum import IntEnum, StrEnum

from msgspec import Struct

from haidang.kernel.findings import Finding
from haidang.reference.terms import CodeValue, ExchangeRate, Holiday, Instrument, Parameter
from haidang.tariff.terms import TariffBook, TariffOfDay


class TaxKind(IntEnum):
    """Kinds of duty, tax and fee, in the legal order in which one enters the base of the next (107/2016/QH13; TT 38/2015 Art. 39)."""

    IMPORT_DUTY = 1
    TRADE_REMEDY = 2
    SPECIAL_CONSUMPTION = 3
    ENVIRONMENT = 4
    VALUE_ADDED = 5
    EXPORT_DUTY = 6
    CUSTOMS_FEE = 7


class ValuationAdjustment(Struct, frozen=True):
    """One addition to or deduction from the price (VR/VI/VC/VP/VT).

    `sign` +1 adds, -1 subtracts, 0 moves nothing (the classes IP and DP, where the price is the value or the lines carry it).
    `factor_e4` (VT) is the invoice value of all lines, on all declarations, that share it; 0 when not declared: then the lines of this declaration
    that name the adjustment share it, and when none names it all lines do, by the general allocation total.
    """

    name_code: str
    sign: int
    currency_code: str
    amount_e4: int
    factor_e4: int = 0


class TaxRelief(Struct, frozen=True):
    """Relief from another tax than the duty (TR/TG): of the tax that stands at `tax_no` in the codes of the line, counted from 1."""

    tax_no: int
    exemption_code: str = ""
    reduction_vnd_e4: int | None = None


class TaxableItem(Struct, frozen=True, kw_only=True):
    """One goods line as the tax rules see it. `None` means not declared."""

    line_no: int
    commodity_code: str
    origin_country_code: str = ""
    tariff_schedule_code: str = ""
    out_of_quota: bool = False
    quantity_milli: int
    unit_code: str
    quantity2_milli: int | None = None
    unit2_code: str = ""
    invoice_value_e4: int | None = None
    customs_value_currency_code: str = ""
    declared_customs_value_e4: int | None = None
    adjustment_nos: tuple[int, ...] = ()
    tax_codes: tuple[str, ...] = ()
    duty_exemption_code: str = ""
    duty_reduction_vnd_e4: int | None = None
    tax_reliefs: tuple[TaxRelief, ...] = ()


class Valuation(Struct, frozen=True, kw_only=True):
    """What the header says about price and value. Amounts are ten-thousandths of their currency."""

    is_export: bool
    invoice_currency_code: str
    price_condition_code: str
    valuation_code: str = "6"
    freight_code: str = ""
    freight_currency_code: str = ""
    freight_e4: int = 0
    insurance_code: str = ""
    insurance_currency_code: str = ""
    insurance_e4: int = 0
    adjustments: tuple[ValuationAdjustment, ...] = ()
    allocation_total_e4: int | None = None
    items: tuple[TaxableItem, ...]


class LineTax(Struct, frozen=True, gc=False):
    """One tax on one line, traced: base × rate_bp + quantity × specific amount = amount, before any rounding to whole đồng.

    `base_vnd_e4` is the ad valorem base; `specific_vnd_e4` the absolute duty of one unit already in đồng; `measure_id` the row of the law book
    that set the rate. `amount_vnd_e4` is payable (after exemption and reduction); `relieved_vnd_e4` what relief took away.
    """

    kind: TaxKind
    base_vnd_e4: int
    rate_bp: int
    specific_vnd_e4: int
    quantity_milli: int
    measure_id: int
    amount_vnd_e4: int
    relieved_vnd_e4: int = 0


NO_RATE_ON_FILE = "no_rate_on_file"
NO_AMOUNT_ON_FILE = "no_amount_on_file"
PARTLY_SUBJECT = "partly_subject"
SEVERAL_RATES_PRINTED = "several_rates_printed"
NO_SCHEDULE_CLAIMED = "no_schedule_claimed"
NOBODY_HAS_CHOSEN = "nobody_has_chosen"
UNIT_NOT_DECLARED = "unit_not_declared"
NO_EXCHANGE_RATE = "no_exchange_rate"
BASE_INCOMPLETE = "base_incomplete"
KIND_NOT_TOLD = "kind_not_told"
CONFIRMATION_AWAITED = "confirmation_awaited"
RELIEF_CLAIMED = "relief_claimed"

REASONS: Mapping[str, tuple[str, str]] = {
    NO_RATE_ON_FILE: ("Chưa có thuế suất trong cơ sở dữ liệu", "No rate is on file"),
    NO_AMOUNT_ON_FILE: (
        "Hàng chịu thuế nhưng chưa có mức thuế trong cơ sở dữ liệu",
        "Subject to the tax, but no amount is on file",
    ),
    PARTLY_SUBJECT: (
        "Chỉ một phần hàng thuộc mã này chịu thuế, chưa xác định hàng khai có thuộc phần đó không",
        "Only some goods of the code are subject to the tax; whether these are is not determined",
    ),
    SEVERAL_RATES_PRINTED: (
        "Biểu thuế in nhiều mức cho mã này, tùy loại hàng",
        "The schedule prints several rates for this code; which applies depends on the goods",
    ),
    NO_SCHEDULE_CLAIMED: ("Chưa khai mã biểu thuế", "No tariff schedule is claimed"),
    NOBODY_HAS_CHOSEN: ("Có nhiều mức, chưa khai mã áp dụng", "Several rates are printed and no tax code chooses one"),
    UNIT_NOT_DECLARED: (
        "Đơn vị tính của mức thuế tuyệt đối không phải đơn vị 1 hay 2 của dòng hàng",
        "The unit of the specific duty is neither unit 1 nor unit 2 of the line",
    ),
    NO_EXCHANGE_RATE: (
        "Chưa có tỷ giá của đồng tiền ghi mức thuế",
        "No exchange rate for the currency of the specific duty",
    ),
    BASE_INCOMPLETE: (
        "Giá tính thuế chưa đủ vì một thuế đứng trước chưa xác định",
        "The base is incomplete: a tax that enters it is not determined",
    ),
    KIND_NOT_TOLD: (
        "Cơ sở dữ liệu chưa ghi cách xử lý thuế này đối với loại hình khai",
        "The law book does not say how this kind of declaration is taxed",
    ),
    CONFIRMATION_AWAITED: (
        "Miễn theo loại hình khi hải quan xác nhận đủ điều kiện",
        "Relieved by its kind once customs confirms that the conditions are met",
    ),
    RELIEF_CLAIMED: (
        "Đề nghị miễn, giảm hoặc không chịu thuế khác; hải quan quyết định",
        "Relief from another tax is claimed; customs decides",
    ),
}
"""Why a tax could not be computed: Vietnamese and English."""


class MissingRate(Struct, frozen=True, gc=False):
    """A tax that the line may bear but for which no rate or amount is on file, or which nobody has chosen: customs must determine it.

    `reason` is a key of `REASONS`; `measure_id` the row of the law book that says the line is subject, 0 when there is none.
    """

    line_no: int
    kind: TaxKind
    reason: str
    measure_id: int = 0


class TreatmentEffect(StrEnum):
    """What a kind of declaration does to a tax. `CONFIRM` relieves like `EXEMPT`, and customs must confirm that the conditions are met."""

    EXEMPT = "exempt"
    NOT_SUBJECT = "not_subject"
    SUSPENDED = "suspended"
    CONFIRM = "confirm"


class Treatment(Struct, frozen=True):
    """What the kind of a declaration does to one tax, and by which article of which instrument."""

    tax: TaxKind
    effect: TreatmentEffect
    law: str
    verified: bool


class LineAssessment(Struct, frozen=True):
    """Value and taxes of one line.

    `not_subject` holds (kind, measure_id) of taxes that the law book says the goods are not subject to: that is no rate of 0, so there is no `LineTax`,
    and the row that says so stays traceable.
    """

    line_no: int
    customs_value_vnd_e4: int
    taxes: tuple[LineTax, ...]
    not_subject: tuple[tuple[TaxKind, int], ...] = ()


class TreatedLine(LineAssessment, frozen=True):
    """A line of a kind that is not taxed by the tariff alone: `by_kind` is what its kind does, with the law."""

    by_kind: tuple[Treatment, ...] = ()


class Assessment(Struct, frozen=True):
    """The result for one declaration. `totals` holds (kind, whole đồng), each rounded once from the sum of its lines.

    With `missing` not empty the totals are what could be computed; the declaration opens a condition owned by customs.
    """

    lines: tuple[LineAssessment, ...]
    customs_value_vnd_e4: int
    totals: tuple[tuple[TaxKind, int], ...]
    missing: tuple[MissingRate, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def payable_vnd(self) -> int:
        """All taxes together, whole đồng."""
        return sum(amount for _, amount in self.totals)


class Recovery(Struct, frozen=True):
    """What is claimed after clearance, whole đồng: the short-paid taxes, interest for late payment, penalty."""

    taxes: tuple[tuple[TaxKind, int], ...]
    interest_vnd: int
    penalty_vnd: int

    @property
    def payable_vnd(self) -> int:
        """Taxes, interest and penalty together."""
        return sum(amount for _, amount in self.taxes) + self.interest_vnd + self.penalty_vnd


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


class ReceiptRecord(Struct, frozen=True):
    """The last act in the journal of a registered declaration when its receipt was made; digests are hexadecimal SHA-256."""

    journal_seq: int
    act: str
    acted_at: str
    journal_sha256: str
    message_sha256: str


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
