"""`haidang amend` and `cancel`: acts on a declaration that is registered, sent to our lanes as any partner sends them."""

import hashlib
from typing import Annotated, Any

import msgspec
import typer

from haidang.site.cli.output import Json, Refused, Wrong, facts_table, rows_table, terminal, vnd
from haidang.site.cli.sending import AsOption, CertOption, KeyOption, TokenOption, UrlOption, read_file

NumberArgument = Annotated[str, typer.Argument(metavar="NO", help="Số tờ khai · declaration number")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Lý do · why")]


def amend(
    declaration_no: NumberArgument,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON: toàn bộ tờ khai mới; - là stdin · the whole new declaration")
    ],
    key: KeyOption = None,
    cert: CertOption = None,
    token_file: TokenOption = None,
    as_: AsOption = "",
    reason: ReasonOption = "",
    url: UrlOption = "",
    json_: Json = False,
) -> None:
    """Khai sửa trước thông quan, in những gì đã đổi · amend a declaration before clearance, show what changed."""
    raw = read_file(file)
    try:
        declared = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise Wrong(f"{file}: không phải JSON · not JSON ({error})") from None
    if not isinstance(declared, dict):
        raise Wrong("Tờ khai là một đối tượng JSON {…} · a declaration is a JSON object {…}")
    declared = declared.get("declaration", declared)
    # The same amendment again is the same message, so that sending it twice amends once.
    message_id = f"CLI-{hashlib.sha256(declaration_no.encode() + reason.encode() + raw).hexdigest()[:32]}"
    message = {
        "message_id": message_id, "sender": as_ or str(declared.get("trader_code", "")), "procedure": "AMEND",
        "declaration_no": declaration_no, "declaration": declared, "reason": reason,
    }  # fmt: skip
    _send("/api/v1/amendments", message, key, cert, token_file, url)


def cancel(
    declaration_no: NumberArgument,
    case: Annotated[
        str, typer.Option("--case", help="Trường hợp hủy · case of cancellation, for example registered_twice")
    ],
    reason: ReasonOption,
    as_: AsOption,
    key: KeyOption = None,
    cert: CertOption = None,
    token_file: TokenOption = None,
    url: UrlOption = "",
    json_: Json = False,
) -> None:
    """Đề nghị hủy tờ khai · ask for a declaration to be cancelled."""
    message_id = f"CLI-{hashlib.sha256(f'{declaration_no} {case} {reason}'.encode()).hexdigest()[:32]}"
    message = {
        "message_id": message_id, "sender": as_, "procedure": "CANCEL", "declaration_no": declaration_no, "case": case,
        "reason": reason,
    }  # fmt: skip
    _send("/api/v1/cancellations", message, key, cert, token_file, url)


def _send(path: str, message: dict[str, Any], key: Any, cert: Any, token_file: Any, url: str) -> None:
    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, read_sender

    config = load_config()
    sender = read_sender(config, message["sender"], key, cert, token_file)
    with Gateway(config, url) as gateway:
        reply = gateway.post(path, msgspec.json.encode(message), sender)
    if reply.status != 200:
        title = f"{reply.body.get('title_vi', '')}\n{reply.body.get('title', f'HTTP {reply.status}')}"
        raise Refused(title, reply.body.get("findings", ()))
    terminal.result(reply.body, lambda console: _show(console, reply.body))


def _show(console: Any, body: dict[str, Any]) -> None:
    facts = {
        "Số tờ khai · number": body["declaration_no"],
        "Trạng thái · state": body["state"],
        "Nộp thừa · overpaid (đ)": vnd(body["overpaid_vnd"]),
        "Điều kiện mở · open conditions": ", ".join(each["kind"] for each in body["open_conditions"]),
    }
    if "outstanding_vnd" in body:
        facts["Thuế · taxes (đ)"] = f"{vnd(body['payable_before_vnd'])} → {vnd(body['payable_vnd'])}"
        facts["Còn phải nộp · outstanding (đ)"] = vnd(body["outstanding_vnd"])
    else:
        facts["Kết quả · outcome"] = f"{body['outcome']}: {body['case_name_vi']} · {body['case_name']} ({body['law']})"
    console.print(facts_table(facts))
    if changes := body.get("changes"):
        rows = [(f"{each['name_vi']} · {each['name_en']}", each["old"], each["new"]) for each in changes]
        console.print(rows_table(("Chỉ tiêu · field", "Cũ · old", "Mới · new"), rows))
