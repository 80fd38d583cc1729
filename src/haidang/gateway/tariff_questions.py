"""What the description says of the questions about the tariff, which the process of the pages answers."""

from collections.abc import Mapping

from haidang.tariff.classifying.terms import ClassificationHelp
from haidang.tariff.terms import CodeShown
from haidang.taxes.terms.quoting import CodesFound, Quote, TreeFound

ANSWERS: Mapping[str, tuple[tuple[int, type, str, str], ...]] = {
    "tariff_codes": ((200, CodesFound, "Mã hàng tìm thấy, gần nhất trước", "The codes found, the closest first"),),
    "tariff_code": ((200, CodeShown, "Mã hàng với mọi mức và căn cứ", "The code with every measure and its law"),),
    "tariff_tree": ((200, TreeFound, "Bước kế tiếp của cây", "The next step of the tree"),),
    "tariff_quote": ((200, Quote, "Bảng tính thử; không phải quyết định", "The quote; it is no decision"),),
    "tariff_classification": ((200, ClassificationHelp, "Mã gợi ý; không phải quyết định", "Codes that may be right; no decision"),),
}  # fmt: skip
"""The answers of each kind of question: status, type, and what they are in Vietnamese and English."""
_ON = ("on", "ngày của luật, mặc định hôm nay · day of the law (2026-03-02), today by default")
QUERIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "tariff_codes": (
        ("words", "từ trong tên hàng, hoặc số đầu của mã · words of the name, or first digits"),
        _ON,
        ("limit", "nhiều nhất bấy nhiêu mã, tới 200 · at most so many codes, up to 200"),
    ),
    "tariff_code": (_ON,),
    "tariff_tree": (("digits", "2, 4 hoặc 6 số đầu; trống: các chương · first digits; empty: the chapters"), _ON),
    "tariff_classification": (
        ("text", "mô tả hàng hóa, bắt buộc, tới 4.000 ký tự · the goods in words, needed, at most 4,000 characters"),
        ("top", "số mã, 1 đến 10, mặc định 5 · how many codes, 1 to 10, 5 by default"),
        _ON,
    ),
    "tariff_quote": (
        ("hs", "mã hàng 8 số, bắt buộc · commodity code, needed"),
        ("value", "trị giá hóa đơn, bắt buộc · invoice value, needed"),
        ("origin", "nước xuất xứ ISO-2 · country of origin"),
        ("currency", "nguyên tệ, mặc định USD · currency, USD by default"),
        ("quantity", "số lượng, mặc định 1 · quantity, 1 by default"),
        ("unit", "đơn vị tính, mặc định của mã · unit, the code's by default"),
        (
            "terms",
            "điều kiện giao hàng, mặc định CIF (xuất khẩu FOB) · terms of delivery, CIF by default (exports FOB)",
        ),
        ("freight", "phí vận chuyển ngoài giá · freight beyond the price"),
        ("freight_currency", "nguyên tệ của phí · its currency"),
        ("insurance", "phí bảo hiểm ngoài giá · insurance beyond the price"),
        ("insurance_currency", "nguyên tệ của phí · its currency"),
        (
            "schedule",
            "biểu thuế muốn xem từng bước, mặc định MFN · the schedule whose steps are wanted, MFN by default",
        ),
        ("tax", "mã thuế của dòng hàng, lặp lại được · a tax code of the line, may be repeated"),
        ("direction", "import hoặc export · import or export"),
        ("quota_left", "hạn ngạch còn lại của giấy phép, cùng đơn vị · what is left of the quota permit, same unit"),
        _ON,
    ),
}  # fmt: skip
"""What may stand in the query of each kind of question."""
PROBLEMS: Mapping[str, tuple[int, ...]] = {
    "tariff_codes": (421, 422),
    "tariff_code": (404, 421, 422),
    "tariff_tree": (404, 421, 422),
    "tariff_quote": (421, 422),
    "tariff_classification": (421, 422, 503),
}
"""Statuses of what is not answered."""
