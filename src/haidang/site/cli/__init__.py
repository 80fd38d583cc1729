"""The command `haidang`: what an operator, a developer or a script asks of an installation.

Every command takes `--json`. Exit 0: done; 1: refused, with findings; 2: not called as it can be used; 3: a fault.
"""

import sys
import traceback
from typing import Any

from haidang.site.cli.output import Exit, Refused, Wrong, json_of, show_findings, terminal

STOPPED = 130
"""Exit status of a run that was stopped by a signal before it was done."""


def main() -> None:
    """Run the command line of this process and end it with the exit status of `Exit`."""
    sys.exit(run())


def run() -> int:
    """Run the command line of this process; return its exit status. Whatever goes wrong is told here, once."""
    from typer.exceptions import TyperException

    from haidang.site.cli.commands import app

    try:
        ended = app(prog_name="haidang", standalone_mode=False)
        return ended if isinstance(ended, int) else Exit.DONE
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else Exit.FAULT
    except TyperException as error:
        return _misused(error)
    except Exception as error:
        return _told(error)
    except BaseException as stopped:
        if type(stopped).__name__ in ("KeyboardInterrupt", "StopAsked"):
            return STOPPED
        raise


def _misused(error: Any) -> Exit:
    """Tell that the command was not called as it can be used; the parser stopped before it knew of `--json`."""
    from haidang.site.cli.misuse import misuse

    text = misuse(error)
    if "--json" in sys.argv:
        sys.stdout.write(json_of({"error": text, "code": type(error).__name__, "findings": ()}) + "\n")
    if text:
        terminal.err.print(text, style="red", markup=False)
    return Exit.USAGE


def _told(error: Exception) -> Exit:
    """Tell what went wrong in the words of whoever raised it; return how the run ends."""
    exit_ = _exit_of(error)
    findings = getattr(error, "findings", ())
    text = str(error) or type(error).__name__
    if vietnamese := getattr(error, "text_vi", ""):
        text = f"{vietnamese}\n{getattr(error, 'text_en', '')}"
    known = exit_ is not Exit.FAULT or _is_known_fault(error)
    if terminal.json:
        sys.stdout.write(
            json_of({"error": text, "code": getattr(error, "code", type(error).__name__), "findings": findings}) + "\n"
        )
    if not known:
        terminal.err.print("".join(traceback.format_exception(error)), markup=False)
    terminal.err.print(text, style="red", markup=False)
    if not terminal.json:
        show_findings(terminal.err, findings)
    return exit_


def _exit_of(error: Exception) -> Exit:
    from haidang.kernel.findings import Refusal
    from haidang.platform.config import SettingError

    if isinstance(error, Refused | Refusal) or type(error).__name__ in _REFUSALS:
        return Exit.REFUSED
    if isinstance(error, Wrong | SettingError):
        return Exit.USAGE
    return Exit.FAULT


_REFUSALS = frozenset(
    (
        *("NotATrial", "BackupRefused", "BackupDamaged", "TargetNotEmpty", "LawbookProblems", "UnreadableLawbook"),
        *("LawbookVersionUnknown", "ScheduleNotUnderstood", "VersionOutOfOrder", "CriterionInvalid"),
    )
)
"""Refusals of rooms that are no `Refusal`, by name: naming them loads nothing."""


def _is_known_fault(error: Exception) -> bool:
    """Whether the words of the fault say enough; for any other the traceback is shown."""
    import httpx
    import psycopg

    from haidang.platform.binaries import ServerFault
    from haidang.platform.roles import DatabaseNotUsable, RolesNotReady

    known = (ServerFault, RolesNotReady, DatabaseNotUsable, psycopg.OperationalError, httpx.TransportError)
    return isinstance(error, known) or type(error).__name__ in ("NoPostgres", "RestoreFailed")
