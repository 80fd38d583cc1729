"""The law of the declaration as written: which fields, how wide, which codes, and how they must agree.

`check` is what the pass calls; `located` gives findings of other rooms their place in the message. `fields` and `kinds` are tables.
"""

from haidang.declarations.rules.checking import check, office_of
from haidang.declarations.rules.wording import located

__all__ = ["check", "located", "office_of"]
