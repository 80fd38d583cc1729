"""What a bank's message makes of a guarantee, and what is wrong with one. Pure.

Law: 107/2016/QH13 Art. 9. The codes of findings are ours: no public catalogue of the messages between banks and customs was found.
"""

from datetime import date
from uuid import UUID

from haidang.balances.terms import Balance, BalanceKind
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of

UNIT = "VND"
_LAW = "107/2016/QH13 Art. 9"

ONLY_BANKS = Finding(
    code="HD-GUARANTOR",
    pointer="/sender",
    text_vi="Chỉ tổ chức tín dụng được gửi bảo lãnh.",
    text_en="Only a bank may file a guarantee.",
    repair_vi="Đề nghị ngân hàng bảo lãnh gửi thông điệp này.",
    repair_en="Ask the guarantor bank to send this message.",
    law=_LAW,
)


def balance_of(
    balance_id: UUID,
    *,
    reference: str,
    holder_code: str,
    amount_vnd: int,
    individual: bool,
    valid_from: date,
    valid_until: date,
) -> Balance:
    """Return a guarantee as it stands when it is put on file: nothing reserved; an individual one serves one declaration ever.

    It stands on the shard of the trader, in force on Vietnamese dates `valid_from` <= day < `valid_until`.
    """
    return Balance(
        shard_id=shard_of(holder_code),
        balance_id=balance_id,
        kind=int(BalanceKind.GUARANTEE),
        holder_code=holder_code,
        reference=reference,
        unit=UNIT,
        granted=amount_vnd,
        reserved=0,
        used=0,
        valid_from=valid_from,
        valid_until=valid_until,
        use_limit=1 if individual else None,
        use_count=0,
    )


def period_findings(valid_until: date, on: date) -> tuple[Finding, ...]:
    """Return HD-GUARANTEE-OVER when a guarantee has ended before it is put on file on the Vietnamese date `on`."""
    if on < valid_until:
        return ()
    return (
        Finding(
            code="HD-GUARANTEE-OVER",
            pointer="/valid_until",
            text_vi=f"Bảo lãnh đã hết hiệu lực từ {valid_until.isoformat()}.",
            text_en=f"The guarantee has expired on {valid_until.isoformat()}.",
            repair_vi="Gửi bảo lãnh còn hiệu lực.",
            repair_en="File a guarantee that is still in force.",
            law=_LAW,
        ),
    )


def known_already(reference: str) -> Finding:
    """The bank has put a guarantee with this key on file for this trader before; what was filed is not changed by filing again."""
    return Finding(
        code="HD-GUARANTEE-KNOWN",
        pointer="/number",
        text_vi=f"Bảo lãnh {reference} đã có trong hệ thống.",
        text_en=f"The guarantee {reference} is on file already.",
        repair_vi="Phát hành bảo lãnh với số khác.",
        repair_en="Issue the guarantee under another number.",
    )
