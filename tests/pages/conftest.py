"""The process of the pages over a trial database of the module's own, in which a rig lodges and acts."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from haidang.site import pages
from haidang.site.serving import answers
from haidang.site.tests.conftest import home_on
from haidang.site.tests.test_serving import Serving
from tests.pages.browsing import Installation
from tests.pages.light import COST
from tests.pages.surfing import Site
from tests.passing.rig import Rig

_PATIENCE_S = 60


@pytest.fixture(scope="package")
def database_of_pages(cluster: Any) -> Iterator[Any]:
    made = cluster.make_trial()
    yield made
    cluster.drop(made)


@pytest.fixture(scope="package")
def rig(database_of_pages: Any) -> Iterator[Rig]:
    made = Rig(database_of_pages.config)
    yield made
    made.close()


@pytest.fixture(scope="package")
def quick_hashes() -> Iterator[None]:
    """Logins of this package are made with hashes as cheap as those its process of the pages checks."""
    with pytest.MonkeyPatch.context() as patched:
        for name, least in COST.items():
            patched.setattr(Argon2PasswordHasher, name, least)
        yield


@pytest.fixture(scope="package")
def site(quick_hashes: None, database_of_pages: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("pages")
    home = home_on(database_of_pages, folder / "home")
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("light.py"))], env=home.environment)
    try:
        until = time.monotonic() + _PATIENCE_S
        while not answers(home.config.port_portals, pages.HEALTH):
            assert process.poll() is None and time.monotonic() < until, "the pages do not come up"
            time.sleep(0.05)
        yield Site(home.config)
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)


@pytest.fixture(scope="package")
def installation(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    database = cluster.make_trial()
    home = home_on(database, tmp_path_factory.mktemp("browser") / "home")
    serving = Serving(home)
    yield Installation(home)
    assert serving.stop() == 0
    cluster.drop(database)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for a module of tests: while it is driven from here Django opens no connection in this thread."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()
