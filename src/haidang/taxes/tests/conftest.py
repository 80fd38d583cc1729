"""The whole law book, read once."""

import pytest

from haidang.reference.lookups import lawbook_folder
from haidang.taxes.actions import book_of_files
from haidang.taxes.rules.books import OpenBook


@pytest.fixture(scope="session")
def book() -> OpenBook:
    return OpenBook(book_of_files(lawbook_folder()))
