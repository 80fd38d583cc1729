"""Completeness and coherence of what few declarations say: split shipments, transport in bond, limits of banks, exemption lists.

Called only for a declaration or a line that says such a thing; which fields there are, how wide and from which list is in `fields.csv`.
"""

from collections.abc import Mapping
from datetime import date
from operator import attrgetter
from typing import Any

from haidang.declarations.rules.fields import PARTICULARS, Field, group
from haidang.declarations.rules.gathering import Gathered
from haidang.declarations.rules.wording import about_header, about_item, about_line_member
from haidang.declarations.terms import NO_PARTICULARS, Declaration, GoodsItem, HeaderParticulars
from haidang.reference.terms import Parameter

FIRST_OF_SPLIT = "F"
ELECTRONIC = "D"
"""Invoice class of an electronic invoice registered before the declaration."""
NOT_SUBJECT_SCHEDULE = "B30"
MARK = "#&"
"""Before a special case (1 to 9) or a declaration number in the trader's reference."""
_KEY_PARTS = 4
_NOT_FILLED_IN = {"X": "HD-NOT-USED", "O": "HD-CUSTOMS-ONLY"}


def _rare(name: str) -> tuple[tuple[Field, Any], ...]:
    return tuple(
        (field, attrgetter(field.attribute.removeprefix(PARTICULARS)))
        for field in group(name).values()
        if field.attribute.startswith(PARTICULARS)
    )


_HEADER, _ITEM = _rare("header"), _rare("item")


SPLIT_SETS = "declaration.split_sets"
"""Switch of the law book: 0, shipments are not declared as split sets, because one declaration takes all their lines; 1 or not on file, they may be."""


def check_particulars(declared: Declaration, parameters: Mapping[str, Parameter], found: Gathered) -> None:
    """Append what is wrong with the particulars of the header; `parameters` are the figures of the law book of the day.

    VNACCS R1008 to R1013, R1025, R1028 to R1033, R1053, R1059, R1060, R1063, R1070, R1092, R1093, E1111, E1112.
    """
    said = declared.particulars
    for field, read in _HEADER:
        value = read(said)
        if value != read(NO_PARTICULARS):
            _check_field(field, value, declared.is_export, found)
    switch = parameters.get(SPLIT_SETS)
    _check_split(said, switch is None or switch.value == 1, found)
    _check_bank_limit(declared, found)
    _check_transport(said, found)
    if bool(said.e_invoice_no) != (declared.invoice_class_code == ELECTRONIC):
        found.append(about_header("HD-E-INVOICE"))
    if len(set(said.other_law_codes)) != len(said.other_law_codes):
        found.append(about_header("HD-REPEATED", "other_law_codes"))
    if (said.tax_value_total_e4 is None) != (not said.tax_value_currency_code):
        found.append(about_header("R1092"))
    if bool(said.vanning_place_codes) != bool(said.vanning_place_name):
        found.append(about_header("R1093"))
    _check_days(said, found)
    if said.temporary_declaration_no:
        for item in declared.items:
            if item.particulars.temporary_line_no is None:
                found.append(about_item("R1025", item.line_no))


def check_reference(declared: Declaration, found: Gathered) -> None:
    """Append a finding when what follows the mark in the trader's reference is neither a special case nor a declaration number.

    On-the-spot trade names the export declaration of the seller there, another trader's, so whether it exists is not asked.
    """
    for said in declared.trader_reference.split(MARK)[1:]:
        number = said.strip(" ;")
        if not (number.isdigit() and (len(number) in (11, 12) or (len(number) == 1 and number != "0"))):
            found.append(about_header("HD-REFERENCE", code=number))


def _check_field(field: Field, value: object, is_export: bool, found: Gathered) -> None:
    """Append what one filled field breaks: not to be filled in, too wide, a code that no list has."""
    need = field.need_export if is_export else field.need_import
    if need in _NOT_FILLED_IN:
        found.append(about_header(_NOT_FILLED_IN[need], field.name))
    elif isinstance(value, str):
        size = len(value.encode())
        if size > field.width:
            found.append(about_header("HD-TOO-LONG", field.name, size=size, width=field.width))
        if field.code_list and not field.values and value not in found.lists[field.code_list]:
            found.header_code(field.name, value)


def _check_split(said: HeaderParticulars, accepted: bool, found: Gathered) -> None:
    """First number, branch and count stand together; the first is branch 1; no branch beyond the count. Where sets are not accepted, none of the three."""
    first, branch, count = said.first_declaration_no, said.branch_no, said.branch_count
    if not first and branch is None and count is None:
        return
    if not accepted:
        found.append(about_header("HD-ONE-DECLARATION"))
        return
    if first and branch is None:
        found.append(about_header("R1028"))
    if first and count is None:
        found.append(about_header("R1030"))
    if not first and branch is not None:
        found.append(about_header("R1032"))
    if not first and count is not None:
        found.append(about_header("R1033"))
    if first == FIRST_OF_SPLIT and branch is not None and branch != 1:
        found.append(about_header("R1029", branch=branch))
    if branch is not None and count is not None and branch > count:
        found.append(about_header("R1031", branch=branch, count=count))
    if first and first != FIRST_OF_SPLIT and not (first.isdigit() and len(first) in (11, 12)):
        found.append(about_header("HD-FIRST-NO", code=first))


