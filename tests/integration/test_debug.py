"""`tapstack invoke --debug`: a debugger stops in a function, which has all the time it needs."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.polling import wait_until
from harness.settings import ROOT, Settings
from harness.stack.deploy import delete_stack, deploy
from harness.targets.embedded import EmbeddedTarget
from harness.targets.ports import choose_port
from tests.integration.days import heard_of
from tests.integration.test_deploy import FUNCTION

HANDLER = """\
def handler(event, context):
    answer = event["number"] + 1
    return answer
"""
TIMEOUT_S = 2


class Debugger:
    """A client of the Debug Adapter Protocol, as an editor is one."""

    def __init__(self, port: int) -> None:
        self._socket = wait_until(
            lambda: _connected(port), deadline_s=30, interval_s=0.1, describe="the debugger's port"
        )
        assert self._socket
        self._socket.settimeout(60)
        self._in = self._socket.makefile("rb")
        self._sent = 0

    def ask(self, command: str, **arguments: object) -> Mapping[str, Any]:
        """Send a request; the body of its answer."""
        self.send(command, **arguments)
        answer = self.until(lambda it: it.get("command") == command)
        assert answer["success"], answer
        body: Mapping[str, Any] = answer.get("body") or {}
        return body

    def send(self, command: str, **arguments: object) -> None:
        self._sent += 1
        request = {"seq": self._sent, "type": "request", "command": command}
        content = json.dumps({**request, "arguments": arguments}).encode()
        assert self._socket
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(content) + content)

    def until(self, wanted: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """The next message that is wanted."""
        while True:
            length = 0
            while line := self._in.readline().strip():
                length = int(line.partition(b":")[2])
            message: Mapping[str, Any] = json.loads(self._in.read(length))
            if wanted(message):
                return message

    def event(self, name: str) -> Mapping[str, Any]:
        return self.until(lambda it: it.get("event") == name)

    def close(self) -> None:
        assert self._socket
        self._in.close()
        self._socket.close()


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), 5)
    except OSError:
        return None


@pytest.fixture(scope="module")
def settings(
    target: EmbeddedTarget, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Settings]:
    """A deployed function that has two seconds."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "code").mkdir()
    (folder / "code" / "handler.py").write_text(HANDLER)
    short = FUNCTION.replace("Timeout: 10", f"Timeout: {TIMEOUT_S}")
    outputs = f"{short}  FunctionName: {{Value: !Ref Echo}}\n"
    (folder / "template.yml").write_text(outputs)
    (folder / "event.json").write_text('{"number": 41}')
    own = replace(
        Settings(),
        state_dir=target.state_dir,
        template=folder / "template.yml",
        suffix=uuid.uuid4().hex[:12],
    )
    deploy(target, own)
    yield own
    delete_stack(target, own.stack_name)


def begun(settings: Settings, port: int) -> subprocess.Popen[str]:
    event = str(settings.template.parent / "event.json")
    return subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "harness", "invoke", event, "--json"),
            *("--debug", "--debug-port", str(port)),
            *("--suffix", settings.suffix, "--state", str(settings.state_dir)),
        ],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_breakpoint_holds_the_function_beyond_its_timeout(
    target: EmbeddedTarget, settings: Settings
) -> None:
    source: Path = settings.template.parent / "code"
    mapping = {"localRoot": str(source), "remoteRoot": "/var/task"}
    port = choose_port(0)
    process = begun(settings, port)
    try:
        debugger = Debugger(port)
        debugger.ask("initialize", adapterID="test")
        debugger.send("attach", pathMappings=[mapping])
        debugger.event("initialized")
        place = {"source": {"path": str(source / "handler.py")}, "breakpoints": [{"line": 3}]}
        debugger.ask("setBreakpoints", **place)
        debugger.ask("configurationDone")
        thread = debugger.event("stopped")["body"]["threadId"]
        frame = debugger.ask("stackTrace", threadId=thread)["stackFrames"][0]
        assert (frame["source"]["path"], frame["line"]) == (str(source / "handler.py"), 3)
        asked = {"expression": "answer", "frameId": frame["id"]}
        assert debugger.ask("evaluate", **asked)["result"] == "42"
        time.sleep(TIMEOUT_S + 0.5)
        debugger.ask("evaluate", expression="answer = 7", frameId=frame["id"], context="repl")
        debugger.ask("continue", threadId=thread)
        debugger.send("disconnect")
        debugger.close()
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, said
    assert json.loads(said[said.index("{") :])["result"] == 7

    # The next invocation is one as any other, in an environment that knows nothing of debuggers.
    client = target.client("lambda")
    answer = client.invoke(FunctionName=f"echo-{settings.suffix}", Payload=b'{"number": 1}')
    assert json.load(answer["Payload"]) == 2


def test_who_gives_up_leaves_nothing_that_waits(settings: Settings) -> None:
    port = choose_port(0)
    process = begun(settings, port)
    heard_of(process, f"waits for a debugger at 127.0.0.1:{port}")
    Debugger(port).close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    wait_until(
        lambda: _connected(port) is None, deadline_s=30, interval_s=0.1, describe="the port's end"
    )


def test_a_port_that_is_taken_is_said(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = begun(settings, taken.getsockname()[1])
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "is already used" in said
    assert "--debug-port" in said
