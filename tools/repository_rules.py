"""Rules about the text of the repository itself: what must not stand in any committed file.

Looks at every file that git knows or would take (`git ls-files`, and untracked files that are not ignored). A finding names file, line
and rule. The patterns are spelled so that this file does not break its own rules.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tools.generated import ROOT

LONGEST_PYTHON_FILE = 500
"""Lines. A longer file becomes a package of the same name, one concern per file."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Lines matching `pattern` are wrong, except in the files named in `except_in` and outside `only_in` (suffixes; empty: all)."""

    name: str
    pattern: re.Pattern[str]
    except_in: frozenset[str] = frozenset()
    only_in: frozenset[str] = field(default_factory=frozenset)

    def looks_at(self, path: PurePosixPath) -> bool:
        return str(path) not in self.except_in and (not self.only_in or path.suffix in self.only_in)


def _rule(name: str, *alternatives: str, except_in: tuple[str, ...] = (), only_in: tuple[str, ...] = ()) -> Rule:
    return Rule(name, re.compile("|".join(alternatives)), frozenset(except_in), frozenset(only_in))


LINE_RULES: tuple[Rule, ...] = (
    _rule(
        "address of a package index",
        r"--(?:extra-)?inde[x]-url|--trusted-hos[t]|--find-link[s]",
        r"^\s*(?:extra[-_])?inde[x][-_]url\s*=",
        r"\btool\.uv\.inde[x]\b|\btool\.poetry\.sourc[e]\b",
        r"\bpypi\.or[g]\b|\bpythonhosted\.or[g]\b|\bnpmjs\.(?:or[g]|co[m])\b|\byarnpkg\.co[m]\b",
        r"\bdeb\.debian\.or[g]\b|\bproxy\.golang\.or[g]\b|\bcrates\.i[o]\b",
        r"registry\s*=\s*\"?http[s]?:|\"resolved\"\s*:\s*\"http[s]?:",
        r"http[s]?://[^ \"]*/packages/[0-9a-f]{2}/",
    ),
    _rule(
        "address of a file on this machine", r"\bfil[e]://", r"@\s*fil[e]:", r"\"fil[e]:\.", r"^\s*(?:-e\s+)?fil[e]:\S"
    ),
    _rule(
        "path of one machine",
        r"(?<![\w.~*:-])/(?:hom[e]|User[s])/[\w.-]+",
        r"(?<![\w.~*:-])/(?:roo[t]|wor[k])/[\w.-]+",
        r"(?<![\w.~*:-])/tm[p]/[\w.-]+",
        r"\b[A-Z]:\\User[s]\\",
    ),
    _rule(
        "outside data (tests find it by HAIDANG_TEST_DATA)",
        r"\.\./share[d]\b",
        r"(?<!\w)share[d]/(?:data|domain|quality|style|design)\b",
        except_in=(".ci/run",),
    ),
    _rule(
        "word about a workplace, not about the product",
        r"\bfarm-(?:benc[h]|studi[o])\b",
        r"(?i:\bissue[s]? (?:#|no\.? ?|number )\d)",
        r"(?i:(?<![\w-])issu[e] \d{1,3}\b(?! (?:of|copies|certificates)))",
        r"(?i:\b(?:previous|earlier|next) (?:coding |work )?sessio[n] (?:of|wrote|wri|made|did|will))",
        r"(?i:\b(?:coding|AI|LLM|sub)[- ]?agen[t]s?\b|\blanguage mode[l] (?:wrote|made)|\b(?:Claud[e]|Copilo[t]|ChatGP[T])\b)",
        r"\bacceptance\.seale[d]\b|\bbrief\.m[d]\b",
    ),
    _rule(
        "secret",
        r"-----BEGI[N] (?:[A-Z]+ )*PRIVATE KE[Y]-----",
        r"\bAKI[A][0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pa[t]_\w{20,}|\bglpa[t]-[\w-]{20,}",
        r"\bxox[baprs]-[\w-]{10,}",
        r"\bey[J][\w-]{8,}\.ey[J][\w-]{8,}\.[\w-]{16,}",
        r"(?i:\b(?:secret_key|api_key|auth_token|client_secret)[\"']?\s*[:=]\s*[\"'][^\"'{}$<]{12,}[\"'])",
        r"\botpaut[h]://[^\s\"']*secret=[A-Z2-7]{8,}",
    ),
    _rule(
        "content delivery network",
        r"//cd[n]\.|\bcdnj[s]\b|\bjsdeliv[r]\b|\bunpk[g]\.com|\besm\.s[h]/|\bskypac[k]\.dev",
        r"\b(?:fonts|ajax)\.(?:googleapi[s]|gstati[c])\.com",
    ),
    _rule("conflict marker", r"^(?:<{7}|>{7}|\|{7}) "),
    _rule(
        "word that marks something unfinished",
        r"\b(?:TOD[O]|FIXM[E]|XX[X]|NotImplementedErro[r])\b",
        r"(?i:(?<!::)\bplaceholde[r]\b(?!\s*=)|\bfor no[w]\b|\bdumm[y]\b|\bhard-?code[d]\b)",
        only_in=(".py", ".sql", ".sh", ".html"),
    ),
)

