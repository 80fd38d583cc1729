"""What is left of tariff quotas in this installation, for `haidang tariff show --live` and `haidang duty --licence`: read from its databases."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console

from haidang.kernel.money import format_scaled
from haidang.site.cli.output import Refused, Wrong, rows_table

LiveOption = Annotated[
    bool, typer.Option("--live", help="Số dư hạn ngạch trong hệ thống · what is left of the quota, from the databases")
]
LicenceOption = Annotated[
    str,
    typer.Option(
        "--licence",
        help="Số giấy phép hạn ngạch trong hệ thống: số dư thay cho --quota-left · a quota licence on file, instead of --quota-left",
    ),
]
_PLACES = 3
_COLUMNS = ("Giấy phép · licence", "Doanh nghiệp · trader", "Đơn vị · unit", "Cấp · granted", "Giữ chỗ · reserved", "Đã dùng · used", "Còn · free", "Hiệu lực · in force")  # fmt: skip


def live(commodity_code: str, on: date) -> dict[str, Any]:
    """Return what the licences on file for a code say: quantities as decimals, and what is left on the day by unit."""
    licences = list(_on_file(commodity_code))
    standing = [each for each in licences if each.valid_from <= on < each.valid_until]
    units = sorted({each.unit for each in standing})
    return {
        "on": on,
        "free": {unit: _told(sum(each.free for each in standing if each.unit == unit)) for unit in units},
        "licences": [_facts(each) for each in licences],
    }


def of_licence(licence: str, commodity_code: str, unit: str, on: date) -> dict[str, Any]:
    """Return how the line of a licence for a code stands, which must be in force on the day and counted in `unit`.

    Raises:
        Refused: no licence of that number is on file for the code, or it is not in force.
        Wrong: it is counted in another unit.
    """
    found = [each for each in _on_file(commodity_code) if each.reference == f"{licence}/{commodity_code}"]
    standing = [each for each in found if each.valid_from <= on < each.valid_until]
    if not standing:
        raise Refused(
            f"Không có giấy phép hạn ngạch {licence} cho mã {commodity_code} còn hiệu lực ngày {on}: xem haidang tariff show {commodity_code} --live\n"
            f"No quota licence {licence} for {commodity_code} is in force on that day: see haidang tariff show {commodity_code} --live"
        )
    if standing[0].unit != unit:
        raise Wrong(
            f"Giấy phép tính bằng {standing[0].unit}: dùng --unit · the licence is counted in {standing[0].unit}"
        )
    return _facts(standing[0])


def _on_file(commodity_code: str) -> Iterator[Any]:
    from haidang.balances import lookups
    from haidang.platform.db import Servers
    from haidang.site.cli.databases import servers_running

    with servers_running() as config:
        servers = Servers(config)
        for server in range(servers.count):
            with servers.connect("report", server) as connection:
                yield from lookups.quotas_on_file(connection, commodity_code)


def _facts(balance: Any) -> dict[str, Any]:
    return {
        "licence": balance.reference.rpartition("/")[0], "trader_code": balance.holder_code, "unit_code": balance.unit,
        "granted": _told(balance.granted), "reserved": _told(balance.reserved), "used": _told(balance.used), "free": _told(balance.free),
        "valid_from": balance.valid_from, "valid_until": balance.valid_until,
    }  # fmt: skip


def _told(quantity_milli: int) -> str:
    return format_scaled(quantity_milli, _PLACES)


def show_live(console: Console, quota: dict[str, Any]) -> None:
    """Show what is left of a quota, in all and by licence."""
    left = ", ".join(f"{amount} {unit}" for unit, amount in quota["free"].items())
    console.print(
        f"Hạn ngạch thuế quan còn lại ngày {quota['on']} · left inside the tariff quota: {left or '0'}", markup=False
    )
    if quota["licences"]:
        console.print(_table(quota["licences"]))
    else:
        console.print("Chưa có giấy phép hạn ngạch nào cho mã này · no quota licence is on file for this code")


def _table(licences: Sequence[dict[str, Any]]) -> Any:
    names = ("licence", "trader_code", "unit_code", "granted", "reserved", "used", "free")
    rows = [(*(each[name] for name in names), f"{each['valid_from']} – {each['valid_until']}") for each in licences]
    return rows_table(_COLUMNS, rows, _COLUMNS[3:7])
