"""Prints what came out of slices whose records were kept, as the table of emulator/FIDELITY.md."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import click

from tests.oracle.outcomes import Records, classified, read_records, strictly
from tests.oracle.slices import SLICES

_COLUMNS = (
    "slice",
    "tests",
    "left out",
    "later page counts",
    "skipped by LocalStack",
    "ran",
    "pass on plain",
    "pass here",
    "fail here alone",
    "strictly",
    "cannot hold",
    "commit",
)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Print the table of the slices of which FOLDER, that of KEEP, has records."""
    click.echo("\n".join(table(folder)))


def table(folder: Path) -> Iterator[str]:
    """Yield the lines of a Markdown table: a row for each slice that was kept, and their sum.

    Of LocalStack without the plugin the tests count that ran here. "–" stands where it did not run
    them all, or not all that failed here.
    """
    yield _line(_COLUMNS)
    yield _line(["---"] * len(_COLUMNS))
    together: Counter[str] = Counter()
    all_unknown: set[str] = set()
    for name in SLICES:
        finished = folder / name / "here" / "run.json"
        if not finished.exists():
            continue
        here = classified(read_records(finished.with_name("records.jsonl")))
        plain = read_records(folder / name / "plain" / "records.jsonl")
        counts = counted(here, plain)
        unknown = _unknown(here, plain)
        commit = json.loads(finished.read_text())["commit"]
        yield _row(f"`{name}`", counts, unknown, commit)
        together += counts
        all_unknown |= unknown
    yield _row("together", together, all_unknown, "")


def counted(here: Records, plain: Records) -> Counter[str]:
    """Return how many tests of one slice came out in which way: a number for each column."""
    outcomes = Counter(record["outcome"] for record in here.values())
    ran = _ran(here)
    strict = strictly(here)
    passed_on_plain = {test for test in ran if plain.get(test, {}).get("outcome") == "passed"}
    alone = [test for test in passed_on_plain if here[test]["outcome"] == "failed"]
    return Counter(
        {
            "tests": len(here),
            "left out": outcomes["left out"],
            "later page counts": outcomes["superseded"],
            "skipped by LocalStack": outcomes["skipped"],
            "ran": len(ran),
            "pass on plain": len(passed_on_plain),
            "pass here": outcomes["passed"],
            "fail here alone": len(alone),
            "hold": strict.hold,
            "can hold": strict.tests - strict.cannot,
            "cannot hold": strict.cannot,
        }
    )


def _ran(here: Records) -> list[str]:
    return [test for test, record in here.items() if record["outcome"] in ("passed", "failed")]


def _unknown(here: Records, plain: Records) -> set[str]:
    """Return the columns for which plain LocalStack ran too few tests."""
    failed = {test for test, record in here.items() if record["outcome"] == "failed"}
    needed = {"pass on plain": set(_ran(here)), "fail here alone": failed}
    return {column for column, tests in needed.items() if not tests <= plain.keys()}


def _row(name: str, counts: Mapping[str, int], unknown: Collection[str], commit: str) -> str:
    cells = {column: f"{counts.get(column, 0):,}" for column in _COLUMNS}
    cells |= {
        "slice": name,
        "strictly": f"{counts['hold']} of {counts['can hold']}",
        "commit": commit,
    }
    cells |= dict.fromkeys(unknown, "–")
    return _line([cells[column] for column in _COLUMNS])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
