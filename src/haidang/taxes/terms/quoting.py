"""Nouns of a quote: what somebody asks about one line of goods, and everything that is answered."""

from datetime import date

from msgspec import Struct

from haidang.kernel.findings import Finding
from haidang.tariff.terms import CodeControl, CodeFound, SectionShown, TitleStep, TreeNode
from haidang.taxes.terms.receipts import DutyOption, Receipt


class QuoteAsked(Struct, frozen=True, kw_only=True):
    """One line of goods whose taxes somebody asks for. Amounts and quantities are plain decimals, in the currency and unit beside them.

    `schedule_code` is the tariff schedule whose steps are wanted, empty for MFN (chapter 98: its own rate). `tax_codes` choose among the VAT rates and
    charges printed for the code. `quota_left` is what of a tariff quota is left in the same unit: what is beyond stands outside; empty says nothing.
    """

    commodity_code: str
    on: date
    value: str
    currency_code: str = "USD"
    origin_country_code: str = ""
    schedule_code: str = ""
    quantity: str = "1"
    unit_code: str = ""
    price_condition_code: str = "CIF"
    freight: str = ""
    freight_currency_code: str = ""
    insurance: str = ""
    insurance_currency_code: str = ""
    tax_codes: tuple[str, ...] = ()
    is_export: bool = False
    quota_left: str = ""


class Quote(Struct, frozen=True, kw_only=True):
    """What one line of goods would pay: every duty it could bear, cheapest first, and the receipt of the one asked for.

    `receipt` is None where `findings` say what must be mended first. `tax_options` are the tax codes that the tariff prints for the code, from which the
    line may choose. It is no act and binds nobody.
    """

    commodity_code: str
    name_vi: str
    name_en: str
    on: date
    schedule_code: str
    unit_code: str
    options: tuple[DutyOption, ...]
    receipt: Receipt | None
    findings: tuple[Finding, ...]
    controls: tuple[CodeControl, ...]
    tax_options: tuple[str, ...]
    quota: bool
    unverified: bool
    sample_rates: bool


class CodesFound(Struct, frozen=True):
    """The commodity codes that a search of the tariff of a day found, the closest first, and the steps of the tree whose titles hold all its words."""

    on: date
    law_book_version: int
    codes: tuple[CodeFound, ...]
    steps: tuple[TreeNode, ...] = ()


class TreeFound(Struct, frozen=True):
    """What stands one step below a chapter, heading or subheading on a day, with the titles down to it; of all chapters, their sections."""

    on: date
    law_book_version: int
    nodes: tuple[TreeNode, ...]
    path: tuple[TitleStep, ...] = ()
    sections: tuple[SectionShown, ...] = ()
