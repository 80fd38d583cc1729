"""Who lives in the demo country: traders, brokers, banks, ports, ministries, customs offices. The same list on every machine."""

from datetime import date
from functools import lru_cache

import stdnum.vn.mst
from msgspec import Struct

from haidang.organisation.terms import Act
from haidang.parties.terms import PartyKind, PartyStatus, Scope

TRADERS = 300
BROKERS = 3
TAX_CODE_PREFIX = "99"
_BROKER_NUMBERS_FROM = 9_000
BROKERED_EVERY = 6
"""Every sixth trader has given a broker a mandate; the brokers take turns."""

UNDER_ENFORCEMENT = TRADERS - 1
SUSPENDED = TRADERS
"""The last two traders show what a stop looks like; no sample declaration is theirs."""

BANKS = ("NGANHANGM01", "NGANHANGM02")
PORTS = ("CANGMAU01", "CANGMAU02")

MINISTRIES = {
    "BCT": "Bộ Công Thương",
    "BNNPTNT": "Bộ Nông nghiệp và Phát triển nông thôn",
    "BYT": "Bộ Y tế",
    "BKHCN": "Bộ Khoa học và Công nghệ",
    "BTTTT": "Bộ Thông tin và Truyền thông",
    "BLDTBXH": "Bộ Lao động - Thương binh và Xã hội",
    "BQP": "Bộ Quốc phòng",
    "BCA": "Bộ Công an",
}
"""The agencies that the lists of specialised control in the law book name, by the same codes; their names are of before the mergers of 2025."""

CUSTOMS_OFFICES = (
    *("01NV", "01B3", "02B1", "02CI", "03CC", "03CE", "03TG", "15BB"),
    *("15E4", "18BA", "20BB", "43CN", "47NB", "51CI"),
)
"""Offices (codes of before 2025-03) that have a sample warehouse in the law book."""


SEATS = {
    "document_officer": (
        "01", "Công chức kiểm tra hồ sơ",
        (
            *(Act.DOCUMENT_CHECK, Act.INSTRUCT_CORRECTION, Act.RECORD_RESULT, Act.LOWER_CHANNEL),
            *(Act.DECIDE_AMENDMENT, Act.ASSESS, Act.CANCEL, Act.DOUBT_VALUE),
            *(Act.ANALYSE_RULING, Act.END_RULING),
            Act.PREPARE_ADJUSTMENT,
        ),
    ),
    "inspector": ("02", "Công chức kiểm hóa", (Act.INSPECTION_RESULT, Act.LOWER_CHANNEL)),
    "head_of_unit": (
        "03", "Lãnh đạo đơn vị",
        (
            *(Act.RAISE_CHANNEL, Act.LOWER_CHANNEL, Act.APPROVE, Act.LIFT_HOLD, Act.INSTRUCT_CORRECTION, Act.DOCUMENT_CHECK),
            *(Act.DECIDE_AMENDMENT, Act.ASSESS, Act.CANCEL, Act.DOUBT_VALUE),
            *(Act.RELEASE, Act.RELEASE_TO_STORAGE, Act.REGISTER_GOODS_LIST, Act.REGISTER_QUOTA, Act.HOLD_PARCEL, Act.RECORD_CONFLICT),
            Act.PUBLISH_LAW,
            *(Act.ANALYSE_RULING, Act.DECIDE_RULING, Act.END_RULING),
            *(Act.PREPARE_ADJUSTMENT, Act.APPROVE_ADJUSTMENT),
        ),
    ),
}  # fmt: skip
"""Posts of every office of the demo country: the end of the officer's code, the title, the acts (sample: no instrument gave them)."""


def officer_code(office: str, post: str) -> str:
    """Return the code of the officer who holds a post in an office of the demo country."""
    return f"{office}-{SEATS[post][0]}"


def machine_of(code: str) -> str:
    """Return whose token a message signed by `code` comes with: an officer uses the machines of the office, everybody else their own."""
    return code.partition("-")[0] if code.partition("-")[0] in CUSTOMS_OFFICES else code


class Person(Struct, frozen=True, kw_only=True):
    """One made-up party, before the database gives it a number."""

    code: str
    kind: PartyKind
    name: str
    compliance_level: int = 3
    status: PartyStatus = PartyStatus.ACTIVE
    blocked_reason: str = ""


