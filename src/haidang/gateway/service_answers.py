"""The answers about what was served, as the interface describes them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from haidang.gateway.answers import Adjustment, ComparedLine, Condition, Question, Revision


class Shown(Struct):
    """A photo or a sample of an inspection, by the SHA-256 of its file."""

    kind: Literal["photo", "sample"]
    sha256: str


class Service(Struct, omit_defaults=True):
    """One thing that was served: what it is, and when it was sent, delivered (and how) and first opened. Digests are hexadecimal SHA-256."""

    service_no: str
    act: str
    name_vi: str
    name_en: str
    sent_at: datetime
    delivered_at: datetime | None = None
    delivered_by: Literal["", "webhook", "list", "document", "page"] = ""
    delivered_sha256: str = ""
    opened_at: datetime | None = None
    opened_by: Literal["", "document", "page"] = ""
    opened_sha256: str = ""


class Inspected(Struct):
    """Where goods are to be inspected, how deeply, and which containers."""

    place_code: str
    inspection_class: str
    container_nos: list[str]


class ServiceProof(Service, omit_defaults=True, kw_only=True):
    """One thing that was served, with its text. `record_sha256` is the digest of the act, which covers every row it wrote and the act before it."""

    declaration_no: str
    states: list[str]
    opened_conditions: list[Condition]
    closed_conditions: list[Condition]
    questions: list[Question]
    inspections: list[Inspected]
    found: list[ComparedLine]
    evidence: list[Shown]
    """What an inspection found, and what shows it; empty for every other act."""
    revisions: list[Revision]
    adjustments: list[Adjustment]
    """What it booked because a later version of the law book says so."""
    reasons: list[str]
    """Why customs decided so, in the officers' words; empty for what decides nothing that the declarant asked or declared."""
    law_book_version: int
    record_sha256: str


class ServiceList(Struct):
    """What was served about a declaration, the latest first."""

    served: list[Service]


ANSWERS: Mapping[str, tuple[tuple[int, type, str, str], ...]] = {
    "served": ((200, ServiceList, "Những gì đã tống đạt; danh sách này tính là đã nhận", "What was served; fetching this list counts as delivery"),),
    "parcels_served": ((200, ServiceList, "Những gì đã tống đạt; danh sách này tính là đã nhận", "What was served; fetching this list counts as delivery"),),
    "service": ((200, ServiceProof, "Nội dung và bằng chứng; lần đọc đầu tiên tính là đã mở", "Text and proof; the first reading counts as opening"),),
}  # fmt: skip
"""The answers of each kind of question."""
