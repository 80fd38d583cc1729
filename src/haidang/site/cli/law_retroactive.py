"""`haidang lawbook retro`: what a later version of the law makes of what is registered already; prepared by one officer, booked by another."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.console import Console

from haidang.site.cli.databases import servers_running
from haidang.site.cli.following import OutsideOption
from haidang.site.cli.output import Exit, Json, Refused, Wrong, facts_table, rows_table, terminal, vnd
from haidang.site.cli.posting import OWN, By, CertOption, KeyOption, Post, machine_of, signed
from haidang.site.cli.words import moment

if TYPE_CHECKING:
    from haidang.site.retroactive import Changed, Compared, Law

app = typer.Typer(no_args_is_help=True, help="Luật áp dụng hồi tố, đính chính · law that reaches back")

OfficerOption = Annotated[
    str, typer.Option("--as", metavar="OFFICER", help="Mã công chức có thẩm quyền · code of an officer with the power")
]
VersionOption = Annotated[
    int | None, typer.Option("--version", min=1, help="Phiên bản mới hơn; mặc định: mới nhất · the later version")
]
BatchArgument = Annotated[int, typer.Argument(metavar="BATCH", min=1, help="Số đợt · number of the batch")]
LEFT_OUT = {
    "not_cleared": "chưa thông quan hoặc đã kết thúc · not cleared: an amendment is judged by the newest version",
    "waits": "đã có điều chỉnh chờ duyệt · an adjustment waits already",
    "no_power": "thuộc đơn vị khác · a file of another office",
    "conflict": "công chức có xung đột lợi ích · the officer has a conflict of interest",
}
NO_INTEREST = (
    "Không tính tiền chậm nộp trên chênh lệch: chưa có nguồn xác nhận (chưa kiểm chứng).\n"
    "No interest is charged on the difference: no source says that it runs (unverified)."
)
_MOST = 200
"""Declarations that a screen shows; JSON and CSV hold all."""


@app.command("compare")
def compare(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="Thư mục sách luật thay cho phiên bản · a folder instead"),
    ] = None,
    version: VersionOption = None,
    draft: Annotated[
        int | None, typer.Option("--draft", min=1, help="Dự thảo thay cho phiên bản · a draft instead")
    ] = None,
    csv_: Annotated[
        Path | None, typer.Option("--csv", dir_okay=False, metavar="FILE", help="Ghi ra CSV · write it as CSV")
    ] = None,
    json_: Json = False,
) -> None:
    """Tờ khai đã đăng ký phải nộp thêm hoặc thừa bao nhiêu theo luật mới hơn của cùng ngày · what registered declarations owe more or less by a later law of their day."""
    if bool(folder) + bool(version) + bool(draft) > 1:
        raise Wrong("Chỉ một trong: thư mục, --version, --draft · only one of: a folder, --version, --draft")
    with servers_running() as config:
        found = _compared(config, folder, version, draft)
    if csv_ is not None:
        _write_csv(csv_, found)
    facts = facts_of(found)
    terminal.result(facts, lambda console: _show(console, facts))


@app.command("prepare")
def prepare(
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Vì sao, văn bản nào · why, which instrument")],
    officer: OfficerOption,
    version: VersionOption = None,
    key: KeyOption = None,
    cert: CertOption = None,
    json_: Json = False,
) -> None:
    """Lập và ký một đợt điều chỉnh chờ người khác duyệt; chưa ghi sổ · prepare and sign a batch that another officer decides on; nothing is booked."""
    from haidang.site import retroactive

    if not reason.strip():
        raise Wrong("REASON: cần ghi lý do · say why")
    with servers_running() as config:
        found = _compared(config, None, version, None)
        batch, taken, left_out = retroactive.prepare(
            config, found, officer, reason.strip(), _signer(config, officer, key, cert)
        )
    facts = {
        "batch": batch.batch_no,
        "newer_version": batch.newer_version,
        "reason": batch.reason,
        "prepared_by": batch.prepared_by,
        "prepared_at": batch.prepared_at.isoformat(),
        "declarations": len(taken),
        "more_vnd": sum(max(0, each.now_vnd - each.was_vnd) for each in taken),
        "less_vnd": sum(max(0, each.was_vnd - each.now_vnd) for each in taken),
        "left_out": [{"declaration_no": each.declaration_no, "why": why} for each, why in left_out],
        "parcels_left_out": found.parcels_left_out,
    }
    counts = Counter(why for _, why in left_out)

    def show(console: Console) -> None:
        console.print(facts_table({name: value for name, value in facts.items() if name != "left_out"}))
        for why, count in counts.items():
            console.print(f"Bỏ ra ngoài · left out: {count}: {LEFT_OUT[why]}")
        _tell_parcels(console, found.parcels_left_out)

    terminal.result(facts, show)


@app.command("show")
def show(
    batch: Annotated[int, typer.Argument(metavar="[BATCH]", min=0, help="Số đợt; không ghi: mọi đợt · all")] = 0,
    json_: Json = False,
) -> None:
    """Các đợt điều chỉnh, hoặc từng tờ khai của một đợt · the batches, or each declaration of one."""
    from haidang.ledger.lookups import batches
    from haidang.platform.db import Servers
    from haidang.site.retroactive import rows_of_batch

    with servers_running() as config:
        if not batch:
            with Servers(config).connect("report") as connection:
                found = [
                    {
                        name: value
                        for name, value in msgspec.structs.asdict(each).items()
                        if name not in ("rows_digest", "signature")
                    }
                    for each in batches(connection)
                ]
            heads = (
                "Đợt · batch",
                "Phiên bản · version",
                "Lý do · reason",
                "Người lập · by",
                "Lúc · at",
                "Tờ khai · files",
            )
            rows = [(*list(each.values())[:4], moment(each["prepared_at"].isoformat()), each["row_count"]) for each in found]  # fmt: skip
            terminal.result(found, lambda console: console.print(rows_table(heads, rows)))
            return
        its = [_row(number, each) for number, each in rows_of_batch(config, batch)]
    if not its:
        raise Refused(f"Không có đợt {batch} · there is no batch {batch}")
    columns = ("Số tờ khai · number", "Trước · before", "Sau · after", "Duyệt · decided")
    shown = [(each["declaration_no"], vnd(each["was_vnd"]), vnd(each["now_vnd"]), each["outcome"]) for each in its]
    terminal.result(its, lambda console: console.print(rows_table(columns, shown, columns[1:3])))


@app.command("approve")
@signed
def approve(
    batch: BatchArgument,
    officer: OfficerOption,
    reason: Annotated[str, typer.Option("--reason", help="Lý do · why")] = "",
    outside_reason: OutsideOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Duyệt đợt do người khác lập: ghi sổ từng tờ khai, tống đạt quyết định · book a batch of another officer, declaration by declaration, each signed and served."""
    _decide(batch, officer, "accepted", reason, outside_reason, by)


