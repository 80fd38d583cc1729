"""The channel: floors of the law, criteria that are data, and a recorded draw; the highest wins.

A criterion's condition is a small typed tree: `{"all": [...]}`, `{"any": [...]}`, or a leaf `{"field": ..., "op": ..., "value": ...}` over
the fields of `Facts`. Operators by the type of the field:

    text        eq, in, prefix_any
    whole number eq, in, gt, ge, lt, le
    yes or no   eq
    several texts contains_any (one of the texts is one of the values), prefix_any (one of the texts begins with one of the values)
"""

import csv
import hashlib
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

from haidang.kernel.money import MAX_INT8
from haidang.risk.terms import (
    Channel,
    Criterion,
    CriterionInvalid,
    Decision,
    Facts,
    LevelWithoutShare,
    Share,
)

DRAWS = 10_000
"""A draw is one of 0..9,999: a share in basis points compares with it directly."""

_OPERATORS: Mapping[Any, frozenset[str]] = {
    str: frozenset(("eq", "in", "prefix_any")),
    int: frozenset(("eq", "in", "gt", "ge", "lt", "le")),
    bool: frozenset(("eq",)),
    tuple[str, ...]: frozenset(("contains_any", "prefix_any")),
}
_FIELDS: Mapping[str, Any] = {
    **{name: kind for name, kind in get_type_hints(Facts).items() if name != "ruled_places"},
    "unruled_commodity_codes": tuple[str, ...],
}
_LISTED = frozenset(("in", "prefix_any", "contains_any"))
_MAX_DEPTH = 8
_MAX_LEAVES = 200
_MAX_VALUES = 2_000
_MAX_REMEMBERED = 65_536

Hits = Callable[[Facts], tuple[int, ...]]
_Row = TypeVar("_Row")


class Compiled(Struct, frozen=True):
    """The criteria of one version in force on one day. `hits(facts)` returns the ids of those that hold, ascending."""

    version: int
    on: date
    hits: Hits
    channels: Mapping[int, Channel]

    def __call__(self, facts: Facts) -> tuple[int, ...]:
        return self.hits(facts)


def compile_criteria(criteria: Iterable[Criterion], on: date, version: int = 0) -> Compiled:
    """Turn the criteria in force on a day into one Python function, once; it is then asked for every declaration.

    Every leaf is one bit of an integer: each field sets the bits of all leaves about it by one look-up, and each criterion is a test of bits, made
    once for each integer that occurs. The source is written from bit numbers and criterion ids alone; values stand in tables beside it, so no text of a user is ever source.

    Raises:
        CriterionInvalid: two criteria share an id, or a condition cannot be used.
    """
    bits = _Bits()
    lines: list[str] = []
    channels: dict[int, Channel] = {}
    for criterion in sorted(criteria, key=lambda each: each.criterion_id):
        test = _test(criterion, bits)
        if criterion.criterion_id in channels:
            raise CriterionInvalid(f"criterion {criterion.criterion_id}: the id stands twice")
        if criterion.valid_from <= on and (criterion.valid_until is None or on < criterion.valid_until):
            channels[criterion.criterion_id] = criterion.channel
            lines.append(f"    if {test}:\n        found.append({int(criterion.criterion_id)})")
    head = ["def test(m):", "    found = []", *lines, "    return tuple(found)"]
    source = "\n".join([*head, "def hits(facts):", "    m = 0", *bits.lines(), "    return known[m]"])
    names: dict[str, Any] = {"__builtins__": {}, "tuple": tuple, "bisect_right": bisect_right, **bits.tables()}
    exec(compile(source, "<criteria>", "exec"), names)  # noqa: S102 - written above from integers only
    names["known"] = _Remembered(names["test"])
    return Compiled(version, on, names["hits"], channels)


