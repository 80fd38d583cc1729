"""What a tax receipt says on paper and on pages, as plain data: every text in Vietnamese and English, every amount written out."""

import re
import zlib
from collections.abc import Mapping
from typing import Any

from haidang.gateway.printing.saying import Pair, amount_e4, grouped, pair, part_said, written_moment
from haidang.gateway.words import TAXES
from haidang.kernel.money import format_scaled
from haidang.taxes.rules.receipts import canonical
from haidang.taxes.terms.receipts import MeasureSource, Receipt, ReceiptLine, ReceiptTax

ATTACHED = "receipt.json"
"""The name under which the PDF of a receipt carries it as JSON."""
MOST_ATTACHED = 32 * 2**20
_STREAM = re.compile(rb"<<(?P<head>[^>]*?/Type\s*/EmbeddedFile[^>]*?(?:<<[^>]*>>)?[^>]*)>>\s*stream\r?\n")
_LENGTH = re.compile(rb"/Length\s+([0-9]{1,9})")
_BASES: Mapping[str, Pair] = {"customs_value": ("trị giá hải quan", "customs value")}
_BY: Mapping[str, Pair] = {
    "price": ("trị giá hóa đơn × tỷ giá", "invoice value × exchange rate"),
    "hand": ("trị giá khai × tỷ giá", "declared customs value × exchange rate"),
}
_WORDS: Mapping[str, Any] = {
    "value": ("Trị giá hải quan từng dòng", "customs value of each line"),
    "value_columns": (
        ("", ""), ("Mã hàng", "HS code"), ("Cách tính", "how"), ("Quy đổi (đ)", "converted"), ("Phân bổ (đ)", "share"),
        ("Trị giá hải quan (đ)", "customs value"),
    ),
    "taxes": ("Từng sắc thuế, từ trị giá đến tiền", "every tax, from base to amount"),
    "tax_columns": (
        ("", ""), ("Sắc thuế", "tax"), ("Cơ sở (đ)", "base"), ("Mức", "rate"), ("Chính xác (đ)", "exact"), ("Làm tròn, phải nộp (đ)", "rounded, payable"),
        ("Căn cứ", "law"),
    ),
    "totals": ("Tổng từng sắc thuế", "total of each tax"),
    "total_columns": (
        ("Sắc thuế", "tax"), ("Cộng các dòng (đ)", "sum of lines"), ("Làm tròn (đ)", "rounding"), ("Tổng (đ)", "total"),
    ),
    "rounding": ("Quy tắc làm tròn", "rules of rounding"),
    "missing": ("Chưa xác định được", "not determined"),
    "none": ("Không có.", "None."),
    "check": (
        "Tệp receipt.json đính kèm chứa toàn bộ biên nhận. Kiểm tra ngoại tuyến: haidang receipt verify TỆP. Mã QR là mã băm của biên nhận.",
        "The attached receipt.json holds the whole receipt. To check it offline: haidang receipt verify FILE. The QR code is its digest.",
    ),
}  # fmt: skip


def spoken(receipt: Receipt, trial: bool, line_nos: range | None = None) -> dict[str, Any]:
    """Return the receipt as its template and pages read it, without the pictures: with every line, or with those of one part (`line_nos`).

    Totals, what is missing, and the attached receipt are those of the whole in each part.
    """
    printed = line_nos or range(1, len(receipt.lines) + 1)
    lines = [line for line in receipt.lines if line.line_no in printed]
    return {
        "title": ("Bảng tính thuế", "tax receipt"),
        "number": receipt.declaration_no,
        "trial": trial,
        "check": f"HAIDANG RECEIPT {receipt.declaration_no or '-'} {receipt.sha256.upper()}",
        "words": _WORDS,
        "summary": [*({"name": name, "value": value} for name, value in _summary(receipt)), *part_said(len(receipt.lines), printed)],
        "values": [_value(receipt, line) for line in lines],
        "taxes": [row for line in lines for row in _taxes(line)],
        "totals": [
            {
                "name": pair(TAXES[each.kind]), "lines": amount_e4(each.lines_vnd_e4),
                "rounding": _signed(each.rounded_vnd_e4), "total": grouped(str(each.total_vnd)),
            }
            for each in receipt.totals
        ],
        "payable": f"Tổng số thuế · total payable: {grouped(str(receipt.payable_vnd))} đ",
        "in_words": (receipt.payable_words_vi, receipt.payable_words_en),
        "rounding": [_rounding(each.name, each.decimals, each.instrument, each.article, each.verified) for each in receipt.rounding],
        "missing": [
            {"line": str(each.line_no), "name": pair(TAXES[each.kind]), "reason": (each.reason_vi, each.reason_en)} for each in receipt.missing
        ],
        "attached": canonical(receipt).decode(),
    }  # fmt: skip


