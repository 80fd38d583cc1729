"""One declaration as its page shows it: header, goods, taxes and what was paid, conditions, versions, questions, what was done."""

from collections import defaultdict
from typing import Any

from haidang.clearance import lookups as clearance
from haidang.clearance.lookups import served
from haidang.clearance.lookups.files import FileNumber
from haidang.clearance.rules.conditions import UNVERIFIED_LAW
from haidang.clearance.rules.serving import REASONED, parse_service_no
from haidang.clearance.terms import ConditionKind
from haidang.clearance.terms.acts import Deed
from haidang.declarations import lookups as declarations
from haidang.declarations.rules.fields import group
from haidang.journal import lookups as journal
from haidang.ledger import lookups as ledger
from haidang.ledger.rules import assessed_vnd
from haidang.ledger.terms import LATE_INTEREST
from haidang.parties import lookups as parties
from haidang.platform.db import Transaction
from haidang.portals.codes import Names, Spoken, names_of_today
from haidang.portals.reading import reader

TAX_KINDS = {
    1: "import_duty", 2: "trade_remedy", 3: "special_consumption", 4: "environment", 5: "value_added", 6: "export_duty",
}  # fmt: skip
"""Tax columns by the number of their kind, in the order of `declarations.lookups.TAX_COLUMNS`."""

_HEADER = (
    "customs_office_code", "counterparty_name", "counterparty_country_code", "transport_document_nos", "transport_mode_code",
    "loading_place_code", "warehouse_code", "arrival_on", "package_count", "package_unit_code", "invoice_no", "price_condition_code",
    "payment_timing_code",
)  # fmt: skip


_TEXTS = REASONED | {Deed.RAISE_CHANNEL, Deed.INSPECTION_RESULT}
"""Acts of which the page says more than what was served: an order of inspection where and what, its result what was found, a decision why."""
_LISTS = {name: group("header")[name].code_list for name in _HEADER}


def _said(names: Names, list_name: str, value: Any) -> Any:
    """Return a declared code with what it is called; any other value as it is."""
    return names.of(list_name, value) if list_name and value else value


def _named(names: Names, item: dict[str, Any]) -> dict[str, Spoken]:
    return {
        name: names.of(group("item")[f"{name}_code"].code_list, item[f"{name}_code"])
        for name in ("origin_country", "tariff_schedule", "unit")
    }


def shard_of(number: str) -> tuple[int, int] | None:
    """Return (shard, 11-digit number) of a number as people write it (11 or 12 digits), None for a text that is none or was never given."""
    if not (number.isascii() and number.isdigit() and len(number) in (11, 12)):
        return None
    no11 = int(number[:11])
    with reader().connection() as connection:
        shard = declarations.ShardFinder(connection).shard_of_number(no11)
    return None if shard is None else (shard, no11)


def dossier(transaction: Transaction, file: FileNumber) -> dict[str, Any]:
    """Return everything a page shows of a declaration that the role of this transaction may see.

    Money is whole đồng (`_vnd`) or ten-thousandths (`_e4`).
    """
    shard, no11, key = file.key[0], file.no11, file.key
    view = clearance.declaration_view(transaction, shard, no11)
    history = clearance.version_list(transaction, shard, no11)
    assert view is not None and history is not None, "the file was found in this transaction"
    declared = declarations.declared_view(transaction.connection, key)
    taxes_of: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for tax in view["lines"]:
        taxes_of[tax["line_no"]].append({**tax, "name": TAX_KINDS[tax["kind"]]})
    header, names = declared["header"], names_of_today()
    conditions = [
        {**each, "unverified": ConditionKind[each["kind"].upper()] in UNVERIFIED_LAW} for each in view["conditions"]
    ]
    return {
        **view,
        "kind": names.of("declaration_kind", view["kind_code"]),
        "header": [(name, _said(names, _LISTS[name], header[name])) for name in _HEADER],
        "gross_mass_g": header["gross_mass_g"],
        "invoice_total_e4": header["invoice_total_e4"],
        "currency": header["invoice_currency_code"],
        "items": [{**item, **_named(names, item), "taxes": taxes_of[item["line_no"]]} for item in declared["items"]],
        "open": [each for each in conditions if "closed_at" not in each],
        "closed": [each for each in conditions if "closed_at" in each],
        "money": _money(transaction, file, view["taxes"], adjusted=bool(history["adjustments"])),
        "versions": history["versions"][1:],
        "adjustments": [
            {**each, "taxes": [(name.removesuffix("_vnd"), amount) for name, amount in each["difference"].items()]}
            for each in history["adjustments"]
        ],
        "served": _served(transaction, file),
        "timeline": _timeline(transaction, file),
    }


