"""A lane without a network: messages are signed as partners sign them and pass through the writer's own code, batch by batch."""

import asyncio
import json
from base64 import b64encode
from copy import copy
from datetime import date
from functools import cached_property
from typing import Any
from unittest.mock import patch

from haidang.clearance.lookups.books import Books, DayBook
from haidang.declarations.terms import Declaration, GoodsItem
from haidang.declarations.tests import build
from haidang.gateway import knowledge
from haidang.gateway.lane import Lane, Waiting
from haidang.gateway.problems import Response
from haidang.gateway.queries import Queries
from haidang.gateway.routes import RouteTable
from haidang.parties.signing import sign
from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.site import verifying, verifying_replay
from haidang.site.demo import people
from haidang.site.demo.country import credentials
from haidang.tariff.lookups import Shelf
from tests.passing.remembering import Auditors, Memory

BANK, PORT, CUSTOMS = "NGANHANGM01", "CANGMAU01", "03CC"
PLAIN = {"tax_codes": ("V10",), "unit_code": "KGM", "unit_price_unit_code": "KGM"}
FREE = "39269059"
"""Articles of plastics: MFN duty, VAT 8 or 10 %, on no ministry's list."""

CHECKER, INSPECTOR, HEAD = (people.officer_code(CUSTOMS, post) for post in people.SEATS)
_POST_FOR = {"inspection": "inspector", "hold": "head_of_unit"}


def officer_for(office: str, condition: str) -> str:
    """Return the officer of a demo office who may record how a condition came out."""
    return people.officer_code(office, _POST_FOR.get(condition, "document_officer"))


