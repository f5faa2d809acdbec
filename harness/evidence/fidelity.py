"""What a local pass does not prove: the rows of emulator/FIDELITY.md.

That table is the one list of how the emulator differs from AWS. Each report names the rows that
concern its target, so that a pass is not taken for more than it is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.problems import Problem
from harness.settings import ROOT

FIDELITY = ROOT / "emulator" / "FIDELITY.md"

ENFORCED, SIMULATED, NOT_CHECKED = "enforced", "simulated", "not checked"

# How it is known what AWS does, the strongest first.
RECORDED, DOCUMENTED, INFERRED = "recorded", "documented", "inferred"
_IN_PART = "in part recorded: "

# Rows below such a heading concern only some runs.
_ONLY = "Only with "
_SWITCHED_OFF = {"permissions": "TAPSTACK_IAM=off", "signatures": "TAPSTACK_SIGNATURES=off"}
_NOT_ISOLATED = "functions that share the machine"


@dataclass(frozen=True)
class Behaviour:
    """One row: what AWS does, and what becomes of it in the emulator.

    `number` counts the rows; a letter after it distinguishes parts of one difference. `tests` are
    named as pytest names them. `prominent` rows stand in bold and are shown to people after each
    run. `only` is the target or setting that the row is about, "" where it is about every emulator.
    `known` says how it is known what AWS does (recorded, documented or inferred), `evidence` by
    which recording or page; a recording of a part of it comes after "in part recorded: ".
    """

    number: str
    service: str
    behaviour: str
    status: str
    here: str
    tests: tuple[str, ...]
    prominent: bool
    only: str
    known: str
    evidence: str


def behaviours(file: Path = FIDELITY) -> list[Behaviour]:
    """Every row of the tables in `file`, in order. Raises Problem where there is none.

    Without them a report would say that nothing is left unproven.
    """
    if not file.is_file():
        raise Problem(
            f"The list of what a local pass does not prove is missing: {file}.",
            "It comes with the project: restore the file, or clone the project again.",
        )
    rows, heading = [], ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").strip()
        elif re.match(r"\| *\d", line):
            rows.append(
                _row(heading, [cell.strip() for cell in line.strip().strip("|").split("|")])
            )
    return rows


def _row(heading: str, cells: list[str]) -> Behaviour:
    number, behaviour, status, here, tests, evidence = cells
    known, _, sources = evidence.replace("`", "").partition(" ")
    return Behaviour(
        number=number,
        service=heading,
        behaviour=behaviour.strip("*").replace("`", ""),
        status=status,
        here=here,
        tests=tuple(re.findall(r"`(tests/[^`]+)`", tests)),
        prominent=behaviour.startswith("**"),
        only=heading.removeprefix(_ONLY) if heading.startswith(_ONLY) else "",
        known=known.rstrip(":;"),
        evidence=sources,
    )


def concerning(
    target: str, *, permissions: bool = True, signatures: bool = True, isolated: bool = True
) -> list[Behaviour]:
    """The rows that a run on `target` meets, in the table's order; none on AWS itself.

    `permissions` says whether policies were asked there, `signatures` whether they were verified,
    `isolated` whether functions were kept apart.
    """
    if target == "aws":
        return []
    about = {"", f"the target {target}"}
    if not permissions:
        about.add(_SWITCHED_OFF["permissions"])
    if not signatures:
        about.add(_SWITCHED_OFF["signatures"])
    if not isolated:
        about.add(_NOT_ISOLATED)
    return [row for row in behaviours() if row.only in about]


def not_proven(rows: Iterable[Behaviour]) -> list[Behaviour]:
    """What a pass leaves open of `rows`, the most important first."""
    left_open = [row for row in rows if row.status != ENFORCED]
    return sorted(left_open, key=lambda row: (not row.prominent, not row.only))


def evidence_of(rows: Iterable[Behaviour]) -> dict[str, int]:
    """How many of `rows` are known in which way; those recorded in part are documented or inferred.

    All rows count: the pipeline uses every service that the table is about.
    """
    listed = list(rows)
    known = Counter(row.known for row in listed)
    return {
        "behaviours": len(listed),
        **{kind: known[kind] for kind in (RECORDED, DOCUMENTED, INFERRED)},
        "recorded_in_part": sum(_IN_PART in row.evidence for row in listed),
    }


def evidence_line(counts: Mapping[str, int]) -> str:
    """What `evidence_of` counted, in one sentence for people; "" where there is nothing to know."""
    if not counts["behaviours"]:
        return ""
    return (
        f"of {counts['behaviours']} behaviours in which LocalStack differs from AWS, "
        f"{counts[RECORDED]} are known from recordings made on AWS "
        f"({counts['recorded_in_part']} more in part), "
        f"{counts[DOCUMENTED]} from its documentation, {counts[INFERRED]} are inferred"
    )
