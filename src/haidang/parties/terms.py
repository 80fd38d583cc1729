"""Nouns of the parties: who they are, their certificates and mandates, and the named reasons for which a signature is refused."""

from datetime import date, datetime
from enum import Enum, IntEnum, StrEnum

from msgspec import Struct

from haidang.kernel.findings import Finding, Refusal


class PartyKind(StrEnum):
    """What a party is to customs. A declaration names traders and brokers; the others send results, payments and gate moves."""

    TRADER = "trader"
    BROKER = "broker"
    BANK = "bank"
    PORT = "port"
    MINISTRY = "ministry"
    CUSTOMS = "customs"


class PartyStatus(StrEnum):
    """Whether the party exists for the tax authority: only an active one may lodge."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DISSOLVED = "dissolved"


class Party(Struct, frozen=True, kw_only=True):
    """One party. `code` is the tax code of traders and brokers (10 or 13 digits), a short code for the others.

    `compliance_level` is 1 (priority) to 5 (does not comply). `blocked_reason` is empty unless every act of the party is refused.
    """

    party_id: int
    code: str
    kind: PartyKind
    name: str
    status: PartyStatus = PartyStatus.ACTIVE
    compliance_level: int = 3
    blocked_reason: str = ""


READING = "session that reads"
"""Label of a token with which its session may read for the party, and do nothing else."""


class Token(Struct, frozen=True, kw_only=True):
    """A bearer token of a machine: only its SHA-256 is kept. Valid from `valid_from` until before `valid_until`, unless revoked."""

    party_id: int
    label: str
    valid_from: datetime
    valid_until: datetime
    revoked_at: datetime | None = None


class Algorithm(StrEnum):
    """Signature algorithms that a registered key may have (RFC 7518, RFC 8037). A key has exactly one."""

    ES256 = "ES256"
    RS256 = "RS256"
    EDDSA = "EdDSA"


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate registered for a party: chain and tax code were verified when it was registered.

    `thumbprint_sha256` is the SHA-256 of the DER certificate (x5t#S256 of RFC 7515), `spki` its public key in DER.
    Valid from `not_before` until before `not_after`, unless revoked.
    """

    thumbprint_sha256: bytes
    party_id: int
    algorithm: Algorithm
    spki: bytes
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None


class Scope(IntEnum):
    """What an agent may do for its principal (numbers are stored)."""

    IMPORT = 1
    EXPORT = 2
    PAYMENT = 3


class Mandate(Struct, frozen=True, kw_only=True):
    """`agent_id` may act for `grantor_id` within `scope`, from `valid_from` until before `valid_until` (None: open), unless revoked earlier.

    It holds for the customs `offices` it names, by their codes in order; none named: for all.
    """

    mandate_id: int
    grantor_id: int
    agent_id: int
    scope: Scope
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None = None
    offices: tuple[str, ...] = ()

    def covers(self, office: str) -> bool:
        """Whether it holds for what is done at a customs office; what is of no office (empty) needs a mandate for all."""
        return not self.offices or office in self.offices


class MemberRole(StrEnum):
    """What a person is in a party on the pages."""

    MANAGER = "manager"
    DECLARANT = "declarant"
    READER = "reader"


class Membership(Struct, frozen=True, kw_only=True):
    """A person acts for a party on the pages, in one role."""

    member_id: int
    party_id: int
    party_code: str
    party_kind: PartyKind
    party_name: str
    role: MemberRole


class Enforcement(Struct, frozen=True, kw_only=True):
    """Customs procedures of the party are stopped for overdue debt (cưỡng chế) on Vietnamese dates `valid_from` <= day < `valid_until`."""

    party_id: int
    valid_from: date
    valid_until: date | None
    law: str


class Aspect(StrEnum):
    """What a profile tells of a party; the code list of the law book has the same name."""

    PROVINCE = "province"
    FIRM_SIZE = "firm_size"


