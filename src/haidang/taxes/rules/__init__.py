"""The law of value and tax: pure functions, plain integers, no clock.

`assess` and `assess_batch` are what the pass calls; `recompute` re-derives a stored amount without the tariff; `late` holds what follows clearance.
"""

from haidang.taxes.rules.assessment import assess, assess_batch
from haidang.taxes.rules.late import (
    amendment_difference,
    days_late,
    late_interest_vnd,
    penalty_vnd,
    recover_short_duty,
    totals_difference,
)
from haidang.taxes.rules.parcel import ParcelReliefs, assess_parcel
from haidang.taxes.rules.totals import MAX_TOTAL_VND, recompute, recompute_totals
from haidang.taxes.rules.treatment import Treatments, compile_treatments
from haidang.taxes.rules.value import customs_values

__all__ = [
    "MAX_TOTAL_VND",
    "ParcelReliefs",
    "Treatments",
    "amendment_difference",
    "assess",
    "assess_batch",
    "assess_parcel",
    "compile_treatments",
    "customs_values",
    "days_late",
    "late_interest_vnd",
    "penalty_vnd",
    "recompute",
    "recompute_totals",
    "recover_short_duty",
    "totals_difference",
]
