"""Workbooks and CSV files for `haidang lodge`: read here, and given back marked when something in them must be mended."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from haidang.site.cli.output import Refused, Wrong, terminal

_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv")
_BESIDE = ".findings.xlsx"


class Sheet(Struct):
    """A file that was read: the message of its declaration, and where its findings are written."""

    name: str
    content: bytes
    message: bytes
    read: Any

    def mark(self, findings: Sequence[Mapping[str, Any]]) -> None:
        """Write the file with these findings in it beside it, and say where."""
        from haidang.gateway.sheets.writing import annotated
        from haidang.kernel.findings import Finding

        marked = annotated(self.content, self.read, msgspec.convert(list(findings), type=list[Finding]))
        if isinstance(marked, bytes):
            beside = Path(self.name).with_suffix(_BESIDE)
            beside.write_bytes(marked)
            terminal.tell(f"Các lỗi được đánh dấu trong · what is wrong is marked in {beside}")


def of(name: str, content: bytes) -> Sheet | None:
    """Read a workbook or CSV file into the declaration that it holds; None for a file of another kind.

    Raises:
        Wrong: the file cannot be opened.
        Refused: cells that cannot be read, with their findings; the file is given back marked.
    """
    if not name.lower().endswith(_SUFFIXES) and not content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return None
    from haidang.gateway.converting import told_of
    from haidang.gateway.messages.json_safety import Undecodable
    from haidang.gateway.sheets.reading import read

    found = read(content)
    if isinstance(found, Undecodable):
        raise Wrong(f"{name}: {found.text_vi}\n{name}: {found.text_en}")
    # What is said of the declaration by its law is told by the lane; cells that cannot be read never get there.
    sheet = Sheet(name, content, msgspec.json.encode(found.declaration), found)
    if found.findings:
        told = [msgspec.to_builtins(each) for each in found.of_form(told_of(found.declaration, None, None))]
        sheet.mark(told)
        raise Refused(
            f"{name}: có ô không đọc được, chưa gửi gì\n{name}: some cells cannot be read; nothing was sent", told
        )
    return sheet
