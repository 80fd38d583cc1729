"""Files and blocks that a script writes: one way to write them, one way to see that they are still true."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Generated:
    """The text that `path` must hold: the whole file, or what stands between the two marker lines of `block`."""

    path: Path
    text: str
    block: str = ""

    def expected(self) -> str:
        """Return the whole content the file should have."""
        if not self.block:
            return self.text
        begin, end = f"<!-- {self.block}: begin -->", f"<!-- {self.block}: end -->"
        before, found_begin, rest = self.path.read_text(encoding="utf-8").partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found_begin and found_end):
            raise LookupError(f"{self.path} has no lines '{begin}' and '{end}'")
        return f"{before}{begin}\n{self.text}{end}{after}"

    def is_true(self) -> bool:
        """Tell whether the file on disk says what it should."""
        return self.path.is_file() and self.path.read_text(encoding="utf-8") == self.expected()

    def write(self) -> None:
        self.path.write_text(self.expected(), encoding="utf-8")


def write_or_check(pages: list[Generated], arguments: list[str], script: str) -> int:
    """Write the pages, or with `--check` only compare. Returns the exit code: 0 true, 1 out of date, 2 wrong use."""
    if arguments not in ([], ["--check"]):
        print(f"usage: python -m {script} [--check]")
        return 2
    stale = [page for page in pages if not page.is_true()]
    for page in stale:
        if not arguments:
            page.write()
        print(f"{'out of date' if arguments else 'written'}: {page.path.relative_to(ROOT)}")
    if stale and arguments:
        print(f"run: .venv/bin/python -m {script}")
        return 1
    return 0
