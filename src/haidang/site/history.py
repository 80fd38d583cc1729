"""The registered history as goods lines: what each declaration that was not cancelled declares now, with the customs value that stands."""

from collections.abc import Iterator
from typing import Any

import psycopg

from haidang.clearance.terms import State
from haidang.declarations import lookups as declarations
from haidang.gateway.messages.following import declared_in
from haidang.kernel.calendar import vn_date
from haidang.parties.profiles import Profiles
from haidang.parties.terms import Aspect
from haidang.site.verifying_cases import cases
from haidang.site.verifying_stored import Stored, declaring

_ANY_AMENDMENT = 1_000


def registered(connection: psycopg.Connection[Any], profiles: Profiles | None = None) -> Iterator[list[dict[str, Any]]]:
    """Yield the goods lines of each declaration in the columns of `insight.lookups.COLUMNS`, in the order of keys.

    Codes of taxes, second quantities and reliefs stand in the messages alone, so each is read again. A line with a reduction by amount, or relief from another
    tax than the duty, is left out: it was decided for that case. Province and size of firm are those of the trader on the day of registration, as `profiles`
    (of the first server) say; without, not told.
    """
    for case in cases(connection):
        if case.declared.state != State.CANCELLED:
            yield list(_lines(case, profiles))


def _lines(case: Stored, profiles: Profiles | None) -> Iterator[dict[str, Any]]:
    declared = declared_in(declaring(case, _ANY_AMENDMENT))
    on = vn_date(case.declared.fact("registered_at"))
    told = {each.value: profiles.code(declared.trader_code, each, on) for each in Aspect} if profiles else {}
    values = declarations.values_of(case.declared.now)
    for item in declared.items:
        if item.duty_reduction_vnd_e4 is not None or item.tax_reliefs:
            continue
        yield {
            "declaration": str(case.declared.fact("no11")),
            "is_export": declared.is_export,
            "kind_code": declared.kind_code,
            "commodity_code": item.commodity_code,
            "origin_country_code": item.origin_country_code,
            "tariff_schedule_code": item.tariff_schedule_code,
            "out_of_quota": item.out_of_quota,
            "unit_code": item.unit_code,
            "quantity_milli": item.quantity_milli,
            "unit2_code": item.unit2_code,
            "quantity2_milli": item.quantity2_milli,
            "tax_codes": " ".join(item.tax_codes),
            "duty_exemption_code": item.duty_exemption_code,
            "trader_code": declared.trader_code,
            "registered_on": on,
            **told,
            "customs_value_vnd_e4": values[item.line_no],
        }
