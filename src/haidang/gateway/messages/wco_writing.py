"""Declarations written as XML of the WCO Data Model 3.x: the inverse of `wco.read`."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from haidang.declarations.rules.fields import Field, group
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.gateway.messages.wco import COUNTED, DAY_FORMAT, ORIGINAL, STATEMENT, STATEMENT_TYPE, paths, statement_code

NAMESPACE = "urn:wco:datamodel:WCO:DEC-DMS:2"
"""Of the declaration that is written. Read is any namespace of a WCO declaration."""
_TYPES_NAMESPACE = "urn:wco:datamodel:WCO:Declaration_DS:DMS:2"
_ORDER = (
    "FunctionCode", "FunctionalReferenceID", "CustomsValueAmount", "SequenceNumeric", "TransactionNatureCode", "Name", "ReferenceID",
    "SecurityDetailsCode", "StatementCode", "StatementDescription", "StatementTypeCode", "DeductAmount", "DutyRegimeCode", "ID", "IssueDateTime",
    "TypeCode", "IdentificationTypeCode", "GoodsItemQuantity", "DeclarationOfficeID", "InvoiceAmount", "TotalGrossMassMeasure",
    "TotalPackageQuantity", "SpecificCircumstancesCodeCode", "ModeCode", "Description", "CountryCode", "RegionID", "Line", "ConditionCode",
    "TraderAssignedReferenceID", "NetNetWeightMeasure", "TariffQuantity", "ItemChargeAmount", "Submitter", "AdditionalDocument",
    "AdditionalInformation", "BorderTransportMeans", "Exporter", "GoodsShipment", "ObligationGuarantee", "Buyer", "Consignee", "Consignment",
    "GoodsLocation", "LoadingLocation", "TransportEquipment", "Classification", "DutyTaxFee", "GoodsMeasure", "InvoiceLine",
    "Destination", "GovernmentAgencyGoodsItem", "Commodity", "Origin", "Importer", "Invoice", "TradeTerms", "UCR", "Address",
)  # fmt: skip
"""The order in which the model's schema has the children of an element, for all elements written here."""
_RANK = {name: rank for rank, name in enumerate(_ORDER)}
_REPEATED = ("TransportEquipment", "DutyTaxFee")
"""Elements of which each further value of a field has its own."""


def write(message_id: str, sender: str, declaration: Mapping[str, Any]) -> bytes:
    """Return a declaration, given as its wire object (`encode_declaration`), as XML of the model: the inverse of `read`."""
    is_export = declaration["kind_code"] in EXPORT_KINDS
    root = etree.Element(f"{{{NAMESPACE}}}Declaration", nsmap={None: NAMESPACE, "ds": _TYPES_NAMESPACE})
    for path, text in (
        ("FunctionCode", ORIGINAL),
        ("FunctionalReferenceID", message_id),
        ("Submitter/ID", sender),
        ("GoodsItemQuantity", str(len(declaration["items"]))),
    ):
        _put(root, path, text)
    _write_members(root, "header", declaration, is_export)
    for place, item in enumerate(declaration["items"], 1):
        node = _child(_path(root, "GoodsShipment"), "GovernmentAgencyGoodsItem")
        _put(node, COUNTED, str(place))
        _write_members(node, "item", item, is_export)
        _put(node, "Commodity/InvoiceLine/ItemChargeAmount/@currencyID", declaration.get("invoice_currency_code", ""))
    _sort(root)
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _write_members(node: Any, of: str, values: Mapping[str, Any], is_export: bool) -> None:
    for field in group(of).values():
        value = values.get(field.name)
        if value is None or field.name == "items":
            continue
        path = paths(of, is_export).get(field.name)
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            if field.type == "G" and path is not None:
                _write_members(_child(node, path), field.name.removesuffix("s"), each, is_export)
            elif field.type == "G":
                members = group(field.name.removesuffix("s"))
                _state(node, field, "|".join(_text(each.get(name, "")) for name in members), is_export)
            elif path is None:
                _state(node, field, _text(each), is_export)
            elif place and (repeated := next((name for name in _REPEATED if f"{name}/" in path), "")):
                parent, _, inner = path.partition(f"{repeated}/")
                _put(_child(_path(node, parent.rstrip("/")) if parent else node, repeated), inner, _text(each))
            else:
                _put(node, path, _text(each))
    if of == "header":
        for place, equipment in enumerate(node.iter(f"{{{NAMESPACE}}}TransportEquipment"), 1):
            _put(equipment, COUNTED, str(place))


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _state(node: Any, field: Field, text: str, is_export: bool) -> None:
    statement = _child(node, STATEMENT)
    for name, part in (
        ("StatementCode", statement_code(field, is_export)),
        ("StatementDescription", text),
        ("StatementTypeCode", STATEMENT_TYPE),
    ):
        _put(statement, name, part)


def _put(node: Any, path: str, text: str) -> None:
    path, _, attribute = path.partition("/@")
    if not text:
        return
    place = _path(node, path)
    if attribute:
        place.set(attribute, text)
    elif path.endswith("DateTimeString"):
        place.text = text.replace("-", "")
        place.set("formatCode", DAY_FORMAT)
    else:
        place.text = text


def _path(node: Any, path: str) -> Any:
    for name in path.split("/"):
        found = node.find(_tag(name))
        node = found if found is not None else _child(node, name)
    return node


def _child(node: Any, name: str) -> Any:
    return etree.SubElement(node, _tag(name))


def _tag(name: str) -> str:
    return f"{{{_TYPES_NAMESPACE if name == 'DateTimeString' else NAMESPACE}}}{name}"


def _sort(root: Any) -> None:
    for node in list(root.iter()):
        node[:] = sorted(node, key=lambda child: _RANK.get(etree.QName(child).localname, len(_RANK)))