@app.command("refuse")
@signed
def refuse(
    batch: BatchArgument,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Lý do · why")],
    officer: OfficerOption,
    outside_reason: OutsideOption = "",
    by: By = OWN,
    json_: Json = False,
) -> None:
    """Từ chối phần còn chờ của một đợt · refuse what still waits of a batch."""
    _decide(batch, officer, "refused", reason, outside_reason, by)


def _decide(batch: int, officer: str, outcome: str, reason: str, outside_reason: str, by: By) -> None:
    """Send one signed decision for each declaration that waits. Sent again after a break, each gets the answer that it got."""
    from haidang.site.retroactive import rows_of_batch

    with servers_running() as config:
        rows = list(rows_of_batch(config, batch))
    if not rows:
        raise Refused(f"Không có đợt {batch} · there is no batch {batch}")
    waiting = [number for number, each in rows if each.decided_seq is None]
    done, refused = list[dict[str, Any]](), list[dict[str, Any]]()
    with (
        Post(officer, by) as post,
        terminal.progress("Tờ khai · declarations", len(waiting)) as progress,
    ):
        for number in waiting:
            said = f"{number} {batch} retroactive {outcome} {reason} {officer}"
            reply = post(
                "/api/v1/decisions",
                {
                    "message_id": f"CLI-{hashlib.sha256(said.encode()).hexdigest()[:32]}", "sender": machine_of(officer), "procedure": "DECIDE",
                    "declaration_no": number, "register_no": f"{batch:012}", "kind": "retroactive", "outcome": outcome, "text": reason,
                    "outside_reason": outside_reason,
                },
            )  # fmt: skip
            (done if reply.status == 200 else refused).append({"declaration_no": number, **reply.body})
            progress.advance()
    _told(batch, outcome, done, refused)


