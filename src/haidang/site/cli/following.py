"""`haidang amend`, `supplement`, `assess`, `decide`, `cancel`, `release` and `store`: acts on a declaration that is registered, sent to our lanes as any partner sends them."""

import hashlib
from typing import Annotated, Any

import msgspec
import typer

from haidang.site.cli.output import Json, Wrong, facts_table, rows_table, terminal, vnd
from haidang.site.cli.posting import OWN, AsOption, By, Post, body_of, machine_of, signed
from haidang.site.cli.sending import read_file

NumberArgument = Annotated[str, typer.Argument(metavar="NO", help="Số tờ khai · declaration number")]
OutsideOption = Annotated[
    str, typer.Option("--outside-reason", help="Lý do xử lý hồ sơ đơn vị khác · why a file of another unit")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Lý do · why")]


@signed
def amend(
    declaration_no: NumberArgument,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON: toàn bộ tờ khai mới; - là stdin · the whole new declaration")
    ],
    as_: AsOption = "",
    reason: ReasonOption = "",
    reason_code: Annotated[
        str, typer.Option("--reason-code", help="Mã lý do, nếu đã thông quan · code of the reason, once it is cleared")
    ] = "6",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Khai sửa; tờ khai đã thông quan thì khai bổ sung · amend a declaration, or ask for it once it is cleared."""
    raw = read_file(file)
    declared = _declaration(file, raw)
    # The same amendment again is the same message, so that sending it twice amends once.
    message_id = f"CLI-{hashlib.sha256(declaration_no.encode() + reason.encode() + raw).hexdigest()[:32]}"
    message = {
        "message_id": message_id, "sender": as_ or str(declared.get("trader_code", "")), "procedure": "AMEND",
        "declaration_no": declaration_no, "declaration": declared, "reason": reason,
    }  # fmt: skip
    after = message | {
        "message_id": message_id.replace("CLI-", "CLA-"), "procedure": "AMC", "reason_code": reason_code,
    }  # fmt: skip
    with Post(str(message["sender"]), by) as post:
        reply = post("/api/v1/amendments", message)
        if reply.status == 409 and reply.body.get("code") == "SETTLED_ALREADY":
            reply = post("/api/v1/cleared-amendments", after)
    _told(reply)


@signed
def supplement(
    declaration_no: NumberArgument,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON: tờ khai hoàn chỉnh; - là stdin · the complete declaration")
    ],
    as_: AsOption = "",
    reason: ReasonOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Hoàn chỉnh tờ khai đã đăng ký khi chưa hoàn chỉnh · complete a declaration that was lodged incomplete."""
    raw = read_file(file)
    declared = _declaration(file, raw)
    message = {
        "message_id": f"CLS-{hashlib.sha256(declaration_no.encode() + raw).hexdigest()[:32]}",
        "sender": as_ or str(declared.get("trader_code", "")), "procedure": "SUPPLEMENT", "declaration_no": declaration_no,
        "declaration": declared, "reason": reason,
    }  # fmt: skip
    _send("/api/v1/supplements", message, by)


@signed
def assess(
    declaration_no: NumberArgument,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="JSON: tờ khai đúng ra phải khai · as it should be declared")
    ],
    ground: Annotated[str, typer.Option("--ground", help="Căn cứ ấn định · ground, for example value_untrue")],
    reason: ReasonOption,
    as_: AsOption,
    outside_reason: OutsideOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Đề xuất ấn định thuế · propose that taxes be assessed ex officio."""
    raw = read_file(file)
    digest = hashlib.sha256(f"{declaration_no} {ground} {reason}".encode() + raw).hexdigest()
    message = {
        "message_id": f"CLI-{digest[:32]}", "sender": machine_of(as_), "procedure": "ASSESS", "declaration_no": declaration_no,
        "declaration": _declaration(file, raw), "ground": ground, "reason": reason, "outside_reason": outside_reason,
    }  # fmt: skip
    with Post(as_, by) as post:
        reply = post("/api/v1/assessments", message)
    _told(reply)


@signed
def decide(
    declaration_no: NumberArgument,
    register_no: Annotated[
        str, typer.Argument(metavar="REGISTER_NO", help="Số của đề nghị · number of what is decided")
    ],
    kind: Annotated[str, typer.Option("--kind", help="amendment, assessment, cancellation, retroactive")],
    outcome: Annotated[str, typer.Option("--outcome", help="accepted, refused")],
    as_: AsOption,
    reason: ReasonOption = "",
    outside_reason: OutsideOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Quyết định việc khai bổ sung, ấn định thuế hoặc hủy · decide on an amendment, an assessment or a cancellation."""
    said = f"{declaration_no} {register_no} {kind} {outcome} {reason} {as_}"
    message = {
        "message_id": f"CLI-{hashlib.sha256(said.encode()).hexdigest()[:32]}", "sender": machine_of(as_), "procedure": "DECIDE",
        "declaration_no": declaration_no, "register_no": register_no, "kind": kind, "outcome": outcome, "text": reason,
        "outside_reason": outside_reason,
    }  # fmt: skip
    with Post(as_, by) as post:
        reply = post("/api/v1/decisions", message)
    _told(reply)


