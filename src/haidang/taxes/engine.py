"""The tax engine as a library (docs/engine.md): a book from a file, prices, duty options and receipts from it; no database, no Django, no network.

from datetime import date
from haidang.taxes.engine import Receipt, open_book, price

book = open_book("haidang.book")
priced = price(book, {"invoice_currency_code": "USD", "items": [...]}, on=date(2026, 3, 2))
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from haidang.taxes.lookups import OpenBook, open_book
from haidang.taxes.rules.books import lists_of_day
from haidang.taxes.rules.declared import read_declared
from haidang.taxes.rules.exchange import rates_for_week
from haidang.taxes.rules.options import duty_options
from haidang.taxes.rules.quota import split_by_quota
from haidang.taxes.rules.quoting import quote
from haidang.taxes.rules.receipts import price, verify
from haidang.taxes.rules.valuing import find_value
from haidang.taxes.terms import Valuation
from haidang.taxes.terms.quoting import Quote, QuoteAsked
from haidang.taxes.terms.receipts import BookDamaged, Difference, DutyOption, NotPriceable, Receipt, Verification

__all__ = [
    "BookDamaged",
    "Difference",
    "DutyOption",
    "NotPriceable",
    "OpenBook",
    "Quote",
    "QuoteAsked",
    "Receipt",
    "Verification",
    "find_value",
    "open_book",
    "options",
    "price",
    "quote",
    "rates_for_week",
    "split_by_quota",
    "verify",
]


def options(
    book: OpenBook, declaration: Valuation | bytes | str | Mapping[str, Any], on: date, line: int = 1
) -> tuple[DutyOption, ...]:
    """Return every import duty that a line (counted from 1) could bear on a Vietnamese date, cheapest first; none for an export or an unknown code.

    Raises:
        NotPriceable: the declaration cannot be read, or has no such line.
    """
    lists = lists_of_day(book.book.codes, on)
    if not isinstance(declaration, Valuation):
        declaration, _ = read_declared(declaration, lists["declaration_kind"])
    if not 1 <= line <= len(declaration.items):
        raise NotPriceable(f"line: không có dòng hàng {line} · there is no line {line}")
    return duty_options(declaration, line - 1, book.day(on), lists["agreement"], book.measures)