def _summary(receipt: Receipt) -> list[tuple[Pair, str]]:
    rates = "; ".join(f"1 {each.currency_code} = {amount_e4(each.rate_e4)} đ" for each in receipt.exchange_rates)
    source = ", ".join(sorted({each.source for each in receipt.exchange_rates if each.source}))
    told = [
        (("Số tờ khai", "declaration"), receipt.declaration_no or "chỉ tính thử · only priced"),
        (("Đăng ký lúc", "registered"), written_moment(receipt.registered_at) or receipt.on.isoformat()),
        (("Loại hình", "kind"), receipt.kind_code),
        (("Tỷ giá tuần", "exchange rates of the week"), f"{rates} {f'({source})' if source else ''}".strip()),
        (("Sách luật", "law book"), f"v{receipt.law_book_version} {receipt.lawbook_sha256[:16]}"),
        (("Mã băm biên nhận", "digest of the receipt"), receipt.sha256[:32]),
    ]
    if receipt.record is not None:
        told.append(
            (
                ("Nhật ký", "journal"),
                f"{receipt.record.journal_seq} {receipt.record.act} {receipt.record.journal_sha256[:16]}",
            )
        )
        told += [
            (
                ("Điều chỉnh theo luật hồi tố", "adjusted by retroactive law"),
                f"v{each.judged_version} → v{each.newer_version}: {grouped(str(each.was_vnd))} → {grouped(str(each.now_vnd))} đ",
            )
            for each in receipt.record.adjusted
        ]
    return told


def _value(receipt: Receipt, line: ReceiptLine) -> dict[str, Any]:
    value = line.value
    return {
        "no": str(line.line_no),
        "commodity": line.commodity_code,
        "how": f"{grouped(format_scaled(value.amount_e4, 4))} {value.currency_code} × {amount_e4(value.exchange_rate_e4)}",
        "by": _BY[value.by],
        "converted": amount_e4(value.converted_vnd_e4),
        "share": _signed(value.share_vnd_e4),
        "value": amount_e4(value.value_vnd_e4),
        "law": value.law,
    }


def _taxes(line: ReceiptLine) -> list[dict[str, Any]]:
    rows = [_tax(line.line_no, tax) for tax in line.taxes]
    free = [
        {
            "line": str(line.line_no), "name": pair(TAXES[each.kind]), "base": "", "base_of": ("", ""), "rate": "–", "exact": "",
            "amount": "không chịu thuế · not subject", "relieved": "", "law": _source(each.measure),
        }
        for each in line.not_subject
    ]  # fmt: skip
    return rows + free


def _tax(line_no: int, tax: ReceiptTax) -> dict[str, Any]:
    rate = f"{format_scaled(tax.rate_bp, 2)} %"
    if tax.specific_vnd_e4:
        rate += f" + {amount_e4(tax.specific_vnd_e4)} đ × {grouped(format_scaled(tax.quantity_milli, 3))}"
    base = [_BASES.get(name) or pair(TAXES[name]) for name in tax.base_of]
    return {
        "line": str(line_no),
        "name": pair(TAXES[tax.kind]),
        "base": amount_e4(tax.base_vnd_e4),
        "base_of": (" + ".join(each[0] for each in base), " + ".join(each[1] for each in base)),
        "rate": rate,
        "exact": grouped(tax.exact_vnd),
        "amount": amount_e4(tax.amount_vnd_e4),
        "relieved": amount_e4(tax.relieved_vnd_e4) if tax.relieved_vnd_e4 else "",
        "law": "; ".join(filter(None, (tax.law, _source(tax.measure)))),
    }


def _source(measure: MeasureSource | None) -> str:
    if measure is None:
        return ""
    doubt = "" if measure.verified else " (chưa kiểm chứng · unverified)"
    return f"{measure.instrument}, {measure.schedule}: {measure.option_code} {measure.printed}{doubt}"


def _rounding(name: str, decimals: int, instrument: str, article: str, verified: bool) -> dict[str, Any]:
    what = (
        ("mỗi dòng", "each line") if name.endswith("line_decimals") else ("tổng mỗi sắc thuế", "the total of each tax")
    )
    return {
        "name": (f"{what[0]}: {decimals} số lẻ, nửa lên", f"{what[1]}: {decimals} decimals, halves up"),
        "law": f"{instrument} {article}".strip() + ("" if verified else " (chưa kiểm chứng · unverified)"),
    }


def _signed(vnd_e4: int) -> str:
    return f"{'−' if vnd_e4 < 0 else '+' if vnd_e4 else ''}{amount_e4(abs(vnd_e4))}"


def attached_in(pdf: bytes) -> bytes | None:
    """Return the receipt that a PDF of ours carries as JSON; None when it carries none that can be read."""
    for found in _STREAM.finditer(pdf):
        length = _LENGTH.search(found["head"])
        if length is None:
            continue
        content = pdf[found.end() : found.end() + int(length[1])]
        if b"/FlateDecode" not in found["head"]:
            return content
        try:
            unpacker = zlib.decompressobj()
            plain = unpacker.decompress(content, MOST_ATTACHED)
            if unpacker.eof:
                return plain
        except zlib.error:
            continue
    return None
