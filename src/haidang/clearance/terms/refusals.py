"""What is refused in the pass, worded for the person who sees it, and what is wrong with a table of it."""

from collections.abc import Sequence
from datetime import datetime

from haidang.clearance.terms import Condition, ConditionKind, Owner, State
from haidang.clearance.terms.acts import ComparedLine, Proposal
from haidang.clearance.terms.naming import CONDITIONS, OWNERS, POWERS, STATES, Pair, act_in_words
from haidang.kernel.calendar import VN
from haidang.kernel.findings import Refusal
from haidang.kernel.money import format_scaled
from haidang.organisation.terms import Act


class MoveRefused(Refusal):
    """The state table has no such edge."""

    code = "MOVE_REFUSED"
    text_vi = "Trạng thái hiện tại của tờ khai không cho phép bước này."
    text_en = "The present state of the declaration does not allow this step."

    def __init__(self, current: State | None = None, wanted: str | Pair = "") -> None:
        super().__init__(wanted)
        if current is not None:
            vi, en = STATES[current]
            wanted_vi, wanted_en = act_in_words(wanted) if isinstance(wanted, str) else wanted
            self.text_vi = f"Trạng thái hiện tại của tờ khai là “{vi}”: không thực hiện được việc {wanted_vi}."
            self.text_en = f"The declaration stands at “{en}”: it is not possible {wanted_en}."


class TableInvalid(ValueError):
    """The table of states or of condition kinds cannot be loaded; the message names row and reason."""


class ParameterMissing(LookupError):
    """The law book of the day does not hold a figure that the table of condition kinds names."""


class ConditionUnknown(Refusal):
    """The declaration has no condition of that kind and number."""

    code = "CONDITION_UNKNOWN"
    text_vi = "Tờ khai không có điều kiện này."
    text_en = "The declaration has no such condition."


class ConditionAmbiguous(Refusal):
    """Several conditions of that kind are open and the message does not say which is meant."""

    code = "CONDITION_AMBIGUOUS"

    def __init__(self, kind: ConditionKind, condition_nos: tuple[int, ...]) -> None:
        super().__init__(kind, condition_nos)
        numbers = ", ".join(map(str, condition_nos))
        vi, en = CONDITIONS[kind]
        self.text_vi = f"Có nhiều điều kiện “{vi}” đang mở (số {numbers}): cần nêu rõ số."
        self.text_en = f"Several conditions “{en}” are open (numbers {numbers}): say which."


class ConditionClosedAlready(Refusal):
    """Someone has closed it before; the words say who and when."""

    code = "CONDITION_CLOSED_ALREADY"

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.kind, condition.condition_no)
        self.condition = condition
        at = condition.closed_at.astimezone(VN) if condition.closed_at else None
        when_vi = f"{at:%H:%M:%S %d/%m/%Y}" if at else ""
        vi, en = CONDITIONS[condition.kind]
        self.text_vi = f"Điều kiện “{vi}” đã được {condition.closed_by} đóng lúc {when_vi}."
        self.text_en = f"The condition “{en}” was closed by {condition.closed_by} at {when_vi} (Viet Nam)."


class NotTheirsToClose(Refusal):
    """Whoever tries may not close a condition of that kind."""

    code = "NOT_THEIRS_TO_CLOSE"

    def __init__(self, kind: ConditionKind, by: Owner, closers: frozenset[Owner]) -> None:
        super().__init__(kind, by)
        vi, en = (", ".join(OWNERS[owner][language] for owner in sorted(closers)) for language in range(2))
        self.text_vi = (
            f"Bên gửi ({OWNERS[by][0]}) không có quyền đóng điều kiện “{CONDITIONS[kind][0]}”; bên có quyền: {vi}."
        )
        self.text_en = (
            f"The sender ({OWNERS[by][1]}) may not close the condition “{CONDITIONS[kind][1]}”; it is for: {en}."
        )


class FailedAlready(Refusal):
    """The same check has failed before, and the goods are held for it."""

    code = "FAILED_ALREADY"
    text_vi = "Kết quả không đạt này đã được ghi nhận; hàng đang bị giữ."
    text_en = "This check has failed already; the goods are held for it."


class EvidenceMissing(Refusal):
    """A condition closes on a paper or a message that can be shown later."""

    code = "EVIDENCE_MISSING"
    text_vi = "Cần nêu chứng từ hoặc người làm căn cứ đóng điều kiện."
    text_en = "Say who closes the condition and on what paper."


def told_at(at: datetime | None) -> str:
    """Return an instant as refusals tell it: Vietnamese time."""
    return f"{at.astimezone(VN):%H:%M:%S %d/%m/%Y}" if at else ""


class OfficerNeeded(Refusal):
    """An act on a file is a person's: it is signed with the officer's own key, not with that of the office."""

    code = "OFFICER_NEEDED"
    text_vi = "Việc này phải do công chức ký bằng chứng thư số của chính mình, không phải của đơn vị."
    text_en = "This act is signed by an officer with a key of their own, not with that of the office."


