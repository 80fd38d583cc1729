"""By what an officer acts on a file, and that none acts on a file of somebody with whom they have a conflict of interest."""

from datetime import datetime

from haidang.clearance.actions.passing import Envelope, Hands
from haidang.clearance.rules.officers import authorise
from haidang.clearance.terms import Authority
from haidang.organisation.actions import note_conflict
from haidang.organisation.rules import Powers, conflict_over
from haidang.organisation.terms import Act, Concerned, ConflictOfInterest


def authority_over(
    hands: Hands, powers: Powers, envelope: Envelope, act: Act, file: tuple[str, Concerned] | None, at: datetime, number: int,
    outside_reason: str, doing: str,
) -> Authority | None:  # fmt: skip
    """Return by what the signer of a message may do `act` on a file, given as (unit, whom it concerns); None: there is none for them.

    `number` is the file as the message names it, `doing` what it wants: both are kept when a conflict of interest forbids it.

    Raises:
        OfficerNeeded, PowerMissing, OutsideQueue: as `authorise` does.
        ConflictOfInterest: asked last, so that it tells nothing of a file out of reach.
    """
    unit = file[0] if file is not None else None
    authority = authorise(powers, envelope.certificate.thumbprint_sha256, act, unit, at, outside_reason)
    if authority is None or file is None:
        return None
    conflict = conflict_over(powers.conflicts.get(authority.officer_code, ()), file[1], at)
    if conflict is not None:
        note_conflict(hands.directory, conflict, str(number), doing)
        raise ConflictOfInterest(conflict)
    return authority