FORBIDDEN_NAMES = re.compile(
    r"^(?:uv\.lock|poetry\.lock|Pipfile\.lock|pdm\.lock|pylock.*\.toml|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml"
    r"|pip\.conf|uv\.toml|\.npmrc|\.pypirc|\.yarnrc.*|\.env|id_rsa|id_ed25519|.*\.(?:key|p12|pfx))$"
)
"""Lock files that record addresses, settings of package tools, private keys."""

COPIED_NAMES = re.compile(r".*(?:\.min\.js|\.min\.css|\.woff2?|\.ttf|\.otf)$")
"""Scripts and fonts of others: they come from packages."""


@dataclass(frozen=True, slots=True)
class Breach:
    path: str
    line_no: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line_no}: {self.rule}: {self.text.strip()[:140]}"


def committed_files(root: Path) -> list[PurePosixPath]:
    """Return the files under `root` that git knows or would take, in order; those deleted on disk are left out."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return [PurePosixPath(name) for name in sorted(set(listed)) if name and (root / name).is_file()]


def breaches_in_line(path: PurePosixPath, line_no: int, line: str) -> Iterator[Breach]:
    for rule in LINE_RULES:
        if rule.looks_at(path) and rule.pattern.search(line):
            yield Breach(str(path), line_no, rule.name, line)


def breaches_in_file(root: Path, path: PurePosixPath) -> Iterator[Breach]:
    """Yield what is wrong with one file: its name, its length, its lines. Binary files are judged by name alone."""
    if FORBIDDEN_NAMES.match(path.name):
        yield Breach(str(path), 0, "file that must not be committed", path.name)
    if COPIED_NAMES.match(path.name):
        yield Breach(str(path), 0, "script or font of others, copied", path.name)
    content = (root / path).read_bytes()
    if b"\0" in content[:8192]:
        return
    lines = content.decode("utf-8", errors="replace").splitlines()
    if path.suffix == ".py" and len(lines) > LONGEST_PYTHON_FILE:
        yield Breach(str(path), len(lines), f"longer than {LONGEST_PYTHON_FILE} lines: one idea, or two?", path.name)
    for line_no, line in enumerate(lines, start=1):
        yield from breaches_in_line(path, line_no, line)


def breaches(root: Path) -> list[Breach]:
    """Return everything in the repository at `root` that breaks a rule."""
    return [breach for path in committed_files(root) for breach in breaches_in_file(root, path)]


def main() -> int:
    found = breaches(ROOT)
    for breach in found:
        print(breach)
    print(f"{len(found)} breaches of the rules of the repository" if found else "rules of the repository: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
