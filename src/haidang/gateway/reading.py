"""From bytes to what the pass takes: decode, check who signed, find the declaration a message is about."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from msgspec import Struct

from haidang.balances.rules import guarantee_key
from haidang.clearance.actions.advance_rulings import Applying, Stepping
from haidang.clearance.actions.amending import Amending
from haidang.clearance.actions.cancelling import Cancelling, Deciding
from haidang.clearance.actions.closing import Closing
from haidang.clearance.actions.deeds import Acting
from haidang.clearance.actions.drafting import Drafted
from haidang.clearance.actions.guaranteeing import Filing
from haidang.clearance.actions.listing_goods import Listing
from haidang.clearance.actions.passing import Envelope, Lodged, refused
from haidang.clearance.actions.revising import Asking, Ruling
from haidang.clearance.actions.supplementing import Supplementing
from haidang.clearance.lookups.books import DayBook
from haidang.clearance.rules.officers import POWER_OF_DEED
from haidang.clearance.terms import ConditionKind, Owner
from haidang.clearance.terms.revisions import RevisionKind
from haidang.declarations import lookups as declarations
from haidang.gateway import problems
from haidang.gateway.messages import envelope as messages
from haidang.gateway.messages import following, parcels, rulings
from haidang.gateway.messages.goods_lists import GoodsList
from haidang.gateway.messages.json_safety import Undecodable
from haidang.gateway.messages.parcels import ParcelAct
from haidang.gateway.messages.remains import Faults, everything, in_order
from haidang.gateway.problems import Reply
from haidang.kernel.findings import Finding
from haidang.kernel.ids import shard_of
from haidang.organisation.terms import Act
from haidang.parcels.actions.changing import Amending as AmendingParcels
from haidang.parcels.actions.changing import Cancelling as CancellingParcels
from haidang.parcels.actions.files import Following
from haidang.parcels.actions.registering import Listed
from haidang.parcels.lookups import ParcelFinder, is_list_number
from haidang.parties.lookups import Directory
from haidang.parties.terms import Party, PartyKind, SignatureRefused

OWNER_OF = {
    PartyKind.TRADER: Owner.TRADER,
    PartyKind.BROKER: Owner.TRADER,
    PartyKind.BANK: Owner.BANK,
    PartyKind.PORT: Owner.PORT,
    PartyKind.MINISTRY: Owner.MINISTRY,
    PartyKind.CUSTOMS: Owner.CUSTOMS,
}


class Prepared(Struct, frozen=True):
    """A message ready for the pass: which action, on which shard, and what it takes."""

    action: str
    shard_id: int
    item: Any


_OTHER_SENDER = Finding(
    code="HD-SENDER",
    pointer="/sender",
    text_vi="Người gửi ghi trong thông điệp không phải chủ của mã truy cập.",
    text_en="The sender named in the message is not the owner of the token.",
    repair_vi="Ghi mã của chính bên gửi vào trường sender.",
    repair_en="Put your own code into the field sender.",
)
_OTHER_KEY = Finding(
    code="HD-IDEMPOTENCY-KEY",
    pointer="/message_id",
    text_vi="Tiêu đề Idempotency-Key khác message_id đã ký.",
    text_en="The header Idempotency-Key is not the signed message_id.",
    repair_vi="Bỏ tiêu đề này, hoặc ghi đúng message_id.",
    repair_en="Leave the header out, or put the message_id into it.",
)
_BY_NUMBER_ONLY = Finding(
    code="HD-ARRIVAL-NUMBER",
    pointer="/declaration_no",
    text_vi="Cần số tờ khai: chưa tra được tờ khai theo số vận đơn.",
    text_en="The declaration number is needed: declarations are not found by transport document here.",
    repair_vi="Gửi kèm declaration_no.",
    repair_en="Send declaration_no.",
)


class Reader:
    """Reads messages with one picture of the parties. Used by the writer thread alone."""

    def __init__(
        self, directory: Directory, connection: psycopg.Connection[Any], law: Callable[[datetime], DayBook]
    ) -> None:
        self.directory = directory
        self._law = law
        self._shards = declarations.ShardFinder(connection)
        self._parcel_shards = ParcelFinder(connection)

    def read(
        self,
        kind: str,
        raw: bytes,
        sha256: bytes,
        party: Party,
        signature: str | None,
        at: datetime,
        idempotency_key: str | None = None,
    ) -> Prepared | Reply:
        """Return what the pass takes, or the reply: 400 for bytes that are no message, 422 for findings."""
        if kind == "draft":
            return self._draft(raw, party, at)
        message: Any = _DECODERS[kind](raw)
        if isinstance(message, Undecodable):
            return problems.undecodable(message.code, message.text_en, message.text_vi)
        if isinstance(message, Faults):
            return _refused(self._everything(message, raw, party, signature, at, of_today=kind not in _OF_ANOTHER_DAY))
        if message.sender != party.code:
            return _refused([_OTHER_SENDER])
        if idempotency_key is not None and idempotency_key.strip('"') != message.message_id:
            return _refused([_OTHER_KEY])
        fault = None
        try:
            certificate = self.directory.check_signature(signature, raw, party.party_id, at)
        except SignatureRefused as refusal:
            # What was answered while the certificate stood keeps its answer for life: only the pass can tell, with its inbox.
            ended = self.directory.signed_with(signature, raw) if refusal.fault.of_standing else None
            if ended is None:
                return _refused([refusal.fault.finding()])
            certificate, fault = ended, refusal.fault
        envelope = Envelope(
            message_id=message.message_id,
            sender_id=party.party_id,
            sender_code=party.code,
            raw=raw,
            sha256=sha256,
            signature=signature or "",
            certificate=certificate,
            fault=fault,
        )
        if kind == "lodgement":
            declared = message.declaration
            trader = self.directory.by_code.get(declared.trader_code)
            trader_id = trader.party_id if trader is not None and trader is not party else 0
            lodged = Lodged(envelope=envelope, procedure=message.procedure, declaration=declared, trader_id=trader_id)
            return Prepared("register", shard_of(declared.trader_code), lodged)
        if kind == "registration":
            return self._registration(message, envelope)
        if kind == "guarantee":
            return _filing(message, envelope, party)
        if kind == "goods_list":
            return _listing(message, envelope)
        if kind in ("ruling_application", "ruling_step"):
            return _on_rulings(message, envelope)
        if kind == "act":
            return self._acting(message, envelope)
        if kind == "parcel_list":
            return Prepared("parcels", shard_of(message.declared.operator_code), Listed(envelope, message.declared))
        if kind == "parcel_act":
            return self._acting_on_parcel(message, envelope, party)
        if kind in _OF_PARCELS:
            return self._changing_parcels(kind, message, envelope, party)
        if kind in _FOLLOWING:
            return self._following(kind, message, envelope)
        return self._closing(kind, message, envelope, party)

    def _everything(
        self, faults: Faults, raw: bytes, party: Party, signature: str | None, at: datetime, *, of_today: bool
    ) -> list[Finding]:
        """Return what is wrong with a message that has faults of form; the declaration is looked at only for who signed it, and when the law
        of today is its law: an amendment stands under that of its registration, which only the pass knows.
        """
        if faults.read.get("sender", party.code) != party.code:
            faults.append(_OTHER_SENDER)
        try:
            self.directory.check_signature(signature, raw, party.party_id, at)
        except SignatureRefused as refusal:
            return in_order([*faults, refusal.fault.finding()])
        return everything(faults, self._law(at), at) if of_today else in_order(faults)

    def _draft(self, raw: bytes, party: Party, at: datetime) -> Prepared | Reply:
        message = messages.decode_draft(raw)
        if isinstance(message, Undecodable):
            return problems.undecodable(message.code, message.text_en, message.text_vi)
        if isinstance(message, Faults):
            return _refused(everything(message, self._law(at), at))
        declared = message.declaration
        draft_no = int(message.draft_no[:11]) if message.draft_no else None
        drafted = Drafted(raw, declared, party.party_id, draft_no)
        return Prepared("draft", shard_of(declared.trader_code), drafted)

    def _registration(self, message: messages.Registration, envelope: Envelope) -> Prepared | Reply:
        no11 = int(message.draft_no[:11])
        shard = self._shards.shard_of_number(no11)
        lodged = Lodged(
            envelope=envelope,
            procedure=message.procedure,
            declaration=None,
            draft_no=no11,
            draft_shard=shard,
            accept_repricing=message.accept_repricing,
        )
        return Prepared("register", shard or 0, lodged)

    def _acting(self, message: messages.ActNotice, envelope: Envelope) -> Prepared:
        number = message.declaration_no
        no11 = int(number[:11])
        shard = self._shards.shard_of_number(no11)
        acting = Acting(
            envelope=envelope, shard_id=shard or 0, no11=no11, amendment_no=int(number[11]) if len(number) > 11 else None,
            deed=message.act, text=message.text, outside_reason=message.outside_reason, outcome=message.outcome,
            channel=message.channel, proposal_no=message.proposal_no, question_no=message.question_no, order=message.order,
            lines=message.lines, line_nos=message.line_nos, evidence=message.evidence, release_code=message.release_code,
            place_code=message.place_code, storage_place=message.storage_place, documents=message.documents,
        )  # fmt: skip
        return Prepared("act", shard or 0, acting)

    def _acting_on_parcel(self, message: ParcelAct, envelope: Envelope, party: Party) -> Prepared:
        following_parcel = Following(
            envelope=envelope, procedure=message.procedure, shard_id=0, no11=int(message.parcel_no[:11]), by=OWNER_OF[party.kind],
            deed=message.act, text=message.text, outside_reason=message.outside_reason, pointer="/parcel_no",
        )  # fmt: skip
        return self._about_parcels(following_parcel)

    def _changing_parcels(self, kind: str, message: Any, envelope: Envelope, party: Party) -> Prepared:
        no11 = int(message.list_no[:11])
        common = {
            "envelope": envelope, "procedure": message.procedure, "shard_id": self._parcel_shards.shard_of_number(no11) or 0, "no11": no11,
            "by": OWNER_OF[party.kind], "pointer": "/list_no", "reason": message.reason,
        }  # fmt: skip
        item: AmendingParcels | CancellingParcels
        if kind == "parcel_amendment":
            item = AmendingParcels(**common, parcels=message.parcels)
        else:
            item = CancellingParcels(**common, parcel_nos=message.parcel_nos, case=message.case)
        return Prepared(_OF_PARCELS[kind], item.shard_id, item)

    def _about_parcels(self, item: Following) -> Prepared:
        """A number that no block holds goes through the pass too: it answers the same whoever asks."""
        shard = self._parcel_shards.shard_of_number(item.no11) or 0
        return Prepared("follow_parcels", shard, msgspec.structs.replace(item, shard_id=shard))

    def _following(self, kind: str, message: Any, envelope: Envelope) -> Prepared:
        no11 = int(message.declaration_no[:11])
        shard = self._shards.shard_of_number(no11) or 0
        common = {
            "envelope": envelope, "procedure": message.procedure, "shard_id": shard, "no11": no11,
            "amendment_no": int(message.declaration_no[11]) if len(message.declaration_no) > 11 else None,
        }  # fmt: skip
        item: Any
        if kind == "amendment":
            item = Amending(**common, declared=message.declaration, reason=message.reason, read=following.declared_in)
        elif kind == "supplement":
            item = Supplementing(
                **common, declared=message.declaration, reason=message.reason, read=following.declared_in
            )
        elif kind == "cancellation":
            item = Cancelling(**common, case=message.case, reason=message.reason)
        elif kind == "cancellation_result":
            item = Deciding(
                **common, power=Act.CANCEL, text=message.note, outside_reason=message.outside_reason,
                approved=message.outcome == "approved", reference=message.reference, note=message.note,
            )  # fmt: skip
        elif kind == "cleared_amendment":
            item = Asking(
                **common, kind=RevisionKind.AMENDMENT, declared=message.declaration, code=message.reason_code, reason=message.reason,
                read=following.declared_in,
            )  # fmt: skip
        elif kind == "assessment":
            item = Asking(
                **common, power=Act.ASSESS, text=message.reason, outside_reason=message.outside_reason, kind=RevisionKind.ASSESSMENT,
                declared=message.declaration, code=message.ground, reason=message.reason, read=following.declared_in,
            )  # fmt: skip
        else:
            item = Ruling(
                **{**common, "procedure": message.deed.value}, power=POWER_OF_DEED[message.deed], text=message.text,
                outside_reason=message.outside_reason, deed=message.deed, register_no=int(message.register_no), read=following.declared_in,
            )  # fmt: skip
        return Prepared(_FOLLOWING[kind], shard, item)

    def _closing(self, kind: str, message: Any, envelope: Envelope, party: Party) -> Prepared | Reply:
        if not message.declaration_no:
            return _refused([_BY_NUMBER_ONLY])
        no11 = int(message.declaration_no[:11])
        if kind != "result" and is_list_number(no11):
            tax = kind == "payment"
            return self._about_parcels(
                Following(
                    envelope=envelope, procedure=message.procedure, shard_id=0, no11=no11, by=OWNER_OF[party.kind],
                    kind=ConditionKind.TAX if tax else ConditionKind.ARRIVAL,
                    evidence=message.reference if tax else f"arrival {message.warehouse_code}", amount_vnd=message.amount_vnd if tax else 0,
                )
            )  # fmt: skip
        shard = self._shards.shard_of_number(no11)
        # A number that no block holds goes through the pass too: it answers the same whoever asks.
        common = {
            "envelope": envelope, "procedure": message.procedure, "shard_id": shard or 0, "no11": no11,
            "amendment_no": int(message.declaration_no[11]) if len(message.declaration_no) > 11 else None,
            "by": OWNER_OF[party.kind],
        }  # fmt: skip
        if kind == "payment":
            closing = Closing(
                **common, kind=ConditionKind.TAX, evidence=message.reference, amount_vnd=message.amount_vnd,
                payer_code=message.payer_code,
            )  # fmt: skip
        elif kind == "arrival":
            closing = Closing(
                **common,
                kind=ConditionKind.ARRIVAL,
                evidence=f"arrival {message.warehouse_code}",
                place_code=message.warehouse_code,
                condition_no=message.condition_no,
            )
        else:
            closing = Closing(
                **common, kind=ConditionKind[message.condition.upper()], evidence=message.reference or message.note,
                passed=message.outcome == "passed", note=message.note, condition_no=message.condition_no,
                outside_reason=message.outside_reason,
            )  # fmt: skip
        return Prepared("close", shard or 0, closing)


_OF_PARCELS = {"parcel_amendment": "amend_parcels", "parcel_cancellation": "cancel_parcels"}
"""The action that takes each message by which parcels are changed."""
_FOLLOWING = {
    "amendment": "amend",
    "supplement": "supplement",
    "cancellation": "cancel",
    "cancellation_result": "cancel",
    "cleared_amendment": "revise",
    "assessment": "revise",
    "decision": "revise",
}
"""The action that takes each message about a registered declaration."""
_DECODERS = {
    "amendment": following.decode_amendment,
    "supplement": following.decode_supplement,
    "cancellation": following.decode_cancellation,
    "cancellation_result": following.decode_cancellation_result,
    "cleared_amendment": following.decode_cleared_amendment,
    "assessment": following.decode_assessment,
    "decision": following.decode_decision,
    "lodgement": messages.decode_lodgement,
    "registration": messages.decode_registration,
    "payment": messages.decode_payment,
    "arrival": messages.decode_arrival,
    "result": messages.decode_result,
    "act": messages.decode_act,
    "guarantee": messages.decode_guarantee,
    "parcel_list": parcels.decode_parcel_list,
    "parcel_act": parcels.decode_parcel_act,
    "parcel_amendment": parcels.decode_parcel_amendment,
    "parcel_cancellation": parcels.decode_parcel_cancellation,
    "goods_list": messages.decode_goods_list,
    "ruling_application": rulings.decode_ruling_application,
    "ruling_step": rulings.decode_ruling_step,
}


_OF_ANOTHER_DAY = frozenset(
    ("amendment", "supplement", "cleared_amendment", "assessment", "parcel_list", "parcel_act", *_OF_PARCELS)
)
"""Messages whose declaration stands under the law of its registration, and those that hold none."""


def _filing(message: messages.Guarantee, envelope: Envelope, party: Party) -> Prepared:
    filing = Filing(
        envelope=envelope,
        sender_kind=party.kind,
        trader_code=message.trader_code,
        reference=guarantee_key(message.sender, message.year, message.sign, message.number),
        amount_vnd=message.amount_vnd,
        individual=message.kind == "individual",
        valid_from=message.valid_from,
        valid_until=message.valid_until,
    )
    return Prepared("guarantee", shard_of(message.trader_code), filing)


def _listing(message: GoodsList, envelope: Envelope) -> Prepared:
    listing = Listing(
        envelope=envelope, kind=message.kind, trader_code=message.trader_code, list_no=message.list_no, paper=message.paper, goods=message.goods,
        valid_from=message.valid_from, valid_until=message.valid_until,
    )  # fmt: skip
    return Prepared("goods_list", shard_of(message.trader_code), listing)


def _on_rulings(message: rulings.RulingApplication | rulings.RulingStep, envelope: Envelope) -> Prepared:
    item: Applying | Stepping
    if isinstance(message, rulings.RulingApplication):
        item = Applying(
            envelope=envelope, trader_code=message.trader_code, kind=message.kind, goods=message.goods, asked=message.asked,
            text=message.text, documents=message.documents,
        )  # fmt: skip
    else:
        item = Stepping(
            envelope=envelope, trader_code=message.trader_code, number=message.number, act=message.act, text=message.text,
            outcome=message.outcome, content=message.content, valid_until=message.valid_until, documents=message.documents,
        )  # fmt: skip
    return Prepared("rulings", shard_of(message.trader_code), item)


def _refused(findings: list[Finding]) -> Reply:
    answer = refused(findings)
    return answer.status, answer.body
