"""In which form an answer is wanted: the header Accept (RFC 9110 section 12.5.1) against the forms that there are."""

import re
from collections.abc import Sequence

_LONGEST = 1_000
"""Characters of the header that are looked at; a browser sends some 150."""
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.ASCII)
_SAME = {"text/xml": "application/xml"}


def chosen(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered media type that the header wants most, the first of several; None when it takes none of them.

    Without a header it is the first. The most specific range that fits a type says how much it is wanted: the type, `type/*`, `*/*`.
    """
    wanted = _wanted(accept[:_LONGEST])
    if not wanted:
        return offered[0]
    best, most = None, 0
    for form in offered:
        group = form.partition("/")[0]
        quality = next((wanted[each] for each in (form, f"{group}/*", "*/*") if each in wanted), 0)
        if quality > most:
            best, most = form, quality
    return best


def _wanted(accept: str) -> dict[str, int]:
    """Return how much each range is wanted, in thousandths; a weight that is none counts as not given."""
    wanted: dict[str, int] = {}
    for each in accept.lower().split(","):
        range_, *parameters = (part.strip() for part in each.split(";"))
        if range_:
            weights = [match[1] for part in parameters if (match := _QUALITY.fullmatch(part))]
            whole, _, fraction = (weights[0] if weights else "1").partition(".")
            wanted[_SAME.get(range_, range_)] = int(whole) * 1_000 + int(fraction.ljust(3, "0") or 0)
    return wanted
