"""Lint beside other work: in a thread, again after each change, reporting what differs."""

import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue

from harness.error_report import problem_of
from harness.lint import Finding, lint
from harness.problems import Problem
from harness.settings import Settings

type Findings = list[Finding] | Exception


class BackgroundLint:
    """Lint of what these settings deploy, for `architecture` and with these parameters.

    The thread ends with the process; at most one lint runs at a time.
    """

    def __init__(
        self, settings: Settings, architecture: str, parameters: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._find: Callable[[], list[Finding]] = lambda: lint(
            settings, architecture, parameters, tell=lambda line: None
        )
        self._wanted = threading.Event()
        self._found: SimpleQueue[Findings] = SimpleQueue()
        self._before: set[tuple[str, str, str]] | None = None
        threading.Thread(target=self._work, name="lint", daemon=True).start()

    def begin(self) -> None:
        """Lint what is there now; what is under way is done first."""
        self._wanted.set()

    def said(self) -> Iterator[str]:
        """Lines about what lint has found since it was asked last, none if it is not done.

        A finding is reported once; a later one of the same rule, file and message is the same.
        """
        try:
            found = self._found.get_nowait()
        except Empty:
            return
        if isinstance(found, Exception):
            yield f"lint: {problem_of(found, self._settings.state_dir).happened}"
            return
        known = {(each.file, each.id, each.message): each for each in found}
        before = self._before or set()
        fresh = [str(each) for what, each in known.items() if what not in before]
        gone = len(before - set(known))
        yield from (f"lint: {line}" for line in fresh)
        if fresh or gone or self._before is None:
            yield f"lint: {_count(len(known))}{f' ({gone} gone)' if gone else ''}"
        self._before = set(known)

    def _work(self) -> None:
        while self._wanted.wait():
            self._wanted.clear()
            try:
                self._found.put(self._find())
            except Problem:
                pass  # what cannot be read or built cannot be deployed either, reported there
            except Exception as error:  # whatever it is, the next change is linted again
                self._found.put(error)


def _count(findings: int) -> str:
    return f"{findings} finding{'s' if findings != 1 else ''}" if findings else "no findings"
