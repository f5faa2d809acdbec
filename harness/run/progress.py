"""Progress of a run: bars with rate and time left on a terminal, else a line now and then."""

import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from harness.run.time_left import TimeLeft
from harness.run.under_way import Counts, OnCounts

_LINE_EVERY_S = 5.0
_ESTIMATE_EVERY_S = 1.0
_BAR = (10, 60)  # characters, at least and at most
_BESIDE_BAR = 54  # what stands beside it takes


class _Rate(ProgressColumn):
    """Images per second."""

    def render(self, task: Task) -> Text:
        """The rate since the beginning, which does not jump about."""
        elapsed = task.finished_time or task.elapsed
        rate = task.completed / elapsed if elapsed else 0.0
        return Text(f"{rate:5.1f}/s", style="progress.data.speed")


class RunProgress:
    """Three counts of one total, shown as a terminal allows, and reported. A context manager.

    The time left is that of the last of them, once `plan` has said when images are due.
    """

    LABELS = ("uploading", "notifications", "processing")

    def __init__(self, console: Console, total: int, on_progress: OnCounts) -> None:
        self._console, self._total, self._on_progress = console, total, on_progress
        self._began = self._last_line = time.monotonic()
        self._time_left: TimeLeft | None = None
        self._left_s: float | None = None
        self._estimated = 0.0
        least, most = _BAR
        self._bars = Progress(
            TextColumn("{task.description:<13}"),
            BarColumn(bar_width=min(most, max(least, console.width - _BESIDE_BAR))),
            MofNCompleteColumn(),
            _Rate(),
            TextColumn("{task.fields[time]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks = [self._bars.add_task(label, total=total, time="") for label in self.LABELS]

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def plan(self, due: Sequence[float]) -> None:
        """When images are due, in seconds since 1970."""
        self._time_left = TimeLeft(due)

    def show(self, uploaded: int, notified: int, processed: int) -> None:
        """The counts now: sent, notified, and settled, their outputs read back."""
        now = time.monotonic()
        if self._time_left and now - self._estimated >= _ESTIMATE_EVERY_S:
            self._estimated, self._left_s = now, self._time_left.look(time.time(), processed)
        self._on_progress(Counts(self._total, uploaded, notified, processed, self._left_s))
        elapsed = now - self._began
        if self._console.is_terminal:
            for task, done in zip(self._tasks, (uploaded, notified, processed), strict=True):
                self._bars.update(task, completed=done)
            left = "" if self._left_s is None else f", {clock(self._left_s)} left"
            self._bars.update(self._tasks[-1], time=f"{clock(elapsed)}{left}")
            return
        if now - self._last_line < _LINE_EVERY_S:
            return
        self._last_line = now
        left = "" if self._left_s is None else f", about {self._left_s:.0f} s left"
        self.say(
            f"{elapsed:4.0f} s: of {self._total} images {uploaded} uploaded, {notified} notified, "
            f"{processed} processed ({processed / elapsed:.1f}/s{left})"
        )

    def say(self, line: str) -> None:
        """One line of text, above the bars where there are bars."""
        self._bars.console.print(line, highlight=False, markup=False, soft_wrap=True)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    >>> clock(93.6)
    '1:34'
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
