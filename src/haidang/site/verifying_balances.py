"""The part of `haidang verify` about what runs out: balances add up, stay within limits, and are what the signed message behind them says."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from haidang.balances import lookups as balances
from haidang.balances.rules import committed, drawn, guarantee_key, held, same_holder, used_up
from haidang.balances.terms import Balance, BalanceKind, BalanceSource, Movement, MovementKind, OnFile
from haidang.clearance.actions.registering import REGISTERED_SEQ
from haidang.clearance.rules.amending import CLEARED_STATES, FOLLOWING
from haidang.clearance.rules.drawing import GOODS_KINDS, draws_of
from haidang.clearance.rules.goods_lists import LIST_KINDS, lines_of, may_register
from haidang.clearance.rules.guarantees import balance_of
from haidang.clearance.rules.judging import DayBook
from haidang.clearance.rules.securing import want_of
from haidang.clearance.terms import State
from haidang.declarations.terms import Declaration
from haidang.gateway.messages.envelope import Guarantee, decode_goods_list, decode_guarantee
from haidang.gateway.messages.goods_lists import GoodsList
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.organisation.rules import Powers
from haidang.organisation.terms import Concerned
from haidang.parties.lookups import Directory
from haidang.parties.signing import parse, verify
from haidang.rulings.terms import AdvanceRuling
from haidang.site.verifying_conflicts import conflict_fault

Add = Callable[[str, str, str], None]
"""Notes a violation: invariant, subject, what was found."""


class OnServer(Struct, frozen=True):
    """The balances of one server by id, and the messages that put them on file as the inbox knows them."""

    by_id: Mapping[UUID, Balance]
    messages: list[tuple[int, int, str, bytes]]
    of_declaration: Mapping[tuple[int, str], list[Balance]]
    """Lines of declarations on which later ones draw, by shard and 11 digits."""
    rulings: Mapping[str, Sequence[AdvanceRuling]] = {}
    """Advance rulings by the tax code of their trader."""


def check_balances(connection: psycopg.Connection[Any], directory: Directory, powers: Powers, add: Add) -> OnServer:
    """Check every balance of a server against its movements, its limits and the message behind it."""
    for shard, reference, found in balances.unbalanced(connection):
        add("balances", f"shard {shard}: {reference}", found)
    found_on_file = balances.on_file(connection)
    lists: dict[tuple[int, int, str], list[OnFile]] = {}
    for each in found_on_file:
        if each.balance.kind in LIST_KINDS:
            of_list = (each.balance.shard_id, each.balance.kind, each.balance.reference.rpartition("/")[0])
            lists.setdefault(of_list, []).append(each)
        elif each.source is not None:
            _check_source(each.balance, each.source, directory, add)
        elif each.balance.kind == BalanceKind.GUARANTEE:
            add("balances", each.balance.reference, "no message put it on file")
    for (_, _, list_no), lines in lists.items():
        _check_list(list_no, lines, directory, powers, add)
    of_declaration: dict[tuple[int, str], list[Balance]] = {}
    for each in found_on_file:
        if each.balance.kind == BalanceKind.TEMPORARY_GOODS:
            place = (each.balance.shard_id, each.balance.reference.partition("/")[0])
            of_declaration.setdefault(place, []).append(each.balance)
    sources = [each.source for each in found_on_file if each.source is not None]
    return OnServer(
        {each.balance.balance_id: each.balance for each in found_on_file},
        [(source.shard_id, source.sender_id, source.message_id, sha256(source.raw).digest()) for source in sources],
        of_declaration,
    )


def _check_list(list_no: str, lines: list[OnFile], directory: Directory, powers: Powers, add: Add) -> None:
    """Check a list of exempt goods or a quota licence against the message behind its first line, and that an officer with the power signed that."""
    source = next((each.source for each in lines if each.source is not None), None)
    if source is None:
        add("balances", list_no, "no message put it on file")
        return
    _check_signed(list_no, source, directory, add)
    message = decode_goods_list(source.raw)
    if not isinstance(message, GoodsList):
        add("balances", list_no, "the bytes as received are no longer a list of goods")
        return
    if not may_register(powers, source.certificate_sha256, source.filed_at, message.kind):
        add("powers", list_no, "who put it on file was no officer with that power then")
    officer, holder = powers.officer(source.certificate_sha256) or "", Concerned((message.trader_code,), 0)
    if fault := conflict_fault(powers, officer, holder, source.filed_at):
        add("conflicts", list_no, fault)
    ids = [each.balance.balance_id for each in lines][:1] * len(message.goods)
    told = lines_of(
        ids, kind=message.kind, list_no=message.list_no, holder_code=message.trader_code, goods=message.goods, valid_from=message.valid_from,
        valid_until=message.valid_until,
    )  # fmt: skip
    if sorted(map(_facts, told)) != sorted(_facts(each.balance) for each in lines):
        add("balances", list_no, "it is not what the message that put it on file says")


def _check_signed(subject: str, source: BalanceSource, directory: Directory, add: Add) -> None:
    certificate = directory.certificate(source.certificate_sha256)
    if certificate is None or certificate.party_id != source.sender_id:
        add("signatures", subject, f"message {source.message_id}: no certificate of its sender")
    elif not verify(parse(source.signature), source.raw, directory.public_key(certificate)):
        add("signatures", subject, f"message {source.message_id}: the signature does not fit the bytes")


def _check_source(balance: Balance, source: BalanceSource, directory: Directory, add: Add) -> None:
    _check_signed(balance.reference, source, directory, add)
    message = decode_guarantee(source.raw)
    if not isinstance(message, Guarantee):
        add("balances", balance.reference, "the bytes as received are no longer a guarantee")
        return
    told = balance_of(
        balance.balance_id,
        reference=guarantee_key(message.sender, message.year, message.sign, message.number),
        holder_code=message.trader_code,
        amount_vnd=message.amount_vnd,
        individual=message.kind == "individual",
        valid_from=message.valid_from,
        valid_until=message.valid_until,
    )
    if _facts(told) != _facts(balance):
        add("balances", balance.reference, "it is not what the message that put it on file says")


def _facts(balance: Balance) -> tuple[object, ...]:
    return (
        *(balance.shard_id, balance.kind, balance.holder_code, balance.reference, balance.unit, balance.granted),
        *(balance.valid_from, balance.valid_until, balance.use_limit or 0, balance.goods_code),
    )


def check_held(
    subject: str, moved: list[Movement], guaranteed_vnd: int, on_server: OnServer, add: Add, *, at_most: bool = False
) -> None:
    """Check what one declaration did to balances: it never gave back more than it held, and guarantees stand for what is outstanding.

    `guaranteed_vnd` is what is outstanding when payment under guarantee is declared, else 0; `at_most` when tax was added after clearance, for which no
    guarantee stands.
    """
    for place in range(1, len(moved) + 1):
        if any(amount < 0 for of in (held, committed) for amount in of(moved[:place]).values()):
            add("balances", subject, f"movement {moved[place - 1].movement_no} gives back more than is held")
    guarantees = [movement for movement in moved if _is_guarantee(movement, on_server.by_id)]
    standing = sum(held(guarantees).values())
    if guarantees and (standing > guaranteed_vnd if at_most else standing != guaranteed_vnd):
        add("balances", subject, f"guarantees of {standing} đ stand for {guaranteed_vnd} đ outstanding")


def check_used(
    subject: str,
    key: tuple[int, int, UUID],
    entries: Sequence[Entry],
    moved: Sequence[Movement],
    on_server: OnServer,
    add: Add,
) -> None:
    """Check that goods on file stay reserved while a declaration is open, are used up by the very act that clears it, and are given back when it is cancelled."""
    goods = [
        each for each in moved if (balance := on_server.by_id.get(each.balance_id)) and balance.kind in GOODS_KINDS
    ]
    if not goods:
        return
    is_cleared = False
    for entry in entries:
        seq = entry.journal_seq
        now = [each for each in goods if each.journal_seq == seq]
        used = [each for each in now if each.kind == MovementKind.COMMIT]
        is_cleared = entry.states[-1] in CLEARED_STATES if entry.states else is_cleared
        others = [each for each in now if each.kind != MovementKind.COMMIT]
        before = [each for each in goods if each.journal_seq < seq]
        if used != (used_up(key, before, others, seq) if is_cleared else []):
            add("balances", subject, f"act {seq} used up other goods than it had to")
        allowed = {int(MovementKind.RESERVE)} if seq == REGISTERED_SEQ else set()
        if entry.act not in FOLLOWING and {each.kind for each in others} - allowed:
            add("balances", subject, f"act {seq} moved goods that it has nothing to do with")
    if not is_cleared and committed(goods):
        add("balances", subject, "goods are used up although the declaration is not cleared")
    if entries[-1].states and entries[-1].states[-1] == State.CANCELLED and drawn(goods):
        add("balances", subject, "goods are drawn although the declaration is cancelled")


def _is_guarantee(movement: Movement, by_id: Mapping[UUID, Balance]) -> bool:
    balance = by_id.get(movement.balance_id)
    return balance is not None and balance.kind == BalanceKind.GUARANTEE


def reserved(
    subject: str, declared: Declaration, payable_vnd: int, key: tuple[int, int, UUID], at: Any, moved: Iterable[Movement],
    on_server: OnServer, day: DayBook, add: Add,
) -> list[tuple[Balance, Movement]]:  # fmt: skip
    """Return what a declaration reserved of which guarantees when it was registered at `at`, and check that this, and what it drew of goods on file,
    was what it had to be granted.
    """
    on, by_id = vn_date(at), on_server.by_id
    found = [
        (by_id[movement.balance_id], movement)
        for movement in moved
        if movement.kind == MovementKind.RESERVE and movement.balance_id in by_id
    ]
    want = want_of(0, key[0], declared, payable_vnd)
    wanted = [] if want is None else [(want.key, want.amount)]
    draws = draws_of(0, declared, day)
    wanted += [(draw.want.key, draw.want.amount) for draw in draws]
    if [(balance.key, movement.amount) for balance, movement in found] != wanted:
        add("balances", subject, "what was reserved is not what the declaration had to reserve")
    for balance, _ in found:
        if (
            not same_holder(balance.holder_code, declared.trader_code)
            or not balance.valid_from <= on < balance.valid_until
        ):
            add("balances", subject, f"{balance.reference} was not granted to this trader on {on}")
    for draw in draws:
        its = next((balance for balance, _ in found if balance.key == draw.want.key), None)
        if its is not None and (its.goods_code, its.unit) != (draw.want.goods_code, draw.want.unit):
            add("balances", subject, f"{its.reference} is of other goods, or in another unit")
    return [each for each in found if each[0].kind not in GOODS_KINDS]