class _Remembered(dict[Any, Any]):
    """What a pure function answered before, by its argument; forgets all when it grows too large."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, argument: Any) -> Any:
        if len(self) >= _MAX_REMEMBERED:
            self.clear()
        answer = self._function(argument)
        self[argument] = answer
        return answer


def _prefix_bits(leaves: Sequence[tuple[tuple[str, ...], int]]) -> Callable[[str], int]:
    return lambda text: sum(bit for prefixes, bit in leaves if text.startswith(prefixes))


class _Bits:
    """The leaves of all criteria, equal ones once: a bit for each, and per field what sets it."""

    def __init__(self) -> None:
        self._bit: dict[tuple[str, str, tuple[Any, ...]], int] = {}

    def bit(self, field: str, op: str, values: tuple[Any, ...]) -> int:
        key = (field, op, values)
        return self._bit.setdefault(key, 1 << len(self._bit))

    def _leaves(self, field: str, *ops: str) -> list[tuple[str, tuple[Any, ...], int]]:
        return [(op, values, bit) for (name, op, values), bit in self._bit.items() if name == field and op in ops]

    def lines(self) -> list[str]:
        """Return the source lines that set the bits of one declaration."""
        lines = []
        for number, (field, kind) in enumerate(_FIELDS.items()):
            used = {op for name, op, _ in self._bit if name == field}
            listed = kind == tuple[str, ...]
            if used & {"eq", "in"}:
                lines.append(f"    m |= exact{number}.get(facts.{field}, 0)")
            if used & {"gt", "ge", "lt", "le"}:
                lines.append(f"    m |= steps{number}[bisect_right(borders{number}, facts.{field})]")
            if "prefix_any" in used and not listed:
                lines.append(f"    m |= prefixes{number}[facts.{field}]")
            if listed and used:
                lines.append(f"    for text in facts.{field}:")
                parts = [f"prefixes{number}[text]"] if "prefix_any" in used else []
                parts += [f"exact{number}.get(text, 0)"] if "contains_any" in used else []
                lines.append(f"        m |= {' | '.join(parts)}")
        return lines

    def tables(self) -> dict[str, Any]:
        """Return the tables that the source lines name."""
        tables: dict[str, Any] = {}
        for number, field in enumerate(_FIELDS):
            exact: dict[Any, int] = {}
            for _, values, bit in self._leaves(field, "eq", "in", "contains_any"):
                for value in values:
                    exact[value] = exact.get(value, 0) | bit
            tables[f"exact{number}"] = exact
            prefixes = [(values, bit) for _, values, bit in self._leaves(field, "prefix_any")]
            tables[f"prefixes{number}"] = _Remembered(_prefix_bits(prefixes))
            compared = self._leaves(field, "gt", "ge", "lt", "le")
            # Every comparison of whole numbers is "at least k" or its opposite, so one search finds the bits of them all.
            least = [(values[0] + (op in ("gt", "le")), op in ("gt", "ge"), bit) for op, values, bit in compared]
            borders = sorted({border for border, _, _ in least})
            tables[f"borders{number}"] = borders
            tables[f"steps{number}"] = [
                sum(bit for border, upwards, bit in least if (border in borders[:passed]) == upwards)
                for passed in range(len(borders) + 1)
            ]
        return tables


def _test(criterion: Criterion, bits: _Bits) -> str:
    where = f"criterion {criterion.criterion_id}"
    if type(criterion.criterion_id) is not int or not 0 < criterion.criterion_id <= 2**31 - 1:
        raise CriterionInvalid(f"{where}: an id is a whole number from 1")
    if criterion.valid_until is not None and criterion.valid_until <= criterion.valid_from:
        raise CriterionInvalid(f"{where}: valid until {criterion.valid_until} is not after {criterion.valid_from}")
    left = [_MAX_LEAVES]
    return _node(criterion.condition, where, bits, left, 0)


def _node(node: object, where: str, bits: _Bits, left: list[int], depth: int) -> str:
    if not isinstance(node, Mapping) or depth > _MAX_DEPTH:
        raise CriterionInvalid(f"{where}: a condition is an object, at most {_MAX_DEPTH} deep")
    keys = set(node)
    if keys == {"field", "op", "value"}:
        return f"m & {_leaf(node, where, bits, left)}"
    if keys not in ({"all"}, {"any"}):
        raise CriterionInvalid(f"{where}: all, any, or field with op and value; not {sorted(map(str, keys))}")
    (word,) = keys
    children = node[word]
    if not isinstance(children, Sequence) or isinstance(children, str) or not children:
        raise CriterionInvalid(f"{where}/{word}: a list of at least one condition")
    mask = 0
    tests = []
    for index, child in enumerate(children):
        place = f"{where}/{word}/{index}"
        if isinstance(child, Mapping) and set(child) == {"field", "op", "value"}:
            mask |= _leaf(child, place, bits, left)
        else:
            tests.append(f"({_node(child, place, bits, left, depth + 1)})")
    if mask:
        tests.insert(0, f"m & {mask} == {mask}" if word == "all" else f"m & {mask}")
    return (" and " if word == "all" else " or ").join(tests)


def _leaf(leaf: Mapping[str, object], where: str, bits: _Bits, left: list[int]) -> int:
    field, op, value = leaf["field"], leaf["op"], leaf["value"]
    if not isinstance(field, str) or field not in _FIELDS:
        raise CriterionInvalid(f"{where}: no field {field!r}; known are {', '.join(_FIELDS)}")
    kind = _FIELDS[field]
    if not isinstance(op, str) or op not in _OPERATORS[kind]:
        raise CriterionInvalid(f"{where}: {field} knows {', '.join(sorted(_OPERATORS[kind]))}, not {op!r}")
    left[0] -= 1
    if left[0] < 0:
        raise CriterionInvalid(f"{where}: more than {_MAX_LEAVES} leaves")
    if op in _LISTED:
        if not isinstance(value, list | tuple) or not 0 < len(value) <= _MAX_VALUES:
            raise CriterionInvalid(f"{where}: {op} needs a list of 1 to {_MAX_VALUES} values")
        values = tuple(value)
    else:
        values = (value,)
    wanted = str if kind == tuple[str, ...] else kind
    for each in values:
        # type() and not isinstance: True is no whole number here.
        if type(each) is not wanted or (wanted is str and not each):
            raise CriterionInvalid(f"{where}: {field} {op} needs {wanted.__name__}, not {each!r}")
        if isinstance(each, int) and not -MAX_INT8 <= each <= MAX_INT8:
            raise CriterionInvalid(f"{where}: {each} does not fit a 64-bit integer")
    return bits.bit(field, op, values)


def decide(facts: Facts, compiled: Compiled, draw: int, shares: Mapping[int, Share]) -> Decision:
    """Return the channel and why: the highest of floors, criteria and draw. The same arguments give the same decision, years later.

    Floors: goods that need a permit, a quota or a specialised inspection are at least yellow, because somebody must look at the paper; so is a
    declaration for which customs must still determine a rate, because that is done on its documents. The draw (0..9,999, made by the caller and
    kept) selects at random by the trader's compliance level: below the share of red it is red, in the share of yellow above that yellow.
    Priority enterprises (level 1) are drawn like others.

    Law: 54/2014/QH13 Art. 17; 81/2019/TT-BTC (levels; that the highest hit wins is inferred; shares are not public).

    Raises:
        LevelWithoutShare: the shares do not know the trader's level.
        ValueError: the draw is out of range.
    """
    if not 0 <= draw < DRAWS:
        raise ValueError(f"a draw is one of 0..{DRAWS - 1}, not {draw}")
    share = shares.get(facts.trader_level)
    if share is None:
        raise LevelWithoutShare(f"no share of random selection for compliance level {facts.trader_level}")
    channel = Channel.GREEN
    reasons = []
    if facts.controlled:
        channel = Channel.YELLOW
        reasons.append("floor:controlled")
    if facts.rate_missing:
        channel = Channel.YELLOW
        reasons.append("floor:rate_missing")
    for criterion_id in compiled.hits(facts):
        reasons.append(f"criterion:{criterion_id}")
        channel = max(channel, compiled.channels[criterion_id])
    if draw < share.red_bp:
        channel = Channel.RED
        reasons.append("draw:red")
    elif draw < share.red_bp + share.yellow_bp:
        channel = max(channel, Channel.YELLOW)
        reasons.append("draw:yellow")
    return Decision(channel, tuple(reasons), draw, facts.trader_level, compiled.version)


EARLIER = "floor:earlier_channel"


def never_below(decision: Decision, channel: Channel) -> Decision:
    """Return the decision on an amended declaration: its channel is never below the one it had.

    Whoever amends would else draw again until it is green, and take away the check that an officer has begun.

    Law: 38/2015/TT-BTC Art. 19 (the channel rises on new facts; that an amendment never lowers it is inferred).
    """
    if decision.channel >= channel:
        return decision
    return Decision(channel, (*decision.reasons, EARLIER), decision.draw, decision.level, decision.criteria_version)


def check_shares(shares: Iterable[Share]) -> Mapping[int, Share]:
    """Return shares by level.

    Raises:
        CriterionInvalid: a level stands twice, or a share is negative or together more than all.
    """
    by_level: dict[int, Share] = {}
    for share in shares:
        if share.level in by_level:
            raise CriterionInvalid(f"share of level {share.level}: stands twice")
        if min(share.yellow_bp, share.red_bp) < 0 or share.yellow_bp + share.red_bp > DRAWS:
            raise CriterionInvalid(f"share of level {share.level}: yellow and red are together 0 to {DRAWS}")
        by_level[share.level] = share
    return by_level


_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def digest_of(facts: Facts) -> bytes:
    """Return the SHA-256 (32 bytes) of the facts, their names included, in an order that does not depend on the program."""
    return hashlib.sha256(_encode(facts)).digest()


def criteria_of(text: str) -> tuple[Criterion, ...]:
    """Read criteria from CSV text: criterion_id, name, condition (JSON), channel, valid_from, valid_until, sample (yes, no).

    Raises:
        CriterionInvalid: a row cannot be read.
    """
    return tuple(_read(text, _criterion))


def shares_of(text: str) -> tuple[Share, ...]:
    """Read shares from CSV text: level, yellow_bp, red_bp, sample (yes, no).

    Raises:
        CriterionInvalid: a row cannot be read, or the shares do not fit together.
    """
    shares = tuple(_read(text, _share))
    check_shares(shares)
    return shares


def _read(text: str, row_of: Callable[[Mapping[str, str]], _Row]) -> Iterable[_Row]:
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        try:
            yield row_of(row)
        except (KeyError, ValueError) as error:
            raise CriterionInvalid(f"line {number}: {error}") from error


def _criterion(row: Mapping[str, str]) -> Criterion:
    return Criterion(
        criterion_id=int(row["criterion_id"]),
        name=row["name"],
        condition=json.loads(row["condition"]),
        channel=Channel[row["channel"]],
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        sample={"yes": True, "no": False}[row["sample"]],
    )


def _share(row: Mapping[str, str]) -> Share:
    return Share(
        level=int(row["level"]),
        yellow_bp=int(row["yellow_bp"]),
        red_bp=int(row["red_bp"]),
        sample={"yes": True, "no": False}[row["sample"]],
    )
