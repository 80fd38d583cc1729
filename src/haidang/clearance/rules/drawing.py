"""Goods that are drawn down: lines of a list of exempt goods, lines of a tariff quota licence, and lines of a temporary import or export that leave or
return. Pure.

A declaration wants of each line what it declares of it. Wants are granted in the pass exactly as guarantees are; what is refused says what is left.

Law: 107/2016/QH13 Art. 16 (exemption); VNACCS E8300-E8349 (balance of a temporary import: same goods, same unit, no more than remains). Unverified; the
codes of findings are ours, because those of VNACCS for quantities were not found.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Balances, Denial, Denied, Want
from haidang.clearance.rules import quotas
from haidang.clearance.rules.judging import DayBook
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.kernel.money import format_scaled

QUANTITY_PLACES = 3
GOODS_KINDS = frozenset((int(BalanceKind.QUOTA), int(BalanceKind.EXEMPTION_LIST), int(BalanceKind.TEMPORARY_GOODS)))
"""Kinds of balances that count goods, not money."""
_OPEN_END = date(9999, 12, 31)
_LAW = {
    BalanceKind.QUOTA: quotas.LAW,
    BalanceKind.EXEMPTION_LIST: "107/2016/QH13 Art. 16",
    BalanceKind.TEMPORARY_GOODS: "VNACCS-2014, errors E8300-E8349",
}
_FIELD = {
    BalanceKind.QUOTA: "tariff_schedule_code",
    BalanceKind.EXEMPTION_LIST: "exemption_list_no",
    BalanceKind.TEMPORARY_GOODS: "temporary_line_no",
}
_NAME = {
    BalanceKind.QUOTA: ("Giấy phép hạn ngạch thuế quan", "The tariff quota licence"),
    BalanceKind.EXEMPTION_LIST: ("Danh mục miễn thuế", "The list of exempt goods"),
    BalanceKind.TEMPORARY_GOODS: ("Dòng hàng tạm nhập, tạm xuất", "The line of the earlier declaration"),
}
_CHECK = (
    "Kiểm tra số danh mục (hoặc tờ khai) và số dòng.",
    "Check the number of the list or declaration, and the line.",
)
_DENIALS = {
    Denial.UNKNOWN: ("HD-GOODS-UNKNOWN", "chưa có trong hệ thống cho doanh nghiệp này", "is not on file for this trader", _CHECK),
    Denial.OTHER_HOLDER: ("HD-GOODS-HOLDER", "của doanh nghiệp khác", "is another trader's", _CHECK),
    Denial.OTHER_GOODS: ("HD-GOODS-CODE", "là hàng mã {code}", "is of goods {code}", ("Sửa mã số hàng hóa hoặc số dòng.", "Mend the commodity code or the line.")),
    Denial.OTHER_UNIT: ("HD-GOODS-UNIT", "tính bằng {unit}", "is counted in {unit}", ("Khai lượng theo đơn vị tính này.", "Declare the quantity in that unit.")),
    Denial.NOT_YET: ("HD-GOODS-PERIOD", "chỉ có hiệu lực từ {begins}", "is in force from {begins} only", _CHECK),
    Denial.EXPIRED: ("HD-GOODS-PERIOD", "đã hết hiệu lực từ {ends}", "has expired on {ends}", ("Đăng ký danh mục mới.", "Have a new list registered.")),
    Denial.USED_UP: ("HD-GOODS-SHORT", "đã dùng hết", "is used up", _CHECK),
    Denial.SHORT: (
        "HD-GOODS-SHORT", "chỉ còn {free} {unit}, khai {amount}", "has {free} {unit} left, {amount} are declared",
        ("Giảm lượng khai trên dòng này, hoặc khai phần còn lại theo chế độ khác.", "Declare no more than what is left, or the rest under another regime."),
    ),
}  # fmt: skip
"""Of each denial: code, what is wrong, what to do; Vietnamese and English."""
_OUTSIDE = (
    "Khai phần còn trong hạn ngạch trên dòng này, phần vượt trên dòng riêng với biểu thuế B14 và mã ngoài hạn ngạch X.",
    "Declare what is left inside the quota on this line, and the rest on a line of its own under schedule B14 with the out-of-quota mark X.",
)
_NO_LICENCE = (
    "Kiểm tra số giấy phép và mã hàng trong giấy phép, hoặc khai biểu thuế B14 và mã ngoài hạn ngạch X.",
    "Check the number of the licence and the codes it is for, or claim schedule B14 with the out-of-quota mark X.",
)
_QUOTA_REPAIRS = {
    Denial.SHORT: _OUTSIDE,
    Denial.USED_UP: _OUTSIDE,
    Denial.UNKNOWN: _NO_LICENCE,
    Denial.EXPIRED: _NO_LICENCE,
    Denial.NOT_YET: _NO_LICENCE,
}
"""What to do instead when it is a quota that does not bear what is wanted."""


class Draw(Struct, frozen=True):
    """What one declaration wants of one line on file, and on which of its own lines it says so."""

    want: Want
    line_nos: tuple[int, ...]


def list_line(list_no: str, line_no: int) -> str:
    """Return the reference of one line of a list of exempt goods."""
    return f"{list_no}/{line_no}"


def earlier_line(no11: int | str, line_no: int) -> str:
    """Return the reference of one goods line of a declaration, given by its first 11 digits."""
    return f"{no11}/{line_no}"


def draws_of(ordinal: int, declared: Declaration, day: DayBook) -> tuple[Draw, ...]:
    """Return what a declaration draws of goods on file, one for each line there, in key order; nothing when it names none. `day` is the law of its registration.

    Lines of it that draw on the same line on file are one draw. A want says code and unit of the first of them that differs from none before, so lines
    that disagree make two draws, of which at most one can be granted.
    """
    shard_id, earlier = shard_of(declared.trader_code), declared.particulars.temporary_declaration_no[:11]
    found: dict[tuple[BalanceKey, str, str], list[tuple[int, int]]] = {}
    for item in declared.items:
        said = item.particulars
        references = []
        if said.exemption_list_no and said.exemption_list_line is not None:
            references.append((BalanceKind.EXEMPTION_LIST, list_line(said.exemption_list_no, said.exemption_list_line)))
        if earlier and said.temporary_line_no is not None:
            references.append((BalanceKind.TEMPORARY_GOODS, earlier_line(earlier, said.temporary_line_no)))
        for kind, reference in references:
            key = BalanceKey(shard_id, int(kind), reference)
            found.setdefault((key, item.commodity_code, item.unit_code), []).append((item.line_no, item.quantity_milli))
    if declared.permits and len(licence := quotas.licences(declared, day.codes)) == 1:
        for item in quotas.claiming(declared, day.tariff, day.codes, day.treatments):
            key = BalanceKey(shard_id, int(BalanceKind.QUOTA), quotas.licence_line(licence[0], item.commodity_code))
            found.setdefault((key, item.commodity_code, item.unit_code), []).append((item.line_no, item.quantity_milli))
    return tuple(
        Draw(
            Want(
                ordinal=ordinal, key=key, holder_code=declared.trader_code, amount=sum(amount for _, amount in lines), unit=unit,
                goods_code=code,
            ),
            tuple(line_no for line_no, _ in lines),
        )
        for (key, code, unit), lines in sorted(found.items())
        if sum(amount for _, amount in lines) > 0
    )  # fmt: skip


def names_goods(declared: Declaration) -> bool:
    """Whether a declaration may name a list of exempt goods, a licence or an earlier declaration. Asked of every declaration, so it looks at little."""
    if declared.permits or declared.particulars.temporary_declaration_no:
        return True
    for item in declared.items:  # noqa: SIM110  a loop, because a generator would cost more than what it asks
        if item.duty_exemption_code and item.particulars.exemption_list_no:
            return True
    return False


def disagreeing(draws: Sequence[Draw]) -> tuple[Finding, ...]:
    """Return a finding for each draw on a line on file of which an earlier draw declares another code or unit: one line there is one kind of goods."""
    seen: set[BalanceKey] = set()
    found = []
    for draw in draws:
        if draw.want.key in seen:
            found.append(
                Finding(
                    code="HD-GOODS-TWICE", pointer=_pointer(draw),
                    text_vi=f"Các dòng trừ lùi {draw.want.key.reference} khai mã hàng hoặc đơn vị tính khác nhau.",
                    text_en=f"Lines that draw on {draw.want.key.reference} declare different codes or units.",
                    repair_vi="Khai cùng mã số hàng hóa và đơn vị tính.", repair_en="Declare the same commodity code and unit.",
                    law=_LAW[BalanceKind(draw.want.key.kind)],
                )
            )  # fmt: skip
        seen.add(draw.want.key)
    return tuple(found)


def denial_findings(draws: Sequence[Draw], denied: Iterable[Denied]) -> tuple[Finding, ...]:
    """Return why goods on file cannot be drawn: unknown, another's, other goods, other unit, not in force, or too few with what is left."""
    by_key = {draw.want.key: draw for draw in draws}
    return tuple(_finding(by_key[each.want.key], each) for each in denied)


