"""`haidang duty`: what one line of goods would pay, each tax traced, and what else it could pay; from a price book or the law book's files alone.

`haidang lawbook export` makes the price book.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.gateway.words import TAXES
from haidang.kernel.money import format_scaled
from haidang.site.cli.output import Json, Refused, Wrong, percent, rows_table, show_findings, terminal, vnd, vnd_e4
from haidang.site.cli.quotas import LicenceOption, of_licence
from haidang.site.cli.words import EFFECTS, QUOTAS

BookOption = Annotated[
    Path | None,
    typer.Option(
        "--book", exists=True, dir_okay=False, help="Tệp sách giá (haidang lawbook export); mặc định: sách luật của hệ thống · a price book"
    ),
]  # fmt: skip


def duty(
    hs: Annotated[str, typer.Option("--hs", help="Mã hàng 8 số · 8-digit commodity code")],
    value: Annotated[
        str, typer.Option("--value", help="Trị giá theo nguyên tệ (CIF; xuất khẩu: FOB) · value in its currency")
    ],
    on: Annotated[
        datetime, typer.Option("--on", "--date", formats=["%Y-%m-%d"], help="Ngày đăng ký · date of registration")
    ],
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
    quota_left: Annotated[
        str,
        typer.Option(
            "--quota-left",
            help="Số lượng hạn ngạch thuế quan còn lại, cùng đơn vị: phần vượt tách ra B14 · what of the quota is left",
        ),
    ] = "",
    licence: LicenceOption = "",
    book_file: BookOption = None,
    json_: Json = False,
) -> None:
    """Tính thử thuế một dòng hàng, kèm căn cứ từng mức · what one line would pay, every tax traced to its law."""
    from haidang.taxes.rules import assess
    from haidang.taxes.rules.quoting import declared_of
    from haidang.taxes.terms.quoting import QuoteAsked
    from haidang.taxes.terms.receipts import NotPriceable

    book = open_any(book_file)
    day = book.day(on.date())
    entry = _entry(hs, day)
    counted_in = unit or next(iter(entry.unit_codes), "")
    quota = of_licence(licence, hs, counted_in, on.date()) if licence else None
    asked = QuoteAsked(
        commodity_code=hs, on=on.date(), value=value, currency_code=currency, origin_country_code=origin, schedule_code=schedule,
        quantity=quantity, unit_code=counted_in, price_condition_code="FOB" if is_export else "CIF",
        tax_codes=tuple(vat_code or ()), is_export=is_export, quota_left=quota["free"] if quota else quota_left,
    )  # fmt: skip
    try:
        declared = declared_of(book, asked)
    except NotPriceable as error:
        raise Wrong(str(error)) from None
    assessment = assess(declared, day.tariff, day.exchange_rates_e4)
    if assessment.findings:
        _refuse(assessment.findings)
    facts = _facts(book, day, declared, assessment)
    facts["controls"] = [_control(day.tariff.controls[number]) for number in entry.controls]
    if quota:
        facts["quota_live"] = quota
    terminal.result(facts, lambda console: _show(console, facts))


def _entry(hs: str, day: Any) -> Any:
    from haidang.reference.rules import nearest

    entries = day.tariff.entries
    if hs in entries:
        return entries[hs]
    near = ", ".join(nearest(hs, [code for code in entries if code[:2] == hs[:2]]))
    raise Refused(
        f"Không có mã hàng {hs} trong biểu thuế ngày {day.on}: kiểm tra tám chữ số{f', gần giống: {near}' if near else ''}\n"
        f"There is no commodity code {hs} in the tariff of that day: check its eight digits{f', such as {near}' if near else ''}"
    )


def _facts(book: Any, day: Any, declared: Any, assessment: Any) -> dict[str, Any]:
    """Return what is told of one line: value, taxes with their law, each step in words, and every duty it could bear."""
    from haidang.taxes.engine import options
    from haidang.taxes.rules.receipts import receipt_of
    from haidang.taxes.terms import REASONS

    hs, currency = declared.items[0].commodity_code, declared.invoice_currency_code
    receipt = receipt_of(declared, "", assessment, day, book.measures, (book.book.version, book.book.lawbook_sha256))
    taxes = [
        {"line_no": line.line_no, **_traced(tax, book.measures)} for line in assessment.lines for tax in line.taxes
    ]
    return {
        "commodity_code": hs, "name_vi": book.name(hs), "on": day.on, "currency": currency,
        "exchange_rate_e4": day.exchange_rates_e4.get(currency),
        "exchange_rate_is_sample": day.rate_sources.get(currency, "") == "sample",
        "customs_value_vnd_e4": assessment.customs_value_vnd_e4,
        "taxes": taxes,
        "steps": [in_words(tax) for line in receipt.lines for tax in line.taxes],
        "not_subject": [
            {"kind": kind.name.lower(), **_source(book.measures.get(number))} for line in assessment.lines for kind, number in line.not_subject
        ],
        "missing": [
            {"kind": each.kind.name.lower(), "reason_vi": REASONS[each.reason][0], "reason_en": REASONS[each.reason][1]}
            for each in assessment.missing
        ],
        "totals_vnd": {kind.name.lower(): amount for kind, amount in assessment.totals},
        "payable_vnd": assessment.payable_vnd,
        "payable_words_vi": receipt.payable_words_vi, "payable_words_en": receipt.payable_words_en,
        "options": options(book, declared, day.on),
        "unverified": any(not tax.get("verified") for tax in taxes),
        "lawbook_sha256": book.book.lawbook_sha256, "book_sha256": book.sha256,
    }  # fmt: skip


def open_any(book_file: Path | None) -> Any:
    """Return the price book of a file, or that of the law book's own files."""
    from haidang.taxes.lookups import OpenBook, open_book
    from haidang.taxes.terms.receipts import BookDamaged

    try:
        if book_file is not None:
            return open_book(book_file)
    except BookDamaged as error:
        raise Wrong(str(error)) from None
    from haidang.reference.lookups import lawbook_folder
    from haidang.reference.terms import UnreadableLawbook
    from haidang.taxes.actions import book_of_files

    try:
        return OpenBook(book_of_files(lawbook_folder()))
    except UnreadableLawbook as error:
        raise Wrong(str(error)) from None


