"""The two laws that a what-if compares: of a folder, of a version in use, of a draft in the workbasket."""

from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from haidang.kernel.findings import Refusal
from haidang.reference import lookups as reference
from haidang.reference.terms import CodesOfDay, Draft, LawbookProblems
from haidang.tariff import drafting
from haidang.tariff import lookups as tariffs
from haidang.tariff.terms import TariffOfDay
from haidang.taxes.columns import Law
from haidang.taxes.rules.treatment import compile_treatments


class DraftNotFound(Refusal):
    """What was named is no folder, and no draft has this number or title, or several have the title."""

    code = "WHATIF_DRAFT_NOT_FOUND"

    def __init__(self, named: str) -> None:
        self.text_vi = (
            f"Không có thư mục hoặc đúng một dự thảo tên {named}: xem haidang lawbook draft list, rồi ghi số dự thảo."
        )
        self.text_en = f"There is no folder, and not just one draft, called {named}: see haidang lawbook draft list and give the number."
        super().__init__()


class ComparedLaw(Struct, frozen=True):
    """One of the two laws and where it comes from: `folder`, or `version` of the book, or `draft` with its `title` on that version.

    `measures` counts the tariff measures in force on the day, `unverified` those of them that nobody has held against the text of the law.
    """

    law: Law
    on: date
    folder: str = ""
    version: int | None = None
    draft: int | None = None
    title: str = ""

    def facts(self) -> dict[str, Any]:
        """Return where the law comes from, as JSON holds it."""
        tariff = self.law.tariff
        return {
            "on": self.on, "folder": self.folder, "version": self.version, "draft": self.draft, "title": self.title,
            "measures": tariff.measure_count, "unverified": tariff.unverified_count, "samples": tariff.sample_count,
        }  # fmt: skip


def law_of_folder(folder: Path, on: date) -> ComparedLaw:
    """Return the law of a day as the files under a folder say it.

    Raises:
        UnreadableLawbook, ScheduleNotUnderstood: a file or row cannot be read.
    """
    codes = reference.codes_from_files(folder, on)
    return ComparedLaw(_law(codes, tariffs.tariff_from_files(folder, on)), on, folder=str(folder))


def law_of_version(connection: psycopg.Connection[Any], version: int, on: date) -> ComparedLaw:
    """Return the law of a day as a version of the book says it.

    Raises:
        LawbookVersionUnknown: that version was never loaded.
    """
    codes = reference.read_codes(connection, version, on)
    return ComparedLaw(_law(codes, tariffs.Shelf().tariff(connection, version, on, codes)), on, version=version)


def laws_of_draft(
    connection: psycopg.Connection[Any], draft_id: int, on: date, after_on: date
) -> tuple[ComparedLaw, ComparedLaw]:
    """Return the law without a draft and with it: on the newest version, or, of a draft that was published, on the version it followed.

    Raises:
        DraftUnknown: there is no such draft.
        LawbookProblems: it may not be published as it stands, so it says no law.
    """
    draft, rows, _ = reference.draft(connection, draft_id)
    if draft.version is not None:
        after = law_of_version(connection, draft.version, after_on)
        return law_of_version(connection, draft.version - 1, on), _of_draft(
            after.law, after_on, draft, draft.version - 1
        )
    if problems := drafting.problems(connection, draft_id):
        raise LawbookProblems(problems)
    version = reference.latest_version(connection)
    codes = reference.codes_with(connection, version, after_on, rows)
    lines = reference.tariff_lines(connection, version, rows)
    tariff = tariffs.tariff_with(connection, version, after_on, codes, lines)
    return law_of_version(connection, version, on), _of_draft(_law(codes, tariff), after_on, draft, version)


def draft_called(connection: psycopg.Connection[Any], named: str) -> int:
    """Return the number of the draft that a number or a title names.

    Raises:
        DraftNotFound: none, or several have the title.
    """
    found = [
        draft.draft_id
        for draft in reference.drafts(connection)
        if str(draft.draft_id) == named or draft.title == named.strip()
    ]
    numbers = [number for number in found if str(number) == named] or found
    if len(numbers) != 1:
        raise DraftNotFound(named)
    return numbers[0]


def _of_draft(law: Law, on: date, draft: Draft, version: int) -> ComparedLaw:
    return ComparedLaw(law, on, version=version, draft=draft.draft_id, title=draft.title)


def _law(codes: CodesOfDay, tariff: TariffOfDay) -> Law:
    return Law(tariff, codes.exchange_rates_e4, compile_treatments(codes.lists))