def _finding(draw: Draw, denied: Denied) -> Finding:
    code, why_vi, why_en, repair = _DENIALS[denied.denial]
    key, balance = denied.want.key, denied.balance
    repair_vi, repair_en = _QUOTA_REPAIRS.get(denied.denial, repair) if key.kind == BalanceKind.QUOTA else repair
    said: dict[str, str] = {
        "free": format_scaled(denied.free, QUANTITY_PLACES),
        "amount": format_scaled(draw.want.amount, QUANTITY_PLACES),
    }
    if balance is not None:
        begins, ends = balance.valid_from.isoformat(), balance.valid_until.isoformat()
        said |= {"unit": balance.unit, "code": balance.goods_code, "begins": begins, "ends": ends}
    what_vi, what_en = _NAME[BalanceKind(key.kind)]
    return Finding(
        code=code,
        pointer=_pointer(draw),
        text_vi=f"{what_vi} {key.reference} {why_vi.format(**said)}.",
        text_en=f"{what_en} {key.reference} {why_en.format(**said)}.",
        repair_vi=repair_vi,
        repair_en=repair_en,
        law=_LAW[BalanceKind(key.kind)],
    )


def _pointer(draw: Draw) -> str:
    return f"/declaration/items/{draw.line_nos[0] - 1}/{_FIELD[BalanceKind(draw.want.key.kind)]}"


