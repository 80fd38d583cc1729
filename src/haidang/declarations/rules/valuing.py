"""Coherence of what a declaration says about prices: unit prices, invoice values and totals, freight, insurance, adjustments.

All comparisons are of exact integers; no rate of exchange is needed here, because only amounts of one currency are compared.
"""

from collections.abc import Mapping

from haidang.declarations.rules.wording import about_header, about_item, about_member
from haidang.declarations.terms import Declaration, DeclaredAdjustment, GoodsItem
from haidang.kernel.findings import Finding
from haidang.kernel.money import E4, format_scaled
from haidang.reference.terms import CodeValue

DONG = "VND"
TOLERANCE_E4 = E4
"""One unit of the currency: unit price × quantity may differ from the invoice value by so much (VNACCS R1088)."""
_PRODUCT_PER_E4 = 10**5
"""Unit prices are millionths and quantities thousandths: their product is in 10**-9, an invoice value in 10**-4."""
_NO_AMOUNT_OF_FREIGHT = "D"
_INSURED, _NOT_INSURED = "A", "D"
_PAID_FOR = ("A", "")


def check_amounts(declared: Declaration, price_conditions: Mapping[str, CodeValue], found: list[Finding]) -> None:
    """Append what does not agree among prices, totals, freight and insurance."""
    currency = declared.invoice_currency_code
    in_dong = currency == DONG
    values_e4 = 0
    all_valued = True
    for item in declared.items:
        value_e4 = item.invoice_value_e4
        if value_e4 is None:
            all_valued = False
        else:
            values_e4 += value_e4
            if in_dong and value_e4 % E4:
                found.append(about_item("HD-VND-DECIMALS", item.line_no, "invoice_value"))
        if item.unit_price_e6 is not None:
            _check_unit_price(item, currency, found)
        elif item.unit_price_currency_code or item.unit_price_unit_code:
            code = "R1023" if item.unit_price_currency_code else "R1024"
            found.append(about_item(code, item.line_no))
        if item.adjustment_nos and item.declared_customs_value_e4 is not None:
            found.append(about_item("R1098", item.line_no))
    _check_totals(declared, values_e4, all_valued, found)
    if declared.freight_code or declared.freight_e4 or declared.freight_currency_code:
        _check_freight(declared, found)
    if declared.insurance_code or declared.insurance_e4 or declared.insurance_currency_code:
        _check_insurance(declared, price_conditions, found)


def _check_unit_price(item: GoodsItem, invoice_currency_code: str, found: list[Finding]) -> None:
    """Unit price times the quantity in its unit gives the invoice value, within one unit of the currency."""
    if not item.unit_price_currency_code:
        found.append(about_item("R1021", item.line_no))
    unit = item.unit_price_unit_code
    if not unit:
        found.append(about_item("R1022", item.line_no))
        return
    if unit == item.unit_code:
        quantity_milli = item.quantity_milli
    elif unit == item.unit2_code and item.quantity2_milli is not None:
        quantity_milli = item.quantity2_milli
    else:
        found.append(
            about_item(
                "R1089", item.line_no, code=unit, nearest=[each for each in (item.unit_code, item.unit2_code) if each]
            )
        )
        return
    value_e4, price_e6 = item.invoice_value_e4, item.unit_price_e6
    if value_e4 is None or price_e6 is None or item.unit_price_currency_code != invoice_currency_code:
        return
    product = price_e6 * quantity_milli
    if abs(product - value_e4 * _PRODUCT_PER_E4) > TOLERANCE_E4 * _PRODUCT_PER_E4:
        shown, value = format_scaled(product, 9), format_scaled(value_e4, 4)
        found.append(about_item("R1088", item.line_no, product=shown, value=value))


def _check_totals(declared: Declaration, values_e4: int, all_valued: bool, found: list[Finding]) -> None:
    """The lines add up to the invoice, unless the invoice is shared, adjusted, or not all of it is paid for."""
    total_e4, allocation_e4 = declared.invoice_total_e4, declared.allocation_total_e4
    if total_e4 is not None and total_e4 % E4 and declared.invoice_currency_code == DONG:
        found.append(about_header("HD-VND-DECIMALS", "invoice_total"))
    if allocation_e4 is not None:
        if allocation_e4 < values_e4:
            total, lines = format_scaled(allocation_e4, 4), format_scaled(values_e4, 4)
            found.append(about_header("R0170", total=total, sum=lines))
    elif (
        total_e4 is not None
        and all_valued
        and not declared.adjustments
        and declared.price_kind_code in _PAID_FOR
        and abs(total_e4 - values_e4) > TOLERANCE_E4
    ):
        total, lines = format_scaled(total_e4, 4), format_scaled(values_e4, 4)
        found.append(about_header("HD-INVOICE-SUM", total=total, sum=lines))


