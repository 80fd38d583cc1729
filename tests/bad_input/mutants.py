"""Mutants of valid messages, drawn by hypothesis: the structure stays in sight, so that many get past the decoder and some are right."""

import json
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from haidang.declarations.rules.fields import Field, fields
from haidang.declarations.tests import build
from tests.bad_input.messages import TRADER, everything, tree

ID = "the id of this very message"
"""Stands in the mutants until each gets an id of its own."""


class Members(list[tuple[str, Any]]):
    """An object as it is written: (name as JSON text, value), in order; a name may stand twice."""


class Text(str):
    """A value as it is written, JSON or not."""


def opened(node: Any) -> Any:
    """Take an object apart."""
    if isinstance(node, dict):
        return Members((json.dumps(name), opened(value)) for name, value in node.items())
    if isinstance(node, list):
        return [opened(value) for value in node]
    return Text(json.dumps(node, ensure_ascii=False))


def closed(node: Any) -> str:
    """Write it."""
    if isinstance(node, Members):
        return "{" + ",".join(f"{name}:{closed(value)}" for name, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(closed, node)) + "]"
    return str(node)


NUMBERS = [
    "0",
    "-0",
    "-1",
    "1.0",
    "1e2",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "9" * 19,
    str(2**63),
    "9" * 5_000,
    "42",
    "1",
    "5001",
]
TEXTS = [
    *("", "0", "-1", "1e400", "NaN", "1.", ".5", "0.00001", "9" * 18, "9" * 20, "922337203685477.5807", "１２", "²", "a" * 700, "\x00", "\n"),
    *("\u202e", "\u200b", "\ufeff", "\ue000", "e\u0323\u0302", "ệ", "đ" * 400, "e" + "\u0301" * 40, "2026-02-31", "2026-03-01", "2099-12-31"),
    *("2000-01-01", "9999-12-31", "VN", "KR", "USD", "VND", "HRK", "BGN", "A11", "B11", "A42", "E11", "KGM", "PCE", "V10", "V08", "VB", "CIF"),
    *("FOB", "EXW", "A", "B", "C", "D", "E", "T", "B01", "B14", "B99", "39269059", "84713020", "22030091", "01012100", "3926", "03CC", "03CCS03"),
    *("VNHPH", "VNZZZ", "KRPUS", "2", "9", "1", "SXN01", "SXG01", "SXK01", "AD", "SB", "IP", "DP", "TNE", "LBR", "12.5", "100", "1000000"),
    *("'; DROP TABLE draft;--", "%s%s%n", "{0}", "{code}", "${x}", "../../etc/passwd", "<script>", "=1+1", TRADER, "9900020005", "0100109106"),
]  # fmt: skip
RAW = [
    "null",
    "true",
    "false",
    "[]",
    "{}",
    '""',
    "[[]]",
    '[""]',
    "[null]",
    "[{}]",
    '{"":""}',
    '"\\ud800"',
    '"\\u0000"',
    "[" * 40 + "]" * 40,
    "",
    "'a'",
    "/**/1",
]
HOSTILE: SearchStrategy[Text] = st.one_of(
    st.sampled_from([Text(json.dumps(text, ensure_ascii=False)) for text in TEXTS]),
    st.sampled_from(list(map(Text, NUMBERS + RAW))),
    st.text(max_size=12).map(lambda text: Text(json.dumps(text, ensure_ascii=False))),
    st.integers(-(2**70), 2**70).map(lambda number: Text(str(number))),
    st.decimals(0, 10**15, places=4).map(lambda number: Text(f'"{number}"')),
    st.dates().map(lambda day: Text(f'"{day.isoformat()}"')),
)
CODES: dict[str, tuple[str, ...]] = {
    "country": ("KR", "CN", "US", "JP", "VN"), "currency": ("USD", "EUR", "JPY", "VND"), "unit": ("KGM", "PCE", "MTK", "LTR"),
    "tariff_schedule": ("B01", "B03", "B04", "B05", "B14"), "price_condition": ("CIF", "FOB", "EXW", "DAP", "CFR"),
    "declaration_kind": ("A11", "A12", "B11", "E21"), "transport_mode": ("1", "2", "3", "4", "9"), "package_unit": ("CT", "PK"),
    "payment_method": ("TTR", "LC", "KHONGTT"), "tax": ("V10", "V08"), "exemption_code": ("SXN01", "SXG01"), "tariff": ("39269059", "84713020"),
    "valuation_code": ("6", "7", "1"), "freight_code": ("A", "B", "D", "E"), "insurance_code": ("A", "D"), "payment_timing": ("D", "A", "C"),
    "warehouse": ("03CCS03",), "customs_office": ("03CC",), "location": ("VNHPH", "KRPUS", "VNZZZ"), "permit_type": ("GP01", "KD01"),
}  # fmt: skip


