"""The description of `/api/v1` says what is so: every route, every message, every answer."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from haidang.gateway import openapi
from haidang.gateway.examples import EXAMPLES
from haidang.gateway.messages import documents, envelope, following, parcels, rulings
from haidang.gateway.queries import Queries
from haidang.gateway.routes import ROUTES, RouteTable
from haidang.platform.db import Servers
from tests.passing.parcels import ParcelRig, drawn, parcel
from tests.passing.rig import CHECKER, HEAD, Rig, declared

DOCUMENT = json.loads(openapi.document_bytes())


def closed(schema: Any) -> Any:
    """Return a schema whose objects have the members they name and no others: so a member that is not described is found."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **made} if isinstance(made.get("properties"), dict) else made


def validator(schema: dict[str, Any]) -> Any:
    """Return a validator of one schema of the document, its references resolved within it."""
    return jsonschema_rs.Draft202012Validator(closed({**schema, "components": DOCUMENT["components"]}))


def answer_schema(path: str, method: str, status: int) -> dict[str, Any]:
    content = DOCUMENT["paths"][path][method]["responses"][str(status)]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return schema


def check(path: str, method: str, status: int, body: Any) -> None:
    faults = [
        f"{error.instance_path}: {error.message}"
        for error in validator(answer_schema(path, method, status)).iter_errors(body)
    ]
    assert faults == []


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_route_is_described_and_nothing_else() -> None:
    described = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert described == {(route.method, route.path) for route in ROUTES}


def test_every_reference_leads_somewhere_and_every_schema_is_referred_to() -> None:
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) == known


def test_every_pattern_is_one_of_json_schema() -> None:
    patterns = re.findall(r'"pattern":"((?:[^"\\]|\\.)*)"', openapi.document_bytes().decode())
    assert patterns
    assert not any(r"\\Z" in pattern for pattern in patterns)


def test_legal_acts_ask_for_a_signature_and_questions_for_a_token() -> None:
    for route in ROUTES:
        security = DOCUMENT["paths"][route.path][route.method.lower()]["security"]
        wanted: list[dict[str, list[str]]] = [{"token": [], "signature": []}] if route.signed else [{"token": []}]
        assert security == ([] if route.public else wanted)


