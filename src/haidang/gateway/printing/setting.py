"""Sets the printed form: the template, the two pictures and the data become a PDF. The same data gives the same bytes."""

import hashlib
import io
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import barcode
import msgspec
import segno
import typst
from barcode.writer import SVGWriter

from haidang import __version__
from haidang.declarations.terms import PRINTED_LINES

MOST_LINES = PRINTED_LINES
"""Goods lines of one printed form."""

DECLARATION, PROOF, RECEIPT = "declaration.typ", "proof.typ", "receipt.typ"
"""The templates."""


def pdf(form: dict[str, Any], made_at: datetime, template: str = DECLARATION) -> bytes:
    """Return a form (`saying.spoken`, `proving.spoken`, `receipt_saying.spoken`) as PDF; `made_at` is the instant of its last act and stands in the file as the time of creation."""
    whole = form | {"barcode": code_128(form["number"]), "qr": qr(form["check"])}
    made = typst.compile(
        _folder() / template,
        root=_folder(),
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True),
        sys_inputs={"form": msgspec.json.encode(whole).decode()},
        timestamp=int(made_at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made


def tag_of(form: dict[str, Any], template: str = DECLARATION) -> str:
    """Return an ETag of the PDF without setting it: by what it says, by the template and by the version."""
    seen = hashlib.sha256(msgspec.json.encode(form, order="sorted"))
    seen.update(_template(template))
    seen.update(__version__.encode())
    return f'"{seen.hexdigest()[:32]}"'


def code_128(number: str) -> str:
    """Return the barcode (ISO/IEC 15417) of a number as SVG, bars only."""
    drawn = io.BytesIO()
    options = {"write_text": False, "module_height": 11.0, "module_width": 0.3, "quiet_zone": 3.0}
    barcode.Code128(number, writer=SVGWriter()).write(drawn, options)
    return drawn.getvalue().decode()


def qr(text: str) -> str:
    """Return the QR code (ISO/IEC 18004, level M) of a text as SVG."""
    drawn = io.BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, border=2, scale=4)
    return drawn.getvalue().decode()


@cache
def _template(name: str) -> bytes:
    return files("haidang.gateway.printing").joinpath(name).read_bytes()


@cache
def _folder() -> Path:
    """Return the folder beside the template: the only one that setting may read, and it needs nothing there."""
    return Path(str(files("haidang.gateway.printing")))
