"""`haidang receipt`: the tax receipt of a declaration, and its check offline against a price book."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.gateway.words import TAXES
from haidang.site.cli.asking import DECLARATIONS, OfficerOption, ReasonOption, ask_for
from haidang.site.cli.output import Json, Refused, Wrong, rows_table, terminal, vnd, vnd_e4
from haidang.site.cli.posting import AsOption, TokenOption, UrlOption
from haidang.site.cli.pricing import BookOption, in_words, open_any
from haidang.site.cli.sending import read_file

_VERIFY = "verify"


def receipt(
    what: Annotated[
        str,
        typer.Argument(
            metavar="NO|verify", help="Số tờ khai; hoặc verify và một tệp · a declaration number, or verify and a file"
        ),
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]", help="Với verify: biên nhận JSON hoặc PDF, - là stdin · with verify: the receipt"
        ),
    ] = "",
    pdf: Annotated[
        Path | None, typer.Option("--pdf", dir_okay=False, help="Ghi PDF vào tệp này · write the PDF here")
    ] = None,
    part: Annotated[
        int, typer.Option("--part", min=1, max=9999, help="Phần của bản in PDF dài · part of a long PDF")
    ] = 1,
    book_file: BookOption = None,
    token_file: TokenOption = None,
    as_: AsOption = "",
    url: UrlOption = "",
    officer: OfficerOption = "",
    reason: ReasonOption = "",
    json_: Json = False,
) -> None:
    """Bảng tính thuế của tờ khai, từng đồng có căn cứ; verify kiểm lại ngoại tuyến · the tax receipt; verify checks one offline."""
    if what == _VERIFY:
        if not file:
            raise Wrong(
                "Cần tệp biên nhận: haidang receipt verify TỆP · the file of a receipt is needed: haidang receipt verify FILE"
            )
        _verify(file, book_file)
        return
    _show(what, (pdf, part), (token_file, as_, url), (officer, reason))


def _show(
    number: str, printed: tuple[Path | None, int], asker: tuple[Path | None, str, str], reader: tuple[str, str]
) -> None:
    import msgspec

    from haidang.gateway.showing import PDF
    from haidang.taxes.terms.receipts import Receipt

    path = f"{DECLARATIONS}/{number}/receipt"
    pdf, part = printed
    if pdf is not None:
        told = ask_for(number, PDF, *asker, f"{path}?part={part}", reader)
        try:
            pdf.write_bytes(told.raw)
        except OSError as error:
            raise Wrong(
                f"{pdf}: không ghi được tệp, kiểm tra đường dẫn · cannot be written, check the path ({error.strerror})"
            ) from None
        following = {"next_part": part + 1} if told.has_next else {}
        terminal.result({"declaration_no": number, "file": pdf, "bytes": len(told.raw), **following})
        return
    told = ask_for(number, "", *asker, path, reader)
    found = msgspec.json.decode(told.raw, type=Receipt)
    terminal.result(told.body, lambda console: show(console, found))


def show(console: Console, found: Any) -> None:
    """Show a receipt: each step from value to đồng, and what stands behind each rate."""
    console.print(f"{found.declaration_no or '–'}  {found.kind_code}  {found.registered_at or found.on}", markup=False)
    columns = ("", "Mã hàng · HS", "Trị giá hải quan · customs value (đ)", "Bước tính · step", "Căn cứ · law")
    rows = []
    for line in found.lines:
        for tax in line.taxes:
            source = tax.measure
            law = f"{tax.law}; {source.instrument}: {source.printed}" if source else tax.law
            rows.append(
                (str(line.line_no), line.commodity_code, vnd_e4(line.value.value_vnd_e4), in_words(tax)["vi"], law)
            )
    console.print(rows_table(columns, rows, columns[2:3]))
    for total in found.totals:
        console.print(
            f"{TAXES[total.kind]}: {vnd_e4(total.lines_vnd_e4)} → {vnd(total.total_vnd)} đ", markup=False
        )  # fmt: skip
    for each in found.missing:
        console.print(f"{each.line_no} {TAXES[each.kind]}: {each.reason_vi} · {each.reason_en}", markup=False)
    console.print(
        f"Phải nộp · payable: {vnd(found.payable_vnd)} đ ({found.payable_words_vi} · {found.payable_words_en})",
        markup=False,
    )
    for each in found.record.adjusted if found.record else ():
        told = f"v{each.judged_version} → v{each.newer_version}: {vnd(each.was_vnd)} → {vnd(each.now_vnd)} đ"
        console.print(f"Điều chỉnh theo luật hồi tố · adjusted by retroactive law: {told}", markup=False)
    console.print(f"SHA-256 {found.sha256}", markup=False)


def _verify(file: str, book_file: Path | None) -> None:
    from haidang.gateway.printing.receipt_saying import attached_in
    from haidang.taxes.engine import verify
    from haidang.taxes.terms.receipts import NotPriceable

    content = read_file(file)
    if content.startswith(b"%PDF-"):
        attached = attached_in(content)
        if attached is None:
            raise Wrong(
                f"{file}: PDF không kèm biên nhận đọc được; tải lại bằng haidang receipt SỐ --pdf\n"
                f"{file}: the PDF carries no receipt that can be read; fetch it again with haidang receipt NO --pdf"
            )
        content = attached
    book = open_any(book_file)
    try:
        checked = verify(content, book)
    except NotPriceable as error:
        raise Wrong(f"{file}: {error}") from None
    if checked.differences:
        raise Refused(
            f"{len(checked.differences)} chỗ sai trong biên nhận {checked.receipt.declaration_no}\n"
            f"{len(checked.differences)} fields of the receipt {checked.receipt.declaration_no} are wrong",
            [_told(each) for each in checked.differences],
        )
    terminal.result(
        {
            "declaration_no": checked.receipt.declaration_no, "verified": True, "payable_vnd": checked.receipt.payable_vnd,
            "receipt_sha256": checked.receipt.sha256, "same_lawbook": checked.same_lawbook, "lawbook_sha256": book.book.lawbook_sha256,
        }
    )  # fmt: skip


def _told(each: Any) -> dict[str, Any]:
    if each.should_be is None:
        said = ("đã bị sửa sau khi lập biên nhận", "was changed after the receipt was made")
    else:
        said = (
            f"ghi {each.says or 'trống'}, đúng là {each.should_be or 'trống'}",
            f"says {each.says or 'nothing'}, should be {each.should_be or 'nothing'}",
        )
    return {
        "code": "HD-RECEIPT", "pointer": each.pointer, "text_vi": said[0], "text_en": said[1], "says": each.says, "should_be": each.should_be,
        "repair_vi": "Tải lại biên nhận từ hệ thống; nếu sách giá thuộc phiên bản khác, dùng --book của phiên bản đó.",
        "repair_en": "Fetch the receipt again from the platform; when the book is of another version, give that version's with --book.",
    }  # fmt: skip
