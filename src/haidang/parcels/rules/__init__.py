"""The law of parcels: which ones the low-value procedure takes, what they owe, their channel and conditions; and proofs that one stands in its list. Pure.

The pass calls `judge_list` once; `haidang verify` calls it again with the book and the draws of the registration, and must get the same.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from haidang.clearance.rules.conditions import open_conditions
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.states import path, state_of
from haidang.clearance.terms import Condition, ConditionKind, PassFacts, State
from haidang.clearance.terms.refusals import ParameterMissing
from haidang.kernel.findings import Finding
from haidang.organisation.terms import Act
from haidang.parcels.terms import JudgedList, JudgedParcel, Parcel, ParcelDeed, ParcelList, RefusedParcel, UnreadParcel
from haidang.reference.terms import CodeValue
from haidang.risk import rules as risk_rules
from haidang.risk.terms import Facts
from haidang.tariff.terms import TariffEntry, VatOption
from haidang.taxes.rules import ParcelReliefs, assess_parcel
from haidang.taxes.terms import TaxKind

VAT_RATE = "parcel.vat_rate"
FEE = "fee.parcel"
MOST_VALUE: Mapping[bool, str] = {False: "parcel.import_max_value", True: "parcel.export_max_value"}
"""The dated limit of the procedure, by whether the parcel is exported."""
_DUTY_FREE_VALUE, _DUTY_FREE_TAX, _VAT_FREE_VALUE = (
    "duty.de_minimis_value",
    "duty.de_minimis_tax",
    "vat.de_minimis_value",
)
WORDS = "parcel_word"
"""Code list of goods that are recognised by words in their description."""
_PREFIXES = (4, 6, 8)
_AIR = "1"
_FULL = {False: "IDA, IDC", True: "EDA, EDC"}
"""The procedures of a full declaration, by direction; LODGE is both calls in one."""


POWER_OF_DEED: Mapping[ParcelDeed, Act] = {
    ParcelDeed.HOLD: Act.HOLD_PARCEL,
    ParcelDeed.RELEASE: Act.HOLD_PARCEL,
    ParcelDeed.DOCUMENT_CHECK: Act.DOCUMENT_CHECK,
    ParcelDeed.INSPECTION: Act.INSPECTION_RESULT,
    ParcelDeed.PROPOSE_CANCELLATION: Act.CANCEL,
    ParcelDeed.APPROVE_CANCELLATION: Act.APPROVE,
    ParcelDeed.REFUSE_CANCELLATION: Act.APPROVE,
}
"""Which power an officer needs."""
_POWER_BEFORE: Mapping[ParcelDeed, Act] = {ParcelDeed.HOLD: Act.RAISE_CHANNEL, ParcelDeed.RELEASE: Act.LIFT_HOLD}
"""Which power they needed while there was none of their own for parcels."""
DEED_CLOSES: Mapping[ParcelDeed, ConditionKind] = {
    ParcelDeed.RELEASE: ConditionKind.HOLD,
    ParcelDeed.DOCUMENT_CHECK: ConditionKind.DOCUMENT_CHECK,
    ParcelDeed.INSPECTION: ConditionKind.INSPECTION,
    ParcelDeed.REFUSE_CANCELLATION: ConditionKind.CANCELLATION,
}
"""The condition that a deed closes; a check that is not passed is a hold, with its reason."""


def power_then(deed: ParcelDeed, at: datetime, holds_since: datetime | None) -> Act:
    """Return the power that a deed needed at the instant `at`, when the first power to hold parcels came into force at `holds_since` (None: never)."""
    if deed in _POWER_BEFORE and (holds_since is None or at < holds_since):
        return _POWER_BEFORE[deed]
    return POWER_OF_DEED[deed]


class ParcelBook(Struct, frozen=True):
    """The law of parcels on one day: limits in whole đồng, the rate of VAT, what is controlled by code and by word."""

    day: DayBook
    reliefs: ParcelReliefs
    vat: VatOption
    most_value_vnd: Mapping[bool, int]
    fee_vnd: int
    known: frozenset[str]
    controlled: Mapping[bool, frozenset[str]]
    words: re.Pattern[str]
    goods: Mapping[str, CodeValue]
    """The row of the list behind each word."""


def compile_parcels(day: DayBook) -> ParcelBook:
    """Return the law of parcels on a day of the law book.

    Raises:
        ParameterMissing: the law book holds no limit or rate for parcels on that day.
    """

    def figure(name: str) -> int:
        found = day.codes.parameters.get(name)
        if found is None:
            raise ParameterMissing(name)
        return found.value

    entries = day.tariff.entries
    goods = {
        word.strip().casefold(): row
        for row in day.codes.lists.get(WORDS, {}).values()
        for word in row.attributes["words"].split("|")
    }
    alternatives = "|".join(re.escape(word) for word in sorted(goods, key=len, reverse=True))
    return ParcelBook(
        day=day,
        reliefs=ParcelReliefs(figure(_DUTY_FREE_VALUE), figure(_DUTY_FREE_TAX), figure(_VAT_FREE_VALUE)),
        vat=VatOption(VAT_RATE, figure(VAT_RATE), 0),
        most_value_vnd={is_export: figure(name) for is_export, name in MOST_VALUE.items()},
        fee_vnd=figure(FEE),
        known=_prefixes_of(entries),
        controlled={
            False: _prefixes_of(code for code, entry in entries.items() if _is_controlled_import(entry)),
            True: _prefixes_of(code for code, entry in entries.items() if _is_controlled_export(entry)),
        },
        words=re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" if goods else r"(?!)"),
        goods=goods,
    )


def _prefixes_of(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(code[:length] for code in codes for length in _PREFIXES)


def _is_controlled_import(entry: TariffEntry) -> bool:
    """Goods that need more than duty and VAT, or somebody's leave."""
    return bool(entry.controls or entry.quota or entry.special_consumption or entry.environment or entry.trade_remedies)


