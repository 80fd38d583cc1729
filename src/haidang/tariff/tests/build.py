"""Builders: a small law book with one schedule, and the real one's folder."""

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from haidang.tariff.terms import Measure

LAWBOOK = Path(__file__).resolve().parents[4] / "lawbook"
DAY = date(2026, 3, 2)

LISTS = "list,name_vi,name_en,source,verified,packed\n" + "".join(
    f"{name},{name},{name},1/2026/TEST,no,\n" for name in ("tariff_schedule", "vat_code", "unit")
)
OTHERS = {
    "instruments": "number,kind,title_vi,issuer,issued_on,in_force_from,in_force_until,verified,source\n1/2026/TEST,test,Biểu thuế,BTC,,,,no,test\n",
    "parameters": "name,value,unit,from,until,instrument,article,verified\n",
    "holidays": "date,name_vi,working,computed,instrument,article,verified\n",
    "lists": LISTS,
}
CODES = {
    "tariff_schedule": "code,name_vi,agreement,members\nB01,MFN,mfn,\nB03,Thông thường,tt,\nB05,ACFTA,acfta,CN;VN\n",
    "vat_code": (
        "code,name_vi,valid_from,valid_until,sample,rate_bp\nV10,10 %,,,yes,1000\nV08,8 %,2025-07-01,2027-01-01,yes,800\n"
        "V05,5 %,,,yes,500\nVKCT,không chịu thuế,,,yes,\n"
    ),
    "unit": "code,name_vi,unit_vi\nKGM,ki-lô-gam,kg\nPCE,chiếc,chiếc\n",
}
SCHEDULE = """
number = "1/2026/TEST"
title = "Biểu thuế"
source = "test"
verified = false
sample = false

[codes]
valid_from = 2022-12-01

[rates]
valid_from = 2026-01-06

[headings]
valid_from = 2026-01-01

[remedies]
valid_from = 2026-01-06

[controls]
valid_from = 2026-01-06

[columns.mfn]
kind = "duty"
schedule = "B01"
chapter_98_schedule = "B02"

[columns.acfta]
kind = "duty"
agreement = "acfta"

[columns.cptpp]
kind = "duty"
agreement = "cptpp"

[columns.vat]
kind = "vat"

[columns.xk]
kind = "export"
empty = "not_listed"

[columns.bvmt]
kind = "environment"

[types.kiem_dich]
name_vi = "Kiểm dịch"
effect = "inspection"

[types.cua_khau_phu]
name_vi = "Cửa khẩu phụ"
effect = "place"
"""
TABLES: dict[str, list[str]] = {
    "codes": ["hs8,name_vi", "01012100,- Ngựa", "22030091,- Bia", "98041500,- Tôm hùm", "84151020,- Máy điều hòa"],
    "rates": [
        "hs8,unit,corresponds_to,mfn,acfta,cptpp,vat,xk,bvmt,vat_cut_annex",
        "01012100,kg/con,,0,*,,*/5/8/10,,,",
        "22030091,kg,,35,0 (-KH),15; M: 20,10/8,10/20,MT,174/2025/NĐ-CP PL2",
        "98041500,,03061500,27,,,,,,",
    ],
    "headings": ["heading,group,extent,condition_vi,valid_from", "2203,beer,whole,bia,"],
    "remedies": ["hs8,decision,year,remedy,origins", "84151020,1/QĐ-BCT,2025,anti_dumping,CN TH"],
    "controls": [
        "hs8,type,agency,instrument,list",
        "01012100,kiem_dich,BNNPTNT,01/2024/TT-BNNPTNT,M1",
        "01012100,cua_khau_phu,BCT,42/2019/TT-BCT,",
    ],
}


def small_lawbook(folder: Path, schedule: str = SCHEDULE, **tables: Iterable[str]) -> Path:
    """Write a law book of four codes under `folder` and return it; `tables` replaces the lines of a table."""
    (folder / "codes").mkdir(parents=True, exist_ok=True)
    for name, text in OTHERS.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    for name, text in CODES.items():
        (folder / "codes" / f"{name}.csv").write_text(text, encoding="utf-8")
    one = folder / "schedules" / "one"
    one.mkdir(parents=True, exist_ok=True)
    (one / "schedule.toml").write_text(schedule, encoding="utf-8")
    for name, lines in (TABLES | {key: list(value) for key, value in tables.items()}).items():
        (one / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def a_measure(**fields: Any) -> Measure:
    """Return an MFN rate of 35 % on beer, changed by `fields`."""
    plain = {
        "measure_id": 1,
        "commodity_code": "22030091",
        "kind": "duty",
        "option_code": "B01",
        "printed": "35",
        "status": "rate",
        "rate_bp": 3500,
        "valid_from": date(2026, 1, 6),
        "valid_until": None,
        "schedule": "one",
        "instrument": "1/2026/TEST",
        "verified": False,
        "sample": False,
    }
    return Measure(**(plain | fields))


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
