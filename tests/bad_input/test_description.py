"""The lanes against their own description: whatever is generated from `/api/v1/openapi.json` is answered as it says, and never with a fault.

Legal acts are signed, so each generated body is signed as it goes out, by the party whose name is put into it often enough to reach what lies behind.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from haidang.gateway.examples import EXAMPLES
from haidang.gateway.routes import PAGES, ROUTES
from haidang.parties.signing import HEADER, sign
from tests.bad_input.messages import TRADER, everything, message, tree
from tests.bad_input.served import Served, owner_of
from tests.passing.rig import BANK, CHECKER, CUSTOMS, HEAD, PORT

SENDER = {
    "payment": BANK, "arrival": PORT, "result": CUSTOMS, "act": CUSTOMS, "guarantee": BANK, "cancellation_result": CUSTOMS,
    "assessment": CUSTOMS, "decision": CUSTOMS, "parcel_act": CUSTOMS, "goods_list": CUSTOMS,
    "ruling_step": CUSTOMS,
}  # fmt: skip
SIGNER = {
    **SENDER,
    "result": CHECKER,
    "act": HEAD,
    "cancellation_result": CHECKER,
    "assessment": CHECKER,
    "decision": HEAD,
    "parcel_act": HEAD,
    "goods_list": HEAD,
    "ruling_step": HEAD,
}
KINDS = {("POST" if route.method == "POST" else "GET", route.path): route.kind for route in ROUTES}
CONFORMANCE = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
LABELS = sorted(f"{route.method} {route.path}" for route in ROUTES if not route.asked and route.lane != PAGES)
"""A POST that is no act of law is tried in `test_ways`; what the process of the pages answers, with its pages."""
_OURS = "cache-control"
"""A header of every answer of ours: without it the server's parser has refused what is no HTTP."""