def _check_freight(declared: Declaration, found: list[Finding]) -> None:
    stated = bool(declared.freight_currency_code) and bool(declared.freight_e4)
    code = declared.freight_code
    partly = bool(declared.freight_currency_code) != bool(declared.freight_e4)
    if partly or (stated != bool(code) and code != _NO_AMOUNT_OF_FREIGHT):
        found.append(about_header("R0006"))
    if declared.freight_currency_code == DONG and declared.freight_e4 % E4:
        found.append(about_header("HD-VND-DECIMALS", "freight"))


def _check_insurance(declared: Declaration, price_conditions: Mapping[str, CodeValue], found: list[Finding]) -> None:
    code = declared.insurance_code
    stated = bool(declared.insurance_currency_code) and bool(declared.insurance_e4)
    silent = not declared.insurance_currency_code and not declared.insurance_e4
    if not (stated if code == _INSURED else silent):
        found.append(about_header("R0007"))
    if declared.insurance_currency_code == DONG and declared.insurance_e4 % E4:
        found.append(about_header("HD-VND-DECIMALS", "insurance"))
    condition = price_conditions.get(declared.price_condition_code)
    if code and not declared.is_export and condition and condition.attributes.get("insurance_included") == "yes":
        found.append(about_header("R0086", code=condition.code))


def check_adjustments(declared: Declaration, names: Mapping[str, CodeValue], found: list[Finding]) -> None:
    """Append what does not agree within and among the valuation adjustments."""
    used = {number for item in declared.items for number in item.adjustment_nos}
    for slot, adjustment in enumerate(declared.adjustments, 1):
        if not adjustment.class_code:
            found.append(about_member("HD-MISSING", "adjustments", slot, "class_code"))
        if slot > 1 and adjustment.class_code in ("DP", "IP"):
            found.append(about_member("R1045", "adjustments", slot, "class_code"))
        if slot == 2 and declared.adjustments[0].class_code in ("DP", "IP"):
            found.append(about_member("R1041", "adjustments", slot, "class_code"))
        for code, name in _member_faults(adjustment):
            found.append(about_member(code, "adjustments", slot, name))
        listed = names.get(adjustment.name_code)
        if listed and adjustment.sign and listed.attributes.get("sign") == f"{-adjustment.sign:+d}":
            declared_as = adjustment.class_code
            found.append(
                about_member(
                    "HD-ADJUSTMENT-SIGN", "adjustments", slot, "class_code", code=listed.code, declared=declared_as
                )
            )
        if adjustment.currency_code == DONG and adjustment.amount_e4 % E4:
            found.append(about_member("HD-VND-DECIMALS", "adjustments", slot, "amount"))
        if adjustment.factor_e4 and adjustment.class_code in ("AD", "SB") and slot not in used:
            found.append(about_member("R1099", "adjustments", slot, "factor"))


def _member_faults(adjustment: DeclaredAdjustment) -> list[tuple[str, str]]:
    """Return (code, field) for each part that the class of an adjustment asks for or refuses."""
    name, currency, amount = adjustment.name_code, adjustment.currency_code, adjustment.amount_e4
    faults: tuple[tuple[bool, str, str], ...]
    match adjustment.class_code:
        case "IP":
            faults = (
                (bool(name), "R1036", "name_code"),
                (bool(currency), "R1037", "currency_code"),
                (bool(amount), "R1038", "amount"),
            )
        case "DP":
            faults = (
                (bool(name), "R1082", "name_code"),
                (not currency, "R1083", "currency_code"),
                (not amount, "R1084", "amount"),
                (bool(adjustment.factor_e4), "R1085", "factor"),
            )
        case _:
            faults = (
                (not name, "R1080", "name_code"),
                (not currency, "R1046", "currency_code"),
                (not amount, "R1047", "amount"),
            )
    return [(code, field) for wrong, code, field in faults if wrong]
