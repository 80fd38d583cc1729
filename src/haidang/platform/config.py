"""What the environment says about this installation: folders, database servers, ports.

Everything that can be set is in `SETTINGS`; the reference page of settings is printed from it. A password never stands
in the environment of our own server: it is made at the first start and kept under `HAIDANG_HOME/secrets` (0600).
"""

import fcntl
import functools
import hashlib
import ipaddress
import json
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from haidang.platform.forwarded import Network

DATABASE_NAME = "haidang"
SUPERUSER = "postgres"
PORT_IN_SOCKET_NAME = 5432
_SUN_PATH_MAX = 107
"""Bytes of a unix socket's path on Linux, without the closing zero."""

ROLES = ("owner", "ingest", "app", "report", "auditor")
"""The database roles of an installation; in the server each is called `haidang_<role>`."""


class SettingError(Exception):
    """A setting cannot be used; the message names it and says what would be accepted."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, its default as people read it, and what it means."""

    name: str
    default: str
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "HAIDANG_HOME", "./var", "Folder of everything kept: the embedded database, secrets, logs. Made when missing."
    ),
    Setting(
        "HAIDANG_DATABASE_URL",
        "(none: embedded server)",
        "Address of a PostgreSQL server >= 15 of your own. Its user must be allowed to create roles with BYPASSRLS.",
    ),
    Setting(
        "HAIDANG_DATABASE_URLS",
        "(none)",
        "Two or more addresses separated by spaces: shards are spread over them, server = shard_id modulo their number."
        " The order is part of the data and must never change. Excludes HAIDANG_DATABASE_URL.",
    ),
    Setting(
        "HAIDANG_PG_BIN",
        "(none: the installed wheel, else the system's newest)",
        "Folder of PostgreSQL programs (postgres, initdb, pg_dump) to use for the embedded server and for backups.",
    ),
    Setting(
        "HAIDANG_LAWBOOK",
        "(the law book that came with the platform)",
        "Folder of another law book: instruments, parameters, code lists, schedules.",
    ),
    Setting("HAIDANG_PORT_PORTALS", "8000", "Loopback port of the pages."),
    Setting("HAIDANG_PORT_GENERAL", "8001", "Loopback port of the general lane and of queries."),
    Setting("HAIDANG_PORT_PARCELS", "8002", "Loopback port of the parcel lane."),
    Setting("HAIDANG_PORT_CONDITIONS", "8003", "Loopback port of the lane of payments and other closed conditions."),
    Setting("HAIDANG_PORT_GATES", "8004", "Loopback port of the gate lane."),
    Setting(
        "HAIDANG_PAGES_ORIGIN",
        "(none: the pages by http on this machine)",
        "Address at which a reverse proxy serves the pages, such as https://customs.example. By https the cookies of the pages are bound to it.",
    ),
    Setting(
        "HAIDANG_SENDER_RATE",
        "100",
        "Messages a second that one sender may send to one lane process on average; above it the answer is 429.",
    ),
    Setting("HAIDANG_SENDER_BURST", "200", "Messages that one sender may send at once to one lane process."),
    Setting(
        "HAIDANG_PUBLIC_RATE",
        "40",
        "Questions a second that one address may ask without a login or token on average, of each process: a look-up is one, a price or a classification 4, the check of a receipt 10. Above it the answer is 429. Whose address a request has is told by HAIDANG_TRUSTED_PROXIES.",
    ),
    Setting("HAIDANG_PUBLIC_BURST", "400", "Such questions that one address may ask at once."),
    Setting(
        "HAIDANG_PARCEL_RATE",
        "1000",
        "Parcels a second that one sender may send to the parcel lane on average; a second's worth, or one list, at once. Above it the answer is 429.",
    ),
    Setting(
        "HAIDANG_PARCEL_SHARE",
        "2000",
        "Parcels a second that the parcel lane takes of all senders together, so that a flood of them leaves the database to general cargo.",
    ),
    Setting(
        "HAIDANG_TRUSTED_PROXIES",
        "(none: the address is that of whoever connects)",
        "Networks of the reverse proxies before the pages, separated by spaces, such as 127.0.0.1 10.1.0.0/16. Only what these add to X-Forwarded-For"
        " is believed: then wrong logins lock out a name from one address, not from everywhere, and each address has a budget of public questions of its own."
        " Left empty behind a proxy, all its readers share one.",
    ),
    Setting(
        "HAIDANG_DOCUMENT_BYTES",
        "2000000",
        "Bytes of a file given as a document at most, 3700000 or fewer: in base64 it must fit a message of 5 MB.",
    ),
    Setting(
        "HAIDANG_WEBHOOK_ALLOW",
        "loopback",
        "Where webhooks may be sent, separated by spaces: `loopback` (this machine, other than our own ports), `public` (any public address, by"
        " https), networks such as 10.20.0.0/16. Link-local addresses, where clouds keep their metadata, are never called.",
    ),
    Setting(
        "HAIDANG_GENERAL_PROCESSES",
        "min(cores, 2)",
        "Processes of the general lane, each with its own writer. Two are the measured best on two cores. More writers"
        " share the same arrivals in smaller batches, and two busy writers keep most of a third core of PostgreSQL"
        " occupied: raise it on larger machines after measuring with `make bench`.",
    ),
)


