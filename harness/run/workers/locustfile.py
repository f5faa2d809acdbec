"""Locust's side of a run with workers: a relay, in processes that hold nothing but Locust.

On the master, what workers report becomes lines of JSON for the process that coordinates the run,
and its lines go to the worker that they name. On a worker, the same connects the master with a
process of the harness (worker.py), which sends the share. That one is no greenlet: gevent's patches
would reach boto3, and drawing an image would hold up Locust's heartbeat.

On another machine, from the checkout: `locust -f harness/run/workers/locustfile.py --worker
--master-host ADDRESS`, with ENDPOINT_URL as that machine reaches the emulator.
"""

import json
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import gevent
from gevent.fileobject import FileObject
from locust import User, constant, events, task
from locust.env import Environment
from locust.runners import STATE_INIT, STATE_MISSING, MasterRunner, WorkerRunner

_ROOT = Path(__file__).resolve().parents[3]
_MESSAGE = "tapstack"
_GONE_S = 20.0  # without a heartbeat, after which a worker counts as gone
_END_S = 30.0  # for a share's process to remove what it made on the target


class Share(User):
    """What Locust spawns, one on each worker: it begins the share, and outlives nothing of it."""

    wait_time = constant(1)

    def on_start(self) -> None:
        """Report for a share. A second user, as after another worker has gone, changes nothing."""
        if isinstance(self.environment.runner, WorkerRunner):
            _workers[self.environment].begin()

    @task
    def underway(self) -> None:
        """The share goes on by itself."""


class _OfWorker:
    """Between the master and the process that sends this worker's share."""

    def __init__(self, environment: Environment) -> None:
        self._environment, self._runner = environment, environment.runner
        self._begun = False
        self._share: subprocess.Popen[bytes] | None = None
        self._runner.register_message(_MESSAGE, self._received)
        environment.events.quitting.add_listener(self._quitting)

    def begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._report({"ready": {"pid": os.getpid(), "host": socket.gethostname()}})

    def _report(self, what: dict[str, Any]) -> None:
        self._runner.send_message(_MESSAGE, what)

    def _received(self, msg: Any, **_: Any) -> None:
        """A line for the share's process, which the first one starts."""
        if self._share is None:
            python = os.environ.get("TAPSTACK_PYTHON") or _ROOT / ".venv" / "bin" / "python"
            self._share = subprocess.Popen(
                [python, "-P", "-m", "harness.run.workers.worker"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            gevent.spawn(self._follow, self._share)
        assert self._share.stdin
        with suppress(OSError):  # it has ended, which is reported as such
            self._share.stdin.write(json.dumps(msg.data).encode() + b"\n")
            self._share.stdin.flush()

    def _follow(self, share: "subprocess.Popen[bytes]") -> None:
        for line in share.stdout or ():
            what = json.loads(line)
            for name, after_ms, size, error in what.pop("requests", ()):
                self._environment.events.request.fire(
                    request_type="S3",
                    name=name,
                    response_time=after_ms,
                    response_length=size,
                    exception=Exception(error) if error else None,
                    context={},
                )
            if what:
                self._report(what)
        self._report({"ended": share.wait(), "pid": share.pid})

    def _quitting(self, **_: Any) -> None:
        if self._share is not None and self._share.stdin:
            with suppress(OSError):
                self._share.stdin.close()
            try:
                self._share.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._share.kill()


class _OfMaster:
    """Between the workers and the process that coordinates the run."""

    def __init__(self, environment: Environment, source: int, sink: int) -> None:
        self._runner = environment.runner
        self._source, self._sink = FileObject(source, "rb"), FileObject(sink, "wb")
        self._saying = Lock()
        self._runner.register_message(_MESSAGE, self._received)
        for work in (self._pass_on, self._watch):
            gevent.spawn(work)

    def _received(self, msg: Any, **_: Any) -> None:
        self._say({"from": msg.node_id, **msg.data})

    def _say(self, what: dict[str, Any]) -> None:
        with self._saying:
            self._sink.write(json.dumps(what).encode() + b"\n")
            self._sink.flush()

    def _pass_on(self) -> None:
        """Until the coordinator has ended, and the run with it."""
        for line in self._source:
            said = json.loads(line)
            self._runner.send_message(_MESSAGE, said["say"], client_id=said["to"])
        begun = self._runner.state != STATE_INIT
        self._runner.quit()
        if not begun:  # Locust goes on waiting for workers
            os.kill(os.getpid(), signal.SIGTERM)

    def _watch(self) -> None:
        known: set[str] = set()
        silent_s: dict[str, float] = {}
        while True:
            gevent.sleep(1)
            here = {client.id: client.state for client in self._runner.clients.all}
            for name in known | set(here):
                missing = here.get(name) in (None, STATE_MISSING)
                silent_s[name] = silent_s.get(name, 0.0) + 1 if missing else 0.0
            gone = {name for name, for_s in silent_s.items() if for_s >= _GONE_S}
            gone |= known - set(here)
            for name in gone & known:
                self._say({"from": name, "gone": True})
            known = set(here) - gone


_workers: dict[Environment, _OfWorker] = {}


@events.init.add_listener
def _connect(environment: Environment, **_: Any) -> None:
    if isinstance(environment.runner, WorkerRunner):
        _workers[environment] = _OfWorker(environment)
    elif isinstance(environment.runner, MasterRunner):
        source, sink = (int(each) for each in os.environ["TAPSTACK_COORDINATOR"].split(","))
        _OfMaster(environment, source, sink)