class Profile(Struct, frozen=True, kw_only=True):
    """A party has its seat in a province, or is of a size, on Vietnamese dates `valid_from` <= day < `valid_until`; `source` says who told."""

    party_id: int
    aspect: Aspect
    code: str
    valid_from: date
    valid_until: date | None = None
    source: str
    verified: bool = False


class SignatureFault(Enum):
    """Why a signature was refused: code, text and repair in Vietnamese and English.

    E9990 is the code of VNACCS for a registering call without a signature; it says nothing finer, so the others are ours.
    """

    MISSING = (
        "E9990",
        "Thông điệp chưa có chữ ký số.",
        "The message has no digital signature.",
        "Ký tách rời trên đúng các byte gửi đi và đặt vào tiêu đề X-JWS-Signature.",
        "Sign the exact bytes you send, detached, and put the result in the header X-JWS-Signature.",
    )
    MALFORMED = (
        "HD-SIG-MALFORMED",
        "Tiêu đề X-JWS-Signature sai dạng.",
        "The header X-JWS-Signature is not of the agreed form.",
        'Dạng đúng: protected..signature, protected chỉ gồm alg, b64=false, crit=["b64"], x5t#S256 (RFC 7797).',
        'The form is protected..signature; protected holds exactly alg, b64=false, crit=["b64"], x5t#S256 (RFC 7797).',
    )
    UNKNOWN_CERTIFICATE = (
        "HD-SIG-UNKNOWN",
        "Chứng thư số chưa được đăng ký với hải quan.",
        "The certificate is not registered with customs.",
        "Đăng ký chứng thư số trước, hoặc ký bằng chứng thư đã đăng ký.",
        "Register the certificate first, or sign with a registered one.",
    )
    WRONG_ALGORITHM = (
        "HD-SIG-ALGORITHM",
        "Thuật toán ký không khớp với khóa của chứng thư số.",
        "The signature algorithm does not match the key of the certificate.",
        "Dùng ES256 cho khóa P-256, RS256 cho khóa RSA, EdDSA cho khóa Ed25519.",
        "Use ES256 with a P-256 key, RS256 with an RSA key, EdDSA with an Ed25519 key.",
    )
    BAD_SIGNATURE = (
        "HD-SIG-BAD",
        "Chữ ký số không đúng với nội dung nhận được.",
        "The signature does not fit the bytes received.",
        "Ký lại đúng các byte của thân thông điệp, không định dạng lại sau khi ký.",
        "Sign the exact bytes of the body again; do not reformat them after signing.",
    )
    EXPIRED = (
        "HD-SIG-EXPIRED",
        "Chứng thư số đã hết hạn.",
        "The certificate has expired.",
        "Gia hạn và đăng ký chứng thư số mới.",
        "Renew the certificate and register the new one.",
    )
    NOT_YET_VALID = (
        "HD-SIG-NOT-YET",
        "Chứng thư số chưa có hiệu lực.",
        "The certificate is not valid yet.",
        "Ký bằng chứng thư đang có hiệu lực.",
        "Sign with a certificate that is valid now.",
    )
    REVOKED = (
        "HD-SIG-REVOKED",
        "Chứng thư số đã bị thu hồi.",
        "The certificate is revoked.",
        "Đăng ký và ký bằng chứng thư số khác.",
        "Register another certificate and sign with it.",
    )
    OTHER_PARTY = (
        "HD-SIG-PARTY",
        "Chứng thư số thuộc về người khác, không phải người gửi.",
        "The certificate belongs to another party than the sender.",
        "Ký bằng chứng thư số của chính người gửi.",
        "Sign with a certificate of the sender.",
    )

    @property
    def code(self) -> str:
        return self.value[0]

    @property
    def of_standing(self) -> bool:
        """Whether the same signature may have been good before: the certificate has ended since, or has gone to another."""
        return self in (SignatureFault.REVOKED, SignatureFault.EXPIRED, SignatureFault.OTHER_PARTY)

    def finding(self) -> Finding:
        """Return the finding to send back. It points at the whole message: a signature covers all of it."""
        code, text_vi, text_en, repair_vi, repair_en = self.value
        return Finding(
            code=code, pointer="", text_vi=text_vi, text_en=text_en, repair_vi=repair_vi, repair_en=repair_en
        )


