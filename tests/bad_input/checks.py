"""What every refusal must look like: problem details, and findings that say what, where, in two languages, and what to do."""

from typing import Any

from tests.bad_input.served import Reply

CODE, TEXTS = "code", ("text_vi", "text_en", "repair_vi", "repair_en")


def problem(reply: Reply, status: int) -> dict[str, Any]:
    """Return the problem details of a reply, asserting that they are whole."""
    assert reply.status == status, (reply.status, reply.body[:2_000].decode(errors="replace"))
    assert reply.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = reply.json
    assert body["status"] == status
    assert body["type"].startswith("/problems/") and body["title"] and body["title_vi"]
    assert body["title"] != body["title_vi"]
    return body


def undecodable(reply: Reply, code: str) -> None:
    """Hold a reply to be a 400 with this code."""
    body = problem(reply, 400)
    assert (body["type"], body["code"]) == ("/problems/undecodable", code)


def findings(reply: Reply) -> list[dict[str, Any]]:
    """Return the findings of a 422, asserting that each is whole."""
    found: list[dict[str, Any]] = problem(reply, 422)["findings"]
    assert found
    for finding in found:
        assert_whole(finding)
    return found


def assert_whole(finding: dict[str, Any], *, filled: bool = True) -> None:
    """A finding names code and place, and says in Vietnamese and English what is wrong and what to do. `filled`: no brace is left in it,
    where the message itself had none to be quoted.
    """
    assert finding["code"], finding
    assert finding["pointer"] == "" or finding["pointer"].startswith("/"), finding
    for name in TEXTS:
        assert finding.get(name, "").strip(), (name, finding)
    assert finding["text_vi"] != finding["text_en"], finding
    shown = "".join(finding[name] for name in TEXTS)
    assert not filled or not {"{", "}"} & set(shown), finding
    assert all(character.isprintable() for character in shown), finding


def codes_at(found: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Return (code, pointer) of each finding."""
    return {(finding["code"], finding["pointer"]) for finding in found}
