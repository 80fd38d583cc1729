"""`haidang tariff`: find a commodity code, see all that the tariff says of it, walk the tree; from a price book or the law book's files alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from haidang.kernel.money import format_scaled
from haidang.site.cli.output import Json, Refused, percent, rows_table, terminal
from haidang.site.cli.pricing import BookOption, open_any
from haidang.site.cli.quotas import LiveOption, live, show_live
from haidang.site.cli.words import CONTROL_EFFECTS, MEASURE_KINDS, MEASURE_STATES

if TYPE_CHECKING:
    from haidang.tariff.terms import TitleStep

_SHORT = "Tên chương, nhóm là cách gọi ngắn của hệ thống, chưa kiểm chứng · titles of chapters and headings are our own short wording, unverified"
_FIRST_DAY = datetime(2026, 3, 2)  # noqa: DTZ001  (a calendar date; the first of a trial)

app = typer.Typer(no_args_is_help=True, help="Biểu thuế: tìm và xem mã hàng · the tariff: find and see commodity codes")

OnOption = Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Ngày có hiệu lực · as of this day")]


@app.command("search")
def search(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORDS", help="Từ trong tên hàng, có dấu hay không, hoặc số đầu của mã · words or digits"
        ),
    ],
    on: OnOption = _FIRST_DAY,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Nhiều nhất bấy nhiêu mã · at most so many")] = 20,
    book_file: BookOption = None,
    json_: Json = False,
) -> None:
    """Tìm mã hàng theo tên, có dấu hay không dấu · find commodity codes by words, with or without diacritics."""
    index = open_any(book_file).index(on.date())
    found = index.search(" ".join(words), limit)
    facts = [
        {
            "commodity_code": each.code.commodity_code, "name_vi": each.code.name_vi, "name_en": each.code.name_en,
            "score": each.score, "complete": each.complete, "path": each.path,
        }
        for each in found
    ]  # fmt: skip

    def show(console: Console) -> None:
        if not found:
            console.print(
                "Không có tên nào chứa từ này: thử ít từ hơn, hoặc số đầu của mã\n"
                "No name holds these words: try fewer, or the first digits of the code"
            )
            return
        if not found[0].complete:
            console.print("Không tên nào có đủ mọi từ, gần nhất là · no name holds every word; the closest are:")
        columns = ("Mã hàng · HS", "Tên · name", "Thuộc · under")
        rows = [
            (each.code.commodity_code, _both(each.code.name_vi, each.code.name_en), _under(each.path)) for each in found
        ]
        console.print(rows_table(columns, rows))
        console.print(_SHORT)

    terminal.result(facts, show)


@app.command("show")
def show(
    hs: Annotated[str, typer.Argument(metavar="HS8", help="Mã hàng 8 số · 8-digit commodity code")],
    on: OnOption = _FIRST_DAY,
    book_file: BookOption = None,
    is_live: LiveOption = False,
    json_: Json = False,
) -> None:
    """Mọi mức thuế, giấy phép, kiểm tra của một mã hàng, kèm chữ in và nguồn · all measures, permits and inspections of a code."""
    from msgspec import to_builtins

    from haidang.reference.rules import nearest
    from haidang.taxes.rules.showing import show_code

    book = open_any(book_file)
    found = show_code(book, hs, on.date())
    if found is None:
        near = ", ".join(
            nearest(hs, [row.commodity_code for row in book.book.tariff.codes if row.commodity_code[:2] == hs[:2]])
        )
        raise Refused(
            f"Không có mã hàng {hs} ngày {on:%Y-%m-%d}: kiểm tra tám chữ số{f', gần giống: {near}' if near else ''}; hoặc haidang tariff search\n"
            f"There is no commodity code {hs} on that day: check its eight digits{f', such as {near}' if near else ''}; or haidang tariff search"
        )
    if not is_live:
        terminal.result(found, lambda console: _show(console, found))
        return
    quota = live(hs, on.date())

    def show_both(console: Console) -> None:
        _show(console, found)
        show_live(console, quota)

    terminal.result({**to_builtins(found), "quota_live": quota}, show_both)


@app.command("tree")
def tree(
    digits: Annotated[
        str, typer.Argument(metavar="[DIGITS]", help="2, 4 hoặc 6 số đầu; trống: các chương · first digits")
    ] = "",
    on: OnOption = _FIRST_DAY,
    book_file: BookOption = None,
    json_: Json = False,
) -> None:
    """Đi theo cây danh mục: chương, nhóm, phân nhóm, mã · walk down chapter, heading, subheading, code."""
    index = open_any(book_file).index(on.date())
    nodes = index.children(digits)
    if not nodes:
        raise Refused(
            f"Không có mã nào bắt đầu bằng {digits}: cho 2, 4 hoặc 6 chữ số đầu\nNo code begins with {digits}: give the first 2, 4 or 6 digits"
        )
    columns = ("", "Số mã · codes", "Tên · name", "English")
    rows = [(node.digits, node.code_count, node.name_vi, node.name_en) for node in nodes]

    def show(console: Console) -> None:
        if above := index.path(digits):
            console.print(_under(above), markup=False)
        console.print(rows_table(columns, rows, columns[1:2]))
        console.print(_SHORT)

    terminal.result(nodes, show)


def _both(name_vi: str, name_en: str) -> str:
    return " · ".join(filter(None, (name_vi.lstrip("- "), name_en.lstrip("- "))))


def _under(path: "Iterable[TitleStep]") -> str:
    """Return the titles from the chapter down, in both languages."""
    return " › ".join(f"{each.digits} {each.name_vi} · {each.name_en}" for each in path)


def _show(console: Console, found: Any) -> None:
    console.print(f"{found.commodity_code}  {_both(found.name_vi, found.name_en)}", markup=False)
    if found.path:
        console.print(_under(found.path), markup=False)
        console.print(_SHORT)
    units = found.unit_printed or ", ".join(found.unit_codes)
    console.print(f"{found.on}; đơn vị · unit {units}; {found.instrument} ({found.schedule})", markup=False)
    if found.corresponds_to:
        console.print(f"Chương 98, mã tương ứng · corresponds to {found.corresponds_to}", markup=False)
    sources = list(dict.fromkeys(f"{each.instrument} ({each.schedule})" for each in found.measures))
    columns = ("Khoản · measure", "Mã · code", "In · printed", "Nghĩa là · means", "Từ · from", "Nguồn · source")
    rows = []
    for each in found.measures:
        mark = " mẫu · sample" if each.sample else "" if each.verified else " ?"
        source = f"[{1 + sources.index(f'{each.instrument} ({each.schedule})')}]{mark}"
        rows.append((MEASURE_KINDS[each.kind], each.option_code, each.printed, _means(each), each.valid_from, source))
    console.print(rows_table(columns, rows))
    for number, source in enumerate(sources, 1):
        console.print(f"[{number}] {source}", markup=False)
    for each in found.controls:
        console.print(
            f"{CONTROL_EFFECTS[each.effect]}: {each.name_vi} ({each.agency}, {each.instrument} {each.list_no})"
            + ("" if each.verified else " chưa kiểm chứng · unverified"),
            markup=False,
        )
    if found.without_rate:
        console.print(
            "Chưa có thuế suất nhập khẩu của mã này: khi khai, hải quan xác định · no import duty is on file: customs determines it when declared"
        )
    if found.quota:
        console.print(
            "Có hạn ngạch thuế quan: mức trong hạn ngạch cần giấy phép còn số dư, xem --live · there is a tariff quota: the rate inside needs a licence, see --live"
        )
    if found.unverified:
        console.print("?: chưa được kiểm chứng với văn bản gốc · unverified against its instrument")


def _means(measure: Any) -> str:
    told = MEASURE_STATES[measure.status] if measure.rate_bp is None else percent(measure.rate_bp)
    if measure.specific_e4:
        specific = f"{format_scaled(measure.specific_e4, 4)} {measure.currency_code}/{measure.unit_code}"
        told = f"{told} + {specific}" if measure.rate_bp else specific
    if measure.excluded_countries:
        told += f"; trừ · not {', '.join(measure.excluded_countries)}"
    for country, rate_bp in measure.country_rates_bp.items():
        told += f"; {country} {percent(rate_bp)}"
    if measure.origins:
        told += f"; xuất xứ · origin {', '.join(measure.origins)}"
    if measure.producer:
        told += f"; nhà sản xuất · producer {measure.producer} ({measure.tax_code})"
    if measure.partly:
        told += "; một phần hàng · some goods only"
    if measure.valid_until:
        told += f"; đến trước · until {measure.valid_until}"
    return told
