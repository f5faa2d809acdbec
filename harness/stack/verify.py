"""Verification that a stack is what its template says.

Every resource is read back through its service's API and compared, property by property, with the
template whose parameters have the stack's values, and so is every output; what requirements.yml
states is held against them too. LocalStack's CREATE_COMPLETE is no proof.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from harness.settings import Settings
from harness.stack.abandoned import left_behind
from harness.stack.diff import Difference, Verdict, compare
from harness.stack.function_code import sha256
from harness.stack.intrinsics import Place, Resolver, Unknown
from harness.stack.live import READERS
from harness.stack.live.common import Gone
from harness.stack.live.defaults import ABSENT, DEFAULTS
from harness.stack.package import zipped
from harness.stack.physical_ids import attribute, name_of
from harness.stack.pipeline import read_pipeline
from harness.stack.required import unmet
from harness.stack.required.deployed import deployed
from harness.stack.required.described import Described, Unmet
from harness.stack.required.file import requirements_of
from harness.stack.template import Template, load_template, resource_types
from harness.targets.target import Target

# What LocalStack puts where there is nothing.
_NOTHING = {None, "", "unknown"}
FAILED = frozenset({Verdict.IGNORED, Verdict.ALTERED, Verdict.ADDED})
OUTPUT = "Output"
LEFT_BEHIND = "left behind"
_SHOWN = 160  # characters of a value in a line


@dataclass(frozen=True)
class Reading:
    """A property of a resource (or of an output) and what became of it."""

    resource: str
    kind: str
    difference: Difference

    @property
    def verdict(self) -> Verdict:
        """The property's verdict."""
        return self.difference.verdict

    def __str__(self) -> str:
        place = f"{self.resource}.{self.difference.path}".rstrip(".")
        match self.verdict:
            case Verdict.IGNORED:
                said = f"is not there; the template says {_short(self.difference.expected)}"
            case Verdict.ALTERED:
                expected, actual = self.difference.expected, self.difference.actual
                said = f"is {_short(actual)}; by the template it is {_short(expected)}"
            case Verdict.ADDED | Verdict.DEFAULTED:
                said = f"is {_short(self.difference.actual)}; the template says nothing"
            case Verdict.NOT_VERIFIED:
                said = f"could not be compared: {_reason(self.difference)}"
            case _:
                said = "is as in the template"
        return f"{place} ({self.kind}) {said}"


