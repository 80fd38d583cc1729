"""A declaration sent as XML of the WCO Data Model passes as the same one sent as JSON."""

from collections.abc import Iterator

import pytest

from haidang.declarations.tests import build
from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.site.demo import people
from tests.passing.rig import Rig, declared

TRADER = people.trader_code(1)


@pytest.fixture
def rig(fresh_trial) -> Iterator[Rig]:
    made = Rig(fresh_trial.config)
    yield made
    made.close()


def test_xml_is_registered_taxed_answered_once_and_replayed(rig: Rig) -> None:
    given = decode_lodgement(build.message(declared(), message_id="as-json", sender=TRADER))
    assert isinstance(given, Lodgement)
    raw = wco_writing.write("as-xml", TRADER, encode_declaration(given.declaration))
    (_, json_answer), (status, answer) = (
        rig.lodge(given.declaration, "as-json"),
        rig.batch([rig.waiting("lodgement", raw, TRADER)])[0],
    )
    assert status == 201
    assert answer["taxes"] == json_answer["taxes"] and answer["lines"] == json_answer["lines"]
    assert rig.batch([rig.waiting("lodgement", raw, TRADER)]) == [(201, answer)]
    other = rig.batch([rig.waiting("lodgement", raw.replace(b">42<", b">43<"), TRADER)])[0]
    assert (other[0], other[1]["findings"][0]["code"]) == (422, "HD-ID-REUSED")
    assert rig.violations() == []


def test_xml_without_a_signature_or_with_strange_elements_registers_nothing(rig: Rig) -> None:
    given = decode_lodgement(build.message(declared(), message_id="x", sender=TRADER))
    assert isinstance(given, Lodgement)
    raw = wco_writing.write("strange", TRADER, encode_declaration(given.declaration))
    assert rig.batch([rig.waiting("lodgement", raw, TRADER, signature=None)])[0][1]["findings"][0]["code"] == "E9990"
    strange = raw.replace(b"<Submitter>", b"<Agent><ID>1</ID></Agent><Submitter>")
    status, answer = rig.batch([rig.waiting("lodgement", strange, TRADER)])[0]
    assert (status, [(each["code"], each["wco_pointer"]) for each in answer["findings"]]) == (
        422, [("HD-XML-NO-PLACE", "Declaration/Agent/ID")],
    )  # fmt: skip
    assert rig.batch([rig.waiting("lodgement", raw, TRADER)])[0][0] == 201
    assert rig.violations() == []
