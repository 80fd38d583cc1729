"""Whatever is sent, signed and through the writer's own code: no fault, nothing stored unless it was taken, and neighbours that never notice."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from haidang.gateway.examples import EXAMPLES
from haidang.gateway.lane import Waiting
from haidang.parties.signing import sign
from tests.bad_input.checks import assert_whole
from tests.bad_input.messages import TRADER, message
from tests.bad_input.mutants import ID, flipped, mutants, originals
from tests.bad_input.served import Rows, owner_of
from tests.passing.rig import BANK, CHECKER, CUSTOMS, HEAD, PORT, Rig

SENDER = {"payment": BANK, "arrival": PORT, "result": CUSTOMS, "act": CUSTOMS, "guarantee": BANK}
SIGNER = {**SENDER, "result": CHECKER, "act": HEAD}
BODIES = originals()
NUMBER = str(EXAMPLES["payment"]["declaration_no"]).encode()
LODGEMENTS = flipped(mutants(st.sampled_from(BODIES)))
DRAFTS = flipped(
    mutants(st.sampled_from([{"procedure": "IDA", "declaration": body["declaration"]} for body in BODIES]))
)
TAKEN, REFUSED = (200, 201, 202), (400, 409, 422)


class Prover:
    """Sends batches of mutants and holds the answers against the database."""

    def __init__(self, rig: Rig, rows: Rows) -> None:
        self._rig = rig
        self._rows = rows
        self.taken = 0
        self.sent = 0
        self._known: set[str] = set()
        self._next = 0
        self._open = b""

    def waiting(self, kind: str, raw: bytes, signature: Callable[[str], str] = str) -> Waiting:
        """Return a message of the party that sends this kind, signed, with its own id put in."""
        code = SENDER.get(kind, TRADER)
        raw = raw.replace(ID.encode(), self._rig.fresh_id().encode()).replace(NUMBER, self._number())
        owner = owner_of(self._rig.config.home, SIGNER.get(kind, code))
        signed = signature(sign(raw, owner.private_key, owner.certificate))
        return self._rig.waiting(kind, raw, code, signature=signed)

    def _number(self) -> bytes:
        """Return the number of a declaration with open conditions, another one now and then."""
        if self.sent >= self._next:
            self._next = self.sent + 20
            number: str = self._rig.batch([self._rig.waiting("lodgement", message(self._rig.fresh_id()), TRADER)])[0][
                1
            ]["declaration_no"]
            self._open = number.encode()
        return self._open

    def prove(self, batch: list[Waiting], lane: str = "general") -> list[tuple[int, dict[str, Any]]]:
        """Send a batch between two good messages. What is refused is told whole and stores nothing; the good ones are taken."""
        good = [message(self._rig.fresh_id()) for _ in range(2)] if lane == "general" else []
        around = [self.waiting("lodgement", raw) for raw in good]
        before = self._rows.now()
        replies = self._rig.batch([*around[:1], *batch, *around[1:]], lane)
        assert [status for status, _ in replies[: len(around[:1])] + replies[len(replies) - len(around[1:]) :]] == [
            201
        ] * len(around)
        inner = replies[len(around[:1]) : len(replies) - len(around[1:])]
        for status, answer in inner:
            assert status in TAKEN + REFUSED, answer
            if status in REFUSED:
                _told(status, answer)
        self._stored(before, [*zip(batch, inner, strict=True)], len(around))
        return inner

    def _stored(
        self, before: dict[str, Any], inner: list[tuple[Waiting, tuple[int, dict[str, Any]]]], good: int
    ) -> None:
        taken = [(waiting, answer) for waiting, (status, answer) in inner if status in TAKEN]
        self.sent += len(inner)
        self.taken += len(taken)
        if not taken and not good:
            assert self._rows.now() == before
            return
        grown = {
            name: count - before[name][0] for name, (count, _) in self._rows.now().items() if count != before[name][0]
        }
        numbers = {
            answer["declaration_no"] for waiting, answer in taken if waiting.kind in ("lodgement", "registration")
        }
        new, self._known = (
            numbers - self._known,
            self._known | numbers,
        )  # a mutant without an id of its own may be an old message
        assert grown.get("declaration", 0) == grown.get("declaration_no", 0) == len(new) + good
        drafts = [waiting for waiting, _ in taken if waiting.kind == "draft"]
        assert grown.get("draft", 0) <= len(drafts)
        for waiting, _ in taken:
            if waiting.kind == "lodgement":
                assert waiting.raw in self._rows.raw_of(json.loads(waiting.raw)["message_id"])


def _told(status: int, answer: dict[str, Any]) -> None:
    assert answer["status"] == status and answer["type"].startswith("/problems/")
    assert answer["title"] and answer["title_vi"]
    for finding in answer.get("findings", ()):
        assert_whole(finding, filled=False)
    assert answer["findings"] if status == 422 else answer["code"]


@pytest.fixture(scope="module")
def prover(cluster: Any) -> Iterator[Prover]:
    """Both lanes by hand over a database of this module; at the end nothing in it breaks an invariant."""
    database = cluster.make_trial()
    rig, rows = Rig(database.config), Rows(database.dsn("admin"))
    yield Prover(rig, rows)
    assert rig.violations() == []
    rig.close()
    rows.close()
    cluster.drop(database)


def bounded(examples: int) -> Any:
    """Return the bounds of a property: so many examples, no clock; a fixture of the module may serve them all."""
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=examples, deadline=None, suppress_health_check=quiet)


@bounded(80)
@given(st.lists(LODGEMENTS, min_size=1, max_size=5))
def test_mutants_of_lodgements_are_answered(prover: Prover, raws: list[bytes]) -> None:
    prover.prove([prover.waiting("lodgement", raw) for raw in raws])


@bounded(40)
@given(st.lists(DRAFTS, min_size=1, max_size=3))
def test_mutants_of_drafts_are_answered_and_those_saved_can_be_registered(prover: Prover, raws: list[bytes]) -> None:
    saved = [
        answer["draft_no"]
        for status, answer in prover.prove([prover.waiting("draft", raw) for raw in raws])
        if status == 201
    ]
    prover.prove([_registration(prover, number) for number in saved])


def _registration(prover: Prover, draft_no: str, **changes: Any) -> Waiting:
    body = {
        "message_id": ID,
        "sender": TRADER,
        "procedure": "IDC",
        "draft_no": draft_no,
        "accept_repricing": True,
        **changes,
    }
    return prover.waiting("registration", json.dumps(body).encode())


NOTICES = st.sampled_from(sorted(SENDER)).flatmap(
    lambda kind: st.tuples(
        st.just(kind), flipped(mutants(st.just({**EXAMPLES[kind], "message_id": ID, "sender": SENDER[kind]})))
    )
)


@bounded(60)
@given(st.lists(NOTICES, min_size=1, max_size=5))
def test_mutants_of_notices_are_answered(prover: Prover, notices: list[tuple[str, bytes]]) -> None:
    prover.prove([prover.waiting(kind, raw) for kind, raw in notices], "conditions")


@bounded(40)
@given(
    st.integers(0, 400),
    st.one_of(st.characters(codec="utf-8"), st.sampled_from(["", "..", ".", "=", "\x00", "A" * 3_000])),
)
def test_mutants_of_signatures_are_refused(prover: Prover, at: int, put: str) -> None:
    def spoil(signature: str) -> str:
        place = at % len(signature)
        spoiled = signature[:place] + put + signature[place + 1 :]
        return spoiled if spoiled != signature else spoiled + "A"

    ((status, answer),) = prover.prove([prover.waiting("lodgement", json.dumps(BODIES[0]).encode(), spoil)])
    assert status == 422 and {each["pointer"] for each in answer["findings"]} == {""}


@bounded(40)
@given(st.binary(max_size=300), st.sampled_from(["lodgement", "draft", "registration"]))
def test_any_bytes_are_answered(prover: Prover, raw: bytes, kind: str) -> None:
    ((status, _),) = prover.prove([prover.waiting(kind, raw)])
    assert status in REFUSED


def test_what_mutants_are_made_of_is_right(prover: Prover) -> None:
    whole = [prover.waiting("lodgement", json.dumps(body).encode()) for body in BODIES]
    assert [status for status, _ in prover.prove(whole)] == [201] * len(BODIES)


@pytest.mark.torture
class TestAtLength:
    """The same properties for minutes."""

    @bounded(1_500)
    @given(st.lists(LODGEMENTS, min_size=1, max_size=8))
    def test_mutants_of_lodgements_are_answered(self, prover: Prover, raws: list[bytes]) -> None:
        prover.prove([prover.waiting("lodgement", raw) for raw in raws])

    @bounded(500)
    @given(st.lists(DRAFTS, min_size=1, max_size=5))
    def test_mutants_of_drafts_are_answered(self, prover: Prover, raws: list[bytes]) -> None:
        replies = prover.prove([prover.waiting("draft", raw) for raw in raws])
        prover.prove([_registration(prover, answer["draft_no"]) for status, answer in replies if status == 201])

    @bounded(1_000)
    @given(st.lists(NOTICES, min_size=1, max_size=8))
    def test_mutants_of_notices_are_answered(self, prover: Prover, notices: list[tuple[str, bytes]]) -> None:
        prover.prove([prover.waiting(kind, raw) for kind, raw in notices], "conditions")