def export(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", dir_okay=False, help="Tệp sách giá sẽ ghi · the price book to write")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", exists=True, file_okay=False, help="Thư mục sách luật; mặc định: của hệ thống · the law book"
        ),
    ] = None,
    rates: Annotated[
        Path | None,
        typer.Option(
            "--rates", exists=True, dir_okay=False, help="Tệp tỷ giá CSV; mặc định: tỷ giá mẫu · exchange rates"
        ),
    ] = None,
    json_: Json = False,
) -> None:
    """Xuất một tệp có mã băm chứa mọi thứ cần để tính thuế · write one checksummed file with all that pricing needs."""
    import hashlib

    from haidang.reference.lookups import lawbook_folder
    from haidang.reference.terms import UnreadableLawbook
    from haidang.taxes.actions import book_of_files
    from haidang.taxes.rules.books import pack

    try:
        book = book_of_files(folder or lawbook_folder(), rates)
        content = pack(book)
        file.write_bytes(content)
    except UnreadableLawbook as error:
        raise Wrong(str(error)) from None
    except OSError as error:
        raise Wrong(
            f"{file}: không ghi được tệp, kiểm tra đường dẫn · cannot be written, check the path ({error.strerror})"
        ) from None
    terminal.result(
        {
            "file": str(file), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "lawbook_sha256": book.lawbook_sha256,
            "commodity_codes": len(book.tariff.codes), "measures": len(book.tariff.measures), "parameters": len(book.parameters),
            "exchange_rates": len(book.exchange_rates), "exchange_rates_are_samples": all(row.source == "sample" for row in book.exchange_rates),
        }
    )  # fmt: skip


