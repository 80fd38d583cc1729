"""Processes that stand back."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from haidang.platform.standing_back import NICENESS, stand_back, stand_back_in_database


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_stands_back_with_its_session(sleeper: subprocess.Popen[bytes]) -> None:
    stand_back([sleeper.pid])
    assert os.getpriority(os.PRIO_PROCESS, sleeper.pid) == NICENESS
    group = Path(f"/proc/{sleeper.pid}/autogroup")
    assert not group.exists() or group.read_text().split()[-1] == str(NICENESS)


def test_whoever_leads_no_session_leaves_the_group_of_the_others_as_it_is() -> None:
    own = Path("/proc/self/autogroup")
    before = own.read_text() if own.exists() else ""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stand_back([process.pid])
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == NICENESS
        assert not own.exists() or own.read_text() == before
    finally:
        process.kill()
        process.wait()


def test_what_is_no_process_of_the_server_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    stand_back_in_database([sleeper.pid, 2**22 + 1])
    assert os.getpriority(os.PRIO_PROCESS, sleeper.pid) == 0


def test_a_process_that_ended_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with caplog.at_level(logging.WARNING):
        stand_back([process.pid])
    assert f"process {process.pid} keeps its priority" in caplog.text
