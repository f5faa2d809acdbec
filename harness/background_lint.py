"""Lint beside other work: in a process of its own, once, or again after each change.

In a thread it would hold up what the same process deploys meanwhile.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TYPE_CHECKING, Self

from harness.alive import OnProgress, still
from harness.error_report import problem_of
from harness.naming import counted
from harness.problems import Problem
from harness.settings import Settings

if TYPE_CHECKING:  # loaded by the process that lints: it takes a second, and memory
    from harness.lint import Finding

_NICENESS = 10  # what is deployed goes first

# The line of each finding, by file, rule and message; or why lint failed; or None: what cannot be
# read or built cannot be deployed either, which is reported there.
type Findings = dict[tuple[str, str, str], str] | str | None


@contextmanager
def linting(
    settings: Settings, architecture: str, on_progress: OnProgress
) -> Iterator[Callable[[], "list[Finding]"]]:
    """Lint while the context lasts; what it gives waits until that is done.

    Then all findings are given, and what lint has to say is reported, or its Problem is raised. If
    nobody asks, the process ends with the context.
    """
    context = multiprocessing.get_context("spawn")
    answer, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_once, args=(theirs, settings, architecture), name="lint", daemon=True
    )
    process.start()
    theirs.close()

    def found() -> "list[Finding]":
        with still("linting", on_progress):
            try:
                said, outcome = answer.recv()
            except EOFError:
                process.join()
                raise Problem(
                    f"Lint ended without an answer (exit code {process.exitcode}).",
                    "`tapstack lint` shows what happens; memory may be short.",
                ) from None
        for line in said:
            on_progress(line)
        if isinstance(outcome, Exception):
            raise outcome
        findings: list[Finding] = outcome
        return findings

    try:
        yield found
    finally:
        process.kill()
        process.join()
        answer.close()


def _once(answer: Connection, settings: Settings, architecture: str) -> None:
    """Answer with what lint reports, and its findings or its Problem."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches both
    from harness.lint import lint

    said: list[str] = []
    try:
        findings = lint(settings, architecture, {}, on_progress=said.append)
    except Exception as error:
        answer.send((said, problem_of(error, settings.state_dir)))
    else:
        answer.send((said, findings))


class BackgroundLint:
    """Lint of what these settings deploy, for `architecture` and with these parameters.

    At most one lint runs at a time. The process ends with the `with` block, or with this process.
    """

    def __init__(
        self, settings: Settings, architecture: str, parameters: Mapping[str, str]
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._asked, asked = context.Pipe()
        self._process = context.Process(
            target=_work,
            args=(asked, settings, architecture, dict(parameters)),
            name="lint",
            daemon=True,
        )
        self._process.start()
        asked.close()
        self._running = self._wanted = False
        self._before: set[tuple[str, str, str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()
        self._asked.close()

    def begin(self) -> None:
        """Lint what is there now; what is under way is done first."""
        self._wanted = True
        self._ask()

    def said(self) -> Iterator[str]:
        """Lines about what lint has found since it was asked last, none if it is not done.

        A finding is reported once; a later one of the same rule, file and message is the same.
        """
        if not self._running or not self._asked.poll():
            return
        try:
            found: Findings = self._asked.recv()
        except EOFError:
            found = "Its process was ended by somebody else; `tapstack watch` starts one."
        self._running = False
        self._ask()
        if isinstance(found, str):
            yield f"lint: {found}"
        if not isinstance(found, dict):
            return
        before = self._before or set()
        fresh = [line for what, line in found.items() if what not in before]
        gone = len(before - set(found))
        yield from (f"lint: {line}" for line in fresh)
        if fresh or gone or self._before is None:
            yield f"lint: {_count(len(found))}{f' ({gone} gone)' if gone else ''}"
        self._before = set(found)

    def _ask(self) -> None:
        if self._wanted and not self._running:
            with suppress(BrokenPipeError):  # it has ended, which is reported
                self._asked.send(None)
            self._running, self._wanted = True, False


def _work(
    asked: Connection, settings: Settings, architecture: str, parameters: Mapping[str, str]
) -> None:
    """Answer each message with what lint finds then; the process that asks ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches both
    os.nice(_NICENESS)
    while True:
        try:
            asked.recv()
        except EOFError:
            return
        asked.send(_found(settings, architecture, parameters))


def _found(settings: Settings, architecture: str, parameters: Mapping[str, str]) -> Findings:
    from harness.lint import lint

    try:
        found = lint(settings, architecture, parameters, on_progress=lambda line: None)
    except Problem:
        return None
    except Exception as error:  # whatever it is, the next change is linted again
        return problem_of(error, settings.state_dir).happened
    return {(each.file, each.id, each.message): str(each) for each in found}


def _count(findings: int) -> str:
    return counted(findings, "finding") if findings else "no findings"
