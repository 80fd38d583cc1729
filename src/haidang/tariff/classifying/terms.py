"""Nouns of the help with classification."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

NAME, TEXT, RULING, TITLE = "name", "text", "ruling", "title"
"""What speaks for a code: its name in the law book, a text of goods that a site gave, a ruling on classification, a short title above it."""


NOT_A_DECISION = (
    "Chỉ để tham khảo, không phải quyết định phân loại: người khai và hải quan chịu trách nhiệm về mã; chỉ thông báo kết quả phân loại hoặc xác định trước mã số "
    "mới ràng buộc, đúng hàng, đúng người, trong thời hạn ghi trên đó.",
    "A help, not a decision on classification: declarant and customs answer for the code; only a ruling binds, for the goods, the person and the term that it names.",
)
"""What every answer says of itself, in Vietnamese and English."""


class GoodsText(Struct, frozen=True, gc=False):
    """A description of goods with the code it stands under. With `ruling_no` it is that of a ruling, else one that somebody declared."""

    text: str
    commodity_code: str
    ruling_no: str = ""


class RowRefused(Struct, frozen=True):
    """A row of a file that teaches nothing, and what to do; `row` counts from 1, without the heading, `line` is that of a CSV file or 0."""

    file: str
    row: int
    line: int
    column: str
    found: str
    text_vi: str
    text_en: str
    repair_vi: str
    repair_en: str


class TextsRead(Struct, frozen=True):
    """What files of texts held: what can be learned, and the rows refused."""

    texts: tuple[GoodsText, ...]
    refused: tuple[RowRefused, ...]


class TextsNotUnderstood(ValueError):
    """A file of texts that cannot be read at all; the message says in both languages what to do."""


class ModelNotUsable(ValueError):
    """A file that holds no model this version can ask: damaged, made by another version, or something else. The message says what to do."""


class Speaker(Struct, frozen=True):
    """One thing that speaks for a code: `kind` is `name`, `text`, `ruling` or `title`; `likeness_bp` is how like the question it is (10,000: the same words)."""

    kind: str
    text: str
    ruling_no: str
    likeness_bp: int


class Candidate(Struct, frozen=True):
    """A code that may be right: `confidence_bp` is the share of such candidates that were right when the model was tried (None: it was not tried).

    `words` are the words of the question that speak for it, the weightiest first.
    """

    commodity_code: str
    name_vi: str
    name_en: str
    score: float
    confidence_bp: int | None
    words: tuple[str, ...]
    speakers: tuple[Speaker, ...]


class Classified(Struct, frozen=True):
    """What the model says of a text on a day; no candidates: no word of it was ever learned.

    `sure` only when the first code's confidence reaches `sure_from_bp` and at least half of the question's words (`known_words` of `words`) were learned.
    `unknown_codes` counts the codes of the day that came after the model.
    """

    text: str
    on: date
    candidates: tuple[Candidate, ...]
    sure: bool
    sure_from_bp: int
    known_words: int
    words: int
    learned: Mapping[str, int]
    unknown_codes: int


class ClassificationHelp(Struct, frozen=True):
    """The answer to whoever asks the platform: what was found, and that it decides nothing. `text` of speakers of kind `text` is empty: it is the site's."""

    found: Classified
    law_book_version: int
    notice_vi: str
    notice_en: str


class Bin(Struct, frozen=True):
    """Candidates of like confidence: how many, what was promised on average, what share was right."""

    count: int
    promised_bp: int
    right_bp: int


class HitRates(Struct, frozen=True):
    """How often the right code came out of texts the model had not seen: shares in basis points; `headings` ask for four digits only."""

    texts: int
    first_bp: int
    first_five_bp: int
    first_ten_bp: int
    headings_first_five_bp: int
    sure_bp: int
    """Share of the texts of which it was sure."""
    sure_right_bp: int | None
    """Share of those it was sure of whose first code was right."""
    median_us: int
    """Microseconds of processor time of one answer."""
