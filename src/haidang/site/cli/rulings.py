"""`haidang ruling`: advance rulings: apply, take a step in a file, decide, look at one's own, and the public list."""

import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from haidang.site.cli.output import Json, Wrong, facts_table, rows_table, terminal
from haidang.site.cli.posting import OWN, AsOption, By, Post, TokenOption, UrlOption, body_of, machine_of, signed
from haidang.site.cli.words import moment

app = typer.Typer(no_args_is_help=True, help="Xác định trước mã số, trị giá, xuất xứ · advance rulings")

NumberArgument = Annotated[
    str, typer.Argument(metavar="NO", help="Số đơn (DXT-…) hoặc số văn bản (XDT-…) · application or ruling")
]
ForOption = Annotated[
    str, typer.Option("--for", metavar="TRADER", help="Mã số thuế doanh nghiệp · tax code of the trader")
]
TextOption = Annotated[str, typer.Option("--text", help="Nội dung, lý do, căn cứ · what, why, on what ground")]
CodeOption = Annotated[str, typer.Option("--code", help="Mã số hàng hóa · commodity code")]
MethodOption = Annotated[str, typer.Option("--method", help="Phương pháp trị giá · method of the value")]
OriginOption = Annotated[str, typer.Option("--origin", help="Nước xuất xứ · country of origin")]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", help="Số chứng từ đã nộp, nhiều lần · number of a document")
]


@app.command("apply")
@signed
def apply(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="code, value, origin")],
    goods: Annotated[str, typer.Option("--goods", help="Mô tả hàng hóa · description of the goods")],
    as_: AsOption,
    for_: ForOption = "",
    mark: Annotated[
        str, typer.Option("--mark", help="Tên thương mại, ký hiệu trên tờ khai · trade name or model in declarations")
    ] = "",
    lot: Annotated[str, typer.Option("--lot", help="Số vận đơn của lô (trị giá) · bill of the lot, for a value")] = "",
    code: CodeOption = "",
    method: MethodOption = "",
    origin: OriginOption = "",
    text: TextOption = "",
    document: DocumentOption = None,
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Đề nghị xác định trước, ký và gửi · apply for a ruling, signed."""
    facts = {
        "procedure": "RULING_APPLY", "trader_code": for_ or as_, "kind": kind, "goods_name": goods, "goods_mark": mark, "lot": lot,
        **_content(code, method, origin), "text": text, "documents": document or [],
    }  # fmt: skip
    _send("/api/v1/ruling-applications", facts, as_, by)


@app.command("step")
@signed
def step(
    number: NumberArgument,
    act: Annotated[
        str, typer.Argument(metavar="ACT", help="supplement, request_review, need_more, complete, flag_complex")
    ],
    for_: ForOption,
    as_: AsOption,
    text: TextOption = "",
    document: DocumentOption = None,
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Một bước trong hồ sơ; công chức ký bằng mã của mình · a step in a file; an officer signs as themselves (--as)."""
    facts = {"number": number, "act": act, "text": text, "documents": document or []}
    _send("/api/v1/ruling-steps", _stepping(facts, for_), as_, by)


