"""`haidang user`: parties, their tokens and certificates, and where they want notices sent."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from haidang.site.cli import conflicts, mandates
from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, Refused, Wrong, rows_table, terminal
from haidang.site.cli.words import moment

app = typer.Typer(
    no_args_is_help=True, help="Người dùng: bên tham gia, mã truy cập, chứng thư · parties, tokens, certificates"
)
app.add_typer(conflicts.app, name="conflict")
app.add_typer(mandates.app, name="mandate")

_LOGIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}")

CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="Mã số thuế hoặc mã ngắn · tax code or short code")]


@app.command("add")
def add(
    code: CodeArgument,
    kind: Annotated[str, typer.Option("--kind", help="trader, broker, bank, port, ministry, customs")],
    name: Annotated[str, typer.Option("--name", help="Tên · name")],
    level: Annotated[int, typer.Option("--level", min=1, max=5, help="Mức tuân thủ 1-5 · compliance level")] = 3,
    json_: Json = False,
) -> None:
    """Thêm hoặc cập nhật một bên tham gia · add a party, or bring it up to date."""
    from haidang.parties import actions
    from haidang.parties.terms import PartyKind

    if kind not in list(PartyKind):
        raise Wrong(f"--kind {kind}: phải là một trong · must be one of {', '.join(PartyKind)}")
    with servers_running() as config, _owner(config) as connection:
        number = actions.add_party(connection, code=code, kind=PartyKind(kind), name=name, compliance_level=level)
        terminal.result({"party_id": number, "code": code, "kind": kind, "name": name, "level": level})


@app.command("profile")
def profile(
    code: CodeArgument,
    source: Annotated[str, typer.Option("--source", help="Ai cho biết, văn bản nào · who told, which document")],
    since: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="Ngày đầu tiên · the first day")],
    province: Annotated[str, typer.Option("--province", help="Mã tỉnh, thành phố (danh mục province) · its code")] = "",
    size: Annotated[str, typer.Option("--size", help="Quy mô (danh mục firm_size): micro, small, medium, large")] = "",
    verified: Annotated[
        bool, typer.Option("--verified", help="Đã đối chiếu với nguồn · held against the source")
    ] = False,
    json_: Json = False,
) -> None:
    """Ghi tỉnh, thành phố và quy mô của một bên từ một ngày; thống kê dùng · where a party is and how large from a day on; statistics use it."""
    from haidang.parties.profiles import record_profiles
    from haidang.parties.terms import Aspect, Profile

    told = {aspect: given for aspect, given in ((Aspect.PROVINCE, province), (Aspect.FIRM_SIZE, size)) if given}
    if not told:
        raise Wrong("Cần --province hoặc --size · --province or --size is needed")
    with servers_running() as config, _owner(config) as connection:
        party_id, on = _party_id(connection, code), since.date()
        record_profiles(
            connection,
            [
                Profile(party_id=party_id, aspect=aspect, code=given, valid_from=on, source=source, verified=verified)
                for aspect, given in told.items()
            ],
        )
        facts = {aspect.value: given for aspect, given in told.items()}
        terminal.result({"code": code, "from": on.isoformat(), **facts})


@app.command("token")
def token(
    code: CodeArgument,
    label: Annotated[str, typer.Option("--label", help="Máy nào · which machine")],
    days: Annotated[int, typer.Option("--days", min=1, max=730, help="Hạn dùng · days it is valid")] = 365,
    json_: Json = False,
) -> None:
    """Cấp mã truy cập; chỉ hiện một lần · make a token; it is shown this once."""
    from haidang.parties import actions
    from haidang.site.setting_up import legal_now

    with servers_running() as config, _owner(config) as connection:
        now = legal_now(connection)
        until = now + timedelta(days=days)
        made = actions.add_token(
            connection, _party_id(connection, code), label=label, valid_from=now, valid_until=until
        )
        terminal.result({"code": code, "token": made, "valid_until": until.isoformat()})


@app.command("certificate")
def certificate(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="PEM hoặc DER · PEM or DER")],
    code: Annotated[str, typer.Option("--of", help="Mã của bên sở hữu · code of the party")] = "",
    authority: Annotated[
        str, typer.Option("--authority", help="Đây là tổ chức cấp chứng thư, tên · this is an authority of that name")
    ] = "",
    json_: Json = False,
) -> None:
    """Đăng ký chứng thư số của một bên, hoặc của tổ chức cấp · register a certificate of a party, or of an authority."""
    from haidang.parties import actions
    from haidang.site.setting_up import legal_now

    if bool(code) == bool(authority):
        raise Wrong("Cần --of CODE hoặc --authority NAME · one of --of CODE and --authority NAME is needed")
    with servers_running() as config, _owner(config) as connection:
        if authority:
            number = actions.register_authority(connection, file.read_bytes(), authority)
            terminal.result({"authority_id": number, "name": authority})
            return
        party_id = _party_id(connection, code)
        thumbprint = actions.register_certificate(connection, party_id, file.read_bytes(), legal_now(connection))
        terminal.result({"code": code, "thumbprint_sha256": thumbprint.hex()})


@app.command("revoke")
def revoke(
    token_file: Annotated[
        Path | None, typer.Option("--token-file", exists=True, dir_okay=False, help="Mã truy cập · a token")
    ] = None,
    thumbprint: Annotated[
        str, typer.Option("--thumbprint", help="SHA-256 của chứng thư (hex) · of a certificate")
    ] = "",
    json_: Json = False,
) -> None:
    """Thu hồi mã truy cập hoặc chứng thư số, có hiệu lực ngay · revoke a token or a certificate, at once."""
    from haidang.parties import actions
    from haidang.site.setting_up import legal_now

    if bool(token_file) == bool(thumbprint):
        raise Wrong("Cần --token-file hoặc --thumbprint · one of --token-file and --thumbprint is needed")
    with servers_running() as config, _owner(config) as connection:
        now = legal_now(connection)
        if token_file:
            done = actions.revoke_token(connection, token_file.read_text(encoding="ascii").strip(), now)
        else:
            try:
                digest = bytes.fromhex(thumbprint)
            except ValueError:
                raise Wrong("--thumbprint: cần 64 chữ số thập lục phân · 64 hexadecimal digits are needed") from None
            done = actions.revoke_certificate(connection, digest, now)
        if not done:
            raise Refused("Không có, hoặc đã thu hồi trước đó · unknown, or revoked before")
        terminal.result({"revoked_at": now.isoformat()})


@app.command("webhook")
def webhook(
    code: CodeArgument,
    topic: Annotated[str, typer.Option("--topic", help="declaration.cleared …")],
    url: Annotated[str, typer.Option("--url", help="Địa chỉ nhận; rỗng: ngừng gửi · the address; empty: stop")] = "",
    replay_days: Annotated[
        int, typer.Option("--replay-days", min=0, help="Gửi lại thông báo của bấy nhiêu ngày · send those days again")
    ] = 0,
    json_: Json = False,
) -> None:
    """Đăng ký địa chỉ nhận thông báo; khóa bí mật chỉ hiện một lần · where a party wants notices; the secret is shown once."""
    from haidang.journal import actions as journal
    from haidang.platform.db import Servers, Transaction
    from haidang.site.setting_up import legal_now

    with servers_running() as config:
        with _owner(config) as connection:
            party_id, now = _party_id(connection, code), legal_now(connection)
        secret: str | None = None
        replayed = 0
        for server in range(config.server_count):
            with (
                Servers(config).connect("app", server) as connection,
                Transaction(connection, bulk=False) as transaction,
            ):
                if url:
                    secret = journal.subscribe(transaction, party_id, topic, url, secret)
                else:
                    journal.unsubscribe(transaction, party_id, topic)
            if url and replay_days:
                with Servers(config).connect("ingest", server) as connection, Transaction(connection) as transaction:
                    replayed += journal.replay(transaction, party_id, topic, now - timedelta(days=replay_days))
        facts: dict[str, Any] = {"code": code, "topic": topic, "url": url or None}
        terminal.result(facts | ({"secret": secret, "replayed": replayed} if secret else {}))


@app.command("deliveries")
def deliveries(
    code: CodeArgument,
    topic: Annotated[str, typer.Option("--topic", help="Chỉ chủ đề này · this topic only")] = "",
    cursor: Annotated[str, typer.Option("--cursor", help="Trang sau: số của thông báo cuối · the next page")] = "",
    json_: Json = False,
) -> None:
    """Các thông báo gửi cho một bên và từng lần gửi · what a party was owed, and every attempt to deliver it."""
    from haidang.gateway import delivering
    from haidang.platform.db import Servers
    from haidang.site.cli.client import body_of

    with servers_running() as config:
        with _owner(config) as connection:
            party_id = _party_id(connection, code)
        connections = Servers(config).connect_all("app")
        try:
            status, raw = delivering.deliveries(connections, party_id, topic, cursor)
        finally:
            for connection in connections:
                connection.close()
    body = body_of(raw)
    if status != 200:
        raise Wrong(f"{body['title_vi']}\n{body['title']}")
    columns = ("Số · id", "Chủ đề · topic", "Lúc · at", "Tình trạng · state", "Lần gửi · attempts", "Cuối · last", "ms")
    rows = [
        (
            each["delivery_id"], each["topic"], moment(each["created_at"]), each["state"], len(each["attempts"]),
            _outcome(each["attempts"]), each["attempts"][-1]["duration_ms"] if each["attempts"] else "",
        )
        for each in body["deliveries"]
    ]  # fmt: skip
    terminal.result(body, lambda console: console.print(rows_table(columns, rows, (columns[4], columns[6]))))


def _outcome(attempts: list[dict[str, Any]]) -> str:
    return f"{attempts[-1]['status'] or ''} {attempts[-1]['detail']}".strip() if attempts else ""


@app.command("retry")
def retry(
    code: CodeArgument,
    delivery_id: Annotated[str, typer.Argument(metavar="ID", help="webhook-id của thông báo · of the notice")],
    json_: Json = False,
) -> None:
    """Gửi lại một thông báo · deliver one notice once more."""
    from haidang.gateway import delivering
    from haidang.platform.db import Servers
    from haidang.site.cli.client import body_of

    with servers_running() as config:
        with _owner(config) as connection:
            party_id = _party_id(connection, code)
        connections = Servers(config).connect_all("ingest")
        try:
            status, raw = delivering.retry(connections, party_id, delivery_id)
        finally:
            for connection in connections:
                connection.close()
    if status != 202:
        raise Refused(
            f"{code} không có thông báo {delivery_id}: xem haidang user deliveries {code}\n"
            f"{code} is owed no notice {delivery_id}: see haidang user deliveries {code}"
        )
    terminal.result(body_of(raw))


@app.command("list")
def list_(
    kind: Annotated[str, typer.Option("--kind", help="Chỉ loại này · this kind only")] = "", json_: Json = False
) -> None:
    """Liệt kê các bên tham gia · list the parties."""
    from haidang.parties.lookups import read_directory

    with servers_running() as config, _owner(config) as connection:
        parties = sorted(read_directory(connection).by_id.values(), key=lambda party: (party.kind, party.code))
        shown = [party for party in parties if not kind or party.kind == kind]
        columns = ("Mã · code", "Loại · kind", "Tên · name", "Mức · level", "Trạng thái · status")
        rows = [
            (
                party.code,
                party.kind.value,
                party.name,
                party.compliance_level,
                party.blocked_reason or party.status.value,
            )
            for party in shown
        ]
        terminal.result(shown, lambda console: console.print(rows_table(columns, rows, ("Mức · level",))))


@app.command("login")
def login(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Tên đăng nhập · login name")],
    person: Annotated[str, typer.Option("--person", help="Họ tên · name of the person")],
    party: Annotated[str, typer.Option("--party", help="Mã bên mà người này thay mặt · party acted for")] = "",
    role: Annotated[str, typer.Option("--role", help="manager, declarant, reader")] = "declarant",
    officer: Annotated[str, typer.Option("--officer", help="Mã công chức · code of the officer they are")] = "",
    json_: Json = False,
) -> None:
    """Tạo tài khoản trang web; mật khẩu và khóa mã một lần chỉ hiện lần này · make a login of the pages; its secrets are shown this once."""
    from haidang.parties.terms import MemberRole
    from haidang.site.logins import add_login

    if bool(party) == bool(officer):
        raise Wrong("Cần --party CODE hoặc --officer CODE · one of --party CODE and --officer CODE is needed")
    if role not in list(MemberRole):
        raise Wrong(f"--role {role}: phải là một trong · must be one of {', '.join(MemberRole)}")
    if not _LOGIN_NAME.fullmatch(username):
        raise Wrong("NAME: 3-60 chữ cái không dấu, chữ số, . _ - · 3 to 60 ASCII letters, digits, . _ -")
    with servers_running() as config:
        made = add_login(config, username, person, party=party, role=MemberRole(role), officer=officer)
        terminal.result({"username": made.username, "password": made.password, "otpauth": made.otpauth})


@app.command("disable")
def disable(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Tên đăng nhập · login name")],
    leaves: Annotated[
        bool, typer.Option("--leaves", help="Chấm dứt luôn vai trò, không mở lại được · end their roles too, for good")
    ] = False,
    json_: Json = False,
) -> None:
    """Khóa tài khoản: mọi phiên và mã truy cập của phiên chấm dứt ngay · disable a login: its sessions and their tokens end at once."""
    from haidang.site.logins import disable_login

    with servers_running() as config:
        ended = disable_login(config, username, leaves=leaves)
        if ended is None:
            raise Refused(f"Không có tài khoản {username} · there is no login {username}")
        terminal.result({"username": username, "sessions_ended": ended})


@app.command("enable")
def enable(
    username: Annotated[str, typer.Argument(metavar="NAME", help="Tên đăng nhập · login name")],
    json_: Json = False,
) -> None:
    """Mở lại tài khoản, quên các lần thử sai · enable a login again and forget its wrong attempts."""
    from haidang.site.logins import enable_login

    with servers_running() as config:
        if not enable_login(config, username):
            raise Refused(f"Không có tài khoản {username} · there is no login {username}")
        terminal.result({"username": username, "enabled": True})


@app.command("logins")
def logins(json_: Json = False) -> None:
    """Liệt kê tài khoản trang web · list the logins of the pages."""
    from haidang.site.logins import list_logins

    with servers_running() as config:
        shown = list_logins(config)
        columns = ("Tên · name", "Người · person", "Mở · enabled", "Dùng lần cuối · last used")
        rows = [tuple(each.values()) for each in shown]
        terminal.result(shown, lambda console: console.print(rows_table(columns, rows)))


def _owner(config: Any) -> Any:
    from haidang.platform.db import Servers

    return Servers(config).connect("owner")


def _party_id(connection: Any, code: str) -> int:
    from haidang.parties.lookups import read_directory
    from haidang.parties.terms import UnknownParty

    party = read_directory(connection).by_code.get(code)
    if party is None:
        raise UnknownParty(code)
    return party.party_id
