"""Nouns of value, duty and tax: what goes in (priced lines) and what comes out (each amount traced to base, rate, measure)."""

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from msgspec import Struct

from haidang.kernel.findings import Finding


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
