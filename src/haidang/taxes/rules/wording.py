"""The words of every finding that value and tax can give: what is wrong, where, which law, what to do.

Codes are those of VNACCS for IDA/EDA where it has one; `HD-…` are ours. Pointers are relative to the declaration, with its names on the wire; lines count
from 0 there and from 1 in the words, as people count them. Whoever knows the message puts its path before them.
"""

from collections.abc import Iterable

from haidang.kernel.findings import Finding
from haidang.kernel.money import format_scaled

_FIELDS = "39/2018/TT-BTC, Phụ lục II"
_RATES = "107/2016/QH13, Điều 5"
_EXCHANGE = "38/2015/TT-BTC, Điều 35"
_RELIEF = "107/2016/QH13, Điều 16, Điều 18"
_SPLIT = "38/2015/TT-BTC, Điều 18"


def no_exchange_rate(code: str, pointer: str, currency: str) -> Finding:
    """No rate of the week is on file for a declared currency (E0107, E0108, E0109, E0112, E1001 by field)."""
    shown = currency or "(trống)"
    return Finding(
        code=code,
        pointer=pointer,
        text_vi=f"Không có tỷ giá tính thuế của đồng tiền {shown} trong tuần đăng ký.",
        text_en=f"There is no exchange rate for currency {currency or '(blank)'} in the week of registration.",
        repair_vi="Kiểm tra mã đồng tiền (ISO 4217); nếu đúng, quy đổi và khai bằng VND.",
        repair_en="Check the currency code (ISO 4217); if it is right, convert and declare in VND.",
        law=_EXCHANGE,
    )


def value_by_hand_required(index: int) -> Finding:
    """The valuation or freight class says that lines carry their customs value, and this one does not."""
    return Finding(
        code="HD-VALUE-BY-HAND",
        pointer=f"/items/{index}/declared_customs_value",
        text_vi=f"Dòng {index + 1}: mã phân loại khai trị giá hoặc mã phí vận chuyển đã khai đòi nhập trị giá tính thuế của từng dòng hàng.",
        text_en=f"Line {index + 1}: the declared valuation class or freight class asks for the customs value of every line.",
        repair_vi="Nhập trị giá tính thuế và mã đồng tiền của dòng hàng, hoặc khai mã 6/7 (phí vận chuyển A) để hệ thống phân bổ.",
        repair_en="Give the customs value and its currency on the line, or declare class 6 or 7 (freight A) to have it allocated.",
        law=_FIELDS,
    )


def no_price_and_no_value(index: int) -> Finding:
    """Neither invoice value nor customs value on a line (R0011)."""
    return Finding(
        code="R0011",
        pointer=f"/items/{index}/invoice_value",
        text_vi=f"Dòng {index + 1}: không có trị giá hóa đơn và cũng không có trị giá tính thuế.",
        text_en=f"Line {index + 1}: neither invoice value nor customs value is given.",
        repair_vi="Nhập trị giá hóa đơn; hàng không thanh toán (F.O.C) nhập trị giá tính thuế.",
        repair_en="Give the invoice value; for goods free of charge give the customs value.",
        law=_FIELDS,
    )


def free_goods_without_value() -> Finding:
    """Freight class B with no line valued by hand (R0149)."""
    return Finding(
        code="R0149",
        pointer="/freight_code",
        text_vi="Mã phí vận chuyển B nhưng không dòng hàng nào có trị giá tính thuế nhập tay.",
        text_en="Freight class B, but no line carries a customs value given by hand.",
        repair_vi="Nhập trị giá tính thuế cho các dòng hàng F.O.C, hoặc khai mã phí vận chuyển A.",
        repair_en="Give the customs value of the lines free of charge, or declare freight class A.",
        law=_FIELDS,
        nearest=("A",),
    )


