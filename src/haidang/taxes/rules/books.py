"""The price book: all that pricing needs in one checksummed block of bytes, and the part of it that stands on a day.

The form of the file (docs/engine.md): one line `HAIDANG-BOOK 1 sha256=<64 hexadecimal digits> bytes=<length>`, then that many bytes of gzip, in
which a `PriceBook` stands as MessagePack with names of fields, so that any language reads it. The digest is that of the compressed bytes.
The same book gives the same bytes.
"""

import hashlib
import re
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
from msgspec.structs import replace

from haidang.reference.rules import parameters_of_day, rates_of_week, stands, week_of
from haidang.reference.terms import CodeValue
from haidang.tariff.rules import schedule_members, tariff_of_day
from haidang.tariff.searching import TariffIndex
from haidang.tariff.terms import Measure, TariffOfDay, Title
from haidang.tariff.titles import TITLES, titles_of
from haidang.taxes.rules.treatment import compile_treatments
from haidang.taxes.terms.receipts import BookDamaged, PriceBook, PricingDay

FORM = 1
PRICED_LISTS = (
    "adjustment_class", "adjustment_code", "agreement", "country", "currency", "declaration_kind", "exemption_code", "freight_code", "insurance_code",
    "kind_tax", "price_condition", "tariff_schedule", "tariff_title", "unit", "valuation_code", "vat_code",
)  # fmt: skip
"""Code lists that a price book holds: what value and tax are declared with, and the titles by which the tariff is read. Places, offices and people are not among them."""

_HEAD = re.compile(rb"HAIDANG-BOOK (?P<form>[0-9]{1,4}) sha256=(?P<sha256>[0-9a-f]{64}) bytes=(?P<bytes>[0-9]{1,10})\n")
_LONGEST_HEAD = 120
MOST_BYTES = 512 * 2**20
"""A book larger than this when unpacked is none: today's has 36 MB."""
_GZIP = 31
"""`wbits` of zlib for the gzip form with the largest window."""
_KEPT_DAYS = 8
_KEPT_INDEXES = 3


def pack(book: PriceBook) -> bytes:
    """Return a book as the bytes of its file."""
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    packed = packer.compress(msgspec.msgpack.encode(book)) + packer.flush()
    digest = hashlib.sha256(packed).hexdigest()
    return f"HAIDANG-BOOK {FORM} sha256={digest} bytes={len(packed)}\n".encode() + packed


def unpack(content: bytes) -> "OpenBook":
    """Return the book that a file holds.

    Raises:
        BookDamaged: it is no book, of another form, shorter or longer than it says, or its digest is another.
    """
    head = _HEAD.match(content[:_LONGEST_HEAD])
    if head is None:
        raise _damaged("tệp không phải sách giá của Hải Đăng", "the file is no price book of Hải Đăng")
    if int(head["form"]) != FORM:
        raise _damaged(
            f"sách giá dạng {int(head['form'])}, cần dạng {FORM}",
            f"a book of form {int(head['form'])}; form {FORM} is read",
        )
    packed = content[head.end() :]
    sha256 = hashlib.sha256(packed).hexdigest()
    if len(packed) != int(head["bytes"]) or sha256 != head["sha256"].decode():
        raise _damaged(
            "sách giá đã bị sửa hoặc bị cắt: mã băm không khớp",
            "the book was changed or cut: its digest does not match",
        )
    try:
        unpacker = zlib.decompressobj(_GZIP)
        plain = unpacker.decompress(packed, MOST_BYTES)
        if not unpacker.eof or unpacker.unused_data:
            raise _damaged("sách giá dài quá mức cho phép", "the book is longer than a book may be")
        return OpenBook(msgspec.msgpack.decode(plain, type=PriceBook), sha256)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(f"không đọc được sách giá ({error})", f"the book cannot be read ({error})") from error


def _damaged(text_vi: str, text_en: str) -> BookDamaged:
    return BookDamaged(
        f"{text_vi}; xuất lại bằng `haidang lawbook export`\n{text_en}; export it again with `haidang lawbook export`"
    )


