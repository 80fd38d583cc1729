"""The message ACT: what an officer does with a file, or the declarant's answer to a question. Fields, and how terms are built from them."""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from haidang.clearance.rules.amending import DECIDING
from haidang.clearance.rules.releasing import RELEASE_CODES, STORAGE_TRIGGER
from haidang.clearance.terms.acts import Deed, Evidence, FoundLine, InspectionOrder
from haidang.declarations.rules.fields import Field
from haidang.gateway.messages.exact import ExactReader
from haidang.gateway.messages.wire import wire_struct
from haidang.kernel.findings import Finding
from haidang.kernel.money import parse_scaled

QUANTITY_PLACES = 3
CHANNELS = {"green": 1, "yellow": 2, "red": 3}
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class ActNotice(Struct, frozen=True):
    """One act on one file. `channel` is 1 green, 2 yellow, 3 red, 0 when none is named; quantities are thousandths of the declared unit."""

    message_id: str
    sender: str
    procedure: str
    declaration_no: str
    act: Deed
    text: str = ""
    outside_reason: str = ""
    outcome: str = ""
    channel: int = 0
    proposal_no: int = 0
    question_no: int = 0
    order: InspectionOrder | None = None
    lines: tuple[FoundLine, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    line_nos: tuple[int, ...] = ()
    release_code: str = ""
    place_code: str = ""
    storage_place: str = ""
    documents: tuple[str, ...] = ()


def _field(name: str, type_: str, width: int, vi: str, en: str, need: str = "C", **more: Any) -> Field:
    values = more.pop("values", ())
    return Field(
        group=more.pop("group", "envelope"), name=name, type=type_, width=width, name_vi=vi, name_en=en, need_import=need,  # type: ignore[arg-type]
        need_export=need, code_list="=" + "|".join(values) if values else "", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _rows(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


ORDER = _rows(
    _field("place_code", "A", 7, "Địa điểm kiểm tra", "Place of inspection", "M", group="order"),
    _field(
        "inspection_class",
        "A",
        7,
        "Mức độ kiểm tra",
        "How much is inspected",
        "M",
        group="order",
        values=("full", "partial"),
    ),
    _field("container_nos", "A", 12, "Số container", "Container numbers", group="order", repeat=5),
)
LINE = _rows(
    _field("line_no", "I", 4, "Số dòng hàng", "Number of the goods line", "M", group="lines"),
    _field(
        "quantity", "F", 15, "Lượng thực tế (đơn vị đã khai)", "Quantity found, in the declared unit", "M", group="lines",
        decimals=QUANTITY_PLACES,
    ),
)  # fmt: skip
EVIDENCE = _rows(
    _field("kind", "A", 6, "Loại chứng cứ", "Kind of evidence", "M", group="evidence", values=("photo", "sample")),
    _field("sha256", "K", 64, "SHA-256 của tệp, chữ số 16", "SHA-256 of the file, hexadecimal", "M", group="evidence"),
)
GROUPS: Mapping[str, Mapping[str, Field]] = {"order": ORDER, "lines": LINE, "evidence": EVIDENCE}
"""Members of the lists and the object within the message."""

MEMBERS: Mapping[str, Any] = {
    "order": wire_struct("WireOrder", ORDER.values()),
    "lines": wire_struct("WireFoundLine", LINE.values()),
    "evidence": wire_struct("WireEvidence", EVIDENCE.values()),
}
"""Their wire types."""

OWN_FIELDS = (
    _field(
        "act",
        "A",
        21,
        "Việc thực hiện",
        "What is done",
        "M",
        values=tuple(deed.value for deed in Deed if deed.value not in DECIDING),
    ),
    _field("text", "W", 600, "Lý do, câu hỏi, câu trả lời hoặc kết quả", "Reason, question, answer or result in words"),
    _field("outcome", "A", 6, "Kết quả kiểm tra", "Outcome of a check", values=("passed", "failed")),
    _field("channel", "A", 6, "Luồng mới", "The channel wanted", values=tuple(CHANNELS)),
    _field("proposal_no", "I", 3, "Số đề xuất", "Number of the proposal"),
    _field("question_no", "I", 3, "Số câu hỏi", "Number of the question"),
    _field("order", "O", 0, "Lệnh kiểm tra thực tế", "Order of inspection, when the channel becomes red"),
    _field("lines", "G", 0, "Lượng thực tế theo dòng hàng", "What was found, by goods line", repeat=5000),
    _field("evidence", "G", 0, "Ảnh và mẫu", "Photos and samples", repeat=200),
    _field("line_nos", "I", 4, "Các dòng hàng bị nghi ngờ trị giá", "Goods lines whose value is doubted", repeat=5000),
    _field(
        "release_code",
        "A",
        1,
        "Mã lý do đề nghị giải phóng hàng",
        "Reason of the release request: A code, B value, C other",
        values=RELEASE_CODES,
    ),
    _field("place_code", "A", 7, "Mã địa điểm bảo quản", "Code of the place of storage"),
    _field(
        "storage_place",
        "A",
        4,
        "Nơi bảo quản: kho của doanh nghiệp hoặc địa điểm kiểm tra chuyên ngành",
        "The place of storage: the trader's own, or the site of the inspection",
        values=tuple(STORAGE_TRIGGER),
    ),
    _field("documents", "N", 12, "Số các chứng từ đính kèm", "Numbers of the documents attached", repeat=20),
)
OUTSIDE_REASON = _field(
    "outside_reason", "W", 600, "Lý do xử lý hồ sơ ngoài đơn vị", "Why a file of another unit is worked on"
)

_NO_HASH = Finding(
    code="HD-SHA256",
    pointer="/evidence",
    text_vi="SHA-256 phải là 64 chữ số 16 viết thường.",
    text_en="A SHA-256 is 64 lower-case hexadecimal digits.",
    repair_vi="Tính lại SHA-256 của tệp.",
    repair_en="Take the SHA-256 of the file again.",
)


def check_hashes(reader: ExactReader, read: Mapping[str, object]) -> None:
    """Note a hash that is none."""
    evidence = read.get("evidence")
    for number, each in enumerate(evidence if isinstance(evidence, list) else ()):
        if isinstance(each, dict) and isinstance(each.get("sha256"), str) and not _SHA256.match(each["sha256"]):
            finding = _NO_HASH
            reader.findings.append(
                Finding(
                    code=finding.code, pointer=f"/evidence/{number}/sha256", text_vi=finding.text_vi, text_en=finding.text_en,
                    repair_vi=finding.repair_vi, repair_en=finding.repair_en,
                )
            )  # fmt: skip


def act_from_wire(wire: Any) -> ActNotice | None:
    """Return the terms of a decoded message; None when a hash in it is none."""
    if not all(_SHA256.match(each.sha256) for each in wire.evidence):
        return None
    order = wire.order
    return ActNotice(
        wire.message_id,
        wire.sender,
        wire.procedure,
        wire.declaration_no,
        Deed(wire.act),
        wire.text,
        wire.outside_reason,
        wire.outcome,
        CHANNELS.get(wire.channel, 0),
        wire.proposal_no or 0,
        wire.question_no or 0,
        InspectionOrder(order.place_code, order.inspection_class, tuple(order.container_nos)) if order else None,
        tuple(FoundLine(each.line_no, parse_scaled(each.quantity, QUANTITY_PLACES)) for each in wire.lines),
        tuple(Evidence(each.kind, bytes.fromhex(each.sha256)) for each in wire.evidence),
        tuple(wire.line_nos),
        wire.release_code,
        wire.place_code,
        wire.storage_place,
        tuple(wire.documents),
    )
