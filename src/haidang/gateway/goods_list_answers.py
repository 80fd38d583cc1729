"""The answer to a list of goods on the wire as types: see `answers`."""

from datetime import date, datetime

from msgspec import Struct


class ListedGoods(Struct):
    """One line of a list: so much may come in exempt, or inside a quota."""

    line_no: int
    commodity_code: str
    quantity: str
    unit_code: str


class GoodsListFiled(Struct):
    """A list of exempt goods or a tariff quota licence (`kind`) is on file: what declarations may draw down, who registered it, and when it is in force."""

    list_no: str
    kind: str
    trader_code: str
    registered_by: str
    valid_from: date
    valid_until: date
    filed_at: datetime
    goods: list[ListedGoods]