def _told(batch: int, outcome: str, done: list[dict[str, Any]], refused: list[dict[str, Any]]) -> None:
    facts = {
        "batch": batch,
        "outcome": outcome,
        "decided": len(done),
        "more_vnd": sum(max(0, _moved(each)) for each in done),
        "less_vnd": sum(max(0, -_moved(each)) for each in done),
        "refused": [
            {name: each.get(name) for name in ("declaration_no", "code", "title_vi", "title", "findings")} for each in refused
        ],
    }  # fmt: skip

    def show(console: Console) -> None:
        console.print(facts_table({name: value for name, value in facts.items() if name != "refused"}))
        for each in refused:
            told = f"{each['declaration_no']}: {each.get('title_vi', '')} · {each.get('title', '')}"
            console.print(told, style="red", markup=False)

    terminal.result(facts, show)
    if refused:
        raise typer.Exit(Exit.REFUSED)


def _moved(body: dict[str, Any]) -> int:
    return sum(body.get("difference", {}).values())


def _signer(config: Any, officer: str, key: Path | None, cert: Path | None) -> Callable[[bytes], str | None]:
    """Return what signs for an officer: with the key and certificate named, else with those of the demo country."""
    from haidang.parties.authority import read_certificate, read_private_key
    from haidang.site.cli.client import Sender, read_sender

    if (key is None) != (cert is None):
        raise Wrong("--key và --cert đi cùng nhau · --key goes with --cert")
    if key is None or cert is None:
        return read_sender(config, officer, None, None, None).sign
    return Sender(officer, "", read_private_key(key), read_certificate(cert.read_bytes())).sign


def _compared(config: Any, folder: Path | None, version: int | None, draft: int | None) -> "Compared":
    from haidang.platform.db import Servers
    from haidang.site import retroactive

    with Servers(config).connect("report") as connection:
        law = _law(connection, folder, version, draft)
    with terminal.progress("Tờ khai · declarations", None) as progress:
        return retroactive.compare(config, law, lambda done: progress.at(done, None))


def _law(connection: Any, folder: Path | None, version: int | None, draft: int | None) -> "Law":
    from haidang.reference.lookups import latest_version
    from haidang.site import retroactive

    newest = latest_version(connection)
    if folder is not None:
        return retroactive.of_folder(folder, newest)
    if draft:
        return retroactive.of_draft(connection, draft, newest)
    if version and version > newest:
        raise Wrong(f"Không có phiên bản {version}, mới nhất là {newest} · there is no version {version}, the newest is {newest}")  # fmt: skip
    return retroactive.of_version(version or newest)


def facts_of(found: "Compared") -> dict[str, Any]:
    """Return a comparison as JSON holds it: amounts in whole đồng."""
    totals = found.totals()
    return {
        "law": found.law,
        "version": found.version,
        "declarations": found.declarations,
        "days": [{"registered_on": on.isoformat(), "judged_version": version} for on, version in found.days],
        "same": found.same,
        "parcels_left_out": found.parcels_left_out,
        "more_vnd": sum(max(0, each.now_vnd - each.was_vnd) for each in found.changed),
        "less_vnd": sum(max(0, each.was_vnd - each.now_vnd) for each in found.changed),
        "taxes": {name: {"more_vnd": more, "less_vnd": less} for name, (more, less) in sorted(totals.items())},
        "changed": [_changed(each) for each in found.changed],
        "undecided": [
            {
                "declaration_no": each.declaration_no, "trader_code": each.trader_code, "registered_on": each.registered_on.isoformat(),
                "judged_version": each.judged_version,
                "reasons": [{"code": code, "text_vi": vi, "text_en": en} for code, vi, en in each.reasons],
            }
            for each in found.undecided
        ],
    }  # fmt: skip


def _changed(each: "Changed") -> dict[str, Any]:
    return {
        "declaration_no": each.declaration_no, "trader_code": each.trader_code, "customs_office_code": each.customs_office_code,
        "registered_on": each.registered_on.isoformat(), "state": each.state, "judged_version": each.judged_version,
        "was_vnd": each.was_vnd, "now_vnd": each.now_vnd, "difference_vnd": each.now_vnd - each.was_vnd, "difference": each.difference,
    }  # fmt: skip


