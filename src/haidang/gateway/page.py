"""The page at `/api/v1`: the description of the interface for people, from the same facts as the OpenAPI description.

Plain HTML, Vietnamese first and English beside it, one stylesheet inside and no script; it fits a screen 320 px wide.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

import msgspec

from haidang import __version__
from haidang.clearance.actions.passing import refused
from haidang.declarations.rules.fields import Field
from haidang.declarations.rules.wording import about_header
from haidang.gateway.examples import ASKED_EXAMPLES, EXAMPLES
from haidang.gateway.messages.declaration import GROUPS, HEADER
from haidang.gateway.openapi import ABOUT, MESSAGES, document, operation_id
from haidang.gateway.routes import ROUTES, Route

_STYLE = files("haidang.gateway").joinpath("page.css").read_text(encoding="utf-8")
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of the page: its own stylesheet and nothing else."""


@cache
def page_bytes() -> bytes:
    """Return the page as UTF-8; the same for the life of the process."""
    return "\n".join(_page()).encode()


def _page() -> Iterator[str]:
    yield '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Hải Đăng: giao diện /api/v1</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
    yield f'<style>{_STYLE}</style></head><body><header id="top"><h1>Hải Đăng: giao diện /api/v1</h1>'
    vietnamese, english = ABOUT.split("\n\n")
    yield f"<p>{escape(vietnamese)}</p>{_en('p', english)}"
    yield '<p>Mô tả cho máy đọc · <span lang="en">description for machines</span>: <a href="/api/v1/openapi.json">OpenAPI 3.1 (JSON)</a></p></header>'
    yield '<nav aria-labelledby="operations"><h2 id="operations">Các nghiệp vụ <span lang="en">· Operations</span></h2><ul>'
    for route in ROUTES:
        yield f'<li><a href="#{operation_id(route)}"><code>{route.method} {escape(route.path)}</code></a>'
        yield f"<br>{escape(route.summary_vi)} {_en('span', '· ' + route.summary_en)}</li>"
    yield "</ul></nav><main>"
    yield from _beginning()
    whole = document()
    for route in ROUTES:
        yield from _section(route, whole["paths"][route.path][route.method.lower()])
    yield f'</main><footer><p><a href="#top">Về đầu trang <span lang="en">· Back to top</span></a></p><p>haidang {escape(__version__)}, Apache-2.0</p></footer></body></html>'


