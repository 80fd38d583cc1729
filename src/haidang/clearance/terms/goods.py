"""Why release before clearance, storage, or drawing on goods on file is refused: worded for the person who sees it."""

from haidang.clearance.terms import Condition, ConditionKind
from haidang.clearance.terms.naming import CONDITIONS, act_in_words
from haidang.clearance.terms.refusals import told_at
from haidang.kernel.findings import Refusal


class ImportsOnly(Refusal):
    """Release before clearance and storage are for goods that come in."""

    code = "IMPORTS_ONLY"
    text_vi = "Chỉ hàng nhập khẩu được đề nghị giải phóng hàng hoặc đưa về bảo quản."
    text_en = "Only imports may be released before clearance or taken to storage."


class AskedAlready(Refusal):
    """The same was asked for and waits for the decision of customs."""

    code = "ASKED_ALREADY"

    def __init__(self, condition: Condition) -> None:
        super().__init__(condition.kind, condition.condition_no)
        at = told_at(condition.opened_at)
        vi, en = CONDITIONS[condition.kind]
        self.text_vi = f"Đề nghị “{vi}” gửi lúc {at} đang chờ hải quan quyết định."
        self.text_en = f"The request “{en}” of {at} (Viet Nam) waits for the decision of customs."


class NotAskedFor(Refusal):
    """Customs decides on a request that nobody has made, or that is decided already."""

    code = "NOT_ASKED_FOR"

    def __init__(self, kind: ConditionKind) -> None:
        super().__init__(kind)
        vi, en = CONDITIONS[kind]
        self.text_vi = f"Không có đề nghị “{vi}” nào đang chờ: người khai gửi đề nghị trước."
        self.text_en = f"No request “{en}” waits for a decision: the declarant asks for it first."


class StillInTheWay(Refusal):
    """Open conditions forbid what is wanted; the words name them."""

    code = "STILL_IN_THE_WAY"

    def __init__(self, conditions: tuple[Condition, ...], wanted: str) -> None:
        super().__init__(wanted, *(condition.condition_no for condition in conditions))
        vi, en = (
            ", ".join(f"“{CONDITIONS[one.kind][language]}” ({one.condition_no})" for one in conditions)
            for language in range(2)
        )
        wanted_vi, wanted_en = act_in_words(wanted)
        self.text_vi = f"Chưa thực hiện được việc {wanted_vi}: còn mở {vi}. Hoàn thành các điều kiện này trước."
        self.text_en = f"It is not possible {wanted_en} while {en} are open: close these conditions first."


class TaxUnpaid(Refusal):
    """The tax stands under a guarantee only, and the law of the day wants it paid before release."""

    code = "TAX_UNPAID"

    def __init__(self, outstanding_vnd: int) -> None:
        super().__init__(outstanding_vnd)
        self.text_vi = f"Còn {outstanding_vnd:,} đ chưa nộp, chỉ có bảo lãnh: phải nộp trước khi giải phóng hàng."
        self.text_en = f"{outstanding_vnd:,} đ are under guarantee and not paid: pay before the goods are released."


class NoResultAwaited(Refusal):
    """Storage is for goods that await the result of a specialised inspection."""

    code = "NO_RESULT_AWAITED"
    text_vi = "Hàng không chờ kết quả kiểm tra chuyên ngành hoặc kiểm dịch nào: không có lý do đưa về bảo quản."
    text_en = "No result of a specialised inspection or quarantine is awaited: there is no reason for storage."


class OtherPlace(Refusal):
    """The goods are reported at another place than the storage that customs has allowed."""

    code = "OTHER_PLACE"
    text_vi = "Hàng phải đến đúng địa điểm bảo quản đã được chấp nhận: kiểm tra mã địa điểm."
    text_en = "The goods have to arrive at the place of storage that was allowed: check the code of the place."


class DrawnUpon(Refusal):
    """Later declarations have taken goods of this one out or back in: it cannot be cancelled under them."""

    code = "DRAWN_UPON"

    def __init__(self, references: tuple[str, ...]) -> None:
        super().__init__(references)
        lines = ", ".join(reference.partition("/")[2] for reference in references)
        self.text_vi = f"Dòng hàng {lines} đã được tờ khai sau trừ lùi: hủy các tờ khai đó trước."
        self.text_en = f"Lines {lines} are drawn on by later declarations: have those cancelled first."