@dataclass(frozen=True)
class Verification:
    """All readings of a stack."""

    stack: str
    readings: tuple[Reading, ...]
    unmet: tuple[Unmet, ...] = ()  # of what requirements.yml says

    @property
    def failed(self) -> list[Reading]:
        """What is not as the template says."""
        return [reading for reading in self.readings if reading.verdict in FAILED]

    @property
    def not_verified(self) -> list[Reading]:
        """What nobody could tell."""
        return [r for r in self.readings if r.verdict is Verdict.NOT_VERIFIED]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, all requirements hold, and something was verified at all."""
        return not (self.failed or self.unmet) and any(
            r.verdict is Verdict.SAME for r in self.readings
        )

    def report(self) -> dict[str, Any]:
        """Everything, for machines: lists of readings by verdict."""
        return {
            "stack": self.stack,
            "passed": self.passed,
            "verified": sum(r.verdict is Verdict.SAME for r in self.readings),
            "failed": [_facts(reading) for reading in self.failed],
            "unmet": [{"at": each.where, "sentence": each.sentence} for each in self.unmet],
            "not_verified": [_facts(reading) for reading in self.not_verified],
            "defaulted": [_facts(r) for r in self.readings if r.verdict is Verdict.DEFAULTED],
        }

    def lines(self) -> Iterator[str]:
        """A table with a line for each resource, then what failed or was not compared."""
        rows = Counter((r.resource, r.kind, r.verdict) for r in self.readings)
        names = list(dict.fromkeys((r.resource, r.kind) for r in self.readings))
        width = max((len(name) for name, _ in names), default=0)
        kinds = max((len(kind.removeprefix("AWS::")) for _, kind in names), default=0)
        for name, kind in names:
            counts = [
                f"{count} {verdict}"
                for verdict in Verdict
                if (count := rows[name, kind, verdict]) and verdict is not Verdict.SAME
            ]
            counted = ", ".join([f"{rows[name, kind, Verdict.SAME]} same", *counts])
            yield f"{name:<{width}}  {kind.removeprefix('AWS::'):<{kinds}}  {counted}"
        yield from (f"NOT VERIFIED {reading}" for reading in self.not_verified)
        yield from (f"FAILED {reading}" for reading in self.failed)
        yield from (f"FAILED {each}" for each in self.unmet)
        verified = sum(r.verdict is Verdict.SAME for r in self.readings)
        yield (
            f"{self.stack}: {verified} properties and outputs are as in the template, "
            f"{len(self.failed)} are not, {len(self.not_verified)} could not be verified"
        )


def verify(target: Target, settings: Settings, stack_name: str) -> Verification:
    """Read back the stack `stack_name` and compare it with the settings' template.

    Parameters have the values that the stack was deployed with. Problem if there is no template;
    what the target raises for a stack that does not exist passes through.
    """
    requirements = requirements_of(settings.template)
    live = _Live(target, load_template(settings.template), stack_name)
    readings = [*_resources(live, settings), *_outputs(live), *_left_behind(live)]
    pipeline = read_pipeline(settings.pipeline)
    broken = unmet(requirements, _deployed(live), pipeline) if requirements else ()
    return Verification(stack_name, tuple(readings), tuple(broken))


def missing_from(
    target: Target, template: Template, stack_name: str, outputs: Mapping[str, str]
) -> list[str]:
    """Names of the template's resources and outputs that the stack does not have.

    What depends on a condition may be missing.
    """
    there = physical_ids(target, stack_name)
    required = [
        name
        for name, output in (template.get("Outputs") or {}).items()
        if "Condition" not in output
    ]
    return [
        *(name for name in resource_types(template) if name not in there),
        *(name for name in required if outputs.get(name) in _NOTHING),
    ]


def physical_ids(target: Target, stack_name: str) -> dict[str, str]:
    """The physical ids of a stack's complete resources, by logical id."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack_name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
        and resource.get("PhysicalResourceId") not in _NOTHING
    }


def _deployed(live: "_Live") -> Described:
    resources = live.resolver.value(live.template["Resources"])
    return deployed(live.target, live.place, live.ids, resources, live.stack.get("Outputs", []))


class _Live:
    """A running stack, and its template with the values of that stack."""

    def __init__(self, target: Target, template: Template, stack_name: str) -> None:
        cloudformation = target.client("cloudformation")
        self.target, self.template, self.stack_name = target, template, stack_name
        self.stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
        self.ids = physical_ids(target, stack_name)
        # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
        stack_id = self.stack["StackId"]
        _, _, _, region, account, _ = stack_id.split(":", 5)
        self.place = Place(region, account, stack_name, stack_id)
        parameters = {
            given["ParameterKey"]: given.get("ResolvedValue") or given["ParameterValue"]
            for given in self.stack.get("Parameters", [])
            if given["ParameterValue"] != "****"  # NoEcho
        }
        self.resolver = Resolver(
            template,
            parameters,
            self.place,
            reference=lambda name: self.ids.get(name, Unknown(name)),
            attribute=self._attribute,
            imports=self.exports,
        )

    @cached_property
    def exports(self) -> Mapping[str, str]:
        """What the stacks of this account and Region export, by name."""
        pages = self.target.client("cloudformation").get_paginator("list_exports").paginate()
        return {e["Name"]: e["Value"] for page in pages for e in page["Exports"]}

    def _attribute(self, logical_id: str, wanted: str) -> Any:
        kind, physical_id = self.template["Resources"][logical_id]["Type"], self.ids.get(logical_id)
        if physical_id is None:
            return Unknown(logical_id)
        path = self.template["Resources"][logical_id].get("Properties", {}).get("Path", "/")
        path = self.resolver.value(path) if kind.startswith("AWS::IAM::") else "/"
        return attribute(kind, name_of(kind, physical_id), wanted, self.place, path)