def _is_controlled_export(entry: TariffEntry) -> bool:
    """Goods on a list, or that may bear export duty."""
    rate = entry.export_duty
    return bool(entry.controls) or (rate is not None and bool(rate.rate_bp or rate.currency_code))


def judge_list(
    declared: ParcelList, book: ParcelBook, registered_at: datetime, level: int, draws: Sequence[int], taken: Mapping[str, str]
) -> JudgedList:  # fmt: skip
    """Return what the law says of each parcel of a list registered at this instant, in the order of the message.

    `level` is the operator's compliance level (1..5), `draws` one recorded random number (0..9,999) for each place of the list,
    `taken` the number of the list of this operator in which a house number stands already. Tax and arrival are
    conditions of the whole list, checks of the single parcel: a parcel waits for the tax of the list only when it owes some.

    Law: 54/2014/QH13 Art. 17, Art. 23; 107/2016/QH13 Art. 9; 134/2016/NĐ-CP Art. 29; 01/2025/QĐ-TTg (figures: see the law book).
    """
    found = []
    seen: set[str] = set()
    for seq, parcel in enumerate(declared.parcels, 1):
        findings = parcel.findings if isinstance(parcel, UnreadParcel) else check(parcel, declared.is_export, book)
        if parcel.house_no and parcel.house_no in seen:
            findings = (*findings, _finding("DUPLICATE", "house_no"))
        elif list_no := taken.get(parcel.house_no):
            findings = (*findings, _finding("TAKEN", "house_no", list_no=list_no))
        if not findings:
            # One that is refused anyway takes its number from nobody.
            seen.add(parcel.house_no)
        found.append(_located(findings, seq))
    amounts = {
        seq: taxes_of(parcel, declared.is_export, book)
        for seq, (parcel, findings) in enumerate(zip(declared.parcels, found, strict=True), 1)
        if not findings and isinstance(parcel, Parcel)
    }
    duty, vat = (sum(each[place] for each in amounts.values()) for place in (0, 1))
    shared = _list_conditions(declared, book, registered_at, duty + vat) if amounts else ()
    checks = _Checks(declared.is_export, book, registered_at, shared)
    results: list[JudgedParcel | RefusedParcel] = []
    for seq, parcel in enumerate(declared.parcels, 1):
        if seq not in amounts or isinstance(parcel, UnreadParcel):
            results.append(RefusedParcel(seq, parcel.house_no, found[seq - 1]))
            continue
        owed, draw = amounts[seq], draws[seq - 1]
        channel = channel_of(parcel, declared, owed, book, level, draw)
        conditions, state = checks.opened(channel, sum(owed) > 0)
        results.append(
            JudgedParcel(
                parcel_seq=seq, parcel=parcel, draw=draw, channel=channel, import_duty_vnd=owed[0],
                vat_rate_bp=vat_rate_of(declared.is_export, book), value_added_vnd=owed[1], conditions=conditions,
                state=state,
            )
        )  # fmt: skip
    accepted = tuple(each for each in results if isinstance(each, JudgedParcel))
    return JudgedList(
        tuple(results), accepted, shared, path(State.DRAFT, 1, [each.kind for each in shared]),
        sum(each.parcel.customs_value_vnd for each in accepted), duty, vat, book.fee_vnd * len(accepted),
    )  # fmt: skip


