"""`haidang lodge`, `status` and `load`: messages to our lanes, as any partner sends them."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from haidang.site.cli import asking, sheets
from haidang.site.cli.dossiers import show_declaration, show_versions
from haidang.site.cli.output import (
    Json,
    Refused,
    Wrong,
    rows_table,
    show_findings,
    terminal,
)
from haidang.site.cli.parcels import LISTS, PARCELS, PATHS, changed_row, list_row, show_list, show_parcel, show_refused
from haidang.site.cli.posting import AsOption, CertOption, KeyOption, TokenOption, UrlOption
from haidang.site.cli.words import counted, explained

DECLARATIONS = asking.DECLARATIONS
COLUMNS = ("Số tờ khai · number", "Luồng · channel", "Thuế · taxes (đ)", "Điều kiện mở · open conditions", "ms")
RIGHT = (COLUMNS[2], COLUMNS[4])


class Lodged(msgspec.Struct):
    """One message and the answer (`client.Reply`)."""

    message_id: str
    reply: Any

    @property
    def is_registered(self) -> bool:
        return self.reply.status == 201 or (self.reply.status == 200 and "changed_count" in self.reply.body)

    def kinds(self) -> list[str]:
        """Return the kinds of the open conditions."""
        return [condition["kind"] for condition in self.reply.body.get("open_conditions", ())]

    def row(self) -> tuple[object, ...]:
        """Return the answer as a row under `COLUMNS`."""
        body, ms = self.reply.body, f"{self.reply.ms:.1f}"
        if self.is_registered and "changed_count" in body:
            return changed_row(body, ms)
        if self.is_registered and "parcels" in body:
            return list_row(body, ms)
        if not self.is_registered:
            codes = counted(each.get("code", "") for each in body.get("findings", ()))
            return (self.message_id, f"HTTP {self.reply.status}", "", codes or _title(body), ms)
        kinds = counted(self.kinds())
        channel = f"{body['channel']} {body['channel_name_vi']} · {body['channel_name']}"
        return (
            body["declaration_no"],
            channel,
            body["payable_vnd"],
            kinds or "không, đã thông quan · none: cleared",
            ms,
        )


def lodge(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="JSON, JSONL, XML của WCO, Excel .xlsx, CSV: tờ khai hay thông điệp; - là stdin · declarations or messages",
        ),
    ],
    key: KeyOption = None,
    cert: CertOption = None,
    token_file: TokenOption = None,
    as_: AsOption = "",
    url: UrlOption = "",
    json_: Json = False,
) -> None:
    """Ký và gửi tờ khai, in câu trả lời · sign and lodge declarations, show the answers."""
    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, read_sender

    config = load_config()
    content = read_file(file)
    sheet = sheets.of(file, content)
    messages = list(_messages(content if sheet is None else sheet.message, as_))
    if not messages:
        raise Wrong(f"{file}: không có tờ khai nào · no declaration in it")
    senders = {
        sender: read_sender(config, sender, key, cert, token_file) for sender in {sender for sender, _, _ in messages}
    }
    done: list[Lodged] = []
    with Gateway(config, url) as gateway, terminal.progress("Khai · lodging", len(messages)) as progress:
        for sender, message_id, raw in messages:
            done.append(Lodged(message_id, gateway.post(address_of(raw), raw, senders[sender])))
            progress.advance()
    if sheet is not None and (found := done[0].reply.body.get("findings")):
        sheet.mark(found)
    _tell_answers(done)


def address_of(raw: bytes) -> str:
    """Return the path that takes a message: lists of parcels (MIC, MEC) and what changes them have their own."""
    try:
        procedure = msgspec.json.decode(raw, type=_Procedure).procedure
    except msgspec.DecodeError:
        return DECLARATIONS  # XML, or what the lane will refuse
    return PATHS.get(procedure, DECLARATIONS)


class _Procedure(msgspec.Struct):
    procedure: str = ""


SplitOption = Annotated[
    bool,
    typer.Option("--split", help="Bộ tờ khai 50 dòng cho hệ thống cũ: .json, .xml, .csv · the set of 50 lines each"),
]


def status(
    declaration_no: Annotated[str, typer.Argument(metavar="NO", help="Số tờ khai · declaration number")],
    token_file: TokenOption = None,
    as_: AsOption = "",
    url: UrlOption = "",
    history: Annotated[
        bool, typer.Option("--history", help="Các lần khai, từng chỉ tiêu đã sửa · every version, field by field")
    ] = False,
    xml: Annotated[
        bool,
        typer.Option(
            "--xml", help="Nội dung đã khai dạng XML của WCO · what was declared, as XML of the WCO Data Model"
        ),
    ] = False,
    officer: asking.OfficerOption = "",
    reason: asking.ReasonOption = "",
    json_: Json = False,
) -> None:
    """Xem một tờ khai: trạng thái, thuế, ai đang giữ hồ sơ · one declaration: state, taxes, who holds it and since when."""
    from haidang.gateway.showing import XML

    if xml:
        text = asking.ask_for(declaration_no, XML, token_file, as_, url, reader=(officer, reason)).raw.decode()
        terminal.result({"xml": text}, lambda console: console.print(text, markup=False, soft_wrap=True))
        return
    path, show = _question(declaration_no, history)
    reply = asking.ask_for(declaration_no, "", token_file, as_, url, path, (officer, reason))
    terminal.result(reply.body, lambda console: show(console, reply.body))


def print_(
    declaration_no: Annotated[str, typer.Argument(metavar="NO", help="Số tờ khai · declaration number")],
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Tệp sẽ ghi · the file to write")],
    token_file: TokenOption = None,
    as_: AsOption = "",
    url: UrlOption = "",
    split: SplitOption = False,
    officer: asking.OfficerOption = "",
    reason: asking.ReasonOption = "",
    json_: Json = False,
) -> None:
    """Bản in của tờ khai: PDF có mã vạch, mã QR, thuế và điều kiện · the printed form: a PDF with barcode, QR code, taxes and conditions."""
    from haidang.gateway.showing import PDF
    from haidang.site.cli.splitting import form_of

    path = f"{DECLARATIONS}/{declaration_no}/split" if split else ""
    reply = asking.ask_for(
        declaration_no, form_of(file) if split else PDF, token_file, as_, url, path, (officer, reason)
    )
    file.write_bytes(reply.raw)
    terminal.result({"declaration_no": declaration_no, "file": file, "sha256": hashlib.sha256(reply.raw).hexdigest()})


def template(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE.xlsx", dir_okay=False, help="Sổ tính trống sẽ ghi · the empty workbook to write"),
    ],
    json_: Json = False,
) -> None:
    """Ghi sổ tính trống với tên và giới hạn của từng chỉ tiêu · an empty workbook with the names and limits of every field."""
    from haidang.gateway.sheets.writing import template as empty

    file.write_bytes(empty())
    terminal.result({"file": file})


def _question(number: str, history: bool) -> tuple[str, Any]:
    """Return the path that tells of a number, and what shows the answer: numbers of declarations, parcels and lists lie apart."""
    asking.check_number(number)
    from haidang.parcels.lookups import is_list_number, is_parcel_number

    if is_list_number(int(number[:11])):
        return f"{LISTS}/{number}", show_list
    if is_parcel_number(int(number[:11])):
        return f"{PARCELS}/{number}", show_parcel
    path = f"{DECLARATIONS}/{number}"
    return (f"{path}/versions", show_versions) if history else (path, show_declaration)


def load(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, help="Tệp tờ khai tổng hợp Hàn Quốc · the Korean file")
    ],
    at_same_time: Annotated[int, typer.Option("--at-once", min=1, max=256, help="Số kết nối · connections")] = 16,
    limit: Annotated[
        int, typer.Option(min=0, help="Nhiều nhất bấy nhiêu tờ khai (0: tất cả) · at most so many (0: all)")
    ] = 0,
    url: UrlOption = "",
    json_: Json = False,
) -> None:
    """Chuyển và khai cả tệp dữ liệu Hàn Quốc · map and lodge a whole file of synthetic Korean declarations."""
    from itertools import islice

    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, Sender, at_once, read_sender
    from haidang.site.demo.korean_rows import NotTheSource
    from haidang.site.demo.mapper import MapReport, read_all

    config = load_config()
    report = MapReport()
    senders: dict[str, Sender] = {}
    statuses: dict[str, int] = {}
    refused: list[Lodged] = []

    def send(mapped: Any) -> Lodged:
        sender = senders.get(mapped.sender)
        if sender is None:
            sender = senders[mapped.sender] = read_sender(config, mapped.sender, None, None, None)
        return Lodged(mapped.message_id, gateway.post(DECLARATIONS, mapped.message(), sender))

    with Gateway(config, url, at_same_time) as gateway, terminal.progress("Dòng · rows", None) as progress:
        all_mapped = read_all(file, report=report, progress=progress.at)
        try:
            for _, lodged in at_once(at_same_time, islice(all_mapped, limit or None), send):
                statuses[str(lodged.reply.status)] = statuses.get(str(lodged.reply.status), 0) + 1
                if not lodged.is_registered:
                    refused.append(lodged)
        except NotTheSource as error:
            raise Wrong(str(error)) from None
    facts = {
        "rows": report.rows, "declarations": report.declarations, "lines": report.lines, "rows_left_out": len(report.misses),
        "answers": statuses,
        "refused": [{"message_id": each.message_id, **each.reply.body} for each in refused[:20]],
    }  # fmt: skip
    if refused:
        terminal.result(facts, lambda console: show_answers(console, refused[:20]))
        raise Refused(
            f"{len(refused)} / {report.declarations} tờ khai bị từ chối: sửa theo các lỗi dưới đây rồi gửi lại\n"
            f"{len(refused)} of {report.declarations} declarations were refused: mend what is told below and send them again",
            _findings(refused[:20]),
        )
    terminal.result(facts)


def show_answers(console: Console, done: Sequence[Lodged]) -> None:
    """Show one row per answer, and what the kinds of conditions in it mean."""
    console.print(rows_table(COLUMNS, (each.row() for each in done), RIGHT))
    if words := explained(kind for each in done for kind in each.kinds()):
        console.print(words, markup=False)


def _title(body: dict[str, Any]) -> str:
    """Return what a problem is called, in both languages where it has both."""
    return " · ".join(text for text in (body.get("title_vi"), body.get("title")) if text) or str(body.get("text", ""))


def _tell_answers(done: Sequence[Lodged]) -> None:
    facts = [
        {"message_id": each.message_id, "status": each.reply.status, "ms": round(each.reply.ms, 1), **each.reply.body}
        for each in done
    ]
    terminal.result(facts, lambda console: show_answers(console, done))
    for each in done:
        if each.is_registered and not terminal.json:
            show_refused(terminal.out, each.reply.body)
    refused = [each for each in done if not each.is_registered]
    if not refused:
        return
    if not terminal.json:
        for each in refused:
            terminal.out.print(f"{each.message_id}: HTTP {each.reply.status} {_title(each.reply.body)}", markup=False)
            show_findings(terminal.out, each.reply.body.get("findings", ()))
    raise typer.Exit(1)


def _findings(refused: Sequence[Lodged]) -> list[dict[str, Any]]:
    return [finding for each in refused for finding in each.reply.body.get("findings", ())]


def read_file(file: str) -> bytes:
    """Return the bytes of a file, or of the standard input for `-`."""
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Wrong(
            f"{file}: không đọc được tệp, kiểm tra đường dẫn · cannot be read, check the path ({error.strerror})"
        ) from None


def _messages(content: bytes, as_: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield (sender, message id, bytes): messages as they stand in the file, declarations wrapped into one. XML is one message."""
    from haidang.gateway.messages import wco, xml_safety

    if xml_safety.is_xml(content):
        mapped = wco.read(content)
        if not isinstance(mapped, wco.Mapped):
            raise Wrong(f"{mapped.text_vi} · {mapped.text_en}")
        yield as_ or str(mapped.tree.get("sender", "")), str(mapped.tree.get("message_id", "")), content
        return
    for raw in _objects(content):
        tree = msgspec.json.decode(raw)
        if not isinstance(tree, dict):
            raise Wrong("Tờ khai là một đối tượng JSON {…} · a declaration is a JSON object {…}")
        if isinstance(tree.get("declaration"), dict) or tree.get("procedure") in PATHS:
            yield as_ or str(tree.get("sender", "")), str(tree.get("message_id", "")), raw
            continue
        sender = as_ or str(tree.get("trader_code", ""))
        # The same declaration again is the same message, so that sending a file twice registers nothing twice.
        message_id = f"CLI-{hashlib.sha256(raw).hexdigest()[:32]}"
        message = {"message_id": message_id, "sender": sender, "procedure": "LODGE", "declaration": msgspec.Raw(raw)}
        yield sender, message_id, msgspec.json.encode(message)


def _objects(content: bytes) -> list[bytes]:
    """Return each object of a JSON document (one, or an array) or of JSON lines, in the bytes in which it stands."""
    try:
        try:
            whole = msgspec.json.decode(content)
        except msgspec.DecodeError:
            lines = [line for line in content.splitlines() if line.strip()]
            for line in lines:
                msgspec.json.decode(line)
            return lines
        if isinstance(whole, list):
            return [bytes(each) for each in msgspec.json.decode(content, type=list[msgspec.Raw])]
        return [content.strip()]
    except msgspec.DecodeError as error:
        raise Wrong(
            f"Tệp không phải JSON hay JSONL: sửa tệp rồi gửi lại · the file is neither JSON nor JSON lines: mend it and send again ({error})"
        ) from None