@dataclass(frozen=True, slots=True)
class Config:
    """This installation, as its environment describes it. Paths are absolute; ports are on 127.0.0.1."""

    home: Path
    database_urls: tuple[str, ...]
    """Addresses of external servers by server index; empty means the embedded server."""
    pg_bin: Path | None
    port_portals: int
    port_general: int
    port_parcels: int
    port_conditions: int
    port_gates: int
    general_processes: int
    sender_rate: float = 100.0
    sender_burst: int = 200
    public_rate: int = 40
    public_burst: int = 400
    webhook_allow: tuple[str, ...] = ("loopback",)
    parcel_rate: int = 1_000
    parcel_share: int = 2_000
    pages_origin: str = ""
    document_bytes: int = 2_000_000
    trusted_proxies: tuple[Network, ...] = ()

    def port_of(self, lane: str) -> int:
        """Return the loopback port of a lane (general, parcels, conditions, gates) or of the pages."""
        ports = {
            "general": self.port_general,
            "parcels": self.port_parcels,
            "conditions": self.port_conditions,
            "gates": self.port_gates,
            "pages": self.port_portals,
        }
        return ports[lane]

    @property
    def is_embedded(self) -> bool:
        """Whether the database server is our own child."""
        return not self.database_urls

    @property
    def server_count(self) -> int:
        """How many database servers hold the shards; at least 1."""
        return max(1, len(self.database_urls))

    @property
    def secrets_dir(self) -> Path:
        """Folder of secrets, 0700."""
        return self.home / "secrets"

    @property
    def data_dir(self) -> Path:
        """Data directory of the embedded server (as root it may be a link to a place its user can reach)."""
        return self.home / "postgres"

    def server_of(self, shard_id: int) -> int:
        """Return the index of the server that holds a shard."""
        return shard_id % self.server_count

    def passwords(self) -> dict[str, str]:
        """Return the password of each role in `ROLES` and of `admin`, making those that do not exist yet."""
        return dict(_passwords(self.secrets_dir))

    def database_name(self, server: int = 0) -> str:
        """Return the name of the product's database: the one in the address, `haidang` when it names none of its own."""
        if self.is_embedded:
            return DATABASE_NAME
        named = str(self._address(server).get("dbname") or "postgres")
        return DATABASE_NAME if named in ("postgres", "template1") else named

    def dsn(self, role: str, server: int = 0, dbname: str | None = None) -> str:
        """Return a libpq connection string for a role of `ROLES`, or for `admin`, on one server.

        `admin` is the superuser of the embedded server, or the user in the address of an external one; only set-up and
        backup connect as it. The string holds the password: it goes into no log and no argument list.

        Raises:
            SettingError: no such role or server.
        """
        if role != "admin" and role not in ROLES:
            raise SettingError(f"no database role {role!r}: known are {', '.join(ROLES)} and admin")
        if not 0 <= server < self.server_count:
            raise SettingError(f"no database server {server}: {self.server_count} configured")
        name = dbname or self.database_name(server)
        if self.is_embedded:
            user = SUPERUSER if role == "admin" else f"haidang_{role}"
            return make_conninfo(
                host=str(socket_dir(self.data_dir)),
                port=PORT_IN_SOCKET_NAME,
                user=user,
                password=self.passwords()[role],
                dbname=name,
            )
        parts = self._address(server) | {"dbname": name}
        if role != "admin":
            parts |= {"user": f"haidang_{role}", "password": self.passwords()[role]}
        return make_conninfo(**parts)

    def _address(self, server: int) -> dict[str, str]:
        parts = conninfo_to_dict(self.database_urls[server])
        return {key: str(value) for key, value in parts.items() if value is not None}


