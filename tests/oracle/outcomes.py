"""What came out of a run: which tests failed, the counts, and where answers differ from AWS's."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.oracle.slices import SERVICES, exceptions

type Records = dict[str, dict[str, Any]]


def read_records(path: Path) -> Records:
    """Return the records of a file that tests/oracle/oracle_plugin.py wrote, by test."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {record["test"]: record for record in map(json.loads, lines)}


def classified(records: Records) -> Records:
    """Return records of tests that exceptions.yml names since they ran as if they had not run."""
    kinds = {"left out": exceptions("left_out"), "superseded": exceptions("superseded")}
    outcomes = {
        test: kind for test in records for kind, names in kinds.items() if _named(test, names)
    }
    return {
        test: {**record, "outcome": outcomes[test], "strict": None} if test in outcomes else record
        for test, record in records.items()
    }


def compared(here: Records, plain: Records) -> Iterator[str]:
    """Yield what failed, and counts: how it came out, and strictly."""
    for test, record in here.items():
        there = plain.get(test, {}).get("outcome")
        if record["outcome"] == "failed" or there == "failed":
            note = f" (plain LocalStack: {there})" if there else ""
            yield f"{record['outcome']:<7} {test}{note}"
            if record["reason"]:
                yield f"        {record['reason'].splitlines()[0][:200]}"
    for name, records in (("here", here), ("plain LocalStack", plain)):
        if records:
            yield f"{name}: {_counted(records)}"


@dataclass(frozen=True)
class Strictly:
    """Of the tests that allow differences from AWS's answers, and have answers to compare:

    how many there are, how many hold without, and how many of the others cannot, anywhere.
    """

    tests: int
    hold: int
    cannot: int


def strictly(records: Records) -> Strictly:
    """Return how the tests of `records` come out if they may allow no difference."""
    allowed = [
        one
        for one in records.values()
        if one["allows"] and (one["outcome"] == "failed" or one["strict"])
    ]
    cannot = exceptions("cannot_hold")
    return Strictly(
        tests=len(allowed),
        hold=sum(one["strict"] == "passed" for one in allowed),
        cannot=sum(one["strict"] != "passed" and _named(one["test"], cannot) for one in allowed),
    )


def _counted(records: Records) -> str:
    counted = Counter(record["outcome"] for record in records.values())
    ran = counted["passed"] + counted["failed"]
    strict = strictly(records)
    share = f" ({counted['passed'] / ran:.1%} of those that ran)" if ran else ""
    overtaken = sum(one["overtaken"] for one in records.values())
    return (
        f"{len(records)} tests, {counted['passed']} passed{share}, {counted['failed']} failed, "
        f"{counted['skipped']} skipped by LocalStack, {counted['left out']} left out, "
        f"{counted['superseded']} where a later page of AWS's counts; "
        f"in {overtaken} what AWS has documented since is not compared; with the differences "
        f"that tests allow compared, too, {strict.hold} of {strict.tests} hold, "
        f"and of the others {strict.cannot} cannot anywhere"
    )


def by_frequency(records: Records) -> Iterator[str]:
    """Yield where answers differ from AWS's, most frequent first, with one test of each."""
    found: dict[str, list[str]] = {}
    examples: dict[str, str] = {}
    for test, record in records.items():
        for difference in record["differences"]:
            path = re.sub(r"\[\d+\]", "[…]", difference.partition(": ")[0])
            path = path.partition("[")[1] + path.partition("[")[2] or path
            found.setdefault(path, []).append(test)
            examples.setdefault(path, f"{difference} in {test.removeprefix(SERVICES + '/')}")
    for path, tests in sorted(found.items(), key=lambda item: -len(set(item[1]))):
        yield f"{len(set(tests)):4} tests: {path}, such as {examples[path]}"


def _named(test: str, reasons: Mapping[str, str]) -> bool:
    name = test.removeprefix(f"{SERVICES}/")
    return any(name.endswith(one) or name.startswith((f"{one}[", f"{one}::")) for one in reasons)
