"""A rig with the lane of parcels beside the others, and lists to send through it."""

import json
from typing import Any
from unittest.mock import patch

from haidang.platform.config import Config
from haidang.site.demo import people
from tests.passing.rig import BANK, CUSTOMS, PORT, Rig

Reply = tuple[int, dict[str, Any]]


def parcel(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one parcel on the wire."""
    return {
        "house_no": f"HAWB-{number:04}",
        "description": "Áo thun cotton",
        "party_name": "Nguyễn Văn Mẫu",
        "counterparty_name": "SAMPLE SHOP",
        "country_code": "CN",
        "customs_value_vnd": 850_000,
        "gross_mass": "0.35",
        **changes,
    }


def parcels(count: int) -> list[dict[str, Any]]:
    return [parcel(number) for number in range(1, count + 1)]


class ParcelRig(Rig):
    """All lanes that take messages, driven by hand."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.add_lane("parcels")

    def listing(
        self, listed: list[dict[str, Any]], operator: int = 2, message_id: str = "", **changes: Any
    ) -> dict[str, Any]:
        """Return a list of an operator of the demo country; its house numbers are no other list's."""
        code = people.trader_code(operator)
        self._number += 1
        listed = [
            each | {"house_no": f"{each['house_no']}.{self._number}"} if "house_no" in each else each for each in listed
        ]
        return {
            "message_id": message_id or self.fresh_id(),
            "sender": code,
            "procedure": "MIC",
            "operator_code": code,
            "customs_office_code": CUSTOMS,
            "transport_document_no": "MAWB-1",
            "parcels": listed,
            **changes,
        }

    def list_parcels(
        self, listed: list[dict[str, Any]], operator: int = 2, message_id: str = "", **changes: Any
    ) -> Reply:
        body = self.listing(listed, operator, message_id, **changes)
        return self.send(body)

    def send(self, body: dict[str, Any] | bytes) -> Reply:
        code = (json.loads(body) if isinstance(body, bytes) else body)["sender"]
        return self.batch([self.waiting("parcel_list", body, code)], "parcels")[0]

    def amend_parcels(
        self,
        list_no: str,
        amended: list[dict[str, Any]],
        operator: int = 2,
        message_id: str = "",
        procedure: str = "MIE",
    ) -> Reply:
        """Amend parcels; nothing is looked at by chance."""
        with patch("haidang.risk.actions.draws", lambda count: [9_999] * count):
            return self._change("parcel_amendment", procedure, list_no, operator, message_id, amended_parcels=amended)

    def cancel_parcels(
        self, list_no: str, parcel_nos: list[str], operator: int = 2, case: str = "unamendable_error"
    ) -> Reply:
        own: dict[str, Any] = {"case": case, "parcel_nos": parcel_nos}
        return self._change("parcel_cancellation", "PARCEL_CANCEL", list_no, operator, "", **own)

    def _change(self, kind: str, procedure: str, list_no: str, operator: int, message_id: str, **own: Any) -> Reply:
        sender = people.trader_code(operator)
        body = {
            "message_id": message_id or self.fresh_id(), "sender": sender, "procedure": procedure, "list_no": list_no,
            "reason": "khai nhầm", **own,
        }  # fmt: skip
        return self.batch([self.waiting(kind, body, sender)], "parcels")[0]

    def act_on(self, parcel_no: str, act: str, signer: str, text: str = "nghi hàng giả", **facts: Any) -> Reply:
        sender = people.machine_of(signer)
        body = {
            "message_id": self.fresh_id(), "sender": sender, "procedure": "PARCEL_ACT", "parcel_no": parcel_no, "act": act, "text": text,
            **facts,
        }  # fmt: skip
        return self.batch([self.waiting("parcel_act", body, sender, signer=signer)], "conditions")[0]


def in_green(rig: ParcelRig, listed: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Register a list with every draw so high that nothing is looked at by chance."""
    return drawn(rig, listed, 9_999, **changes)


def drawn(rig: ParcelRig, listed: list[dict[str, Any]], draw: int, **changes: Any) -> dict[str, Any]:
    with patch("haidang.risk.actions.draws", lambda count: [draw] * count):
        status, answer = rig.list_parcels(listed, **changes)
    assert status == 201, answer
    return answer


__all__ = ["BANK", "CUSTOMS", "PORT", "ParcelRig", "drawn", "in_green", "parcel", "parcels"]
