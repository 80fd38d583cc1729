"""What `haidang verify` found clean is not judged again while all that is stored about it is the same: for modules that verify after each of their tests.

A file is read each time, and compared row by row with what it was; only the judgement is spared. What is checked of a server as a whole is checked each time.
Each module ends with one verification that remembers nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
from psycopg.pq import TransactionStatus

from haidang.journal.terms import Received
from haidang.organisation.rules import Powers
from haidang.parcels.lookups import ParcelBlocks
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.site import verifying, verifying_parcels
from haidang.site.verifying_balances import OnServer
from haidang.site.verifying_people import People
from haidang.site.verifying_replay import Replay
from haidang.site.verifying_report import Report
from haidang.site.verifying_stored import Stored

_judge_file = verifying._check
_judge_list = verifying_parcels._check_list


class Memory:
    """Files and lists of parcels as they were when they were last found clean."""

    def __init__(self) -> None:
        self._clean: dict[object, tuple[object, ...]] = {}
        self._powers: Powers | None = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Have `haidang verify` ask this memory before it judges."""
        with (
            patch.object(verifying, "_check", self._check_file),
            patch.object(verifying_parcels, "_check_list", self._check_list),
        ):
            yield

    def _check_file(
        self,
        connection: psycopg.Connection[Any],
        case: Stored,
        people: People,
        replay: Replay,
        on_server: OnServer,
        report: Report,
    ) -> None:
        self._know(people.powers)
        key = case.declared.key
        place = (key[0], str(case.declared.fact("no11")))
        is_like = (
            case,
            [on_server.by_id.get(each.balance_id) for each in case.moved],
            on_server.of_declaration.get(place),
            _certificates(case.messages, people),
        )
        if self._clean.get(key) == is_like:
            return
        before = report.violations
        _judge_file(connection, case, people, replay, on_server, report)
        self._keep(key, is_like, report.violations == before)

    def _check_list(
        self,
        case: verifying_parcels.Case,
        connection: psycopg.Connection[Any],
        blocks: ParcelBlocks,
        day_of: verifying_parcels.DayOf,
        powers: Powers,
        check_signature: verifying_parcels.CheckSignature,
        add: Any,
    ) -> None:
        self._know(powers)
        key, is_like = case.rows.key, (case,)
        if self._clean.get(key) == is_like:
            return
        report = add.__self__  # where signatures are told too
        before = report.violations
        _judge_list(case, connection, blocks, day_of, powers, check_signature, add)
        self._keep(key, is_like, report.violations == before)

    def _know(self, powers: Powers) -> None:
        """Forget everything when other officers hold other powers, or have other conflicts of interest, than when it was judged."""
        if powers is not self._powers and powers != self._powers:
            self._clean.clear()
        self._powers = powers

    def _keep(self, key: object, is_like: tuple[object, ...], is_clean: bool) -> None:
        if is_clean:
            self._clean[key] = is_like
        else:
            self._clean.pop(key, None)


class Auditors(Servers):
    """Sessions that stay open from one verification to the next: a new one would read the catalogue of every table and partition again."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._idle: dict[tuple[str, int], list[_Session]] = {}

    def connect(self, role: str, server: int = 0, **options: Any) -> psycopg.Connection[Any]:
        idle = self._idle.setdefault((role, server), [])
        while idle:
            if not (session := idle.pop()).broken:
                return session
        made = _Session.connect(self._config.dsn(role, server), autocommit=True, **options)
        made.idle = idle
        return made

    def close(self) -> None:
        for idle in self._idle.values():
            while idle:
                idle.pop().close()


class _Session(psycopg.Connection[Any]):
    """Given back, not closed, by whoever used it without a fault."""

    idle: list[Any]

    def __exit__(self, kind: type[BaseException] | None, *others: Any) -> None:
        if kind is not None or self.info.transaction_status != TransactionStatus.IDLE:
            super().__exit__(kind, *others)
        else:
            self.idle.append(self)


def _certificates(messages: list[Received], people: People) -> list[object]:
    return [people.directory.certificate(each.certificate_sha256) for each in messages]