def _row(number: str, each: Any) -> dict[str, Any]:
    outcome = "waits" if each.accepted is None else "accepted" if each.accepted else "refused"
    decided_at = each.decided_at.isoformat() if each.decided_at else None
    return {
        "declaration_no": number, "judged_version": each.judged_version, "newer_version": each.newer_version,
        "was_vnd": sum(each.was_vnd), "now_vnd": sum(each.now_vnd), "outcome": outcome, "decided_by": each.decided_by, "decided_at": decided_at,
    }  # fmt: skip


def _write_csv(path: Path, found: "Compared") -> None:
    taxes = sorted(found.totals())
    columns = ["declaration_no", "trader_code", "customs_office_code", "registered_on", "state", "judged_version", "was_vnd", "now_vnd", "difference_vnd"]  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, *taxes, "undecided"])
        writer.writerows(_csv_rows(found, columns, taxes))


def _csv_rows(found: "Compared", columns: list[str], taxes: list[str]) -> Iterator[list[Any]]:
    for each in found.changed:
        facts = _changed(each)
        yield [*(facts[name] for name in columns), *(each.difference.get(name, 0) for name in taxes), ""]
    for one in found.undecided:
        facts = {"declaration_no": one.declaration_no, "trader_code": one.trader_code, "registered_on": one.registered_on.isoformat(), "judged_version": one.judged_version}  # fmt: skip
        yield [
            *(facts.get(name, "") for name in columns),
            *("" for _ in taxes),
            "; ".join(code for code, *_ in one.reasons),
        ]


def _show(console: Console, facts: dict[str, Any]) -> None:
    from haidang.gateway.words import STATES, TAXES

    console.print(
        facts_table(
            {
                "luật · law": facts["law"],
                "tờ khai đã xem · declarations looked at": facts["declarations"],
                "ngày có luật khác · days whose law differs": len({each["registered_on"] for each in facts["days"]}),
                "không đổi · the same": facts["same"],
                "thay đổi · changed": len(facts["changed"]),
                "nộp thêm · owed more (đ)": vnd(facts["more_vnd"]),
                "nộp thừa · owed less (đ)": vnd(facts["less_vnd"]),
                "không xác định được · undecided": len(facts["undecided"]),
            }
        )
    )
    numbers = ("thêm · more", "thừa · less")
    taxes = [(TAXES.get(name, name), vnd(each["more_vnd"]), vnd(each["less_vnd"])) for name, each in facts["taxes"].items()]  # fmt: skip
    if taxes:
        console.print(rows_table(("Sắc thuế · tax", *numbers), taxes, numbers))
    columns = ("Số tờ khai · number", "Đăng ký · registered", "Trạng thái · state", "Luật cũ · judged by", "Trước · before", "Sau · after", "Chênh lệch · difference")  # fmt: skip
    rows = [
        (
            each["declaration_no"], each["registered_on"], STATES[each["state"]], f"v{each['judged_version']}", vnd(each["was_vnd"]),
            vnd(each["now_vnd"]), vnd(each["difference_vnd"]),
        )
        for each in facts["changed"][:_MOST]
    ]  # fmt: skip
    if rows:
        console.print(rows_table(columns, rows, columns[4:]))
    if facts["changed"][_MOST:]:
        console.print(f"… {len(facts['changed']) - _MOST} tờ khai nữa: --json, --csv · more: --json, --csv")
    for each in facts["undecided"][:_MOST]:
        told = "; ".join(f"{one['code']} {one['text_vi']} · {one['text_en']}" for one in each["reasons"])
        console.print(f"{each['declaration_no']}: {told}", style="yellow", markup=False)
    _tell_parcels(console, facts["parcels_left_out"])
    console.print(NO_INTEREST)


def _tell_parcels(console: Console, count: int) -> None:
    if count:
        console.print(
            f"Không so sánh {count} kiện hàng trị giá thấp do phiên bản cũ xác định: doanh nghiệp nộp thuế chung cho cả danh sách, chưa có thủ tục điều chỉnh từng kiện.\n"
            f"{count} parcels that an earlier version judged are not compared: a list is paid as a whole, and no act adjusts one of its parcels.",
            style="yellow",
        )  # fmt: skip
