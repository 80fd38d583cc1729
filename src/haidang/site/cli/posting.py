"""How a command signs what it sends and where it sends it: the same four options everywhere, one connection, one refusal."""

import inspect
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer

from haidang.site.cli.output import Refused

KeyOption = Annotated[
    Path | None, typer.Option("--key", exists=True, dir_okay=False, help="Khóa riêng PEM · private key")
]
CertOption = Annotated[
    Path | None,
    typer.Option("--cert", exists=True, dir_okay=False, help="Chứng thư PEM đã đăng ký · registered certificate"),
]
TokenOption = Annotated[
    Path | None,
    typer.Option("--token-file", exists=True, dir_okay=False, help="Tệp chứa mã truy cập · file with the token"),
]
AsOption = Annotated[
    str, typer.Option("--as", help="Mã bên gửi · code of the sender (demo: its keys in HOME/demo/keys are used)")
]
UrlOption = Annotated[
    str,
    typer.Option("--url", help="Địa chỉ phục vụ toàn bộ /api/v1, thay cho máy này · address of a gateway elsewhere"),
]


class By(NamedTuple):
    """With what a message is signed, whose token it comes with, and where it goes; nothing is the demo's own."""

    key: Path | None = None
    cert: Path | None = None
    token_file: Path | None = None
    url: str = ""


OWN = By()
_OPTIONS = {"key": KeyOption, "cert": CertOption, "token_file": TokenOption, "url": UrlOption}
assert tuple(_OPTIONS) == By._fields


def signed(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that takes `by` the four options of which `By` is made, in its place."""

    @wraps(command)
    def with_options(**given: Any) -> None:
        command(**{name: value for name, value in given.items() if name not in _OPTIONS}, by=_by(given))

    said = inspect.signature(command, eval_str=True)
    parameters = [
        made for one in said.parameters.values() for made in (_parameters() if one.name == "by" else [one])
    ]  # fmt: skip
    with_options.__signature__ = said.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": None}
    return with_options


def _by(given: dict[str, Any]) -> By:
    return By(**{name: given[name] for name in _OPTIONS})


def _parameters() -> list[inspect.Parameter]:
    return [
        inspect.Parameter(
            name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=By._field_defaults[name], annotation=option
        )
        for name, option in _OPTIONS.items()
    ]


def machine_of(officer: str) -> str:
    """Return whose token a message signed by an officer of the demo country comes with; of anybody else their own."""
    from haidang.site.demo.people import machine_of

    return machine_of(officer)


class Post:
    """Sends signed messages of one sender over one connection."""

    def __init__(self, code: str, by: By) -> None:
        from haidang.platform.config import load as load_config
        from haidang.site.cli.client import Gateway, read_sender

        config = load_config()
        self._sender = read_sender(config, code, by.key, by.cert, by.token_file)
        self._gateway = Gateway(config, by.url)

    def __enter__(self) -> "Post":
        self._gateway.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._gateway.__exit__(*error)

    def __call__(self, path: str, message: dict[str, Any]) -> Any:
        return self._gateway.post(path, msgspec.json.encode(message), self._sender)


def body_of(reply: Any, wanted: Collection[int] = (200,)) -> dict[str, Any]:
    """Return what was answered, or refuse with all that is wrong."""
    body: dict[str, Any] = reply.body
    if reply.status not in wanted:
        title = f"{body.get('title_vi', '')}\n{body.get('title', f'HTTP {reply.status}')}"
        raise Refused(title, body.get("findings", ()))
    return body
