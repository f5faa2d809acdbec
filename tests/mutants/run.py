"""Runs the gate on every mutant, or every sound change, and shows what caught each.

    python -m tests.mutants.run --only trust-of-s3 --only no-answer
    python -m tests.mutants.run --jobs 2 --sound 10 --json reports/mutants.json
    python -m tests.mutants.run --sound-changes

Exit code 0 if the gate passes the project as it is, each time, and every sound change, and catches
every mutant, else 1.
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.mutants.judge import STAGES, Judge, Verdict
from tests.mutants.mutant import Change, Mutant, Stage
from tests.mutants.suite import MUTANTS, SOUND_CHANGES

SOUND = "the project as it is"

CONSOLE = Console()


@dataclass(frozen=True)
class Result:
    """What became of a mutant, or of what is `sound`: the project as it is, or with such a change.

    `plain` is what a smoke test on plain LocalStack found wrong, "" if it let it through, None if
    it was not tried. `error` is a fault of this suite.
    """

    id: str
    sound: bool
    verdict: Verdict | None = None
    plain: str | None = None
    error: str = ""

    @property
    def right(self) -> bool:
        """Whether the gate passed what is sound and caught what is not."""
        passed = self.verdict is not None and self.verdict.caught_by is None
        return self.verdict is not None and passed == self.sound


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; return the exit code."""
    options = _options().parse_args(arguments)
    suite: Sequence[Change] = SOUND_CHANGES if options.sound_changes else MUTANTS
    known = {change.id: change for change in suite}
    if unknown := set(options.only) - set(known):
        _options().error(f"there is no {', '.join(sorted(unknown))}")
    chosen = [known[id_] for id_ in options.only] or suite
    results = []
    tried = [*[None] * options.sound, *chosen]
    plain = options.plain and not options.sound_changes
    for result in _run(tried, options.stages, options.jobs, plain=plain):
        results.append(result)
        CONSOLE.print(_line(result, len(results), len(tried)), highlight=False, soft_wrap=True)
    order = [SOUND, *known]
    results.sort(key=lambda result: order.index(result.id))
    CONSOLE.print(table(results, known))
    CONSOLE.print(summary(results))
    if options.json:
        file = Path(options.json)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(_document(results, known), indent=2, ensure_ascii=False) + "\n")
    return 0 if all(result.right for result in results) else 1


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests.mutants.run", description=str(__doc__).split("\n")[0]
    )
    parser.add_argument(
        "--sound-changes", action="store_true", help="try the sound changes, not the mutants"
    )
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="this one")
    parser.add_argument(
        "--stage",
        dest="stages",
        action="append",
        choices=STAGES,
        help="only these stages of the gate; a scenario needs deploy",
    )
    parser.add_argument(
        "--sound", type=int, default=1, metavar="N", help="try the project as it is so often"
    )
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N")
    parser.add_argument("--json", metavar="FILE", help="write the results there")
    parser.add_argument(
        "--no-plain",
        dest="plain",
        action="store_false",
        help="do not try what plain LocalStack lets through",
    )
    return parser


# --- The processes ------------------------------------------------------------------------------

_JUDGE: Judge


def _run(
    changes: Sequence[Change | None], stages: Sequence[Stage] | None, jobs: int, *, plain: bool
) -> Iterator[Result]:
    """The results as they come, from `jobs` processes with an emulator each."""
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ProcessPoolExecutor(jobs, initializer=_begin, initargs=(folder,)) as pool,
    ):
        tried = [pool.submit(_try, change, stages or STAGES, plain) for change in changes]
        for one in as_completed(tried):
            yield one.result()


def _begin(folder: str) -> None:
    global _JUDGE
    _JUDGE = Judge(Path(folder) / str(os.getpid()))


def _try(change: Change | None, stages: Sequence[Stage], plain: bool) -> Result:
    mutant = change if isinstance(change, Mutant) else None
    id_, sound = change.id if change else SOUND, mutant is None
    try:
        verdict = _JUDGE.judge(change, stages)
        return Result(id_, sound, verdict, _JUDGE.smoke_test(mutant) if plain else None)
    except Exception as error:  # a fault of the suite is a result too: the rest goes on
        return Result(id_, sound, error=f"{type(error).__name__}: {error}")


# --- What is shown ------------------------------------------------------------------------------


def table(results: Sequence[Result], known: Mapping[str, Change]) -> Table:
    """One row for each: what caught it, after how long, and what plain LocalStack made of it."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for name, ratio in (("change", 4), ("caught by", 1), ("after", 1), ("plain LocalStack", 2)):
        shown.add_column(name, ratio=ratio, overflow="fold")
    for result in results:
        mutant = known.get(result.id)
        what = f"{result.id}: {mutant.what}" if mutant else result.id
        after = f"{result.verdict.seconds:.1f} s" if result.verdict else ""
        shown.add_row(escape(what), _caught(result), after, _plain(result))
    return shown


def _caught(result: Result) -> str:
    if result.verdict is None:
        return "[red]error[/]"
    stage = result.verdict.caught_by
    said = stage or ("passed" if result.sound else "SURVIVED")
    return said if result.right else f"[bold red]{said}[/]"


def _plain(result: Result) -> str:
    if result.plain is None:
        return "not tried"
    return "not deployed, or no output" if result.plain else "let through"


def _line(result: Result, number: int, total: int) -> str:
    words = result.verdict.words if result.verdict else result.error
    return (
        f"{number}/{total} {result.id}: {_caught(result)} {escape(' '.join(words.split())[:150])}"
    )


def summary(results: Sequence[Result]) -> str:
    """How many were caught by what, and how many plain LocalStack let through."""
    tried = [result for result in results if not result.sound]
    caught = Counter(r.verdict.caught_by for r in tried if r.verdict and r.verdict.caught_by)
    seconds = sorted(r.verdict.seconds for r in tried if r.verdict)
    through = sum(r.plain == "" for r in tried)
    by = ", ".join(f"{stage} {caught[stage]}" for stage in STAGES if caught[stage])
    sound = [result for result in results if result.id == SOUND]
    changes = [result for result in results if result.sound and result.id != SOUND]
    text = f"the project as it is passed {sum(r.right for r in sound)} of {len(sound)} times; "
    if changes:
        return _with_wrong(
            f"{text}{sum(r.right for r in changes)} of {len(changes)} sound changes passed", results
        )
    text += f"{caught.total()} of {len(tried)} mutants caught ({by})"
    if seconds:
        text += f", {seconds[len(seconds) // 2]:.1f} s each in the middle"
    if any(r.plain is not None for r in tried):
        text += f"; plain LocalStack with a smoke test lets {through} through"
    return _with_wrong(text, results)


def _with_wrong(text: str, results: Sequence[Result]) -> str:
    wrong = [result.id for result in results if not result.right]
    return f"{text}\n[bold red]wrong:[/] {', '.join(wrong)}" if wrong else text


def _document(results: Sequence[Result], known: Mapping[str, Change]) -> list[dict[str, object]]:
    return [
        {
            **asdict(result),
            **(asdict(known[result.id]) if result.id in known else {}),
            "right": result.right,
        }
        for result in results
    ]


if __name__ == "__main__":
    sys.exit(main())