def goods_of(shard_id: int, no11: int, line_no: int, earlier: EarlierDeclaration, balance_id: UUID) -> Balance:
    """Return a line of an earlier declaration as goods on file, of which nothing is drawn yet.

    It has no last day: goods that leave after their time are late, and leave all the same.
    """
    assert earlier.registered_on is not None, "read from its registration"
    code, unit = earlier.goods[line_no]
    return Balance(
        shard_id=shard_id, balance_id=balance_id, kind=int(BalanceKind.TEMPORARY_GOODS), holder_code=earlier.trader_code,
        reference=earlier_line(no11, line_no), unit=unit, granted=earlier.quantities_milli[line_no], reserved=0, used=0,
        valid_from=earlier.registered_on, valid_until=_OPEN_END, use_limit=None, use_count=0, goods_code=code,
    )  # fmt: skip


def own_lines(shard_id: int, no11: int, declared: Declaration) -> set[BalanceKey]:
    """Return the keys under which the lines of a declaration are on file, when a later one has drawn on them."""
    kind = int(BalanceKind.TEMPORARY_GOODS)
    return {BalanceKey(shard_id, kind, earlier_line(no11, item.line_no)) for item in declared.items}


def drawn_upon_findings(no11: int, old: Declaration, new: Declaration, balances: Balances) -> tuple[Finding, ...]:
    """Return a finding for each line that a later declaration has drawn on and an amendment changes in code, unit or quantity, or leaves out."""
    now = {item.line_no: item for item in new.items}
    found = []
    for item in old.items:
        said = now.get(item.line_no)
        same = said is not None and (said.commodity_code, said.unit_code, said.quantity_milli) == (
            item.commodity_code, item.unit_code, item.quantity_milli,
        )  # fmt: skip
        key = BalanceKey(shard_of(old.trader_code), int(BalanceKind.TEMPORARY_GOODS), earlier_line(no11, item.line_no))
        if not same and key in balances:
            found.append(_drawn_upon(item.line_no))
    return tuple(found)


def _drawn_upon(line_no: int) -> Finding:
    return Finding(
        code="HD-DRAWN-UPON",
        pointer=f"/declaration/items/{line_no - 1}",
        text_vi=f"Dòng hàng {line_no} đã được tờ khai tái xuất, tái nhập trừ lùi: không sửa mã, đơn vị tính và lượng.",
        text_en=f"Line {line_no} is drawn on by a later declaration: its code, unit and quantity stay.",
        repair_vi="Giữ nguyên mã, đơn vị tính và lượng của dòng này.",
        repair_en="Leave code, unit and quantity of this line as they are.",
        law=_LAW[BalanceKind.TEMPORARY_GOODS],
    )
