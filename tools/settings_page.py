"""docs/settings.md, written from `haidang.platform.config.SETTINGS`: every environment variable, its default, its meaning."""

import sys

from haidang.platform.config import SETTINGS
from tools.generated import ROOT, Generated, write_or_check

HEAD = """\
# Settings

<!-- Written by `python -m tools.settings_page` from haidang.platform.config.SETTINGS. -->

Everything that can be set stands in the environment; nothing needs to be set to try the platform (`make run`). A value that cannot be
used stops the start with a message that names the variable.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """Return the page, one row for each setting in the order of the table in code."""
    rows = [f"| `{each.name}` | {_cell(each.default)} | {_cell(each.meaning)} |\n" for each in SETTINGS]
    return HEAD + "".join(rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def main(arguments: list[str]) -> int:
    return write_or_check([Generated(ROOT / "docs" / "settings.md", page())], arguments, "tools.settings_page")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
