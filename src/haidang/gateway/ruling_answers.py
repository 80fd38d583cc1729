"""What is answered about advance rulings, as types: the OpenAPI description is made from them."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

Kind = Literal["code", "value", "origin"]


class RulingView(Struct):
    """One ruling: what was ruled, from when until when, whether it is in force, and how it ended."""

    ruling_no: str
    kind: Kind
    commodity_code: str
    value_method: str
    origin_country_code: str
    issued_at: datetime
    valid_until: date
    """First day no longer in force."""
    status: Literal["in_force", "expired", "replaced", "cancelled", "ended_by_law"]
    ended_since: datetime | None
    replaced_by: str


class RulingStepView(Struct, omit_defaults=True):
    """One step of a file. What is proposed is told to customs alone."""

    seq: int
    act: str
    by: str
    at: datetime
    text: str
    documents: list[str]
    outcome: str = ""
    commodity_code: str = ""
    value_method: str = ""
    origin_country_code: str = ""
    valid_until: date | None = None


class RulingFileView(Struct):
    """The file of an application: where it stands, until when customs has to do the next step, its steps and rulings."""

    application_no: str
    kind: Kind
    trader_code: str
    goods_name: str
    goods_mark: str
    lot: str
    commodity_code: str
    value_method: str
    origin_country_code: str
    state: str
    submitted_at: datetime
    complex: bool
    due_at: datetime | None
    overdue: bool
    rulings: list[RulingView]
    steps: list[RulingStepView]


class RulingLine(Struct):
    """One file in a list."""

    application_no: str
    kind: Kind
    trader_code: str
    goods_name: str
    state: str
    submitted_at: datetime
    due_at: datetime | None
    rulings: list[RulingView]


class RulingList(Struct):
    """One's own files, newest first."""

    rulings: list[RulingLine]


class PublishedRuling(Struct):
    """What everybody may read of a ruling in force."""

    ruling_no: str
    kind: Kind
    goods_name: str
    commodity_code: str
    origin_country_code: str
    issued_at: datetime
    valid_until: date


class PublishedRulings(Struct):
    """The rulings on codes and origins in force, newest first, without whose they are."""

    published: list[PublishedRuling]


class RuledLine(Struct):
    """What one advance ruling says of one goods line: the line is as ruled, differs from it, or names one that has ended."""

    line_no: int
    ruling_no: str
    kind: Literal["code", "value", "origin"]
    status: Literal["ruled", "differs", "ended"]
    ruled: str
    ended_since: datetime | None


ANSWERS: Mapping[str, tuple[tuple[int, type, str, str], ...]] = {
    "ruling_application": ((201, RulingFileView, "Đã tiếp nhận đơn", "The application is on file"),),
    "ruling_step": ((200, RulingFileView, "Đã thực hiện", "The step is taken"),),
    "rulings": ((200, RulingList, "Các hồ sơ", "The files"),),
    "ruling": ((200, RulingFileView, "Hồ sơ", "The file"),),
    "published_rulings": ((200, PublishedRulings, "Đang có hiệu lực", "In force"),),
}
"""The answers of each kind of message and question."""
