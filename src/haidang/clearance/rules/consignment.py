"""Whether goods that claim the rates of an agreement were loaded in a country of that agreement. Pure.

VNACCS knows the rule as one of its errors on origin, loading place and schedule (E1012 to E1016, E1023, E1024). Here another loading place refuses nothing:
goods may come through a third country under one bill, unchanged, and then the rate is theirs. Whoever says so proves it, and customs looks at the proof.
"""

from collections.abc import Mapping

from haidang.declarations.terms import Declaration
from haidang.tariff.terms import CHAPTER_98, MFN

_COUNTRY = 2
"""Letters of a UN/LOCODE that name the country."""


def consigned_otherwise(declared: Declaration, parties: Mapping[str, frozenset[str]]) -> str:
    """Return the loading place with the lines that claim an agreement to which its country is no party (`"HKHKG: 1, 3"`); empty when no line does.

    `parties` maps each tariff schedule that is not open to all origins to its countries. Any party will do, not the origin alone: goods may be sold on
    and certified anew within an agreement. A loading place that an incomplete declaration leaves out is looked at when it is supplied.

    Law: 33/2023/TT-BTC Art. 18 (proof of direct transport); 107/2016/QH13 Art. 5(3) (who may claim the rate). That the loading place tells is inferred.
    """
    place = declared.loading_place_code
    if not place or declared.is_export:
        return ""
    without = {
        schedule
        for schedule, countries in parties.items()
        if place[:_COUNTRY] not in countries and schedule not in (MFN, CHAPTER_98)
    }
    lines = [str(item.line_no) for item in declared.items if item.tariff_schedule_code in without]
    return f"{place}: {', '.join(lines)}" if lines else ""
