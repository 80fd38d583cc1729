"""A declaration is given as JSON, XML of the WCO Data Model or PDF, to whoever may read it and to nobody else."""

import json
from typing import Any

import pytest

from haidang.gateway.messages import wco
from haidang.gateway.negotiating import chosen
from haidang.gateway.printing import setting
from haidang.gateway.problems import Response
from haidang.gateway.queries import Queries
from haidang.gateway.routes import RouteTable
from haidang.gateway.showing import FORMS, PDF, XML
from haidang.platform.db import Servers
from tests.passing.rig import CUSTOMS, Rig, declared, item

TRADER, OTHER = declared().trader_code, declared(trader=2).trader_code


@pytest.fixture(scope="module")
def rig(trial: Any) -> Any:
    made = Rig(trial.config)
    yield made
    made.close()


@pytest.fixture(scope="module")
def queries(rig: Rig) -> Queries:
    return Queries(Servers(rig.config), RouteTable())


def ask(rig: Rig, queries: Queries, number: str, accept: str, code: str = TRADER, etag: str | None = None, query: str = "") -> Response:  # fmt: skip
    match = RouteTable().find("GET", f"/api/v1/declarations/{number}")
    assert match is not None
    party = rig.lanes["general"].knowledge.directory.by_code[code]
    return queries.answer(match, party, query, etag, accept)


@pytest.fixture(scope="module")
def number(rig: Rig) -> str:
    status, body = rig.lodge(declared(notes='Hàng mới <&> "100%" #set text(red) $x$ \\u{41}'), "forms-1")
    assert status == 201
    return str(body["declaration_no"])


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/pdf", PDF),
        ("text/xml", XML),
        ("application/xml;q=0.5, application/pdf;q=0.9", PDF),
        ("application/json;q=0, */*", XML),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", XML),
        ("application/*", "application/json"),
        ("text/html", None),
        ("application/pdf;q=0", None),
        ("application/pdf;q=x", PDF),
        (",;=", "application/json"),
    ],
)
def test_the_form_is_the_one_that_is_wanted_most(accept: str, form: str | None) -> None:
    assert chosen(accept, FORMS) == form


def test_as_xml_a_declaration_says_what_was_declared(rig: Rig, queries: Queries, number: str) -> None:
    response = ask(rig, queries, number, XML)
    assert (response.status, response.content_type) == (200, XML)
    mapped = wco.read(response.body)
    assert isinstance(mapped, wco.Mapped) and mapped.findings == []
    from haidang.declarations.tests import build

    assert mapped.tree["message_id"] == "forms-1" and mapped.tree["sender"] == TRADER
    said = json.loads(json.dumps(mapped.tree["declaration"], default=lambda it: int(it.text)))
    assert said == build.wire(declared(notes='Hàng mới <&> "100%" #set text(red) $x$ \\u{41}'))


def test_the_xml_of_a_declaration_can_be_lodged_again_and_gets_the_first_answer_or_a_reason(
    rig: Rig, queries: Queries, number: str
) -> None:
    raw = ask(rig, queries, number, XML).body
    ((status, body),) = rig.batch([rig.waiting("lodgement", raw, TRADER)])
    assert status == 422 and body["findings"][0]["code"] == "HD-ID-REUSED"


def test_a_form_that_the_asker_has_is_not_sent_again(rig: Rig, queries: Queries, number: str) -> None:
    for accept in FORMS:
        headers = dict(ask(rig, queries, number, accept).headers)
        again = ask(rig, queries, number, accept, etag=headers["etag"])
        assert (again.status, again.body, headers["vary"]) == (304, b"", "accept")


def test_in_no_form_is_a_declaration_shown_to_another(rig: Rig, queries: Queries, number: str) -> None:
    for accept in FORMS:
        assert ask(rig, queries, number, accept, OTHER).status == 404
        assert ask(rig, queries, number, accept, "NGANHANGM01").status == 404
        assert ask(rig, queries, number, accept, CUSTOMS).status == 200


def test_a_form_that_there_is_not_is_refused_with_those_there_are(rig: Rig, queries: Queries, number: str) -> None:
    response = ask(rig, queries, number, "text/csv")
    assert response.status == 406 and "application/pdf" in json.loads(response.body)["title"]


def test_an_amended_declaration_is_given_as_amended(rig: Rig, queries: Queries) -> None:
    lodged = rig.lodge(declared())[1]
    amended = rig.amend(lodged["declaration_no"], declared(package_count=43))[1]
    mapped = wco.read(ask(rig, queries, amended["declaration_no"], XML).body)
    assert isinstance(mapped, wco.Mapped)
    assert mapped.tree["declaration"]["package_count"].text == "43"  # type: ignore[index]


def test_a_declaration_registered_from_a_draft_is_given_as_drafted(rig: Rig, queries: Queries) -> None:
    from haidang.declarations.tests import build

    draft = {"procedure": "IDA", "declaration": build.wire(declared(notes="nháp"))}
    ((_, saved),) = rig.batch([rig.waiting("draft", draft, TRADER, signature=None)])
    registration = {
        "message_id": "forms-idc", "sender": TRADER, "procedure": "IDC", "draft_no": saved["draft_no"], "accept_repricing": True,
    }  # fmt: skip
    ((status, body),) = rig.batch([rig.waiting("registration", registration, TRADER)])
    assert status == 201, body
    mapped = wco.read(ask(rig, queries, body["declaration_no"], XML).body)
    assert isinstance(mapped, wco.Mapped)
    assert (mapped.tree["message_id"], mapped.tree["declaration"]["notes"]) == ("forms-idc", "nháp")  # type: ignore[index]


def test_the_printed_form_is_the_same_bytes_every_time_until_something_happens(rig: Rig, queries: Queries) -> None:
    lodged = rig.lodge(declared())[1]
    first, second = (ask(rig, queries, lodged["declaration_no"], PDF) for _ in range(2))
    assert first.status == 200 and first.body.startswith(b"%PDF-") and first.body == second.body
    assert rig.pay(lodged["declaration_no"], lodged["payable_vnd"])[0] == 200
    assert ask(rig, queries, lodged["declaration_no"], PDF).body != first.body


def test_what_has_many_lines_is_printed_in_parts_that_hold_every_line_and_tax_once(
    rig: Rig, queries: Queries, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rig.lodge(declared(items=tuple(item(line_no=at) for at in range(1, 6))))[1]["declaration_no"]
    monkeypatch.setattr(setting, "MOST_LINES", 2)
    said: list[dict[str, Any]] = []
    real = setting.pdf
    monkeypatch.setattr(setting, "pdf", lambda form, at: said.append(form) or real(form, at))
    parts = [ask(rig, queries, number, PDF, query=query) for query in ("", "part=2", "part=3")]
    assert [part.status for part in parts] == [200] * 3 and len({dict(part.headers)["etag"] for part in parts}) == 3
    assert [dict(part.headers).get("link") for part in parts] == [
        '<?part=2>; rel="next"',
        '<?part=3>; rel="next"',
        None,
    ]
    assert [each["no"] for form in said for each in form["items"]] == [str(at) for at in range(1, 6)]
    assert [int(each["line"]) for form in said for each in form["taxes"]] == sorted(
        int(each["line"]) for form in said for each in form["taxes"]
    )
    assert [form["summary"][-1]["value"] for form in said] == ["1–2 / 5", "3–4 / 5", "5–5 / 5"]
    for wrong in ("part=0", "part=4", "part=x", "part=99999"):
        response = ask(rig, queries, number, PDF, query=wrong)
        assert response.status == 404 and "part=3" in json.loads(response.body)["title"]
