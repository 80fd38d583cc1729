"""The description of `/api/v1`: OpenAPI 3.1 from the route table and the wire types. `page` tells people the same."""

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import msgspec

from haidang import __version__
from haidang.declarations.rules.fields import Field
from haidang.documents.rules.tables import media_types
from haidang.gateway import (
    answers,
    converting,
    delivery_answers,
    goods_list_answers,
    parcel_answers,
    ruling_answers,
    service_answers,
    showing,
    splitting,
    tariff_questions,
)
from haidang.gateway.delivering import Replay
from haidang.gateway.examples import ASKED_EXAMPLES, EXAMPLES
from haidang.gateway.messages import acts, documents, envelope, goods_lists, parcels, rulings, wco_writing
from haidang.gateway.messages.declaration import GROUPS, HEADER, WireDeclaration, type_name
from haidang.gateway.messages.following import (
    AMENDMENT,
    ASSESSMENT,
    CANCELLATION,
    CANCELLATION_RESULT,
    CLEARED_AMENDMENT,
    DECISION,
    SUPPLEMENT,
)
from haidang.gateway.messages.wire import wire_struct
from haidang.gateway.routes import PAGES, ROUTES, Route
from haidang.gateway.version_answers import VersionList
from haidang.platform.config import load
from haidang.taxes.terms.receipts import Receipt

MESSAGES: Mapping[str, tuple[str, Mapping[str, Field]]] = {
    "lodgement": ("Lodgement", envelope.LODGEMENT),
    "draft": ("Draft", envelope.DRAFT),
    "registration": ("Registration", envelope.REGISTRATION),
    "payment": ("PaymentNotice", envelope.PAYMENT),
    "arrival": ("ArrivalNotice", envelope.ARRIVAL),
    "result": ("ResultNotice", envelope.RESULT),
    "act": ("ActNotice", envelope.ACT),
    "guarantee": ("Guarantee", envelope.GUARANTEE),
    "goods_list": ("GoodsList", envelope.GOODS_LIST),
    "amendment": ("Amendment", AMENDMENT),
    "supplement": ("Supplement", SUPPLEMENT),
    "cancellation": ("CancellationRequest", CANCELLATION),
    "cancellation_result": ("CancellationResult", CANCELLATION_RESULT),
    "cleared_amendment": ("ClearedAmendment", CLEARED_AMENDMENT),
    "assessment": ("AssessmentProposal", ASSESSMENT),
    "decision": ("Decision", DECISION),
    "parcel_list": ("ParcelList", parcels.PARCEL_LIST),
    "parcel_act": ("ParcelAct", parcels.PARCEL_ACT),
    "parcel_amendment": ("ParcelAmendment", parcels.PARCEL_AMENDMENT),
    "parcel_cancellation": ("ParcelCancellation", parcels.PARCEL_CANCELLATION),
    "ruling_application": ("RulingApplication", rulings.APPLICATION),
    "ruling_step": ("RulingStep", rulings.STEP),
    "document": ("DocumentMessage", documents.DOCUMENT),
}
"""The message of each kind of POST: the name of its schema and its fields."""
_MEMBERS: Mapping[str, Any] = {**acts.MEMBERS, **documents.MEMBERS, **goods_lists.MEMBERS, **parcels.MEMBERS}
"""Wire types of the lists and objects within messages."""

