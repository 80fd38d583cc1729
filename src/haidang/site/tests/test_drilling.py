"""A switch of the law is drilled: what changes at an instant, and which open declarations and clocks it bears on."""

import shutil
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from haidang.kernel.calendar import day_start
from haidang.reference.actions import load_lawbook
from haidang.reference.lookups import lawbook_folder
from haidang.site.drilling import drill
from haidang.tariff.actions import load_schedules
from tests.passing.rig import Rig, declared

pytestmark = pytest.mark.processes
"""A second law book is read and loaded whole."""
SWITCH = datetime(2026, 3, 9, 17, tzinfo=UTC)
"""2026-03-10 00:00 in Viet Nam."""
_CHANGED = {
    "parameters.csv": [
        ("clearance.document_check_hours,2,working_hour,2015-01-01,,54/2014/QH13,Art. 23,no,from a full dossier",
         "clearance.document_check_hours,2,working_hour,2015-01-01,2026-03-10,54/2014/QH13,Art. 23,no,from a full dossier\n"
         "clearance.document_check_hours,16,working_hour,2026-03-10,,54/2014/QH13,Art. 23,no,a switch to be drilled"),
        ("draft.kept,7,day,2018-06-05,,39/2018/TT-BTC,Art. 18(6)(b) of 38/2015/TT-BTC,no,from the first save or the last edit",
         "draft.kept,7,day,2018-06-05,2026-03-10,39/2018/TT-BTC,Art. 18(6)(b) of 38/2015/TT-BTC,no,from the first save or the last edit"),
    ],
    "codes/customs_office.csv": [
        ("03CC,Hải quan cửa khẩu cảng Hải Phòng khu vực 1,,2025-03-15,,VN-OFFICES-2025,,,03,III,",
         "03CC,Hải quan cửa khẩu cảng Hải Phòng khu vực 1,,2025-03-15,2026-03-10,VN-OFFICES-2025,,,03,III,\n"
         "03CC,Tên thử,,2026-03-10,,VN-OFFICES-2025,,,03,III,"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def drilled(cluster: Any, tmp_path_factory: Any) -> Any:
    """Return the installation, what its first declaration in the yellow channel was answered, and the drill of a switch that bears on it."""
    made = cluster.make_trial()
    rig = Rig(made.config)
    yellow = next(answer for _, answer in iter(lambda: rig.lodge(declared()), None) if answer["channel"] == 2)
    folder = tmp_path_factory.mktemp("switch") / "lawbook"
    shutil.copytree(lawbook_folder(), folder)
    for name, edits in _CHANGED.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (folder / name).write_text(text, encoding="utf-8")
    with psycopg.connect(made.dsn("owner"), autocommit=True) as owner, owner.transaction():
        load_schedules(owner, folder, load_lawbook(owner, folder, "a switch"))
    yield made.config, yellow, drill(made.config, SWITCH)
    rig.close()
    cluster.drop(made)


def test_figures_codes_and_instruments_of_the_instant_are_told(drilled: Any) -> None:
    _, _, found = drilled
    assert (found.before.isoformat(), found.after.isoformat()) == ("2026-03-09", "2026-03-10")
    assert {change.key for change in found.changes} == {
        *("clearance.document_check_hours", "draft.kept", "customs_office 03CC"),
    }


def test_a_running_clock_is_told_with_the_old_due_time_and_that_of_the_new_figure(drilled: Any) -> None:
    _, yellow, found = drilled
    clock = next(each for each in found.clocks if each.subject == yellow["declaration_no"])
    assert (clock.clock, clock.figure) == ("condition 1 document_check", "clearance.document_check_hours")
    condition = next(each for each in yellow["open_conditions"] if each["kind"] == "document_check")
    assert clock.due_on_file == condition["due_at"]
    old, new = (datetime.fromisoformat(text) for text in (clock.due_on_file, clock.due_by_new))
    began = datetime.fromisoformat(clock.opened_at)
    assert (old - began).total_seconds() == 2 * 3600 and (new.date() - began.date()).days >= 1


def test_an_open_declaration_is_told_with_every_reason(drilled: Any) -> None:
    _, yellow, found = drilled
    file = next(each for each in found.declarations if each.declaration_no == yellow["declaration_no"])
    assert file.state == "doc_check" and file.reasons == (
        "customs_office 03CC", "condition 1 document_check: clearance.document_check_hours",
    )  # fmt: skip
    assert found.open_declarations >= len(found.declarations) >= 1
    assert {figure.name: figure.clocks for figure in found.figures}["clearance.document_check_hours"] == len(
        found.clocks
    )


def test_the_switch_of_march_2027_says_that_no_stays_are_on_file(drilled: Any) -> None:
    config, _, _ = drilled
    found = drill(config, day_start(datetime(2027, 3, 1).date()))
    stays = {figure.name: (figure.before[:8], figure.after[:8], figure.on_file) for figure in found.figures}
    assert stays["bonded.stay"] == ("12 month", "24 month", "no_stays")
    assert stays["cfs.stay"] == ("90 day f", "180 day ", "no_stays")
    assert stays["bonded.stay_extension"][1] == stays["cfs.stay_extension"][1] == ""
    assert "unverified" in next(figure.after for figure in found.figures if figure.name == "cfs.stay")
    assert found.clocks == () and found.open_clocks > 0