class _Checks:
    """The conditions of one parcel by channel: the same for all parcels of a list, so they are opened once."""

    def __init__(self, is_export: bool, book: ParcelBook, at: datetime, shared: Sequence[Condition]) -> None:
        self._is_export, self._book, self._at = is_export, book, at
        self._shared = shared
        self._known: dict[tuple[int, bool], tuple[tuple[Condition, ...], State]] = {}

    def opened(self, channel: int, owes: bool) -> tuple[tuple[Condition, ...], State]:
        found = self._known.get((channel, owes))
        if found is None:
            facts = PassFacts(is_export=self._is_export, channel=channel, payable_vnd=0, registered_at=self._at)
            own = open_conditions(facts, self._book.day.conditions)
            kinds = [each.kind for each in own] + shared_kinds(self._shared, owes)
            found = self._known[channel, owes] = own, path(State.DRAFT, channel, kinds)[-1]
        return found


def shared_kinds(conditions: Sequence[Condition], owes: bool) -> list[ConditionKind]:
    """Return the kinds of the list's open conditions that a parcel waits for: its tax only when it owes some."""
    return [each.kind for each in conditions if each.closed_at is None and (owes or each.kind is not ConditionKind.TAX)]


def parcel_state(channel: int, own: Sequence[Condition], shared: Sequence[Condition], owes: bool) -> State:
    """Return where a parcel stands: what its channel, its own conditions and those of its list make of it.

    Raises:
        AssertionError: an inspection or a document check is open that the channel does not know, which no act here does.
    """
    state = state_of(channel, [each.kind for each in own if each.closed_at is None] + shared_kinds(shared, owes))
    assert state is not None
    return state


def _list_conditions(declared: ParcelList, book: ParcelBook, at: datetime, payable_vnd: int) -> tuple[Condition, ...]:
    facts = PassFacts(
        is_export=declared.is_export, channel=1, payable_vnd=payable_vnd, registered_at=at, arrival_on=declared.arrival_on
    )  # fmt: skip
    return open_conditions(facts, book.day.conditions)


def channel_of(
    parcel: Parcel, declared: ParcelList, owed: tuple[int, int], book: ParcelBook, level: int, draw: int
) -> int:
    """Return the channel that the criteria of the book give a parcel: 1 green, 2 yellow, 3 red."""
    return int(
        risk_rules.decide(_facts(parcel, declared, owed, level), book.day.criteria, draw, book.day.shares).channel
    )


def vat_rate_of(is_export: bool, book: ParcelBook) -> int:
    """Return the rate of VAT that a parcel bears, basis points."""
    return 0 if is_export else book.vat.rate_bp or 0


def taxes_of(parcel: Parcel, is_export: bool, book: ParcelBook) -> tuple[int, int]:
    """Return (import duty, VAT) in whole đồng. Exports that the procedure takes bear neither."""
    if is_export:
        return 0, 0
    totals = dict(assess_parcel(parcel.customs_value_vnd, reliefs=book.reliefs, duty_rate_bp=None, vat=book.vat).totals)
    return totals.get(TaxKind.IMPORT_DUTY, 0), totals.get(TaxKind.VALUE_ADDED, 0)


