"""Making a price book from the files of the law book."""

from pathlib import Path

from haidang.reference import lookups as reference
from haidang.tariff import lookups as tariff
from haidang.taxes.rules.books import PRICED_LISTS
from haidang.taxes.terms.receipts import PriceBook


def book_of_files(folder: Path, rates: Path | None = None) -> PriceBook:
    """Return the price book of a law book folder; two seconds. Its version is 0. `rates` is a file of exchange rates of its form; without, the samples.

    Raises:
        UnreadableLawbook, ScheduleNotUnderstood: a file cannot be read.
    """
    book = reference.book_from_files(folder)
    return PriceBook(
        version=0,
        lawbook_sha256=book.digest,
        tariff=tariff.book_from_files(folder),
        codes=tuple(row for row in book.codes if row.list_name in PRICED_LISTS),
        parameters=book.parameters,
        instruments=book.instruments,
        holidays=book.holidays,
        exchange_rates=reference.exchange_rates_from_file(rates or folder / reference.SAMPLE_RATES),
    )