class Rig:
    """Both lanes of one installation, driven by hand."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lanes: dict[str, Lane] = {}
        for name in ("general", "conditions"):
            self.add_lane(name)
        self._loop = asyncio.new_event_loop()
        self._number = 0
        self._memory = Memory()
        self._auditors = Auditors(config)
        self._routes = RouteTable()
        self._queries = Queries(Servers(config), self._routes, self.lanes["general"].knowledge.law_now)

    def add_lane(self, name: str) -> None:
        """Add a lane. It begins with the pictures that the first one read: none is ever changed, and each lane takes up new ones by itself."""
        known = self.lanes.get("general")
        begin = knowledge.Knowledge if known is None else lambda *_: copy(known.knowledge)
        with patch.object(knowledge, "Books", _read_once), patch("haidang.gateway.lane.Knowledge", begin):
            self.lanes[name] = Lane(Servers(self.config), name)

    def close(self) -> None:
        for kept in self._queries._mine.__dict__.values():
            kept.close()
        for lane in self.lanes.values():
            for connection in lane._connections:
                connection.close()
        self._auditors.close()
        self._loop.close()

    def finish(self) -> None:
        """Close, after everything that a module's tests left was verified once with nothing remembered."""
        try:
            assert self.report().rows == [], "what these tests left does not verify when nothing is remembered"
        finally:
            self.close()

    def ask(self, path: str, code: str = "", query: str = "", accept: str = "", etag: str | None = None) -> Response:
        """Ask the gateway below /api/v1 as a party, by its code; trader 1 when none is named."""
        match = self._routes.find("GET", f"/api/v1{path}")
        assert match is not None, path
        party = self.lanes["general"].knowledge.directory.by_code[code or people.trader_code(1)]
        return self._queries.answer(match, party, query, etag, accept)

    def fresh_id(self) -> str:
        self._number += 1
        return f"m-{id(self):x}-{self._number}"

    def waiting(
        self, kind: str, body: dict[str, Any] | bytes, code: str, *, signature: str | None = "", signer: str = ""
    ) -> Waiting:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        if signature == "":
            owner = credentials(self.config.home, signer or code)
            signature = sign(raw, owner.private_key, owner.certificate)
        party = self.lanes["general"].knowledge.directory.by_code[code]
        return Waiting(kind, raw, party, signature, self._loop.create_future())

    def batch(self, waiting: list[Waiting], lane: str = "general") -> list[tuple[int, dict[str, Any]]]:
        return [(status, json.loads(body)) for status, body in self.lanes[lane]._answer(waiting)]

    def lodge(self, declared: Declaration, message_id: str = "") -> tuple[int, dict[str, Any]]:
        body = build.message(declared, message_id=message_id or self.fresh_id(), sender=declared.trader_code)
        return self.batch([self.waiting("lodgement", body, declared.trader_code)])[0]

    def pay(
        self, declaration_no: str, amount_vnd: int, message_id: str = "", bank: str = BANK
    ) -> tuple[int, dict[str, Any]]:
        body = {
            "message_id": message_id or self.fresh_id(), "sender": bank, "procedure": "PAYMENT", "declaration_no": declaration_no,
            "amount_vnd": amount_vnd, "reference": "BK 1", "payer_code": people.trader_code(1),
        }  # fmt: skip
        return self.batch([self.waiting("payment", body, bank)], "conditions")[0]

    def result(
        self,
        declaration_no: str,
        condition: str,
        outcome: str = "passed",
        sender: str = CUSTOMS,
        condition_no: int | None = None,
        signer: str = "",
        **more: Any,
    ) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {
            "message_id": self.fresh_id(), "sender": sender, "procedure": "RESULT", "declaration_no": declaration_no,
            "condition": condition, "outcome": outcome, "reference": "Biên bản 12", "note": "đã kiểm tra", **more,
        }  # fmt: skip
        if condition_no is not None:
            body["condition_no"] = condition_no
        by = signer or (officer_for(sender, condition) if sender in people.CUSTOMS_OFFICES else "")
        return self.batch([self.waiting("result", body, sender, signer=by)], "conditions")[0]

    def acting(self, declaration_no: str, act: str, signer: str, **facts: Any) -> Waiting:
        """Return an officer's act (or, by a trader's code, an answer) signed and waiting."""
        sender = people.machine_of(signer)
        body = {
            "message_id": self.fresh_id(), "sender": sender, "procedure": "ACT", "declaration_no": declaration_no, "act": act, **facts,
        }  # fmt: skip
        return self.waiting("act", body, sender, signer=signer)

    def act(self, declaration_no: str, act: str, signer: str, **facts: Any) -> tuple[int, dict[str, Any]]:
        return self.batch([self.acting(declaration_no, act, signer, **facts)], "conditions")[0]

    def arrive(self, declaration_no: str, sender: str = PORT) -> tuple[int, dict[str, Any]]:
        body = {
            "message_id": self.fresh_id(), "sender": sender, "procedure": "ARRIVAL", "declaration_no": declaration_no,
            "warehouse_code": "03CCS03",
        }  # fmt: skip
        return self.batch([self.waiting("arrival", body, sender)], "conditions")[0]

    def amend(
        self,
        declaration_no: str,
        declared: Declaration,
        message_id: str = "",
        procedure: str = "AMEND",
        sender: str = "",
    ) -> tuple[int, dict[str, Any]]:
        body = self.amendment(declaration_no, declared, message_id, procedure, sender)
        return self.batch([self.waiting("amendment", body, body["sender"])], "conditions")[0]

    def amendment(
        self,
        declaration_no: str,
        declared: Declaration,
        message_id: str = "",
        procedure: str = "AMEND",
        sender: str = "",
    ) -> dict[str, Any]:
        return {
            "message_id": message_id or self.fresh_id(), "sender": sender or declared.trader_code, "procedure": procedure,
            "declaration_no": declaration_no, "declaration": build.wire(declared), "reason": "khai nhầm",
        }  # fmt: skip

    def supplement(
        self, declaration_no: str, declared: Declaration, sender: str = "", message_id: str = ""
    ) -> tuple[int, dict[str, Any]]:
        body = self.amendment(declaration_no, declared, message_id, "SUPPLEMENT", sender)
        return self.batch([self.waiting("supplement", body, body["sender"])], "conditions")[0]

    def cancel(
        self, declaration_no: str, case: str = "unamendable_error", sender: str = "", message_id: str = ""
    ) -> tuple[int, dict[str, Any]]:
        owner = sender or people.trader_code(1)
        body = {
            "message_id": message_id or self.fresh_id(), "sender": owner, "procedure": "CANCEL", "declaration_no": declaration_no,
            "case": case, "reason": "khai nhầm phương thức",
        }  # fmt: skip
        return self.batch([self.waiting("cancellation", body, owner)], "conditions")[0]

    def propose(
        self, declaration_no: str, outcome: str = "approved", signer: str = CHECKER
    ) -> tuple[int, dict[str, Any]]:
        """Have an officer propose how a request to cancel is decided."""
        body = {
            "message_id": self.fresh_id(), "sender": people.machine_of(signer), "procedure": "CANCEL_RESULT",
            "declaration_no": declaration_no, "outcome": outcome, "reference": "Quyết định 7", "note": "",
        }  # fmt: skip
        return self.batch([self.waiting("cancellation_result", body, body["sender"], signer=signer)], "conditions")[0]

    def decide(self, declaration_no: str, outcome: str = "approved") -> tuple[int, dict[str, Any]]:
        """Have two officers decide on a request to cancel."""
        status, answer = self.propose(declaration_no, outcome)
        if status != 200:
            return status, answer
        return self.rule(declaration_no, "cancellation", answer["register_no"], HEAD)

    def revision(
        self, procedure: str, declaration_no: str, declared: Declaration, signer: str = "", **facts: Any
    ) -> Waiting:
        """Return an amendment after clearance (AMC) or an officer's assessment (ASSESS), signed and waiting."""
        owner = signer or declared.trader_code
        amends = procedure == "AMC"
        own = (
            {"reason_code": "2", "reason": "khai nhầm trị giá"}
            if amends
            else {"ground": "value_untrue", "reason": "hợp đồng ghi giá khác"}
        )
        body = {
            "message_id": self.fresh_id(), "sender": people.machine_of(owner), "procedure": procedure,
            "declaration_no": declaration_no, "declaration": build.wire(declared), **own, **facts,
        }  # fmt: skip
        return self.waiting("cleared_amendment" if amends else "assessment", body, body["sender"], signer=owner)

    def revise(
        self, procedure: str, declaration_no: str, declared: Declaration, signer: str = "", **facts: Any
    ) -> tuple[int, dict[str, Any]]:
        return self.batch([self.revision(procedure, declaration_no, declared, signer, **facts)], "conditions")[0]

    def ruling(
        self, declaration_no: str, kind: str, register_no: str, signer: str, outcome: str = "accepted", **facts: Any
    ) -> Waiting:
        """Return an officer's decision, signed and waiting."""
        body = {
            "message_id": self.fresh_id(), "sender": people.machine_of(signer), "procedure": "DECIDE", "declaration_no": declaration_no,
            "register_no": register_no, "kind": kind, "outcome": outcome, "text": "đã xem xét", **facts,
        }  # fmt: skip
        return self.waiting("decision", body, body["sender"], signer=signer)

    def rule(
        self, declaration_no: str, kind: str, register_no: str, signer: str, outcome: str = "accepted", **facts: Any
    ) -> tuple[int, dict[str, Any]]:
        return self.batch([self.ruling(declaration_no, kind, register_no, signer, outcome, **facts)], "conditions")[0]

    def guarantee(
        self, amount_vnd: int, number: str = "", trader: int = 1, message_id: str = "", bank: str = BANK, **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        self._number += 1
        body = {
            "message_id": message_id or self.fresh_id(), "sender": bank, "procedure": "GUARANTEE",
            "trader_code": people.trader_code(trader), "year": 2026, "sign": "BL", "number": number or f"{self._number:04}",
            "amount_vnd": amount_vnd, "kind": "general", "valid_from": "2026-03-01", "valid_until": "2027-03-01", **changes,
        }  # fmt: skip
        return self.batch([self.waiting("guarantee", body, bank)], "conditions")[0]

    def goods_list(
        self, goods: list[dict[str, Any]], list_no: str = "", trader: int = 1, signer: str = HEAD, **changes: Any
    ) -> tuple[int, dict[str, Any]]:
        self._number += 1
        sender = people.machine_of(signer)
        body = {
            "message_id": self.fresh_id(), "sender": sender, "procedure": "GOODS_LIST", "trader_code": people.trader_code(trader),
            "list_no": list_no or f"{id(self) % 10**6:06}{self._number:06}", "paper": "TB 1", "valid_from": "2026-03-01",
            "valid_until": "2027-03-01", "goods": goods, **changes,
        }  # fmt: skip
        return self.batch([self.waiting("goods_list", body, sender, signer=signer)], "conditions")[0]

    def give(self, content: bytes, code: str = "", trader_code: str = "") -> str:
        """Have a party give a file as a document; return its number."""
        owner, lane = code or people.trader_code(1), self.lanes["general"]
        body = {
            "type": "other", "trader_code": trader_code, "fields": {"title": "Giấy tờ"}, "content": b64encode(content).decode(),
        }  # fmt: skip
        reply = self._queries.take(json.dumps(body).encode(), lane.knowledge.directory.by_code[owner], lane.knowledge)
        assert reply.status in (200, 201), reply.body
        number: str = json.loads(reply.body)["document_no"]
        return number

    def learn(self) -> None:
        """Let the lanes take up the parties and books as they are now, as the threads that watch for changes do in lanes that run."""
        with patch.object(knowledge, "Books", _read_once), Servers(self.config).connect("ingest") as connection:
            for lane in self.lanes.values():
                lane.knowledge.directory = lane.knowledge._read_directory(connection)
                lane.knowledge.rulings = lane.knowledge._read_rulings()
                if lane.knowledge.books.is_outdated(connection):
                    lane.knowledge.books = lane.knowledge._read_books(connection)

    def report(self) -> verifying.Report:
        """Return what `haidang verify` says of everything, with the law as this process has read it: for tests in which nobody touches the law."""
        with (
            patch.object(verifying_replay, "Books", _read_once),
            patch.object(verifying, "Servers", lambda _: self._auditors),
        ):
            return verifying.violations(self.config)

    def violations(self) -> list[Any]:
        """Return what is wrong now. Files that are stored as they were when this rig last found them clean are not judged again."""
        with self._memory.used():
            return self.report().rows


class _Kept(Books):
    """The law of every day that tests of this process came to: a lane forgets the days behind it, while one test after another begins anew."""

    def day(self, on: date, connection: Any) -> DayBook:
        if on not in self._every:
            self._every[on] = super().day(on, connection)
        return self._every[on]

    @cached_property
    def _every(self) -> dict[date, DayBook]:
        return {}


_READ: dict[tuple[object, ...], Books] = {}
_SHELF = Shelf()


def _read_once(
    connection: Any, version: int | None = None, criteria_version: int | None = None, shelf: object = None
) -> Books:
    """Databases cut from one template hold the same law: a test process reads it once, for lanes and for verifying."""
    *loaded, newest, newest_criteria = connection.execute(
        "SELECT (SELECT max(loaded_at) FROM law_book_version), (SELECT max(loaded_at) FROM risk_set),"
        " (SELECT max(version) FROM law_book_version), (SELECT max(version) FROM risk_set)"
    ).fetchone()
    key = (*loaded, version or newest, criteria_version or newest_criteria)
    if key not in _READ:
        _READ[key] = _Kept(connection, version, criteria_version, _SHELF)
    return _READ[key]


def item(commodity_code: str = FREE, line_no: int = 1, **changes: Any) -> GoodsItem:
    """Return a line of ordinary goods whose duty and VAT are on file."""
    return build.goods_item(line_no, commodity_code=commodity_code, **{**PLAIN, **changes})


def declared(trader: int = 1, items: tuple[GoodsItem, ...] = (), **changes: Any) -> Declaration:
    """Return an import declaration of a demo trader with ordinary goods."""
    lines = items or (item(),)
    changes.setdefault("gross_mass_g", 1_000_000 * len(lines))
    return build.declaration(trader_code=people.trader_code(trader), items=lines, **changes)
