"""What an inspection found against what was declared. Pure.

No tolerance is written in the law that was read, so none is assumed: what a difference leads to is the officer's decision (ours).
"""

from collections.abc import Iterable, Mapping

from haidang.clearance.terms.acts import ComparedLine, FoundLine


def compared(declared: Mapping[int, tuple[str, str, int]], found: Iterable[FoundLine]) -> tuple[ComparedLine, ...]:
    """Return each line that was looked at with what was declared of it, in order of line.

    `declared` is commodity code, unit and quantity (thousandths) by number of line, as it stood at the inspection.
    """
    return tuple(
        ComparedLine(each.line_no, *declared[each.line_no], each.found_milli)
        for each in sorted(found, key=lambda line: line.line_no)
    )


def differing(lines: Iterable[ComparedLine]) -> tuple[ComparedLine, ...]:
    """Return the lines of which another quantity was found than declared."""
    return tuple(each for each in lines if each.difference_milli)