class Description:
    """What the general lane says of all lanes, and a way to send what is generated from it."""

    def __init__(self, general: Served, parcels: Served, conditions: Served) -> None:
        self._general, self._parcels, self._conditions = general, parcels, conditions
        self._home = general.config.home
        self._session = requests.Session()
        whole = general.ask("GET", "/api/v1/openapi.json").json
        self.operations = {each.ok().label: each.ok() for each in from_dict(whole).get_all_operations()}
        self.servers = {
            f"{method.upper()} {path}": operation["servers"][0]["url"]
            for path, methods in whole["paths"].items()
            for method, operation in methods.items()
        }
        self.numbers: list[str] = []
        for n in range(3):
            raw = message(f"described-{n}")
            self.numbers.append(general.send("lodgement", raw).json["declaration_no"])
        self._sent = 0
        self.seen: Counter[tuple[str, int]] = Counter()
        self.at_length: set[str] = set()
        """How often each kind was answered with each status."""

    def close(self) -> None:
        self._session.close()

    def valid(self, kind: str) -> dict[str, Any]:
        """Return a body of this kind that is right, with an id of its own."""
        self._sent += 1
        message_id = f"described-{kind}-{self._sent}"
        if kind in ("lodgement", "draft"):
            body: dict[str, Any] = json.loads(everything(message_id)) if self._sent % 2 else tree(message_id)
            return body if kind == "lodgement" else {"procedure": "IDA", "declaration": body["declaration"]}
        if kind == "document":
            return {**EXAMPLES[kind], "trader_code": TRADER}
        body = {**EXAMPLES[kind], "message_id": message_id, "sender": SENDER.get(kind, TRADER)}
        if kind == "registration":
            draft = json.dumps({"procedure": "IDA", "declaration": tree("")["declaration"]}).encode()
            return body | {"draft_no": self._general.send("draft", draft).json["draft_no"]}
        if kind == "guarantee":
            return body | {"number": str(self._sent)}
        if kind == "parcel_list":
            listed = [each | {"house_no": f"{each['house_no']}.{self._sent}"} for each in body["parcels"]]
            return body | {"operator_code": TRADER, "parcels": listed}
        if kind in ("parcel_act", "parcel_amendment", "parcel_cancellation"):
            answer, listed = self._listed()
            numbers = [each["parcel_no"] for each in answer["parcels"]]
            own = {
                "parcel_act": {"parcel_no": numbers[0]},
                "parcel_amendment": {
                    "list_no": answer["list_no"],
                    "amended_parcels": [{**listed[0], "parcel_no": numbers[0], "customs_value_vnd": 100_000 + self._sent}],
                },
                "parcel_cancellation": {"list_no": answer["list_no"], "parcel_nos": numbers[1:]},
            }  # fmt: skip
            return body | own[kind]
        if kind == "ruling_application":
            return body | {"trader_code": TRADER}
        if kind == "ruling_step":
            applied = json.dumps(self.valid("ruling_application")).encode()
            return body | {
                "trader_code": TRADER,
                "number": self._conditions.send("ruling_application", applied).json["application_no"],
            }
        if kind == "goods_list":
            return body | {"list_no": str(self._sent)}
        if kind == "supplement":
            urgent = {"cargo_class_code": "C"}
            incomplete = message(f"{message_id}-incomplete", incomplete_code="U", **urgent)
            number = self._general.send("lodgement", incomplete).json["declaration_no"]
            return body | {"declaration_no": number, "declaration": tree("", **urgent)["declaration"]}
        if kind in ("amendment", "cleared_amendment", "assessment"):
            body["declaration"] = {**tree("")["declaration"], "package_count": 100 + self._sent}
        # By eleven digits: the number as it stands after any amendment.
        return body | {"declaration_no": self.numbers[self._sent % len(self.numbers)][:11]}

    def _listed(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Register a list of parcels, when what was generated before has left the budget to; return the answer and what was declared."""
        listed = self.valid("parcel_list")
        raw = json.dumps(listed).encode()
        reply = self._parcels.send("parcel_list", raw)
        while reply.status == 429:
            time.sleep(reply.json["next_slot_s"] + 0.01)
            reply = self._parcels.send("parcel_list", raw)
        assert reply.status == 201, reply.json
        answer: dict[str, Any] = reply.json
        return answer, listed["parcels"]

    def send(self, case: Any, label: str) -> requests.Response:
        """Send a case to the lane that takes it, signed over its very bytes."""
        kind = KINDS[case.operation.method.upper(), case.operation.path]
        owner = owner_of(self._home, SIGNER.get(kind, TRADER))
        prepared = requests.Request(**case.as_transport_kwargs(base_url=self.servers[label])).prepare()
        prepared.headers["authorization"] = f"Bearer {owner.token}"
        raw = prepared.body or b""
        raw = raw.encode() if isinstance(raw, str) else raw
        if case.operation.method.upper() == "POST" and kind != "draft":
            prepared.headers[HEADER] = sign(raw, owner.private_key, owner.certificate)
        response = self._session.send(prepared, timeout=30, allow_redirects=False)
        while response.status_code == 429:  # these tests send as fast as answers come
            time.sleep(response.json()["next_slot_s"])
            response = self._session.send(prepared, timeout=30, allow_redirects=False)
        self.seen[kind, response.status_code] += 1
        return response


@pytest.fixture(scope="module")
def described(general: Served, conditions: Served, parcels: Served) -> Iterator[Description]:
    """The description, with all lanes there to be held to it."""
    made = Description(general, parcels, conditions)
    assert made.servers["POST /api/v1/payments"] == f"http://127.0.0.1:{conditions.port}"
    assert made.servers["POST /api/v1/parcels"] == f"http://127.0.0.1:{parcels.port}"
    yield made
    made.close()
    if made.at_length:  # what a worker did not try at length proves nothing by what it has not seen
        refused = {kind for kind, status in made.seen if status == 422}
        assert refused >= made.at_length & {*SENDER, "lodgement", "draft", "registration"}
        assert {status for _, status in made.seen} & {200, 201, 202}


def _grafted(body: Any, whole: dict[str, Any], draw: Any) -> dict[str, Any]:
    """Return a right body into which some members of a generated one were put, at the top, in the declaration and in a line."""
    pairs = [(whole, body)]
    if "declaration" in whole and isinstance(body, dict):
        declared = body.get("declaration")
        pairs.append((whole["declaration"], declared))
        lines = declared.get("items") if isinstance(declared, dict) else None
        pairs.append((whole["declaration"]["items"][0], lines[0] if isinstance(lines, list) and lines else None))
    for home, generated in pairs:
        names = (
            [name for name in generated if name not in ("declaration", "items", "message_id")]
            if isinstance(generated, dict)
            else []
        )
        for name in draw(st.lists(st.sampled_from(sorted(names)), max_size=2, unique=True)) if names else ():
            home[name] = generated[name]
    return whole


def hold(described: Description, label: str, data: st.DataObject) -> None:
    """Draw one case of an operation, send it, and hold the answer to the description."""
    operation = described.operations[label]
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    try:
        case = data.draw(operation.as_strategy(generation_mode=mode))
    except schemathesis.errors.IncorrectUsage:  # nothing about this operation can be wrong
        case = data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    kind = KINDS[operation.method.upper(), operation.path]
    if operation.method.upper() == "POST":
        how = data.draw(st.sampled_from(("as generated", "own name", "grafted", "grafted")))
        if how == "grafted":
            case.body = _grafted(case.body, described.valid(kind), data.draw)
            case.headers.pop("Idempotency-Key", None)
        elif how == "own name" and isinstance(case.body, dict):
            case.body["sender"] = SENDER.get(kind, TRADER)
    elif kind == "declaration" and data.draw(st.booleans()):
        case.path_parameters = {"declaration_no": data.draw(st.sampled_from(described.numbers))}
    try:
        response = described.send(case, label)
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL, UnicodeError):
        assume(False)  # cannot be written as HTTP by this client
        return
    assert response.status_code < 500, (response.status_code, response.text)
    if _OURS in response.headers:
        case.validate_response(response, checks=CONFORMANCE)


def bounded(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("label", LABELS)
@bounded(10)
@given(data=st.data())
def test_what_is_generated_from_the_description_is_answered_as_it_says(
    described: Description, label: str, data: st.DataObject
) -> None:
    hold(described, label, data)


@pytest.mark.parametrize("label", [label for label in LABELS if label.startswith("POST")])
def test_the_right_message_of_each_kind_is_answered_as_described(described: Description, label: str) -> None:
    operation = described.operations[label]
    kind = KINDS["POST", operation.path]
    case = operation.Case(method="POST", body=described.valid(kind), media_type="application/json")
    response = described.send(case, label)
    assert response.status_code in (200, 201, 202, 409), response.text
    case.validate_response(response, checks=CONFORMANCE)


@pytest.mark.torture
@pytest.mark.parametrize("label", LABELS)
@bounded(600)
@given(data=st.data())
def test_at_length_it_is_answered_as_it_says(described: Description, label: str, data: st.DataObject) -> None:
    operation = described.operations[label]
    described.at_length.add(KINDS[operation.method.upper(), operation.path])
    hold(described, label, data)
