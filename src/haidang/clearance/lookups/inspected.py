"""What inspections found of the goods of one declaration, against what was declared then."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg

from haidang.clearance import store
from haidang.clearance.rules.inspecting import compared
from haidang.clearance.terms.acts import ComparedLine, FoundLine
from haidang.declarations.lookups import goods_of, rows
from haidang.kernel.money import format_scaled
from haidang.platform.db import rows_of

_MILLI = 3
_SEQ = store.LINE.columns.index("journal_seq")


def inspected_view(connection: psycopg.Connection[Any], key: tuple[int, int, UUID]) -> dict[int, dict[str, object]]:
    """Return what each inspection found, by the number of its act: `found` line by line, and `evidence` by hash. What no inspection named is absent."""
    found: dict[int, list[FoundLine]] = defaultdict(list)
    for row in rows_of(connection, store.LINE, [key]).get(key[2], []):
        found[row[_SEQ]].append(FoundLine(*row[_SEQ + 1 :]))
    if not found:
        return {}
    evidence: dict[int, list[dict[str, str]]] = defaultdict(list)
    for row in rows_of(connection, store.EVIDENCE, [key]).get(key[2], []):
        evidence[row[_SEQ]].append({"kind": row[-2], "sha256": row[-1].hex()})
    declared = rows(connection, [key])[key[2]]
    result: dict[int, dict[str, object]] = {}
    for seq, lines in found.items():
        stood = [version for version in declared.versions if version.journal_seq < seq]
        goods = goods_of(stood[-1] if stood else declared)
        result[seq] = {"found": [compared_view(each) for each in compared(goods, lines)], "evidence": evidence[seq]}
    return result


def compared_view(line: ComparedLine) -> dict[str, object]:
    """Return what everybody concerned may see of a line that was looked at; quantities as decimals, the difference with its sign."""
    return {
        "line_no": line.line_no,
        "commodity_code": line.commodity_code,
        "unit_code": line.unit_code,
        "declared": format_scaled(line.declared_milli, _MILLI),
        "found": format_scaled(line.found_milli, _MILLI),
        "difference": format_scaled(line.difference_milli, _MILLI),
    }
