"""Findings in the formats of those who read them: people, GitHub's annotations, code scanning."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from harness.lint import Finding

# GitHub shows ten errors and ten warnings of a step beside the code, and drops the others ("About
# annotations", community discussion 68471).
_ANNOTATIONS = 10
_LEVELS = {
    "F": "error",
    "E": "error",
    "W": "warning",
    "I": "note",
}  # by the first letter of a rule's id


def as_text(findings: Sequence[Finding]) -> str:
    """A line each: place, rule, what is wrong, source."""
    return "\n".join(str(found) for found in findings)


def as_github(findings: Sequence[Finding]) -> str:
    """Workflow commands, which become annotations; what there is no room for is a plain line."""
    lines, left = [], dict.fromkeys(_LEVELS.values(), _ANNOTATIONS)
    for found in findings:
        level = _level(found)
        left[level] -= 1
        lines.append(_command(found, level) if left[level] >= 0 else str(found))
    return "\n".join(lines)


def as_sarif(findings: Sequence[Finding]) -> str:
    """SARIF 2.1.0 (OASIS), for GitHub's code scanning and for editors; also without findings."""
    rules = {found.id: found for found in findings}
    run = {
        "tool": {
            "driver": {
                "name": "tapstack lint",
                "rules": [
                    {"id": id_, **({"helpUri": rule.source} if _is_link(rule.source) else {})}
                    for id_, rule in rules.items()
                ],
            }
        },
        "results": [
            {
                "ruleId": found.id,
                "ruleIndex": list(rules).index(found.id),
                "level": _level(found),
                "message": {"text": found.message},
                "locations": [{"physicalLocation": _location(found)}],
            }
            for found in findings
        ],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2)


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": as_text,
    "github": as_github,
    "sarif": as_sarif,
}


def _level(found: Finding) -> str:
    return _LEVELS.get(found.id[:1], "error")


def _command(found: Finding, level: str) -> str:
    """`::error file=…,line=…::…`, escaped as GitHub's toolkit does (command.ts)."""
    place = {"file": found.file, "line": found.line, "col": found.column, "title": found.id}
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    name = "notice" if level == "note" else level
    return f"::{name} {properties}::{_data(f'{found.message} ({found.source})')}"


def _data(value: object) -> str:
    return str(value).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _location(found: Finding) -> dict[str, Any]:
    """SARIF counts lines and columns from 1; what concerns a whole file has line 1."""
    region = {"startLine": max(1, found.line), "startColumn": max(1, found.column)}
    return {"artifactLocation": {"uri": quote(found.file)}, "region": region}


def _is_link(text: str) -> bool:
    return text.startswith("https://")
