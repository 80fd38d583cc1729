"""pgbench's TPC-B on the cluster of the trial: what this machine can do in small durable transactions, as everybody measures it."""

import os
import re
import subprocess
from pathlib import Path

import psycopg
from msgspec import Struct

from haidang.platform.binaries import DEBIAN_ROOT, ServerFault
from haidang.platform.config import Config
from haidang.site.bench.measuring import Window

DATABASE = "bench_tpcb"
SCALE = 20
CLIENTS = 8
THREADS = 2
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


class Tpcb(Struct, frozen=True):
    """One run: transactions a second, and processor microseconds of each in PostgreSQL and in pgbench."""

    per_s: float
    cpu_us_postgres: float
    cpu_us_pgbench: float
    others_s: float


def find_pgbench(binaries: Path) -> Path:
    """Return pgbench: the one beside the server's programs, else the newest of the system's.

    Raises:
        ServerFault: there is none.
    """
    system = [place for place in DEBIAN_ROOT.glob("*/bin") if place.parent.name.isdigit()]
    for folder in (binaries, *sorted(system, key=lambda place: -int(place.parent.name))):
        if (folder / "pgbench").exists():
            return folder / "pgbench"
    raise ServerFault("no pgbench on this machine: install the server's programs (Debian: apt-get install postgresql)")


class Yardstick:
    """A database of its own, filled once with TPC-B's tables at scale 20; simple protocol, 8 clients, 2 threads."""

    def __init__(self, config: Config, binaries: Path) -> None:
        self._config = config
        self._program = find_pgbench(binaries)

    @property
    def program(self) -> Path:
        """The pgbench that is used."""
        return self._program

    def fill(self) -> None:
        """Make the database and its tables."""
        with psycopg.connect(self._config.dsn("admin", dbname="postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        self._run(["--initialize", "--quiet", f"--scale={SCALE}"])

    def run(self, seconds: int, lane_pid: int, postmaster_pid: int) -> Tpcb:
        """Run TPC-B for a time and return its figures. The window of processor time includes pgbench's short vacuum of its small tables."""
        window = Window(lane_pid, postmaster_pid, os.getpid())
        said = self._run([f"--client={CLIENTS}", f"--jobs={THREADS}", f"--time={seconds}"])
        used = window.end()
        per_s = float(_TPS.findall(said)[0])
        done = per_s * seconds
        return Tpcb(per_s, used.postgres_s / done * 1e6, used.generator_s / done * 1e6, used.others_s)

    def _run(self, arguments: list[str]) -> str:
        parts = psycopg.conninfo.conninfo_to_dict(self._config.dsn("admin", dbname=DATABASE))
        address = {"PGHOST": parts["host"], "PGPORT": parts["port"], "PGUSER": parts["user"]}
        process = subprocess.Popen(
            [str(self._program), *arguments, DATABASE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGPASSWORD": str(parts["password"])}
            | {name: str(value) for name, value in address.items()},
        )
        try:
            said, complaint = process.communicate()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode:
            raise ServerFault(f"pgbench ended with status {process.returncode}: {complaint[-1_000:]}")
        return said
