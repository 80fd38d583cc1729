"""`haidang served`: what was served about a declaration, and the proof of one service."""

import hashlib
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.gateway.words import CONDITIONS, FOUND, WAYS
from haidang.site.cli.asking import OfficerOption, ReasonOption
from haidang.site.cli.output import Json, Refused, Wrong, facts_table, rows_table, terminal
from haidang.site.cli.parcels import LISTS
from haidang.site.cli.posting import AsOption, TokenOption, UrlOption, body_of
from haidang.site.cli.sending import DECLARATIONS
from haidang.site.cli.words import in_words, moment

_NUMBER = re.compile("[0-9]{11,12}", re.ASCII)
_SERVICE = re.compile("[0-9]{11}-[0-9]{1,4}", re.ASCII)


def served(
    number: Annotated[
        str,
        typer.Argument(
            metavar="NO",
            help="Số tờ khai, số danh sách lô hàng, hoặc số tống đạt · a declaration, list of parcels or service number",
        ),
    ],
    pdf: Annotated[
        Path | None,
        typer.Option(
            "--pdf", metavar="FILE", dir_okay=False, help="Ghi bằng chứng ra tệp PDF · write the proof as PDF"
        ),
    ] = None,
    token_file: TokenOption = None,
    as_: AsOption = "",
    url: UrlOption = "",
    officer: OfficerOption = "",
    reason: ReasonOption = "",
    json_: Json = False,
) -> None:
    """Những gì đã tống đạt và bằng chứng: gửi, nhận, mở lúc nào · what was served, with proof: when sent, delivered, opened."""
    from haidang.gateway.showing import PDF
    from haidang.parcels.lookups import is_list_number
    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, read_sender, reading
    from haidang.site.demo.people import CUSTOMS_OFFICES

    is_list = _NUMBER.fullmatch(number) is not None
    if not is_list and not _SERVICE.fullmatch(number):
        raise Wrong(
            f"{number}: cần số tờ khai (11 hoặc 12 chữ số) hoặc số tống đạt như 10000000001-2\n"
            f"{number}: give a declaration number (11 or 12 digits) or a service number such as 10000000001-2"
        )
    if pdf is not None and is_list:
        raise Wrong(
            f"{number}: bằng chứng PDF là của một số tống đạt như {number[:11]}-1; xem các số bằng haidang served {number}\n"
            f"{number}: a proof as PDF is that of one service number such as {number[:11]}-1; haidang served {number} lists them"
        )
    config = load_config()
    sender = read_sender(config, as_ or CUSTOMS_OFFICES[0], None, None, token_file)
    with Gateway(config, url) as gateway:
        by = reading(as_ or ("token" if token_file else ""), officer, reason)
        of = LISTS if is_list_number(int(number[:11])) else DECLARATIONS
        path = f"{of}/{number}/served" if is_list else f"/api/v1/served/{number}"
        reply = gateway.ask(path + by, sender, PDF if pdf else "")
    if reply.status == 404:
        raise Refused(
            f"Không có {number}, hoặc {sender.code or 'bên hỏi'} không được xem: kiểm tra số, hoặc hỏi bằng --as của bên khai\n"
            f"There is no {number}, or none that {sender.code or 'the sender'} may see: check the number, or ask --as its trader"
        )
    body_of(reply)
    if pdf is not None:
        pdf.write_bytes(reply.raw)
        terminal.result({"service_no": number, "file": pdf, "sha256": hashlib.sha256(reply.raw).hexdigest()})
        return
    show = show_list if is_list else show_proof
    terminal.result(reply.body, lambda console: show(console, reply.body))


def show_list(console: Console, body: dict[str, Any]) -> None:
    """Show what was served about one declaration, the latest first."""
    columns = ("Số tống đạt · service", "Nội dung · what", "Gửi · sent", "Nhận · delivered", "Mở · opened")
    console.print(
        rows_table(
            columns,
            [
                (each["service_no"], f"{each['name_vi']} · {each['name_en']}", moment(each["sent_at"]), *_came(each))
                for each in body["served"]
            ],
        )
    )


def show_proof(console: Console, body: dict[str, Any]) -> None:
    """Print the proof of one service: what it says, when it was sent, delivered and opened, and the digests that hold it."""
    from haidang.gateway.printing.proving import about

    delivered, opened = _came(body)
    facts = {
        "Số tống đạt · service": body["service_no"],
        " · ".join(about(body["declaration_no"])): body["declaration_no"],
        "Nội dung · what": f"{body['name_vi']} · {body['name_en']}",
        "Gửi · sent": moment(body["sent_at"]),
        "Nhận · delivered": f"{delivered}  {WAYS.get(body.get('delivered_by', ''), '')}".strip(),
        "Mở · opened": f"{opened}  {WAYS.get(body.get('opened_by', ''), '')}".strip(),
    }
    if body["reasons"]:
        facts["Lý do · reason"] = "\n".join(body["reasons"])
    for each in body["questions"]:
        facts[f"Câu hỏi {each['question_no']} · question"] = each["question"]
    for each in body["opened_conditions"]:
        kind = CONDITIONS.get(each["kind"], each["kind"])
        facts[f"Mở điều kiện {each['condition_no']} · opened"] = " ".join(
            (kind, in_words(each, "detail"), moment(each["due_at"]))
        )
    for each in body["inspections"]:
        facts["Nơi kiểm tra · inspected at"] = " ".join((each["place_code"], *each["container_nos"]))
    for each in body["found"]:
        facts[f"Dòng hàng {each['line_no']} · goods line"] = FOUND.format(**each)
    for each in body["evidence"]:
        facts[f"Ảnh, mẫu · {each['kind']} {each['sha256'][:8]}"] = each["sha256"]
    facts["Mã băm nghiệp vụ · act"] = body["record_sha256"]
    for word, name in (("delivered", "Mã băm nhận · delivered"), ("opened", "Mã băm mở · opened")):
        if f"{word}_sha256" in body:
            facts[name] = body[f"{word}_sha256"]
    console.print(facts_table(facts))


def _came(each: dict[str, Any]) -> tuple[str, str]:
    return tuple(moment(each.get(f"{word}_at")) or "chưa · not yet" for word in ("delivered", "opened"))  # type: ignore[return-value]
