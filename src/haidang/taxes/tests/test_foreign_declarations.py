"""Ad valorem taxes that another country's system has computed hold under ours: real declarations of ASYCUDA World, each line base × rate, rounded once."""

import os
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from haidang.taxes.rules import assess
from haidang.taxes.terms import TaxKind
from haidang.taxes.tests.build import USD_RATES, declaration, item, tariff

AD_VALOREM = ("DOG", "TVS")
"""Customs duty and VAT; the other codes of the samples are amounts by quantity."""


def lines(folder: Path) -> Iterator[tuple[str, Decimal, Decimal, int]]:
    """Yield (place, base, rate as a fraction, amount) of each tax line that is a share of a value."""
    for file in sorted(folder.glob("*.xml")):
        for number, goods in enumerate(ET.parse(file).iter("Item"), 1):
            for line in goods.iter("Taxation_line"):
                code, base, rate, amount = (
                    (line.findtext(f"Duty_tax_{name}") or "").strip() for name in ("code", "Base", "rate", "amount")
                )
                if code in AD_VALOREM:
                    yield f"{file.name} {number} {code}", Decimal(base), Decimal(rate), int(amount)


@pytest.mark.skipif("HAIDANG_TEST_DATA" not in os.environ, reason="HAIDANG_TEST_DATA names no folder with declarations")
def test_every_ad_valorem_line_of_another_system_comes_out_the_same() -> None:
    folder = Path(os.environ["HAIDANG_TEST_DATA"]) / "asycuda-sad"
    if not folder.is_dir():
        pytest.skip("HAIDANG_TEST_DATA has no asycuda-sad")
    compared = 0
    for place, base, rate, amount in lines(folder):
        law = tariff({"99990001": {"duty": {"B01": f"{rate * 100} %"}, "vat": {"VKCT": "not subject"}}})
        result = assess(declaration(item(1, price=str(base)), price="CIF VND"), law, USD_RATES)
        assert (result.findings, result.missing) == ((), ()), place
        assert dict(result.totals)[TaxKind.IMPORT_DUTY] == amount, place
        compared += 1
    assert compared == 272
