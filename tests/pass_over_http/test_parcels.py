"""Lists of parcels over HTTP: at their own port, within budgets counted in parcels, and a flood of one sender is nobody else's."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from haidang.parties.signing import HEADER, sign
from haidang.site.demo import people
from tests.pass_over_http.asking import Asker, owner_of
from tests.passing.parcels import parcels
from tests.torture.harness import Lanes

pytestmark = pytest.mark.processes

PATH = "/api/v1/parcels"
FLOODER, POLITE = 31, 32
RATE, SHARE = 300, 400


@pytest.fixture(scope="module")
def asker(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    """The lanes that parcels need, as real processes with small budgets."""
    database = cluster.make_trial()
    lanes = Lanes(
        database.environment, tmp_path_factory.mktemp("parcel-lanes"), HAIDANG_PARCEL_RATE=str(RATE), HAIDANG_PARCEL_SHARE=str(SHARE),
        HAIDANG_GENERAL_PROCESSES="1",
    )  # fmt: skip
    try:
        asyncio.run(lanes.start("general", "parcels"))
        made = Asker(lanes)
        yield made
        made.close()
        assert "incident" not in lanes.log("parcels"), lanes.log("parcels")
    finally:
        asyncio.run(lanes.stop())
        cluster.drop(database)


def listing(asker: Asker, name: str, count: int, operator: int) -> tuple[dict[str, str], bytes]:
    owner = owner_of(asker.config.home, people.trader_code(operator))
    body = {
        "message_id": name, "sender": owner.code, "procedure": "MIC", "operator_code": owner.code, "customs_office_code": "03CC",
        "transport_document_no": "MAWB-1", "parcels": [each | {"house_no": f"{each['house_no']}.{name}"} for each in parcels(count)],
    }  # fmt: skip
    raw = json.dumps(body).encode()
    return {**asker.token(owner.code), HEADER: sign(raw, owner.private_key, owner.certificate)}, raw


def send(asker: Asker, name: str, count: int, operator: int) -> Any:
    headers, raw = listing(asker, name, count, operator)
    return asker.ask("POST", PATH, headers, raw, "parcels")


def patiently(asker: Asker, name: str, count: int, operator: int) -> Any:
    """Send a list, and again after each wait that it was told."""
    for _ in range(20):
        reply = send(asker, name, count, operator)
        if reply.status != 429:
            break
        time.sleep(reply.json["next_slot_s"] + 0.01)
    return reply


def test_a_list_at_another_port_is_told_where_to_go(asker: Asker) -> None:
    headers, raw = listing(asker, "elsewhere", 1, POLITE)
    reply = asker.ask("POST", PATH, headers, raw, "general")
    assert reply.status == 421
    assert reply.json["address"] == f"http://127.0.0.1:{asker.config.port_parcels}{PATH}"


def test_a_parcel_is_registered_at_its_port_and_seen_at_the_general_one(asker: Asker) -> None:
    reply = patiently(asker, "one", 2, POLITE)
    assert reply.status == 201
    number = reply.json["parcels"][1]["parcel_no"]
    token = asker.token(people.trader_code(POLITE))
    seen = asker.ask("GET", f"{PATH}/{number}", token)
    assert seen.status == 200 and seen.json["house_no"] == "HAWB-0002.one"
    assert asker.ask("GET", f"{PATH}/{number}", {**token, "if-none-match": seen.header("etag") or ""}).status == 304
    assert asker.ask("GET", f"{PATH}/{number}", asker.token(people.trader_code(FLOODER))).status == 404
    assert asker.ask("GET", f"/api/v1/parcel-lists/{reply.json['list_no']}", token).json["states"]


def test_a_flood_is_refused_by_the_parcel_with_the_time_of_the_next_slot_and_others_go_on(asker: Asker) -> None:
    replies = [send(asker, f"flood-{number}", 400, FLOODER) for number in range(6)]
    taken = [reply for reply in replies if reply.status == 201]
    refused = [reply for reply in replies if reply.status == 429]
    assert len(taken) + len(refused) == 6 and taken and refused
    assert refused[0].json["next_slot_s"] > 0 and refused[0].header("retry-after")
    assert sum(reply.json["accepted_count"] for reply in taken) <= 1_000 + 6 * RATE
    assert patiently(asker, "polite", 3, POLITE).status == 201


def test_all_senders_together_stay_within_the_share_of_the_lane(asker: Asker) -> None:
    assert patiently(asker, "crowd-41", 1_000, 41).status == 201
    refused = send(asker, "crowd-42", 1, 42)
    assert refused.status == 429 and refused.json["next_slot_s"] > 0
    assert patiently(asker, "crowd-42", 1, 42).status == 201


def test_escapes_do_not_hide_parcels_from_the_budget(asker: Asker) -> None:
    headers, raw = listing(asker, "escaped", 900, 51)
    owner = owner_of(asker.config.home, people.trader_code(51))
    hidden = raw.replace(b'"house_no"', b'"house\\u005fno"')
    headers[HEADER] = sign(hidden, owner.private_key, owner.certificate)
    statuses = [asker.ask("POST", PATH, headers, hidden, "parcels").status for _ in range(3)]
    assert 429 in statuses