_ANSWERS: Mapping[str, tuple[tuple[int, type, str, str], ...]] = {
    "lodgement": ((201, answers.Registered, "Đã đăng ký; câu trả lời là thông báo phân luồng", "Registered; the answer is the notice of the channel"),),
    "registration": ((201, answers.Registered, "Đã đăng ký", "Registered"),),
    "draft": ((201, answers.DraftSaved, "Đã lưu bản khai tạm", "The draft is saved"),),
    "payment": (
        (200, answers.Closed, "Đã đóng điều kiện thuế", "The tax condition is closed"),
        (200, parcel_answers.ListSettled, "Của cả danh sách hàng trị giá thấp", "That of a whole list of parcels"),
        (202, answers.Suspended, "Đã nhận tiền, chờ người xử lý; hàng không được thông quan vì khoản này", "The money waits for a person and clears nothing"),
    ),
    "arrival": (
        (200, answers.Closed, "Đã đóng điều kiện hàng đến", "The arrival condition is closed"),
        (200, parcel_answers.ListSettled, "Của cả danh sách hàng trị giá thấp", "That of a whole list of parcels"),
    ),
    "result": ((200, answers.Closed, "Đã ghi nhận kết quả", "The result is recorded"),),
    "act": ((200, answers.Acted, "Đã thực hiện", "The act is done"),),
    "guarantee": ((201, answers.GuaranteeFiled, "Bảo lãnh đã có trong hệ thống", "The guarantee is on file"),),
    "goods_list": ((201, goods_list_answers.GoodsListFiled, "Danh mục đã có trong hệ thống", "The list is on file"),),
    **ruling_answers.ANSWERS,
    "amendment": ((200, answers.Amended, "Đã sửa tờ khai", "The declaration is amended"),),
    "supplement": ((200, answers.Supplemented, "Đã hoàn chỉnh tờ khai", "The declaration is complete"),),
    "cancellation": ((200, answers.Cancellation, "Đã hủy, hoặc chờ hải quan quyết định", "Cancelled, or waiting for the decision of customs"),),
    "cancellation_result": ((200, answers.Cancellation, "Đã ghi nhận đề xuất", "The proposal is recorded"),),
    "cleared_amendment": ((200, answers.Revised, "Đã tiếp nhận, chờ hải quan quyết định", "Taken, waiting for the decision of customs"),),
    "assessment": ((200, answers.Revised, "Đã ghi nhận đề xuất, chờ người thứ hai", "Proposed, waiting for the second person"),),
    "decision": ((200, answers.Revised, "Đã quyết định", "Decided"),),
    **parcel_answers.ANSWERS,
    "versions": ((200, VersionList, "Các lần khai", "The versions"),),
    "split": ((200, splitting.SplitSet, "Bộ tờ khai chia nhỏ", "The set of branches"),),
    "receipt": ((200, Receipt, "Bảng tính thuế, kiểm lại được ngoại tuyến", "The tax receipt; it can be verified offline"),),
    **service_answers.ANSWERS,
    "declaration": ((200, answers.DeclarationView, "Tờ khai", "The declaration"),),
    "declarations": ((200, answers.DeclarationPage, "Một trang tờ khai", "One page of declarations"),),
    "conversion": ((200, answers.Converted, "Tờ khai sẵn sàng để ký", "The declaration, ready to be signed"),),
    "subscriptions": ((200, delivery_answers.SubscriptionList, "Các địa chỉ nhận thông báo", "Where notices go"),),
    "deliveries": ((200, delivery_answers.DeliveryPage, "Một trang thông báo", "One page of notices"),),
    "retry": ((202, delivery_answers.Redelivered, "Sẽ gửi lại", "Will be delivered once more"),),
    "replay": ((202, delivery_answers.Redelivered, "Sẽ gửi lại", "Will be delivered once more"),),
    "document": (
        (201, answers.DocumentView, "Đã nhận chứng từ", "The document is on file"),
        (200, answers.DocumentView, "Tệp này đã có: số cũ", "This file was on file: its number"),
    ),
    "document_facts": ((200, answers.DocumentView, "Chứng từ", "The document"),),
    "health": ((200, answers.Health, "Đang nhận thông điệp", "Messages are being taken"),),
    **tariff_questions.ANSWERS,
}  # fmt: skip

_PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("Không phải một thông điệp JSON, hoặc cursor sai", "The bytes are not one JSON message, or the cursor is none of ours"),
    401: ("Thiếu mã truy cập hợp lệ", "No valid token"),
    403: ("Công chức chưa được nêu, hoặc có xung đột lợi ích", "The officer is not named, or has a conflict of interest"),
    404: ("Không có, hoặc không phải của bạn", "Nothing here, or nothing of yours"),
    406: ("Không có dạng được hỏi trong Accept; nêu các dạng có", "Not in any form that Accept takes; says which there are"),
    408: ("Thông điệp đến quá chậm", "The message came too slowly"),
    409: ("Chưa thực hiện được lúc này, kèm lý do", "Not possible now, with the reason"),
    413: ("Thông điệp lớn hơn 5 MB", "The message is larger than 5 MB"),
    415: ("Thông điệp bị nén hoặc mã hóa", "The message is compressed or encoded"),
    421: ("Đường dẫn này được nhận ở cổng khác, địa chỉ kèm theo", "This path is taken at another port, given in the answer"),
    422: ("Thông điệp có lỗi; mọi lỗi được nêu cùng lúc, chưa ghi nhận gì", "The message has findings, all told at once; nothing was stored"),
    429: (
        "Vượt hạn mức của người gửi, hoặc của địa chỉ khi hỏi không cần mã truy cập; kèm thời điểm của lượt kế tiếp",
        "Over the budget of the sender, or of the address where no token is needed; says when the next slot is",
    ),
    500: ("Lỗi của hệ thống, kèm mã sự cố; chưa ghi nhận gì", "A fault of ours with its incident number; nothing was stored"),
    503: ("Chưa rõ kết quả: gửi lại đúng thông điệp này", "The outcome is not known yet: send the same message again"),
}  # fmt: skip
_PROBLEM_HEADERS: Mapping[int, tuple[str, str]] = {
    401: ("WWW-Authenticate", "string"),
    429: ("Retry-After", "integer"),
    503: ("Retry-After", "integer"),
}
"""The header that comes with a problem of this status, and its type."""
_OF_A_MESSAGE = (400, 401, 408, 413, 415, 421, 422, 429, 500, 503)
_OF_ASKED: Mapping[str, tuple[int, ...]] = {
    "conversion": (400, 401, 406, 408, 413, 415, 421, 422, 429, 500, 503),
    "retry": (401, 404, 408, 413, 415, 421, 429, 500, 503),
    "replay": (400, 401, 408, 409, 413, 415, 421, 429, 500, 503),
}
"""Problems of a POST that is no act of law."""
_READ_BY_CUSTOMS = (
    "declaration", "versions", "split", "receipt", "served", "service", "document_content", "parcel", "parcel_list_view", "parcels_served",
)  # fmt: skip
_BY_CUSTOMS = (
    ("officer", "hải quan: mã công chức đang xem · customs: the officer who reads"),
    (
        "reason",
        "hải quan: lý do xem hồ sơ của đơn vị khác; được ghi lại · customs: why a file of another office is read; recorded",
    ),
)
_LISTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "declarations": (("cursor", "next_cursor của trang trước · next_cursor of the page before"),),
    **dict.fromkeys(_READ_BY_CUSTOMS, _BY_CUSTOMS),
    **dict.fromkeys(
        ("declaration", "receipt"),
        (*_BY_CUSTOMS, ("part", "phần của bản in PDF khi tờ khai dài · part of the PDF of a long declaration")),
    ),
    **tariff_questions.QUERIES,
    "deliveries": (
        ("cursor", "next_cursor của trang trước · next_cursor of the page before"),
        ("topic", "chỉ chủ đề này · this topic only"),
    ),
}
"""What may stand in the query."""
_OF_ONE = (
    "declaration", "versions", "split", "receipt", "served", "service", "parcel", "parcel_list_view", "parcels_served", "document_facts", "ruling",
    *tariff_questions.ANSWERS,
)  # fmt: skip
"""Questions about one declaration, parcel, list, document or the tariff, answered with an ETag."""
_OF_A_QUESTION = (401, 421, 500, 503)

ABOUT = """Nghiệp vụ hải quan dưới dạng thông điệp JSON. Ai gửi một hành vi pháp lý thì ký tách rời đúng các byte gửi đi (JWS, RFC 7797, tiêu đề
X-JWS-Signature) bằng chứng thư số đã đăng ký. Cùng message_id và cùng byte luôn nhận lại cùng câu trả lời. Câu trả lời chỉ được gửi sau khi đã ghi bền.

Customs acts as JSON messages. Whoever sends a legal act signs the exact bytes sent, detached (JWS, RFC 7797, header X-JWS-Signature), with a certificate
registered beforehand. The same message_id with the same bytes always gets the same answer. Answers are sent only after the commit."""
"""What the interface is, in Vietnamese and then in English."""