def in_words(tax: Any) -> dict[str, str]:
    """Return one tax of a receipt as a sentence, in Vietnamese and English: base × rate, rounded, less relief."""
    name_vi, _, name_en = TAXES.get(tax.kind, tax.kind).partition(" · ")
    parts = []
    if tax.rate_bp or not tax.specific_vnd_e4:
        parts.append(f"{vnd_e4(tax.base_vnd_e4)} đ × {percent(tax.rate_bp)}")
    if tax.specific_vnd_e4:
        parts.append(f"{format_scaled(tax.quantity_milli, 3)} × {vnd_e4(tax.specific_vnd_e4)} đ")
    base = [TAXES.get(name, name).partition(" · ") for name in tax.base_of if name != "customs_value"]
    base_vi = " + ".join(["trị giá hải quan", *(each[0].lower() for each in base)])
    base_en = " + ".join(["customs value", *(each[2].lower() for each in base)])
    sum_ = f"{' + '.join(parts)} = {vnd_e4(tax.computed_vnd_e4)} đ"
    relief = f"; miễn giảm · relief {vnd_e4(tax.relieved_vnd_e4)} đ" if tax.relieved_vnd_e4 else ""
    return {
        "vi": f"{name_vi}: {sum_}{relief}" + (f" (trên {base_vi})" if tax.base_of else ""),
        "en": f"{name_en}: {sum_}{relief}" + (f" (on {base_en})" if tax.base_of else ""),
    }


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
    if quota := facts.get("quota_live"):
        told = f"{quota['free']} {quota['unit_code']} / {quota['granted']}, {quota['trader_code']}"
        console.print(f"Giấy phép hạn ngạch {quota['licence']} còn · the quota licence has left: {told}", markup=False)
    rate = facts["exchange_rate_e4"]
    console.print(
        f"{facts['commodity_code']} {facts['name_vi'].lstrip('- ')}, {facts['on']}: trị giá hải quan · customs value {vnd_e4(facts['customs_value_vnd_e4'])} đ"
        + (
            f" (1 {facts['currency']} = {vnd_e4(rate)} đ{', tỷ giá mẫu · sample rate' if facts['exchange_rate_is_sample'] else ''})"
            if rate and facts["currency"] != "VND"
            else ""
        ),
        markup=False,
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
            TAXES.get(tax["kind"], tax["kind"]) + (f" ({tax['option_code']})" if "option_code" in tax else ""), vnd_e4(tax["base_vnd_e4"]),
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
    for step in facts["steps"]:
        console.print(f"  {step['vi']}\n  {step['en']}", markup=False, style="dim")
    console.print(f"Phải nộp · payable: {vnd(facts['payable_vnd'])} đ")
    console.print(f"  Bằng chữ: {facts['payable_words_vi']}\n  In words: {facts['payable_words_en']}")
    if facts["missing"]:
        console.print(
            "  chưa kể các thuế chưa có thuế suất nêu trên: khi khai thật, hải quan xác định; thử --schedule hoặc --vat-code khác\n"
            "  without the taxes above that have no rate: customs determines them when declared; try another --schedule or --vat-code"
        )
    if facts["unverified"]:
        console.print("Mức thuế chưa được kiểm chứng với văn bản gốc · rates are unverified against their instruments")
    if facts["options"]:
        show_options(console, facts["options"])


def show_options(console: Console, found: Any) -> None:
    """Show every duty that the line could bear, cheapest first, each with its proof."""
    console.print("Các mức thuế nhập khẩu có thể, rẻ nhất trước · every duty the line could bear, cheapest first:")
    for place, each in enumerate(found, 1):
        told = [f"{place:2}. {each.schedule_code}  {each.name_vi} · {each.name_en} {QUOTAS[each.quota]}".rstrip()]
        if each.rate_bp is not None:
            own = " (mức riêng của nước xuất xứ · the origin's own rate)" if each.own_rate_of_origin else ""
            told.append(f"{percent(each.rate_bp)}{own}")
        if each.duty_vnd_e4 is not None:
            told.append(f"{vnd_e4(each.duty_vnd_e4)} đ")
        if each.payable_vnd is not None:
            told.append(f"mọi thuế · all taxes {vnd(each.payable_vnd)} đ")
        if each.above_mfn:
            told.append("cao hơn MFN · above MFN")
        if each.state != "open":
            told.append(f"{each.state_vi} · {each.state_en}")
        console.print("; ".join(told), markup=False)
        console.print(f"    {each.proof_vi} · {each.proof_en}", markup=False, style="dim")
