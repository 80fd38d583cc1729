"""Nouns of the organisation: acts, units, posts, officers, powers, and the named reasons for which a change is refused."""

from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from haidang.kernel.findings import Refusal


class Act(IntEnum):
    """What a power allows (numbers are stored). An act on a file is signed by an officer who holds the power at that instant."""

    DOCUMENT_CHECK = 1
    """Record the result of the document check; ask the declarant."""
    INSPECTION_RESULT = 2
    """Record the result of the physical inspection."""
    RAISE_CHANNEL = 3
    """Have more checked than the channel asked for."""
    LOWER_CHANNEL = 4
    """Propose that less be checked."""
    APPROVE = 5
    """Decide on what another officer proposed."""
    INSTRUCT_CORRECTION = 6
    """Tell the declarant to correct the declaration, and accept that it was done."""
    RECORD_RESULT = 7
    """Record what another agency decided, or a rate that was missing."""
    LIFT_HOLD = 8
    """End a hold of the goods."""
    DECIDE_AMENDMENT = 9
    """Accept or refuse an amendment after clearance."""
    ASSESS = 10
    """Propose that taxes be assessed ex officio."""
    CANCEL = 11
    """Propose how a request to cancel is decided."""
    DOUBT_VALUE = 12
    """Doubt the value declared, and decide on it after consultation."""
    RELEASE = 13
    """Let goods be used before they are cleared, or refuse it."""
    RELEASE_TO_STORAGE = 14
    """Let goods go to a place of storage until a result is known, or refuse it."""
    REGISTER_GOODS_LIST = 15
    """Put a list of exempt goods on file."""
    RECORD_CONFLICT = 19
    """Record and end conflicts of interest of the officers of the unit."""
    HOLD_PARCEL = 21
    """Hold a parcel of low value, and end such a hold."""
    PUBLISH_LAW = 22
    """Draft a change of the law book, approve one of another person, publish it."""
    ANALYSE_RULING = 23
    """Check applications for advance rulings, ask for more, propose what is decided."""
    DECIDE_RULING = 24
    """Decide on what another officer proposed about an advance ruling; say that a case is complex."""
    END_RULING = 25
    """Propose that an advance ruling be cancelled, or that it has ended by law."""
    PREPARE_ADJUSTMENT = 26
    """Prepare what a later version of the law book makes of the taxes of registered declarations."""
    APPROVE_ADJUSTMENT = 27
    """Decide whether a prepared adjustment of another officer is booked."""
    REGISTER_QUOTA = 28
    """Put a tariff quota licence on file."""


class Relation(StrEnum):
    """What ties an officer to a party so that the officer keeps away from its files. The words are ours: the cases that the law names are unverified."""

    FAMILY = "family"
    """A near relative owns, runs or works for it in a leading post."""
    OWNERSHIP = "ownership"
    """The officer holds capital or shares of it."""
    EMPLOYMENT = "employment"
    """The officer worked for it, or has agreed to."""
    CREDIT = "credit"
    """The officer lends to it or borrows from it."""
    OTHER = "other"
    """Another interest, said in words."""


class Unit(Struct, frozen=True, kw_only=True):
    """One customs unit. `code` is the code of the office as declarations name it, `party_code` the party whose tokens its machines use."""

    unit_id: int
    code: str
    name: str
    party_code: str


class Post(Struct, frozen=True, kw_only=True):
    """One post in a unit; powers are given to posts, not to people."""

    post_id: int
    unit_code: str
    code: str
    name: str


class Officer(Struct, frozen=True, kw_only=True):
    """One person of customs. `code` is quoted wherever the person acted and never given to another."""

    officer_id: int
    code: str
    name: str
    sample: bool


class Power(Struct, frozen=True, kw_only=True):
    """One power as one officer holds it: through a post in the unit `home`, for `act` on files of `unit`.

    From `valid_from` until before `valid_until` (None: open): while both the appointment to the post and the power of the post are in force.
    `instrument` is the paper that gave it; `sample` marks one made up for demonstration.
    """

    power_id: int
    officer_code: str
    home: str
    act: Act
    unit: str
    valid_from: datetime
    valid_until: datetime | None
    instrument: str
    sample: bool


class Conflict(Struct, frozen=True, kw_only=True):
    """An officer keeps away from the files of a party from `valid_from` until before `valid_until` (None: open).

    `party_code` is a tax code or personal number; that of a firm (10 digits) covers its branches (13 digits). `party_ids` are the numbers of the
    parties that it covers. `recorded_at` is when customs came to know: nobody can be blamed for what was done before.
    """

    conflict_no: int
    officer_code: str
    party_code: str
    party_ids: tuple[int, ...]
    relation: Relation
    valid_from: datetime
    valid_until: datetime | None
    recorded_by: str
    recorded_at: datetime


class ConflictEvent(Struct, frozen=True, kw_only=True):
    """One entry of the register of conflicts: a conflict was `recorded`, or `ended` (then `valid_until` is its end). Nothing is ever rewritten.

    `digest` covers the entry and the digest of the entry before: who changes an old one must rewrite all that follow it.
    """

    event_no: int
    event: str
    conflict_no: int
    officer_code: str
    party_code: str
    relation: Relation
    note: str
    valid_from: datetime
    valid_until: datetime | None
    recorded_by: str
    recorded_at: datetime
    digest: bytes


