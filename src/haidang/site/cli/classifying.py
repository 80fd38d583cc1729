"""`haidang classify`: which commodity codes a description of goods speaks for; learning from a site's own texts, and measuring what that brings."""

from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from haidang.site.cli.output import Json, Refused, percent, rows_table, terminal
from haidang.tariff.classifying.terms import NOT_A_DECISION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from haidang.tariff.classifying.learning import Lesson, Model
    from haidang.tariff.classifying.terms import Classified, TextsRead
    from haidang.tariff.terms import CommodityCode, Title

_FIRST_DAY = datetime(2026, 3, 2)  # noqa: DTZ001  (a calendar date; the first of a trial)
_ROWS_TOLD = 50
_KINDS = {
    "name": "tên mã · name",
    "text": "hàng đã khai · text",
    "ruling": "thông báo phân loại · ruling",
    "title": "tên gọi ngắn · title",
}


class _TextOrCommand(TyperGroup):
    """A group that takes whatever is no command of its own for a text to ask about."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["ask", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_TextOrCommand,
    no_args_is_help=True,
    help="Gợi ý mã hàng từ mô tả: haidang classify TEXT · codes that a description of goods speaks for",
)

ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", dir_okay=False, help="Tệp mô hình; mặc định: mô hình đã học tại đây, không có thì tên trong sách luật · a model file"
    ),
]  # fmt: skip
FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...", exists=True, dir_okay=False, help="CSV, CSV.GZ, Parquet (text, code, ruling_no nếu có) hoặc published-rulings .json · texts with codes"
    ),
]  # fmt: skip
TextColumn = Annotated[str, typer.Option("--text-column", help="Tên cột mô tả hàng · the column of texts")]
CodeColumn = Annotated[str, typer.Option("--code-column", help="Tên cột mã hàng · the column of codes")]
RulingColumn = Annotated[str, typer.Option("--ruling-column", help="Tên cột số thông báo phân loại · of rulings")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Số gieo để chia phần · seed of the parts drawn")]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Một dòng sai thì không học gì · one refused row refuses all")
]


@app.command("ask")
def ask(
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT", help="Mô tả hàng hóa, có dấu hay không, Việt hoặc Anh · the goods")
    ],
    top: Annotated[int, typer.Option("--top", min=1, max=10, help="Số mã gợi ý · how many codes")] = 5,
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Mã có hiệu lực ngày nào · codes of this day")
    ] = _FIRST_DAY,
    model_file: ModelOption = None,
    json_: Json = False,
) -> None:
    """Gợi ý mã hàng, kèm lý do và độ tin cậy · codes for a text, with what speaks for each and how often such answers are right."""
    from haidang.tariff.classifying.asking import Classifier

    codes = _codes()
    model, told = _model(model_file, codes)
    found = Classifier(model, codes).ask(" ".join(words), on.date(), top)
    rulings = dict.fromkeys(
        speaker.ruling_no for each in found.candidates for speaker in each.speakers if speaker.ruling_no
    )
    told["rulings_to_read"] = list(rulings)
    facts = {"found": found, "model": told, "notice_vi": NOT_A_DECISION[0], "notice_en": NOT_A_DECISION[1]}
    terminal.result(facts, lambda console: _show(console, found, told))


@app.command("train")
def train(
    files: FilesArgument,
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Tệp mô hình sẽ ghi; mặc định: của hệ thống · the model to write")
    ] = None,
    text_column: TextColumn = "text",
    code_column: CodeColumn = "code",
    ruling_column: RulingColumn = "ruling_no",
    seed: SeedOption = 0,
    strict: StrictOption = False,
    json_: Json = False,
) -> None:  # fmt: skip
    """Học từ mô tả hàng của mình, thông báo phân loại và tên trong sách luật · learn from texts, rulings and the names of the law book."""
    from haidang.tariff.classifying import keeping
    from haidang.tariff.classifying.learning import learn
    from haidang.tariff.classifying.reading import Columns

    codes = _codes()
    read = _read(files, codes, Columns(text_column, code_column, ruling_column), strict)
    lesson = _lesson(codes, read)
    with terminal.progress("Thử trên mô tả để riêng · trying on texts held back", None) as counting:
        model = learn(lesson, seed, counting.at)
    path = out or _kept_model()
    path.parent.mkdir(parents=True, exist_ok=True)
    size = keeping.save(model, path)
    facts = {
        "model": path, "bytes": size, "learned": model.learned(), "texts_read": len(read.texts), "refused_rows": len(read.refused),
        "held_back": model.hits, "seed": seed, "refused": read.refused[:_ROWS_TOLD],
    }  # fmt: skip
    terminal.result(facts, lambda console: _show_learned(console, facts))


@app.command("measure")
def measure(
    files: FilesArgument,
    folds: Annotated[int, typer.Option("--folds", min=2, max=20, help="Số phần · how many parts")] = 5,
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Mã có hiệu lực ngày nào · codes of this day")
    ] = _FIRST_DAY,
    text_column: TextColumn = "text",
    code_column: CodeColumn = "code",
    ruling_column: RulingColumn = "ruling_no",
    seed: SeedOption = 0,
    json_: Json = False,
) -> None:
    """Đo: học từ các phần khác rồi hỏi phần để riêng, bên cạnh mô hình chỉ học tên · how often the right code comes out of texts not seen."""
    from haidang.tariff.classifying.learning import hit_rates, kept_promises, promised, trial, trial_of_names
    from haidang.tariff.classifying.reading import Columns

    codes = [code for code in _codes() if code.in_force(on.date())]
    read = _read(files, codes, Columns(text_column, code_column, ruling_column), strict=False)
    lesson = _lesson(codes, read)
    with terminal.progress(f"Học {folds - 1} phần, hỏi 1 phần · asking what was held back", None) as counting:
        tried = trial(lesson, folds, seed, counting.at)
    if not tried:
        raise Refused(
            f"Cần ít nhất {2 * folds} mô tả khác nhau để chia {folds} phần\nAt least {2 * folds} different texts are needed for {folds} parts"
        )
    with terminal.progress("Hỏi mô hình chỉ học tên · asking the names alone", None) as counting:
        named = trial_of_names(lesson, counting.at)
    trained = hit_rates(tried, promised(tried))
    rows = len(read.texts) + len(read.refused)
    facts = {
        "rows": rows,
        "refused_rows": len(read.refused),
        "texts": len(tried),
        "codes": len({each.commodity_code for each in read.texts}),
        "folds": folds,
        "seed": seed,
        "on": on.date(),
        "trained": trained,
        "names_only": hit_rates(named, [-1] * len(named)),
        "first_five_bp_if_refused_rows_were_wrong": round(trained.first_five_bp * len(read.texts) / rows),
        "promises": kept_promises(tried),
    }
    terminal.result(facts, lambda console: _show_measured(console, facts))


def _codes() -> "Sequence[CommodityCode]":
    from haidang.reference.lookups import lawbook_folder
    from haidang.tariff.lookups import book_from_files

    return book_from_files(lawbook_folder()).codes


def _titles() -> "Sequence[Title]":
    from haidang.reference.lookups import lawbook_folder
    from haidang.tariff.lookups import titles_from_files

    return titles_from_files(lawbook_folder())


def _kept_model() -> Path:
    from haidang.platform.config import load
    from haidang.tariff.classifying.keeping import kept_in

    return kept_in(load().home)


def _model(model_file: Path | None, codes: "Sequence[CommodityCode]") -> "tuple[Model, dict[str, Any]]":
    """Return the model asked for, the one learned here, or one of the names alone; and what to say of it."""
    from haidang.tariff.classifying import keeping
    from haidang.tariff.classifying.learning import learn, lesson_of

    path = model_file or _kept_model()
    if model_file is None and not path.exists():
        model = learn(lesson_of(codes, _titles(), ()))
        return model, {"file": None, "learned": model.learned(), "held_back": None}
    with _refusing():
        model = keeping.load(path)
    return model, {"file": path, "learned": model.learned(), "held_back": model.hits}


@contextmanager
def _refusing() -> "Iterator[None]":
    """Turn what a file is refused for into the refusal of the command."""
    from haidang.tariff.classifying.terms import ModelNotUsable, TextsNotUnderstood

    try:
        yield
    except (ModelNotUsable, TextsNotUnderstood) as error:
        raise Refused(str(error)) from None


def _read(files: Sequence[Path], codes: "Iterable[CommodityCode]", columns: Any, strict: bool) -> "TextsRead":
    """Return the texts of files; each refused row is told, and all are refused when none is left or `strict` allows none."""
    from haidang.tariff.classifying.reading import texts_of_files

    terminal.tell("Đọc mô tả hàng · reading texts")
    with _refusing():
        read = texts_of_files(files, frozenset(code.commodity_code for code in codes), columns)
    if read.refused and (strict or not read.texts):
        raise Refused(
            f"{len(read.refused)} dòng bị từ chối, không học gì\n{len(read.refused)} rows are refused, nothing was learned",
            [_finding(each) for each in read.refused[:_ROWS_TOLD]],
        )
    if not read.texts:
        raise Refused("Tệp không có dòng nào\nThe files hold no row")
    for each in read.refused[:10]:
        terminal.err.print(
            f"{each.file} {each.row}, {each.column} = {each.found!r}: {each.text_vi} → {each.repair_vi} · {each.text_en} → {each.repair_en}",
            style="yellow", markup=False,
        )  # fmt: skip
    if len(read.refused) > 10:
        terminal.err.print(
            f"… và {len(read.refused) - 10} dòng nữa bị bỏ · and {len(read.refused) - 10} more rows refused"
        )
    return read


def _finding(row: Any) -> dict[str, Any]:
    return {
        "code": "ROW", "pointer": f"/{row.file}/{row.row}/{row.column}", "text_vi": row.text_vi, "text_en": row.text_en,
        "repair_vi": row.repair_vi, "repair_en": row.repair_en, "found": row.found, "row": row.row, "line": row.line,
    }  # fmt: skip


def _lesson(codes: "Sequence[CommodityCode]", read: "TextsRead") -> "Lesson":
    from haidang.tariff.classifying.learning import lesson_of

    with terminal.progress("Đọc từ · reading words", None) as counting:
        return lesson_of(codes, _titles(), read.texts, counting.at)


def _share(basis_points: int | None) -> str:
    return "–" if basis_points is None else percent(basis_points)


def _show(console: Console, found: "Classified", told: dict[str, Any]) -> None:
    if not found.candidates:
        console.print(
            "Không biết từ nào trong mô tả này: tả hàng bằng lời khác, hoặc học thêm (haidang classify train)\n"
            "No word of this text was learned: describe the goods otherwise, or teach more (haidang classify train)"
        )
    elif not found.sure:
        console.print(
            f"Không chắc: biết {found.known_words}/{found.words} từ; xem kỹ từng mã · not sure: {found.known_words} of {found.words} words are known; weigh each code",
            style="yellow",
        )
    for number, each in enumerate(found.candidates, 1):
        sure = "" if each.confidence_bp is None else f"  {percent(each.confidence_bp)}"
        name = each.name_vi.lstrip("- ") + (f" · {each.name_en.lstrip('- ')}" if each.name_en else "")
        console.print(f"{number}. {each.commodity_code}{sure}  {name}", style="bold", markup=False)
        console.print(f"     {', '.join(each.words)}", markup=False)
        for speaker in each.speakers:
            ruling = f" {speaker.ruling_no}" if speaker.ruling_no else ""
            console.print(
                f"     {_KINDS[speaker.kind]}{ruling} ({percent(speaker.likeness_bp)}): {speaker.text}", markup=False
            )
    if found.candidates and found.candidates[0].confidence_bp is None:
        console.print(
            "Chưa có độ tin cậy: mô hình chỉ học tên mã; học thêm mô tả hàng (haidang classify train)\n"
            "No confidence: only names of codes were learned; teach texts of goods (haidang classify train)"
        )
    if found.unknown_codes:
        console.print(
            f"{found.unknown_codes} mã của ngày này có sau mô hình: học lại · {found.unknown_codes} codes of the day are newer than the model: train again",
            style="yellow",
        )
    if numbers := ", ".join(told["rulings_to_read"]):
        console.print(
            f"Đọc {numbers}: chỉ ràng buộc nếu đúng hàng, đúng người và còn hạn · read {numbers}: it binds only for the goods, person and term it names",
            markup=False,
        )
    console.print("\n".join(NOT_A_DECISION), style="dim")


def _show_learned(console: Console, facts: dict[str, Any]) -> None:
    learned, hits = facts["learned"], facts["held_back"]
    console.print(
        f"Đã học {learned['names']:,} tên, {learned['texts']:,} mô tả, {learned['rulings']:,} thông báo phân loại; bỏ {facts['refused_rows']:,} dòng\n"
        f"Learned {learned['names']:,} names, {learned['texts']:,} texts, {learned['rulings']:,} rulings; {facts['refused_rows']:,} rows refused\n"
        f"{facts['model']}  {facts['bytes']:,} byte",
        markup=False,
    )
    if hits is None:
        console.print("Ít mô tả quá để thử, nên chưa có độ tin cậy · too few texts to try it: no confidence is told")
    else:
        console.print(
            f"Thử trên {hits.texts:,} mô tả để riêng: đúng ngay {_share(hits.first_bp)}, trong năm mã đầu {_share(hits.first_five_bp)}\n"
            f"Tried on {hits.texts:,} texts held back: first {_share(hits.first_bp)}, among the first five {_share(hits.first_five_bp)}"
        )


def _show_measured(console: Console, facts: dict[str, Any]) -> None:
    columns = ("", "Mô tả · texts", "Đầu · first", "Năm đầu · five", "Mười đầu · ten", "Nhóm · heading", "Chắc · sure", "đúng · right", "µs")  # fmt: skip
    rows = [
        (name, hits.texts, *(_share(each) for each in (hits.first_bp, hits.first_five_bp, hits.first_ten_bp, hits.headings_first_five_bp, hits.sure_bp, hits.sure_right_bp)), hits.median_us)
        for name, hits in (("đã học · trained", facts["trained"]), ("chỉ tên · names only", facts["names_only"]))
    ]  # fmt: skip
    console.print(rows_table(columns, rows, columns[1:]))
    promises = ("Mã đầu · first codes", "Hứa · promised", "Đúng · right")
    console.print(
        rows_table(
            promises,
            [(each.count, _share(each.promised_bp), _share(each.right_bp)) for each in facts["promises"]],
            promises,
        )
    )
    console.print(
        f"{facts['refused_rows']:,} / {facts['rows']:,} dòng bị bỏ; tính là sai hết thì năm mã đầu đúng {_share(facts['first_five_bp_if_refused_rows_were_wrong'])}"
        f" · rows refused; were they all wrong, five first: {_share(facts['first_five_bp_if_refused_rows_were_wrong'])}"
    )
