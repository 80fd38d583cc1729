"""A declaration as the set of at most fifty lines each that the old system (VNACCS) takes: JSON, XML of the WCO Data Model, or CSV.

The set is a profile of export. Here the declaration stands as one, and parts are not lodged: see `HD-ONE-DECLARATION`.
"""

import csv
import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from lxml import etree
from msgspec import Struct

from haidang.clearance import lookups as clearance
from haidang.declarations import lookups as declarations
from haidang.declarations.rules.splitting import LINES_OF_A_PART, MOST_PARTS, parts_of, split
from haidang.declarations.terms import DeclarationPart
from haidang.gateway import problems, showing
from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.following import declared_in
from haidang.gateway.problems import JSON, Response, respond
from haidang.gateway.sheets import layout
from haidang.kernel.money import format_scaled
from haidang.taxes.terms import TaxKind

CSV = "text/csv"
FORMS = (JSON, showing.XML, CSV)
NAMESPACE = "urn:haidang:declaration-set:1"
_VARY = (("vary", "accept"),)
_BRANCH = "branch"
_LIKE_A_FORMULA = tuple("=+-@\t\r")
_BYTE_ORDER_MARK = "\ufeff"
_encode = msgspec.json.Encoder().encode


class SplitPart(Struct):
    """One branch: which lines of the whole it holds, what it declares, and its shares of value, taxes, freight and insurance."""

    branch_no: int
    branch_count: int
    line_from: int
    line_to: int
    declaration: dict[str, Any]
    customs_value_vnd_e4: int
    taxes: dict[str, int]
    payable_vnd: int
    freight: str
    insurance: str


class SplitSet(Struct):
    """A declaration as a set of branches. Over all branches each amount adds up to that of the whole, which stands here."""

    declaration_no: str
    lines_of_a_part: int
    line_count: int
    customs_value_vnd_e4: int
    taxes: dict[str, int]
    payable_vnd: int
    parts: list[SplitPart]


def answer(
    ingest: psycopg.Connection[Any], key: tuple[int, int, UUID], view: dict[str, Any], form: str, etag: str | None
) -> Response:
    """Return the set in a form of `FORMS`, or 406 when it would have more branches than the old system can number."""
    if parts_of(view["line_count"]) > MOST_PARTS:
        return respond(problems.TOO_LONG_TO_SPLIT)
    behind = clearance.declaring(ingest, key, int(view["declaration_no"][11:]))
    lines = declarations.declared_view(ingest, key)["items"]
    parts = split(
        declared_in(behind.raw),
        view["declaration_no"],
        [line["customs_value_vnd_e4"] for line in lines],
        _taxes_by_line(view, len(lines)),
        view["taxes"],
    )
    if form == JSON:
        return showing.tagged(_encode(_whole(view, parts)), JSON, etag, _VARY)
    number = view["declaration_no"]
    written = _xml(number, showing.sent_by(behind), parts) if form == showing.XML else _csv(parts)
    suffix = "xml" if form == showing.XML else "csv"
    name = ("content-disposition", f'inline; filename="{number}-split.{suffix}"')
    return showing.tagged(written, form, etag, (*_VARY, name))


def _taxes_by_line(view: Mapping[str, Any], count: int) -> dict[str, list[int]]:
    """Return each tax of each line, in ten-thousandths of a đồng, by the names of the totals."""
    names = {int(kind): f"{kind.name.lower()}_vnd" for kind in TaxKind}
    taxes = {name: [0] * count for name in view["taxes"]}
    for tax in view["lines"]:
        taxes[names[int(tax["kind"])]][tax["line_no"] - 1] += tax["amount_vnd_e4"]
    return taxes


def _whole(view: Mapping[str, Any], parts: tuple[DeclarationPart, ...]) -> SplitSet:
    return SplitSet(
        declaration_no=view["declaration_no"],
        lines_of_a_part=LINES_OF_A_PART,
        line_count=view["line_count"],
        customs_value_vnd_e4=view["customs_value_vnd_e4"],
        taxes=view["taxes"],
        payable_vnd=view["payable_vnd"],
        parts=[
            SplitPart(
                part.branch_no, part.branch_count, part.line_from, part.line_to, encode_declaration(part.declaration),
                part.customs_value_vnd_e4, dict(part.taxes_vnd), sum(part.taxes_vnd.values()), format_scaled(part.freight_e4, 4),
                format_scaled(part.insurance_e4, 4),
            )
            for part in parts
        ],
    )  # fmt: skip


def _xml(number: str, sent_by: tuple[str, str], parts: tuple[DeclarationPart, ...]) -> bytes:
    """Return one document: an envelope with a declaration of the model for each branch."""
    root = etree.Element(f"{{{NAMESPACE}}}DeclarationSet", nsmap={"set": NAMESPACE})
    root.set("declarationNo", number)
    root.set("count", str(len(parts)))
    for part in parts:
        written = wco_writing.write(f"{number}-{part.branch_no}", sent_by[1], encode_declaration(part.declaration))
        root.append(etree.fromstring(written))
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _csv(parts: tuple[DeclarationPart, ...]) -> bytes:
    """Return one table: a row for each goods line, the branch first, the header of a branch in its first row; no column that all leave empty."""
    rows = [row for part in parts for row in _rows(part)]
    used = {column for row in rows for column, text in row.items() if text}
    columns = [_BRANCH, *(column for column in layout.csv_columns() if column in used)]
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, restval="", extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return (_BYTE_ORDER_MARK + written.getvalue()).encode()


def _rows(part: DeclarationPart) -> list[dict[str, str]]:
    wire = encode_declaration(part.declaration)
    rows = []
    for place, item in enumerate(wire["items"]):
        row = {_BRANCH: str(part.branch_no)}
        for column, (of_line, where) in layout.csv_columns().items():
            if of_line or not place:
                row[column] = _cell(item if of_line else wire, where.path)
        rows.append(row)
    return rows


def _cell(value: Any, path: tuple[str | int, ...]) -> str:
    """Return what stands at a path as text that no spreadsheet takes for a formula; empty when nothing does."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if step < len(value) else ""
        else:
            value = value.get(step, "") if isinstance(value, dict) else ""
        if value == "":
            return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_LIKE_A_FORMULA) else text
