"""The gateway's processes stay light: they load no Django and no ORM."""

import subprocess
import sys

import pytest

from tests.house.house import PACKAGE, sources

MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sources("gateway")
    if (PACKAGE / "gateway" / "__init__.py").is_file()
]


@pytest.mark.skipif(not MODULES, reason="there is no gateway yet")
def test_the_gateway_loads_no_django() -> None:
    script = f"import importlib, sys\nfor name in {MODULES!r}: importlib.import_module(name)\n"
    script += "print(sorted(m for m in sys.modules if m.partition('.')[0] in ('django', 'procrastinate')))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (loaded.returncode, loaded.stdout.strip()) == (0, "[]"), loaded.stderr