def vat_vnd(customs_value_vnd: int, import_duty_vnd: int, rate_bp: int) -> int:
    """Return the VAT of a stored parcel from its own figures, whole đồng, half up: needs no law book."""
    return ((customs_value_vnd + import_duty_vnd) * rate_bp * 2 + 10_000) // 20_000


def _facts(parcel: Parcel, declared: ParcelList, owed: tuple[int, int], level: int) -> Facts:
    return Facts(
        kind_code=declared.procedure,
        is_export=declared.is_export,
        trader_code=declared.operator_code,
        trader_level=level,
        customs_office_code=declared.customs_office_code,
        transport_mode_code=_AIR,
        counterparty_country_code=parcel.country_code,
        commodity_codes=(parcel.commodity_code,) if parcel.commodity_code else (),
        origin_country_codes=() if declared.is_export else (parcel.country_code,),
        tariff_schedule_codes=(),
        customs_value_vnd=parcel.customs_value_vnd,
        payable_vnd=owed[0] + owed[1],
        line_count=1,
        controlled=False,
        rate_missing=False,
    )


def check(parcel: Parcel, is_export: bool, book: ParcelBook) -> tuple[Finding, ...]:
    """Return why the low-value procedure does not take this parcel; nothing when it does. Pointers are within the parcel."""
    findings: list[Finding] = []
    full = _FULL[is_export]
    most = book.most_value_vnd[is_export]
    if parcel.country_code not in book.day.codes.lists["country"]:
        findings.append(_finding("COUNTRY", "country_code"))
    if parcel.customs_value_vnd > most:
        law = _cited(book, MOST_VALUE[is_export])
        findings.append(
            _finding("VALUE", "customs_value_vnd", law, value=parcel.customs_value_vnd, most=most, full=full)
        )
    elif not is_export and parcel.customs_value_vnd > book.reliefs.duty_free_value_vnd:
        findings.append(_finding("DUTY", "customs_value_vnd", _cited(book, _DUTY_FREE_VALUE), full=full))
    if parcel.permit_needed:
        findings.append(_finding("PERMIT", "permit_needed", "54/2014/QH13", full=full))
    code = parcel.commodity_code
    if code and code not in book.known:
        findings.append(_finding("CODE", "commodity_code"))
    elif code in book.controlled[is_export]:
        findings.append(_finding("CONTROLLED", "commodity_code", "54/2014/QH13", code=code, full=full))
    word = book.words.search(parcel.description.casefold())
    if word is not None:
        row = book.goods[word[0]]
        what = {"word": word[0], "name_vi": row.name_vi, "name_en": row.name_en}
        findings.append(_finding("WORD", "description", row.attributes["law"], full=full, **what))
    return tuple(findings)


def _cited(book: ParcelBook, name: str) -> str:
    cited = book.day.codes.parameters[name].citation
    return f"{cited.instrument} {cited.article}".strip()


def _located(findings: Sequence[Finding], seq: int) -> tuple[Finding, ...]:
    """Return findings with their place in the message."""
    return tuple(
        each
        if each.pointer.startswith("/")
        else Finding(each.code, f"/parcels/{seq - 1}/{each.pointer}", each.text_vi, each.text_en, each.repair_vi, each.repair_en, each.law)
        for each in findings
    )  # fmt: skip


