"""Nouns of the law book: instruments, parameters, code lists, holidays, exchange rates, and the codes in force on one day."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from haidang.kernel.findings import Refusal

BEGINNING = date.min
"""Start of a validity whose first day is not on file."""

SAMPLE = "sample"
"""The source of a row that only shows the form of a list, and of a figure that is our own setting for trials."""


class Instrument(Struct, frozen=True):
    """A legal instrument (văn bản pháp luật): law, decree, circular, decision.

    `verified` is False where its text was not seen by us: screens and printouts say so.
    """

    number: str
    kind: str
    title_vi: str
    issuer: str
    issued_on: date | None
    in_force_from: date | None
    in_force_until: date | None
    verified: bool
    source: str
    suspended_from: date | None = None
    suspended_until: date | None = None
    note: str = ""

    def in_force(self, on: date) -> bool:
        """Whether the instrument binds on that day. A date that is not on file does not limit it."""
        started = self.in_force_from is None or self.in_force_from <= on
        ended = self.in_force_until is not None and self.in_force_until <= on
        suspended = (
            self.suspended_from is not None
            and self.suspended_from <= on
            and (self.suspended_until is None or on < self.suspended_until)
        )
        return started and not ended and not suspended


class Citation(Struct, frozen=True):
    """Where a value comes from: instrument number and article."""

    instrument: str
    article: str
    verified: bool


class CodeValue(Struct, frozen=True):
    """One value of a code list with its validity (half-open; `BEGINNING` when its first day is not on file) and its names.

    `source` is the number of an instrument or standard of the law book, or `sample` for a row made up to show the form of a list whose
    authoritative text was not found.
    """

    list_name: str
    code: str
    name_vi: str
    name_en: str
    valid_from: date
    valid_until: date | None
    attributes: Mapping[str, str]
    source: str = ""
    verified: bool = False
    sample: bool = False


class Parameter(Struct, frozen=True):
    """A dated figure of the law: a deadline, a fee, a share. `value` is an integer in the unit that `unit` names."""

    name: str
    value: int
    unit: str
    valid_from: date
    valid_until: date | None
    citation: Citation
    note: str = ""


class Holiday(Struct, frozen=True):
    """A day on which the calendar of working days departs from the week: `working` False is a day off, True a weekend day worked instead.

    `computed` means that the day follows from the rule and was not announced yet.
    """

    on: date
    name_vi: str
    working: bool
    computed: bool
    citation: Citation


class CodeList(Struct, frozen=True):
    """A code list: its names, and what its rows cite unless they say otherwise. A packed list is too long for one object a row."""

    name: str
    name_vi: str
    name_en: str
    source: str
    verified: bool
    packed: bool = False
    note: str = ""


class Book(Struct, frozen=True):
    """A whole law book as it stands in the files: everything of every date. `digest` is the SHA-256 of what was read (hexadecimal)."""

    digest: str
    instruments: tuple[Instrument, ...]
    parameters: tuple[Parameter, ...]
    holidays: tuple[Holiday, ...]
    lists: tuple[CodeList, ...]
    codes: tuple[CodeValue, ...]


class ExchangeRate(Struct, frozen=True):
    """The rate of one currency for declarations registered in the week that begins on Monday `week_from`: đồng per unit, in ten-thousandths."""

    currency_code: str
    week_from: date
    rate_e4: int
    source: str


class LawbookVersionUnknown(LookupError):
    """The version asked for was never loaded; the message says which were."""


class SampleRatesRefused(Refusal):
    """Sample exchange rates may be loaded into a trial database only."""

    code = "SAMPLE_RATES_REFUSED"
    text_vi = "Tỷ giá mẫu chỉ được nạp vào cơ sở dữ liệu thử nghiệm."
    text_en = "Sample exchange rates are for trial databases only."


class UnreadableLawbook(ValueError):
    """A row of the law book cannot be read; the message names file, line and column."""

    @property
    def text_vi(self) -> str:
        """What is wrong and what to do, in Vietnamese around the place."""
        return f"Không đọc được sách luật: {self}. Sửa dòng đó, rồi chạy haidang lawbook check."

    @property
    def text_en(self) -> str:
        """The same in English."""
        return f"The law book cannot be read: {self}. Mend that row, then run haidang lawbook check."


class Problem(Struct, frozen=True):
    """One contradiction of a book: the rule that is broken and the row that breaks it, in words of both languages, with what mends it.

    `table` and `key` name the row (`parameters`, name and first day); `place` says where it is written (`parameters.csv:12`), once looked up.
    """

    rule: str
    table: str
    key: tuple[str, ...]
    text_vi: str
    text_en: str
    repair_vi: str
    repair_en: str
    place: str = ""

    def told(self) -> str:
        """Return place, text and repair in both languages."""
        place = self.place or f"{self.table} {' '.join(filter(None, self.key))}"
        return f"{place}: {self.text_vi} → {self.repair_vi}\n{place}: {self.text_en} → {self.repair_en}"


class LawbookProblems(ValueError):
    """The law book contradicts itself and is not loaded; `problems` tells each contradiction."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.told() for problem in problems))
        self.problems = problems


class CodesOfDay(Struct, frozen=True):
    """Every code in force on one Vietnamese calendar day: `lists["country"]` maps code to its `CodeValue`.

    Immutable and shared by all declarations of that day; membership is one dictionary look-up.
    """

    on: date
    lists: Mapping[str, Mapping[str, CodeValue]]
    parameters: Mapping[str, Parameter]
    exchange_rates_e4: Mapping[str, int]
    """Đồng per unit of currency, in ten-thousandths, for the week of this day. VND is 10,000."""
