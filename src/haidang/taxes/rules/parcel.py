"""Parcels of low value (MIC): one value, no goods lines, duty relieved below the limits of the day."""

from msgspec import Struct

from haidang.kernel.money import E4, fits
from haidang.tariff.terms import VatOption
from haidang.taxes.rules.totals import line_amount_e4, total_by_kind
from haidang.taxes.terms import (
    BASE_INCOMPLETE,
    NO_RATE_ON_FILE,
    Assessment,
    LineAssessment,
    LineTax,
    MissingRate,
    TaxKind,
)


class ParcelReliefs(Struct, frozen=True):
    """The limits of one day, whole đồng (dated parameters).

    No import duty up to `duty_free_value_vnd`, nor when the duty is below `duty_free_tax_vnd`; no VAT up to `vat_free_value_vnd` (0: VAT on every parcel).
    """

    duty_free_value_vnd: int
    duty_free_tax_vnd: int
    vat_free_value_vnd: int = 0


def assess_parcel(
    customs_value_vnd: int,
    *,
    reliefs: ParcelReliefs,
    duty_rate_bp: int | None,
    duty_measure_id: int = 0,
    vat: VatOption,
) -> Assessment:
    """Return duty and VAT on one parcel sent by post or express.

    `duty_rate_bp` None: no rate is known, as is usual when no commodity code is declared; a parcel above the duty-free value then has its duty, and with
    it its VAT, to be determined by customs. A duty that is relieved stays visible as relief.

    Law: 134/2016/NĐ-CP Art. 29 (limits unverified); VAT on every parcel since 18 February 2025: 01/2025/QĐ-TTg, which repealed 78/2010/QĐ-TTg.

    Raises:
        AmountOverflow: value or tax does not fit 64 bits.
    """
    value_e4 = fits(customs_value_vnd * E4)
    duty_free = customs_value_vnd <= reliefs.duty_free_value_vnd
    if duty_rate_bp is None and not duty_free:
        missing = (
            MissingRate(1, TaxKind.IMPORT_DUTY, NO_RATE_ON_FILE),
            MissingRate(1, TaxKind.VALUE_ADDED, BASE_INCOMPLETE, vat.measure_id),
        )
        return Assessment((LineAssessment(1, value_e4, ()),), value_e4, (), missing)
    rate_bp = duty_rate_bp or 0
    duty_e4 = line_amount_e4(value_e4, rate_bp, 0, 0)
    relieved_e4 = duty_e4 if duty_free or duty_e4 < reliefs.duty_free_tax_vnd * E4 else 0
    duty = LineTax(TaxKind.IMPORT_DUTY, value_e4, rate_bp, 0, 0, duty_measure_id, duty_e4 - relieved_e4, relieved_e4)
    if vat.rate_bp is None:
        line = LineAssessment(1, value_e4, (duty,), ((TaxKind.VALUE_ADDED, vat.measure_id),))
        return Assessment((line,), value_e4, total_by_kind(line.taxes))
    base_e4 = value_e4 + duty.amount_vnd_e4
    vat_e4 = line_amount_e4(base_e4, vat.rate_bp, 0, 0)
    vat_relieved_e4 = vat_e4 if customs_value_vnd <= reliefs.vat_free_value_vnd else 0
    owed_e4 = vat_e4 - vat_relieved_e4
    value_added = LineTax(TaxKind.VALUE_ADDED, base_e4, vat.rate_bp, 0, 0, vat.measure_id, owed_e4, vat_relieved_e4)
    line = LineAssessment(1, value_e4, (duty, value_added))
    return Assessment((line,), value_e4, total_by_kind(line.taxes))