@functools.cache
def load() -> Config:
    """Return the installation this process belongs to; the environment is read at the first call only."""
    return read(os.environ)


def read(environ: Mapping[str, str]) -> Config:
    """Return the installation described by a mapping of environment variables.

    Raises:
        SettingError: a value cannot be used.
    """
    home = Path(environ.get("HAIDANG_HOME") or "var")
    pg_bin = environ.get("HAIDANG_PG_BIN") or ""
    ports = {
        lane: _whole(environ, f"HAIDANG_PORT_{lane.upper()}", default, 1, 65535)
        for lane, default in (
            ("portals", 8000),
            ("general", 8001),
            ("parcels", 8002),
            ("conditions", 8003),
            ("gates", 8004),
        )
    }
    if len(set(ports.values())) < len(ports):
        raise SettingError(f"HAIDANG_PORT_*: each needs its own port, but they are {ports}")
    return Config(
        home=home.absolute(),
        database_urls=_database_urls(environ),
        pg_bin=Path(pg_bin).absolute() if pg_bin else None,
        port_portals=ports["portals"],
        port_general=ports["general"],
        port_parcels=ports["parcels"],
        port_conditions=ports["conditions"],
        port_gates=ports["gates"],
        general_processes=_whole(environ, "HAIDANG_GENERAL_PROCESSES", min(cores(), 2), 1, 64),
        sender_rate=_whole(environ, "HAIDANG_SENDER_RATE", 100, 1, 1_000_000),
        sender_burst=_whole(environ, "HAIDANG_SENDER_BURST", 200, 1, 1_000_000),
        public_rate=_whole(environ, "HAIDANG_PUBLIC_RATE", 40, 1, 1_000_000),
        public_burst=_whole(environ, "HAIDANG_PUBLIC_BURST", 400, 1, 1_000_000),
        webhook_allow=_webhook_allow(environ),
        parcel_rate=_whole(environ, "HAIDANG_PARCEL_RATE", 1_000, 1, 10_000_000),
        parcel_share=_whole(environ, "HAIDANG_PARCEL_SHARE", 2_000, 1, 10_000_000),
        pages_origin=_origin(environ),
        trusted_proxies=_trusted_proxies(environ),
        document_bytes=_whole(environ, "HAIDANG_DOCUMENT_BYTES", 2_000_000, 1, 3_700_000),
    )


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))


def socket_dir(data_dir: Path) -> Path:
    """Return the folder of the embedded server's socket: where it runs now, else where it would be started.

    It is the data directory itself (0700 already), or, when that path is too long for a socket, a folder in `/tmp` named
    after it.
    """
    place = data_dir.resolve()
    try:
        running = (place / "postmaster.pid").read_text().splitlines()
    except OSError:
        running = []
    if len(running) > 4 and running[4]:
        return Path(running[4])
    if len(os.fsencode(place / f".s.PGSQL.{PORT_IN_SOCKET_NAME}")) <= _SUN_PATH_MAX:
        return place
    # Not the TMPDIR of this process: another process must find the same place, and the server's user enter it.
    return Path("/tmp") / f"haidang-{hashlib.sha256(os.fsencode(place)).hexdigest()[:16]}"  # noqa: S108 - owner and mode are checked before use


