"""Nouns of documents: types of file and of document, a document as it was given, and a reading of it by customs."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class MediaType(Struct, frozen=True):
    """One type of file that is taken. `family` is how its bytes are checked, `magic` the ending by which its signature is known (empty: text)."""

    media_type: str
    family: Literal["pdf", "png", "jpeg", "xlsx", "xml", "text"]
    magic: str
    suffix: str
    name_vi: str
    name_en: str


class DocumentType(Struct, frozen=True):
    """One type of document, as declarants know it."""

    type_code: str
    name_vi: str
    name_en: str


class DocumentField(Struct, frozen=True):
    """One field of a type of document. `type` is A (half-width text), W (text), D (date), F (decimal in a string, at most `decimals` places) or
    I (whole number); `width` counts bytes; `need` is M mandatory or C where there is one.
    """

    type_code: str
    name: str
    name_vi: str
    name_en: str
    type: Literal["A", "W", "D", "F", "I"]
    width: int
    decimals: int
    need: Literal["M", "C"]


class Given(Struct, frozen=True, kw_only=True):
    """A document as somebody gives it for the trader `trader_code`: checked bytes and facts. `facts` is a JSON object of its fields."""

    giver_id: int
    trader_code: str
    type_code: str
    media_type: str
    file_name: str
    facts: str
    content: bytes
    sha256: bytes


class Document(Struct, frozen=True):
    """A document on file, without its bytes. `ordinal` counts on its shard from 1; `digest` covers the row and the document before it there."""

    shard_id: int
    ordinal: int
    giver_id: int
    trader_code: str
    type_code: str
    media_type: str
    file_name: str
    facts: str
    size_bytes: int
    sha256: bytes
    given_at: datetime
    digest: bytes


class Reading(Struct, frozen=True):
    """Customs (`reader_id`, the party whose token asked) was given the bytes of a document at `read_at`; `digest` chains it to the one before.

    `officer_code` is who read (empty in logs of before readings named officers), `reason` why, when the document is on no file of that office.
    """

    shard_id: int
    ordinal: int
    reading_no: int
    reader_id: int
    read_at: datetime
    digest: bytes
    officer_code: str = ""
    reason: str = ""
