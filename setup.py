"""Puts the law book into a built wheel, as `haidang/lawbook`. In a checkout it stays at the top, where lawyers find it.

Builds the decoder of ordinary messages where a C compiler and the headers of Python are; without it the one in Python reads all of them.

Everything else about the package stands in pyproject.toml.
"""

from pathlib import Path
from shutil import copytree

from setuptools import Extension, setup
from setuptools.command.build_py import build_py


class BuildWithLawbook(build_py):
    """The usual build, and a copy of `lawbook/` unless the package is only linked (editable)."""

    def run(self) -> None:
        super().run()
        lawbook = Path(__file__).parent / "lawbook"
        if lawbook.is_dir() and not self.editable_mode:
            copytree(lawbook, Path(self.build_lib) / "haidang" / "lawbook", dirs_exist_ok=True)


_MESSAGES = "haidang/gateway/messages/"
ORDINARY = Extension(f"{_MESSAGES.replace('/', '.')}ordinary", [f"src/{_MESSAGES}ordinary.c"], optional=True)

setup(cmdclass={"build_py": BuildWithLawbook}, ext_modules=[ORDINARY])