@app.command("decide")
@signed
def decide(
    number: NumberArgument,
    for_: ForOption,
    as_: AsOption,
    propose: Annotated[
        str, typer.Option("--propose", help="issue, refuse, keep, replace, cancel, end_by_law: đề xuất · propose it")
    ] = "",
    approve: Annotated[bool, typer.Option("--approve", help="Phê duyệt đề xuất · approve what was proposed")] = False,
    return_: Annotated[bool, typer.Option("--return", help="Trả lại đề xuất · return it")] = False,
    code: CodeOption = "",
    method: MethodOption = "",
    origin: OriginOption = "",
    until: Annotated[str, typer.Option("--until", help="Không còn hiệu lực từ ngày · no longer in force from")] = "",
    text: TextOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Công chức đề xuất, một công chức khác quyết định · an officer proposes, another one decides."""
    if bool(propose) + approve + return_ != 1:
        raise Wrong("chọn một trong --propose, --approve, --return · one of --propose, --approve, --return")
    act = "propose" if propose else "approve" if approve else "return"
    facts: dict[str, Any] = {
        "number": number, "act": act, "outcome": propose, **_content(code, method, origin), "text": text,
        **({"valid_until": until} if until else {}),
    }  # fmt: skip
    _send("/api/v1/ruling-steps", _stepping(facts, for_), as_, by)


@app.command("show")
def show(
    number: NumberArgument, as_: AsOption, token_file: TokenOption = None, url: UrlOption = "", json_: Json = False
) -> None:
    """Một hồ sơ: trạng thái, hạn, các bước, văn bản · a file: where it stands, due times, steps, rulings."""
    _show_file(_ask(f"/api/v1/rulings/{number}", as_, token_file, url))


@app.command("list")
def list_(
    as_: Annotated[str, typer.Option("--as", help="Mã bên hỏi; rỗng: danh sách công khai · who asks; empty: the public list")] = "",
    token_file: TokenOption = None,
    url: UrlOption = "",
    json_: Json = False,
) -> None:  # fmt: skip
    """Hồ sơ của mình; không có --as: văn bản đang có hiệu lực, không nêu doanh nghiệp · one's own; without --as what is published."""
    if not as_ and token_file is None:
        found = _ask("/api/v1/published-rulings", "", None, url)["published"]
        heads = ("Số · no", "Loại · kind", "Hàng · goods", "Mã · code", "Xuất xứ · origin", "Đến trước · until before")
        rows = [
            (each["ruling_no"], each["kind"], each["goods_name"], each["commodity_code"], each["origin_country_code"], each["valid_until"])
            for each in found
        ]  # fmt: skip
    else:
        found = _ask("/api/v1/rulings", as_, token_file, url)["rulings"]
        heads = ("Số đơn · no", "Loại · kind", "Hàng · goods", "Trạng thái · state", "Hạn · due", "Văn bản · rulings")
        rows = [
            (
                each["application_no"], each["kind"], each["goods_name"], each["state"], moment(each["due_at"]),
                ", ".join(f"{ruling['ruling_no']} {ruling['status']}" for ruling in each["rulings"]),
            )
            for each in found
        ]  # fmt: skip
    terminal.result(found, lambda console: console.print(rows_table(heads, rows)))


def _content(code: str, method: str, origin: str) -> dict[str, str]:
    return {"commodity_code": code, "value_method": method, "origin_country_code": origin}


def _stepping(facts: dict[str, Any], trader: str) -> dict[str, Any]:
    return {"procedure": "RULING_STEP", "trader_code": trader, **facts}


def _send(path: str, facts: dict[str, Any], code: str, by: By) -> None:
    """Sign and send a message of a party, or of an officer by the machine of the office; show the file as it stands then."""
    said = {name: value for name, value in facts.items() if value not in ("", [])}
    message = {"message_id": f"CLI-{uuid.uuid4().hex}", "sender": machine_of(code), **said}
    with Post(code, by) as post:
        _show_file(body_of(post(path, message), (200, 201)))


def _ask(path: str, as_: str, token_file: Path | None, url: str) -> dict[str, Any]:
    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, read_sender

    config = load_config()
    sender = read_sender(config, as_, None, None, token_file) if as_ or token_file else None
    with Gateway(config, url) as gateway:
        reply = gateway.ask(path, sender)
    return body_of(reply)


def _show_file(view: dict[str, Any]) -> None:
    rulings = [
        (
            each["ruling_no"], each["commodity_code"] or each["origin_country_code"] or each["value_method"], each["status"],
            moment(each["issued_at"]), each["valid_until"], each["replaced_by"],
        )
        for each in view["rulings"]
    ]  # fmt: skip
    heads = (
        "Số · no",
        "Nội dung · ruled",
        "Hiệu lực · status",
        "Từ · from",
        "Đến trước · until before",
        "Thay bằng · replaced by",
    )
    facts = {
        "Số đơn · application": view["application_no"],
        "Doanh nghiệp · trader": view["trader_code"],
        "Hàng · goods": view["goods_name"],
        "Trạng thái · state": view["state"],
        "Hạn của hải quan · due": moment(view["due_at"]) if view["due_at"] else "",
        "Quá hạn · overdue": "có · yes" if view["overdue"] else "",
        "Các bước · steps": "\n".join(f"{each['seq']} {each['act']} {each['by']} {moment(each['at'])} {each['text']}" for each in view["steps"]),
    }  # fmt: skip

    def show(console: Any) -> None:
        console.print(facts_table(facts))
        if rulings:
            console.print(rows_table(heads, rulings))

    terminal.result(view, show)
