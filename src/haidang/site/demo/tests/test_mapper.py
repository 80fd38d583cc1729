"""Rows become declarations: grouped by importer, cut at 60 lines, each with a code, a schedule and a VAT rate that the tariff has on file."""

import gzip
import os
from datetime import date
from pathlib import Path

import pytest

from haidang.declarations.rules.checking import check
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.korean_rows import groups, read_rows
from haidang.site.demo.mapper import DEMO_DAY, Mapped, Mapper, MapReport, Miss, map_file, read_all
from haidang.site.demo.tests.build import source
from haidang.taxes.rules.assessment import assess

CODES = codes_from_files(lawbook_folder(), DEMO_DAY)


def mapped(path: Path, *changes: dict[str, str]) -> tuple[list[Mapped], MapReport]:
    return map_file(source(path / "rows.csv", *changes))


def one(path: Path, **change: str) -> Mapped:
    (only,), report = mapped(path, {key.replace("_", " "): value for key, value in change.items()})
    assert not report.misses
    return only


def test_rows_of_one_importer_make_one_declaration_in_file_order(tmp_path: Path) -> None:
    found, report = mapped(tmp_path, {}, {"Importer ID": "KHAC"}, {"HS6 Code": "392690"})
    assert [each.row_ids for each in found] == [("0", "2"), ("1",)]
    assert [item.commodity_code[:6] for item in found[0].declaration.items] == ["610910", "392690"]
    assert (report.rows, report.declarations, report.lines) == (3, 2, 3)


def test_a_declaration_is_cut_at_sixty_lines(tmp_path: Path) -> None:
    found, _ = mapped(tmp_path, *[{}] * 130)
    assert [len(each.declaration.items) for each in found] == [60, 60, 10]
    assert len({each.message_id for each in found}) == 3
    assert [item.line_no for item in found[2].declaration.items] == list(range(1, 11))


def test_the_code_is_the_first_of_its_subheading_that_has_rates(tmp_path: Path) -> None:
    mapper = Mapper(DEMO_DAY)
    item = one(tmp_path).declaration.items[0]
    entry = mapper.tariff.entries[item.commodity_code]
    assert "B01" in entry.duties and entry.vat
    earlier = [code for code in mapper.tariff.entries if code[:6] == "610910" and code < item.commodity_code]
    assert all(
        not ("B01" in mapper.tariff.entries[code].duties and mapper.tariff.entries[code].vat) for code in earlier
    )


def test_what_cannot_be_mapped_is_listed_with_its_reason(tmp_path: Path) -> None:
    found, report = mapped(
        tmp_path,
        {"HS6 Code": "999999"},
        {"HS6 Code": "847130"},
        {"Item Price": "0.0"},
        {"Country of Origin": "ZZ"},
        {"Mode of Transport": "77"},
    )
    assert found == []
    assert report.misses == [
        Miss("0", "999999", "hs6"),
        Miss("1", "847130", "rate"),
        Miss("2", "610910", "price"),
        Miss("3", "610910", "country"),
        Miss("4", "610910", "mode"),
    ]
    assert report.rows == 5 and report.counts["miss.rate"] == 1


def test_a_line_without_rate_is_kept_only_on_purpose(tmp_path: Path) -> None:
    rows = read_rows(source(tmp_path / "rows.csv", {"HS6 Code": "847130"}))
    kept = Mapper(DEMO_DAY).declaration(1, rows, MapReport(), keep_without_rate=True)
    assert kept is not None and kept.without_rate
    assert assess(kept.declaration, Mapper(DEMO_DAY).tariff, CODES.exchange_rates_e4).missing


def test_a_claimed_preference_takes_the_agreement_of_the_origin_and_nothing_else(tmp_path: Path) -> None:
    assert one(tmp_path, Tax_Type="FCN1").declaration.items[0].tariff_schedule_code == "B05"
    assert one(tmp_path, Tax_Type="A").declaration.items[0].tariff_schedule_code == "B01"
    american = one(tmp_path, Tax_Type="FUS1", Country_of_Origin="US")
    assert american.declaration.items[0].tariff_schedule_code == "B01"


def test_viet_nam_as_a_partner_becomes_korea(tmp_path: Path) -> None:
    declared = one(tmp_path, Country_of_Origin="VN", Country_of_Departure="VN").declaration
    assert declared.items[0].origin_country_code == declared.counterparty_country_code == "KR"
    assert declared.loading_place_code == "KRZZZ"


@pytest.mark.parametrize(
    ("mode", "ours"), [("10", "2"), ("20", "5"), ("30", "4"), ("40", "1"), ("50", "1"), ("90", "9")]
)
def test_every_mode_gives_a_declaration_without_findings(tmp_path: Path, mode: str, ours: str) -> None:
    declared = one(tmp_path, Mode_of_Transport=mode).declaration
    assert declared.transport_mode_code == ours
    assert declared.warehouse_code.startswith(declared.customs_office_code)
    assert check(declared, CODES, Mapper(DEMO_DAY).tariff.entries, DEMO_DAY) == ()