def value_without_currency(index: int) -> Finding:
    """A customs value by hand without its currency (R1020)."""
    return Finding(
        code="R1020",
        pointer=f"/items/{index}/customs_value_currency_code",
        text_vi=f"Dòng {index + 1}: có trị giá tính thuế nhưng thiếu mã đồng tiền của trị giá tính thuế.",
        text_en=f"Line {index + 1}: a customs value is given without its currency.",
        repair_vi="Nhập mã đồng tiền của trị giá tính thuế.",
        repair_en="Give the currency of the customs value.",
        law=_FIELDS,
    )


def value_not_positive(index: int) -> Finding:
    """The customs value of a line is zero or less (E0351)."""
    return Finding(
        code="E0351",
        pointer=f"/items/{index}/invoice_value",
        text_vi=f"Dòng {index + 1}: trị giá tính thuế bằng 0 hoặc âm.",
        text_en=f"Line {index + 1}: the customs value is zero or below.",
        repair_vi="Kiểm tra trị giá hóa đơn và các khoản điều chỉnh trừ; hàng F.O.C nhập trị giá tính thuế của dòng.",
        repair_en="Check the invoice value and the deductions; for goods free of charge give the customs value of the line.",
        law=_FIELDS,
    )


def freight_already_in_price(condition: str) -> Finding:
    """Freight of class A to D declared beside a price that holds the freight (R0157)."""
    return Finding(
        code="R0157",
        pointer="/freight_code",
        text_vi=f"Giá {condition} đã gồm phí vận chuyển; chỉ được khai phần cước vượt, với mã E hoặc F.",
        text_en=f"A {condition} price holds the freight already; only freight beyond it may be declared, with class E or F.",
        repair_vi="Bỏ phí vận chuyển, hoặc khai phần vượt với mã E (F nếu chỉ nhập một phần lô hàng).",
        repair_en="Remove the freight, or declare what exceeds it with class E (F when only part of the consignment is imported).",
        law=_FIELDS,
        nearest=("E", "F"),
    )


def factor_too_small(adjustment: int) -> Finding:
    """The allocation factor of an adjustment is below the price of the lines that share it (R1079)."""
    return Finding(
        code="R1079",
        pointer=f"/adjustments/{adjustment}/factor",
        text_vi=f"Khoản điều chỉnh {adjustment + 1}: tổng hệ số phân bổ nhỏ hơn tổng trị giá hóa đơn của các dòng được phân bổ.",
        text_en=f"Adjustment {adjustment + 1}: the allocation total is below the invoice value of the lines that share it.",
        repair_vi="Nhập tổng trị giá hóa đơn của mọi dòng hàng được phân bổ, trên tất cả tờ khai, hoặc để trống.",
        repair_en="Give the invoice value of all lines that share it, on all declarations, or leave it blank.",
        law=_FIELDS,
    )


def no_such_adjustment(index: int, number: int) -> Finding:
    """A line names an adjustment that the header does not have (R1096)."""
    return Finding(
        code="R1096",
        pointer=f"/items/{index}/adjustment_nos",
        text_vi=f"Dòng {index + 1}: không có khoản điều chỉnh số {number}.",
        text_en=f"Line {index + 1}: there is no adjustment number {number}.",
        repair_vi="Nhập số thứ tự của khoản điều chỉnh đã khai ở phần chung.",
        repair_en="Give the number of an adjustment declared in the header.",
        law=_FIELDS,
    )


def unknown_commodity(index: int, code: str) -> Finding:
    """The commodity code is not in the tariff of the day (E0115)."""
    return Finding(
        code="E0115",
        pointer=f"/items/{index}/commodity_code",
        text_vi=f"Dòng {index + 1}: mã số hàng hóa {code} không có trong biểu thuế ngày đăng ký.",
        text_en=f"Line {index + 1}: commodity code {code} is not in the tariff of the day of registration.",
        repair_vi="Kiểm tra mã số 8 chữ số trong Danh mục hàng hóa xuất khẩu, nhập khẩu.",
        repair_en="Check the 8-digit code in the nomenclature of exports and imports.",
        law=_RATES,
    )


