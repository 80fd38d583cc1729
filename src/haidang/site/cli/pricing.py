"""`haidang duty`: what one line of goods would pay, each tax traced, from the law book's files alone: no database, no declaration."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.gateway.words import TAXES
from haidang.site.cli.output import Json, Refused, Wrong, percent, rows_table, show_findings, terminal, vnd, vnd_e4
from haidang.site.cli.words import EFFECTS


def duty(
    hs: Annotated[str, typer.Option("--hs", help="Mã hàng 8 số · 8-digit commodity code")],
    value: Annotated[
        str, typer.Option("--value", help="Trị giá theo nguyên tệ (CIF; xuất khẩu: FOB) · value in its currency")
    ],
    on: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Ngày đăng ký · date of registration")],
    origin: Annotated[str, typer.Option("--origin", help="Nước xuất xứ, ISO-2 · country of origin")] = "",
    schedule: Annotated[
        str, typer.Option("--schedule", help="Biểu thuế · tariff schedule (B01 MFN, B03, B04 …)")
    ] = "B01",
    currency: Annotated[str, typer.Option("--currency", help="Nguyên tệ · currency")] = "USD",
    quantity: Annotated[str, typer.Option("--quantity", help="Số lượng · quantity")] = "1",
    unit: Annotated[str, typer.Option("--unit", help="Đơn vị tính · unit")] = "",
    vat_code: Annotated[
        list[str] | None, typer.Option("--vat-code", help="Mã thuế khác (GTGT …) · tax codes of the line")
    ] = None,
    is_export: Annotated[bool, typer.Option("--export", help="Hàng xuất khẩu · an export")] = False,
    json_: Json = False,
) -> None:
    """Tính thử thuế một dòng hàng, kèm căn cứ từng mức · what one line would pay, every tax traced to its law."""
    from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
    from haidang.reference.lookups import codes_from_files, lawbook_folder
    from haidang.reference.rules import nearest
    from haidang.tariff.lookups import book_from_files, tariff_from_files
    from haidang.taxes.rules import assess
    from haidang.taxes.terms import REASONS, TaxableItem, Valuation

    folder = lawbook_folder()
    tariff = tariff_from_files(folder, on.date())
    entry = tariff.entries.get(hs)
    if entry is None:
        near = ", ".join(nearest(hs, [code for code in tariff.entries if code[:2] == hs[:2]]))
        raise Refused(
            f"Không có mã hàng {hs} trong biểu thuế ngày {on:%Y-%m-%d}: kiểm tra tám chữ số{f', gần giống: {near}' if near else ''}\n"
            f"There is no commodity code {hs} in the tariff of that day: check its eight digits{f', such as {near}' if near else ''}"
        )
    try:
        item = TaxableItem(
            line_no=1, commodity_code=hs, origin_country_code=origin,
            tariff_schedule_code="" if is_export else schedule, out_of_quota=schedule == "B14",
            quantity_milli=parse_scaled(quantity, 3), unit_code=unit or next(iter(entry.unit_codes), ""),
            invoice_value_e4=parse_scaled(value, 4), tax_codes=tuple(vat_code or ()),
        )  # fmt: skip
    except (NotAnAmount, AmountOverflow) as error:
        raise Wrong(f"{error}: cần số thập phân như 1250.50 · a plain decimal such as 1250.50 is needed") from None
    declared = Valuation(
        is_export=is_export, invoice_currency_code=currency, price_condition_code="FOB" if is_export else "CIF", items=(item,)
    )  # fmt: skip
    rates = codes_from_files(folder, on.date()).exchange_rates_e4
    assessment = assess(declared, tariff, rates)
    if assessment.findings:
        _refuse(assessment.findings)
    measures = {row.measure_id: row for row in book_from_files(folder).measures}
    taxes = [_traced(tax, measures) for line in assessment.lines for tax in line.taxes]
    facts = {
        "commodity_code": hs, "on": on.date(), "currency": currency, "exchange_rate_e4": rates.get(currency),
        "exchange_rate_is_sample": currency != "VND",
        "customs_value_vnd_e4": assessment.customs_value_vnd_e4,
        "taxes": taxes,
        "not_subject": [
            {"kind": kind.name.lower(), **_source(measures.get(number))} for line in assessment.lines for kind, number in line.not_subject
        ],
        "missing": [
            {"kind": each.kind.name.lower(), "reason_vi": REASONS[each.reason][0], "reason_en": REASONS[each.reason][1]}
            for each in assessment.missing
        ],
        "totals_vnd": {kind.name.lower(): amount for kind, amount in assessment.totals},
        "payable_vnd": assessment.payable_vnd,
        "controls": [_control(tariff.controls[number]) for number in entry.controls],
        "unverified": any(not tax.get("verified") for tax in taxes),
    }  # fmt: skip
    terminal.result(facts, lambda console: _show(console, facts))


def _traced(tax: Any, measures: dict[int, Any]) -> dict[str, Any]:
    return {
        "kind": tax.kind.name.lower(),
        "base_vnd_e4": tax.base_vnd_e4,
        "rate_bp": tax.rate_bp,
        "specific_vnd_e4": tax.specific_vnd_e4,
        "quantity_milli": tax.quantity_milli,
        "amount_vnd_e4": tax.amount_vnd_e4,
        "measure_id": tax.measure_id,
        **_source(measures.get(tax.measure_id)),
    }


def _source(measure: Any) -> dict[str, Any]:
    """Return what stands behind a rate: the text as printed, schedule, instrument, since when, and whether it was verified."""
    if measure is None:
        return {}
    return {
        "printed": measure.printed,
        "option_code": measure.option_code,
        "schedule": measure.schedule,
        "instrument": measure.instrument,
        "valid_from": measure.valid_from,
        "verified": measure.verified,
        "sample": measure.sample,
    }


def _control(control: Any) -> dict[str, Any]:
    return {
        "type": control.type_code,
        "name_vi": control.type_name_vi,
        "effect": control.effect,
        "instrument": control.instrument,
    }


def _refuse(findings: Any) -> None:
    import msgspec

    told = [msgspec.to_builtins(finding) for finding in findings]
    if terminal.json:
        terminal.result({"findings": told})
    else:
        show_findings(terminal.out, told)
    raise typer.Exit(1)


def _show(console: Console, facts: dict[str, Any]) -> None:
    rate = facts["exchange_rate_e4"]
    console.print(
        f"{facts['commodity_code']}, {facts['on']}: trị giá hải quan · customs value {vnd_e4(facts['customs_value_vnd_e4'])} đ"
        + (
            f" (1 {facts['currency']} = {vnd_e4(rate)} đ, tỷ giá mẫu · sample rate)"
            if rate and facts["currency"] != "VND"
            else ""
        )
    )
    columns = (
        "Thuế · tax",
        "Trị giá tính thuế · base (đ)",
        "Mức · rate",
        "Tiền · amount (đ)",
        "In · printed",
        "Văn bản · instrument",
        "Kiểm chứng · verified",
    )
    rows = [
        (
            TAXES.get(tax["kind"], tax["kind"]), vnd_e4(tax["base_vnd_e4"]),
            percent(tax["rate_bp"]) + (f" + {vnd_e4(tax['specific_vnd_e4'])} đ/đv" if tax["specific_vnd_e4"] else ""),
            vnd_e4(tax["amount_vnd_e4"]), tax.get("printed", ""), f"{tax.get('schedule', '')} {tax.get('instrument', '')}".strip(),
            tax.get("verified", False),
        )
        for tax in facts["taxes"]
    ]  # fmt: skip
    if rows:
        console.print(rows_table(columns, rows, columns[1:4]))
    for each in facts["not_subject"]:
        console.print(
            f"{TAXES.get(each['kind'], each['kind'])}: không chịu thuế · not subject ({each.get('instrument', '')})",
            markup=False,
        )
    for each in facts["missing"]:
        console.print(
            f"{TAXES.get(each['kind'], each['kind'])}: {each['reason_vi']} · {each['reason_en']}", markup=False
        )
    for each in facts["controls"]:
        console.print(
            f"{EFFECTS.get(each['effect'], each['effect'])}: {each['name_vi']} ({each['instrument']})", markup=False
        )
    console.print(f"Phải nộp · payable: {vnd(facts['payable_vnd'])} đ")
    if facts["missing"]:
        console.print(
            "  chưa kể các thuế chưa có thuế suất nêu trên: khi khai thật, hải quan xác định; thử --schedule hoặc --vat-code khác\n"
            "  without the taxes above that have no rate: customs determines them when declared; try another --schedule or --vat-code"
        )
    if facts["unverified"]:
        console.print("Mức thuế chưa được kiểm chứng với văn bản gốc · rates are unverified against their instruments")
