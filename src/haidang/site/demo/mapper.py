"""From rows of synthetic Korean import declarations to declarations of the demo country, as messages that a lane takes.

Source: the public set of synthetic import declarations of the Korea Customs Service (MIT licence, see NOTICE). One row is one goods line. Rows of one
importer, in file order, make a declaration of at most 60 lines. Nothing is drawn at random: the same file and law book give the same bytes.
`docs/data-mapper.md` tells every choice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
import stdnum.iso6346
from msgspec import Struct, field

from haidang.declarations.terms import Declaration, GoodsItem
from haidang.gateway.messages.declaration import encode_declaration
from haidang.kernel.money import divide_half_up, format_scaled
from haidang.reference.lookups import codes_from_files, lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.korean_codes import (
    OTHER_PAYMENT,
    PAYMENT_METHODS,
    TRANSPORT_MODES,
    WON_PER_100,
    Place,
    currency_of,
    place_of,
)
from haidang.site.demo.korean_rows import Row, groups, read_rows
from haidang.tariff.lookups import book_from_files, tariff_from_files
from haidang.tariff.terms import MFN, TariffEntry, TariffOfDay

SERIES = "MAU"
"""What numbers of messages, invoices and transport documents begin with: *mẫu*, sample."""
DEMO_DAY = date(2026, 3, 2)
"""The first legal day of a trial: dates and rates of the samples are those of this day."""

_LODGING_TRADERS = people.TRADERS - 2
_GROSS_PERCENT = 108
_KG_PER_CUBIC_METRE = 500
_KG_PER_PACKAGE = 20
_KG_PER_CONTAINER = 20_000
_FOB_EVERY = 5
_FREIGHT_BP, _INSURANCE_BP = 400, 30
_UNIT_PRICE_CHARS = 9
_GOODS_NAME_CHARS = 120


class Miss(Struct, frozen=True):
    """A row that became no line, and why: `hs6` no such subheading; `rate` no code of it has a rate on file; `price`; `country`; `mode`."""

    row_id: str
    hs6: str
    reason: str


class MapReport(Struct):
    """What a mapping did, filled while it runs: rows read, declarations and lines made, rows left out, and lines by schedule and currency."""

    rows: int = 0
    declarations: int = 0
    lines: int = 0
    misses: list[Miss] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Mapped(Struct, frozen=True, kw_only=True):
    """One declaration ready to be signed and sent by `sender` (the trader, or its broker). `row_ids` are the rows of its lines, in order."""

    message_id: str
    sender: str
    declaration: Declaration
    row_ids: tuple[str, ...]
    without_rate: bool

    def message(self) -> bytes:
        """Return the bytes of the lodgement, the same on every call."""
        return msgspec.json.encode(
            {
                "message_id": self.message_id,
                "sender": self.sender,
                "procedure": "LODGE",
                "declaration": encode_declaration(self.declaration),
            }
        )


def map_file(path: Path, on: date = DEMO_DAY) -> tuple[list[Mapped], MapReport]:
    """Map a whole file (CSV, plain or gzip) to import declarations; returns them with the report of what was left out."""
    report = MapReport()
    return list(read_all(path, on, report)), report


def read_all(
    path: Path, on: date = DEMO_DAY, report: MapReport | None = None, progress: Callable[[int, int], None] | None = None
) -> Iterator[Mapped]:
    """Yield the declarations of a whole file one by one; `report` is filled and `progress(rows done, rows)` called on the way.

    Raises:
        FileNotFoundError: no such file.
        KeyError: a column of the set is missing.
    """
    report = report if report is not None else MapReport()
    rows = read_rows(path)
    mapper = Mapper(on)
    done = 0
    for ordinal, group in enumerate(groups(rows), 1):
        mapped = mapper.declaration(ordinal, group, report)
        done += len(group)
        if progress is not None:
            progress(done, len(rows))
        if mapped is not None:
            yield mapped


class Mapper:
    """Knows the tariff and the codes of one day. Pure after it is made: the same rows give the same declaration."""

    def __init__(self, on: date, lawbook: Path | None = None) -> None:
        folder = lawbook or lawbook_folder()
        self.on = on
        self.tariff: TariffOfDay = tariff_from_files(folder, on)
        self._names = {code.commodity_code: code.name_vi for code in book_from_files(folder).codes}
        self._countries = codes_from_files(folder, on).lists["country"]
        self._codes: dict[str, list[str]] = {}
        for code in sorted(self.tariff.entries):
            self._codes.setdefault(code[:6], []).append(code)

    def code_of(self, hs6: str, is_export: bool = False) -> tuple[str, bool] | None:
        """Return the first 8-digit code of a subheading that has a rate on file and True; else its first code and False; None without any.

        An import rate is an MFN duty and a VAT rate; an export rate is an export duty.
        """
        codes = self._codes.get(hs6)
        if codes is None:
            return None
        for code in codes:
            if self._has_rate(self.tariff.entries[code], is_export):
                return code, True
        return codes[0], False

    def declaration(
        self,
        ordinal: int,
        rows: list[Row],
        report: MapReport,
        *,
        is_export: bool = False,
        keep_without_rate: bool = False,
        series: str = SERIES,
    ) -> Mapped | None:
        """Return one declaration of rows of one importer, or None when no row could become a line.

        `ordinal` numbers the message and picks trader, broker and price terms. Export swaps the direction: the seller's country becomes the
        destination. `keep_without_rate` keeps lines of codes without any rate on file; else they are misses. `series` begins all numbers.
        """
        report.rows += len(rows)
        currency = "USD" if is_export else currency_of(rows[0].departure)
        items: list[GoodsItem] = []
        used: list[Row] = []
        without_rate = False
        for row in rows:
            found = self._line(len(items) + 1, row, currency, is_export, keep_without_rate)
            if isinstance(found, Miss):
                report.misses.append(found)
                report.counts[f"miss.{found.reason}"] += 1
                continue
            item, priced = found
            without_rate = without_rate or not priced
            items.append(item)
            used.append(row)
        if not items:
            return None
        report.declarations += 1
        report.lines += len(items)
        report.counts[f"currency.{currency}"] += 1
        report.counts.update(f"schedule.{item.tariff_schedule_code}" for item in items if item.tariff_schedule_code)
        number = 1 + ordinal % _LODGING_TRADERS
        turn = ordinal // _LODGING_TRADERS + number // people.BROKERED_EVERY
        broker = people.broker_of(number) if turn % 2 == 0 else ""
        header = self._header(ordinal, number, used, tuple(items), currency, is_export, series)
        return Mapped(
            message_id=f"{series}-{ordinal:06}",
            sender=broker or people.trader_code(number),
            declaration=header,
            row_ids=tuple(row.row_id for row in used),
            without_rate=without_rate,
        )

    def _line(
        self, line_no: int, row: Row, currency: str, is_export: bool, keep_without_rate: bool
    ) -> tuple[GoodsItem, bool] | Miss:
        code = self.code_of(row.hs6, is_export)
        if code is None:
            return Miss(row.row_id, row.hs6, "hs6")
        commodity_code, priced = code
        if not priced and not keep_without_rate:
            return Miss(row.row_id, row.hs6, "rate")
        if row.mode not in TRANSPORT_MODES:
            return Miss(row.row_id, row.hs6, "mode")
        if not {row.origin, row.departure} <= self._countries.keys():
            return Miss(row.row_id, row.hs6, "country")
        value_e4 = _value(row.price_won_e4, currency)
        if value_e4 == 0:
            return Miss(row.row_id, row.hs6, "price")
        entry = self.tariff.entries[commodity_code]
        return self._item(line_no, row, entry, currency, value_e4, is_export), priced

    def _item(
        self, line_no: int, row: Row, entry: TariffEntry, currency: str, value_e4: int, is_export: bool
    ) -> GoodsItem:
        unit = _unit(entry)
        mass_milli = divide_half_up(row.net_mass_g, 10) * 10
        quantity_milli = mass_milli if unit == "KGM" else _pieces_milli(row.net_mass_g, unit)
        price_e6 = _unit_price(value_e4, quantity_milli)
        name = normalize("NFC", self._names[entry.commodity_code].lstrip("- "))[:_GOODS_NAME_CHARS]
        return GoodsItem(
            line_no=line_no,
            commodity_code=entry.commodity_code,
            description=f"{name}, hàng mẫu số {row.row_id}",
            origin_country_code="" if is_export else row.origin,
            tariff_schedule_code="" if is_export else _schedule(self.tariff, entry, row),
            quantity_milli=quantity_milli,
            unit_code=unit,
            quantity2_milli=None if unit == "KGM" else mass_milli,
            unit2_code="" if unit == "KGM" else "KGM",
            invoice_value_e4=value_e4,
            unit_price_e6=price_e6,
            unit_price_currency_code=currency if price_e6 else "",
            unit_price_unit_code=unit if price_e6 else "",
            tax_codes=() if is_export else _vat_codes(entry),
        )

    def _header(
        self,
        ordinal: int,
        number: int,
        rows: list[Row],
        items: tuple[GoodsItem, ...],
        currency: str,
        is_export: bool,
        series: str,
    ) -> Declaration:
        first = rows[0]
        mode = TRANSPORT_MODES[first.mode]
        place = place_of(mode, first.office)
        net_g = sum(row.net_mass_g for row in rows)
        total_e4 = sum(item.invoice_value_e4 or 0 for item in items)
        containers = min(max(1, -(-net_g // (_KG_PER_CONTAINER * 1000))), 50) if mode == "2" else 0
        values = _movement(self.on, ordinal, first, place, mode, containers, is_export, series)
        values |= _price_terms(ordinal, currency, total_e4, is_export)
        return Declaration(
            is_export=is_export,
            kind_code="B11" if is_export else "A11",
            trader_code=people.trader_code(number),
            trader_name=f"Công ty Mẫu {number:03}",
            trader_address=f"Số {number} đường Mẫu, thành phố Mẫu",
            counterparty_name=f"SAMPLE PARTNER {first.seller or first.importer}",
            counterparty_country_code=first.departure,
            transport_mode_code=mode,
            customs_office_code=place.customs_office_code,
            warehouse_code=place.warehouse_code,
            package_count=max(1, net_g // (_KG_PER_PACKAGE * 1000)),
            package_unit_code="PK",
            gross_mass_g=None if mode == "9" else _gross_g(net_g),
            invoice_class_code="A",
            invoice_no=f"{series}-INV-{ordinal:06}",
            invoice_on=self.on - timedelta(days=10 + ordinal % 20),
            payment_method_code=PAYMENT_METHODS.get(first.payment, OTHER_PAYMENT),
            price_kind_code="A",
            invoice_currency_code=currency,
            invoice_total_e4=total_e4,
            payment_timing_code="D",
            notes="Dữ liệu mẫu, không phải tờ khai thật",
            trader_reference=f"KR-{first.row_id}",
            items=items,
            **values,
        )

    @staticmethod
    def _has_rate(entry: TariffEntry, is_export: bool) -> bool:
        return entry.export_duty is not None if is_export else MFN in entry.duties and bool(entry.vat)


def _movement(
    on: date, ordinal: int, row: Row, place: Place, mode: str, containers: int, is_export: bool, series: str
) -> dict[str, Any]:
    """Return what the declaration says about the journey: an import arrived the day before, an export leaves within ten days."""
    abroad = f"{row.departure}ZZZ"
    common: dict[str, Any] = {"vessel_name": "TAU MAU 01" if mode in "26" else f"MAU{ordinal % 1000:03}"}
    if is_export:
        return common | {
            "departure_on": on + timedelta(days=3 + ordinal % 8),
            "loading_place_code": place.location_code,
            "final_destination_code": abroad,
            "transport_document_nos": (f"{series}-EX-{ordinal:06}",),
            "container_nos": tuple(_container_no(ordinal * 100 + place_no) for place_no in range(containers)),
        }
    return common | {
        "person_class_code": "4",
        "arrival_on": on - timedelta(days=1),
        "unloading_place_code": place.location_code,
        "loading_place_code": abroad,
        "transport_document_nos": (f"{series}-BL-{ordinal:06}",),
        "container_count": containers or None,
    }


def _price_terms(ordinal: int, currency: str, total_e4: int, is_export: bool) -> dict[str, Any]:
    """Return the price terms: exports FOB; of five imports one FOB with freight (4 %) and insurance (0.3 %), the others CIF, and those whose insurance
    would be less than a hundredth."""
    if is_export:
        return {"price_condition_code": "FOB"}
    freight_e4 = _cents(divide_half_up(total_e4 * _FREIGHT_BP, 10_000))
    insurance_e4 = _cents(divide_half_up(total_e4 * _INSURANCE_BP, 10_000))
    if ordinal % _FOB_EVERY or not insurance_e4:
        return {"price_condition_code": "CIF"}
    return {
        "price_condition_code": "FOB",
        "freight_code": "A",
        "freight_currency_code": currency,
        "freight_e4": freight_e4,
        "insurance_code": "A",
        "insurance_currency_code": currency,
        "insurance_e4": insurance_e4,
    }


def _schedule(tariff: TariffOfDay, entry: TariffEntry, row: Row) -> str:
    """Return the schedule claimed: where the row claimed a preference, the agreement of the origin with the lowest rate below MFN; else MFN."""
    mfn = entry.duties.get(MFN)
    best = (mfn.rate_bp if mfn else 0, "", MFN)
    for schedule, rate in entry.duties.items() if row.claims_preference else ():
        members = tariff.schedule_members.get(schedule)
        if members is None or row.origin not in members or row.origin in rate.excluded_countries:
            continue
        rate_bp = rate.country_rates_bp.get(row.origin, rate.rate_bp)
        if rate_bp < best[0] or (rate_bp == best[0] and best[1] and schedule < best[1]):
            best = (rate_bp, schedule, schedule)
    return best[2]


def _vat_codes(entry: TariffEntry) -> tuple[str, ...]:
    """Return the first VAT rate printed for the code (most of its goods); `*`, not subject, only where nothing else is printed."""
    taxed = [option for option in entry.vat if option.rate_bp is not None]
    return tuple(option.code for option in (taxed or entry.vat)[:1])


def _unit(entry: TariffEntry) -> str:
    return "KGM" if "KGM" in entry.unit_codes or not entry.unit_codes else entry.unit_codes[0]


def _pieces_milli(net_mass_g: int, unit: str) -> int:
    """Return a made-up quantity in a unit other than mass: one for each kilogram, a cubic metre for each 500, at least one."""
    grams = 1000 * (_KG_PER_CUBIC_METRE if unit == "MTQ" else 1)
    return max(1, divide_half_up(net_mass_g, grams)) * 1000


def _value(price_won_e4: int, currency: str) -> int:
    """Return the invoice value in ten-thousandths: whole hundredths from one unit of currency on, all four decimals below."""
    value_e4 = divide_half_up(price_won_e4 * 100, WON_PER_100[currency])
    return _cents(value_e4) if value_e4 >= 10_000 else value_e4


def _cents(value_e4: int) -> int:
    return divide_half_up(value_e4, 100) * 100


def _unit_price(value_e4: int, quantity_milli: int) -> int | None:
    """Return the price per unit with as many decimals as nine characters hold, or None when times the quantity it misses the value by more than 1."""
    exact_e6 = divide_half_up(value_e4 * 100_000, quantity_milli)
    for dropped in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000):
        price_e6 = divide_half_up(exact_e6, dropped) * dropped
        if len(format_scaled(price_e6, 6)) <= _UNIT_PRICE_CHARS:
            right = price_e6 and abs(price_e6 * quantity_milli - value_e4 * 100_000) <= 1_000_000_000
            return price_e6 if right else None
    return None


def _gross_g(net_g: int) -> int:
    """Return a made-up gross mass: 108 % of the net, in whole kilograms where thousandths would not fit ten characters."""
    gross_g = divide_half_up(net_g * _GROSS_PERCENT, 100)
    return gross_g if gross_g < 10**9 else divide_half_up(gross_g, 1000) * 1000


def _container_no(number: int) -> str:
    """Return a container number with a right check digit (ISO 6346) of an owner code that is plainly a sample."""
    stem = f"MAUU{number % 1_000_000:06}"
    check: str = stdnum.iso6346.calc_check_digit(stem)
    return stem + check
