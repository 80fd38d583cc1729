"""Nouns of the law book: instruments, parameters, code lists, holidays, exchange rates, and the codes in force on one day."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

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


class TariffLine(Struct, frozen=True):
    """A rate that an instrument gives one commodity code in one schedule, ahead of the schedules as issued, from one day until before another.

    `schedule_code` is a tariff schedule (`B01`), `export` or `vat`; `rate` is written as a schedule prints it (`20`, `*`: none), empty for none but the specific
    one: `specific_e4` ten-thousandths of `currency_code` per one `unit_code`.
    """

    commodity_code: str
    schedule_code: str
    valid_from: date
    valid_until: date | None
    rate: str
    specific_e4: int
    currency_code: str
    unit_code: str
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
    lines: tuple[TariffLine, ...] = ()


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
        self.text_vi = f"Sách luật không được nhận: {len(problems)} mâu thuẫn. Sửa từng dòng được nêu, rồi làm lại."
        self.text_en = (
            f"The law book is not taken: {len(problems)} contradictions. Mend each row that is named, then do it again."
        )

    @property
    def findings(self) -> tuple[Mapping[str, str], ...]:
        """The problems as findings are told: code, place, text and repair in both languages."""
        return tuple(
            {
                "code": problem.rule,
                "pointer": problem.place,
                "text_vi": problem.text_vi,
                "text_en": problem.text_en,
                "repair_vi": problem.repair_vi,
                "repair_en": problem.repair_en,
            }
            for problem in self.problems
        )


class Editor(Struct, frozen=True):
    """Who acts on a draft of the law book: the code of an officer, and the number of the power that lets them."""

    officer_code: str
    power_id: int


class DraftRow(Struct, frozen=True):
    """One changed row of a draft: its table (`parameters`, `codes/country`), its key, and its cells as the files write them; None takes it out."""

    table: str
    key: tuple[str, ...]
    cells: Mapping[str, str] | None


class DraftState(StrEnum):
    """Where a draft of the law book stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Draft(Struct, frozen=True, kw_only=True):
    """A draft of the law book: changed rows against a version, kept with who did what and when.

    `rows_digest` (SHA-256) seals the rows at submission; `version` and `book_digest` (SHA-256) are what its publication made.
    """

    draft_id: int
    title: str
    base_version: int
    author: str
    made_at: datetime
    rows_digest: bytes | None = None
    submitted_at: datetime | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    published_by: str | None = None
    published_at: datetime | None = None
    version: int | None = None
    book_digest: bytes | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    @property
    def state(self) -> DraftState:
        """Where it stands."""
        if self.withdrawn_at is not None:
            return DraftState.WITHDRAWN
        if self.published_at is not None:
            return DraftState.PUBLISHED
        if self.approved_at is not None:
            return DraftState.APPROVED
        return DraftState.OPEN if self.submitted_at is None else DraftState.SUBMITTED


class DraftEvent(Struct, frozen=True):
    """One step of a draft: what, by whom, under which power, when, and what it was about. Steps of all drafts are numbered through.

    `digest` chains it to the step before, of whatever draft.
    """

    event_no: int
    draft_id: int
    event: str
    officer_code: str
    power_id: int
    happened_at: datetime
    detail: str
    digest: bytes


class DraftUnknown(Refusal):
    """There is no draft of that number."""

    code = "LAW_DRAFT_UNKNOWN"
    text_vi = "Không có dự thảo sách luật mang số này: xem haidang lawbook draft list."
    text_en = "There is no draft of the law book with this number: see haidang lawbook draft list."


class DraftNotNow(Refusal):
    """The draft does not stand where this step can be taken."""

    code = "LAW_DRAFT_NOT_NOW"
    text_vi = "Dự thảo không ở bước này (soạn → trình → duyệt → ban hành): xem haidang lawbook draft show."
    text_en = "The draft is not where this step can be taken (open → submitted → approved → published): see haidang lawbook draft show."


class DraftOfAnother(Refusal):
    """Only its author changes, submits or withdraws an open draft."""

    code = "LAW_DRAFT_OF_ANOTHER"
    text_vi = "Chỉ người soạn được sửa, trình dự thảo của mình: hãy lập dự thảo riêng (haidang lawbook draft new)."
    text_en = "Only its author changes or submits a draft: make one of your own (haidang lawbook draft new)."


class DraftNeedsAnother(Refusal):
    """An author approves or publishes their own draft: another person must."""

    code = "LAW_DRAFT_NEEDS_ANOTHER"
    text_vi = "Người soạn không được duyệt hoặc ban hành dự thảo của mình: cần một người khác có thẩm quyền."
    text_en = "The author of a draft neither approves nor publishes it: another person with the power must."


class CodesOfDay(Struct, frozen=True):
    """Every code in force on one Vietnamese calendar day: `lists["country"]` maps code to its `CodeValue`.

    Immutable and shared by all declarations of that day; membership is one dictionary look-up.
    """

    on: date
    lists: Mapping[str, Mapping[str, CodeValue]]
    parameters: Mapping[str, Parameter]
    exchange_rates_e4: Mapping[str, int]
    """Đồng per unit of currency, in ten-thousandths, for the week of this day. VND is 10,000."""
