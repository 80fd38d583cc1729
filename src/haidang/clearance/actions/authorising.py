"""By what an officer acts on a file, and that none acts on a file of somebody with whom they have a conflict of interest."""

from collections.abc import Callable
from datetime import datetime

from haidang.clearance.actions.passing import Envelope, Hands
from haidang.clearance.rules.officers import authorise
from haidang.clearance.terms.acts import Authority
from haidang.declarations.actions import Standing
from haidang.declarations.lookups import entrusting
from haidang.organisation.actions import note_conflict
from haidang.organisation.rules import Powers, conflict_over
from haidang.organisation.terms import Act, Concerned, ConflictOfInterest


def authority_over(
    hands: Hands, powers: Powers, envelope: Envelope, act: Act, file: tuple[str, Callable[[], Concerned]] | None, at: datetime,
    number: int, outside_reason: str, doing: str,
) -> Authority | None:  # fmt: skip
    """Return by what the signer of a message may do `act` on a file, given as (unit, who reads whom it concerns); None: there is none for them.

    `number` is the file as the message names it, `doing` what it wants: both are kept when a conflict of interest forbids it. Whom the file concerns
    is read only for an officer who ever had such a conflict.

    Raises:
        OfficerNeeded, PowerMissing, OutsideQueue: as `authorise` does.
        ConflictOfInterest: asked last, so that it tells nothing of a file out of reach.
    """
    unit = file[0] if file is not None else None
    authority = authorise(powers, envelope.certificate.thumbprint_sha256, act, unit, at, outside_reason)
    if authority is None or file is None:
        return None
    conflicts = powers.conflicts.get(authority.officer_code, ())
    conflict = conflict_over(conflicts, file[1](), at) if conflicts else None
    if conflict is not None:
        note_conflict(hands.directory, conflict, str(number), doing)
        raise ConflictOfInterest(conflict)
    return authority


def concerned_by(hands: Hands, standing: Standing) -> Callable[[], Concerned]:
    """Return who reads whom a locked declaration concerns: importer or exporter, who entrusted it in any version, who declares."""

    def read() -> Concerned:
        its = entrusting(hands.connection, [standing.key]).get(standing.declaration_id, [])
        return Concerned((standing.trader_code, *(each.code for each in its)), standing.declarant_id)

    return read