class Concerned(Struct, frozen=True):
    """Who a file is about: codes of importer or exporter and of who entrusted it, and the number of the party that declares."""

    codes: tuple[str, ...]
    declarant_id: int


class Seat(Struct, frozen=True, kw_only=True):
    """An officer as the pages know them: the unit they belong to, its party (which sends their messages), and the powers they hold now.

    `conflicts` are those in force at the legal instant `read_at`: files of these parties are not for this officer.
    """

    officer_id: int
    officer_code: str
    name: str
    unit_code: str
    party_code: str
    powers: tuple[Power, ...]
    conflicts: tuple[Conflict, ...]
    read_at: datetime

    @property
    def homes(self) -> tuple[str, ...]:
        """Units in which they hold a post: their queue."""
        return tuple(sorted({power.home for power in self.powers}))

    @property
    def reach(self) -> tuple[str, ...]:
        """Units over whose files they may do anything at all."""
        return tuple(sorted({power.unit for power in self.powers} | set(self.homes)))

    def may(self, act: Act, unit: str) -> bool:
        """Tell whether they may do `act` on files of `unit`."""
        return any(power.act is act and power.unit == unit for power in self.powers)


class OfficeReader(Struct, frozen=True, kw_only=True):
    """Who reads for a customs office by its token: the office's party and units, and the officer whom its machine names (empty: none that is one).

    `conflicts` are those of the officer in force at the legal instant `read_at`; `reason` is why a file of another office is read.
    """

    party_id: int
    units: tuple[str, ...]
    officer_code: str
    conflicts: tuple[Conflict, ...]
    reason: str
    read_at: datetime


class SeatKey(Struct, frozen=True, kw_only=True):
    """A certificate of an officer, with its public key (`spki`, DER): what a key file is compared with."""

    thumbprint_sha256: bytes
    algorithm: str
    spki: bytes


class LoginRefused(Refusal):
    """The officer has a login for part of this time, the person is another officer, or there is no such officer."""

    code = "LOGIN_REFUSED"
    text_vi = "Công chức hoặc người này đã có tài khoản trong thời gian đó, hoặc không có công chức này."
    text_en = "The officer or the person has a login for part of this time already, or there is no such officer."


class UnitRefused(Refusal):
    """A unit, post or officer that cannot be added: the code is taken or not one, or the party is no customs office."""

    code = "UNIT_REFUSED"
    text_vi = "Mã đơn vị, vị trí hoặc công chức đã có hoặc không đúng dạng, hoặc đối tượng không phải cơ quan hải quan."
    text_en = "The code of the unit, post or officer is taken or is none, or the party is not a customs office."


class KeyRefused(Refusal):
    """A certificate that is not registered for the party of the officer's unit, or is another officer's."""

    code = "KEY_REFUSED"
    text_vi = "Chứng thư số chưa đăng ký cho đơn vị của công chức, hoặc thuộc công chức khác."
    text_en = "The certificate is not registered for the party of the officer's unit, or is another officer's."


class PowerRefused(Refusal):
    """A power or appointment for no time, without an instrument, or over the same time as another of the same kind."""

    code = "POWER_REFUSED"
    text_vi = "Thẩm quyền hoặc bổ nhiệm phải có văn bản, có thời hạn hợp lệ và không trùng với dòng đã có."
    text_en = "A power or appointment needs an instrument and a time that is not empty, and must not overlap another."


class ConflictRefused(Refusal):
    """A conflict with nobody, for no time, that is there already, or recorded or ended by somebody who may not."""

    code = "CONFLICT_REFUSED"
    text_vi = (
        "Không ghi được xung đột lợi ích: cần mã số thuế hoặc số định danh đúng, thời hạn hợp lệ, chưa ghi trùng; người ghi là chính công chức "
        "hoặc lãnh đạo đơn vị có thẩm quyền; chỉ lãnh đạo được chấm dứt."
    )
    text_en = (
        "The conflict of interest cannot be recorded: it needs a valid tax code or personal number and a time that is not empty, recorded once; by "
        "the officer, or by a head of the unit with the power; only such a head ends it."
    )


class ConflictOfInterest(Refusal):
    """The officer has a conflict of interest with somebody whom the file concerns; `conflict` is that one."""

    code = "CONFLICT_OF_INTEREST"

    def __init__(self, conflict: Conflict) -> None:
        self.conflict = conflict
        self.text_vi = (
            f"Công chức {conflict.officer_code} có xung đột lợi ích với một bên của hồ sơ này (xung đột số {conflict.conflict_no}): "
            "chuyển hồ sơ cho công chức khác, hoặc báo lãnh đạo đơn vị phân công lại."
        )
        self.text_en = (
            f"Officer {conflict.officer_code} has a conflict of interest with a party of this file (conflict {conflict.conflict_no}): "
            "hand it over to another officer, or ask the head of the unit to assign it again."
        )
        super().__init__(self.text_en)
