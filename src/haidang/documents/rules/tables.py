"""The tables of the room: which types of file are taken, which types of document there are, and the fields of each."""

import csv
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from haidang.documents.terms import DocumentField, DocumentType, MediaType


def _rows(name: str) -> list[dict[str, str]]:
    text = files("haidang.documents").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@cache
def media_types() -> Mapping[str, MediaType]:
    """Return the types of file that are taken, by media type, in the order of the table."""
    return {row["media_type"]: msgspec.convert(row, MediaType) for row in _rows("media_types.csv")}


@cache
def document_types() -> Mapping[str, DocumentType]:
    """Return the types of document, by code."""
    return {row["type_code"]: DocumentType(**row) for row in _rows("document_types.csv")}


@cache
def fields_of(type_code: str) -> tuple[DocumentField, ...]:
    """Return the fields of a type of document, in the order of the table."""
    rows = (row for row in _rows("fields.csv") if row["type_code"] == type_code)
    return tuple(msgspec.convert(row, DocumentField, strict=False) for row in rows)