_TO_FULL = (
    "Khai tờ khai đầy đủ cho lô này ({full}, hoặc LODGE trong một thông điệp).",
    "Lodge a full declaration for this parcel ({full}, or LODGE in one message).",
)
_TEXTS = {
    "DUPLICATE": (
        "Số vận đơn chủ hàng này đã có ở một lô khác trong danh sách.",
        "This house number stands on another parcel of the list.",
        "Mỗi lô một số; bỏ lô trùng hoặc sửa số.",
        "Each parcel has a number of its own: leave the double out or mend the number.",
    ),
    "TAKEN": (
        "Số vận đơn chủ hàng này đã đăng ký trong danh sách {list_no}.",
        "This house number is registered in the list {list_no}.",
        "Kiểm tra danh sách đó: không khai lại lô đã đăng ký; lô khác thì dùng số khác.",
        "Look at that list: a parcel that is registered is not lodged again; another parcel gets another number.",
    ),
    "COUNTRY": (
        "Mã nước không có trong danh sách.",
        "The country code is not in the list.",
        "Dùng mã ISO 3166-1 hai chữ.",
        "Use the two letters of ISO 3166-1.",
    ),
    "VALUE": (
        "Trị giá {value} đ vượt mức {most} đ của thủ tục hàng trị giá thấp.",
        "The value of {value} đ is above the {most} đ of the low-value procedure.",
        *_TO_FULL,
    ),
    "DUTY": (
        "Trị giá vượt mức miễn thuế nhập khẩu, và chưa có mã hàng để tính thuế.",
        "The value is above what is free of import duty, and there is no goods line to assess it on.",
        *_TO_FULL,
    ),
    "PERMIT": (
        "Hàng cần giấy phép hoặc kiểm tra chuyên ngành không làm thủ tục hàng trị giá thấp.",
        "Goods that need a permit or a specialised inspection are not for the low-value procedure.",
        *_TO_FULL,
    ),
    "CODE": (
        "Không có mã hàng nào bắt đầu bằng các chữ số này.",
        "No commodity code begins with these digits.",
        "Khai 4, 6 hoặc 8 chữ số của biểu thuế, hoặc để trống.",
        "Give 4, 6 or 8 digits of the tariff, or leave the field out.",
    ),
    "CONTROLLED": (
        "Dưới mã {code} có hàng phải quản lý chuyên ngành, hạn ngạch hoặc chịu thuế khác.",
        "Under the code {code} stand goods that are controlled, under quota or bear further taxes.",
        "Khai đủ 8 chữ số nếu mã hẹp hơn không bị quản lý; nếu không, khai tờ khai đầy đủ ({full}, hoặc LODGE trong một thông điệp).",
        "Give all 8 digits when a narrower code is free; else lodge a full declaration ({full}, or LODGE in one message).",
    ),
    "WORD": (
        "Mô tả có từ '{word}': {name_vi} không làm thủ tục hàng trị giá thấp.",
        "The description says '{word}': {name_en} are not for the low-value procedure.",
        *_TO_FULL,
    ),
}  # fmt: skip
"""Of each finding HD-PARCEL-…: what is wrong, what to do; Vietnamese and English in turn."""


def _finding(name: str, pointer: str, law: str = "", **facts: object) -> Finding:
    text_vi, text_en, repair_vi, repair_en = (text.format(**facts) for text in _TEXTS[name])
    return Finding(f"HD-PARCEL-{name}", pointer, text_vi, text_en, repair_vi, repair_en, law)


def tree_of(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the hash tree over digests: the leaves, then each level above, the root alone in the last (RFC 6962, section 2.1, in levels).

    An odd one out goes up as it is. No leaves: one level with the hash of nothing.
    """
    levels = [[sha256(b"\0" + leaf).digest() for leaf in leaves] or [sha256(b"").digest()]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [sha256(b"\1" + below[at] + below[at + 1]).digest() for at in range(0, len(below) - 1, 2)]
        levels.append(above + below[len(above) * 2 :])
    return levels


def proof_of(levels: Sequence[Sequence[bytes]], place: int) -> tuple[tuple[bool, bytes], ...]:
    """Return what proves the leaf at `place` (from 0) in its tree: from below, (whether it stands left of the way up, digest)."""
    proof = []
    for level in levels[:-1]:
        other = place ^ 1
        if other < len(level):
            proof.append((other < place, level[other]))
        place //= 2
    return tuple(proof)


def proves(leaf: bytes, proof: Sequence[tuple[bool, bytes]], root: bytes) -> bool:
    """Whether a digest stands in the list with this root."""
    digest = sha256(b"\0" + leaf).digest()
    for is_left, other in proof:
        digest = sha256(b"\1" + (other + digest if is_left else digest + other)).digest()
    return digest == root
