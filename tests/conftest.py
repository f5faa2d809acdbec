"""What holds for every test: nothing of the person's AWS set-up or proxies reaches it."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
# As the tests were started: for what fetches packages, through a proxy if it must.
SURROUNDINGS = dict(os.environ)
# What the emulators and functions of one worker take at most, seen from outside.
_WORKER_BYTES = 2 * 1024**3

# The time that an example takes is the machine's, and no test is about it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    # Who runs tests in the background may have signals ignored (nohup), which processes hand down.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, signal.SIG_DFL)
    # Whether or not this machine has Docker; tests of other targets name them.
    os.environ["TARGET"] = "embedded"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores, as far as memory goes: tests that use the emulator mostly wait for it."""
    room = int(psutil.virtual_memory().available // _WORKER_BYTES)
    return max(1, min(2 * (os.process_cpu_count() or 1), room))


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def installation(project_root: Path) -> Path:
    """The folder with the emulator's environment and the function runtimes, as installed."""
    return project_root / ".tapstack"
