"""What `haidang verify` found."""

from msgspec import Struct

MOST = 1_000
"""Violations that are named; beyond, they are only counted."""


class Violation(Struct, frozen=True):
    """One broken invariant: which, of what row, and what was found."""

    invariant: str
    subject: str
    found: str


class Report(Struct):
    """What was checked and what is broken."""

    declarations: int = 0
    parcels: int = 0
    messages: int = 0
    taxes: int = 0
    transfers: int = 0
    documents: int = 0
    violations: int = 0
    rows: list[Violation] = []

    def add(self, invariant: str, subject: str, found: str) -> None:
        self.violations += 1
        if len(self.rows) < MOST:
            self.rows.append(Violation(invariant, subject, found))