def schedule_not_for_origin(index: int, schedule: str, origin: str, code: str, nearest: Iterable[str]) -> Finding:
    """The origin cannot claim the schedule (E1012; E1007 for MFN; E1014 when only this code is closed to it)."""
    only_here = " đối với mã số hàng hóa này" if code == "E1014" else ""
    only_here_en = " for this commodity code" if code == "E1014" else ""
    return Finding(
        code=code,
        pointer=f"/items/{index}/tariff_schedule_code",
        text_vi=f"Dòng {index + 1}: hàng xuất xứ {origin or '(trống)'} không được áp dụng biểu thuế {schedule}{only_here}.",
        text_en=f"Line {index + 1}: goods of origin {origin or '(blank)'} may not claim schedule {schedule}{only_here_en}.",
        repair_vi="Kiểm tra nước xuất xứ, hoặc chọn biểu thuế khác mà hàng đủ điều kiện.",
        repair_en="Check the origin, or choose another schedule for which the goods qualify.",
        law=_RATES,
        nearest=tuple(nearest),
    )


def schedule_gives_nothing(index: int, schedule: str, commodity: str, nearest: Iterable[str]) -> Finding:
    """The agreement gives this commodity code no rate (E1024)."""
    return Finding(
        code="E1024",
        pointer=f"/items/{index}/tariff_schedule_code",
        text_vi=f"Dòng {index + 1}: mã số hàng hóa {commodity} không được hưởng thuế suất của biểu thuế {schedule}.",
        text_en=f"Line {index + 1}: schedule {schedule} gives commodity code {commodity} no rate.",
        repair_vi="Chọn biểu thuế khác, ví dụ thuế suất ưu đãi (MFN).",
        repair_en="Choose another schedule, for example the preferential (MFN) one.",
        law=_RATES,
        nearest=tuple(nearest),
    )


def quota_flag_missing(index: int, schedule: str) -> Finding:
    """The out-of-quota schedule without the out-of-quota mark (E1010)."""
    return Finding(
        code="E1010",
        pointer=f"/items/{index}/out_of_quota",
        text_vi=f"Dòng {index + 1}: khai biểu thuế {schedule} (ngoài hạn ngạch) nhưng thiếu mã ngoài hạn ngạch X.",
        text_en=f"Line {index + 1}: schedule {schedule} (out of quota) is claimed without the out-of-quota mark X.",
        repair_vi="Nhập X vào ô mã ngoài hạn ngạch, hoặc đổi mã biểu thuế.",
        repair_en="Set the out-of-quota mark, or change the schedule.",
        law=_RATES,
    )


def quota_flag_without_schedule(index: int, schedule: str) -> Finding:
    """The out-of-quota mark without the out-of-quota schedule (E1011)."""
    return Finding(
        code="E1011",
        pointer=f"/items/{index}/out_of_quota",
        text_vi=f"Dòng {index + 1}: có mã ngoài hạn ngạch X nhưng không khai biểu thuế {schedule}.",
        text_en=f"Line {index + 1}: the out-of-quota mark X is set without schedule {schedule}.",
        repair_vi=f"Bỏ mã X, hoặc khai biểu thuế {schedule}.",
        repair_en=f"Remove the mark, or claim schedule {schedule}.",
        law=_RATES,
        nearest=(schedule,),
    )


def no_quota_on_commodity(index: int, commodity: str, nearest: Iterable[str]) -> Finding:
    """Out of quota claimed for goods that have no tariff quota (E1009)."""
    return Finding(
        code="E1009",
        pointer=f"/items/{index}/tariff_schedule_code",
        text_vi=f"Dòng {index + 1}: mã số hàng hóa {commodity} không quản lý bằng hạn ngạch thuế quan.",
        text_en=f"Line {index + 1}: commodity code {commodity} has no tariff quota.",
        repair_vi="Chọn biểu thuế khác và bỏ mã ngoài hạn ngạch.",
        repair_en="Choose another schedule and remove the out-of-quota mark.",
        law=_RATES,
        nearest=tuple(nearest),
    )


