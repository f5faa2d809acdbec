"""`tapstack watch` as a person uses it: files are saved, and what is deployed follows."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.settings import ROOT
from harness.targets.embedded import EmbeddedTarget
from tests.integration.days import heard_of
from tests.integration.test_deploy import FUNCTION

HANDLER = "def handler(event, context):\n    return {}\n"


class Watched:
    """A stack with one function, and `tapstack watch` on its sources."""

    def __init__(self, target: EmbeddedTarget, folder: Path) -> None:
        self.suffix = uuid.uuid4().hex[:12]
        self.template, self.code = folder / "template.yml", folder / "code" / "handler.py"
        self.code.parent.mkdir()
        self.code.write_text(HANDLER.format(1))
        self.template.write_text(FUNCTION)
        self._target = target
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "harness", "watch"),
                *("--template", str(self.template), "--suffix", self.suffix),
                *("--state", str(target.state_dir)),
            ],
            cwd=ROOT,
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def answer(self) -> object:
        """What the function returns now."""
        client = self._target.client("lambda")
        return json.load(client.invoke(FunctionName=f"echo-{self.suffix}")["Payload"])

    def timeout(self) -> int:
        client = self._target.client("lambda")
        found = client.get_function_configuration(FunctionName=f"echo-{self.suffix}")
        return int(found["Timeout"])


@pytest.fixture
def watched(target: EmbeddedTarget, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(target, tmp_path)
    yield made
    made.process.kill()
    made.process.communicate()


def test_what_is_saved_is_deployed(watched: Watched) -> None:
    """Code and template, each told in a line; what does not compile stays out; Ctrl-C ends it."""
    process = watched.process
    heard_of(process, "Ctrl-C ends it")
    assert watched.answer() == 1

    watched.code.write_text(HANDLER.format(2))
    assert "handler.py" in heard_of(process, "new code of Echo")[-1]
    assert watched.answer() == 2

    watched.code.write_text("def handler(:\n")
    assert "handler.py:1: " in heard_of(process, "NOT deployed")[-1]
    assert watched.answer() == 2

    watched.code.write_text(HANDLER.format(3))
    heard_of(process, "new code of Echo")
    assert watched.answer() == 3

    watched.template.write_text(FUNCTION.replace("Timeout: 10", "Timeout: 11"))
    heard_of(process, f"tapstack-{watched.suffix} updated")
    assert watched.timeout() == 11
    watched.template.write_text(FUNCTION.replace("Timeout: 10", "Timeout: [11"))
    heard_of(process, "NOT deployed. The template")
    assert (watched.answer(), watched.timeout()) == (3, 11)

    watched.template.write_text(
        FUNCTION.replace("Timeout: 10", "Timeout: 11\n      MemorySize: 64")
    )
    heard_of(process, "NOT deployed")
    heard_of(process, "lint: ")
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    _, left = psutil.wait_procs(children, timeout=10)
    assert left == []


def test_watching_needs_something_that_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [*(sys.executable, "-P", "-m", "harness", "watch"), "--state", str(tmp_path / "state")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "is not running" in done.stderr
