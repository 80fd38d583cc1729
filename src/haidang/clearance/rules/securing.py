"""How a tax is secured without being paid: by a guarantee on file that has room for it, or by the deferral of a priority enterprise. Pure.

Law: 107/2016/QH13 Art. 9. Codes of findings are those of VNACCS for IDC and EDC (catalogue of 2014, unverified): E7001-E7009 for an individual guarantee,
E7021-E7026 for a general one; HD-DEFERRAL is ours.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from haidang.balances.rules import is_guarantee_key
from haidang.balances.terms import Balance, BalanceKey, BalanceKind, Denial, Denied, Want
from haidang.clearance.rules.conditions import ConditionBook, tax_due_on
from haidang.declarations.terms import Declaration
from haidang.kernel.findings import Finding

INDIVIDUAL, GENERAL, DEFERRED = "A", "B", "C"
"""Payment timing (ENC): individual guarantee, general guarantee, deferral without guarantee."""
GUARANTEED = frozenset((INDIVIDUAL, GENERAL))
_PRIORITY_LEVEL = 1
_LAW = "107/2016/QH13 Art. 9"
_KEY, _TIMING = "/declaration/guarantee_key", "/declaration/payment_timing_code"

_ANOTHER = ("Khai bảo lãnh khác, hoặc nộp ngay (D).", "Declare another guarantee, or pay now (D).")
_DENIALS = {
    Denial.UNKNOWN: (
        ("E7001", "E7021"),
        ("chưa có trong hệ thống cho doanh nghiệp này", "is not on file for this trader"),
        ("Kiểm tra khóa bảo lãnh; ngân hàng gửi bảo lãnh trước khi khai.", "Check the key; the bank files it before it is declared."),
    ),
    Denial.USED_UP: (("E7002", "E7022"), ("đã được dùng cho tờ khai khác", "was used for another declaration"), _ANOTHER),
    Denial.OTHER_HOLDER: (("E7006", "E7023"), ("được cấp cho doanh nghiệp khác", "was given for another trader"), _ANOTHER),
    Denial.NOT_YET: (("E7007", "E7024"), ("chỉ có hiệu lực từ {begins}", "is in force from {begins} only"), _ANOTHER),
    Denial.EXPIRED: (("E7008", "E7025"), ("đã hết hiệu lực từ {ends}", "has expired on {ends}"), _ANOTHER),
    Denial.SHORT: (
        ("E7009", "E7026"),
        ("chỉ còn {free:,} đ, cần {amount:,} đ", "has {free:,} đ free, {amount:,} đ are needed"),
        ("Nộp các khoản đang bảo lãnh, hoặc khai bảo lãnh khác.", "Pay what is under guarantee, or declare another guarantee."),
    ),
}  # fmt: skip
"""Of each denial: the codes for an individual and for a general guarantee, what is wrong, what to do; Vietnamese and English."""


def key_findings(declared: Declaration) -> tuple[Finding, ...]:
    """Return R1052 when payment under guarantee is declared with a guarantee whose key lacks a part; none at all is told by `declarations`."""
    key = declared.guarantee_key
    if not key or declared.payment_timing_code not in GUARANTEED or is_guarantee_key(key):
        return ()
    return (
        Finding(
            code="R1052",
            pointer=_KEY,
            text_vi="Bảo lãnh khai chưa đủ bốn phần: mã ngân hàng, năm, ký hiệu, số.",
            text_en="The guarantee is not declared with all four parts: bank code, year, sign, number.",
            repair_vi="Khai dạng ngân hàng/năm/ký hiệu/số, ví dụ NGANHANGM01/2026/BL/0001.",
            repair_en="Declare bank/year/sign/number, for example NGANHANGM01/2026/BL/0001.",
            law=_LAW,
        ),
    )


def deferral_findings(declared: Declaration, level: int) -> tuple[Finding, ...]:
    """Return HD-DEFERRAL when a trader that is no priority enterprise (compliance level 1) declares payment next month (C)."""
    if declared.payment_timing_code != DEFERRED or level == _PRIORITY_LEVEL:
        return ()
    return (
        Finding(
            code="HD-DEFERRAL",
            pointer=_TIMING,
            text_vi="Chỉ doanh nghiệp ưu tiên được nộp thuế vào tháng sau mà không cần bảo lãnh (C).",
            text_en="Only a priority enterprise may pay next month without a guarantee (C).",
            repair_vi="Khai D (nộp ngay), hoặc A, B kèm bảo lãnh.",
            repair_en="Declare D (pay now), or A or B with a guarantee.",
            law=_LAW,
        ),
    )


def guarantee_named(shard_id: int, declared: Declaration) -> BalanceKey | None:
    """Return the key of the guarantee under which a declaration of a trader on this shard is to be paid; None when it is not."""
    if declared.payment_timing_code not in GUARANTEED or not is_guarantee_key(declared.guarantee_key):
        return None
    return BalanceKey(shard_id, int(BalanceKind.GUARANTEE), declared.guarantee_key)


def want_of(ordinal: int, shard_id: int, declared: Declaration, payable_vnd: int) -> Want | None:
    """Return what a declaration under guarantee wants reserved; None when it declares no guarantee or owes nothing."""
    key = guarantee_named(shard_id, declared)
    if payable_vnd <= 0 or key is None:
        return None
    return Want(
        ordinal=ordinal,
        key=key,
        holder_code=declared.trader_code,
        amount=payable_vnd,
        single_use=declared.payment_timing_code == INDIVIDUAL,
    )


def is_secured(declared: Declaration, level: int, payable_vnd: int, reserved_vnd: int) -> bool:
    """Whether the tax is secured when `reserved_vnd` of a guarantee stand for it: all of it, or none is needed (deferral of level 1)."""
    if payable_vnd <= 0:
        return False
    if declared.payment_timing_code in GUARANTEED:
        return reserved_vnd == payable_vnd
    return declared.payment_timing_code == DEFERRED and level == _PRIORITY_LEVEL


def secured_until(declared: Declaration, at: datetime, book: ConditionBook, guarantees: Sequence[Balance] = ()) -> date:
    """Return the last day on which the tax of a declaration registered at `at` can be paid in time.

    Under guarantee it is the last of the guarantee's days from registration, but never later than the guarantee itself lasts (inferred: the law
    makes the days a maximum of the time for which the guarantee stands).

    Law: 107/2016/QH13 Art. 9.
    """
    due = tax_due_on(declared.payment_timing_code, at, book)
    return min([due, *(guarantee.valid_until - timedelta(days=1) for guarantee in guarantees)])


def denial_findings(declared: Declaration, denied: Iterable[Denied]) -> tuple[Finding, ...]:
    """Return why a guarantee does not secure the tax: unknown, used, of another company, not in force, or too small with how much is free."""
    return tuple(_denial_finding(declared.payment_timing_code, each) for each in denied)


def _denial_finding(timing: str, denied: Denied) -> Finding:
    (of_individual, of_general), (why_vi, why_en), (repair_vi, repair_en) = _DENIALS[denied.denial]
    general = timing == GENERAL
    said: dict[str, object] = {"free": denied.free, "amount": denied.want.amount}
    if denied.balance is not None:
        said |= {"begins": denied.balance.valid_from.isoformat(), "ends": denied.balance.valid_until.isoformat()}
    key = denied.want.key.reference
    return Finding(
        code=of_general if general else of_individual,
        pointer=_KEY,
        text_vi=f"Bảo lãnh {'chung' if general else 'riêng'} {key} {why_vi.format(**said)}.",
        text_en=f"The {'general' if general else 'individual'} guarantee {key} {why_en.format(**said)}.",
        repair_vi=repair_vi,
        repair_en=repair_en,
        law=_LAW,
    )
