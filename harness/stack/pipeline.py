"""The pipeline of a project: which output of its stack plays which part, and what its keys are.

pipeline.yml beside the template says it, and nothing else does. A template without one is taken for
a template like TapStack's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from harness.files import shown
from harness.problems import Problem
from harness.settings import PIPELINE_FILE, ROOT, pipeline_file

PARTS: Mapping[str, str] = {
    "upload_bucket": "the upload bucket",
    "upload_bucket_arn": "the upload bucket's ARN",
    "processed_bucket": "the processed bucket",
    "topic": "the topic",
    "function": "the function",
    "function_arn": "the function's ARN",
    "log_group": "the function's log group",
    "failure_queue": "the failure queue",
}
_MAY_BE_MISSING = {"upload_bucket_arn", "function_arn", "failure_queue"}
# What may be judged of an output and of what is published about it, in the order of the report.
AREAS = ("pixels", "size", "format", "private", "metadata", "encryption", "notification")

_OUTPUT = re.compile(r"[A-Za-z0-9]+")  # "Outputs section": a logical id
_PREFIX = re.compile(r"([A-Za-z0-9_.-]+/)+")


@dataclass(frozen=True)
class Keys:
    """The prefixes of uploads and of outputs; an output is called as its upload otherwise."""

    uploads: str
    outputs: str

    def output(self, key: str) -> str:
        """Where the output of the upload `key` must be."""
        return self.outputs + key.removeprefix(self.uploads)

    def source(self, wanted: str) -> str:
        """The upload that a person means who may have named its output."""
        if not wanted.startswith(self.outputs):
            return wanted
        return self.uploads + wanted.removeprefix(self.outputs)


@dataclass(frozen=True)
class Pipeline:
    """What a pipeline.yml says; `outputs` are the names of the template's outputs by part.

    `judged` are those of AREAS that are held against an output. `gate` names the scenarios of the
    gate in their order; None leaves that to the scenarios.
    """

    file: Path
    outputs: Mapping[str, str]
    keys: Keys
    judged: tuple[str, ...] = AREAS
    gate: tuple[str, ...] | None = None

    def missing(self, outputs: Mapping[str, str], *parts: str) -> list[str]:
        """What a stack with these outputs lacks of `parts`, by default of all, in words."""
        wanted = parts or tuple(self.outputs)
        return [self._lacks(part) for part in wanted if not self.of(outputs, part)]

    def of(self, outputs: Mapping[str, str], part: str) -> str:
        """What plays the part in a stack with these outputs; empty if nothing does."""
        return outputs.get(self.outputs.get(part, ""), "")

    def _lacks(self, part: str) -> str:
        name = self.outputs.get(part)
        return f"{name} ({PARTS[part]})" if name else f"for {PARTS[part]}"


def pipeline_of(template: Path) -> Pipeline:
    """The pipeline of a template. Problem if the file beside it makes no sense."""
    return read_pipeline(pipeline_file(template))


@cache
def own_pipeline() -> Pipeline:
    """TapStack's own."""
    return read_pipeline(ROOT / "infra" / PIPELINE_FILE)


def read_pipeline(file: Path) -> Pipeline:
    """What a file says. Problem with one sentence if it makes no sense."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise Problem(f"{shown(file)} cannot be read: {reason}.", "Correct it there.") from error
    found = _names(file, document, "the file", ("outputs", "keys", "judged", "gate"))
    outputs = _names(file, found.get("outputs"), "outputs", tuple(PARTS))
    needed = [part for part in PARTS if part not in _MAY_BE_MISSING]
    if missing := [part for part in needed if part not in outputs]:
        raise _malformed(file, f"outputs needs {' and '.join(missing)}")
    keys = _names(file, found.get("keys"), "keys", ("uploads", "outputs"))
    if missing := [name for name in ("uploads", "outputs") if name not in keys]:
        raise _malformed(file, f"keys needs {' and '.join(missing)}")
    for name, value in outputs.items():
        _fitting(file, name, value, _OUTPUT, "the name of an output")
    for name, value in keys.items():
        _fitting(file, name, value, _PREFIX, "a prefix such as uploads/")
    one, other = keys["uploads"], keys["outputs"]
    shared = outputs["upload_bucket"] == outputs["processed_bucket"]
    if shared and (one.startswith(other) or other.startswith(one)):
        raise _malformed(file, "in one bucket neither prefix of keys may begin with the other")
    judged = _texts(file, "judged", found.get("judged", list(AREAS)))
    if unknown := [area for area in judged if area not in AREAS]:
        raise _malformed(file, f"judged has no {unknown[0]}; it may have {', '.join(AREAS)}")
    gate = _texts(file, "gate", found["gate"]) if "gate" in found else None
    return Pipeline(file, outputs, Keys(**keys), judged, gate)


def _names(file: Path, value: Any, where: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(file, f"{where} has to be names with values: {', '.join(known)}")
    if unknown := [name for name in value if name not in known]:
        raise _malformed(file, f"{where} has no {unknown[0]}; it may have {', '.join(known)}")
    return value


def _texts(file: Path, name: str, value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise _malformed(file, f"{name} has to be a list of texts")
    return tuple(value)


def _fitting(file: Path, name: str, value: Any, form: re.Pattern[str], what: str) -> None:
    if not (isinstance(value, str) and form.fullmatch(value)):
        raise _malformed(file, f"{name} has to be {what}, not {value!r}")


def _malformed(file: Path, what: str) -> Problem:
    return Problem(f"{shown(file)}: {what}.", "Correct it there; docs/other-pipelines.md says how.")
