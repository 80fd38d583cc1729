"""Files to terms: what is understood, and how a complaint names its place."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from haidang.reference import lookups, rules
from haidang.reference.terms import BEGINNING, SAMPLE, UnreadableLawbook
from haidang.reference.tests import build


def _codes(folder: Path) -> dict[tuple[str, str], object]:
    return {(value.list_name, value.code): value for value in lookups.book_from_files(folder).codes}


def test_a_row_takes_from_its_list_what_it_leaves_empty(tmp_path: Path) -> None:
    codes = _codes(build.lawbook(tmp_path))
    fob, dpu = codes["price_condition", "FOB"], codes["price_condition", "DPU"]
    assert (fob.source, fob.valid_from, fob.valid_until) == ("STD", BEGINNING, None)
    assert (dpu.source, dpu.valid_from) == ("2/2026/NĐ-CP", date(2026, 2, 1))
    assert fob.attributes == {"freight_included": "no"}


def test_an_empty_name_is_that_of_the_other_language(tmp_path: Path) -> None:
    assert _codes(build.lawbook(tmp_path))["price_condition", "OLD"].name_vi == "Old term"


def test_a_sample_row_cites_nothing_and_is_never_verified(tmp_path: Path) -> None:
    lists = build.LISTS.replace("vat_code,Mã thuế,Tax code,sample,no", "vat_code,Mã thuế,Tax code,1/2020/QH,yes")
    sample = _codes(build.lawbook(tmp_path, lists=lists))["vat_code", "V08"]
    assert (sample.source, sample.verified, sample.sample) == (SAMPLE, False, True)


def test_a_parameter_carries_its_citation(tmp_path: Path) -> None:
    first, second = lookups.book_from_files(build.lawbook(tmp_path)).parameters
    assert (first.value, first.valid_until, first.citation.verified) == (7, date(2026, 2, 1), True)
    assert (second.citation.instrument, second.citation.article, second.note) == ("2/2026/NĐ-CP", "Art. 2", "longer")


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        (
            "parameters",
            build.PARAMETERS.replace("7,day", "7.5,day"),
            "parameters.csv:2: value '7.5' is not a whole number",
        ),
        ("parameters", build.PARAMETERS.replace("7,day", "٧,day"), "parameters.csv:2: value '٧' is not a whole number"),
        (
            "parameters",
            build.PARAMETERS.replace("10,day", f"{2**63},day"),
            f"parameters.csv:3: value '{2**63}' does not fit",
        ),
        ("parameters", build.PARAMETERS.replace("10,day", "10,"), "parameters.csv:3: unit is empty"),
        (
            "parameters",
            build.PARAMETERS.replace("2026-02-01,,2", "01/02/2026,,2"),
            "parameters.csv:3: from '01/02/2026'",
        ),
        ("parameters", build.PARAMETERS.replace(",longer", ",longer,more"), "parameters.csv:3: 10 columns, 9 expected"),
        ("lists", build.LISTS.replace("STD,no,yes", "STD,no,ja"), "lists.csv:2: packed 'ja' is neither yes nor no"),
        ("vat_code", build.VAT_CODE.replace("800", "8 %"), "vat_code.csv:2: rate_bp '8 %' is not a whole number"),
        ("price_condition", "", "price_condition.csv: no column names"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_line_and_column(
    tmp_path: Path, file: str, text: str, complaint: str
) -> None:
    with pytest.raises(UnreadableLawbook) as refused:
        lookups.book_from_files(build.lawbook(tmp_path, **{file: text}))
    assert complaint in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    build.lawbook(tmp_path).joinpath("codes", "vat_code.csv").unlink()
    with pytest.raises(UnreadableLawbook, match=r"vat_code\.csv"):
        lookups.book_from_files(tmp_path)


def test_a_code_list_may_be_compressed(tmp_path: Path) -> None:
    plain = lookups.book_from_files(build.lawbook(tmp_path)).codes
    path = tmp_path / "codes" / "location.csv"
    path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()
    assert lookups.book_from_files(tmp_path).codes == plain


def test_the_digest_covers_schedules_and_leaves_out_exchange_rates(tmp_path: Path) -> None:
    before = lookups.digest_of(build.lawbook(tmp_path))
    (tmp_path / "exchange_rates_sample.csv").write_text("currency,week_from,rate,source\n")
    assert lookups.digest_of(tmp_path) == before
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "rates.csv").write_text("hs8,mfn\n")
    assert lookups.digest_of(tmp_path) != before


def _rates(text: str) -> tuple[object, ...]:
    columns, *rows = (line.split(",") for line in text.splitlines())
    return rules.read_exchange_rates(rules.Table("rates.csv", tuple(columns), rows))


def test_a_rate_is_read_exactly_in_ten_thousandths() -> None:
    (rate,) = _rates("currency,week_from,rate,source\nUSD,2026-03-02,25880.5,sample")
    assert (rate.currency_code, rate.rate_e4, rate.week_from) == ("USD", 258_805_000, date(2026, 3, 2))


@pytest.mark.parametrize(
    "row", ["USD,2026-03-03,25880,x", "USD,2026-03-02,0,x", "USD,2026-03-02,2.5e4,x", "USD,2026-03-02,1.23456,x"]
)
def test_a_rate_of_another_form_or_weekday_is_refused(row: str) -> None:
    with pytest.raises(UnreadableLawbook, match=r"rates\.csv:2"):
        _rates(f"currency,week_from,rate,source\n{row}")


def test_the_folder_named_in_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIDANG_LAWBOOK", str(build.lawbook(tmp_path)))
    assert lookups.lawbook_folder() == tmp_path
    monkeypatch.setenv("HAIDANG_LAWBOOK", str(tmp_path / "nowhere"))
    with pytest.raises(UnreadableLawbook, match="nowhere"):
        lookups.lawbook_folder()
