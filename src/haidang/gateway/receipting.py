"""Tax receipts of registered declarations: the law of their day is read again, the taxes derived again, and both must agree with the record."""

import hashlib
import threading
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from haidang.clearance import lookups as clearance
from haidang.clearance.lookups import Declaring
from haidang.clearance.lookups.books import DayBook
from haidang.declarations.terms import Declaration
from haidang.gateway.messages.following import declared_in
from haidang.gateway.printing import receipt_saying, setting
from haidang.gateway.problems import JSON, Response, respond
from haidang.gateway.showing import PDF, VARY, Part, is_trial, measures_of, named, part_asked, tagged
from haidang.kernel.calendar import VN, vn_date
from haidang.reference import lookups as reference
from haidang.reference.rules import stands
from haidang.tariff.lookups import Shelf
from haidang.taxes.rules import assess, compile_treatments
from haidang.taxes.rules.receipts import canonical, receipt_of, registered
from haidang.taxes.terms import Assessment
from haidang.taxes.terms.receipts import PricingDay, Receipt, ReceiptAdjustment, ReceiptRecord

_KEPT_DAYS = 4


class RecordDiffers(AssertionError):
    """The record holds other taxes than the law of its day gives: `haidang verify` tells more."""


class Receipts:
    """Makes receipts. The days asked for last are kept; any thread may ask."""

    def __init__(self, law: Callable[[], tuple[DayBook, datetime]]) -> None:
        self._law = law
        self._lock = threading.Lock()
        self._shelf = Shelf()
        self._days: dict[tuple[int, date], PricingDay] = {}

    def answer(
        self,
        directory: psycopg.Connection[Any],
        ingest: psycopg.Connection[Any],
        key: tuple[int, int, UUID],
        view: dict[str, Any],
        form: str,
        etag: str | None,
        part: str = "",
    ) -> Response:
        """Return the receipt of a declaration as JSON or PDF, of many lines one part (the first unless `part` says another). That the asker may read it was judged before.

        `directory` reads the law book, `ingest` what is kept with the declaration.

        Raises:
            RecordDiffers: the taxes on record are not those that the law of the day gives.
        """
        asked = part_asked(view["line_count"], part if form == PDF else "")
        if not isinstance(asked, Part):
            return respond(asked)
        behind = clearance.declaring(ingest, key, int(view["declaration_no"][11:]))
        receipt = self._receipt(directory, behind, view, clearance.adjustments_told(ingest, key))
        if form == JSON:
            return tagged(canonical(receipt), JSON, etag, VARY)
        said = receipt_saying.spoken(receipt, is_trial(ingest), asked.line_nos)
        tag = ("etag", setting.tag_of(said, setting.RECEIPT))
        headers = (tag, *VARY, named(view, f"receipt.{asked.file_kind}"), *asked.headers)
        if etag == headers[0][1]:
            return Response(304, b"", headers=headers)
        return Response(200, setting.pdf(said, behind.acted_at, setting.RECEIPT), PDF, headers)

    def _receipt(
        self,
        directory: psycopg.Connection[Any],
        behind: Declaring,
        view: dict[str, Any],
        adjusted: list[dict[str, Any]],
    ) -> Receipt:
        declared: Declaration = declared_in(behind.raw)
        version = view["law_book_version"]
        day = self._day(directory, version, vn_date(datetime.fromisoformat(view["registered_at"])))
        of_kind = day.treatments.get(declared.kind_code)
        assessment = assess(declared, day.tariff, day.exchange_rates_e4, of_kind)
        if _on_record(assessment) != _recorded(view):
            raise RecordDiffers(f"{view['declaration_no']}: the law of its day gives other taxes than the record holds")
        digest = reference.history(directory, version)[-1].hex()
        receipt = receipt_of(
            declared, declared.kind_code, assessment, day, measures_of(directory, view), (version, digest)
        )
        record = ReceiptRecord(
            behind.journal_seq, behind.act, behind.acted_at.astimezone(VN).isoformat(), behind.digest.hex(), _sha256(behind.sent),
            tuple(ReceiptAdjustment(**{name: each[name] for name in ReceiptAdjustment.__struct_fields__}) for each in adjusted),
        )  # fmt: skip
        return registered(receipt, view["declaration_no"], view["registered_at"], record)

    def _day(self, directory: psycopg.Connection[Any], version: int, on: date) -> PricingDay:
        with self._lock:
            found = self._days.get((version, on)) or self._read(directory, version, on)
            self._days = dict([*list(self._days.items())[1 - _KEPT_DAYS :], ((version, on), found)])
            return found

    def _read(self, directory: psycopg.Connection[Any], version: int, on: date) -> PricingDay:
        try:
            law: DayBook | None = self._law()[0]
        except LookupError:
            law = None  # a process that keeps no law book reads every day
        known = law if law is not None and (law.version, law.on) == (version, on) else None
        codes = known.codes if known else reference.read_codes(directory, version, on)
        return PricingDay(
            on=on,
            tariff=known.tariff if known else self._shelf.tariff(directory, version, on, codes),
            exchange_rates_e4=codes.exchange_rates_e4,
            treatments=compile_treatments(codes.lists),
            rate_sources=reference.rate_sources(directory, version, on),
            parameters=codes.parameters,
            schedule_of_agreement={
                row.attributes["agreement"]: row.code
                for row in codes.lists["tariff_schedule"].values()
                if "agreement" in row.attributes and stands(row, on)
            },
        )


def _on_record(assessment: Assessment) -> list[tuple[int, ...]]:
    """Return the taxes of an assessment as the record keeps them: line, kind, base, rate, specific amount, quantity, relief, amount."""
    return sorted(
        (
            line.line_no, int(tax.kind), tax.base_vnd_e4, tax.rate_bp, tax.specific_vnd_e4, tax.quantity_milli, tax.measure_id,
            tax.relieved_vnd_e4, tax.amount_vnd_e4,
        )
        for line in assessment.lines
        for tax in line.taxes
    )  # fmt: skip


def _recorded(view: dict[str, Any]) -> list[tuple[int, ...]]:
    return sorted(tuple(each.values()) for each in view["lines"])


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