def kept_secret(path: Path, make: Callable[[str | None], str]) -> str:
    """Return the text kept in a 0600 file; `make(text or None)` says what it should hold and may return it unchanged.

    Two processes asking at once get the same answer. A change is written whole or not at all.

    Raises:
        SettingError: others may read the file.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.parent / ".lock"):
        kept: str | None = None
        if path.exists():
            if path.stat().st_mode & 0o077:
                raise SettingError(f"{path} may be read by others: run chmod 600 {path}, and change what it holds")
            kept = path.read_text()
        wanted = make(kept)
        if wanted != kept:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w") as file:
                file.write(wanted)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        return wanted


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@functools.cache
def _passwords(secrets_dir: Path) -> dict[str, str]:
    def complete(kept: str | None) -> str:
        known: dict[str, str] = json.loads(kept) if kept else {}
        missing = [role for role in ("admin", *ROLES) if role not in known]
        if not missing and kept:
            return kept
        return json.dumps(known | {role: secrets.token_urlsafe(24) for role in missing}, indent=1)

    passwords: dict[str, str] = json.loads(kept_secret(secrets_dir / "database.json", complete))
    return passwords


def _database_urls(environ: Mapping[str, str]) -> tuple[str, ...]:
    one = (environ.get("HAIDANG_DATABASE_URL") or "").strip()
    many = (environ.get("HAIDANG_DATABASE_URLS") or "").split()
    if one and many:
        raise SettingError("HAIDANG_DATABASE_URL and HAIDANG_DATABASE_URLS exclude each other: set one of them")
    if len(many) == 1:
        raise SettingError("HAIDANG_DATABASE_URLS needs two or more addresses; for one use HAIDANG_DATABASE_URL")
    if len(set(many)) < len(many):
        raise SettingError("HAIDANG_DATABASE_URLS names the same database twice")
    urls = tuple(many) or ((one,) if one else ())
    for number, url in enumerate(urls):
        try:
            conninfo_to_dict(url)
        except ProgrammingError:
            which = "HAIDANG_DATABASE_URLS" if many else "HAIDANG_DATABASE_URL"
            # Neither the address nor libpq's words about it are shown: both may hold the password.
            raise SettingError(f"{which}: address {number + 1} is not one libpq understands") from None
    return urls


def _origin(environ: Mapping[str, str]) -> str:
    text = (environ.get("HAIDANG_PAGES_ORIGIN") or "").strip()
    if text and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", text):
        raise SettingError(
            f"HAIDANG_PAGES_ORIGIN={text!r}: a scheme and a host are needed, such as https://customs.example"
        )
    return text


def _trusted_proxies(environ: Mapping[str, str]) -> tuple[Network, ...]:
    found = []
    for text in (environ.get("HAIDANG_TRUSTED_PROXIES") or "").split():
        try:
            network = ipaddress.ip_network(text)
        except ValueError as error:
            raise SettingError(f"HAIDANG_TRUSTED_PROXIES={text}: {error}; give networks such as 10.1.0.0/16") from None
        if network.prefixlen == 0:
            raise SettingError(
                f"HAIDANG_TRUSTED_PROXIES={text}: everybody is no proxy; give the networks of the proxies"
            )
        found.append(network)
    return tuple(found)


def _webhook_allow(environ: Mapping[str, str]) -> tuple[str, ...]:
    words = tuple((environ.get("HAIDANG_WEBHOOK_ALLOW") or "loopback").split())
    for word in words:
        if word not in ("loopback", "public"):
            try:
                ipaddress.ip_network(word)
            except ValueError:
                raise SettingError(
                    f"HAIDANG_WEBHOOK_ALLOW: {word!r} is neither `loopback`, `public` nor a network such as 10.20.0.0/16"
                ) from None
    return words


def _whole(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = (environ.get(name) or "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingError(
            f"{name}={text!r}: cần số nguyên từ {least} đến {most} · a whole number from {least} to {most} is needed"
        )
    return int(text)
