"""The rules about the text of the repository catch what they are for, and leave honest text alone."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest

from tests.house.house import ROOT
from tools.repository_rules import LONGEST_PYTHON_FILE, breaches, breaches_in_line

PY = PurePosixPath("src/a.py")
KEY = "PRIVATE " + "KEY-----"


def rules_broken(line: str, path: PurePosixPath = PY) -> list[str]:
    return [breach.rule for breach in breaches_in_line(path, 1, line)]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("--index" + "-url https://x", "package index"),
        ("pip install --find" + "-links wheels", "package index"),
        ("see https://pypi" + ".org/project/x", "package index"),
        ('"resolved": "' + "https://somewhere/x.tgz", "package index"),
        ("x @ fi" + "le:../x", "file on this machine"),
        ("fi" + "le:///opt/x", "file on this machine"),
        ("open('/ho" + "me/an/x')", "path of one machine"),
        ("cd /ro" + "ot/x", "path of one machine"),
        ("cd /wo" + "rk/x", "path of one machine"),
        ("cp a /t" + "mp/socket", "path of one machine"),
        ("'/Use" + "rs/an'", "path of one machine"),
        ("ls ../sha" + "red", "outside data"),
        ("as asked in iss" + "ue #12", "workplace"),
        ("as asked in iss" + "ue 2", "workplace"),
        ("run farm-" + "bench", "workplace"),
        ("written by a coding " + "agent", "workplace"),
        ("-----BEGIN EC " + KEY, "secret"),
        ("SECRET_KEY = 'abc" + "defghijklmnop'", "secret"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "secret"),
        ("https://cd" + "n.example/x.js", "content delivery"),
        ("https://unp" + "kg.com/htmx", "content delivery"),
        ("# TO" + "DO later", "unfinished"),
        ("a dum" + "my value", "unfinished"),
        ("good enough for " + "now", "unfinished"),
        ("<<<<<" + "<< HEAD", "conflict"),
    ],
)
def test_a_bad_line_is_caught(line: str, rule: str) -> None:
    assert any(rule in broken for broken in rules_broken(line)), rules_broken(line)


@pytest.mark.parametrize(
    "line",
    [
        "dependencies = { file = ['requirements/runtime.in'] }",
        "a customs agent (đại lý hải quan) lodges for a trader",
        "the session ends when its cookie does",
        "certificates of issue 2026 are kept",
        "/usr/lib/postgresql/15/bin",
        "https://example.vn/wo" + "rk/plan",
        '<input placeholder="Số tờ khai">',
        "SECRET_KEY = load_secret('django')",
        "file: one line for each instrument",
        "the queue was empty, so it works",
    ],
)
def test_an_honest_line_passes(line: str) -> None:
    assert rules_broken(line) == []


def test_only_the_run_of_ci_says_where_outside_data_is() -> None:
    line = "if [ -d ../sha" + "red/data ]; then"
    assert rules_broken(line, PurePosixPath(".ci/run")) == []
    assert rules_broken(line, PurePosixPath("Makefile")) != []


def test_files_that_must_not_be_committed_are_caught(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored/\n")
    (tmp_path / "ignored").mkdir()
    for name in ("uv.lock", "web.min.js", "ignored/poetry.lock", "honest.txt"):
        (tmp_path / name).write_text("x\n")
    (tmp_path / "long.py").write_text("x = 1\n" * (LONGEST_PYTHON_FILE + 1))
    (tmp_path / "picture.bin").write_bytes(b"\0 /ho" + b"me/an")
    assert sorted(breach.path for breach in breaches(tmp_path)) == ["long.py", "uv.lock", "web.min.js"]


@pytest.mark.processes
def test_the_repository_keeps_its_own_rules() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout of git")
    assert [str(breach) for breach in breaches(ROOT)] == []
