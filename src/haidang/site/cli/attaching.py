"""`haidang attach`: gives a file as a document, and attaches it to a registered declaration when one is named."""

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from haidang.site.cli.output import Json, Wrong, facts_table, terminal
from haidang.site.cli.posting import OWN, AsOption, By, Post, body_of, signed


@signed
def attach(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Tệp · the file")],
    type_: Annotated[str, typer.Option("--type", help="invoice, packing_list, transport_document, contract, other")],
    as_: AsOption,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help="Chỉ tiêu, nhiều lần · a field, any number"),
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="NO", help="Tờ khai đã đăng ký · attach to this declaration")
    ] = None,
    for_: Annotated[str, typer.Option("--for", metavar="TRADER", help="Nộp cho doanh nghiệp · for this trader")] = "",
    text: Annotated[str, typer.Option("--text", help="Ghi chú · a note")] = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Nộp chứng từ, đính kèm vào tờ khai · give a document, attach it to declarations."""
    from haidang.documents.rules.tables import document_types

    if type_ not in document_types():
        raise Wrong(f"--type: {', '.join(document_types())}")
    content = file.read_bytes()
    message = {
        "type": type_, "trader_code": for_, "file_name": file.name, "fields": _fields(type_, field or []),
        "content": b64encode(content).decode(),
    }  # fmt: skip
    with Post(as_, by) as post:
        given = post("/api/v1/documents", message)
        number = body_of(given, (200, 201))["document_no"]
        attached = []
        for declaration_no in to or ():
            digest = hashlib.sha256(f"{declaration_no} {number} {text} {as_}".encode()).hexdigest()
            act = {
                "message_id": f"CLI-{digest[:32]}", "sender": as_, "procedure": "ACT", "declaration_no": declaration_no,
                "act": "attach", "text": text, "documents": [number],
            }  # fmt: skip
            attached.append(body_of(post("/api/v1/acts", act))["declaration_no"])
    facts = {**given.body, "attached_to": attached}
    shown = {
        "Số chứng từ · document number": number,
        "Loại · type": f"{given.body['name_vi']} · {given.body['name_en']}",
        "Tệp · file": f"{given.body['media_type']}, {given.body['size_bytes']} byte",
        "SHA-256": given.body["sha256"],
        "Đã có từ trước · on file before": "có · yes" if given.status == 200 else "không · no",
        "Đính kèm vào · attached to": ", ".join(attached),
    }
    terminal.result(facts, lambda console: console.print(facts_table(shown)))


def _fields(type_code: str, given: list[str]) -> dict[str, str | int]:
    """Return the fields as the message has them: whole numbers as numbers."""
    from haidang.documents.rules.tables import fields_of

    whole = {each.name for each in fields_of(type_code) if each.type == "I"}
    fields: dict[str, str | int] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or name in fields:
            raise Wrong(f"--field {each!r}: NAME=VALUE, mỗi tên một lần · each name once")
        fields[name] = (
            int(value) if name in whole and value.isascii() and value.isdigit() and len(value) < 19 else value
        )
    return fields
