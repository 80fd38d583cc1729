"""What the short texts of conditions and the codes of requests mean in words, Vietnamese and English: for people, beside the codes that stand stored. Pure.

Conditions keep codes because rules and digests rest on them; whoever reads a condition reads words. The words are data (`words.csv`); grounds of assessment and
cases of cancellation have theirs in their own tables, by date. Agencies bear the names of the lists that name them, from before the mergers of 2025.
"""

import csv
import re
from collections.abc import Callable, Mapping
from datetime import date
from importlib import resources

from haidang.clearance.rules.cancelling import CASES
from haidang.clearance.rules.revising import ground_of
from haidang.clearance.terms import Condition, ConditionKind
from haidang.clearance.terms.refusals import TableInvalid
from haidang.clearance.terms.revisions import Revision, RevisionKind
from haidang.kernel.calendar import vn_date
from haidang.taxes.terms import REASONS

Pair = tuple[str, str]
"""Vietnamese, English."""


def load_words(text: str) -> Mapping[str, Mapping[str, Pair]]:
    """Read the words of codes from CSV text with the columns list, code, name_vi, name_en: by list and code.

    Raises:
        TableInvalid: a column or a name is missing, or a code stands twice in its list.
    """
    lists: dict[str, dict[str, Pair]] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            its, code, pair = lists.setdefault(row["list"], {}), row["code"], (row["name_vi"], row["name_en"])
        except KeyError as missing:
            raise TableInvalid(f"words, line {number}: {missing}") from missing
        if code in its or not all(pair):
            raise TableInvalid(f"words, line {number}: {code} stands twice or has no name")
        its[code] = pair
    return lists


WORDS = load_words(resources.files("haidang.clearance").joinpath("words.csv").read_text("utf-8"))
"""The table."""
_RATE = re.compile(r"(?P<line>[0-9]+): (?P<tax>[A-Z_]+)(?: \((?P<reason>\w+)\))?")
_CHECK = re.compile(r"(?P<kind>[A-Z_]+) (?P<number>[0-9]+): (?P<text>.*)", re.DOTALL)


def detail_in_words(condition: Condition) -> Pair:
    """Return what a condition says in short, in words; a text that holds no code is the same in both languages."""
    told = _TOLD.get(condition.kind)
    return told(condition.detail) if told and condition.detail else (condition.detail, condition.detail)


def agency_in_words(code: str) -> Pair:
    """Return the names of the agency whose a condition is; an agency without a name in the table keeps its code."""
    return WORDS["agency"].get(code, (code, code))


def code_in_words(revision: Revision) -> Pair:
    """Return why something was asked, by the table in force on the day it was asked; a code of no table stays as it is."""
    code, plain = revision.code, (revision.code, revision.code)
    if revision.kind is RevisionKind.ASSESSMENT:
        ground = ground_of(code, vn_date(revision.asked_at))
        return (ground.name_vi, ground.name_en) if ground else plain
    return WORDS[revision.kind.value].get(code, plain)


def _both(vi: str, en: str, text: str) -> Pair:
    return (f"{vi}: {text}", f"{en}: {text}") if text else (vi, en)


def _of_lines(lines: str, vi: str, en: str) -> Pair:
    return f"{vi} (dòng {lines})", f"{en} ({'lines' if ',' in lines else 'line'} {lines})"


def _controlled(detail: str) -> Pair:
    code, _, lines = detail.partition(": ")
    names = WORDS["control"].get(code, (code, code))
    return _of_lines(lines, *names) if lines else names


def _consigned(detail: str) -> Pair:
    place, _, lines = detail.partition(": ")
    vi = f"chứng từ vận tải trực tiếp: xếp hàng tại {place}, ngoài các nước của hiệp định"
    return _of_lines(lines, vi, f"proof of direct consignment: loaded at {place}, outside the agreement")


def _rates(detail: str) -> Pair:
    told: list[Pair] = []
    for each in detail.split("; "):
        found = _RATE.fullmatch(each)
        if found is None:
            told.append((each, each))
            continue
        names = _of_lines(found["line"], *WORDS["tax"].get(found["tax"], (found["tax"], found["tax"])))
        why = REASONS.get(found["reason"] or "", ("", ""))
        told.append((_both(names[0], "", why[0])[0], _both(names[1], "", why[1])[0]))
    return "; ".join(vi for vi, _ in told), "; ".join(en for _, en in told)


def _arrival(detail: str) -> Pair:
    try:
        day = date.fromisoformat(detail)
    except ValueError:
        return detail, detail
    return f"dự kiến đến ngày {day:%d/%m/%Y}", f"expected on {day:%d/%m/%Y}"


def _doubted(detail: str) -> Pair:
    lines, _, text = detail.partition(": ")
    return _both(f"dòng {lines}", f"{'lines' if ',' in lines else 'line'} {lines}", text)


def _released(detail: str) -> Pair:
    code, _, text = detail.partition(": ")
    return _both(*WORDS["release"].get(code, (code, code)), text)


def _cancelled(detail: str) -> Pair:
    code, _, text = detail.partition(": ")
    case = CASES.get(code)
    return _both(case.name_vi, case.name_en, text) if case else (detail, detail)


def _held(detail: str) -> Pair:
    found = _CHECK.fullmatch(detail)
    if found is None:
        return detail, detail
    vi, en = WORDS["check"].get(found["kind"], (found["kind"], found["kind"]))
    return _both(f"{vi} (điều kiện {found['number']})", f"{en} (condition {found['number']})", found["text"])


def _numbered(detail: str) -> Pair:
    return f"đề nghị số {detail}", f"request {detail}"


_TOLD: Mapping[ConditionKind, Callable[[str], Pair]] = {
    ConditionKind.PERMIT: _controlled,
    ConditionKind.SPECIALISED_INSPECTION: _controlled,
    ConditionKind.ORIGIN: _consigned,
    ConditionKind.RATE: _rates,
    ConditionKind.ARRIVAL: _arrival,
    ConditionKind.HOLD: _held,
    ConditionKind.CANCELLATION: _cancelled,
    ConditionKind.AMENDMENT: _numbered,
    ConditionKind.VALUE_DOUBT: _doubted,
    ConditionKind.CONSULTATION: _doubted,
    ConditionKind.ASSESSMENT: _doubted,
    ConditionKind.RELEASE: _released,
    ConditionKind.DETERMINATION: _released,
}