@cache
def document_bytes() -> bytes:
    """Return the OpenAPI description as JSON bytes; the same for the life of the process."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of every route."""
    schemas, refs = _schemas()
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Hải Đăng", "version": __version__, "description": ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [_server("general")],
        "paths": paths,
        "webhooks": {"notice": {"post": delivery_answers.webhook()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer",
                    "description": "Mã truy cập của máy gửi · the token of the sending machine",
                },
                "signature": {
                    "type": "apiKey", "in": "header", "name": "X-JWS-Signature",
                    "description": "protected..signature; protected = alg (ES256, RS256, EdDSA), b64 false, crit [\"b64\"], x5t#S256",
                },
            },
        },
    }  # fmt: skip


def _operation(route: Route, refs: Mapping[type, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "summary": f"{route.summary_vi} · {route.summary_en}",
        "tags": [route.lane],
        "security": _security(route),
        "servers": [_server(route.lane)],
        "responses": _responses(route, refs),
    }
    parameters = [_path_parameter(name) for name in re.findall(r"\{(\w+)\}", route.path)]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}, "description": text}
        for name, text in _LISTS.get(route.kind, ())
    ]
    if route.kind in _OF_ONE:
        parameters.append(_header_parameter("If-None-Match", "ETag"))
    if route.kind == "conversion":
        text = (
            "application/json (mặc định), hoặc .xlsx để nhận lại tệp có đánh dấu · JSON by default, or the file marked"
        )
        parameters.append(_header_parameter("Accept", text))
    if route.kind == "declaration":
        text = "application/json (mặc định), application/xml (WCO), application/pdf (bản in) · the form wanted, JSON by default"
        parameters.append(_header_parameter("Accept", text))
    if route.kind == "split":
        text = "application/json (mặc định), application/xml (WCO), text/csv · the form wanted, JSON by default"
        parameters.append(_header_parameter("Accept", text))
    if route.kind == "receipt":
        parameters.append(_header_parameter("Accept", "application/json (mặc định), application/pdf · JSON by default"))
    if route.kind == "service":
        text = "application/json (mặc định), application/pdf (bằng chứng in được) · the form wanted, JSON by default"
        parameters.append(_header_parameter("Accept", text))
    if route.signed:
        text = "Nếu gửi thì phải bằng message_id đã ký · when sent, it is the signed message_id"
        parameters.append(_header_parameter("Idempotency-Key", text))
    if parameters:
        operation["parameters"] = parameters
    if route.kind in MESSAGES:
        name, _ = MESSAGES[route.kind]
        operation["requestBody"] = {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{name}"},
                    "example": EXAMPLES[route.kind],
                }
            },
        }
    if route.kind in ASKED_EXAMPLES:
        operation["requestBody"] = {"required": True, "content": _asked_content(route.kind, refs)}
    if route.kind == "lodgement":
        operation["requestBody"]["content"]["application/xml"] = {
            "schema": {"type": "string"},
            "example": _xml_example(),
        }
    return operation


def _asked_content(kind: str, refs: Mapping[type, Any]) -> dict[str, Any]:
    """Return the body of a POST that is no act of law."""
    if kind == "replay":
        return {"application/json": {"schema": refs[Replay], "example": ASKED_EXAMPLES[kind]}}
    return {
        converting.WORKBOOK: {"schema": {"type": "string", "contentMediaType": converting.WORKBOOK}},
        "text/csv": {"schema": {"type": "string"}, "example": ASKED_EXAMPLES[kind]},
        "application/json": {"schema": {"type": "object"}, "example": EXAMPLES["lodgement"]},
        "application/xml": {"schema": {"type": "string"}, "example": _xml_example()},
    }