@signed
def cancel(
    declaration_no: NumberArgument,
    case: Annotated[
        str, typer.Option("--case", help="Trường hợp hủy · case of cancellation, for example registered_twice")
    ],
    reason: ReasonOption,
    as_: AsOption,
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Đề nghị hủy tờ khai · ask for a declaration to be cancelled."""
    message_id = f"CLI-{hashlib.sha256(f'{declaration_no} {case} {reason}'.encode()).hexdigest()[:32]}"
    message = {
        "message_id": message_id, "sender": as_, "procedure": "CANCEL", "declaration_no": declaration_no, "case": case,
        "reason": reason,
    }  # fmt: skip
    _send("/api/v1/cancellations", message, by)


def _declaration(file: str, raw: bytes) -> dict[str, Any]:
    """Return the declaration in a file: it alone, or the message that holds it."""
    try:
        declared = msgspec.json.decode(raw)
    except msgspec.DecodeError as error:
        raise Wrong(f"{file}: không phải JSON · not JSON ({error})") from None
    if not isinstance(declared, dict):
        raise Wrong("Tờ khai là một đối tượng JSON {…} · a declaration is a JSON object {…}")
    inner: dict[str, Any] = declared.get("declaration", declared)
    return inner


@signed
def release(
    declaration_no: NumberArgument,
    code: Annotated[
        str, typer.Option("--code", help="A chờ mã số, B chờ trị giá, C khác · A awaits the code, B the value, C other")
    ],
    reason: ReasonOption,
    as_: AsOption,
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Đề nghị giải phóng hàng · ask for the goods to be released before they are cleared."""
    facts = {"act": "request_release", "text": reason, "release_code": code}
    _send("/api/v1/acts", _request(declaration_no, as_, facts), by)


@signed
def store(
    declaration_no: NumberArgument,
    place: Annotated[str, typer.Option("--place", help="Mã địa điểm bảo quản · code of the place of storage")],
    reason: ReasonOption,
    as_: AsOption,
    where: Annotated[
        str, typer.Option("--where", help="own: kho của mình, site: nơi kiểm tra · own place or site of the inspection")
    ] = "own",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Đề nghị đưa hàng về bảo quản · ask to keep the goods in storage until a result is known."""
    facts = {"act": "request_storage", "text": reason, "place_code": place, "storage_place": where}
    _send("/api/v1/acts", _request(declaration_no, as_, facts), by)


def _request(declaration_no: str, sender: str, facts: dict[str, str]) -> dict[str, Any]:
    """Return the message of a declarant's request; asked again with the same words it is the same message."""
    told = " ".join((declaration_no, *facts.values()))
    message_id = f"CLI-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    return {
        "message_id": message_id, "sender": sender, "procedure": "ACT", "declaration_no": declaration_no, **facts,
    }  # fmt: skip


def _send(path: str, message: dict[str, Any], by: By) -> None:
    """Send one message signed by its sender, and show the answer."""
    with Post(message["sender"], by) as post:
        reply = post(path, message)
    _told(reply)


def _told(reply: Any) -> None:
    """Show the answer, or refuse with what is wrong."""
    body = body_of(reply)
    terminal.result(body, lambda console: _show(console, body))


def _show(console: Any, body: dict[str, Any]) -> None:
    facts = {
        "Số tờ khai · number": body["declaration_no"],
        "Trạng thái · state": body["state"],
        "Điều kiện mở · open conditions": ", ".join(each["kind"] for each in body["open_conditions"]),
    }
    if "overpaid_vnd" in body:
        facts["Nộp thừa · overpaid (đ)"] = vnd(body["overpaid_vnd"])
    if "outstanding_vnd" in body:
        facts["Thuế · taxes (đ)"] = f"{vnd(body['payable_before_vnd'])} → {vnd(body['payable_vnd'])}"
        facts["Còn phải nộp · outstanding (đ)"] = vnd(body["outstanding_vnd"])
    if body.get("register_no"):
        facts["Số đề nghị · request"] = f"{body['register_no']} ({body['outcome']})"
    if body.get("additional_vnd"):
        facts["Phải nộp thêm · additional (đ)"] = vnd(body["additional_vnd"])
        per_day = vnd(body["interest_per_day_vnd"])
        facts["Tiền chậm nộp · interest (đ)"] = (
            f"{vnd(body['interest_vnd'])} từ · since {body['interest_from']}, + {per_day} mỗi ngày · a day"
        )
    if body.get("free_until"):
        facts["Không phạt đến · no penalty until"] = body["free_until"]
    if "late" in body:
        late = "quá hạn · late" if body["late"] else "đúng hạn · in time"
        facts["Hạn hoàn chỉnh · due"] = f"{body['due_at']} ({late})"
    if "case" in body:
        facts["Kết quả · outcome"] = f"{body['outcome']}: {body['case_name_vi']} · {body['case_name']} ({body['law']})"
    console.print(facts_table(facts))
    if changes := body.get("changes"):
        rows = [(f"{each['name_vi']} · {each['name_en']}", each["old"], each["new"]) for each in changes]
        console.print(rows_table(("Chỉ tiêu · field", "Cũ · old", "Mới · new"), rows))
