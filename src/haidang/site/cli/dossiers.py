"""One declaration on the screen: where it stands with every tax and condition, and its versions."""

from typing import Any

from rich.console import Console

from haidang.gateway.words import CONDITIONS, OWNERS, STATES, TAXES
from haidang.kernel.money import format_scaled
from haidang.site.cli.output import facts_table, percent, rows_table, vnd, vnd_e4
from haidang.site.cli.words import in_words, moment
from haidang.taxes.terms import TaxKind


def show_declaration(console: Console, body: dict[str, Any]) -> None:
    """Show one declaration whole: where it stands, every tax traced, every condition with who holds it and since when."""
    party = body.get("entrusting_party")
    entrusted = {"Người ủy thác · entrusting party": f"{party['code']} {party['name']}"} if party else {}
    console.print(
        facts_table(
            {
                "Số tờ khai · number": body["declaration_no"],
                "Loại hình · kind": body["kind_code"],
                "Doanh nghiệp · trader": body["trader_code"],
                **entrusted,
                "Chi cục · office": body["customs_office_code"],
                "Đăng ký · registered": moment(body["registered_at"]),
                "Luồng · channel": f"{body['channel']} {body['channel_name_vi']} · {body['channel_name']}",
                "Trạng thái · state": STATES.get(body["state"], body["state"]),
                "Thông quan · cleared": moment(body["cleared_at"]) or "chưa · not yet",
                "Trị giá · value (đ)": vnd_e4(body["customs_value_vnd_e4"]),
                "Thuế · taxes (đ)": f"{vnd(body['payable_vnd'])}  ({_tax_words(body['taxes'])})",
                **_owed(body),
                "Sách luật · law book": f"v{body['law_book_version']}",
            }
        )
    )
    rows = [
        (
            line["line_no"], _tax_name(line["kind"]), vnd_e4(line["base_vnd_e4"]), _rate(line),
            str(line["measure_id"] or ""), vnd_e4(line["relieved_vnd_e4"]), vnd_e4(line["amount_vnd_e4"]),
        )
        for line in body["lines"]
    ]  # fmt: skip
    columns = (
        "Dòng · line",
        "Thuế · tax",
        "Trị giá tính thuế · base",
        "Mức · rate",
        "Mã căn cứ · measure no.",
        "Miễn giảm · relieved",
        "Tiền thuế · amount",
    )
    console.print(rows_table(columns, rows, (columns[0], *columns[2:])))
    conditions = [
        (
            "\n".join(filter(None, (CONDITIONS.get(each["kind"], each["kind"]), in_words(each, "detail")))),
            "\n".join(filter(None, (OWNERS.get(each["owner"], each["owner"]), in_words(each, "holder")))),
            moment(each["opened_at"]), moment(each["due_at"]),
            _closed(each), each["law"],
        )
        for each in body["conditions"]
    ]  # fmt: skip
    console.print(
        rows_table(
            ("Điều kiện · condition", "Ai giữ · owner", "Từ · since", "Hạn · due", "Đóng · closed", "Căn cứ · law"),
            conditions,
        )
    )


def _owed(body: dict[str, Any]) -> dict[str, str]:
    """Return the facts about what is to be paid still, and the interest in it; none when nothing is."""
    facts = {}
    if body["outstanding_vnd"]:
        facts["Còn phải nộp · outstanding (đ)"] = f"{vnd(body['outstanding_vnd'])}  {body['tax_due_on']}"
    if body["late_interest_vnd"]:
        facts["Tiền chậm nộp · late interest (đ)"] = vnd(body["late_interest_vnd"])
    return facts


def _closed(each: dict[str, Any]) -> str:
    """Return who closed a condition and when, and why when customs decided on what the declarant had asked."""
    if not each.get("closed_at"):
        return "quá hạn · overdue" if each.get("overdue") else "đang mở · open"
    return "\n".join(filter(None, (f"{each['closed_by']} {moment(each['closed_at'])}", each.get("reason", ""))))


def show_versions(console: Console, body: dict[str, Any]) -> None:
    """Show every version of a declaration: when, why, its taxes, and each field that it changed, old and new."""
    for version in body["versions"]:
        console.print(
            facts_table(
                {
                    "Số tờ khai · number": version["declaration_no"],
                    "Lúc · at": moment(version["at"]),
                    "Lý do · reason": version["reason"] or "",
                    "Trị giá · value (đ)": vnd_e4(version["customs_value_vnd_e4"]),
                    "Thuế · taxes (đ)": f"{vnd(version['payable_vnd'])}  ({_tax_words(version['taxes'])})",
                }
            )
        )
        if version["changes"]:
            rows = [(f"{each['name_vi']} · {each['name_en']}", each["old"], each["new"]) for each in version["changes"]]
            console.print(rows_table(("Chỉ tiêu · field", "Cũ · old", "Mới · new"), rows))
    for each in body.get("adjustments", ()):
        console.print(
            facts_table(
                {
                    "Điều chỉnh theo luật hồi tố · adjusted by retroactive law": f"v{each['judged_version']} → v{each['newer_version']}",
                    "Lý do · reason": each["reason"],
                    "Lúc · at": moment(each["at"]),
                    "Thuế · taxes (đ)": f"{vnd(each['was_vnd'])} → {vnd(each['now_vnd'])}  ({_tax_words(each['difference'])})",
                }
            )
        )


def _rate(line: dict[str, Any]) -> str:
    specific = (
        f" + {vnd_e4(line['specific_vnd_e4'])} đ × {format_scaled(line['quantity_milli'], 3)}"
        if line["specific_vnd_e4"]
        else ""
    )
    return percent(line["rate_bp"]) + specific


def _tax_words(taxes: dict[str, int]) -> str:
    named = {name.removesuffix("_vnd"): amount for name, amount in taxes.items() if amount}
    return ", ".join(f"{TAXES.get(name, name)} {vnd(amount)}" for name, amount in named.items()) or "0"


def _tax_name(kind: int) -> str:

    name = TaxKind(kind).name.lower()
    return TAXES.get(name, name)