_STEPS = (
    (
        "Mọi yêu cầu, trừ những mục ghi “không cần mã truy cập”, mang mã truy cập của máy gửi trong tiêu đề Authorization. Nhà quản trị cấp mã bằng "
        "lệnh haidang user.",
        "Every request, but those marked “no token is needed”, carries the token of the sending machine in the header Authorization. The operator "
        "hands out tokens with the command haidang user.",
    ),
    (
        "Hành vi pháp lý còn mang chữ ký tách rời trong tiêu đề X-JWS-Signature: PROTECTED..SIGNATURE. PROTECTED là base64url của JSON dưới đây; alg "
        "là ES256, RS256 hoặc EdDSA theo khóa; x5t#S256 là SHA-256 (base64url) của chứng thư đã đăng ký. Nội dung được ký: PROTECTED, một dấu chấm, rồi đúng các byte của thân thông điệp.",
        "A legal act also carries a detached signature in the header X-JWS-Signature: PROTECTED..SIGNATURE. PROTECTED is base64url of the JSON "
        "below; alg is ES256, RS256 or EdDSA as the key is; x5t#S256 is the SHA-256 (base64url) of the registered certificate. What is signed: PROTECTED, a point, and the exact bytes of the body.",
    ),
)
_PROTECTED = {"alg": "ES256", "b64": False, "crit": ["b64"], "x5t#S256": "SHA-256 (base64url)"}
_AGAIN = (
    "Sau 503, hết giờ chờ hoặc mất kết nối: gửi lại đúng các byte đó với cùng message_id; tờ khai chỉ được đăng ký một lần. Sau 429: chờ đủ số giây ghi "
    "trong Retry-After.",
    "After 503, a timeout or a broken connection send the same bytes again with the same message_id: they are registered once. After 429 wait "
    "as many seconds as Retry-After says.",
)
_FINDINGS = (
    "Mọi lỗi là problem details (RFC 9457). 422 nêu các lỗi cùng lúc: code là mã lỗi; pointer là vị trí trong thông điệp (JSON pointer); text_vi, "
    "text_en nói lỗi gì; repair_vi, repair_en nói cần làm gì; law là căn cứ; nearest, nếu có, là các mã đúng gần giống.",
    "Whatever is not done comes as problem details (RFC 9457). 422 tells the findings at once: code names the finding; pointer is the place in the "
    "message (JSON pointer); text_vi, text_en say what is wrong; repair_vi, repair_en what to do; law is the instrument; nearest, when "
    "given, lists valid codes close to the wrong one.",
)
_AMOUNTS = (
    "Số tiền: …_vnd là đồng; …_vnd_e4 là phần vạn của đồng; …_bp là điểm cơ bản (phần vạn); …_milli là phần nghìn. Số thập phân trong thông điệp viết "
    "thành chuỗi, ví dụ \"12.5\". Chỉ tiêu không khai thì bỏ hẳn, không gửi null.",
    "Amounts: …_vnd whole đồng; …_vnd_e4 ten-thousandths of a đồng; …_bp basis points; …_milli thousandths. Decimals in messages are strings, "
    "such as \"12.5\". What is not declared is left out; null is refused.",
)  # fmt: skip


def _beginning() -> Iterator[str]:
    """How to send the first message, and how to read what comes back."""
    first = next(route for route in ROUTES if route.signed)
    url = document()["paths"][first.path][first.method.lower()]["servers"][0]["url"]
    yield '<section aria-labelledby="begin"><h2 id="begin">Bắt đầu <span lang="en">· Getting started</span></h2>'
    for step in _STEPS:
        yield from _both(step)
    yield _json(_PROTECTED)
    yield _pre(
        f"curl --data-binary @lodgement.json \\\n  -H 'Content-Type: application/json' \\\n  -H 'Authorization: Bearer TOKEN' \\\n"
        f"  -H 'X-JWS-Signature: PROTECTED..SIGNATURE' \\\n  {url}{first.path}",
        "sh",
    )
    yield from _both(_AGAIN)
    yield from _both(_AMOUNTS)
    yield '<h3>Khi thông điệp có lỗi <span lang="en">· When a message has findings</span></h3>'
    yield from _both(_FINDINGS)
    yield f"{_json(msgspec.json.decode(refused((about_header('HD-ZERO', 'package_count'),)).body))}</section>"


