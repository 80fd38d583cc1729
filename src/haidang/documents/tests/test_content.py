"""What files are taken, and why the others are not."""

import pytest

from haidang.documents.rules.content import check_content
from haidang.documents.rules.tables import document_types, fields_of, media_types
from haidang.documents.terms import MediaType
from haidang.documents.tests import build
from haidang.kernel.findings import Finding

LIMIT = 200_000


def _swelling() -> bytes:
    """Return a workbook with a member of a hundred million bytes; made when it is needed, for it takes its time."""
    return build.xlsx_with("xl/media/a.bin", bytes(100_000_001))


WHOLE = {
    "application/pdf": build.PDF,
    "image/png": build.png(),
    "image/jpeg": build.jpeg(),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": build.xlsx(),
    "application/xml": build.XML,
    "text/csv": build.CSV,
    "text/plain": "Ghi chú\n".encode(),
}
REFUSED = {
    "no bytes": (b"", "HD-FILE-EMPTY"),
    "too many bytes": (b"a" * (LIMIT + 1), "HD-FILE-TOO-LARGE"),
    "a program": (b"MZ" + bytes(200), "HD-FILE-TYPE"),
    "a zip": (build.archive(), "HD-FILE-TYPE"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "HD-FILE-TYPE"),
    "a gif": (b"GIF89a" + bytes(30), "HD-FILE-TYPE"),
    "a PDF behind another file": (b"GIF89a" + bytes(30) + build.PDF, "HD-FILE-TWO-TYPES"),
    "a PDF behind blanks": (b"\n" + build.PDF, "HD-FILE-TWO-TYPES"),
    "a PDF behind text": (b"ho ten,so\n" + build.PDF, "HD-FILE-TWO-TYPES"),
    "a PDF with a zip behind it": (build.PDF + build.archive(), "HD-FILE-TWO-TYPES"),
    "a PDF around a zip": (build.PDF + build.archive() + b"%%EOF\n", "HD-FILE-TWO-TYPES"),
    "a PDF with text behind it": (build.PDF + b"alert(1)", "HD-FILE-TWO-TYPES"),
    "a PDF with a page in its head": (build.PDF.replace(b"endobj", b"<script>1</script>"), "HD-FILE-TWO-TYPES"),
    "half a PDF": (build.PDF[:30], "HD-FILE-DAMAGED"),
    "an image with a zip behind it": (build.png() + build.archive(), "HD-FILE-TWO-TYPES"),
    "an image with text behind it": (build.png() + b"<?php 1", "HD-FILE-TWO-TYPES"),
    "an image with one bit changed": (build.png().replace(b"IDAT", b"IDAU"), "HD-FILE-DAMAGED"),
    "an image of a billion points": (build.png(100_000, 100_000), "HD-FILE-UNPACKED"),
    "a photo with text behind it": (build.jpeg() + b"more", "HD-FILE-TWO-TYPES"),
    "half a photo": (build.jpeg()[:-2], "HD-FILE-DAMAGED"),
    "a photo of a billion points": (build.jpeg(60_000, 60_000), "HD-FILE-UNPACKED"),
    "a workbook with macros": (build.xlsx_with("xl/vbaProject.bin"), "HD-FILE-MACRO"),
    "a workbook with an embedded object": (build.xlsx_with("xl/embeddings/a.bin"), "HD-FILE-MACRO"),
    "a workbook that leads out": (build.xlsx_with("../../etc/passwd"), "HD-FILE-DAMAGED"),
    "a workbook that swells": (_swelling, "HD-FILE-UNPACKED"),
    "a workbook with something before it": (b"PK\3\4" + bytes(40) + build.xlsx(), "HD-FILE-TWO-TYPES"),
    "a workbook with something after it": (build.xlsx() + b"more", "HD-FILE-TWO-TYPES"),
    "half a workbook": (build.xlsx()[:900], "HD-FILE-DAMAGED"),
    "XML with a document type": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "HD-FILE-XML"),
    "XML with a style sheet": (b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>', "HD-FILE-XML"),
    "XML that is a page": (b'<html xmlns="http://www.w3.org/1999/xhtml"/>', "HD-FILE-TWO-TYPES"),
    "XML with a page in it": (b'<a><b xmlns="http://www.w3.org/1999/xhtml">c</b></a>', "HD-FILE-TWO-TYPES"),
    "XML that does not end": (b"<a><b></a>", "HD-FILE-DAMAGED"),
    "XML in another code": ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "HD-FILE-TYPE"),
    "text in another code": ("Thép".encode("cp1258", "replace") + b"\xe9\xff", "HD-FILE-TYPE"),
}  # fmt: skip


@pytest.mark.parametrize("media_type", WHOLE)
def test_a_whole_file_is_taken_for_what_it_is(media_type: str) -> None:
    found = check_content(WHOLE[media_type], media_type, LIMIT)
    assert isinstance(found, MediaType) and found.media_type == media_type
    by_bytes = check_content(WHOLE[media_type], "", LIMIT)
    assert isinstance(by_bytes, MediaType) and by_bytes.family == found.family


def test_there_is_a_file_for_every_type_that_is_taken() -> None:
    assert set(WHOLE) == set(media_types())


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_one_whole_inert_file_is_refused_and_told_what_to_do(what: str) -> None:
    made, code = REFUSED[what]
    content = made() if callable(made) else made
    found = check_content(content, "", LIMIT)
    assert isinstance(found, Finding)
    assert found.code == code
    assert found.text_vi and found.text_en and found.repair_vi and found.repair_en


def test_a_file_with_the_name_of_another_type_is_refused_and_told_which_it_is() -> None:
    found = check_content(build.png(), "application/pdf", LIMIT)
    assert isinstance(found, Finding)
    assert (found.code, found.pointer) == ("HD-FILE-OTHER-TYPE", "/media_type")
    assert "image/png" in found.repair_en


def test_a_type_that_is_not_taken_is_told_which_are() -> None:
    found = check_content(b"MZ", "application/x-msdownload", LIMIT)
    assert isinstance(found, Finding) and found.nearest == tuple(media_types())


def test_every_type_of_document_has_fields_in_two_languages() -> None:
    for code in document_types():
        assert fields_of(code)
        assert all(each.name_vi and each.name_en and each.width for each in fields_of(code))
