"""What codes and facts are called on the screen: Vietnamese first, then English. The codes of answers themselves are named in `gateway.words`."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from haidang.gateway.words import CONDITIONS

EFFECTS = {
    "permit": "giấy phép · permit",
    "prohibition": "cấm · prohibition",
    "inspection": "kiểm tra chuyên ngành · specialised inspection",
}
CONTROL_EFFECTS = EFFECTS | {
    "place": "nơi làm thủ tục · place of formalities",
    "regime": "tạm nhập, chuyển khẩu · temporary import, transit",
    "used": "hàng đã qua sử dụng · used goods",
    "relief": "đã bỏ kiểm tra chuyên ngành · inspection given up",
    "watch": "danh sách theo dõi · watch list",
}
MEASURE_KINDS = {
    "duty": "nhập khẩu · import",
    "export": "xuất khẩu · export",
    "vat": "GTGT · VAT",
    "special_consumption": "TTĐB · special consumption",
    "environment": "BVMT · environment",
    "trade_remedy": "phòng vệ · trade remedy",
}
MEASURE_STATES = {
    "rate": "thuế suất · rate",
    "withheld": "không được hưởng · not given",
    "quota": "chỉ trong hạn ngạch · within a quota only",
    "not_subject": "không chịu thuế · not subject",
    "not_listed": "không có trong biểu · not listed",
    "no_amount": "chịu thuế, chưa có mức · subject, no amount on file",
}
QUOTAS = {
    "": "",
    "inside": "(trong hạn ngạch · in quota)",
    "outside": "(ngoài hạn ngạch · out of quota)",
}
FACTS = {
    "bytes": "Số byte · bytes",
    "next_part": "Phần tiếp theo (--part) · next part (--part)",
    "sha256": "Mã băm sách giá · SHA-256 of the price book",
    "lawbook_sha256": "Mã băm sách luật · SHA-256 of the law book",
    "commodity_codes": "Mã hàng · commodity codes",
    "measures": "Mức thuế · measures",
    "exchange_rates": "Tỷ giá · exchange rates",
    "exchange_rates_are_samples": "Tỷ giá là mẫu · exchange rates are samples",
    "declarations": "Tờ khai · declarations",
    "messages": "Thông điệp · messages",
    "taxes": "Dòng thuế · taxes",
    "transfers": "Bút toán · transfers",
    "violations": "Vi phạm · violations",
    "folder": "Thư mục · folder",
    "digest": "Mã băm · digest",
    "instruments": "Văn bản · instruments",
    "instruments_unverified": "  chưa kiểm chứng · unverified",
    "parameters": "Tham số · parameters",
    "parameters_unverified": "  chưa kiểm chứng · unverified",
    "codes": "Mã danh mục · codes",
    "codes_unverified": "  chưa kiểm chứng · unverified",
    "codes_sample": "  mẫu · sample",
    "exchange_rate_weeks": "Tuần có tỷ giá · weeks with exchange rates",
    "tariff_on": "Biểu thuế ngày · tariff of",
    "titles.sections": "Tên gọi ngắn: phần · short titles: sections",
    "titles.chapters": "  chương · chapters",
    "titles.chapters_without": "  chương chưa có tên · chapters without",
    "titles.headings": "  nhóm · headings",
    "titles.headings_without": "  nhóm chưa có tên · headings without",
    "titles.subheadings": "  phân nhóm · subheadings",
    "titles.subheadings_without": "  phân nhóm chưa có tên · subheadings without",
    "titles.unverified": "  chưa kiểm chứng · unverified",
    "tariff.codes": "  mã hàng · commodity codes",
    "tariff.priced": "  đủ thuế suất · priced",
    "tariff.several_vat": "  nhiều mức GTGT · several VAT rates",
    "tariff.several_duty": "  nhiều mức thuế nhập khẩu · several duty rates",
    "tariff.without_rate": "  thiếu thuế suất · without rate",
    "tariff.without_vat": "  thiếu GTGT · without VAT",
    "tariff.export_unknown": "  chưa rõ thuế xuất khẩu · export duty unknown",
    "tariff.with_charge_without_amount": "  khoản thu chưa có mức · charge without amount",
    "tariff.with_control": "  hàng quản lý chuyên ngành · with a control",
    "tariff.measures": "  mức thuế · measures",
    "tariff.unverified": "  chưa kiểm chứng · unverified",
    "tariff.samples": "  mẫu · samples",
    "server": "Máy chủ · server",
    "exists": "Đã tạo · exists",
    "trial": "Bản thử · trial",
    "missing_migrations": "Thiếu bước nâng cấp · missing migrations",
    "version": "Phiên bản · version",
    "legal_now": "Giờ pháp lý · legal time",
    "tables": "Bảng · tables",
    "rows": "Dòng dữ liệu · rows",
    "servers": "Máy chủ · servers",
    "made_now": "Vừa tạo · made now",
    "law_book_version": "Phiên bản sách luật · law book version",
    "tariff_rows_added": "Dòng biểu thuế thêm · tariff rows added",
    "tariff_rows_closed": "Dòng biểu thuế đóng · tariff rows closed",
    "applied": "Đã nâng cấp · applied",
    "party_id": "Số nội bộ · our number",
    "authority_id": "Số nội bộ · our number",
    "code": "Mã · code",
    "kind": "Loại · kind",
    "name": "Tên · name",
    "level": "Mức tuân thủ · level",
    "token": "Mã truy cập · token",
    "valid_until": "Hết hiệu lực · valid until",
    "revoked_at": "Thu hồi lúc · revoked at",
    "thumbprint_sha256": "Dấu vân tay SHA-256 · thumbprint",
    "topic": "Chủ đề · topic",
    "url": "Địa chỉ · address",
    "username": "Tên đăng nhập · login name",
    "password": "Mật khẩu, chỉ hiện lần này · password, shown this once",
    "otpauth": "Khóa mã một lần, chỉ hiện lần này · secret of the codes, shown this once",
    "sessions_ended": "Phiên đã chấm dứt · sessions ended",
    "enabled": "Đang mở · enabled",
    "secret": "Khóa bí mật, chỉ hiện lần này · secret, shown this once",
    "replayed": "Gửi lại · replayed",
    "lines": "Dòng hàng · lines",
    "rows_left_out": "Dòng bỏ qua · rows left out",
    "answers": "Trả lời theo mã HTTP · answers by status",
    "refused": "Bị từ chối · refused",
    "on": "Ngày · day",
    "draft": "Dự thảo · draft",
    "title": "Tên · title",
    "state": "Trạng thái · state",
    "author": "Người soạn · author",
    "by": "Người thực hiện · by",
    "base_version": "Dựa trên phiên bản · on version",
    "approved_by": "Người duyệt · approved by",
    "published_by": "Người ban hành · published by",
    "withdrawn_by": "Người rút · withdrawn by",
    "table": "Bảng · table",
    "key": "Khóa · key",
    "cells": "Ô · cells",
    "files": "Tệp · files",
    "book_version": "Phiên bản sách luật · law book version",
    "against_version": "So với phiên bản · against version",
    "versions": "Các phiên bản · versions",
    "days": "Các ngày · days",
    "open_declarations": "Tờ khai chưa xong · open declarations",
    "open_clocks": "Thời hạn đang chạy · running clocks",
    "guarantees": "Bảo lãnh, hết hạn theo ngày ghi trên đó · guarantees, which end on their own day",
    "temporary_goods": "Hàng tạm nhập, tạm xuất, hạn theo tờ khai · temporary goods, due on their own day",
}
"""What the facts of a result are called; their names in JSON on the left."""


def counted(codes: Iterable[str]) -> str:
    """Return codes in the order in which they come, each once, with how often: `permit × 2, tax`."""
    return ", ".join(code if count == 1 else f"{code} × {count}" for code, count in Counter(codes).items())


def explained(conditions: Iterable[str]) -> str:
    """Return what the kinds of conditions in a table mean, in one line."""
    seen = set(conditions)
    return "; ".join(f"{kind} = {words.partition(' · ')[0]}" for kind, words in CONDITIONS.items() if kind in seen)


def moment(text: str | None) -> str:
    """Return an instant of an answer to the second, as people read it: 2026-03-02 08:00:13 (Vietnamese time); nothing for none."""
    if not text:
        return ""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")


def in_words(each: dict[str, Any], name: str) -> str:
    """Return a text of an answer in both languages, once where they are the same; the code itself where the answer has no words for it."""
    return " · ".join(dict.fromkeys(filter(None, (each.get(f"{name}_vi"), each.get(f"{name}_en"))))) or str(
        each.get(name, "")
    )