def _xml_example() -> str:
    """Return the example of a lodgement as XML of the WCO Data Model."""
    body = EXAMPLES["lodgement"]
    return wco_writing.write(body["message_id"], body["sender"], body["declaration"]).decode()


def operation_id(route: Route) -> str:
    """Return the name of an operation, which is also its place on the page."""
    return f"{'ask' if route.method == 'GET' else 'send'}_{route.kind}"


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.public:
        return []
    return [{"token": [], "signature": []}] if route.signed else [{"token": []}]


def _server(lane: str) -> dict[str, str]:
    return {"url": f"http://127.0.0.1:{load().port_of(lane)}", "description": lane}


_PARTS = {
    "declaration_no": ("^[0-9]{11,12}$", "Số tờ khai · declaration number"),
    "parcel_no": ("^[0-9]{11,12}$", "Số lô hàng · number of the parcel"),
    "ruling_no": ("^[A-Z]{3}-[0-9]{4}-[0-9]{4,}$", "Số đơn hoặc số văn bản · number of the application or ruling"),
    "list_no": ("^[0-9]{11,12}$", "Số danh sách · number of the list"),
    "commodity_code": ("^[0-9]{8}$", "Mã hàng 8 số · 8-digit commodity code"),
    "document_no": ("^[0-9]{12}$", "Số chứng từ · document number"),
    "service_no": ("^[0-9]{11}-[0-9]{1,4}$", "Số tống đạt · service number"),
}


def _path_parameter(name: str) -> dict[str, Any]:
    if name == "delivery_id":
        schema: dict[str, str] = {"type": "string", "format": "uuid"}
        text = "webhook-id của thông báo · the webhook-id of the notice"
    else:
        pattern, text = _PARTS[name]
        schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": text}


def _header_parameter(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": description,
    }


