"""All commands in one tree. Their bodies import what they need, so that `haidang --help` loads neither Django nor a driver."""

from typing import Annotated

import typer

from haidang import __version__
from haidang.site.cli import (
    attaching,
    checking,
    classifying,
    databases,
    demonstrating,
    following,
    law,
    people,
    pricing,
    proving,
    receipts,
    replaying,
    rulings,
    running,
    sending,
    tariffs,
    whatif,
)

app = typer.Typer(
    name="haidang",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hải Đăng: nền tảng hải quan số mở · an open digital-customs platform.",
)

app.command("serve")(running.serve)
app.command("worker")(running.worker)
app.command("demo")(demonstrating.demo)
app.command("lodge")(sending.lodge)
app.command("status")(sending.status)
app.command("print")(sending.print_)
app.command("template")(sending.template)
app.command("amend")(following.amend)
app.command("supplement")(following.supplement)
app.command("cancel")(following.cancel)
app.command("attach")(attaching.attach)
app.command("served")(proving.served)
app.command("assess")(following.assess)
app.command("decide")(following.decide)
app.command("release")(following.release)
app.command("store")(following.store)
app.command("load")(sending.load)
app.command("duty")(pricing.duty)
app.command("whatif")(whatif.whatif)
app.command("receipt")(receipts.receipt)
app.command("verify")(checking.verify)
app.command("replay")(replaying.replay)
app.command("bench")(checking.bench)
app.command("openapi")(checking.openapi)
law.app.command("export")(pricing.export)
app.add_typer(databases.app, name="db")
app.add_typer(people.app, name="user")
app.add_typer(law.app, name="lawbook")
app.add_typer(tariffs.app, name="tariff")
app.add_typer(classifying.app, name="classify")
app.add_typer(rulings.app, name="ruling")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"haidang {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Phiên bản · the version")
    ] = False,
) -> None:
    pass
