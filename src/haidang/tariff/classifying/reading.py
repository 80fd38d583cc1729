"""Texts of goods from files: CSV (also .gz) or Parquet with a text, an eight-digit code and, for rulings, their number.

And rulings as `GET /api/v1/published-rulings` answers them, kept in a file that ends in `.json`.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from haidang.reference.rules.standing import nearest
from haidang.tariff.classifying.terms import GoodsText, RowRefused, TextsNotUnderstood, TextsRead
from haidang.tariff.classifying.words import weighed

LONGEST_TEXT = 4_000
_CODE = re.compile(r"[0-9]{8}")
_BETWEEN_DIGITS = re.compile(r"[.\s]")


class Columns(Struct, frozen=True):
    """What the columns of a file are called; that of rulings may be absent."""

    text: str = "text"
    code: str = "code"
    ruling_no: str = "ruling_no"


def texts_of_files(
    paths: Sequence[Path],
    codes: Collection[str],
    columns: Columns = Columns(),  # noqa: B008  (immutable)
) -> TextsRead:
    """Return the texts of some files, and every row refused: without text, with a code that is none, or one that `codes` does not hold.

    Raises:
        TextsNotUnderstood: a file cannot be read, is neither CSV nor Parquet, or has no column of that name.
    """
    texts: list[GoodsText] = []
    refused: list[RowRefused] = []
    for path in paths:
        for row, line, values in _rows(path, columns):
            found = _judged(path, row, line, values, codes, columns)
            if isinstance(found, GoodsText):
                texts.append(found)
            else:
                refused.append(found)
    return TextsRead(tuple(texts), tuple(refused))


def _judged(
    path: Path, row: int, line: int, values: Sequence[Any], codes: Collection[str], columns: Columns
) -> GoodsText | RowRefused:
    text, code, ruling_no = (" ".join(str(value).split()) if value is not None else "" for value in values)

    def refuse(column: str, found: str, *told: str) -> RowRefused:
        return RowRefused(path.name, row, line, column, found[:80], *told)

    if not weighed(text):
        return refuse(columns.text, text, "không có từ nào mô tả hàng", "it holds no word that describes goods",
                      "điền mô tả hàng hóa bằng chữ, hoặc bỏ dòng này", "describe the goods in words, or leave the row out")  # fmt: skip
    if len(text) > LONGEST_TEXT:
        return refuse(columns.text, text, f"mô tả dài {len(text)} ký tự, nhiều nhất {LONGEST_TEXT}", f"the text has {len(text)} characters, at most {LONGEST_TEXT} are taken",
                      "rút gọn mô tả", "shorten the text")  # fmt: skip
    digits = _BETWEEN_DIGITS.sub("", code)
    if not _CODE.fullmatch(digits):
        return refuse(columns.code, code, "mã hàng không phải tám chữ số", "the commodity code is not eight digits",
                      "ghi đủ tám chữ số, kể cả số 0 đầu (01012100)", "write all eight digits, a leading 0 too (01012100)")  # fmt: skip
    if digits not in codes:
        near = ", ".join(nearest(digits, [each for each in codes if each[:4] == digits[:4]]))
        vi, en = (f"; gần giống: {near}", f"; such as {near}") if near else ("", "")
        return refuse(columns.code, code, "danh mục không có mã hàng này", "the nomenclature has no such code",
                      f"ghi mã của danh mục hiện hành{vi}", f"write the code of the nomenclature in force{en}")  # fmt: skip
    return GoodsText(text, digits, ruling_no)


def _rows(path: Path, columns: Columns) -> Iterator[tuple[int, int, Sequence[Any]]]:
    """Yield (row, line, (text, code, number of ruling or None))."""
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path, columns)
        elif path.suffix == ".json":
            yield from _published(path)
        else:
            yield from _csv(path, columns)
    except UnicodeDecodeError:
        raise _cannot(path, "tệp không phải UTF-8: lưu lại bằng UTF-8", "it is not UTF-8: save it as UTF-8") from None
    except (OSError, EOFError, zlib.error) as error:
        raise _cannot(path, f"không đọc được ({error})", f"it cannot be read ({error})") from None
    except csv.Error as error:
        raise _cannot(path, f"không phải CSV ({error})", f"it is no CSV ({error})") from None


def _csv(path: Path, columns: Columns) -> Iterator[tuple[int, int, Sequence[Any]]]:
    with _open(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text, strict=True)
        _check(path, rows.fieldnames or (), columns)
        for row, values in enumerate(rows, 1):
            yield row, rows.line_num, [values.get(name) for name in (columns.text, columns.code, columns.ruling_no)]


def _open(path: Path) -> Any:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _parquet(path: Path, columns: Columns) -> Iterator[tuple[int, int, Sequence[Any]]]:
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        with duckdb.connect(":memory:", config=settings) as base:
            found = [row[0] for row in base.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()]
            _check(path, found, columns)
            names = [columns.text, columns.code, *([columns.ruling_no] if columns.ruling_no in found else [])]
            told = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in names)
            base.execute(f"SELECT {told} FROM read_parquet(?)", [str(path)])  # noqa: S608  (names that the file has)
            row = 0
            while batch := base.fetchmany(10_000):
                for values in batch:
                    row += 1
                    yield row, 0, (*values, *([None] if len(values) == 2 else []))
    except duckdb.Error as error:
        told = str(error).splitlines()[0]
        raise _cannot(path, f"không phải Parquet ({told})", f"it is no Parquet ({told})") from None


_ON_CODE = "code"


class _Ruling(Struct, frozen=True):
    """What a published ruling tells of its goods; other fields of the answer are passed over."""

    kind: str
    ruling_no: str
    goods_name: str
    commodity_code: str | None


class _Published(Struct, frozen=True):
    published: tuple[_Ruling, ...]


def _published(path: Path) -> Iterator[tuple[int, int, Sequence[Any]]]:
    """Yield the published rulings on a code; of those on origin or value the code was not ruled on."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Published)
    except msgspec.MsgspecError as error:
        vi = f"không phải câu trả lời của GET /api/v1/published-rulings ({error})"
        raise _cannot(path, vi, f"it is no answer of GET /api/v1/published-rulings ({error})") from None
    for row, each in enumerate(found.published, 1):
        if each.kind == _ON_CODE:
            yield row, 0, (each.goods_name, each.commodity_code, each.ruling_no)


def _check(path: Path, found: Collection[str], columns: Columns) -> None:
    if missing := [name for name in (columns.text, columns.code) if name not in found]:
        has = ", ".join(found) or "-"
        raise _cannot(
            path,
            f"thiếu cột {', '.join(missing)} (tệp có: {has}); đặt tên cột bằng --text-column, --code-column",
            f"the column {', '.join(missing)} is missing (it has: {has}); name the columns with --text-column, --code-column",
        )


def _cannot(path: Path, vi: str, en: str) -> TextsNotUnderstood:
    return TextsNotUnderstood(f"Không đọc được {path.name}: {vi}\n{path.name} is refused: {en}")
