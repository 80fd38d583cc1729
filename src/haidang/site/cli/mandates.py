"""`haidang user mandate`: who may act for whom, at which customs offices, from when until when; granted, ended and listed."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from haidang.kernel.calendar import day_start, vn_text
from haidang.site.cli.databases import servers_running
from haidang.site.cli.output import Json, Refused, Wrong, rows_table, terminal
from haidang.site.cli.words import moment

app = typer.Typer(no_args_is_help=True, help="Ủy quyền cho đại lý · mandates of agents")

TraderArgument = Annotated[str, typer.Argument(metavar="TRADER", help="Mã số thuế bên ủy quyền · who grants it")]
AgentArgument = Annotated[str, typer.Argument(metavar="AGENT", help="Mã số thuế bên nhận · who may act")]
_DAY = ["%Y-%m-%d"]


@app.command("add")
def add(
    trader: TraderArgument,
    agent: AgentArgument,
    scope: Annotated[str, typer.Option("--scope", help="import, export, payment")],
    office: Annotated[
        list[str] | None,
        typer.Option("--office", help="Mã chi cục hải quan, lặp lại được; không có: mọi chi cục · repeatable; none: all"),
    ] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, help="Từ ngày; không có: từ bây giờ · none: from now")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=_DAY, help="Đến hết ngày; không có: đến khi chấm dứt · the last day; none: until ended")
    ] = None,
    json_: Json = False,
) -> None:  # fmt: skip
    """Ủy quyền cho đại lý tại các chi cục hải quan được nêu · let an agent act for a trader at the customs offices named."""
    from haidang.parties import actions
    from haidang.parties.lookups import read_directory
    from haidang.parties.terms import Scope, UnknownParty
    from haidang.platform.db import Servers

    scopes = {each.name.lower(): each for each in Scope}
    if scope not in scopes:
        raise Wrong(f"--scope {scope}: phải là một trong · must be one of {', '.join(scopes)}")
    with servers_running() as config, Servers(config).connect("owner") as connection:
        everybody = read_directory(connection)
        for code in (trader, agent):
            if code not in everybody.by_code:
                raise UnknownParty(code)
        number = actions.grant_mandate(
            connection,
            grantor_id=everybody.by_code[trader].party_id,
            agent_id=everybody.by_code[agent].party_id,
            scope=scopes[scope],
            valid_from=day_start(from_.date()) if from_ else everybody.read_at,
            valid_until=day_start(until.date() + timedelta(days=1)) if until else None,
            offices=office or (),
        )
        terminal.result(next(each for each in _shown(connection) if each["mandate_no"] == number))


@app.command("end")
def end(
    number: Annotated[int, typer.Argument(metavar="NO", help="Số ủy quyền · number of the mandate", min=1)],
    json_: Json = False,
) -> None:
    """Chấm dứt ủy quyền ngay · end a mandate now."""
    from haidang.parties import actions
    from haidang.platform.db import Servers
    from haidang.site.setting_up import legal_now

    with servers_running() as config, Servers(config).connect("owner") as connection:
        now = legal_now(connection)
        if not actions.revoke_mandate(connection, number, now):
            raise Refused(
                f"Không có ủy quyền {number}, hoặc đã chấm dứt: xem haidang user mandate list\n"
                f"There is no mandate {number}, or it was ended before: see haidang user mandate list"
            )
        terminal.result(next(each for each in _shown(connection) if each["mandate_no"] == number))


@app.command("list")
def list_(
    party: Annotated[str, typer.Option("--party", help="Chỉ của bên này · of this party only")] = "",
    json_: Json = False,
) -> None:
    """Liệt kê các ủy quyền, kể cả đã chấm dứt · list the mandates, ended ones too."""
    from haidang.platform.db import Servers

    with servers_running() as config, Servers(config).connect("owner") as connection:
        shown = [each for each in _shown(connection) if party in ("", each["trader_code"], each["agent_code"])]
        columns = (
            *("Số · no", "Bên ủy quyền · trader", "Đại lý · agent", "Phạm vi · scope", "Chi cục · offices"),
            *("Từ · from", "Đến trước · until before", "Chấm dứt · ended"),
        )
        rows = [
            (
                each["mandate_no"], each["trader_code"], each["agent_code"], each["scope"],
                ", ".join(each["offices"]) or "tất cả · all",
                *(moment(each[name]) for name in ("valid_from", "valid_until", "revoked_at")),
            )
            for each in shown
        ]  # fmt: skip
        terminal.result(shown, lambda console: console.print(rows_table(columns, rows, columns[:1])))


def _shown(connection: Any) -> list[dict[str, Any]]:
    """Return every mandate as a mapping of plain values, in the order they were granted."""
    from haidang.parties.lookups import read_directory

    everybody = read_directory(connection, tokens=False)
    return [
        {
            "mandate_no": each.mandate_id,
            "trader_code": everybody.by_id[each.grantor_id].code,
            "agent_code": everybody.by_id[each.agent_id].code,
            "scope": each.scope.name.lower(),
            "offices": list(each.offices),
            "valid_from": vn_text(each.valid_from),
            "valid_until": vn_text(each.valid_until),
            "revoked_at": vn_text(each.revoked_at),
        }
        for each in everybody.mandates
    ]