class PowerMissing(Refusal):
    """The officer holds no power to do this now, in any unit: none was given, or it has ended."""

    code = "POWER_MISSING"

    def __init__(self, act: Act) -> None:
        super().__init__(act)
        vi, en = POWERS[act]
        self.text_vi = (
            f"Công chức hiện không có thẩm quyền {vi}: chuyển cho người có thẩm quyền, hoặc đề nghị giao thẩm quyền."
        )
        self.text_en = (
            f"The officer does not hold the power to {en} at present: hand it to one who does, or have the power given."
        )


class OutsideQueue(Refusal):
    """The file is not one of the officer's own unit: the reason for working on it is to be given, and is kept for the auditor."""

    code = "OUTSIDE_QUEUE"
    text_vi = "Hồ sơ không thuộc đơn vị của công chức: cần nêu lý do (outside_reason)."
    text_en = "The file is none of the officer's own unit: say why (outside_reason)."


class SamePerson(Refusal):
    """Who proposed cannot decide."""

    code = "SAME_PERSON"
    text_vi = "Người đề xuất không được tự quyết định: cần một công chức khác."
    text_en = "Who proposed cannot decide: it takes another officer."


class ProposalUnknown(Refusal):
    """The declaration has no such proposal."""

    code = "PROPOSAL_UNKNOWN"
    text_vi = "Tờ khai không có đề xuất này."
    text_en = "The declaration has no such proposal."


class ProposalOpen(Refusal):
    """Another proposal waits for its decision; the words say whose and since when."""

    code = "PROPOSAL_OPEN"

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal.proposal_no)
        no, maker, at = proposal.proposal_no, proposal.maker_code, told_at(proposal.proposed_at)
        self.text_vi = f"Đề xuất số {no} của {maker} lúc {at} đang chờ quyết định."
        self.text_en = f"Proposal {no} of {maker} at {at} (Viet Nam) waits for its decision."


class DecidedAlready(Refusal):
    """Somebody was faster; the words say who and when."""

    code = "DECIDED_ALREADY"

    def __init__(self, what_vi: str, what_en: str, by: str, at: datetime | None) -> None:
        super().__init__(what_en, by)
        self.text_vi = f"{what_vi}: {by} đã quyết định lúc {told_at(at)}."
        self.text_en = f"{what_en}: {by} decided at {told_at(at)} (Viet Nam)."


class ChannelRefused(Refusal):
    """The declaration is in that channel already, or the act goes the other way."""

    code = "CHANNEL_REFUSED"

    def __init__(self, channel: int, wanted: int) -> None:
        super().__init__(channel, wanted)
        self.text_vi = f"Tờ khai đang ở luồng {channel}: không chuyển sang luồng {wanted} bằng việc này được."
        self.text_en = f"The declaration is in channel {channel}: this act cannot move it to channel {wanted}."


class QuestionUnknown(Refusal):
    """Customs has asked no such question."""

    code = "QUESTION_UNKNOWN"
    text_vi = "Hải quan không hỏi câu này."
    text_en = "Customs has asked no such question."


class LineUnknown(Refusal):
    """The result names a goods line that the declaration does not have, or one twice."""

    code = "LINE_UNKNOWN"

    def __init__(self, line_no: int) -> None:
        super().__init__(line_no)
        self.text_vi = f"Dòng hàng {line_no} không có trên tờ khai hoặc được ghi hai lần."
        self.text_en = f"The declaration has no line {line_no}, or it is named twice."


_LINES_TOLD = 5


class QuantityDiffers(Refusal):
    """Another quantity was found than declared, and nothing says why the goods pass all the same."""

    code = "QUANTITY_DIFFERS"

    def __init__(self, lines: Sequence[ComparedLine]) -> None:
        super().__init__(*(each.line_no for each in lines))
        shown = [
            (each.line_no, format_scaled(each.declared_milli, 3), format_scaled(each.found_milli, 3), each.unit_code)
            for each in lines[:_LINES_TOLD]
        ]
        more = f" … ({len(lines)})" if len(lines) > _LINES_TOLD else ""
        vi = "; ".join(f"dòng {no} khai {declared}, thấy {found} {unit}" for no, declared, found, unit in shown)
        en = "; ".join(
            f"line {no} declares {declared}, {found} {unit} were found" for no, declared, found, unit in shown
        )
        self.text_vi = f"Lượng hàng khác khai báo: {vi}{more}. Ghi lý do vẫn đạt (text), hoặc ghi kết quả không đạt."
        self.text_en = f"The quantity differs: {en}{more}. Say why it passes (text), or record that it failed."


class SettledAlready(Refusal):
    """Somebody was faster: the declaration has been cleared, cancelled or closed otherwise. The words say what happened and when."""

    code = "SETTLED_ALREADY"

    def __init__(self, state: State, act: str, acted_at: datetime, wanted: str) -> None:
        super().__init__(state, act, wanted)
        when = f"{acted_at.astimezone(VN):%H:%M:%S %d/%m/%Y}"
        vi, en = STATES[state]
        by, want = act_in_words(act), act_in_words(wanted)
        self.text_vi = f"Tờ khai đã ở trạng thái “{vi}” từ lúc {when} (việc gần nhất: {by[0]}): không thực hiện được việc {want[0]}."
        self.text_en = f"The declaration stands at “{en}” since {when} Viet Nam time (last act: {by[1].removeprefix('to ')}): it is not possible {want[1]}."
