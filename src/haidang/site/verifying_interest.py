"""The part of `haidang verify` about late payment: the interest that each payment of a cleared declaration left behind is computed again."""

from haidang.clearance.rules.amending import CLEARED_STATES, Before
from haidang.clearance.rules.revising import Late, interest_left
from haidang.clearance.terms import State
from haidang.clearance.terms.acts import Deed
from haidang.journal.terms import Entry
from haidang.kernel.calendar import vn_date
from haidang.ledger.rules import due_account, interest_charged
from haidang.ledger.terms import LATE_INTEREST
from haidang.site.verifying_balances import Add, OnServer
from haidang.site.verifying_stored import Day, Stored
from haidang.site.verifying_versions import before_act

_REVERSING = frozenset((Deed.APPROVE_CANCELLATION.value,))


def check_interest(stored: Stored, day: Day, on_server: OnServer, add: Add) -> None:
    """Compute again what each payment after clearance left behind, and look for interest that no payment booked."""
    account = due_account(stored.declared.fact("trader_code"))
    for entry in stored.entries:
        its = [each for each in stored.booked.transfers if each.journal_seq == entry.journal_seq]
        pays = any(
            not each.kind and each.credit_account == account and each.debit_account.startswith("collected:")
            for each in its
        )
        if pays:
            before = before_act(stored, entry, on_server)
            if before.state in CLEARED_STATES:
                _check_payment(stored, entry, before, day, add)
                continue
        if entry.act not in _REVERSING and any(each.kind == LATE_INTEREST for each in its):
            add("interest", stored.subject, f"act {entry.journal_seq} ({entry.act}) booked interest")


def _check_payment(stored: Stored, entry: Entry, before: Before, day: Day, add: Add) -> None:
    told, owed = f"act {entry.journal_seq} ({entry.act})", before.obligation
    if owed is None:
        add("interest", stored.subject, f"{told} paid what nobody owed")
        return
    books = (entry.book_version, stored.decided[0].decision.criteria_version)
    registered, today = (day(*books, vn_date(each)) for each in (before.registered_at, entry.acted_at))
    cleared_at = next(each.acted_at for each in stored.entries if State.CLEARED in each.states)
    late = Late(_timing(stored, entry), before.registered_at, cleared_at, before.transfers)
    interest_vnd = interest_left(late, before.trader_code, owed.outstanding_vnd, registered, today)
    wanted = None
    if interest_vnd:
        left = type(owed)(*before.key, before.trader_code, owed.assessed_vnd, 0, owed.due_on)
        wanted = interest_charged(left, interest_vnd, today.on, entry.journal_seq, entry.acted_at)
    booked = [each for each in stored.booked.transfers if each.journal_seq == entry.journal_seq and each.kind]
    changes = [each for each in stored.booked.changes if each.journal_seq == entry.journal_seq]
    if booked != ([wanted[0]] if wanted else []) or changes != ([wanted[2]] if wanted else []):
        add(
            "interest",
            stored.subject,
            f"{told} left {sum(each.amount_vnd for each in booked)} đ of interest, not {interest_vnd} đ",
        )


def _timing(stored: Stored, entry: Entry) -> str:
    """Return the time of payment as last declared before the act."""
    said: str = stored.declared.fact("payment_timing_code")
    for version in stored.declared.versions:
        if version.journal_seq < entry.journal_seq:
            said = version.fact("payment_timing_code")
    return said
