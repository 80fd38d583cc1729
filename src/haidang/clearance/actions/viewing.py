"""Looking at a file of another unit: for a reason, and every look is kept for the auditor (`file_view`)."""

from uuid import UUID

from haidang.clearance import store
from haidang.clearance.lookups.files import FileNumber
from haidang.kernel.findings import Refusal
from haidang.platform.db import Transaction

LONGEST_REASON = 600


class ReasonNeeded(Refusal):
    """A file of another unit is looked at for a reason of some words."""

    code = "REASON_NEEDED"
    text_vi = "Cần ghi lý do xem hồ sơ của đơn vị khác (tối đa 600 ký tự)."
    text_en = "Say why you look at a file of another unit (600 characters at most)."


def note_view(transaction: Transaction, file: FileNumber, view_id: UUID, officer_code: str, reason: str) -> None:
    """Keep that an officer looks at a file of another unit, with the reason and the legal instant.

    Raises:
        ReasonNeeded: no reason, or one that is too long.
    """
    said = reason.strip()
    if not said or len(said) > LONGEST_REASON:
        raise ReasonNeeded
    store.insert_file_view(transaction, file.key, view_id, officer_code, file.unit_code, said)