def _resources(live: _Live, settings: Settings) -> Iterator[Reading]:
    for name, resource in live.template["Resources"].items():
        kind = resource["Type"]
        if not live.resolver.included(resource):
            continue
        if name not in live.ids:
            yield Reading(name, kind, Difference("", Verdict.IGNORED, "the resource"))
            continue
        properties = live.resolver.value(resource.get("Properties") or {})
        if kind == "AWS::Lambda::Function":
            properties = {**properties, "Code": _code(properties.get("Code"), settings)}
        for difference in _read_back(live, kind, live.ids[name], properties):
            yield Reading(name, kind, difference)


def _read_back(
    live: _Live, kind: str, physical_id: str, properties: Mapping[str, Any]
) -> Iterator[Difference]:
    reader = READERS.get(kind)
    if reader is None:
        yield Difference("", Verdict.NOT_VERIFIED, Unknown(f"nothing here reads {kind}"))
        return
    try:
        actual = reader(live.target, physical_id, properties)
    except Gone as gone:
        yield Difference("", Verdict.IGNORED, str(gone))
        return
    except KeyError as error:  # other emulators leave out what AWS always says
        yield Difference("", Verdict.NOT_VERIFIED, Unknown(f"the answer lacks {error}"))
        return
    for name, value in properties.items():
        if name not in actual:
            unread = Unknown(f"nothing here reads {name} of {kind}")
            yield Difference(name, Verdict.NOT_VERIFIED, value, unread)
    read = {name: value for name, value in properties.items() if name in actual}
    for difference in compare(read, actual):
        yield _beside_default(kind, difference)


def _beside_default(kind: str, found: Difference) -> Difference:
    """A property that the template does not have, judged by what AWS's default for it is."""
    defaults = DEFAULTS.get(kind, {})
    if found.verdict is not Verdict.DEFAULTED or found.path not in defaults:
        return found
    default = defaults[found.path]
    if default is ABSENT:
        return replace(found, verdict=Verdict.ADDED)
    if any(d.verdict is not Verdict.SAME for d in compare(default, found.actual, found.path)):
        return replace(found, verdict=Verdict.ALTERED, expected=default)
    return found


def _code(code: Any, settings: Settings) -> Any:
    """What Lambda says of the package that a `Code:` path leads to."""
    if not isinstance(code, str):
        return Unknown("the package in S3")
    folder = (settings.template.parent / code).resolve()
    if not folder.is_dir():
        return Unknown(f"there is nothing at {code}")
    return {"CodeSha256": sha256(zipped(folder, settings))}


def _outputs(live: _Live) -> Iterator[Reading]:
    there = {o["OutputKey"]: o["OutputValue"] for o in live.stack.get("Outputs", [])}
    for name, output in (live.template.get("Outputs") or {}).items():
        if not live.resolver.included(output):
            continue
        expected = {"Value": live.resolver.value(output.get("Value"))}
        actual = {"Value": there[name]} if there.get(name) not in _NOTHING else {}
        if "Export" in output:
            exported = live.resolver.value(output["Export"]["Name"])
            expected["Export"] = {exported: expected["Value"]}
            actual["Export"] = {n: v for n, v in live.exports.items() if n == exported}
        for difference in compare(expected, actual):
            yield Reading(name, OUTPUT, difference)


def _left_behind(live: _Live) -> Iterator[Reading]:
    """What runs that were killed have left, which no template says."""
    for name, what in left_behind(live.target, live.stack_name):
        yield Reading(name, LEFT_BEHIND, Difference("", Verdict.ADDED, actual=what))


def _facts(reading: Reading) -> dict[str, Any]:
    difference = reading.difference
    return {
        "resource": reading.resource,
        "type": reading.kind,
        "property": difference.path,
        "verdict": difference.verdict,
        "expected": difference.expected,
        "actual": difference.actual,
    }


def _reason(difference: Difference) -> str:
    values = (difference.expected, difference.actual)
    return next((value.what for value in values if isinstance(value, Unknown)), "unknown")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
