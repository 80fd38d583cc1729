"""What the interface answers about the versions of one declaration."""

from datetime import datetime

from msgspec import Struct

from haidang.gateway.answers import Adjustment, Changed, Taxes


class Version(Struct):
    """One version of a declaration with its figures and what it changed from the one before; the registration is number 0."""

    declaration_no: str
    amendment_no: int
    at: datetime
    reason: str
    line_count: int
    customs_value_vnd_e4: int
    taxes: Taxes
    payable_vnd: int
    law_book_version: int
    changes: list[Changed]


class VersionList(Struct):
    """All versions of a declaration, the registration first; the number is the full one now. `adjustments` change no version: they stand in the ledger."""

    declaration_no: str
    versions: list[Version]
    adjustments: list[Adjustment]
