"""What is refused when a declaration is supplemented that has nothing to be supplemented."""

from haidang.clearance.terms import Condition
from haidang.clearance.terms.refusals import told_at
from haidang.kernel.findings import Refusal


class NotIncomplete(Refusal):
    """The declaration was complete when it was registered: there is nothing to supplement."""

    code = "NOT_INCOMPLETE"
    text_vi = "Tờ khai này đã khai đầy đủ khi đăng ký: muốn thay đổi thì khai sửa (AMEND), đã thông quan thì khai bổ sung (AMC)."
    text_en = "This declaration was complete when it was registered: AMEND it, or ask for an amendment (AMC) once it is cleared."


class SupplementedAlready(Refusal):
    """The declaration has been completed before; the words say when and by whom."""

    code = "SUPPLEMENTED_ALREADY"

    def __init__(self, supplement: Condition) -> None:
        super().__init__(supplement.condition_no)
        at, by = told_at(supplement.closed_at), supplement.closed_by
        self.text_vi = f"{by} đã hoàn chỉnh tờ khai này lúc {at}: muốn thay đổi thì khai sửa (AMEND, AMC)."
        self.text_en = (
            f"{by} completed this declaration at {at} (Viet Nam): to change it, AMEND it (AMC once it is cleared)."
        )
