"""The part of `haidang verify` about proof of delivery: what was served was sent before it was delivered, and delivered before it was opened."""

from collections.abc import Container, Sequence

from haidang.clearance.rules.serving import SERVED
from haidang.journal.rules import service_event
from haidang.journal.terms import Entry, Served, ServiceEvent
from haidang.site.verifying_balances import Add


def check_service(
    subject: str, entries: Sequence[Entry], events: Sequence[ServiceEvent], add: Add, served: Container[str] = SERVED
) -> None:
    """Derive the digest of each event again from the act it belongs to and the event before it. `served` are the acts that are served."""
    acts = {entry.journal_seq: entry for entry in entries}
    before: ServiceEvent | None = None
    for event in events:
        act = acts.get(event.journal_seq)
        if act is None or act.act not in served:
            add("service", subject, f"act {event.journal_seq} was never served")
            continue
        previous = before if before is not None and before.journal_seq == event.journal_seq else None
        before = event
        word = Served(event.event).name.lower()
        if event.event == Served.OPENED and previous is None:
            add("service", subject, f"act {event.journal_seq} was opened and never delivered")
        if event.happened_at < (previous.happened_at if previous else act.acted_at):
            add("service", subject, f"act {event.journal_seq} was {word} before it could be")
        again = service_event(act, Served(event.event), event.party_id, event.happened_at, event.way, previous)
        if again.digest != event.digest:
            add("service", subject, f"the proof that act {event.journal_seq} was {word} is not the one recorded")