def _check_bank_limit(declared: Declaration, found: Gathered) -> None:
    key = declared.particulars.bank_limit_key
    if not key:
        return
    bank, year, sign, number = (key.split("/") + [""] * _KEY_PARTS)[:_KEY_PARTS]
    if not bank or key.count("/") >= _KEY_PARTS:
        found.append(about_header("R1011", code=key))
    elif not (year.isdigit() and len(year) == 4):
        found.append(about_header("R1008", code=key))
    elif not sign:
        found.append(about_header("R1009", code=key))
    elif not number:
        found.append(about_header("R1010", code=key))
    if declared.payment_timing_code in ("A", "B", "C"):
        found.append(about_header("R1053", code=declared.payment_timing_code))


def _check_transport(said: HeaderParticulars, found: Gathered) -> None:
    """Start, destination and arrival of transport in bond stand together, transits only with them, days in their order."""
    start, arrival = said.transport_start_on, said.transport_arrival_on
    if (start is None) != (not said.transport_destination_code):
        found.append(about_header("R1059"))
    if (start is None) != (arrival is None):
        found.append(about_header("R1060"))
    if said.transits and start is None:
        found.append(about_header("R1063"))
    days: list[date] = [day for transit in said.transits for day in (transit.arrival_on, transit.departure_on)]
    whole = [day for day in (start, *days, arrival) if day is not None]
    if whole != sorted(whole):
        found.append(about_header("R1070"))


def _check_days(said: HeaderParticulars, found: Gathered) -> None:
    if said.return_due_on is not None and said.return_due_on < found.on:
        found.append(about_header("E1111", day=said.return_due_on.isoformat()))
    if said.transport_start_on is not None and said.transport_start_on < found.on:
        found.append(about_header("E1112", day=said.transport_start_on.isoformat()))
    if said.warehouse_entry_on is not None and said.warehouse_entry_on > found.on:
        found.append(about_header("HD-LATER", "warehouse_entry_on", day=said.warehouse_entry_on.isoformat()))


def check_item_particulars(declared: Declaration, item: GoodsItem, found: Gathered) -> None:
    """Append what is wrong with the particulars of a line.

    VNACCS R0034, R0163, R1025, R1026, R1075 to R1078, R1094.
    """
    said, line_no = item.particulars, item.line_no
    for field, read in _ITEM:
        value = read(said)
        if isinstance(value, str) and value:
            if len(value.encode()) > field.width:
                size = len(value.encode())
                found.append(about_item("HD-TOO-LONG", line_no, field.name, size=size, width=field.width))
            if field.code_list and value not in found.lists[field.code_list]:
                found.item_code(line_no, field.name, value)
    if said.temporary_line_no is not None and not declared.particulars.temporary_declaration_no:
        found.append(about_item("R1025", line_no))
    if bool(said.exemption_list_no) != (said.exemption_list_line is not None):
        found.append(about_item("R1026", line_no))
    if said.exemption_list_no and not item.duty_exemption_code:
        found.append(about_item("R1094", line_no))
    _check_specific_duty(item, found)
    if item.tariff_schedule_code == NOT_SUBJECT_SCHEDULE and said.declared_duty_rate_bp:
        found.append(about_item("HD-RATE-NOT-SUBJECT", line_no, code=NOT_SUBJECT_SCHEDULE))
    if len(set(said.line_law_codes)) != len(said.line_law_codes):
        found.append(about_item("HD-REPEATED", line_no, "line_law_codes"))
    _check_reliefs(item, found)


def _check_specific_duty(item: GoodsItem, found: Gathered) -> None:
    said, line_no = item.particulars, item.line_no
    stated = said.declared_specific_duty_e4 is not None
    for value, with_amount, alone in (
        (said.declared_specific_unit_code, "R1075", "R1077"),
        (said.declared_specific_currency_code, "R1076", "R1078"),
    ):
        if stated and not value:
            found.append(about_item(with_amount, line_no))
        elif value and not stated:
            found.append(about_item(alone, line_no))


def _check_reliefs(item: GoodsItem, found: Gathered) -> None:
    """Each relief names a tax of the line and a code in force; an amount goes with a code that reduces, and only with it."""
    codes = found.lists["exemption_code"]
    for slot, relief in enumerate(item.tax_reliefs, 1):
        if not 1 <= relief.tax_no <= len(item.tax_codes):
            found.append(about_line_member("R0163", item.line_no, "tax_reliefs", slot, "tax_no", number=relief.tax_no))
        value = codes.get(relief.exemption_code)
        if value is None:
            found.relief_code(item.line_no, slot, relief.exemption_code)
        elif (value.attributes.get("effect") == "reduce") != bool(relief.reduction_vnd_e4):
            found.append(
                about_line_member("R0034", item.line_no, "tax_reliefs", slot, "reduction", code=relief.exemption_code)
            )
