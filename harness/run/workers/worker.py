"""A worker: the process that sends one share of a scenario's plan, and judges what came of it.

It is a run of its own, with its own folder in the buckets, its own queue and its own ledger, and
keeps step with the others through lines of JSON: the first of standard input is the Assignment,
further ones are answers; what it has to report goes to standard output. Where input ends, as when
Locust is killed, so does the run. Nothing is asked of it later: all it knows is in its files.
"""

import base64
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from harness import interruption
from harness.evidence.ledger import Entry, Ledger
from harness.problems import Problem
from harness.run.share import Share
from harness.settings import read_settings
from harness.stack.deployed import Stack
from harness.stack.pipeline import Keys, Pipeline
from harness.targets.endpoint import EndpointTarget

LEDGER = "shard.jsonl"  # of the images so far, written as it goes
_WRITE_EVERY_S = 1.0
_PIECE = 256 * 1024  # bytes of a file in one message


@dataclass(frozen=True)
class Assignment:
    """What a worker is to do: share `number` of `of` of a scenario, as the run called `run`.

    `options` are those of RunOptions that a person chose. `endpoint` is where the coordinator
    reaches the target, for a worker that has no ENDPOINT_URL of its own. Times in seconds.
    """

    scenario: str
    run: str
    number: int
    of: int
    endpoint: str
    options: Mapping[str, Any]
    stack: Mapping[str, Any]


def described(stack: Stack) -> dict[str, Any]:
    """A stack as plain values, for an Assignment."""
    plain = asdict(stack)
    plain["pipeline"]["file"] = str(stack.pipeline.file)
    return plain


def _stack(plain: Mapping[str, Any]) -> Stack:
    pipeline = plain["pipeline"]
    return Stack(
        plain["name"],
        plain["region"],
        plain["account"],
        plain["outputs"],
        Pipeline(
            Path(pipeline["file"]),
            pipeline["outputs"],
            Keys(**pipeline["keys"]),
            tuple(pipeline["judged"]),
        ),
    )


class Connection:
    """Lines to and from the coordinator. Threads may share it."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        self._source, self._sink, self._lock = source, sink, threading.Lock()
        self._answers: dict[str, float] = {}
        self._changed = threading.Condition()
        self.over = False

    def say(self, what: Mapping[str, Any]) -> None:
        """One line; nobody reads it any more where the run is over."""
        line = json.dumps(what) + "\n"
        with self._lock:
            try:
                self._sink.write(line)
                self._sink.flush()
            except BrokenPipeError:
                pass

    def listen(self) -> None:
        """Take what is said from now on, in a thread; the end of it is a Ctrl-C."""
        threading.Thread(target=self._listen, name="coordinator", daemon=True).start()

    def _listen(self) -> None:
        for line in self._source:
            said = json.loads(line)
            if "interrupt" in said:
                os.kill(os.getpid(), signal.SIGINT)
            with self._changed:
                self._answers |= said.get("meet", {})
                self.over = self.over or "kept" in said
                self._changed.notify_all()
        with self._changed:
            ended, self.over = self.over, True
            self._changed.notify_all()
        if not ended:
            os.kill(os.getpid(), signal.SIGINT)

    def answer(self, point: str) -> float:
        """Wait for the answer at a point; 0 if the run is over before."""
        with self._changed:
            self._changed.wait_for(lambda: point in self._answers or self.over)
            return self._answers.get(point, 0.0)

    def wait(self) -> None:
        """Wait until the run is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.over)


