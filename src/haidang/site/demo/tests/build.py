"""Rows in the columns of the source, made up here: no row of the set itself."""

import csv
from pathlib import Path

COLUMNS = (
    *(
        "row_id",
        "orig_split",
        "Declaration ID",
        "Date",
        "Office ID",
        "Process Type",
        "Import Type",
        "Import Use",
        "Payment Type",
    ),
    *(
        "Mode of Transport",
        "Declarant ID",
        "Importer ID",
        "Seller ID",
        "Courier ID",
        "HS6 Code",
        "Country of Departure",
    ),
    *(
        "Country of Origin",
        "Tax Rate",
        "Tax Type",
        "Country of Origin Indicator",
        "Net Mass",
        "Item Price",
        "Fraud",
        "Critical Fraud",
    ),
)
USUAL = {
    "Office ID": "40",
    "Payment Type": "11",
    "Mode of Transport": "10",
    "Importer ID": "ANHAI",
    "Seller ID": "BANHAI",
    "HS6 Code": "610910",
    "Country of Departure": "CN",
    "Country of Origin": "CN",
    "Tax Type": "A",
    "Net Mass": "120.5",
    "Item Price": "1500000.0",
}


def source(path: Path, *changes: dict[str, str]) -> Path:
    """Write a source file with one row for each set of changes, numbered from 0."""
    with open(path, "w", encoding="utf-8", newline="") as text:
        table = csv.DictWriter(text, COLUMNS, restval="")
        table.writeheader()
        for number, change in enumerate(changes):
            table.writerow(USUAL | {"row_id": str(number)} | change)
    return path
