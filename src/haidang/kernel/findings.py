"""Findings: what is wrong with a message, told all at once to the one who can mend it.

A finding is a result, never an exception: a bad declaration must not sink its neighbours in the batch.
"""

from msgspec import Struct


class Finding(Struct, frozen=True, omit_defaults=True):
    """One thing wrong in one place, with the law that says so and what to do, in Vietnamese and English.

    `code` is scoped by procedure (VNACCS: E0074 means other things in IDA and in IDC). `pointer` is a JSON pointer into the message
    as received, `wco_pointer` the same place in WCO Data Model terms. `law` names instrument and article. `repair_*` say
    what to do; `nearest` lists valid codes close to the wrong one.
    """

    code: str
    pointer: str
    text_vi: str
    text_en: str
    repair_vi: str = ""
    repair_en: str = ""
    law: str = ""
    wco_pointer: str = ""
    nearest: tuple[str, ...] = ()


class Refusal(Exception):
    """Not allowed now. Worded for the person who sees it; subclasses live in the `terms` of their room."""

    code = "REFUSED"
    text_vi = "Không thực hiện được lúc này."
    text_en = "Not possible now."