def test_won_become_the_currency_of_the_seller(tmp_path: Path) -> None:
    for country, currency, value_e4 in (
        ("CN", "USD", 12_500_000),
        ("DE", "EUR", 11_111_100),
        ("JP", "JPY", 1_363_636_400),
    ):
        declared = one(tmp_path, Country_of_Departure=country).declaration
        assert (declared.invoice_currency_code, declared.invoice_total_e4) == (currency, value_e4)


def test_mass_is_the_quantity_or_stands_beside_it(tmp_path: Path) -> None:
    pieces = one(tmp_path).declaration.items[0]
    assert (pieces.unit_code, pieces.quantity_milli, pieces.quantity2_milli, pieces.unit2_code) == (
        "PCE",
        121_000,
        120_500,
        "KGM",
    )
    mass = one(tmp_path, HS6_Code="071080", Net_Mass="0.0").declaration
    assert (mass.items[0].unit_code, mass.items[0].quantity_milli) == ("KGM", 50)


def test_an_export_swaps_the_direction(tmp_path: Path) -> None:
    rows = read_rows(source(tmp_path / "rows.csv", {"HS6 Code": "071080"}))
    made = Mapper(DEMO_DAY).declaration(3, rows, MapReport(), is_export=True)
    assert made is not None and not made.without_rate
    declared = made.declaration
    assert (declared.kind_code, declared.final_destination_code, declared.price_condition_code) == (
        "B11",
        "CNZZZ",
        "FOB",
    )
    assert declared.items[0].origin_country_code == declared.items[0].tariff_schedule_code == ""
    assert declared.container_nos
    assert check(declared, CODES, Mapper(DEMO_DAY).tariff.entries, DEMO_DAY) == ()
    assert assess(declared, Mapper(DEMO_DAY).tariff, CODES.exchange_rates_e4).missing == ()


def test_the_sender_is_the_trader_or_a_broker_it_has_given_a_mandate(tmp_path: Path) -> None:
    found, _ = mapped(tmp_path, *[{"Importer ID": f"N{number}"} for number in range(60)])
    mandates = {(mandate.trader_code, mandate.broker_code) for mandate in people.mandates()}
    senders = [(each.declaration.trader_code, each.sender) for each in found]
    assert all(trader == sender or (trader, sender) in mandates for trader, sender in senders)
    assert any(trader != sender for trader, sender in senders)
    stopped = {people.trader_code(people.UNDER_ENFORCEMENT), people.trader_code(people.SUSPENDED)}
    assert not stopped & {trader for trader, _ in senders}


def test_the_same_rows_give_the_same_bytes_packed_or_not(tmp_path: Path) -> None:
    plain = source(tmp_path / "rows.csv", {}, {"Importer ID": "KHAC"}, {"HS6 Code": "392690"})
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert [each.message() for each in read_all(plain)] == [each.message() for each in read_all(packed)]


def test_progress_ends_at_the_last_row(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = source(tmp_path / "rows.csv", {}, {"Importer ID": "KHAC"}, {"Importer ID": "BA", "HS6 Code": "999999"})
    assert len(list(read_all(path, progress=lambda done, rows: told.append((done, rows))))) == 2
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_whole_set_maps_without_a_finding() -> None:
    folder = os.environ.get("HAIDANG_TEST_DATA")
    path = Path(folder or ".") / "declarations-kr-synthetic" / "declarations-dev70.csv.gz"
    if not folder or not path.is_file():
        pytest.skip("HAIDANG_TEST_DATA has no declarations-kr-synthetic/declarations-dev70.csv.gz")
    report = MapReport()
    tariff = Mapper(DEMO_DAY).tariff
    for number, each in enumerate(read_all(path, DEMO_DAY, report)):
        if number % 20 == 0:
            read = decode_lodgement(each.message())
            assert isinstance(read, Lodgement) and read.declaration == each.declaration
            assert check(each.declaration, CODES, tariff.entries, DEMO_DAY) == ()
            assert assess(each.declaration, tariff, CODES.exchange_rates_e4).findings == ()
    assert report.rows == report.lines + len(report.misses) == sum(map(len, groups(read_rows(path))))
    assert {miss.reason for miss in report.misses} <= {"hs6", "rate", "price", "country", "mode"}
    assert report.lines > 0.8 * report.rows


def test_another_day_has_other_dates(tmp_path: Path) -> None:
    found, _ = map_file(source(tmp_path / "rows.csv", {}), date(2026, 6, 1))
    assert found[0].declaration.arrival_on == date(2026, 5, 31)
