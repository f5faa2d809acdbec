"""Progress of a run: bars with rate and time left on a terminal, elsewhere a line now and then."""

import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_LINE_EVERY_S = 5.0


class _Rate(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        """The rate since the beginning, which does not jump about."""
        elapsed = task.finished_time or task.elapsed
        rate = task.completed / elapsed if elapsed else 0.0
        return Text(f"{rate:5.1f}/s", style="progress.data.speed")


class RunProgress:
    """Three counts of one total, shown as a terminal allows. A context manager."""

    LABELS = ("uploading", "notifications", "processing")

    def __init__(self, console: Console, total: int) -> None:
        self._console, self._total = console, total
        self._began = self._last_line = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks = [self._bars.add_task(label, total=total) for label in self.LABELS]

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def show(self, uploaded: int, notified: int, processed: int) -> None:
        """The counts now: sent, heard of, and settled, their outputs read back."""
        if self._console.is_terminal:
            for task, done in zip(self._tasks, (uploaded, notified, processed), strict=True):
                self._bars.update(task, completed=done)
            return
        now = time.monotonic()
        if now - self._last_line < _LINE_EVERY_S:
            return
        self._last_line = now
        elapsed = now - self._began
        rate = processed / elapsed
        left = f", about {(self._total - processed) / rate:.0f} s left" if rate else ""
        self.say(
            f"{elapsed:4.0f} s: of {self._total} images {uploaded} uploaded, {notified} notified, "
            f"{processed} processed ({rate:.1f}/s{left})"
        )

    def say(self, line: str) -> None:
        """One line of text, above the bars where there are bars."""
        self._bars.console.print(line, highlight=False, markup=False, soft_wrap=True)
