"""Re-expresses the facts of a tariff compilation as `lawbook/schedules/`: `HAIDANG_TEST_DATA=folder python -m tools.tariff_sources [--check]`.

Reads `vn-tariff/*.csv.gz` under the folder named by HAIDANG_TEST_DATA: codes, official names, units, rates as printed, environment tax marks, and
which list or decision names which code. Prose about goods policy stays out. Everything written is marked unverified in its schedule.toml, which is
written by hand and not touched here. Without the folder nothing is written.
"""

import csv
import gzip
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.generated import ROOT, Generated, write_or_check

SCHEDULES = ROOT / "lawbook" / "schedules"
SCHEDULE_OF_COVERAGE = {"full-2026": "bieu-thue-xnk-2026-01-06", "partial": "tt31-2022"}
COLUMNS = {
    "full-2026": [
        "mfn",
        "tt",
        "vat",
        "atiga",
        "acfta",
        "akfta",
        "aanzfta",
        "aifta",
        "ajcep",
        "vjepa",
        "vcfta",
        "vkfta",
        "eaeu",
        "cptpp",
        "ahkfta",
        "vncu",
        "evfta",
        "ukvfta",
        "xk",
        "bvmt",
    ],
    "partial": ["mfn", "tt", "vat", "acfta", "bvmt"],
}
CORRESPONDING = re.compile(r"\d{8}|\d{4}(?:[,; ]+\d{4})*")
ANNEX = re.compile(r"(\d+/\d{4}/NĐ-CP) - (PL\d)")
REMEDY = re.compile(r"Áp thuế (?P<tax>CBPG|chống bán phá giá|tự vệ)|AD BP (?P<evasion>chống lẩn tránh PVTM)")
ORIGINS = re.compile(r"\((?:NƯỚC )?([A-Z]{2}(?:\s*,\s*[A-Z]{2})*)\s*\)")
DECISION_YEAR = re.compile(r"\((\d+/QĐ-BCT)-(\d{4})\)")
REMEDY_COUNTRIES = {"MA": "MY"}
"""The compilation writes MA for Malaysia (decisions on H-beams, float glass, BOPP film); ISO 3166 writes MY."""

CORRECTED_TYPES = (
    (re.compile("chất lượng SP HH nhóm 2"), "chat_luong_nhom_2"),
    (re.compile("hiệu suất năng lượng"), "hieu_suat_nang_luong"),
    (re.compile("^Hàng hóa nhóm 2$"), "chat_luong_nhom_2"),
    (re.compile("QSD cấ[mp] NK"), "hang_da_qua_su_dung"),
    (re.compile("^Pháo hoa, pháo nổ"), "phao"),
    (re.compile("chuyên ngành thuốc lá|nguyên liệu thuốc lá|Thuốc lá điếu"), "thuoc_la"),
    (re.compile("thóc, gạo XK"), "gao_xuat_khau"),
    (re.compile("khoáng sản XK"), "khoang_san_xuat_khau"),
)
"""Types that the compilation left empty or gave by the ministry alone, told apart by what the list is about."""


def main(arguments: list[str]) -> int:
    folder = os.environ.get("HAIDANG_TEST_DATA")
    if not folder:
        print("HAIDANG_TEST_DATA names no folder: nothing read, nothing written")
        return 2
    return write_or_check(list(pages(Path(folder) / "vn-tariff")), arguments, "tools.tariff_sources")


def pages(source: Path) -> Iterator[Generated]:
    """Yield the files of the schedules that come from the compilation in `source`."""
    rows = _read(source / "vn-tariff-2026.csv.gz")
    codes = _read(source / "vn-ahtn2022-8digit-codes.csv.gz")
    named = _read(source / "vn-specialised-inspection-by-hs.csv.gz")
    yield _page("tt31-2022/codes.csv", ("hs8", "name_vi"), ((row["hs8"], _spaced(row["name_vi"])) for row in codes))
    for coverage, schedule in SCHEDULE_OF_COVERAGE.items():
        columns = COLUMNS[coverage]
        head = ("hs8", "unit", "corresponds_to", *columns, "vat_cut_annex")
        chosen = (row for row in rows if row["coverage"] == coverage)
        yield _page(f"{schedule}/rates.csv", head, (_rate_row(row, columns) for row in chosen))
    yield _page("trade-remedies/remedies.csv", ("hs8", "decision", "year", "remedy", "origins"), _remedies(named, rows))
    yield _page("specialised-controls/controls.csv", ("hs8", "type", "agency", "instrument", "list"), _controls(named))


def _rate_row(row: dict[str, str], columns: Iterable[str]) -> tuple[str, ...]:
    unit, corresponds_to = _spaced(row["unit_vi"]), ""
    if row["hs8"].startswith(
        "98"
    ):  # chapter 98 prints the corresponding code of chapters 1-97 where others print the unit
        unit, corresponds_to = "", unit if CORRESPONDING.fullmatch(unit) else ""
    annex = ANNEX.search(row["giam_vat"])
    return (
        row["hs8"],
        unit,
        corresponds_to,
        *(_spaced(row[column]) for column in columns),
        " ".join(annex.groups()) if annex else "",
    )


def _remedies(named: Iterable[dict[str, str]], rows: Iterable[dict[str, str]]) -> Iterator[tuple[str, ...]]:
    years = {number: year for row in rows for number, year in DECISION_YEAR.findall(row["policy_vi"])}
    seen = set()
    for row in named:
        if (remedy := REMEDY.search(row["description_vi"])) is None:
            continue
        text, number = row["description_vi"], row["legal_doc"]
        kinds = [
            kind
            for kind, words in (
                ("anti_dumping", ("CBPG", "chống bán phá giá")),
                ("countervailing", ("chống trợ cấp",)),
                ("safeguard", ("tự vệ",)),
            )
            if any(word in text for word in words)
        ]
        found = ORIGINS.search(text)
        origins = sorted(REMEDY_COUNTRIES.get(c, c) for c in re.findall(r"[A-Z]{2}", found[1])) if found else []
        kind = "anti_circumvention" if remedy["evasion"] else "+".join(kinds)
        seen.add((row["hs8"], number, years.get(number, ""), kind, " ".join(origins)))
    yield from sorted(seen)


def _controls(named: Iterable[dict[str, str]]) -> list[tuple[str, ...]]:
    return sorted(
        {
            (row["hs8"], _control_type(row), row["agency"], row["legal_doc"], row["list_no"])
            for row in named
            if not REMEDY.search(row["description_vi"])
        }
    )


def _control_type(row: dict[str, str]) -> str:
    corrected = (name for words, name in CORRECTED_TYPES if words.search(row["description_vi"]))
    open_to_correction = row["type"] in ("", "attp_bct")
    name = next(corrected, row["type"]) if open_to_correction else row["type"]
    if not name:
        raise LookupError(f"no type for {row['hs8']} {row['legal_doc']}")
    return name


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _page(name: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> Generated:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return Generated(SCHEDULES / name, stream.getvalue())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
