"""Declarations as XML of the WCO Data Model 3.x, read into the same tree as JSON. `wco_writing` is the inverse.

What has a place in the declaration of the model stands there (`wco.csv`, a path for each field and direction). What our law asks beyond it stands in
`AdditionalInformation`, as the model provides: `StatementTypeCode` VN, `StatementCode` the item number of VNACCS (or our name of the field), and
`StatementDescription` the value. Whatever else a sender says is named in a finding: nothing that was declared is passed over in silence.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

from haidang.declarations.rules.fields import Field, group
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.gateway.messages.json_safety import Number, Undecodable
from haidang.gateway.messages.xml_safety import Node, nodes_of
from haidang.kernel.findings import Finding

_DECLARATION_NAMESPACES = "urn:wco:datamodel:WCO:DEC"
TOLD = 100
"""So many unknown elements are told one by one, each place once."""

STATEMENT = "AdditionalInformation"
STATEMENT_TYPE = "VN"
ORIGINAL = "9"
"""FunctionCode of an original declaration (UN/EDIFACT 1225)."""
_MESSAGE = {"message_id": "FunctionalReferenceID", "sender": "Submitter/ID"}
_EQUIPMENT_NO = "GoodsShipment/Consignment/TransportEquipment/SequenceNumeric"
_KNOWN = frozenset({"FunctionCode", "FunctionalReferenceID", "Submitter/ID", "GoodsItemQuantity", _EQUIPMENT_NO})
_ITEMS = "GoodsShipment/GovernmentAgencyGoodsItem"
COUNTED = "SequenceNumeric"
_HARMONISED = ("HS", "TSP")
"""IdentificationTypeCode of the classification that is the commodity code; the others are of other nomenclatures."""
DAY_FORMAT = "102"
"""CCYYMMDD (UN/EDIFACT 2379)."""

NOT_A_DECLARATION = Undecodable(
    "HD-XML-ROOT",
    "Không có phần tử Declaration của Mô hình dữ liệu WCO.",
    "There is no element Declaration of the WCO Data Model.",
)


class Mapped(Struct):
    """A message as the tree that JSON would give, and what of the XML has no place in it."""

    tree: dict[str, object]
    findings: list[Finding]


def read(raw: bytes) -> Mapped | Undecodable:
    """Read a declaration of the WCO Data Model, bare or within an envelope such as `MetaData`, as the tree of a LODGE message."""
    root = nodes_of(raw)
    if isinstance(root, Undecodable):
        return root
    found = _declaration(root)
    return NOT_A_DECLARATION if found is None else _Reading(found).mapped()


def _declaration(root: Node) -> Node | None:
    """Return the first declaration, whatever envelope it came in."""
    waiting = [root]
    for node in waiting:
        if node.name == "Declaration" and node.namespace.startswith(_DECLARATION_NAMESPACES):
            return node
        waiting += node.children
    return None


class _Reading:
    """One declaration on its way from nodes to the tree; each node that a field takes is marked as used."""

    def __init__(self, declaration: Node) -> None:
        self._root = declaration
        self._findings: list[Finding] = []
        self._is_export = _first(declaration, "TypeCode") in EXPORT_KINDS

    def mapped(self) -> Mapped:
        root = self._root
        tree: dict[str, object] = {"procedure": "LODGE"}
        for name, path in _MESSAGE.items():
            if text := _first(root, path):
                tree[name] = text
        if (function := _first(root, "FunctionCode")) != ORIGINAL:
            self._findings.append(_other_function(function))
        items = list(_at(root, _ITEMS))
        declared = self._members(root, "header")
        if items:
            declared["items"] = [self._item(place, node) for place, node in enumerate(items, 1)]
        if (count := _first(root, "GoodsItemQuantity")) and count != str(len(items)):
            self._findings.append(_other_count(count, len(items)))
        self._invoice_currency(items, declared)
        tree["declaration"] = declared
        for path in _KNOWN:
            _use(root, path)
        self._findings += [_without_place(place) for place in _unused(root, "Declaration")]
        return Mapped(tree, self._findings)

    def _item(self, place: int, node: Node) -> dict[str, object]:
        if (said := _first(node, COUNTED)) and said != str(place):
            self._findings.append(_other_sequence(place, said))
        _use(node, COUNTED)
        _use(node, "Commodity/Classification/IdentificationTypeCode")
        return self._members(node, "item")

    def _members(self, node: Node, of: str) -> dict[str, object]:
        read: dict[str, object] = {}
        for field in group(of).values():
            if field.name == "items":
                continue
            path = paths(of, self._is_export).get(field.name)
            values: list[Any]
            if field.type == "G":
                values = self._group(node, field, path)
            elif path is None:
                values = [_value(field, text) for text in _statements(node, field, self._is_export)]
            else:
                values = [_value(field, text) for text in _take(node, path)]
            if values:
                read[field.name] = values if field.repeat > 1 or len(values) > 1 else values[0]
        return read

    def _group(self, node: Node, field: Field, path: str | None) -> list[Any]:
        of = field.name.removesuffix("s")
        if path is not None:
            return [self._members(member, of) for member in _at(node, path)]
        # One statement a member: the values of its fields in the order of the table, with a bar between.
        names = list(group(of))
        members = []
        for text in _statements(node, field, self._is_export):
            parts = text.split("|")
            pairs = zip(names, parts, strict=False)
            members.append({name: _value(group(of)[name], part) for name, part in pairs if part})
        return members

    def _invoice_currency(self, items: list[Node], declared: dict[str, object]) -> None:
        """The currency of the lines is that of the invoice: declared there alone, it is taken; another one is a finding."""
        path = "Commodity/InvoiceLine/ItemChargeAmount"
        for place, item in enumerate(items, 1):
            for node in _at(item, path):
                said = node.attributes.get("currencyID")
                node.use("@currencyID")
                if said and declared.setdefault("invoice_currency_code", said) != said:
                    self._findings.append(_other_currency(place, said))


@cache
def paths(of: str, is_export: bool) -> dict[str, str]:
    """Return the path of each field of a group that has a place in the model; the others stand in statements."""
    text = files("haidang.gateway.messages").joinpath("wco.csv").read_text(encoding="utf-8")
    column = "export" if is_export else "import"
    return {row["name"]: row[column] for row in csv.DictReader(io.StringIO(text)) if row["group"] == of}


def statement_code(field: Field, is_export: bool) -> str:
    """Return the code under which a field without a place is stated: its item in VNACCS, else its name."""
    return field.vnaccs(is_export) or field.name


def _at(node: Node, path: str) -> Iterator[Node]:
    head, _, rest = path.partition("/")
    for child in node.children:
        if child.name == head and not _is_of_other_nomenclature(child):
            if rest:
                yield from _at(child, rest)
            else:
                yield child


def _is_of_other_nomenclature(node: Node) -> bool:
    return node.name == "Classification" and any(
        child.name == "IdentificationTypeCode" and child.text not in _HARMONISED for child in node.children
    )


def _first(node: Node, path: str) -> str:
    return next((found.text for found in _at(node, path)), "")


def _use(node: Node, path: str) -> None:
    for found in _at(node, path):
        found.use()


def _take(node: Node, path: str) -> Iterator[str]:
    """Yield the texts at a path, marked as used. `…/@name` is an attribute."""
    path, _, attribute = path.partition("/@")
    for found in _at(node, path):
        if attribute:
            found.use(f"@{attribute}")
            text = found.attributes.get(attribute, "")
        else:
            found.use()
            text = found.text
        if path.endswith("DateTimeString") and not attribute:
            found.use("@formatCode")
            if found.attributes.get("formatCode", DAY_FORMAT) == DAY_FORMAT and len(text) == 8:
                text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
        if text:
            yield text


def _statements(node: Node, field: Field, is_export: bool) -> Iterator[str]:
    for child in node.children:
        if child.name != STATEMENT or _first(child, "StatementTypeCode") != STATEMENT_TYPE:
            continue
        if _first(child, "StatementCode") in (statement_code(field, is_export), field.name):
            for name in ("StatementCode", "StatementDescription", "StatementTypeCode"):
                _use(child, name)
            yield _first(child, "StatementDescription")


def _value(field: Field, text: str) -> object:
    if field.type == "I":
        return Number(text)
    if field.type == "B":
        return {"true": True, "1": True, "false": False, "0": False}.get(text, text)
    return text


def _unused(root: Node, path: str) -> Iterable[str]:
    """Return the places that say something which no field took, each once."""
    places: dict[str, None] = {}
    waiting = [(root, path)]
    while waiting and len(places) < TOLD:
        node, place = waiting.pop()
        if node.text and "" not in node.used and not node.children:
            places.setdefault(place)
        for name in node.attributes:
            if f"@{name}" not in node.used and node is not root:
                places.setdefault(f"{place}/@{name}")
        waiting += [(child, f"{place}/{child.name}") for child in reversed(node.children)]
    return places


def _without_place(place: str) -> Finding:
    return Finding(
        code="HD-XML-NO-PLACE",
        pointer="/declaration",
        wco_pointer=place,
        text_vi=f"Không có chỉ tiêu nào ứng với {place}.",
        text_en=f"No field takes {place}.",
        repair_vi="Bỏ phần tử này, hoặc khai trong AdditionalInformation với mã của chỉ tiêu.",
        repair_en="Leave the element out, or state it in AdditionalInformation under the code of the field.",
    )


def _other_function(code: str) -> Finding:
    return Finding(
        code="HD-XML-FUNCTION",
        pointer="/procedure",
        wco_pointer="Declaration/FunctionCode",
        text_vi=f"FunctionCode {code[:20] or '(trống)'}: chỉ nhận tờ khai mới (9).",
        text_en=f"FunctionCode {code[:20] or '(empty)'}: only original declarations (9) are taken as XML.",
        repair_vi="Ghi 9, hoặc dùng thông điệp JSON của nghiệp vụ khác.",
        repair_en="Write 9, or use the JSON message of the other procedure.",
    )


def _other_count(said: str, count: int) -> Finding:
    return Finding(
        code="HD-XML-COUNT",
        pointer="/declaration/items",
        wco_pointer="Declaration/GoodsItemQuantity",
        text_vi=f"GoodsItemQuantity ghi {said[:20]} nhưng có {count} dòng hàng.",
        text_en=f"GoodsItemQuantity says {said[:20]}, but there are {count} goods items.",
        repair_vi="Ghi đúng số dòng hàng.",
        repair_en="Write the number of goods items.",
    )


def _other_sequence(place: int, said: str) -> Finding:
    return Finding(
        code="HD-XML-SEQUENCE",
        pointer=f"/declaration/items/{place - 1}",
        wco_pointer=f"Declaration/{_ITEMS}[{place}]/{COUNTED}",
        text_vi=f"Dòng hàng thứ {place} ghi SequenceNumeric {said[:20]}.",
        text_en=f"Goods item {place} says SequenceNumeric {said[:20]}.",
        repair_vi="Đánh số dòng hàng từ 1 theo thứ tự.",
        repair_en="Number the goods items from 1 in their order.",
    )


def _other_currency(place: int, said: str) -> Finding:
    return Finding(
        code="HD-XML-CURRENCY",
        pointer=f"/declaration/items/{place - 1}/invoice_value",
        wco_pointer=f"Declaration/{_ITEMS}[{place}]/Commodity/InvoiceLine/ItemChargeAmount/@currencyID",
        text_vi=f"Dòng hàng thứ {place} ghi đồng tiền {said[:20]}, khác đồng tiền của hóa đơn.",
        text_en=f"Goods item {place} is in {said[:20]}, another currency than the invoice.",
        repair_vi="Mỗi tờ khai một hóa đơn, một đồng tiền.",
        repair_en="One invoice and one currency for each declaration.",
    )
