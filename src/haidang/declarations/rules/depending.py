"""Which findings still hold when part of a declaration could not be read: those whose rule looked at nothing of that part.

What a rule looks at stands in `rules.csv` (`reads`). A rule that does not say is taken to look at everything, so a doubtful finding is kept
back: the declarant mends a fault twice sooner than one that was none.
"""

from collections.abc import Iterable

from haidang.declarations.rules.wording import ROOT, wordings
from haidang.kernel.findings import Finding

_OWN_ALONE = "-"
_GROUPS = frozenset(("items", "permits", "adjustments", "attachments", "transits", "instructions"))


def independent(findings: Iterable[Finding], unread: Iterable[str]) -> list[Finding]:
    """Return the findings that would be there whatever stood at the pointers `unread`, each once.

    A finding at an unread place, above or below one, is none of them. A rule about a goods line looks at that line and the header; a
    rule about the header that looks at a field of the lines looks at all of them.
    """
    gone = set(unread)
    if ROOT in gone or "" in gone or "/" in gone:
        return []
    above = {pointer[:end] for pointer in gone for end in _ends(pointer)}
    names = {_placed(pointer) for pointer in gone}
    anywhere = {name for _, name in names}
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        pointer = finding.pointer
        if pointer in gone or pointer in above or any(pointer[:end] in gone for end in _ends(pointer)):
            continue
        if not gone or not _looked_at(finding, names, anywhere):
            kept.setdefault((finding.code, pointer), finding)
    return list(kept.values())


def _looked_at(finding: Finding, names: set[tuple[str, str]], anywhere: set[str]) -> bool:
    """Whether the rule of a finding looks at one of the fields that were not read: `names` with their member, `anywhere` without."""
    wording = wordings().get(finding.code)
    if wording is None or not wording.reads:
        return True
    if wording.reads == _OWN_ALONE:
        return False
    member, _ = _placed(finding.pointer)
    for name in wording.reads.split():
        if ("", name) in names or (member, name) in names or (not member and name in anywhere):
            return True
    return False


def _placed(pointer: str) -> tuple[str, str]:
    """Return the member of a group in which a field lies (`items/3`, empty for the header), and the name of the field."""
    parts = pointer.removeprefix(ROOT).split("/")[1:]
    if len(parts) > 2 and parts[0] in _GROUPS:
        return f"{parts[0]}/{parts[1]}", parts[2]
    return "", parts[0] if parts else ""


def _ends(pointer: str) -> Iterable[int]:
    """Yield where each pointer above this one ends."""
    end = pointer.rfind("/")
    while end > 0:
        yield end
        end = pointer.rfind("/", 0, end)
