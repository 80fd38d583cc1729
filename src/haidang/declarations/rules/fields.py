"""The table of fields (`fields.csv`): what a declaration may say, how wide, in which direction it must, and where the law says so."""

import csv
import io
from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import Struct

Need = Literal["M", "P", "C", "-", "X", "O"]
"""M mandatory by the field table of the law; P also mandatory on this platform, because nothing can be assessed without it; C conditional;
- not a field of that direction (accepted and kept, never demanded); X on the form, but not to be filled in; O filled in by officers only."""
PARTICULARS = "particulars."
"""Before the attribute of a field that few declarations use: it stands in the particulars of the header or of the line."""


class Field(Struct, frozen=True, kw_only=True):
    """One row of `fields.csv`. `wco_pointer` names classes of the WCO Data Model; `A|B` is A on import and B on export.

    `group` is header, item, or a member of a list (permit, adjustment, attachment, transit, instruction, tax_relief); `name` the name on the wire;
    `attribute` the name in `terms` (empty when folded into another, dotted when it lies in the particulars). `type` is A (half-width text), W (text in
    UTF-8), F (decimal in a string, at most `decimals` places), I (whole number), D (date), B (truth value), N (11 or 12 digits) or G (a list of a group). `width` counts bytes (of a date: ten characters); `repeat` above 1 makes the field a list of at most so many.
    `code_list` names a list of the law book, or gives the values themselves after `=`.
    """

    group: str
    name: str
    attribute: str = ""
    vnaccs_import: str = ""
    vnaccs_export: str = ""
    wco_pointer: str = ""
    name_vi: str
    name_en: str
    type: str
    width: int = 0
    decimals: int = 0
    repeat: int = 1
    need_import: Need = "C"
    need_export: Need = "C"
    code_list: str = ""
    law: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The allowed values, when the table itself gives them."""
        return tuple(self.code_list[1:].split("|")) if self.code_list.startswith("=") else ()

    @property
    def always_needed(self) -> bool:
        """Mandatory in both directions: without it there is no declaration to speak of."""
        return self.need_import in "MP" and self.need_export in "MP"

    @property
    def rare(self) -> bool:
        """Whether few declarations use the field; messages without any such field are read by a smaller table."""
        return self.attribute.startswith(PARTICULARS) or (self.group == "item" and self.type == "G")

    def vnaccs(self, is_export: bool) -> str:
        """The VNACCS item id in IDA or EDA."""
        return self.vnaccs_export if is_export else self.vnaccs_import

    def needed(self, is_export: bool) -> bool:
        """Whether this direction demands the field."""
        return (self.need_export if is_export else self.need_import) in "MP"


def rows_of(name: str) -> list[dict[str, str]]:
    """Return the rows of a table that lies beside this room."""
    text = files("haidang.declarations").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def fields() -> tuple[Field, ...]:
    """Return every field, in the order of the table."""
    return tuple(
        Field(
            group=row["group"],
            name=row["name"],
            attribute=row["attribute"],
            vnaccs_import=row["vnaccs_import"],
            vnaccs_export=row["vnaccs_export"],
            wco_pointer=row["wco_pointer"],
            name_vi=row["name_vi"],
            name_en=row["name_en"],
            type=row["type"],
            width=int(row["width"]),
            decimals=int(row["decimals"]),
            repeat=int(row["repeat"]),
            need_import=row["import"],  # type: ignore[arg-type]
            need_export=row["export"],  # type: ignore[arg-type]
            code_list=row["code_list"],
            law=row["law"],
        )
        for row in rows_of("fields.csv")
    )


@cache
def group(name: str) -> dict[str, Field]:
    """Return the fields of one group by their name on the wire."""
    return {field.name: field for field in fields() if field.group == name}


def wco_pointer(field: Field, line_no: int | None = None) -> str:
    """Return the place in the WCO Data Model, with the goods item numbered from 1 when the field lies on a line."""
    if line_no is None:
        return field.wco_pointer
    return field.wco_pointer.replace("GovernmentAgencyGoodsItem", f"GovernmentAgencyGoodsItem[{line_no}]", 1)
