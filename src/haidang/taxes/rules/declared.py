"""What is to be priced, from a JSON object with the names of the message (docs/messages.md): only what bears on value and tax is read.

A whole declaration can be given as it is lodged, or the few fields that pricing needs. Whether a declaration is complete is not asked here.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from haidang.kernel.money import AmountOverflow, NotAnAmount, parse_scaled
from haidang.reference.terms import CodeValue
from haidang.taxes.terms import TaxableItem, TaxRelief, Valuation, ValuationAdjustment
from haidang.taxes.terms.receipts import NotPriceable

_Decimal = Annotated[str, Meta(max_length=40)]
_Code = Annotated[str, Meta(max_length=40)]
_SIGNS = {"AD": 1, "SB": -1, "IP": 0, "DP": 0, "": 0}


class _Relief(Struct):
    tax_no: int = 0
    exemption_code: _Code = ""
    reduction: _Decimal = ""


class _Adjustment(Struct):
    name_code: _Code = ""
    class_code: _Code = ""
    currency_code: _Code = ""
    amount: _Decimal = ""
    factor: _Decimal = ""


class _Item(Struct):
    commodity_code: _Code
    quantity: _Decimal = "0"
    unit_code: _Code = ""
    origin_country_code: _Code = ""
    tariff_schedule_code: _Code = ""
    out_of_quota: bool = False
    quantity2: _Decimal = ""
    unit2_code: _Code = ""
    invoice_value: _Decimal = ""
    customs_value_currency_code: _Code = ""
    declared_customs_value: _Decimal = ""
    adjustment_nos: tuple[int, ...] = ()
    tax_codes: tuple[_Code, ...] = ()
    duty_exemption_code: _Code = ""
    duty_reduction: _Decimal = ""
    tax_reliefs: tuple[_Relief, ...] = ()


class _Header(Struct):
    items: Annotated[tuple[_Item, ...], Meta(min_length=1, max_length=1000)]
    kind_code: _Code = "A11"
    invoice_currency_code: _Code = "VND"
    price_condition_code: _Code = "CIF"
    valuation_code: _Code = "6"
    freight_code: _Code = ""
    freight_currency_code: _Code = ""
    freight: _Decimal = ""
    insurance_code: _Code = ""
    insurance_currency_code: _Code = ""
    insurance: _Decimal = ""
    adjustments: tuple[_Adjustment, ...] = ()
    allocation_total: _Decimal = ""


def read_declared(told: bytes | str | Mapping[str, Any], kinds: Mapping[str, CodeValue]) -> tuple[Valuation, str]:
    """Return what a JSON object declares of price and goods, and its kind of declaration; `kinds` are those in force, with their direction.

    Raises:
        NotPriceable: it is no object of this form, an amount is none, or the kind does not exist.
    """
    try:
        header = (
            msgspec.convert(told, _Header) if isinstance(told, Mapping) else msgspec.json.decode(told, type=_Header)
        )
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotPriceable(
            f"Không đọc được tờ khai, sửa ô nêu tên · the declaration cannot be read, mend the field named: {error}"
        ) from error
    kind = kinds.get(header.kind_code)
    if kind is None:
        raise NotPriceable(
            f"kind_code: không có loại hình {header.kind_code} trong ngày này · no such kind of declaration on that day"
        )
    declared = Valuation(
        is_export=kind.attributes.get("direction") == "export",
        invoice_currency_code=header.invoice_currency_code,
        price_condition_code=header.price_condition_code,
        valuation_code=header.valuation_code or "6",
        freight_code=header.freight_code,
        freight_currency_code=header.freight_currency_code,
        freight_e4=_amount("freight", header.freight, 4) or 0,
        insurance_code=header.insurance_code,
        insurance_currency_code=header.insurance_currency_code,
        insurance_e4=_amount("insurance", header.insurance, 4) or 0,
        adjustments=tuple(_adjustment(place, each) for place, each in enumerate(header.adjustments)),
        allocation_total_e4=_amount("allocation_total", header.allocation_total, 4),
        items=tuple(_item(place, each) for place, each in enumerate(header.items)),
    )
    return declared, header.kind_code


def _item(place: int, item: _Item) -> TaxableItem:
    at = f"items/{place}/"
    return TaxableItem(
        line_no=place + 1,
        commodity_code=item.commodity_code,
        origin_country_code=item.origin_country_code,
        tariff_schedule_code=item.tariff_schedule_code,
        out_of_quota=item.out_of_quota,
        quantity_milli=_amount(at + "quantity", item.quantity, 3) or 0,
        unit_code=item.unit_code,
        quantity2_milli=_amount(at + "quantity2", item.quantity2, 3),
        unit2_code=item.unit2_code,
        invoice_value_e4=_amount(at + "invoice_value", item.invoice_value, 4),
        customs_value_currency_code=item.customs_value_currency_code,
        declared_customs_value_e4=_amount(at + "declared_customs_value", item.declared_customs_value, 4),
        adjustment_nos=item.adjustment_nos,
        tax_codes=item.tax_codes,
        duty_exemption_code=item.duty_exemption_code,
        duty_reduction_vnd_e4=_amount(at + "duty_reduction", item.duty_reduction, 4),
        tax_reliefs=tuple(
            TaxRelief(each.tax_no, each.exemption_code, _amount(at + "tax_reliefs", each.reduction, 4)) for each in item.tax_reliefs
        ),
    )  # fmt: skip


def _adjustment(place: int, told: _Adjustment) -> ValuationAdjustment:
    at = f"adjustments/{place}/"
    if told.class_code not in _SIGNS:
        raise NotPriceable(f"{at}class_code: AD, SB, IP, DP; không có · there is no {told.class_code}")
    return ValuationAdjustment(
        name_code=told.name_code,
        sign=_SIGNS[told.class_code],
        currency_code=told.currency_code,
        amount_e4=_amount(at + "amount", told.amount, 4) or 0,
        factor_e4=_amount(at + "factor", told.factor, 4) or 0,
    )


def _amount(at: str, text: str, places: int) -> int | None:
    try:
        return parse_scaled(text, places) if text else None
    except (NotAnAmount, AmountOverflow):
        raise NotPriceable(
            f"{at}: {text!r}: cần số thập phân không âm, tối đa {places} số lẻ · a plain decimal with at most {places} decimals is needed"
        ) from None
