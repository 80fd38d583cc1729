"""The demonstration: the shipped samples lodged by their traders and brokers, then payments, arrivals and results sent by those who owe them.

All through the lanes, signed, as any partner does it. The same run again sends the same messages and gets the stored answers.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from haidang.platform.config import Config
from haidang.platform.db import Servers
from haidang.site.cli.client import Gateway, Reply, Sender, at_once, read_sender, reading
from haidang.site.cli.sending import DECLARATIONS, Lodged
from haidang.site.demo import people
from haidang.site.demo.country import build_country
from haidang.site.demo.samples import Sample, shipped_messages

AT_ONCE = 16
_UNPAID_EVERY = 10
"""Of the declarations that wait for money alone every tenth goes unpaid, so that the demo shows some that wait."""
_CHECKED_EVERY = 2
"""Customs checks the documents, and the proof of direct consignment, of every second declaration that waits for it."""


class Step(Struct, frozen=True):
    """One notice to send: where, by whom, about which declaration."""

    path: str
    signer: str
    """Party, or officer of a customs office, whose key signs."""
    declaration_no: str
    body: dict[str, Any]


def build_demo_country(config: Config, tell: Callable[[str], None]) -> None:
    """Build the demo country on the first server, where parties stand, unless it is whole already."""
    with Servers(config).connect("owner") as connection:
        tell("Dựng quốc gia mẫu · building the demo country")
        build_country(connection, config.home)
    from haidang.site.demo.logins import make_logins

    make_logins(config)


class Run:
    """One run of the demonstration."""

    def __init__(self, config: Config, gateway: Gateway) -> None:
        self.samples: list[Sample] = list(shipped_messages())
        self.answers: dict[str, Lodged] = {}
        self.notices: Counter[str] = Counter()
        self.cleared: set[str] = set()
        """Numbers of the samples' declarations that are cleared now."""
        self._refused: list[str] = []
        self._config = config
        self._gateway = gateway
        self._senders: dict[str, Sender] = {}
        self._open: dict[str, list[str]] = {}
        """Kinds of the conditions still open, by declaration number."""
        self._lock = threading.Lock()

    def lodge(self, advance: Callable[[], None]) -> None:
        """Sign and lodge all samples, `AT_ONCE` at the same time."""
        signatures = {}
        for sample in self.samples:
            signatures[sample.message_id] = self._sender(sample.sender).sign(sample.message)

        def send(sample: Sample) -> Lodged:
            sender = self._sender(sample.sender)
            reply = self._gateway.post(DECLARATIONS, sample.message, sender, signatures[sample.message_id])
            return Lodged(sample.message_id, reply)

        for sample, lodged in at_once(AT_ONCE, self.samples, send):
            self.answers[sample.message_id] = lodged
            if lodged.is_registered:
                self._note(lodged.reply.body)
            advance()

    def play(self) -> None:
        """Let ports tell of arrivals, customs of checked documents, and banks of payments, in this order; what was last clears the goods."""
        for steps in (self._arrivals(), self._results(), self._payments()):
            for step, reply in at_once(AT_ONCE, steps, self._send):
                kind = step.path.rpartition("/")[2]
                self.notices[kind] += 1
                if reply.status == 200:
                    self._note(reply.body)
                else:
                    self._refused.append(
                        f"{step.declaration_no}: {kind} answered {reply.status} {reply.body.get('title', '')}"
                    )

    def summary(self) -> dict[str, Any]:
        """Return the figures of the last line."""
        registered = [each for each in self.answers.values() if each.is_registered]
        channels = Counter(each.reply.body["channel"] for each in registered)
        return {
            "lodged": len(self.samples),
            "answered": len(registered),
            "green": channels[1],
            "yellow": channels[2],
            "red": channels[3],
            "cleared": len(self.cleared),
            "p99_ms": round(self._p99_ms()),
        }

    def last_line(self) -> str:
        """Return the one line that says how the run went."""
        facts = self.summary()
        return (
            f"lodged {facts['lodged']}, answered {facts['answered']}, green {facts['green']}, yellow {facts['yellow']}, red {facts['red']},"
            f" cleared {facts['cleared']}, p99 {facts['p99_ms']} ms"
        )

    def problems(self) -> list[str]:
        """Return what was not as expected: every sample registered, a rate asked of customs where, and only where, none is on file, notices taken."""
        found = [
            f"{name}: HTTP {each.reply.status} {', '.join(f['code'] for f in each.reply.body.get('findings', ()))} {each.reply.body.get('title', '')}"
            for name, each in self.answers.items()
            if not each.is_registered
        ]
        for sample in self.samples:
            lodged = self.answers[sample.message_id]
            asks = lodged.is_registered and "rate" in {each["kind"] for each in lodged.reply.body["open_conditions"]}
            if lodged.is_registered and asks is not sample.without_rate:
                found.append(f"{sample.message_id}: a RATE condition was {'not ' * sample.without_rate}expected")
        return found + self._refused

    def worth_showing(self) -> dict[str, Any] | None:
        """Return one declaration that was cleared by several conditions, with some taxes, as customs sees it."""
        seen = [each.reply.body for each in self.answers.values() if each.is_registered]
        candidates = [body for body in seen if body["declaration_no"] in self.cleared and len(body["lines"]) <= 5]
        chosen = max(
            candidates or seen, key=lambda body: (len(body["open_conditions"]), body["payable_vnd"] > 0), default=None
        )
        if chosen is None:
            return None
        path = f"{DECLARATIONS}/{chosen['declaration_no']}{reading('', '', '')}"
        reply = self._gateway.ask(path, self._sender(people.CUSTOMS_OFFICES[0]))
        return reply.body if reply.status == 200 else None

    def _note(self, body: dict[str, Any]) -> None:
        with self._lock:
            self._open[body["declaration_no"]] = [condition["kind"] for condition in body["open_conditions"]]
            if body["cleared"]:
                self.cleared.add(body["declaration_no"])

    def _registered(self) -> Iterator[tuple[int, Sample, dict[str, Any]]]:
        for ordinal, sample in enumerate(self.samples):
            lodged = self.answers[sample.message_id]
            if lodged.is_registered:
                yield ordinal, sample, lodged.reply.body

    def _arrivals(self) -> Iterator[Step]:
        for ordinal, sample, body in self._registered():
            if "arrival" in _first_open(body):
                declared = msgspec.json.decode(sample.message)["declaration"]
                yield self._step(
                    "arrivals", people.PORTS[ordinal % len(people.PORTS)], body, "ARRIVAL",
                    warehouse_code=declared["warehouse_code"],
                )  # fmt: skip

    def _results(self) -> Iterator[Step]:
        yield from self._seen("document_check", "Kiểm tra hồ sơ: phù hợp (mẫu)")
        yield from self._seen("origin", "Vận đơn chở suốt: phù hợp (mẫu)")

    def _seen(self, condition: str, reference: str) -> Iterator[Step]:
        waiting = [each for each in self._registered() if condition in _first_open(each[2])]
        for ordinal, (_, sample, body) in enumerate(waiting):
            if ordinal % _CHECKED_EVERY == 0:
                office = msgspec.json.decode(sample.message)["declaration"]["customs_office_code"]
                yield self._step(
                    "results", office, body, "RESULT", condition=condition, outcome="passed",
                    reference=reference, signer=people.officer_code(office, "document_officer"),
                )  # fmt: skip

    def _payments(self) -> Iterator[Step]:
        """Pay what waits for money alone: after the others have spoken, so the payment clears the goods."""
        waiting = [each for each in self._registered() if self._open.get(each[2]["declaration_no"]) == ["tax"]]
        for ordinal, (_, sample, body) in enumerate(waiting):
            if ordinal % _UNPAID_EVERY:
                yield self._step(
                    "payments", people.BANKS[ordinal % len(people.BANKS)], body, "PAYMENT",
                    amount_vnd=body["payable_vnd"], reference=f"GNT-MAU-{body['declaration_no']}", payer_code=sample.trader_code,
                )  # fmt: skip

    def _step(
        self, path: str, sender: str, body: dict[str, Any], procedure: str, signer: str = "", **facts: Any
    ) -> Step:
        number = body["declaration_no"]
        # A declaration may get results of several conditions, each a message of its own.
        about = "-origin" if facts.get("condition") == "origin" else ""
        message = {
            "message_id": f"MAU-{procedure}-{number}{about}",
            "sender": sender,
            "procedure": procedure,
            "declaration_no": number,
        }
        return Step(f"/api/v1/{path}", signer or sender, number, message | facts)

    def _send(self, step: Step) -> Reply:
        return self._gateway.post(step.path, msgspec.json.encode(step.body), self._sender(step.signer))

    def _sender(self, code: str) -> Sender:
        found = self._senders.get(code)
        if found is None:
            found = self._senders[code] = read_sender(self._config, code, None, None, None)
        return found

    def _p99_ms(self) -> float:
        times = sorted(each.reply.ms for each in self.answers.values())
        return times[min(len(times) - 1, len(times) * 99 // 100)] if times else 0.0


def _first_open(body: dict[str, Any]) -> set[str]:
    return {condition["kind"] for condition in body["open_conditions"]}
