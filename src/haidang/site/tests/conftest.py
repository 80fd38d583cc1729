"""An installation of a test's own: its home, its ports, a database of the test cluster; and the command `haidang` in it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haidang.platform import config
from tests.ports import free_ports

PORTS = ("PORTALS", "GENERAL", "PARCELS", "CONDITIONS", "GATES")


class Ran:
    """What a run of the command left: exit status, standard output, standard error."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Home:
    """The environment of one installation."""

    def __init__(self, environment: dict[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HAIDANG_")}
        self.environment = {**kept, **environment, "HAIDANG_GENERAL_PROCESSES": "1"}
        for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True):
            self.environment[f"HAIDANG_PORT_{name}"] = str(port)

    @property
    def config(self) -> config.Config:
        return config.read(self.environment)

    def haidang(self, *arguments: str, stdin: str = "") -> Ran:
        """Run the command and wait for its end."""
        return Ran(
            subprocess.run(
                command(*arguments), env=self.environment, input=stdin, capture_output=True, text=True, timeout=300
            )
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command; its standard output and error are pipes."""
        return subprocess.Popen(
            command(*arguments), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from haidang.site.cli import main; main()", *arguments]


def home_on(database: Any, folder: Path) -> Home:
    """Return an installation on a database of the test cluster, with passwords, demo keys and marker of the run's home."""
    whole = Path(database.environment["HAIDANG_HOME"])
    for name in ("secrets", "demo"):
        if (whole / name).is_dir():
            shutil.copytree(whole / name, folder / name)
    if (whole / "set-up.json").exists():
        shutil.copy(whole / "set-up.json", folder)
    return Home({**database.environment, "HAIDANG_HOME": str(folder)})


@pytest.fixture
def home(fresh_database: Any, tmp_path: Path) -> Home:
    """An installation on an empty, migrated database."""
    return home_on(fresh_database, tmp_path / "home")


@pytest.fixture
def trial_home(fresh_trial: Any, tmp_path: Path) -> Home:
    """An installation on a database with law book and demo country."""
    return home_on(fresh_trial, tmp_path / "home")


@pytest.fixture(scope="module")
def module_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of this module's own."""
    yield tmp_path_factory.mktemp("module")
