"""What is served on the operator of a list: which acts are decisions or requests, and what they are called. Pure.

As with declarations, when it was sent is the instant of the act, which stands in its chained entry.
Law: 20/2023/QH15 (electronic transactions) on when a data message is sent and received (articles unverified).
"""

from collections.abc import Mapping

from haidang.parcels.terms import AMEND_EXPORT, AMEND_IMPORT, CANCEL, EXPORT, IMPORT, ParcelDeed

ACT = "PARCEL_ACT"
"""The procedure by which officers act on parcels; its entries name the deed after a colon."""
_REGISTERED = ("Kết quả đăng ký danh sách", "Registration of the list")
_AMENDED = ("Kết quả khai sửa các lô hàng", "Amendment of parcels taken")
SERVED: Mapping[str, tuple[str, str]] = {
    IMPORT: _REGISTERED,
    EXPORT: _REGISTERED,
    AMEND_IMPORT: _AMENDED,
    AMEND_EXPORT: _AMENDED,
    CANCEL: ("Kết quả đề nghị hủy các lô hàng", "Request to cancel parcels taken"),
    f"{ACT}:{ParcelDeed.HOLD}": ("Quyết định giữ lô hàng", "Decision to hold a parcel"),
    f"{ACT}:{ParcelDeed.RELEASE}": ("Quyết định giải tỏa lô hàng", "Decision to end the hold of a parcel"),
    f"{ACT}:{ParcelDeed.DOCUMENT_CHECK}": ("Kết quả kiểm tra hồ sơ lô hàng", "The outcome of the document check of a parcel"),
    f"{ACT}:{ParcelDeed.INSPECTION}": ("Kết quả kiểm tra thực tế lô hàng", "The outcome of the inspection of a parcel"),
    f"{ACT}:{ParcelDeed.APPROVE_CANCELLATION}": ("Chấp nhận hủy lô hàng", "Cancellation of a parcel approved"),
    f"{ACT}:{ParcelDeed.REFUSE_CANCELLATION}": ("Từ chối hủy lô hàng", "Cancellation of a parcel refused"),
}  # fmt: skip
"""Acts that are served, with their Vietnamese and English names. A proposal stays among officers; payments and arrivals are others' messages."""