class SignatureRefused(Refusal):
    """A detached signature that does not prove who sent these bytes. `fault` says why."""

    def __init__(self, fault: SignatureFault) -> None:
        super().__init__(fault.value[2])
        self.fault = fault
        self.code = fault.code
        self.text_vi = fault.value[1]
        self.text_en = fault.value[2]


class CertificateRefused(Refusal):
    """A certificate that cannot be registered: the reason is in the texts."""

    code = "CERTIFICATE_REFUSED"

    def __init__(self, text_vi: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_vi = text_vi
        self.text_en = text_en


class UnknownParty(Refusal):
    """No party has this code or number."""

    code = "UNKNOWN_PARTY"
    text_vi = "Không có đối tượng này trong danh bạ."
    text_en = "No such party in the directory."


class InvalidPartyCode(Refusal):
    """The tax code of a trader or broker does not have the right digits (check digit), or a short code is not one."""

    code = "INVALID_PARTY_CODE"
    text_vi = "Mã số thuế hoặc mã đối tượng không hợp lệ."
    text_en = "The tax code or short code is not valid."


class MandateOverlaps(Refusal):
    """The same principal has already given the same agent the same scope at one of these offices for part of this time."""

    code = "MANDATE_OVERLAPS"
    text_vi = "Đã có ủy quyền cùng phạm vi tại chi cục này trong khoảng thời gian này: chấm dứt ủy quyền đó trước, hoặc chọn chi cục hay thời gian khác."
    text_en = "A mandate of the same scope already covers one of these offices for part of this time: end that one first, or name other offices or another time."


class MandateRefused(Refusal):
    """Only another party can be an agent, and the time must not be empty."""

    code = "MANDATE_REFUSED"
    text_vi = "Ủy quyền phải cho một đối tượng khác và có thời hạn hợp lệ."
    text_en = "A mandate needs another party as agent, and a time that is not empty."


class MandateOfficeUnknown(Refusal):
    """A mandate names an office that the law book does not have when it begins."""

    code = "MANDATE_OFFICE_UNKNOWN"

    def __init__(self, office: str) -> None:
        super().__init__(office)
        self.text_vi = f"Danh mục chi cục hải quan (customs_office) không có mã {office} vào ngày ủy quyền bắt đầu: kiểm tra lại mã chi cục."
        self.text_en = f"The list of customs offices (customs_office) has no {office} on the day the mandate begins: check the code of the office."


class EnforcementRefused(Refusal):
    """An enforcement needs a law, a time in the right order, and no other over the same days."""

    code = "ENFORCEMENT_REFUSED"
    text_vi = "Quyết định cưỡng chế phải nêu căn cứ, thời gian hợp lệ và không chồng lên quyết định khác."
    text_en = "An enforcement needs a law and a valid time, and must not overlap another."


class ProfileRefused(Refusal):
    """A profile needs a code of the law book that stands on its first day, a source, and a time after what is on file."""

    code = "PROFILE_REFUSED"
    text_vi = "Mã tỉnh, thành phố hoặc quy mô không có trong sách luật vào ngày đó, thiếu nguồn, hoặc đã có thông tin từ ngày sau: xem danh mục province và firm_size."
    text_en = "The code of province or size is not in the law book on that day, there is no source, or something later is on file: see the lists province and firm_size."


class TokenRefused(Refusal):
    """A token that is known already, was not made by us, or would be valid for no time."""

    code = "TOKEN_REFUSED"
    text_vi = "Mã truy cập đã có, không đúng dạng, hoặc thời hạn không hợp lệ."
    text_en = "The token is known already, is not of our form, or has no valid time."


class MemberRefused(Refusal):
    """A membership for no time, of nobody, or over the same time as another of the same person in the same party."""

    code = "MEMBER_REFUSED"
    text_vi = "Người này đã là thành viên trong thời gian đó, hoặc thời hạn không hợp lệ."
    text_en = "This person is a member for part of this time already, or the time is not valid."