def _likely(field: Field) -> SearchStrategy[Text]:
    """Return values that may well stand in a field."""
    match field.type:
        case "F":
            texts: SearchStrategy[Any] = st.one_of(
                st.decimals(0, 10**6, places=2).map(str), st.sampled_from(("1", "100", "0"))
            )
        case "I":
            texts = st.integers(1, 9)
        case "D":
            texts = st.dates(date(2025, 6, 1), date(2026, 9, 1)).map(date.isoformat)
        case "B":
            texts = st.booleans()
        case _ if field.values or field.code_list in CODES:
            texts = st.sampled_from(field.values or CODES[field.code_list])
        case _:
            texts = st.text("ABCđệơư 0189", min_size=1, max_size=9)
    return texts.map(lambda value: Text(json.dumps(value, ensure_ascii=False)))


LIKELY = {json.dumps(field.name): _likely(field) for field in fields() if field.repeat == 1 and field.type != "G"}
NAMES = [json.dumps(field.name) for field in fields()] + ['"x"', '""', '"package\\u005fcount"', '"__proto__"']


def originals() -> list[dict[str, Any]]:
    """Return what mutants are made of: an import, one of three lines, one with every field, an export."""
    export = build.export_declaration(2, trader_code=TRADER)
    return [
        tree(ID),
        {**tree(ID), "declaration": build.wire(build.declaration(3, trader_code=TRADER))},
        json.loads(everything(ID)),
        {"message_id": ID, "sender": TRADER, "procedure": "LODGE", "declaration": build.wire(export)},
    ]


def _places(node: Any) -> list[tuple[Any, int]]:
    """Return (home, index) of every value in it."""
    found: list[tuple[Any, int]] = []
    for index, entry in enumerate(node if isinstance(node, list) else ()):
        value = entry[1] if isinstance(node, Members) else entry
        found.append((node, index))
        found += _places(value)
    return found


@st.composite
def mutants(draw: DrawFn, bodies: SearchStrategy[dict[str, Any]]) -> str:
    """Draw the text of a message in which one to four things were dropped, doubled, replaced, renamed, moved or added."""
    body = opened(draw(bodies))
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3, 4)))):
        places = _places(body)
        if not places:
            break
        home, index = draw(st.sampled_from(range(len(places))).map(places.__getitem__))
        _change(draw, home, index, places)
    return closed(body)


def _change(draw: DrawFn, home: Any, index: int, places: list[tuple[Any, int]]) -> None:
    entry = home[index]
    name = entry[0] if isinstance(home, Members) else None
    match draw(
        st.sampled_from(
            (
                "likely",
                "likely",
                "likely",
                "likely",
                "replace",
                "replace",
                "replace",
                "drop",
                "drop",
                "double",
                "rename",
                "move",
                "add",
                "repeat",
            )
        )
    ):
        case "likely" if name in LIKELY:
            home[index] = (name, draw(LIKELY[name]))
        case "drop":
            del home[index]
        case "double":
            home.insert(index, entry)
        case "rename" if name is not None:
            home[index] = (draw(st.sampled_from(NAMES)), entry[1])
        case "move":
            other, at = places[draw(st.integers(0, len(places) - 1))]
            if at < len(other):
                value = other[at][1] if isinstance(other, Members) else other[at]
                if closed(value).count("{") < 3:  # a small one: objects put into themselves would grow without end
                    home[index] = (name, Text(closed(value))) if name is not None else Text(closed(value))
        case "add" if name is not None:
            home.insert(index, (draw(st.sampled_from(NAMES)), draw(HOSTILE)))
        case "repeat" if name is None:
            home[index:index] = [entry] * draw(st.integers(2, 60))
        case _:
            value = draw(HOSTILE)
            home[index] = (name, value) if name is not None else value


@st.composite
def flipped(draw: DrawFn, texts: SearchStrategy[str]) -> bytes:
    """Draw the bytes of a message in which up to three bytes were changed, cut out or put in."""
    raw = bytearray(draw(texts).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from((0, 0, 0, 0, 1, 2, 3)))):
        at = draw(st.integers(0, len(raw)))
        raw[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(raw)
