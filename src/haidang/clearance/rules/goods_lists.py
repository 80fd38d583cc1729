"""What a message of customs makes of a list of exempt goods or of a tariff quota licence, and what is wrong with one. Pure.

Law: 107/2016/QH13 Art. 16 (exemption), Art. 5 (rates inside and outside a tariff quota). The codes of findings are ours; the procedures TEA and TEB of VNACCS are the declarant's and are not these.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from haidang.balances.terms import Balance, BalanceKind
from haidang.clearance.rules import quotas
from haidang.clearance.rules.drawing import list_line
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.organisation.rules import Powers, powers_for
from haidang.organisation.terms import Act
from haidang.tariff.terms import TariffEntry

_LAW = "107/2016/QH13 Art. 16"
EXEMPT_GOODS = "exempt_goods"
_KINDS = {
    EXEMPT_GOODS: (BalanceKind.EXEMPTION_LIST, Act.REGISTER_GOODS_LIST),
    quotas.TARIFF_QUOTA: (BalanceKind.QUOTA, Act.REGISTER_QUOTA),
}
"""Of each kind of list: the balances that its lines are, and the power that puts it on file."""
KINDS = tuple(_KINDS)
LIST_KINDS = frozenset(kind for kind, _ in _KINDS.values())


def act_of(kind: str) -> Act:
    """Return the power that puts a list of a kind on file."""
    return _KINDS[kind][1]


class ListedGoods(Struct, frozen=True):
    """One line of a list: so many thousandths of a unit of goods with this code may come in exempt, or inside a tariff quota."""

    line_no: int
    commodity_code: str
    quantity_milli: int
    unit_code: str


def lines_of(
    ids: Sequence[UUID], *, kind: str, list_no: str, holder_code: str, goods: Sequence[ListedGoods], valid_from: date, valid_until: date
) -> list[Balance]:  # fmt: skip
    """Return the lines of a list as they stand when it is put on file: nothing drawn, on the shard of the trader, in force on
    `valid_from` <= day < `valid_until`. Declarations name a line of a list by its number, and one of a tariff quota licence by the commodity code.
    """
    balance_kind = _KINDS[kind][0]
    return [
        Balance(
            shard_id=shard_of(holder_code), balance_id=balance_id, kind=int(balance_kind), holder_code=holder_code,
            reference=_reference(balance_kind, list_no, each), unit=each.unit_code, granted=each.quantity_milli, reserved=0, used=0,
            valid_from=valid_from, valid_until=valid_until, use_limit=None, use_count=0, goods_code=each.commodity_code,
        )
        for balance_id, each in zip(ids, goods, strict=True)
    ]  # fmt: skip


def _reference(kind: BalanceKind, list_no: str, goods: ListedGoods) -> str:
    if kind is BalanceKind.QUOTA:
        return quotas.licence_line(list_no, goods.commodity_code)
    return list_line(list_no, goods.line_no)


def may_register(powers: Powers, thumbprint: bytes, at: datetime, kind: str) -> bool:
    """Whether the certificate is that of an officer who may put lists of the kind on file at the instant, in whatever unit."""
    officer = powers.officer(thumbprint)
    return officer is not None and bool(powers_for(powers.of.get(officer, ()), act_of(kind), at))


def quota_findings(goods: Sequence[ListedGoods], entries: Mapping[str, TariffEntry]) -> tuple[Finding, ...]:
    """Return what is wrong with the lines of a tariff quota licence: a code on which there is no quota, or one that stands there twice."""
    found, seen = [], set()
    for place, each in enumerate(goods):
        at, code = f"/goods/{place}/commodity_code", each.commodity_code
        entry = entries.get(code)
        if entry is not None and not quotas.has_quota(entry):
            found.append(
                _finding(
                    "HD-NO-QUOTA",
                    at,
                    f"Mã {code} không có hạn ngạch thuế quan.",
                    f"There is no tariff quota on {code}.",
                    quotas.LAW,
                )
            )
        if code in seen:
            found.append(
                _finding(
                    "HD-LIST-TWICE", at, f"Mã {code} đã có ở dòng trước.", f"An earlier line has {code}.", quotas.LAW
                )
            )
        seen.add(code)
    return tuple(found)


def goods_findings(goods: Sequence[ListedGoods], codes: Container[str], units: Container[str]) -> tuple[Finding, ...]:
    """Return what is wrong with the lines: numbers other than 1, 2, 3 …, no quantity, codes or units that the law of the day does not know."""
    found = []
    for place, each in enumerate(goods):
        at = f"/goods/{place}"
        if each.line_no != place + 1:
            found.append(
                _finding(
                    "HD-LIST-LINE",
                    f"{at}/line_no",
                    f"Dòng thứ {place + 1} phải mang số {place + 1}.",
                    f"Line {place + 1} is to be numbered {place + 1}.",
                )
            )
        if each.quantity_milli <= 0:
            found.append(_finding("HD-ZERO", f"{at}/quantity", "Lượng phải lớn hơn 0.", "The quantity is above 0."))
        if each.commodity_code not in codes:
            found.append(
                _finding(
                    "HD-COMMODITY-CODE",
                    f"{at}/commodity_code",
                    f"Không có mã hàng {each.commodity_code}.",
                    f"There is no commodity code {each.commodity_code}.",
                )
            )
        if each.unit_code not in units:
            found.append(
                _finding(
                    "HD-CODE",
                    f"{at}/unit_code",
                    f"Không có đơn vị tính {each.unit_code}.",
                    f"There is no unit {each.unit_code}.",
                )
            )
    return tuple(found)


def period_findings(valid_from: date, valid_until: date, on: date) -> tuple[Finding, ...]:
    """Return HD-PERIOD when a list ends before it begins, or has ended on the Vietnamese date `on`."""
    if valid_from < valid_until and on < valid_until:
        return ()
    return (
        _finding(
            "HD-PERIOD", "/valid_until", "Danh mục đã hết hiệu lực hoặc hết trước khi bắt đầu.",
            "The list has ended, or ends before it begins.",
        ),
    )  # fmt: skip


def known_already(list_no: str) -> Finding:
    """A list with this number is on file for traders of this shard; what was filed is not changed by filing again."""
    return _finding(
        "HD-LIST-KNOWN",
        "/list_no",
        f"Danh mục {list_no} đã có trong hệ thống.",
        f"The list {list_no} is on file already.",
    )


def _finding(code: str, pointer: str, text_vi: str, text_en: str, law: str = _LAW) -> Finding:
    return Finding(
        code=code, pointer=pointer, text_vi=text_vi, text_en=text_en, repair_vi="Sửa danh mục rồi gửi lại.",
        repair_en="Mend the list and send it again.", law=law,
    )  # fmt: skip
