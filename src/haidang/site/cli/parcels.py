"""How `haidang lodge` and `haidang status` show lists of parcels and single parcels."""

from collections import Counter
from typing import Any

from rich.console import Console

from haidang.gateway.words import CONDITIONS, OWNERS, STATES
from haidang.parcels.terms import AMENDS, CANCEL, EXPORT, IMPORT
from haidang.site.cli.output import facts_table, percent, rows_table, show_findings, vnd
from haidang.site.cli.words import counted, in_words, moment

PARCELS = "/api/v1/parcels"
LISTS = "/api/v1/parcel-lists"
PATHS = {
    **dict.fromkeys((IMPORT, EXPORT), PARCELS),
    **dict.fromkeys(AMENDS, "/api/v1/parcel-amendments"),
    CANCEL: "/api/v1/parcel-cancellations",
}
"""The path that takes each procedure of parcels."""
OUTCOMES = {
    "amended": "đã sửa · amended",
    "cancelled": "đã hủy · cancelled",
    "requested": "chờ quyết định · waits for customs",
}
"""What came of a parcel, Vietnamese and English."""


def list_row(body: dict[str, Any], ms: str) -> tuple[object, ...]:
    """Return the answer to a list as a row of the table of answers."""
    parcels = [each for each in body["parcels"] if each.get("parcel_no")]
    channels = Counter(each["channel"] for each in parcels)
    told = ", ".join(f"{channel}: {count}" for channel, count in sorted(channels.items()))
    kinds = counted(kind for each in parcels for kind in each.get("open_conditions", ()))
    accepted = f"{body['list_no']} ({body['accepted_count']}/{body['parcel_count']} lô · parcels)"
    return (accepted, told, body["payable_vnd"], kinds or "không, đã thông quan · none: cleared", ms)


def changed_row(body: dict[str, Any], ms: str) -> tuple[object, ...]:
    """Return the answer to an amendment or cancellation of parcels as a row of the table of answers."""
    outcomes = Counter(OUTCOMES[each["outcome"]] for each in body["parcels"] if each.get("outcome"))
    told = ", ".join(f"{outcome}: {count}" for outcome, count in sorted(outcomes.items()))
    kinds = counted(each["kind"] for each in body["open_conditions"])
    many = body["changed_count"] + body["refused_count"]
    return (
        f"{body['list_no']} ({body['changed_count']}/{many} lô · parcels)",
        told,
        body["outstanding_vnd"],
        kinds,
        ms,
    )


def show_refused(console: Console, body: dict[str, Any]) -> None:
    """Show why parcels of a list were not registered, amended or cancelled, each by its number."""
    for each in body.get("parcels", ()):
        if findings := each.get("findings"):
            number = each.get("house_no") or each.get("parcel_no") or "?"
            told = "không thực hiện · not done" if "changed_count" in body else "không đăng ký · not registered"
            console.print(f"{number}: {told}", style="red", markup=False)
            show_findings(console, findings)


def show_parcel(console: Console, body: dict[str, Any]) -> None:
    """Show one parcel: where it stands, what it owes, and who holds it since when."""
    facts = {
        "Số lô hàng · parcel": body["parcel_no"],
        "Trong danh sách · in list": f"{body['list_no']} ({body['procedure']}, {body['transport_document_no']})",
        "Số vận đơn chủ hàng · house number": body["house_no"],
        "Hàng hóa · goods": body["description"],
        "Doanh nghiệp khai · operator": body["operator_code"],
        "Chi cục · office": body["customs_office_code"],
        "Đăng ký · registered": moment(body["registered_at"]),
        "Luồng · channel": f"{body['channel']} {body['channel_name_vi']} · {body['channel_name']}",
        "Trạng thái · state": STATES.get(body["state"], body["state"]),
        "Thông quan · cleared": moment(body["cleared_at"]) or "chưa · not yet",
        "Trị giá · value (đ)": vnd(body["customs_value_vnd"]),
        "Thuế nhập khẩu · import duty (đ)": vnd(body["import_duty_vnd"]),
        "Thuế GTGT · VAT (đ)": f"{vnd(body['value_added_vnd'])} ({percent(body['vat_rate_bp'])})",
        "Lá và gốc của danh sách · leaf and root": f"{body['proof']['leaf'][:16]}… → {body['proof']['root'][:16]}…",
    }
    console.print(facts_table(facts))
    _show_conditions(console, body)
    rows = [
        (each["amendment_no"], moment(each["amended_at"]), f"{change['name_vi']} · {change['name_en']}", change["old"], change["new"], each["reason"])
        for each in body["versions"]
        for change in each["changes"]
    ]  # fmt: skip
    if rows:
        heads = ("Lần · no", "Lúc · at", "Chỉ tiêu · field", "Trước · before", "Sau · after", "Lý do · reason")
        console.print(rows_table(heads, rows))


def show_list(console: Console, body: dict[str, Any]) -> None:
    """Show a list: what it owes, its own conditions, and how many of its parcels stand where."""
    states = {STATES.get(state, state): count for state, count in body["states"].items()}
    facts = {
        "Số danh sách · list": f"{body['list_no']} ({body['procedure']}, {body['transport_document_no']})",
        "Doanh nghiệp khai · operator": body["operator_code"],
        "Đăng ký · registered": moment(body["registered_at"]),
        "Lô đăng ký · parcels registered": f"{body['accepted_count']} / {body['parcel_count']}",
        "Thuế · taxes (đ)": vnd(body["payable_vnd"]),
        **states,
    }
    console.print(facts_table(facts))
    _show_conditions(console, body)


def _show_conditions(console: Console, body: dict[str, Any]) -> None:
    rows = [
        (
            "\n".join(filter(None, (CONDITIONS.get(each["kind"], each["kind"]), in_words(each, "detail")))),
            OWNERS.get(each["owner"], each["owner"]),
            moment(each["opened_at"]),
            moment(each.get("closed_at")) or "đang mở · open",
            each["law"],
        )
        for each in body["conditions"]
    ]
    if rows:
        console.print(
            rows_table(
                ("Điều kiện · condition", "Của ai · owner", "Mở · opened", "Đóng · closed", "Căn cứ · law"), rows
            )
        )
