"""What a form begins with: nothing is asked twice that the platform knows already."""

from collections.abc import Container
from typing import Any

import msgspec
from django.http import Http404, HttpRequest

from haidang.clearance import lookups as clearance
from haidang.clearance.lookups import files
from haidang.declarations import lookups as declarations
from haidang.declarations.rules.kinds import EXPORT_KINDS
from haidang.parties.terms import Membership
from haidang.platform.db import Transaction
from haidang.portals import handing_on
from haidang.portals.dossier import shard_of
from haidang.portals.reading import reader
from haidang.portals.who import Who

_LOOKED_AT = 20
"""Of the latest declarations so many are looked at for one of the same direction."""
_KIND = {False: "A11", True: "B11"}
"""Goods bought and sold: the kind a form begins with when there is no earlier declaration."""
_SAME_AGAIN = (
    "kind_code", "trader_name", "trader_address", "person_class_code", "customs_office_code", "transport_mode_code", "warehouse_code",
    "unloading_place_code", "loading_place_code", "final_destination_code", "package_unit_code", "invoice_class_code",
    "payment_method_code", "price_kind_code", "price_condition_code", "invoice_currency_code", "valuation_code", "freight_code",
    "freight_currency_code", "insurance_code", "insurance_currency_code", "payment_timing_code", "counterparty_name",
    "counterparty_country_code",
)  # fmt: skip
"""What a trader mostly declares as the last time."""
OF_ONE_SHIPMENT = frozenset(
    (
        *("first_declaration_no", "branch_no", "branch_count", "temporary_declaration_no", "planned_on", "return_due_on"),
        *("transport_document_nos", "vessel_code", "vessel_name", "arrival_on", "departure_on", "container_count", "container_nos"),
        *("permits", "e_invoice_no", "invoice_no", "invoice_on", "guarantee_key", "attachments", "transits", "trader_reference"),
        *("incomplete_code", "transport_start_on", "transport_arrival_on", "warehouse_entry_on", "release_request_code"),
    )
)  # fmt: skip
"""What is another with every shipment, and is not taken over into a new declaration."""


def known_of(who: Who, member: Membership, trader_code: str, is_export: bool) -> dict[str, Any]:
    """Return what a new declaration of a trader begins with: who it is, and what was said the last time in the same direction."""
    known: dict[str, Any] = {"kind_code": _KIND[is_export], "trader_code": trader_code}
    if trader_code == member.party_code:
        known["trader_name"] = member.party_name
    for server in range(reader().servers.count):
        with reader().transaction(server, person_id=who.person_id, trader_codes=[trader_code]) as transaction:
            last = _last(transaction, trader_code, is_export)
        if last is not None:
            return known | {name: last[name] for name in _SAME_AGAIN if last.get(name)}
    return known


def _last(transaction: Transaction, trader_code: str, is_export: bool) -> dict[str, Any] | None:
    """Return the header of the trader's last declaration in a direction, by column; None when there is none."""
    for row in clearance.declaration_list(transaction, [trader_code], "", _LOOKED_AT):
        if (row["kind_code"] in EXPORT_KINDS) == is_export:
            place = shard_of(row["declaration_no"])
            file = files.find_file(transaction, *place) if place else None
            if file is not None:
                return declarations.declared_view(transaction.connection, file.key)["header"]  # type: ignore[no-any-return]
    return None


INCOMPLETE = frozenset(("incomplete_code",))
"""What a declaration that is complete no more says."""


def earlier(request: HttpRequest, who: Who, number: str, left_out: Container[str]) -> tuple[Membership, dict[str, Any]]:
    """Return the member who may act on a declaration, and all that it declares but for the fields left out.

    Raises:
        Http404: it is not there for this person, or not to act on.
    """
    place = shard_of(number)
    if place is None:
        raise Http404
    with reader().transaction(
        reader().servers.for_shard(place[0]), person_id=who.person_id, trader_codes=who.trader_codes
    ) as transaction:
        file = files.find_file(transaction, *place)
    member = acting_for(who, file.trader_code) if file is not None else None
    if member is None:
        raise Http404
    declared = _declared(request, who, member, number)
    return member, {name: value for name, value in declared.items() if name not in left_out}


def acting_for(who: Who, trader_code: str) -> Membership | None:
    """Return the member for whose party the person may act on a trader's declarations: the trader's own, or else an agent's; None for nobody."""
    party_id = who.readers.get(trader_code)
    return next((each for each in who.acting if each.party_id == party_id), None)


def _declared(request: HttpRequest, who: Who, member: Membership, number: str) -> dict[str, Any]:
    """Return what was declared under a number, read back from the message that said it."""
    as_xml = handing_on.by_member(request, who, member, f"declarations/{number}", accept=handing_on.XML)
    if not as_xml.is_done:
        raise Http404
    read = handing_on.by_member(request, who, member, "conversions", as_xml.content).facts
    if "declaration" not in read:
        raise Http404
    declared = read["declaration"]
    assert isinstance(declared, dict), msgspec.json.encode(read)[:200]
    return declared