def _section(route: Route, operation: Mapping[str, Any]) -> Iterator[str]:
    identifier = operation_id(route)
    yield f'<section aria-labelledby="{identifier}"><h2 id="{identifier}"><code>{route.method} {escape(route.path)}</code></h2>'
    yield f"<p>{escape(route.summary_vi)}<br>{_en('span', route.summary_en)}</p>"
    needs_vi, needs_en = {
        (True, False): ("Không cần mã truy cập.", "No token is needed."),
        (False, False): ("Cần mã truy cập.", "A token is needed."),
        (False, True): ("Cần mã truy cập và chữ ký số trên các byte gửi đi.", "A token, and a signature over the bytes sent."),
    }[route.public, route.signed]  # fmt: skip
    yield f"<p>{needs_vi} {_en('span', needs_en)}<br>Địa chỉ {_en('span', '· address')}: <code>{escape(operation['servers'][0]['url'] + route.path)}</code></p>"
    if operation.get("parameters"):
        yield from _parameter_table(operation["parameters"])
    if route.kind in MESSAGES:
        yield '<h3>Thông điệp <span lang="en">· Message</span></h3>'
        yield from _field_table("Chỉ tiêu của thông điệp", "Fields of the message", MESSAGES[route.kind][1])
        if route.kind == "lodgement":
            yield from _field_table("declaration: tờ khai", "the declaration", HEADER)
            for name, fields in GROUPS.items():
                home, path = (HEADER, "") if name in HEADER else (GROUPS["items"], "items[].")
                vi, en = home[name].name_vi, home[name].name_en
                yield from _field_table(f"declaration.{path}{name}[]: {vi}", en, fields)
        elif "declaration" in MESSAGES[route.kind][1]:
            lodging = next(operation_id(each) for each in ROUTES if each.kind == "lodgement")
            yield f'<p>Chỉ tiêu của declaration: xem <a href="#{lodging}">POST /api/v1/declarations</a>. {_en("span", "Fields of declaration: see there.")}</p>'
        yield f'<h3>Ví dụ <span lang="en">· Example</span></h3>{_json(EXAMPLES[route.kind])}'
    if route.kind in ASKED_EXAMPLES:
        example = ASKED_EXAMPLES[route.kind]
        shown = _pre(example, "csv") if isinstance(example, str) else _json(example)
        yield f'<h3>Ví dụ <span lang="en">· Example</span></h3>{shown}'
    yield '<h3>Câu trả lời <span lang="en">· Answers</span></h3>'
    yield from _table(
        "Mã HTTP và nghĩa",
        "HTTP status and meaning",
        (("Mã HTTP", "Status"), ("Nghĩa", "Meaning")),
        _answer_rows(operation),
        "answers",
    )
    yield "</section>"