def tax_code_not_printed(index: int, code: str, commodity: str, nearest: Iterable[str]) -> Finding:
    """A tax code on the line is none of those the tariff prints for the commodity code and origin (E0825)."""
    return Finding(
        code="E0825",
        pointer=f"/items/{index}/tax_codes",
        text_vi=f"Dòng {index + 1}: mã áp dụng thuế suất {code} không có cho mã số hàng hóa {commodity} và xuất xứ đã khai.",
        text_en=f"Line {index + 1}: tax code {code} is not printed for commodity code {commodity} and the declared origin.",
        repair_vi="Chọn một trong các mã hợp lệ được gợi ý.",
        repair_en="Choose one of the valid codes suggested.",
        law=_FIELDS,
        nearest=tuple(nearest),
    )


def several_codes_of_one_tax(index: int, codes: Iterable[str]) -> Finding:
    """Two codes of one tax on one line (R0163)."""
    claimed = ", ".join(codes)
    return Finding(
        code="R0163",
        pointer=f"/items/{index}/tax_codes",
        text_vi=f"Dòng {index + 1}: khai nhiều mã của cùng một sắc thuế: {claimed}.",
        text_en=f"Line {index + 1}: several codes of one tax are given: {claimed}.",
        repair_vi="Giữ lại một mã; hàng chịu mức khác nhau thì tách dòng.",
        repair_en="Keep one; goods that bear different rates go on separate lines.",
        law=_FIELDS,
    )


def reduction_without_code(index: int) -> Finding:
    """A reduction amount without a reduction code (E0279)."""
    return Finding(
        code="E0279",
        pointer=f"/items/{index}/duty_reduction",
        text_vi=f"Dòng {index + 1}: có số tiền giảm thuế nhưng không có mã giảm thuế.",
        text_en=f"Line {index + 1}: a reduction amount is given without a reduction code.",
        repair_vi="Nhập mã giảm thuế, hoặc bỏ số tiền giảm thuế.",
        repair_en="Give the reduction code, or remove the amount.",
        law=_RELIEF,
    )


def reduction_beyond_duty(index: int, duty_vnd_e4: int) -> Finding:
    """The reduction exceeds the computed duty (E0280)."""
    duty = format_scaled(duty_vnd_e4, 4)
    return Finding(
        code="E0280",
        pointer=f"/items/{index}/duty_reduction",
        text_vi=f"Dòng {index + 1}: số tiền giảm thuế vượt số thuế tính được là {duty} VND.",
        text_en=f"Line {index + 1}: the reduction exceeds the computed duty of {duty} VND.",
        repair_vi="Nhập số tiền giảm không vượt quá số thuế tính được.",
        repair_en="Give a reduction no larger than the computed duty.",
        law=_RELIEF,
    )


def total_too_large(tax_vi: str, tax_en: str, total_vnd: int, code: str = "E1056") -> Finding:
    """A total has more than eleven digits (E1056 for one tax, E0076 for all together)."""
    return Finding(
        code=code,
        pointer="/items",
        text_vi=f"Tổng {tax_vi} là {total_vnd} VND, vượt 11 chữ số mà một tờ khai ghi được.",
        text_en=f"The total of {tax_en} is {total_vnd} VND: beyond the eleven digits that one declaration can carry.",
        repair_vi="Tách lô hàng thành nhiều tờ khai.",
        repair_en="Split the consignment into several declarations.",
        law=_SPLIT,
    )


def value_too_large() -> Finding:
    """A value or tax is beyond what the system can keep exactly (E0412)."""
    return Finding(
        code="E0412",
        pointer="/items",
        text_vi="Trị giá tính thuế hoặc tiền thuế của tờ khai vượt giới hạn ghi được.",
        text_en="The customs value or a tax of the declaration is beyond what can be recorded.",
        repair_vi="Kiểm tra trị giá, số lượng và đồng tiền; nếu đúng, tách thành nhiều tờ khai.",
        repair_en="Check values, quantities and currencies; if they are right, split into several declarations.",
        law=_SPLIT,
    )
