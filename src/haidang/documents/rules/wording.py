"""What is said of a file or its facts that are not taken: what is wrong, and what to do."""

from msgspec.structs import replace

from haidang.documents.rules.tables import media_types
from haidang.documents.terms import MediaType
from haidang.kernel.findings import Finding

CONTENT = "/content"


def _finding(code: str, vi: str, en: str, repair_vi: str, repair_en: str, pointer: str = CONTENT) -> Finding:
    return Finding(code=code, pointer=pointer, text_vi=vi, text_en=en, repair_vi=repair_vi, repair_en=repair_en)


_ANEW = ("Xuất lại tệp từ chương trình gốc rồi gửi lại.", "Write the file anew from the program it came from, and send that.")  # fmt: skip
EMPTY = _finding("HD-FILE-EMPTY", "Tệp không có byte nào.", "The file has no bytes.", "Chọn đúng tệp rồi gửi lại.", "Choose the right file and send it.")  # fmt: skip
NOT_BASE64 = _finding(
    "HD-FILE-BASE64", "Nội dung tệp không phải base64.", "The content is not base64.",
    "Mã hóa các byte của tệp bằng base64 chuẩn, không xuống dòng.", "Encode the bytes of the file in standard base64 without line breaks.",
)  # fmt: skip
DAMAGED = _finding("HD-FILE-DAMAGED", "Tệp bị hỏng hoặc không trọn vẹn.", "The file is damaged or not whole.", *_ANEW)
NOT_UTF8 = _finding("HD-FILE-UTF8", "Tệp văn bản không phải UTF-8.", "The text is not UTF-8.", "Lưu tệp bằng UTF-8 rồi gửi lại.", "Save the file as UTF-8 and send it.")  # fmt: skip
BEFORE_PDF = _finding(
    "HD-FILE-TWO-TYPES", "Có nội dung khác đứng trước phần đầu %PDF-.", "Something else stands before the beginning of the PDF (%PDF-).",
    "Mở tệp bằng trình đọc PDF, in ra PDF mới rồi gửi tệp mới.", "Open it in a PDF reader, print it to a new PDF, and send that.",
)  # fmt: skip
AFTER_END = _finding(
    "HD-FILE-TWO-TYPES", "Có nội dung khác đứng sau phần cuối của tệp.", "Something else stands after the end of the file.",
    "Xuất lại tệp từ chương trình gốc; tài liệu khác thì gửi riêng.", "Write the file anew from its program; send another document on its own.",
)  # fmt: skip
MACRO = _finding(
    "HD-FILE-MACRO", "Bảng tính có macro, đối tượng nhúng hoặc liên kết ngoài.", "The workbook has macros, embedded objects or links to other files.",
    "Lưu lại dưới dạng .xlsx không có macro và chỉ giữ giá trị, hoặc gửi PDF.", "Save it as .xlsx without macros and with values only, or send a PDF.",
)  # fmt: skip
DTD = _finding(
    "HD-FILE-XML", "XML có DOCTYPE, thực thể hoặc chỉ thị xử lý.", "The XML has a document type, an entity or a processing instruction.",
    "Bỏ các phần đó rồi gửi lại.", "Leave these out and send it again.",
)  # fmt: skip
BOMB = _finding(
    "HD-FILE-UNPACKED", "Tệp khi mở ra quá lớn.", "The file is too large once it is opened.",
    "Giảm số trang tính hoặc độ phân giải ảnh; chia thành nhiều tệp.", "Fewer sheets or a lower resolution; or several files.",
)  # fmt: skip


def too_large(size: int, limit: int) -> Finding:
    """Say how large a file is and may be, in bytes."""
    return _finding(
        "HD-FILE-TOO-LARGE", f"Tệp {size} byte, tối đa {limit} byte.", f"The file has {size} bytes, at most {limit} are taken.",
        "Nén ảnh, giảm độ phân giải hoặc chia thành nhiều tệp.", "Compress images, lower the resolution, or send several files.",
    )  # fmt: skip


def not_taken(said: str) -> Finding:
    """Say that files of this type are not taken, and which are."""
    shown = f" ({said})" if said.isascii() and said.isprintable() and said else ""
    finding = _finding(
        "HD-FILE-TYPE", f"Loại tệp này không được nhận{shown}.", f"Files of this type are not taken{shown}.",
        "Gửi PDF, PNG, JPEG, XML, XLSX, CSV hoặc TXT.", "Send PDF, PNG, JPEG, XML, XLSX, CSV or TXT.",
        "/media_type" if said else CONTENT,
    )  # fmt: skip
    return replace(finding, nearest=tuple(media_types()))


def other_type(said: str, found: MediaType) -> Finding:
    """Say that the bytes are of another type than the sender says."""
    return _finding(
        "HD-FILE-OTHER-TYPE", f"Tệp khai là {said} nhưng các byte là {found.name_vi}.", f"The file is said to be {said}, its bytes are a {found.name_en}.",
        f"Gửi đúng tệp, hoặc ghi media_type {found.media_type}.", f"Send the right file, or say media_type {found.media_type}.", "/media_type",
    )  # fmt: skip


def two_types(other: str) -> Finding:
    """Say that a file can also be read as something else."""
    return _finding(
        "HD-FILE-TWO-TYPES", f"Tệp còn đọc được như một tệp {other}.", f"The file can also be read as {other}.",
        "Xuất lại tệp từ chương trình gốc; tài liệu khác thì gửi riêng.", "Write the file anew from its program; send another document on its own.",
    )  # fmt: skip


def known_otherwise(document_no: str) -> Finding:
    """Say that the same bytes are on file with other facts."""
    return _finding(
        "HD-DOCUMENT-KNOWN", f"Tệp này đã nộp với số {document_no} và thông tin khác.", f"This file is on file as {document_no} with other facts.",
        f"Dùng số {document_no}; nếu thông tin cũ sai, xuất hoặc quét lại tệp rồi nộp như chứng từ mới.",
        f"Refer to {document_no}; where its facts are wrong, write or scan the file anew and give that as a new document.", "/fields",
    )  # fmt: skip


def unknown_document(document_no: str, pointer: str) -> Finding:
    """Say that nothing can be referred to by this number: one of no document and one of another trader look alike."""
    return _finding(
        "HD-DOCUMENT-UNKNOWN", f"Không có chứng từ số {document_no} của người khai này.", f"There is no document {document_no} of this trader.",
        "Nộp chứng từ trước (POST /api/v1/documents) cho đúng mã người xuất nhập khẩu, rồi ghi số được cấp.",
        "Give the document first (POST /api/v1/documents) for this trader's code, then name the number it got.", pointer,
    )  # fmt: skip


def unknown_currency(code: str) -> Finding:
    """Say that a currency is none of the list."""
    return _finding(
        "HD-CODE", f"Mã đồng tiền {code} không có trong danh sách.", f"The currency {code} is not in the list.",
        "Chọn mã ISO 4217 có trong danh sách currency.", "Choose an ISO 4217 code of the list currency.", "/fields/currency",
    )  # fmt: skip
