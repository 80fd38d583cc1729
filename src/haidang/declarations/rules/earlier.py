"""What must agree between a declaration and the earlier one that it names: the same trader, a kind that allows it, the same goods.

How much of the earlier goods is left is not judged here: balances are drawn down elsewhere.
"""

from haidang.declarations.rules.wording import about_header, about_item
from haidang.declarations.terms import Declaration, EarlierDeclaration
from haidang.kernel.findings import Finding
from haidang.reference.terms import CodeValue

_TAX_CODE_OF_HEAD = 10
"""Digits of a tax code that name the enterprise; three more name a branch."""


def check_earlier(
    declared: Declaration, earlier: EarlierDeclaration | None, kind: CodeValue | None, *, is_cancelled: bool
) -> tuple[Finding, ...]:
    """Return what is wrong with the earlier declaration that a declaration names; nothing when it names none.

    `earlier` is None when no such number is registered for the trader. `kind` is the row of the law book for the kind declared.

    VNACCS E8300, E8301, E8304, E8305, E8307, E8308, E8309, E8348.
    """
    number = declared.particulars.temporary_declaration_no
    if not number:
        return ()
    if earlier is None:
        return (about_header("E8300", code=number),)
    if earlier.trader_code[:_TAX_CODE_OF_HEAD] != declared.trader_code[:_TAX_CODE_OF_HEAD]:
        return (about_header("E8304", code=number),)
    if is_cancelled:
        return (about_header("E8307", code=number),)
    allowed = kind.attributes.get("earlier_kind", "").split() if kind else []
    if allowed and earlier.kind_code not in allowed:
        told = "E8309" if declared.kind_code in _AFTER_EXPORT else "E8301"
        return (about_header(told, code=number, kind=earlier.kind_code, allowed=", ".join(allowed)),)
    return _about_goods(declared, earlier)


_AFTER_EXPORT = frozenset(("G51", "B12"))
"""Kinds that follow a temporary export; all others that name an earlier declaration follow a temporary import."""


def _about_goods(declared: Declaration, earlier: EarlierDeclaration) -> tuple[Finding, ...]:
    found = []
    for item in declared.items:
        line_no = item.particulars.temporary_line_no
        goods = earlier.goods.get(line_no) if line_no is not None else None
        if line_no is None:
            continue
        if goods is None:
            found.append(about_item("E8305", item.line_no, line=line_no))
        elif goods[0] != item.commodity_code:
            found.append(about_item("E8308", item.line_no, code=item.commodity_code, earlier=goods[0]))
        elif goods[1] != item.unit_code:
            found.append(about_item("E8348", item.line_no, code=item.unit_code, earlier=goods[1]))
    return tuple(found)
