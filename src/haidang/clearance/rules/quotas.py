"""Tariff quotas (hạn ngạch thuế quan) on a declaration: which lines claim the rate inside one, and the licence that they draw on. Pure.

The rate inside a quota is for goods for which a licence has balance left; all others stand on lines outside it (schedule B14, mark X). A declaration draws
on one licence, so that what it draws on does not depend on what else is on file. Goods whose duty is exempt, and kinds of declaration that the tariff
alone does not tax, draw on none (inferred).

Law: 107/2016/QH13 Art. 5 (rates inside and outside a tariff quota). Unverified; the codes of findings are ours. Which types of permit are quota licences
is the attribute `draws` of the code list `permit_type`: while no type of the law book has it, nothing is asked.
"""

from collections.abc import Container, Iterator

from haidang.declarations.terms import Declaration, GoodsItem
from haidang.kernel.findings import Finding
from haidang.reference.terms import CodesOfDay
from haidang.tariff.terms import MFN, OUT_OF_QUOTA, TariffEntry, TariffOfDay

TARIFF_QUOTA = "tariff_quota"
"""What a type of permit that is a quota licence `draws` on, and the kind of list by which customs puts one on file."""
LAW = "107/2016/QH13 Art. 5"


def has_quota(entry: TariffEntry) -> bool:
    """Whether some schedule prints a rate outside a quota for this code, so that there is an inside."""
    return any(schedule.startswith(OUT_OF_QUOTA) for schedule in entry.duties)


def claiming(
    declared: Declaration, tariff: TariffOfDay, codes: CodesOfDay, taxed_otherwise: Container[str]
) -> Iterator[GoodsItem]:
    """Yield the lines that claim a rate inside a tariff quota. `taxed_otherwise` are the kinds that the tariff alone does not tax."""
    if declared.is_export or declared.kind_code in taxed_otherwise:
        return
    for item in declared.items:
        entry = tariff.entries.get(item.commodity_code)
        if entry is not None and entry.quota and _inside(item, entry) and not _exempt(item, codes):
            yield item


def _inside(item: GoodsItem, entry: TariffEntry) -> bool:
    schedule = item.tariff_schedule_code
    outside = OUT_OF_QUOTA if schedule == MFN else f"{OUT_OF_QUOTA}:{schedule}"
    return not item.out_of_quota and schedule in entry.duties and outside in entry.duties


def _exempt(item: GoodsItem, codes: CodesOfDay) -> bool:
    if not item.duty_exemption_code:
        return False
    value = codes.lists["exemption_code"].get(item.duty_exemption_code)
    return value is not None and value.attributes.get("effect") == "exempt"


def licence_types(codes: CodesOfDay) -> frozenset[str]:
    """Return the types of permit that are tariff quota licences on that day."""
    types = codes.lists["permit_type"]
    return frozenset(code for code in types if types[code].attributes.get("draws") == TARIFF_QUOTA)


def licences(declared: Declaration, codes: CodesOfDay) -> list[str]:
    """Return the numbers of the tariff quota licences that a declaration quotes, as quoted, each once."""
    types = licence_types(codes)
    return list(dict.fromkeys(permit.permit_no for permit in declared.permits if permit.type_code in types))


def licence_line(licence_no: str, commodity_code: str) -> str:
    """Return the reference of what a licence grants of one commodity code."""
    return f"{licence_no}/{commodity_code}"


def licence_findings(
    declared: Declaration, tariff: TariffOfDay, codes: CodesOfDay, taxed_otherwise: Container[str]
) -> tuple[Finding, ...]:
    """Return what is wrong with the licence of lines that claim a rate inside a quota: none is quoted, or more than one."""
    lines = list(claiming(declared, tariff, codes, taxed_otherwise))
    if not lines or not licence_types(codes):
        return ()
    quoted = licences(declared, codes)
    if len(quoted) > 1:
        return (_several(quoted),)
    return () if quoted else tuple(_none_quoted(item) for item in lines)


def _several(quoted: list[str]) -> Finding:
    told = ", ".join(quoted)
    return Finding(
        code="HD-QUOTA-LICENCES",
        pointer="/declaration/permits",
        text_vi=f"Một tờ khai chỉ trừ lùi một giấy phép hạn ngạch thuế quan, đang khai {told}.",
        text_en=f"A declaration draws on one tariff quota licence; {told} are quoted.",
        repair_vi="Khai hàng của mỗi giấy phép trên một tờ khai riêng.",
        repair_en="Declare the goods of each licence on a declaration of their own.",
        law=LAW,
    )


def _none_quoted(item: GoodsItem) -> Finding:
    place, schedule = item.line_no, item.tariff_schedule_code
    return Finding(
        code="HD-QUOTA-LICENCE",
        pointer=f"/declaration/items/{place - 1}/tariff_schedule_code",
        text_vi=f"Dòng hàng {place}: mức thuế {schedule} của mã {item.commodity_code} là mức trong hạn ngạch, nhưng không khai giấy phép hạn ngạch.",
        text_en=f"Line {place}: the rate {schedule} of {item.commodity_code} is one inside a tariff quota, but no quota licence is quoted.",
        repair_vi=f"Khai số giấy phép hạn ngạch thuế quan, hoặc khai biểu thuế {OUT_OF_QUOTA} và mã ngoài hạn ngạch X.",
        repair_en=f"Quote the tariff quota licence, or claim schedule {OUT_OF_QUOTA} with the out-of-quota mark X.",
        law=LAW,
    )  # fmt: skip
