"""How one kind of message is decoded: fast when it leaves no doubt, else exactly, with everything that is wrong told at once.

Three readers stand behind each other: the compiled one for ordinary messages, where it is built (`ordinary.c`); the typed one, which knows every message but
gives up at a doubt; the exact one, which alone says what is wrong. What the first two read is what the third would.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from haidang.declarations.rules.fields import Field
from haidang.gateway.messages import acts, goods_lists, wco
from haidang.gateway.messages.declaration import (
    GROUPS,
    HEADER,
    Doubtful,
    PlainWireDeclaration,
    WireDeclaration,
    is_export_declaration,
)
from haidang.gateway.messages.exact import ExactReader
from haidang.gateway.messages.json_safety import Undecodable, composed, parse, spare_bytes
from haidang.gateway.messages.ordinary_tables import Reader
from haidang.gateway.messages.remains import Faults
from haidang.gateway.messages.wire import wire_struct
from haidang.gateway.messages.xml_safety import is_xml
from haidang.kernel.findings import Finding
from haidang.kernel.money import AmountOverflow, NotAnAmount

_GROUPS = {**GROUPS, **acts.GROUPS, **goods_lists.GROUPS, "declaration": HEADER}
_ENCODER = msgspec.json.Encoder()
_NOT_DECODED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Doubtful, NotAnAmount, AmountOverflow)


class Message:
    """One kind of message: the table of its fields, its wire type, and how terms are built from it."""

    def __init__(
        self,
        name: str,
        fields: Mapping[str, Field],
        build: Callable[[Any, int], Any],
        *checks: Callable[[ExactReader, Mapping[str, object]], None],
        as_xml: bool = False,
        ordinary: Reader | None = None,
    ) -> None:
        self._as_xml = as_xml
        self._ordinary = ordinary
        self._fields = fields
        members = {"declaration": WireDeclaration, **acts.MEMBERS, **goods_lists.MEMBERS}
        self._wire = wire_struct(f"Wire{name}", fields.values(), members)
        wires = [self._wire]
        if "declaration" in fields:
            wires.insert(0, wire_struct(f"PlainWire{name}", fields.values(), {"declaration": PlainWireDeclaration}))
        self._decoders = [msgspec.json.Decoder(wire).decode for wire in wires]
        self._build = build
        self._checks = checks
        self._spellings = any(field.type == "T" for field in fields.values())
        """Whether some value may be written longer than it is written anew: instants may."""

    def decode(self, raw: bytes) -> Any:
        """Decode fast when the message leaves no doubt, else exactly."""
        plain = composed(raw) or raw
        read = self._ordinary(plain) if self._ordinary is not None else None
        if read is None:
            read = self._decode_typed(plain)
        return self._decode_exactly(raw) if read is None else read

    def _decode_typed(self, raw: bytes) -> Any:
        """Return the message as its wire types read it, or None when that leaves a doubt.

        Where no backslash stands, every quotation mark of the message opens or closes a key or a text; a key written twice makes them more than
        those of the decoded message written anew. That is the whole test for duplicate keys. A message as long as the one written anew needs no
        counting: dates, whole numbers and texts have one spelling, so a key written twice can only make it longer.
        """
        spare = spare_bytes(raw)
        if spare is None:
            return None
        for decode in self._decoders:
            try:
                wire = decode(raw)
                anew = _ENCODER.encode(wire)
                if (len(anew) == len(raw) and not self._spellings) or anew.count(b'"') == raw.count(b'"'):
                    return self._build(wire, spare)
            except _NOT_DECODED:
                continue
        return None

    def _decode_exactly(self, raw: bytes) -> Any:
        beyond: list[Finding] = []
        if self._as_xml and is_xml(raw):
            mapped = wco.read(raw)
            if isinstance(mapped, Undecodable):
                return mapped
            tree, beyond = mapped.tree, mapped.findings
        else:
            parsed = parse(raw)
            if isinstance(parsed, Undecodable):
                return parsed
            tree = parsed
        reader = ExactReader(is_export_declaration(tree.get("declaration")))
        reader.findings += beyond
        read = reader.members(tree, self._fields, "", _GROUPS)
        for check in self._checks:
            check(reader, read)
        if told := reader.told():
            return Faults(told, read)
        canonical = _ENCODER.encode(read)
        try:
            return self._build(msgspec.convert(read, self._wire), len(canonical) - len(canonical.decode()))
        except AmountOverflow:
            return Faults([_SUM_TOO_LARGE], read)


_SUM_TOO_LARGE = Finding(
    code="HD-TOO-LARGE",
    pointer="/declaration/items",
    text_vi="Tổng trị giá hóa đơn của các dòng hàng quá lớn.",
    text_en="The invoice values of the lines add up to too much.",
    repair_vi="Chia tờ khai.",
    repair_en="Split the declaration.",
)