class BrokerMandate(Struct, frozen=True):
    """A trader lets a broker lodge for it, import and export."""

    trader_code: str
    broker_code: str
    scopes: tuple[Scope, ...] = (Scope.IMPORT, Scope.EXPORT)


@lru_cache(maxsize=1024)
def demo_tax_code(number: int) -> str:
    """Return the `number`-th valid tax code of the demo country (1 is the first): 99, seven digits, check digit.

    Stems whose check digit would be 10 have no code; the next stem takes their place, so numbers map to codes for good.
    """
    stem = number * 1_000
    while True:
        digits = f"{TAX_CODE_PREFIX}{stem:07}"
        check: str = stdnum.vn.mst.calc_check_digit(digits)
        if stdnum.vn.mst.is_valid(digits + check):
            return digits + check
        stem += 1


def trader_code(number: int) -> str:
    """Return the tax code of *Công ty Mẫu* `number`, 1 to 300."""
    return demo_tax_code(number)


def broker_code(number: int) -> str:
    """Return the tax code of *Đại lý hải quan Mẫu* `number`, 1 to 3."""
    return demo_tax_code(_BROKER_NUMBERS_FROM + number)


def broker_of(number: int) -> str:
    """Return the tax code of the broker that lodges for a trader, or an empty text."""
    if number % BROKERED_EVERY:
        return ""
    return broker_code(number // BROKERED_EVERY % BROKERS + 1)


def compliance_level(number: int) -> int:
    """Return the level of a trader: of a hundred 2 are priority, 10 high, 82 medium, 4 low, 2 do not comply."""
    place = number % 100
    if place in (50, 99):
        return 1
    if place % 10 == 1:
        return 2
    if place in (7, 32, 57, 82):
        return 4
    return 5 if place in (13, 63) else 3


def everybody() -> list[Person]:
    """Return all parties of the demo country."""
    return [
        *map(_trader, range(1, TRADERS + 1)),
        *(
            Person(
                code=broker_code(number),
                kind=PartyKind.BROKER,
                name=f"Đại lý hải quan Mẫu {number}",
                compliance_level=2,
            )
            for number in range(1, BROKERS + 1)
        ),
        *(Person(code=code, kind=PartyKind.BANK, name=f"Ngân hàng Mẫu {code[-2:]}") for code in BANKS),
        *(Person(code=code, kind=PartyKind.PORT, name=f"Cảng Mẫu {code[-2:]}") for code in PORTS),
        *(Person(code=code, kind=PartyKind.MINISTRY, name=f"{name} (mẫu)") for code, name in MINISTRIES.items()),
        *(Person(code=code, kind=PartyKind.CUSTOMS, name=f"Hải quan {code} (mẫu)") for code in CUSTOMS_OFFICES),
    ]


def mandates() -> list[BrokerMandate]:
    """Return who has given which broker a mandate."""
    return [
        BrokerMandate(trader_code(number), broker_of(number)) for number in range(1, TRADERS + 1) if broker_of(number)
    ]


PROVINCES = ("79", "01", "31", "48", "75", "24", "22", "20", "91", "40")
"""Where traders of the demo country have their seats, by turns."""
PROFILES_FROM = date(2025, 7, 1)


def province(number: int) -> str:
    """Return the province of a trader: half of all in the first two."""
    return PROVINCES[number % 2] if number % 4 < 2 else PROVINCES[number // 4 % len(PROVINCES)]


def firm_size(number: int) -> str:
    """Return the size of a trader: of ten four are micro, three small, two medium, one large."""
    return ("micro", "micro", "small", "medium", "micro", "small", "large", "micro", "small", "medium")[number % 10]


def _trader(number: int) -> Person:
    stopped = number == SUSPENDED
    return Person(
        code=trader_code(number),
        kind=PartyKind.TRADER,
        name=f"Công ty Mẫu {number:03}",
        compliance_level=compliance_level(number),
        status=PartyStatus.SUSPENDED if stopped else PartyStatus.ACTIVE,
        blocked_reason="Mã số thuế tạm ngừng hoạt động (mẫu)" if stopped else "",
    )