def _responses(route: Route, refs: Mapping[type, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, answer, text_vi, text_en in _ANSWERS.get(route.kind, ()):
        before = responses.get(str(status))
        schema = refs[answer]
        if before is not None:
            vi, en = before["description"].split(" · ")
            text_vi, text_en = f"{vi}; {text_vi}", f"{en}; {text_en}"
            schema = {"anyOf": [before["content"]["application/json"]["schema"], schema]}
        responses[str(status)] = {
            "description": f"{text_vi} · {text_en}",
            "content": {"application/json": {"schema": schema}},
        }
    for form in showing.FORMS_OF.get(route.kind, ())[1:]:
        responses["200"]["content"][form] = {"schema": {"type": "string", "contentMediaType": form}}
    if route.kind == "declaration":
        responses["200"]["content"][showing.XML]["example"] = _xml_example()
    if route.kind == "split":
        for form in splitting.FORMS[1:]:
            responses["200"]["content"][form] = {"schema": {"type": "string", "contentMediaType": form}}
    if route.kind in _OF_ONE:
        responses["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": "Không thay đổi · not modified"}
    if route.kind == "openapi":
        responses["200"] = {
            "description": "OpenAPI 3.1",
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    if route.kind == "document_content":
        responses["200"] = {
            "description": "Các byte của tệp, chỉ để lưu · the bytes of the file, for saving only",
            "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in media_types()},
        }
    if route.kind == "template":
        workbook = {"schema": {"type": "string", "contentMediaType": converting.WORKBOOK}}
        responses["200"] = {
            "description": "Sổ tính trống · the empty workbook",
            "content": {converting.WORKBOOK: workbook},
        }
    if route.kind == "page":
        responses["200"] = {"description": "HTML", "content": {"text/html": {"schema": {"type": "string"}}}}
    if route.kind == "conversion":
        responses["200"]["content"][converting.WORKBOOK] = {"schema": {"type": "string"}}
    for status in _problem_statuses(route):
        text_vi, text_en = _PROBLEMS[status]
        problem = answers.FindingsProblem if status == 422 else answers.Problem
        responses[str(status)] = {
            "description": f"{text_vi} · {text_en}",
            "content": {"application/problem+json": {"schema": refs[problem]}},
        }
        if status == 422 and route.kind == "conversion":
            responses["422"]["content"][converting.WORKBOOK] = {"schema": {"type": "string"}}
        if status in _PROBLEM_HEADERS:
            name, type_ = _PROBLEM_HEADERS[status]
            responses[str(status)]["headers"] = {name: {"schema": {"type": type_}}}
    return responses


def _problem_statuses(route: Route) -> tuple[int, ...]:
    if route.kind in MESSAGES:
        return (*_OF_A_MESSAGE, 409) if route.lane == "conditions" else _OF_A_MESSAGE
    if route.asked:
        return _OF_ASKED[route.kind]
    if route.lane == PAGES:
        return (*tariff_questions.PROBLEMS[route.kind], 429)
    if route.public:
        return (503,) if route.kind == "health" else (429,)
    if route.kind == "split" or route.kind in showing.FORMS_OF:
        return (403, 404, 406, *_OF_A_QUESTION)
    if route.kind in _READ_BY_CUSTOMS:
        return (403, 404, *_OF_A_QUESTION)
    return (404, *_OF_A_QUESTION) if route.kind in _OF_ONE else (400, *_OF_A_QUESTION)


def _schemas() -> tuple[dict[str, Any], dict[type, Any]]:
    """Return all component schemas by name, and the reference to the schema of each answer."""
    wires = [
        wire_struct(name, fields.values(), {"declaration": WireDeclaration, **_MEMBERS})
        for name, fields in MESSAGES.values()
    ]
    told = sorted({each[1] for of_kind in _ANSWERS.values() for each in of_kind}, key=lambda each: each.__name__)
    types = [*wires, *told, Replay, answers.Problem, answers.FindingsProblem]
    found, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schemas: dict[str, Any] = {_public(name): _cleaned(deepcopy(schema)) for name, schema in components.items()}
    for name, fields in MESSAGES.values():
        _explain(schemas[name], fields)
    for name, fields in {"Declaration": HEADER, **{type_name(each): rows for each, rows in GROUPS.items()}}.items():
        _explain(schemas[name], fields)
    for name, fields in {**acts.GROUPS, **goods_lists.GROUPS, **parcels.GROUPS}.items():
        _explain(schemas[_public(_MEMBERS[name].__name__)], fields)
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = re.sub(r"\s+", " ", schema["description"])
    return dict(sorted(schemas.items())), {type_: _cleaned(ref) for type_, ref in zip(types, found, strict=True)}


def _public(name: str) -> str:
    return name.removeprefix("Wire")


def _cleaned(schema: Any) -> Any:
    """Return a schema with public names, and patterns in the dialect of JSON Schema."""
    if isinstance(schema, list):
        return [_cleaned(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    cleaned = {key: _cleaned(value) for key, value in schema.items()}
    if isinstance(cleaned.get("$ref"), str):
        cleaned["$ref"] = cleaned["$ref"].replace("/schemas/Wire", "/schemas/")
    if isinstance(cleaned.get("title"), str):
        cleaned["title"] = _public(cleaned["title"])
    if isinstance(cleaned.get("pattern"), str):
        cleaned["pattern"] = cleaned["pattern"].replace(r"\Z", "$")
    return cleaned


def _explain(schema: dict[str, Any], fields: Mapping[str, Field]) -> None:
    """Give each property what the table of fields knows of it."""
    for name, field in fields.items():
        given = schema["properties"][name]
        if "$ref" in given:
            continue
        given["description"] = f"{field.name_vi} · {field.name_en}"
        if field.type == "F":
            given["pattern"] = rf"^([0-9]+(\.[0-9]{{1,{field.decimals}}})?)?$" if field.decimals else "^[0-9]*$"
        notes = {
            "x-vnaccs-import": field.vnaccs_import,
            "x-vnaccs-export": field.vnaccs_export,
            "x-wco": field.wco_pointer,
            "x-code-list": "" if field.values else field.code_list,
            "x-law": field.law,
        }
        given.update({key: value for key, value in notes.items() if value})
        if field.group != "envelope":
            given["x-needed"] = {"import": field.need_import, "export": field.need_export}
