"""Nouns of the tariff: what each measure asks of one commodity code on one day, and how a printed rate reads."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from haidang.reference.terms import CodeValue

ORDINARY, MFN, CHAPTER_98, OUT_OF_QUOTA = "B03", "B01", "B02", "B14"
"""Tariff schedule codes that the printed columns `tt` and `mfn` feed (VNACCS table of import tariff schedules)."""


class RateNotUnderstood(ValueError):
    """A printed rate of a shape that nobody has taught the book yet; `text` is the cell as printed."""

    def __init__(self, text: str) -> None:
        super().__init__(f"printed rate not understood: {text!r}")
        self.text = text


class ScheduleNotUnderstood(ValueError):
    """A schedule file that cannot be loaded; the message names file, row and reason."""


class VersionOutOfOrder(ValueError):
    """A version of the tariff that cannot follow what is loaded; the message names both."""


class NoSuchMeasure(LookupError):
    """No version of the book has a measure of this number."""


class LoadedSchedules(Struct, frozen=True):
    """What loading a version changed: rows added and rows closed, of codes, measures and controls together."""

    version: int
    added: int
    closed: int


class RateAlternative(Struct, frozen=True, gc=False):
    """One of the rates in a printed cell, in basis points; None is the printed `*`.

    `excluded_countries` (`0 (-KH, LA)`) do not get it, `country_rates_bp` (`15; M: 20`) have their own, `outside_quota_bp` (`40 (NHN: 80)`)
    is owed beyond the tariff quota. `quota_only` is the printed `Q`: the agreement gives a rate inside a quota only and prints none here.
    `notes` are marks such as `GIC` (goods of the Kaesong industrial complex).
    """

    rate_bp: int | None
    excluded_countries: frozenset[str] = frozenset()
    country_rates_bp: Mapping[str, int] = {}
    outside_quota_bp: int | None = None
    quota_only: bool = False
    notes: tuple[str, ...] = ()


class RateStep(Struct, frozen=True, gc=False):
    """What a cell says from one day on: `valid_from` None is the start of the schedule. Equal alternatives are given once, in printed order."""

    valid_from: date | None
    alternatives: tuple[RateAlternative, ...]


class PrintedRate(Struct, frozen=True, gc=False):
    """A rate cell read exactly; no steps for an empty cell."""

    text: str
    steps: tuple[RateStep, ...] = ()


class Rate(Struct, frozen=True, gc=False):
    """One printed rate made exact: ad valorem, specific, or both (mixed); the part that does not apply is 0.

    `rate_bp` is in basis points of the base; `specific_e4` is ten-thousandths of `currency_code` per one `unit_code`.
    `measure_id` names the row of the law book, which cites instrument and article. `excluded_countries` are members of an agreement to whom the rate is
    not given; `country_rates_bp` those who have a rate of their own.
    """

    measure_id: int
    rate_bp: int = 0
    specific_e4: int = 0
    currency_code: str = ""
    unit_code: str = ""
    excluded_countries: frozenset[str] = frozenset()
    country_rates_bp: Mapping[str, int] = {}


class VatOption(Struct, frozen=True, gc=False):
    """One of the VAT rates printed for a heading; the declarant's VAT code on the line says which applies.

    `rate_bp` is None when goods of this kind are not subject to VAT (printed `*`).
    """

    code: str
    rate_bp: int | None
    measure_id: int


class Charge(Struct, frozen=True, gc=False):
    """Special consumption, environment tax or a trade remedy on a heading.

    `rate` is None where the heading is subject but no amount is on file: that opens a condition owned by customs, never a silent 0.
    `origins` limits a trade remedy to countries (empty: all). `code` is the tax code that claims it, when one is printed.
    `partly` says that only some of the goods of the code are subject, so that silence on the line may be right. A trade remedy may be that of one
    `producer`, claimed by its code in place of what the same `decision` gives all others.
    """

    code: str
    rate: Rate | None
    measure_id: int
    origins: frozenset[str] = frozenset()
    partly: bool = False
    producer: str = ""
    decision: str = ""


class TariffEntry(Struct, frozen=True):
    """All measures on one 8-digit code on one day.

    `duties` maps a tariff schedule code (B01 MFN, B03 ordinary, B04 ATIGA …, B14 out of quota) to its rate; an absent key means no rate
    on file for that schedule. `export_duty` None means no export duty rate is on file; a listed 0 % is a Rate of 0.
    Agreements whose schedule code is not on file are keyed by their own lower-case name (`cptpp`, `evfta`): known, not claimable. `B14:B03` is the
    rate beyond the quota of a schedule other than MFN.
    `withheld` names the schedules printed `*`: the agreement gives this code nothing; `quota_only` those printed `Q`, a rate inside a quota that is not
    on file. `several` holds the rates of a schedule (or `export`) that
    prints more than one for goods within the code: which applies depends on the goods, so `duties` (or `export_duty`) stays empty.
    `vat` keeps the printed order: `10/8` says that most goods of the code are outside the cut, `8/10` that most are inside.
    `controls` are the permits and specialised inspections that a code asks for (ids of law-book rows, `TariffOfDay.controls`).
    """

    commodity_code: str
    unit_codes: tuple[str, ...]
    duties: Mapping[str, Rate]
    export_duty: Rate | None
    vat: tuple[VatOption, ...]
    special_consumption: tuple[Charge, ...] = ()
    environment: tuple[Charge, ...] = ()
    trade_remedies: tuple[Charge, ...] = ()
    controls: tuple[int, ...] = ()
    quota: bool = False
    withheld: frozenset[str] = frozenset()
    several: Mapping[str, tuple[Rate, ...]] = {}
    quota_only: frozenset[str] = frozenset()


class Control(Struct, frozen=True, gc=False):
    """One permit, inspection or limit that a ministry's list puts on the codes it names.

    `effect` is what it does: `permit`, `inspection`, `prohibition` (the three that a `TariffEntry` lists), `place` (where the formalities are done),
    `regime` (temporary import and transit), `relief` (specialised inspection given up), `watch` (lists that only mark the goods).
    """

    control_id: int
    type_code: str
    type_name_vi: str
    effect: str
    agency: str
    instrument: str
    list_no: str
    verified: bool = False


class Measure(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the book: one rate, charge or mark on one code over one half-open period, with the text as printed and its source.

    `kind` is `duty`, `export`, `vat`, `special_consumption`, `environment` or `trade_remedy`. `option_code` is the tariff schedule, VAT code, group or
    decision; `alternative` numbers the rates of one cell. `status` is `rate`, `withheld` (printed `*`), `quota` (printed `Q`), `not_subject` (VAT
    `*`), `not_listed` (no line in the export schedule: 0) or `no_amount` (subject, amount not on file). `rate_bp` is None unless there is a rate.
    A trade remedy of one `producer` is claimed by its `tax_code`.
    """

    measure_id: int
    commodity_code: str
    kind: str
    option_code: str
    alternative: int = 0
    printed: str
    status: str
    rate_bp: int | None = None
    specific_e4: int = 0
    currency_code: str = ""
    unit_code: str = ""
    excluded_countries: tuple[str, ...] = ()
    country_rates_bp: Mapping[str, int] = {}
    origins: tuple[str, ...] = ()
    producer: str = ""
    tax_code: str = ""
    notes: str = ""
    partly: bool = False
    valid_from: date
    valid_until: date | None
    schedule: str
    instrument: str
    verified: bool
    sample: bool

    def in_force(self, on: date) -> bool:
        """Tell whether the row holds on this Vietnamese calendar day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class Column(Struct, frozen=True):
    """What a column of a schedule means: the `kind` of measure, for duties the tariff schedule it feeds (another one for chapter 98).

    `empty` is what an empty cell says: nothing, or `not_listed`: the schedule is complete and does not name the code.
    """

    name: str
    kind: str
    schedule: str = ""
    chapter_98_schedule: str = ""
    empty: str = ""


class VatCode(Struct, frozen=True):
    """A VAT code a declarant may print on the line; `rate_bp` None means not subject to VAT."""

    code: str
    rate_bp: int | None
    valid_from: date
    valid_until: date | None
    sample: bool


class ScheduleSource(Struct, frozen=True, kw_only=True):
    """One schedule as issued: what every row loaded from its folder shares."""

    name: str
    instrument: str
    title: str
    valid_from: date
    valid_until: date | None
    verified: bool
    sample: bool


class CommodityCode(Struct, frozen=True, gc=False):
    """One 8-digit code of the nomenclature: official name (leading dashes give the level), units, for chapter 98 the code it stands for.

    `name_en` is empty where no English name is on file.
    """

    commodity_code: str
    name_vi: str
    unit_codes: tuple[str, ...]
    unit_printed: str
    corresponds_to: str
    valid_from: date
    valid_until: date | None
    schedule: str
    instrument: str
    verified: bool
    name_en: str = ""

    def in_force(self, on: date) -> bool:
        """Tell whether the code exists on this Vietnamese calendar day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class ControlledCode(Struct, frozen=True, gc=False):
    """That a control names a code, and since when."""

    commodity_code: str
    control_id: int
    valid_from: date
    valid_until: date | None

    def in_force(self, on: date) -> bool:
        """Tell whether the list names the code on this Vietnamese calendar day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


class TariffBook(Struct, frozen=True):
    """Everything the schedules say over all days, numbered: what is loaded as one version of the book."""

    codes: tuple[CommodityCode, ...]
    measures: tuple[Measure, ...]
    controls: tuple[Control, ...]
    controlled: tuple[ControlledCode, ...]
    schedule_codes: tuple[CodeValue, ...]


class TariffOfDay(Struct, frozen=True):
    """The tariff in force on one Vietnamese calendar day: `entries[hs8]`. Codes without any rate on file have an entry too."""

    on: date
    entries: Mapping[str, TariffEntry]
    schedule_members: Mapping[str, frozenset[str]]
    """Schedule code to the ISO-2 countries whose goods may claim it; a schedule absent here is open to all origins."""
    controls: Mapping[int, Control] = {}
    """Every control in force, by id."""
    measure_count: int = 0
    unverified_count: int = 0
    sample_count: int = 0


class Coverage(Struct, frozen=True):
    """What a tariff of the day covers: counts of codes. `priced` have an MFN (or chapter 98) rate."""

    codes: int
    priced: int
    several_vat: int
    several_duty: int
    without_rate: int
    without_vat: int
    export_unknown: int
    with_charge_without_amount: int
    with_control: int
    measures: int
    unverified: int
    samples: int


class Title(Struct, frozen=True, gc=False):
    """A short title of a section (`S01`), chapter, heading or subheading (2, 4, 6 digits): wording of this project to find and read by, not the legal text.

    `words` are further names that people use for the goods, in either language; `chapters` the chapters of a section.
    """

    digits: str
    name_vi: str
    name_en: str
    words: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    verified: bool = False


class TitleStep(Struct, frozen=True):
    """A chapter, heading or subheading above a code, with its short title; `verified` only where it was compared with the legal text."""

    digits: str
    name_vi: str
    name_en: str
    verified: bool


class CodeFound(Struct, frozen=True):
    """A commodity code that a search found: `complete` when its name and the titles above it hold every word asked for; a higher `score` is closer.

    `path` leads down to it: its chapter, its heading, and its subheading where that has a title.
    """

    code: CommodityCode
    score: float
    complete: bool
    path: tuple[TitleStep, ...] = ()


class TreeNode(Struct, frozen=True):
    """A step in the tree of the nomenclature: its digits (2, 4, 6 or 8), how many codes stand below it, and its names.

    The names of a code are those of the law book; with `short` they are a short title of this project (of a code: the English name alone).
    """

    digits: str
    code_count: int
    name_vi: str
    name_en: str
    short: bool = False


class SectionShown(Struct, frozen=True):
    """A section of the nomenclature with its short title and its chapters."""

    section: str
    name_vi: str
    name_en: str
    chapters: tuple[str, ...]
    verified: bool


class CodeMeasure(Struct, frozen=True, kw_only=True):
    """One measure on a code as a reader is shown it: the text as printed, what it means, and its source. Fields as in `Measure`."""

    kind: str
    option_code: str
    printed: str
    status: str
    rate_bp: int | None
    specific_e4: int
    currency_code: str
    unit_code: str
    excluded_countries: tuple[str, ...]
    country_rates_bp: Mapping[str, int]
    origins: tuple[str, ...]
    producer: str
    tax_code: str
    partly: bool
    notes: str
    valid_from: date
    valid_until: date | None
    schedule: str
    instrument: str
    verified: bool
    sample: bool


class CodeControl(Struct, frozen=True):
    """One permit, inspection or limit on a code as a reader is shown it; `needed` when it opens a condition on a declaration."""

    type_code: str
    name_vi: str
    effect: str
    needed: bool
    agency: str
    instrument: str
    list_no: str
    verified: bool


class CodeShown(Struct, frozen=True, kw_only=True):
    """All that the tariff says of one code on one day. `without_rate` says that no import duty is on file; `unverified` that something is not checked.

    `path` are the titles above it, the chapter first.
    """

    commodity_code: str
    name_vi: str
    name_en: str
    unit_codes: tuple[str, ...]
    unit_printed: str
    corresponds_to: str
    on: date
    schedule: str
    instrument: str
    measures: tuple[CodeMeasure, ...]
    controls: tuple[CodeControl, ...]
    quota: bool
    without_rate: bool
    unverified: bool
    path: tuple[TitleStep, ...] = ()