class OpenBook:
    """A price book in use: the days asked for last are kept, so that the second question about a day costs nothing to read."""

    def __init__(self, book: PriceBook, sha256: str = "") -> None:
        """`sha256` is that of the packed book, empty for one that was never packed."""
        self.book = book
        self.sha256 = sha256
        self._days: dict[date, PricingDay] = {}
        self._turns: list[date] = []
        self._indexes: dict[int, TariffIndex] = {}
        self._measures: Mapping[int, Measure] | None = None

    def day(self, on: date) -> PricingDay:
        """Return the law of price and tax on one Vietnamese calendar day; half a second for the first of days between which no schedule changes."""
        found = self._days.get(on)
        if found is None:
            span = self._span(on)
            alike = next((day.tariff for day in self._days.values() if self._span(day.on) == span), None)
            found = day_of(self.book, on, alike)
            self._days = dict([*list(self._days.items())[1 - _KEPT_DAYS :], (on, found)])
        return found

    def index(self, on: date) -> TariffIndex:
        """Return the codes of a day ready to be searched; some tenths of a second for the first of days between which no schedule changes."""
        span = self._span(on)
        found = self._indexes.get(span)
        if found is None:
            found = TariffIndex((code for code in self.book.tariff.codes if code.in_force(on)), self.titles(on))
            self._indexes = dict([*list(self._indexes.items())[1 - _KEPT_INDEXES :], (span, found)])
        return found

    def titles(self, on: date | None = None) -> tuple[Title, ...]:
        """Return the short titles of sections, chapters, headings and subheadings that stand on a day; without one the newest of each."""
        return titles_of(self.book.codes, on)

    def _span(self, on: date) -> int:
        """Return the number of the span of days that a day lies in: within one no row of the tariff, and no title, begins or ends."""
        if not self._turns:
            tariff = self.book.tariff
            titles = [value for value in self.book.codes if value.list_name == TITLES]
            validities = (
                (row.valid_from, row.valid_until)
                for rows in (tariff.codes, tariff.measures, tariff.controlled, tariff.schedule_codes, titles)
                for row in rows
            )
            self._turns = sorted({on for validity in validities for on in validity if on is not None})
        return bisect_right(self._turns, on)

    def name(self, commodity_code: str) -> str:
        """Return the official name of a commodity code with the dashes of its level; empty when there is no such code."""
        codes = self.book.tariff.codes
        at = bisect_left(codes, commodity_code, key=lambda code: code.commodity_code)
        return codes[at].name_vi if at < len(codes) and codes[at].commodity_code == commodity_code else ""

    @property
    def measures(self) -> Mapping[int, Measure]:
        """Every row of the tariff by its number in this book."""
        if self._measures is None:
            self._measures = {row.measure_id: row for row in self.book.tariff.measures}
        return self._measures


def day_of(book: PriceBook, on: date, alike: TariffOfDay | None = None) -> PricingDay:
    """Return the part of a book that stands on a day; `alike` is the tariff of a day between which and this one no schedule changes."""
    tariff = book.tariff
    week = week_of(on)
    members = schedule_members(tariff.schedule_codes, on)
    return PricingDay(
        on=on,
        tariff=replace(alike, on=on)
        if alike is not None
        else tariff_of_day(on, tariff.codes, tariff.measures, tariff.controls, tariff.controlled, members),
        exchange_rates_e4=rates_of_week(book.exchange_rates, on),
        treatments=compile_treatments(lists_of_day(book.codes, on)),
        rate_sources={row.currency_code: row.source for row in book.exchange_rates if row.week_from == week},
        parameters=parameters_of_day(book.parameters, on),
        schedule_of_agreement={
            row.attributes["agreement"]: row.code for row in tariff.schedule_codes if "agreement" in row.attributes and stands(row, on)
        },
    )  # fmt: skip


def lists_of_day(codes: Iterable[CodeValue], on: date) -> Mapping[str, Mapping[str, CodeValue]]:
    """Return the values of each list that stand on a day, by list and code."""
    lists: dict[str, dict[str, CodeValue]] = {name: {} for name in PRICED_LISTS}
    for value in codes:
        if stands(value, on):
            lists.setdefault(value.list_name, {})[value.code] = value
    return lists
