"""What changes between two books, and between two days of one."""

from datetime import date
from pathlib import Path

from haidang.reference import lookups, rules
from haidang.reference.rules import Change, Group, Turn
from haidang.reference.tests import build


def test_the_same_book_changes_nothing(tmp_path: Path) -> None:
    book = lookups.book_from_files(build.lawbook(tmp_path))
    assert rules.changes(book, book) == ()


def test_changes_are_told_by_part_with_what_was_and_what_is(tmp_path: Path) -> None:
    old = lookups.book_from_files(build.lawbook(tmp_path / "old"))
    new = lookups.book_from_files(
        build.lawbook(
            tmp_path / "new",
            parameters=build.PARAMETERS.replace("10,day", "14,day"),
            location=build.LOCATION.replace("SGSIN,Singapore\n", "") + "VNSGN,Ho Chi Minh City\n",
            instruments=build.INSTRUMENTS.replace("2026-02-01,,,,no", "2026-02-01,,2027-01-01,,no"),
        )
    )
    found = rules.changes(old, new)
    assert found == (
        Change(
            Group.INSTRUMENTS, "2/2026/NĐ-CP", "",
            "Nghị định thử (nghị định, Chính phủ), in force from 2026-02-01 [unverified]",
            "Nghị định thử (nghị định, Chính phủ), in force from 2026-02-01, suspended from 2027-01-01 [unverified]",
        ),
        Change(
            Group.PARAMETERS, "draft.kept", "2026-02-01",
            "10 day from 2026-02-01 (2/2026/NĐ-CP Art. 2) [unverified]; longer",
            "14 day from 2026-02-01 (2/2026/NĐ-CP Art. 2) [unverified]; longer",
        ),
        Change(Group.CODES, "location SGSIN", "", "Singapore / Singapore always (STD) [unverified]", ""),
        Change(Group.CODES, "location VNSGN", "", "", "Ho Chi Minh City / Ho Chi Minh City always (STD) [unverified]"),
    )  # fmt: skip
    assert rules.counted(found) == {
        "instruments": {"added": 0, "removed": 0, "changed": 1},
        "parameters": {"added": 0, "removed": 0, "changed": 1},
        "codes": {"added": 1, "removed": 1, "changed": 0},
    }


def test_a_switch_of_days_tells_figures_instruments_and_codes_that_change_on_it(tmp_path: Path) -> None:
    book = lookups.book_from_files(build.lawbook(tmp_path))
    found = rules.changes_of_days(book, date(2026, 1, 31), date(2026, 2, 1))
    assert [(change.group, change.key, change.turn) for change in found] == [
        (Group.INSTRUMENTS, "2/2026/NĐ-CP", Turn.CHANGED),
        (Group.PARAMETERS, "draft.kept", Turn.CHANGED),
        (Group.CODES, "price_condition DPU", Turn.ADDED),
        (Group.CODES, "price_condition OLD", Turn.REMOVED),
    ]
    assert rules.changes_of_days(book, date(2026, 2, 1), date(2026, 2, 2)) == ()


def test_the_switch_of_march_2027_lengthens_stays_under_bond_and_marks_them_unverified() -> None:
    book = lookups.book_from_files(lookups.lawbook_folder())
    found = {change.key: change for change in rules.changes_of_days(book, date(2027, 2, 28), date(2027, 3, 1))}
    stays = {key: (change.before[:8], change.after[:8]) for key, change in found.items() if ".stay" in key}
    assert stays == {
        "bonded.stay": ("12 month", "24 month"),
        "bonded.stay_extension": ("12 month", ""),
        "cfs.stay": ("90 day f", "180 day "),
        "cfs.stay_extension": ("90 day f", ""),
    }
    assert "(11/2026/QH16) [unverified]" in found["bonded.stay"].after
    assert (found["11/2026/QH16"].before, found["11/2026/QH16"].after) == ("not_yet", "in_force")
    assert found["customs_region III"].after.startswith("Hải quan khu vực III")