def test_every_operation_has_a_name_of_its_own_and_speaks_two_languages() -> None:
    operations = [operation for item in DOCUMENT["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(" · " in operation["summary"] for operation in operations)


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_example_is_a_message_that_the_lane_decodes(kind: str) -> None:
    homes = (envelope, following, parcels, documents, rulings)
    decode = next(getattr(home, f"decode_{kind}") for home in homes if hasattr(home, f"decode_{kind}"))
    decoded = decode(json.dumps(EXAMPLES[kind], ensure_ascii=False).encode())
    assert not isinstance(decoded, list | envelope.Undecodable), decoded


@pytest.mark.parametrize("kind", sorted(EXAMPLES))
def test_every_example_fits_its_schema(kind: str) -> None:
    name, _ = openapi.MESSAGES[kind]
    validator(DOCUMENT["components"]["schemas"][name]).validate(EXAMPLES[kind])


def test_every_kind_of_message_has_an_example() -> None:
    assert (
        set(openapi.MESSAGES)
        == set(EXAMPLES)
        == {route.kind for route in ROUTES if route.method == "POST" and not route.asked}
    )


def test_a_message_with_an_unknown_or_missing_member_does_not_fit() -> None:
    schema = validator(DOCUMENT["components"]["schemas"]["Lodgement"])
    example = EXAMPLES["lodgement"]
    assert not schema.is_valid({**example, "colour": "red"})
    assert not schema.is_valid({name: value for name, value in example.items() if name != "declaration"})
    assert not schema.is_valid({**example, "declaration": {**example["declaration"], "invoice_total": "1e3"}})


def test_every_field_is_explained_in_vietnamese_and_english() -> None:
    for name, fields in openapi.MESSAGES.values():
        properties = DOCUMENT["components"]["schemas"][name]["properties"]
        assert set(properties) == set(fields)
        assert all(" · " in given["description"] for given in properties.values() if "$ref" not in given)


@pytest.fixture(scope="module")
def rig(trial: Any) -> Iterator[Rig]:
    made = Rig(trial.config)
    yield made
    made.close()


def test_the_answers_of_the_lanes_fit_the_schemas(rig: Rig) -> None:
    status, body = rig.lodge(declared())
    check("/api/v1/declarations", "post", status, body)
    assert status == 201
    if "document_check" in {each["kind"] for each in body["open_conditions"]}:
        status, answer = rig.result(body["declaration_no"], "document_check")
        check("/api/v1/results", "post", status, answer)
    status, answer = rig.pay(body["declaration_no"], body["payable_vnd"] - 1)
    assert status == 202
    check("/api/v1/payments", "post", status, answer)
    status, answer = rig.pay(body["declaration_no"], body["payable_vnd"])
    assert status == 200
    check("/api/v1/payments", "post", status, answer)
    status, answer = rig.arrive(body["declaration_no"])
    assert status == 409
    check("/api/v1/arrivals", "post", status, answer)


def test_the_answers_about_parcels_fit_the_schemas(trial: Any) -> None:
    rig = ParcelRig(trial.config)
    try:
        body = drawn(rig, [parcel(1), parcel(2, permit_needed=True)], 0)
        check("/api/v1/parcels", "post", 201, body)
        number = body["parcels"][0]["parcel_no"]
        for act, signer in (("hold", HEAD), ("release", HEAD), ("document_check", CHECKER)):
            status, answer = rig.act_on(number, act, signer)
            assert status == 200
            check("/api/v1/parcel-acts", "post", status, answer)
        status, answer = rig.pay(body["list_no"], body["payable_vnd"])
        assert (status, answer["waiting_count"]) == (200, 1)
        check("/api/v1/payments", "post", status, answer)
        routes = RouteTable()
        queries = Queries(Servers(rig.config), routes)
        party = rig.lanes["parcels"].knowledge.directory.by_code[body["operator_code"]]
        for path in (f"/api/v1/parcels/{number}", f"/api/v1/parcel-lists/{body['list_no']}"):
            match = routes.find("GET", path)
            assert match is not None
            response = queries.answer(match, party, "", None)
            assert response.status == 200
            check(match.route.path, "get", 200, json.loads(response.body))
        wrong_way = routes.find("GET", f"/api/v1/parcels/{body['list_no']}")
        assert wrong_way is not None and queries.answer(wrong_way, party, "", None).status == 404
    finally:
        rig.close()


def test_findings_fit_the_schema(rig: Rig) -> None:
    status, body = rig.lodge(declared(customs_office_code="ZZZZ"))
    assert (status, bool(body["findings"])) == (422, True)
    check("/api/v1/declarations", "post", status, body)


def test_the_draft_s_answer_fits_the_schema(rig: Rig) -> None:
    raw = msgspec.json.decode(rig.waiting("draft", {}, declared().trader_code, signature=None).raw)
    assert raw == {}
    from haidang.gateway.messages.declaration import encode_declaration

    message = {"procedure": "IDA", "declaration": encode_declaration(declared())}
    ((status, body),) = rig.batch([rig.waiting("draft", message, declared().trader_code, signature=None)])
    assert status == 201, body
    check("/api/v1/drafts", "post", status, body)


def test_the_answers_to_questions_fit_the_schemas(rig: Rig) -> None:
    _, lodged = rig.lodge(declared())
    routes = RouteTable()
    queries = Queries(Servers(rig.config), routes)
    party = rig.lanes["general"].knowledge.directory.by_code[declared().trader_code]
    for path, query in (
        (f"/api/v1/declarations/{lodged['declaration_no']}", ""),
        ("/api/v1/declarations", ""),
        ("/api/v1/health", ""),
    ):
        match = routes.find("GET", path)
        assert match is not None
        response = queries.answer(match, party, query, None)
        assert response.status == 200
        check(match.route.path, "get", 200, json.loads(response.body))
