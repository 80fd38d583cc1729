"""A second officer decides on what was prepared for a declaration by a later version of the law book: the difference is booked, or it is refused."""

from msgspec.structs import replace

from haidang.clearance.actions import answers, naming, telling
from haidang.clearance.actions.amending import lock_balances
from haidang.clearance.actions.following import Following, Found, Written, declaring, other_amendment, refuse_pending
from haidang.clearance.actions.passing import Hands
from haidang.clearance.rules import adjusting, revising
from haidang.clearance.rules.amending import After, kept
from haidang.clearance.terms.refusals import DecidedAlready, SamePerson
from haidang.clearance.terms.revisions import NotAsPrepared, NotClearedYet, RevisionUnknown
from haidang.declarations.terms import Declaration
from haidang.kernel.calendar import vn_date
from haidang.kernel.findings import Finding
from haidang.ledger.lookups import adjustments
from haidang.ledger.terms import PreparedAdjustment
from haidang.platform.db import Transaction


def settle(
    hands: Hands,
    each: Following,
    transaction: Transaction,
    found: Found,
    batch_no: int,
    accepted: bool,
    read: naming.Read,
) -> Written | tuple[Finding, ...]:
    """Book what was prepared for a declaration in a batch, or refuse it. `read` turns a message as received into what it declares.

    Raises:
        RevisionUnknown, DecidedAlready: no such adjustment waits.
        SamePerson: who prepared it decides.
        NotClearedYet: the declaration is not cleared any more, or not yet.
        NotAsPrepared: another difference would be booked than was prepared.
    """
    assert found.authority is not None, "the deed needs a power"
    its = adjustments(transaction.connection, [found.before.key]).get(found.before.key[2], [])
    prepared = next((one for one in its if one.batch_no == batch_no), None)
    if prepared is None:
        raise RevisionUnknown
    if prepared.decided_by is not None:
        told = (f"Điều chỉnh đợt {batch_no}", f"The adjustment of batch {batch_no}")
        raise DecidedAlready(*told, prepared.decided_by, prepared.decided_at)
    if prepared.prepared_by == found.authority.officer_code:
        raise SamePerson
    if findings := other_amendment(each, found):
        return findings
    decided = replace(
        prepared, decided_seq=found.seq, decided_by=found.authority.officer_code, decided_at=found.at, accepted=accepted
    )
    number = answers.declaration_no(each.no11, found.standing.amendment_no)
    if not accepted:
        after = kept(found.before, found.before.conditions, ())
        body = answers.adjustment(number, decided, each.text, found.before, after)
        return Written(after, body, (), hands.day(found.at).version, adjusted=decided)
    return _booked(hands, each, transaction, found, decided, number, read)


def _booked(
    hands: Hands, each: Following, transaction: Transaction, found: Found, decided: PreparedAdjustment, number: str, read: naming.Read
) -> Written | tuple[Finding, ...]:  # fmt: skip
    if found.before.state not in adjusting.BOOKABLE:
        raise NotClearedYet(found.before.state)
    refuse_pending(found)
    day = hands.books.day(vn_date(found.before.registered_at), hands.directory)
    declared: Declaration = read(declaring(transaction, found))
    level = found.standings.traders[found.standing.trader_code].compliance_level
    again = adjusting.recalculated(declared, day, found.before.registered_at, level)
    stands = (adjusting.amounts(found.before.totals), found.standing.amendment_no)
    if again.judged is None or (decided.now_vnd, decided.was_vnd, decided.amendment_no) != (
        adjusting.amounts(again.now), *stands,
    ):  # fmt: skip
        raise NotAsPrepared
    named = naming.read_named(transaction, [declared])
    locked, _ = lock_balances(transaction, each.no11, declared, declared, named.earlier, found, day)
    due_on = revising.own_day(declared, found.before.registered_at, day)
    after = adjusting.adjusted_by_law(found.before, declared, again.judged, locked, day, due_on, found.at, found.seq)
    if not isinstance(after, After):
        return after
    body = answers.adjustment(number, decided, each.text, found.before, after)
    return Written(after, body, (telling.ADJUSTED,), day.version, adjusted=decided)