def _answer_rows(operation: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for status, response in operation["responses"].items():
        schemas = [each["schema"] for each in response.get("content", {}).values()]
        name = schemas[0].get("$ref", "").rpartition("/")[2] if schemas else ""
        named = f" <code>{escape(name)}</code>" if name else ""
        yield status, _two(response["description"]) + named


def _parameter_table(parameters: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    places = {
        "path": "trong đường dẫn · in the path",
        "query": "sau dấu hỏi · in the query",
        "header": "tiêu đề · header",
    }
    rows = (
        (f"<code>{escape(each['name'])}</code>", _two(places[each["in"]]), _two(each["description"]))
        for each in parameters
    )
    heads = (("Tên", "Name"), ("Ở đâu", "Where"), ("Nghĩa", "Meaning"))
    yield from _table("Tham số", "Parameters", heads, rows, "parameters")


_TYPE_NAMES = {
    "A": "chữ ASCII, không dấu · ASCII text", "W": "chữ có dấu, UTF-8 · text in UTF-8", "K": "ký tự ASCII, không dấu cách · visible ASCII",
    "N": "11 hoặc 12 chữ số · 11 or 12 digits", "F": "số thập phân trong chuỗi · decimal in a string", "I": "số nguyên từ 1 · whole number from 1",
    "D": "ngày YYYY-MM-DD · date", "T": "thời điểm RFC 3339 · instant", "B": "true hoặc false · true or false",
    "G": "danh sách · list", "O": "đối tượng · object",
}  # fmt: skip
_NEEDS = {
    "M": "bắt buộc · required",
    "P": "bắt buộc · required",
    "C": "tùy trường hợp · conditional",
    "-": "không dùng · not used",
    "X": "để trống · left empty",
    "O": "hải quan ghi · customs fills it in",
}
_HEADS = (("Tên", "Name"), ("Nghĩa", "Meaning"), ("Kiểu, độ dài", "Type, width"), ("Bắt buộc", "Required"))


def _field_table(caption_vi: str, caption_en: str, fields: Mapping[str, Field]) -> Iterator[str]:
    rows = ((_name(field), _meaning(field), _type(field), _need(field)) for field in fields.values())
    yield from _table(caption_vi, caption_en, _HEADS, rows)


def _name(field: Field) -> str:
    ids = " / ".join(dict.fromkeys(each for each in (field.vnaccs_import, field.vnaccs_export) if each))
    return f"<code>{field.name}</code>" + (f"<span>VNACCS {escape(ids)}</span>" if ids else "")


def _meaning(field: Field) -> str:
    return f"{escape(field.name_vi)}{_en('span', field.name_en)}"


def _type(field: Field) -> str:
    said = [_two(_TYPE_NAMES[field.type])]
    if field.width and field.type in "AWKF":
        said.append(f"<span>≤ {field.width} byte</span>")
    if field.decimals:
        said.append(f"<span>≤ {field.decimals} số lẻ</span>{_en('span', f'at most {field.decimals} decimals')}")
    if field.width and field.type == "I":
        said.append(f"<span>≤ {field.width} chữ số</span>{_en('span', f'at most {field.width} digits')}")
    if field.repeat > 1:
        said.append(f"<span>≤ {field.repeat} phần tử</span>{_en('span', f'at most {field.repeat} entries')}")
    if field.values:
        said.append(f"<span>{', '.join(f'<code>{escape(value)}</code>' for value in field.values)}</span>")
    elif field.code_list:
        said.append(f'<span>danh mục <i lang="en">code list</i> <code>{escape(field.code_list)}</code></span>')
    return "".join(said)


def _need(field: Field) -> str:
    incoming, outgoing = _NEEDS[field.need_import], _NEEDS[field.need_export]
    if incoming == outgoing:
        return _two(incoming)
    (in_vi, in_en), (out_vi, out_en) = incoming.split(" · "), outgoing.split(" · ")
    return _two(f"nhập: {in_vi}; xuất: {out_vi} · import: {in_en}; export: {out_en}")


def _table(
    caption_vi: str,
    caption_en: str,
    heads: Iterable[tuple[str, str]],
    rows: Iterable[tuple[str, ...]],
    class_: str = "fields",
) -> Iterator[str]:
    """Yield a table. Its roles are written out: a style that stacks the cells would take them from it in some browsers."""
    yield f'<table role="table" class="{class_}"><caption>{escape(caption_vi)} {_en("span", "· " + caption_en)}</caption>'
    yield '<thead role="rowgroup"><tr role="row">'
    yield "".join(f'<th role="columnheader" scope="col">{vi} {_en("span", en)}</th>' for vi, en in heads)
    yield '</tr></thead><tbody role="rowgroup">'
    for first, *others in rows:
        cells = "".join(f'<td role="cell">{cell}</td>' for cell in others)
        yield f'<tr role="row"><th role="rowheader" scope="row">{first}</th>{cells}</tr>'
    yield "</tbody></table>"


def _both(texts: tuple[str, str]) -> Iterator[str]:
    yield f"<p>{_coded(texts[0])}</p>"
    yield f'<p lang="en">{_coded(texts[1])}</p>'


_CODED = re.compile(
    r"\b(alg(?= )|X-JWS-Signature|Authorization|Retry-After|message_id|haidang user|[a-z]+_(?:vi|en)|x5t#S256|PROTECTED(?:\.\.SIGNATURE)?)"
)


def _coded(text: str) -> str:
    """Escape a text and set what is written exactly so in code."""
    return _CODED.sub(r"<code>\1</code>", escape(text, quote=False))


def _two(text: str) -> str:
    """Return `vi · en` with the English part marked as such."""
    vietnamese, point, english = text.partition(" · ")
    return escape(vietnamese) + (_en("span", english) if point else "")


def _en(tag: str, text: str) -> str:
    return f'<{tag} lang="en">{escape(text)}</{tag}>'


def _json(message: object) -> str:
    return _pre(msgspec.json.format(msgspec.json.encode(message), indent=2).decode(), "json")


def _pre(text: str, kind: str) -> str:
    return f'<pre><code class="{kind}">{escape(text)}</code></pre>'