class SharedPlan(Share):
    """A share whose process keeps step with others, and whose ledger is written as it goes.

    Each second a line for every image that was uploaded or settled since is added to the file and
    on disk (fsync) before it is reported: a machine that fails takes a second's knowledge with it.
    """

    def __init__(self, assignment: Assignment, folder: Path, connection: Connection) -> None:
        super().__init__(assignment.number, assignment.of, assignment.run)
        self._connection = connection
        self._file = (folder / LEDGER).open("a", encoding="utf-8")
        self._writing = threading.Lock()
        self._open: list[Entry] = []
        self._sent: set[int] = set()
        self._settled = 0

    def meet(self, point: str, value: float) -> float:
        """As Share says; with the others of the run."""
        self._write()
        self._connection.say({"at": point, "value": value})
        return max(value, self._connection.answer(point))

    def watch(self, ledger: Ledger) -> None:
        """As Share says: into the file, and to the coordinator."""
        self._open = list(ledger.entries)
        threading.Thread(target=self._keep_writing, name="shard", daemon=True).start()

    def _keep_writing(self) -> None:
        pause = threading.Event()
        while not self._connection.over:
            pause.wait(_WRITE_EVERY_S)
            self._write()

    def _write(self) -> None:
        with self._writing:
            lines, requests, left = [], [], []
            for entry in self._open:
                # One without an answer may be sent again, or turn out to be in the bucket.
                settled = entry.settled and not entry.unanswered
                sent = entry.uploaded is not None or bool(entry.error)
                if settled or (sent and entry.index not in self._sent):
                    lines.append(json.dumps(asdict(entry)))
                if sent and entry.index not in self._sent:
                    self._sent.add(entry.index)
                    requests.append(_request("uploaded", entry, entry.uploaded))
                if settled:
                    self._settled += 1
                    if entry.notices:
                        requests.append(_request("notified", entry, entry.notices[0].at))
                else:
                    left.append(entry)
            self._open = left
            if lines:
                self._file.write("\n".join(lines) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
                counts = [len(self._sent), self._settled]
                self._connection.say({"requests": requests, "lines": lines, "counts": counts})


def _request(name: str, entry: Entry, at: float | None) -> tuple[str, float, int, str]:
    """For Locust's statistics: how long after it was due something happened, in milliseconds."""
    after_s = 0.0 if at is None else at - entry.due
    return f"image {name}", round(1000 * after_s, 1), entry.bytes, "" if at else entry.error


def main() -> int:
    """Send a share; exit code 0 says that it was sent and judged, whatever the verdict."""
    interruption.listen()
    connection = Connection(sys.stdin, sys.stdout)
    sys.stdout = sys.stderr
    line = sys.stdin.readline()
    if not line:
        return Problem.exit_code
    connection.listen()
    try:
        _work(Assignment(**json.loads(line)), connection)
    except Problem as problem:
        connection.say({"problem": str(problem)})
        return problem.exit_code
    except KeyboardInterrupt:
        return interruption.exit_code()
    return 0


def _work(assignment: Assignment, connection: Connection) -> None:
    # Imported late: until here nothing is made that an interruption would have to undo.
    from harness.run.scenario import RunOptions, run_scenario

    settings = read_settings({"endpoint": os.environ.get("ENDPOINT_URL") or assignment.endpoint})
    folder = settings.state_dir / "workers" / f"{assignment.run}-{os.getpid()}"
    folder.mkdir(mode=0o700, parents=True)
    share = SharedPlan(assignment, folder, connection)
    result = run_scenario(
        assignment.scenario,
        EndpointTarget(settings),
        replace(settings, state_dir=folder, reports_dir=folder / "reports"),
        _stack(assignment.stack),
        RunOptions(**assignment.options),
        Console(stderr=True, force_terminal=False, width=200),
        share=share,
    )
    for file in sorted(result.folder.iterdir()):
        _hand_over(file, connection)
    connection.say({"done": True})
    connection.wait()
    shutil.rmtree(folder)


def _hand_over(file: Path, connection: Connection) -> None:
    with open(file, "rb") as content:
        while piece := content.read(_PIECE):
            connection.say({"file": file.name, "piece": base64.b64encode(piece).decode("ascii")})


if __name__ == "__main__":
    sys.exit(main())
