"""A document given to customs: a JSON object with its facts and the bytes of its file in base64. Without signature: the act that names it is signed."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from haidang.declarations.rules.fields import Field
from haidang.documents.rules import wording
from haidang.documents.rules.tables import document_types, fields_of, media_types
from haidang.gateway.messages.envelope import field_of, rows_of
from haidang.gateway.messages.exact import ExactReader
from haidang.gateway.messages.json_safety import Undecodable, parse
from haidang.gateway.messages.remains import Faults, in_order

WIDEST = 5_000_000
"""Characters of base64; a message has no more bytes."""
DOCUMENT = rows_of(
    field_of("type", "A", 30, "Loại chứng từ", "Type of document", values=tuple(document_types())),
    field_of("trader_code", "K", 13, "Mã người xuất nhập khẩu (trống: chính bên gửi)", "Trader it is for (empty: the sender itself)", needed=False),
    field_of("file_name", "W", 140, "Tên tệp", "Name of the file", needed=False),
    field_of("media_type", "A", 80, "Kiểu tệp (trống: theo các byte)", "Media type (empty: by its bytes)", needed=False, values=tuple(media_types())),
    field_of("fields", "O", 0, "Chỉ tiêu của chứng từ", "Fields of the document"),
    field_of("content", "A", WIDEST, "Các byte của tệp, base64", "The bytes of the file, base64"),
)  # fmt: skip
MEMBERS: Mapping[str, type] = {"fields": dict[str, str | int]}
"""The type of the object within."""


class DocumentMessage(Struct, frozen=True):
    """A document as it was sent. `facts` is a JSON object of its fields, in the order of their table."""

    type_code: str
    trader_code: str
    file_name: str
    media_type: str
    facts: str
    fields: Mapping[str, object]
    content: bytes


def field_rows(type_code: str) -> dict[str, Field]:
    """Return the fields of a type of document as rows of a message."""
    return {
        each.name: Field(
            group="document", name=each.name, type=each.type, width=each.width, decimals=each.decimals, name_vi=each.name_vi,
            name_en=each.name_en, need_import=each.need, need_export=each.need,
        )
        for each in fields_of(type_code)
    }  # fmt: skip


def decode_document(raw: bytes) -> DocumentMessage | Undecodable | Faults:
    """Read a document: the message; or why the bytes are not one JSON object; or everything that is wrong with its form."""
    tree = parse(raw)
    if isinstance(tree, Undecodable):
        return tree
    reader = ExactReader()
    # The content is megabytes of base64: told apart before texts are looked at letter by letter.
    encoded = tree.pop("content", "")
    content = _content(encoded)
    named = tree.get("type")
    rows = field_rows(named) if isinstance(named, str) and named in document_types() else {}
    if not rows:
        tree.pop("fields", None)
    envelope = {name: row for name, row in DOCUMENT.items() if name != "content" and (rows or name != "fields")}
    read = reader.members(tree, envelope, "", {"fields": rows})
    if encoded == "":
        reader.missing(DOCUMENT["content"], "/content")
    elif content is None:
        reader.findings.append(wording.NOT_BASE64)
    if told := reader.told():
        return Faults(in_order(told), read)
    fields = read["fields"]
    assert isinstance(fields, dict) and content is not None
    ordered = {name: fields[name] for name in rows if name in fields}
    return DocumentMessage(
        str(read["type"]), str(read.get("trader_code", "")), str(read.get("file_name", "")), str(read.get("media_type", "")),
        msgspec.json.encode(ordered).decode(), ordered, content,
    )  # fmt: skip


def _content(encoded: object) -> bytes | None:
    if not isinstance(encoded, str) or not encoded.isascii():
        return None
    try:
        return b64decode(encoded, validate=True)
    except NotBase64:
        return None
