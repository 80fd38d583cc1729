"""docs/messages.md: what partners send, field by field, printed from the tables that the decoder and the rules read."""

import sys
from collections.abc import Iterable, Mapping

from haidang.declarations.rules.fields import Field, group
from haidang.declarations.rules.wording import wordings
from haidang.gateway.messages import acts, goods_lists, parcels, rulings
from haidang.gateway.messages.following import ENVELOPES
from haidang.gateway.messages.json_safety import MAX_DEPTH
from tools.generated import ROOT, Generated, write_or_check

HEAD = f"""# Messages

Written by `python -m tools.message_fields` from `declarations/fields.csv`, `declarations/rules.csv` and `gateway/messages/envelope.py`.

A message is one JSON object in UTF-8 without byte order mark. The bytes received are kept as they came; what is stored from them is normalised.

## How values are written
| value | written | rule |
|---|---|---|
| code, text | string | Unicode NFC after reading (decomposed letters are composed); no control, invisible or direction-changing character. Width counts **bytes** of UTF-8: a letter with Vietnamese diacritics takes 2 or 3 |
| half-width text (A) | string | ASCII only |
| decimal (F) | string, `"12.5"` | ASCII digits with at most one point; no sign, exponent, grouping or comma. Zeros in front are ignored. More decimals than the table allows are refused, not rounded |
| count (I) | JSON integer, `42` | at least 1; no sign, point or exponent |
| date (D) | string, `"2026-03-02"` | YYYY-MM-DD, a real day of the years 2000 to 2099. VNACCS writes the same day `02032026` (DDMMYYYY); that form is not taken here, because one of the two would be misread |
| instant (T) | string, `"2026-03-02T08:00:00+07:00"` | RFC 3339 with its offset |
| truth value (B) | `true`, `false` | |

What is not declared is left out. An empty string counts as left out; `null` is refused. Unknown names and keys written twice are refused. A declaration has
1 to 5,000 goods lines (the 50 lines of the old form are no limit here). Amounts in VND have no decimals.

## Answers to a message that cannot be taken
- **400**, one reason: not UTF-8 (`HD-NOT-UTF8`), not JSON (`HD-MALFORMED`), `NaN` or `Infinity` (`HD-NON-FINITE`), half a character (`HD-HALF-CHARACTER`), deeper than
  {MAX_DEPTH} levels (`HD-TOO-DEEP`), a key twice in one object (`HD-DUPLICATE-KEY`), not an object (`HD-NOT-AN-OBJECT`).
- **422**, all findings at once: code, JSON pointer into the message, WCO Data Model path, what is wrong and what to do in Vietnamese and English, the law, the nearest valid codes.

Codes `R…` and `E…` are those of VNACCS. There a code belongs to a procedure, and may mean another thing in the next: the rules below name the procedures in
which theirs means this (IDA for imports, EDA for exports), in whichever call they come back. Codes `HD-…` are this platform's own. The error catalogue of VNACCS is known from 2014 and is not verified against a later one.
"""

_GROUPS = {**acts.GROUPS, **goods_lists.GROUPS, **parcels.GROUPS}
NEEDS = {"M": "M", "P": "M*", "C": "C", "-": "–", "X": "no", "O": "customs"}


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, "\n## Messages\n"]
    for procedures, members in {**ENVELOPES, **rulings.ENVELOPES, **parcels.ENVELOPES}.items():
        parts += [f"\n### {procedures}\n\n", *_envelope(members)]
        for name in (name for name in _GROUPS if name in members):
            parts += [f"\nMembers of `{name}`\n\n", *_envelope(_GROUPS[name])]
    parts.append(
        "\n## The declaration\nM mandatory in the field table of the law; M* mandatory here as well, because nothing can be assessed without it; "
        "C conditional; – not a field of that direction; no: on the form, but not to be filled in; customs: only officers fill it in.\n"
    )
    titles = {
        "header": "Header",
        "item": "Goods line",
        "permit": "Permit",
        "adjustment": "Valuation adjustment",
        "attachment": "Document attached",
        "transit": "Place of transit",
        "instruction": "Instruction of customs",
        "tax_relief": "Relief from another tax (within a goods line)",
    }
    for name, title in titles.items():
        parts += [f"\n### {title}\n\n", *_fields(group(name).values())]
    parts += ["\n## Rules of completeness and coherence\n\n", *_rules()]
    return "".join(parts)


def _envelope(members: Mapping[str, Field]) -> Iterable[str]:
    yield "| name | | type | width | allowed | meaning |\n|---|---|---|---|---|---|\n"
    for field in members.values():
        need = "M" if field.always_needed else "C"
        width = field.width or ""
        yield f"| `{field.name}` | {need} | {_type(field)} | {width} | {', '.join(field.values)} | {field.name_vi} · {field.name_en} |\n"


def _type(field: Field) -> str:
    return {"O": "object", "G": "list", "K": "visible ASCII", "N": "11 or 12 digits"}.get(field.type, field.type)


def _fields(fields: Iterable[Field]) -> Iterable[str]:
    yield "| name | VNACCS | import | export | type | width | list | meaning | WCO |\n|---|---|---|---|---|---|---|---|---|\n"
    for field in fields:
        ids = " / ".join(dict.fromkeys(each for each in (field.vnaccs_import, field.vnaccs_export) if each))
        type_ = (
            "list" if field.type == "G" else f"{field.type}{f' ≤{field.decimals} dec.' if field.type == 'F' else ''}"
        )
        many = f" ×{field.repeat}" if field.repeat > 1 else ""
        listed = ", ".join(field.values) or field.code_list
        need = f"{NEEDS[field.need_import]} | {NEEDS[field.need_export]}"
        yield (
            f"| `{field.name}` | {ids} | {need} | {type_}{many} | {field.width or ''} | {listed} "
            f"| {field.name_vi} · {field.name_en} | {field.wco_pointer.replace('|', ' or ')} |\n"
        )


def _rules() -> Iterable[str]:
    yield "| code | in | where | rule | repair |\n|---|---|---|---|---|\n"
    for code, wording in wordings().items():
        where = f"`{wording.field}`" if wording.field else ""
        yield f"| {code} | {wording.procedures} | {where} | {wording.text_vi} · {wording.text_en} | {wording.repair_vi} · {wording.repair_en} |\n"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it."""
    return write_or_check([Generated(ROOT / "docs" / "messages.md", page())], arguments, "tools.message_fields")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
