"""The shipped declarations survive the way through XML of the WCO Data Model and back."""

import pytest

from haidang.gateway.messages import wco_writing
from haidang.gateway.messages.declaration import encode_declaration
from haidang.gateway.messages.envelope import Lodgement, decode_lodgement
from haidang.site.demo.samples import shipped_messages


@pytest.mark.processes
def test_each_shipped_declaration_reads_the_same_from_xml() -> None:
    for sample in shipped_messages():
        given = decode_lodgement(sample.message)
        assert isinstance(given, Lodgement)
        raw = wco_writing.write(given.message_id, given.sender, encode_declaration(given.declaration))
        assert decode_lodgement(raw) == given
