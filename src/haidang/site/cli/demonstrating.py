"""`haidang demo`: everything from nothing, the shipped samples lodged, banks, ports and customs played a little; what `make run` and `make demo` call."""

import sys
from pathlib import Path
from shutil import which
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.site.cli.output import Exit, Json, facts_table, terminal


def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Ở lại phục vụ đến khi Ctrl-C · stay and serve until Ctrl-C")
    ] = False,
    json_: Json = False,
) -> None:
    """Dựng bản thử từ con số không, khai 300 tờ khai mẫu · a trial from nothing, the 300 samples lodged, every answer shown."""
    from haidang.platform.config import load
    from haidang.site import serving, setting_up

    config = load()

    def prepare(found: setting_up.SetUp) -> None:
        from haidang.site.cli.playing import build_demo_country

        build_demo_country(config, terminal.tell)

    with serving.running(
        config, trial=True, may_migrate=True, worker=serve, tell=terminal.tell, prepare=prepare
    ) as installation:
        if not serve:
            _show_logins(config)  # first: the last line says what came of the samples
        as_expected = _play(config, serve)
        if serve:
            _show_logins(config)
            _show_addresses(config)
            installation.watch()
    if not as_expected:
        raise typer.Exit(Exit.REFUSED)


def _play(config: Any, serve: bool) -> bool:
    """Lodge and play, unless the samples were played before and this start is to serve; return whether all was as expected."""
    from haidang.site import setting_up
    from haidang.site.cli import playing
    from haidang.site.cli.client import Gateway
    from haidang.site.cli.dossiers import show_declaration
    from haidang.site.cli.sending import show_answers

    state = setting_up.database_state(config)
    if serve and setting_up.read_marker(config, state).get("played"):
        terminal.tell("Tờ khai mẫu đã khai ở lần trước · the samples were lodged at an earlier start")
        return True
    with Gateway(config) as gateway:
        run = playing.Run(config, gateway)
        with terminal.progress("Khai · lodging", len(run.samples)) as progress:
            run.lodge(progress.advance)
        if not terminal.json:
            show_answers(terminal.out, [run.answers[sample.message_id] for sample in run.samples])
        terminal.tell("Ngân hàng, cảng, hải quan trả lời · banks, ports and customs answer")
        run.play()
        problems = run.problems()
        shown = run.worth_showing()
        facts = {
            **run.summary(), "notices": dict(run.notices), "problems": problems,
            "answers": [
                {"message_id": name, "status": each.reply.status, "ms": round(each.reply.ms, 1), **_short(each.reply.body)}
                for name, each in run.answers.items()
            ] if terminal.json else [],
        }  # fmt: skip

        def show(console: Console) -> None:
            if shown is not None:
                console.print("\nMột tờ khai từ đầu đến cuối · one declaration from beginning to end")
                show_declaration(console, shown)
            console.print(
                f"Thông báo đã gửi · notices sent: {', '.join(f'{kind} {count}' for kind, count in sorted(run.notices.items()))}"
            )
            for problem in problems:
                console.print(problem, style="red", markup=False)
            console.print(run.last_line(), markup=False)

        terminal.result(facts, show)
    if not problems:
        setting_up.write_marker(config, state, played=True)
    return not problems


def _short(body: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {
        name: body[name] for name in ("declaration_no", "channel", "payable_vnd", "taxes", "findings") if name in body
    }
    if "open_conditions" in body:
        kept["open_conditions"] = [condition["kind"] for condition in body["open_conditions"]]
    return kept


def _show_addresses(config: Any) -> None:
    from haidang.gateway.serving import SERVED
    from haidang.site.demo import people

    keys = config.home / "demo" / "keys"
    shown = {
        "Doanh nghiệp · trader": people.trader_code(1),
        "Đại lý hải quan · broker": people.broker_code(1),
        "Ngân hàng · bank": people.BANKS[0],
        "Cảng · port": people.PORTS[0],
        "Hải quan · customs": people.CUSTOMS_OFFICES[0],
    }
    console = terminal.err if terminal.json else terminal.out
    console.print(
        facts_table(
            {
                **{f"{lane}": f"http://127.0.0.1:{config.port_of(lane)}/api/v1" for lane in SERVED},
                "Trang web · pages": f"http://127.0.0.1:{config.port_portals}/",
                "Mô tả API, mở bằng trình duyệt · open in a browser": f"http://127.0.0.1:{config.port_general}/api/v1",
                "Khóa, mã truy cập · keys, tokens": f"{keys}/CODE.key.pem, CODE.cert.pem, CODE.token",
                **{f"{who} ({code})": _token_of(keys, code) for who, code in shown.items()},
            }
        )
    )
    console.print("Thử ở một cửa sổ khác · try in another terminal:")
    for line in (
        f"{_ourselves()} status 100000000000",
        f"{_ourselves()} lodge FILE.json --as {people.trader_code(1)}",
        f"{_ourselves()} duty --hs 39269059 --origin JP --value 1250.50 --vat-code V10 --date 2026-03-02",
        f"{_ourselves()} verify",
    ):
        console.print(f"  {line}", markup=False)
    console.print("Đang phục vụ, Ctrl-C để dừng · serving, Ctrl-C to stop")


def _show_logins(config: Any) -> None:
    from haidang.site.demo import logins

    kept = logins.read_logins(config.home)
    console = terminal.err if terminal.json else terminal.out
    console.print(
        f"Đăng nhập trang web · log in to the pages: http://127.0.0.1:{config.port_portals}/ (tên, mật khẩu, mã TOTP · name, password, code)"
    )
    for person in logins.PEOPLE:
        login = kept[person.username]
        key = f", {config.home}/demo/keys/{person.key_name}.key.pem"
        console.print(f"  {login.username}  {login.password}  {person.title}{key}", markup=False, soft_wrap=True)
        console.print(f"    {login.otpauth}", markup=False, soft_wrap=True)


def _ourselves() -> str:
    """Return how this command is called from the folder in which it was called."""
    return "haidang" if which("haidang") == str(Path(sys.argv[0]).absolute()) else sys.argv[0]


def _token_of(keys: Path, code: str) -> str:
    return (keys / f"{code}.token").read_text(encoding="ascii").strip()