def _money(
    transaction: Transaction, file: FileNumber, assessed: dict[str, int], *, adjusted: bool = False
) -> dict[str, Any]:
    """Return each tax with what was assessed and paid, and every payment with its instant. `adjusted`: what stands booked is not what was declared."""
    booked = ledger.booked(transaction.connection, [file.key]).get(file.key[2])
    transfers = booked.transfers if booked else []
    if adjusted and booked is not None and booked.obligation is not None:
        stands = assessed_vnd(booked.obligation.trader_code, transfers)
        assessed = {f"{name}_vnd": stands.get(kind, 0) for kind, name in TAX_KINDS.items()}
    payments = [each for each in transfers if each.debit_account.startswith("collected:")]
    paid: dict[int, int] = defaultdict(int)
    for each in payments:
        paid[each.kind] += each.amount_vnd
    rows = [
        {"name": name, "assessed_vnd": assessed[f"{name}_vnd"], "paid_vnd": paid[kind]}
        for kind, name in TAX_KINDS.items()
    ]
    interest_vnd = sum(
        each.amount_vnd * (1 if each.debit_account.startswith("due:") else -1)
        for each in transfers
        if each.kind == LATE_INTEREST
    )
    rows.append({"name": "late_interest", "assessed_vnd": interest_vnd, "paid_vnd": 0})
    return {
        "assessed_vnd": sum(assessed.values()) + interest_vnd,
        "rows": [row for row in rows if row["assessed_vnd"] or row["paid_vnd"]],
        "payments": [
            {"at": each.booked_at, "name": TAX_KINDS.get(each.kind, ""), "amount_vnd": each.amount_vnd}
            for each in payments
        ],
        "paid_vnd": sum(paid.values()),
        "outstanding_vnd": booked.obligation.outstanding_vnd if booked and booked.obligation else 0,
        "due_on": booked.obligation.due_on if booked and booked.obligation else None,
    }


def _served(transaction: Transaction, file: FileNumber) -> list[dict[str, Any]]:
    """Return what was served, the latest first; some with what stands nowhere else on the page (`_TEXTS`)."""
    found = served.served_list(transaction, file.key[0], file.no11)
    assert found is not None, "the file was found in this transaction"
    return [{**each, **_text(transaction, file, each)} for each in found["served"]]


def _text(transaction: Transaction, file: FileNumber, each: dict[str, Any]) -> dict[str, Any]:
    if each["act"] not in _TEXTS:
        return {"inspections": [], "reasons": [], "found": [], "evidence": []}
    place = parse_service_no(each["service_no"])
    assert place is not None, "it was made a moment ago"
    text = served.served_view(transaction, file.key[0], *place)
    assert text is not None, "it is in the list"
    return {name: text[name] for name in ("inspections", "reasons", "found", "evidence")}


def _timeline(transaction: Transaction, file: FileNumber) -> list[dict[str, Any]]:
    done = journal.timeline(transaction, file.key)
    with reader().connection() as connection:
        names = parties.party_names(connection, [each["actor_id"] for each in done])
    return [{**each, "by": " · ".join(names.get(each["actor_id"], ()))} for each in done]
