"""Questions about one declaration, as any party asks them; a customs office says which officer reads, and why."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from haidang.site.cli.output import Refused, Wrong
from haidang.site.cli.posting import body_of

DECLARATIONS = "/api/v1/declarations"
_NUMBER = re.compile("[0-9]{11,12}", re.ASCII)

OfficerOption = Annotated[
    str, typer.Option("--officer", help="Hải quan: mã công chức đang xem · customs: the officer who reads")
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason", help="Hải quan: lý do xem hồ sơ của đơn vị khác · customs: why one of another office is read"
    ),
]


def ask_for(
    declaration_no: str, accept: str, token_file: Path | None, as_: str, url: str, path: str = "", reader: tuple[str, str] = ("", "")
) -> Any:  # fmt: skip
    """Return the answer to a question about one declaration (at another path: one parcel or list), in the form asked for.

    `reader` is the officer who reads for a customs office, and why.

    Raises:
        Wrong: the number is none.
        Refused: there is no such declaration for the asker, or not in this form.
    """
    from haidang.platform.config import load as load_config
    from haidang.site.cli.client import Gateway, read_sender, reading
    from haidang.site.demo.people import CUSTOMS_OFFICES

    check_number(declaration_no)
    config = load_config()
    sender = read_sender(config, as_ or CUSTOMS_OFFICES[0], None, None, token_file)
    with Gateway(config, url) as gateway:
        by = reading(as_ or ("token" if token_file else ""), *reader)
        if "?" in path:
            by = by.replace("?", "&", 1)
        reply = gateway.ask((path or f"{DECLARATIONS}/{declaration_no}") + by, sender, accept)
    if reply.status == 404:
        raise Refused(
            f"Không có tờ khai {declaration_no}, hoặc {sender.code or 'bên hỏi'} không được xem: kiểm tra số, hoặc hỏi bằng --as của bên khai\n"
            f"There is no declaration {declaration_no}, or none that {sender.code or 'the sender'} may see: check the number, or ask --as its trader"
        )
    body_of(reply)
    return reply


def check_number(number: str) -> None:
    """Refuse what is no number of a declaration, a parcel or a list.

    Raises:
        Wrong: it is none.
    """
    if not _NUMBER.fullmatch(number):
        raise Wrong(
            f"{number}: số tờ khai gồm 11 hoặc 12 chữ số, như haidang lodge đã in\n"
            f"{number}: a declaration number has 11 or 12 digits, as haidang lodge printed it"
        )
