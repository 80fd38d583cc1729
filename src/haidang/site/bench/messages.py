"""Declarations of ordinary cargo, as many as wanted and no two alike: imports A11 of goods that have rates on file and need nothing else."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from msgspec import Struct

from haidang.declarations.terms import Declaration, GoodsItem
from haidang.gateway.messages.envelope import Lodgement, encode_lodgement
from haidang.kernel.money import divide_half_up
from haidang.reference.lookups import lawbook_folder
from haidang.site.demo import people
from haidang.site.demo.korean_codes import SEA
from haidang.tariff.lookups import book_from_files, tariff_from_files
from haidang.tariff.terms import MFN, TariffEntry

DAY = date(2026, 3, 2)
"""The first legal day of a trial: tariff and dates of the messages are those of this day."""
SENDERS = people.TRADERS - 2
"""Traders who may lodge; the last two of the demo country are stopped."""

_ORIGINS = ("CN", "KR", "JP", "TH", "MY", "ID", "TW", "DE", "FR", "IT", "US", "IN", "SG", "AU", "GB", "NL")
_CURRENCIES = ("USD", "USD", "USD", "USD", "EUR", "CNY")
_FOB_EVERY = 5
_NAME_CHARS = 110
_KILOGRAM = "KGM"


class Goods(Struct, frozen=True):
    """One 8-digit code that ordinary cargo may be of: its official name, the unit it is counted in, and the code of its VAT rate."""

    commodity_code: str
    name_vi: str
    unit_code: str
    vat_code: str


def ordinary_goods() -> list[Goods]:
    """Return the codes with an MFN and a VAT rate on file and no control, charge, remedy or quota: cargo that stands for most cargo."""
    folder = lawbook_folder()
    names = {code.commodity_code: code.name_vi.lstrip("- ") for code in book_from_files(folder).codes}
    entries = tariff_from_files(folder, DAY).entries
    found = []
    for code in sorted(entries):
        entry = entries[code]
        taxed = [option.code for option in entry.vat if option.rate_bp is not None]
        if MFN in entry.duties and taxed and _is_plain(entry):
            found.append(Goods(code, names[code][:_NAME_CHARS], _unit(entry), taxed[0]))
    return found


def _is_plain(entry: TariffEntry) -> bool:
    asked = (entry.controls, entry.special_consumption, entry.environment, entry.trade_remedies, entry.quota)
    return not any(asked)


def _unit(entry: TariffEntry) -> str:
    return entry.unit_codes[0] if entry.unit_codes else _KILOGRAM


class Composer:
    """Writes lodgements. The same seed, series and number of lines give the same messages; another series gives none of them."""

    def __init__(self, goods: Sequence[Goods], lines: int, seed: int, series: str) -> None:
        self._goods = goods
        self._lines = lines
        self._series = series
        self._random = Random(f"{seed} {series} {lines}")  # noqa: S311 (goods are drawn, no secret)

    def lodgement(self, ordinal: int) -> Lodgement:
        """Return the message `ordinal` (from 0); to be asked in order. Its sender is the trader, each in turn."""
        number = 1 + ordinal % SENDERS
        trader = people.trader_code(number)
        return Lodgement(
            message_id=f"{self._series}-{ordinal:06}",
            sender=trader,
            procedure="LODGE",
            declaration=self._declaration(ordinal, number, trader),
        )

    def message(self, ordinal: int) -> tuple[str, bytes]:
        """Return sender and bytes of the message `ordinal`."""
        lodgement = self.lodgement(ordinal)
        return lodgement.sender, encode_lodgement(lodgement)

    def _declaration(self, ordinal: int, number: int, trader: str) -> Declaration:
        random = self._random
        currency = random.choice(_CURRENCIES)
        origin = random.choice(_ORIGINS)
        chosen = random.choices(self._goods, k=self._lines)
        items = tuple([self._item(line_no, goods, currency, origin) for line_no, goods in enumerate(chosen, 1)])
        total_e4 = sum([item.invoice_value_e4 or 0 for item in items])
        net_g = sum([item.quantity2_milli or item.quantity_milli for item in items])
        place = random.choice(SEA)
        terms: dict[str, object] = {"price_condition_code": "CIF"}
        if ordinal % _FOB_EVERY == 0:
            terms = {
                "price_condition_code": "FOB",
                "freight_code": "A",
                "freight_currency_code": currency,
                "freight_e4": _cents(total_e4 // 25),
                "insurance_code": "A",
                "insurance_currency_code": currency,
                "insurance_e4": _cents(total_e4 // 300),
            }
        return Declaration(
            is_export=False,
            kind_code="A11",
            trader_code=trader,
            trader_name=f"Công ty Mẫu {number:03}",
            trader_address=f"Số {number} đường Mẫu, thành phố Mẫu",
            counterparty_name=f"SAMPLE PARTNER {random.randrange(10_000):04}",
            counterparty_country_code=origin,
            transport_mode_code="2",
            person_class_code="4",
            customs_office_code=place.customs_office_code,
            warehouse_code=place.warehouse_code,
            transport_document_nos=(f"BL{self._series}{ordinal:06}",),
            package_count=random.randint(1, 900),
            package_unit_code="PK",
            gross_mass_g=divide_half_up(net_g * 108, 100) + random.randint(50_000, 900_000),
            vessel_name="TAU MAU 01",
            arrival_on=DAY - timedelta(days=random.randint(1, 9)),
            unloading_place_code=place.location_code,
            loading_place_code=f"{origin}ZZZ",
            container_count=random.randint(1, 4),
            invoice_class_code="A",
            invoice_no=f"INV-{self._series}-{ordinal:06}",
            invoice_on=DAY - timedelta(days=random.randint(10, 60)),
            payment_method_code="TTR",
            price_kind_code="A",
            invoice_currency_code=currency,
            invoice_total_e4=total_e4,
            notes="Thông điệp đo tốc độ, không phải tờ khai thật",
            trader_reference=f"{self._series}-{ordinal:06}",
            items=items,
            **terms,  # type: ignore[arg-type]
        )

    def _item(self, line_no: int, goods: Goods, currency: str, origin: str) -> GoodsItem:
        random = self._random
        # Spread like trade: most lines are small, few are large. Hundredths of a unit of mass, whole pieces of everything else.
        quantity_milli = int(math.exp(random.uniform(2.3, 7.6)) * 100) * 10
        mass_milli = quantity_milli
        if goods.unit_code != _KILOGRAM:
            quantity_milli = quantity_milli // 1000 * 1000
        price_e6 = int(math.exp(random.uniform(-0.7, 6.0)) * 100) * 10_000
        return GoodsItem(
            line_no=line_no,
            commodity_code=goods.commodity_code,
            description=f"{goods.name_vi}, mới 100%, lô {random.randrange(1_000_000):06}",
            origin_country_code=origin,
            tariff_schedule_code=MFN,
            quantity_milli=quantity_milli,
            unit_code=goods.unit_code,
            quantity2_milli=None if goods.unit_code == _KILOGRAM else mass_milli,
            unit2_code="" if goods.unit_code == _KILOGRAM else _KILOGRAM,
            invoice_value_e4=_cents(quantity_milli * price_e6 // 100_000),
            unit_price_e6=price_e6,
            unit_price_currency_code=currency,
            unit_price_unit_code=goods.unit_code,
            tax_codes=(goods.vat_code,),
        )


def _cents(value_e4: int) -> int:
    return divide_half_up(value_e4, 100) * 100
