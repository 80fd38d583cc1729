"""XML that means one thing only: read by lxml into plain nodes under bounds, without document type, entities or processing instructions."""

from collections.abc import Mapping

from lxml import etree

from haidang.gateway.messages.json_safety import Undecodable

MAX_DEPTH = 32
"""Elements within each other. A declaration needs 6."""
MAX_ELEMENTS = 250_000
"""50 for each of 5,000 goods lines."""
MAX_ATTRIBUTES = 16
"""Of one element."""

MALFORMED = Undecodable(
    "HD-XML-MALFORMED", "Thông điệp không phải là XML hợp lệ.", "The message is not well-formed XML."
)
FORBIDDEN = Undecodable(
    "HD-XML-FORBIDDEN",
    "XML có khai báo DOCTYPE, thực thể hoặc chỉ thị xử lý: không được nhận.",
    "The XML has a document type, an entity or a processing instruction: none is taken.",
)
TOO_MUCH = Undecodable(
    "HD-XML-TOO-MUCH",
    f"XML lồng quá {MAX_DEPTH} tầng, quá {MAX_ELEMENTS} phần tử hoặc quá {MAX_ATTRIBUTES} thuộc tính.",
    f"The XML nests deeper than {MAX_DEPTH} levels, has more than {MAX_ELEMENTS} elements, or more than {MAX_ATTRIBUTES} attributes on one.",
)


_NOTHING: frozenset[str] = frozenset()


class Node:
    """An element: its name, attributes without a namespace, children, and what of it was made use of."""

    __slots__ = ("attributes", "children", "name", "namespace", "parts", "used")

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.namespace, _, self.name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        self.attributes = {name: value for name, value in attributes.items() if not name.startswith("{")}
        self.children: list[Node] = []
        self.parts: list[str] = []
        self.used = _NOTHING

    @property
    def text(self) -> str:
        return "".join(self.parts).strip()

    def use(self, what: str = "") -> None:
        """A field takes the text of this element, or its attribute `@name`."""
        self.used |= {what}


class _Refused(Exception):
    def __init__(self, reason: Undecodable) -> None:
        self.reason = reason


class _Builder:
    """The target of the parser: plain nodes, counted as they come."""

    def __init__(self) -> None:
        self._open: list[Node] = []
        self._root: Node | None = None
        self._count = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise _Refused(TOO_MUCH)
        node = Node(tag, attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].parts.append(text)

    def doctype(self, *_: object) -> None:
        raise _Refused(FORBIDDEN)

    def pi(self, *_: object) -> None:
        raise _Refused(FORBIDDEN)

    def close(self) -> Node | None:
        return self._root


def is_xml(raw: bytes) -> bool:
    """Whether a message begins as XML does; no JSON object can."""
    return raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def nodes_of(raw: bytes) -> Node | Undecodable:
    """Return the root element of an XML document, or why it is not taken."""
    try:
        root: Node | None = etree.fromstring(raw, _parser())
    except _Refused as refused:
        return refused.reason
    except (etree.XMLSyntaxError, ValueError):
        return FORBIDDEN if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw else MALFORMED
    return MALFORMED if root is None else root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        target=_Builder(),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
    )
