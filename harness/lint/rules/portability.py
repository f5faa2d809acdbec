"""E912x: portability to other Regions, partitions and environments than the one at hand."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.parameters import refusal, violated_rules

# Another Region, and one of a partition whose ARNs do not begin with arn:aws:.
_REGIONS = ("eu-west-1", "cn-north-1")
_SECTIONS = ("Conditions", "Resources", "Outputs")
# A name that nobody thought of when a mapping was written.
_ANY_NAME = ("x1", "other")


class WorksElsewhere(StackRule):
    """What is written out for one place, or behind a condition, is seen only where it fails."""

    id = "E9121"
    shortdesc = "What holds here holds in every Region and partition, and whatever is conditional"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """What the other rules find in another place, or with another value, and not here."""
        others = [rule() for rule in StackRule.__subclasses__() if rule not in _ONLY_HERE]
        here = {(r.id, str(path)) for r in others for path, _ in r.findings(stack)}
        told: set[tuple[str, str]] = set()
        for what, other in _variants(stack):
            for rule in others:
                for path, message in rule.findings(other):
                    if (rule.id, str(path)) not in here | told:
                        told.add((rule.id, str(path)))
                        yield path, f"{what}: {message} ({rule.id})"


class MappingsAreComplete(StackRule):
    """CloudFormation answers "Template error: Unable to get mapping for …"."""

    id = "E9122"
    shortdesc = "Mappings have every value that a parameter allows"
    description = shortdesc
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "intrinsic-function-reference-findinmap.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each FindInMap by a parameter with the first value that is in no mapping."""
        mappings = stack.template.get("Mappings") or {}
        parameters = stack.template.get("Parameters") or {}
        sections = {name: stack.template.get(name) for name in _SECTIONS}
        for path, found in _calls(sections, "Fn::FindInMap", []):
            if not isinstance(found, list) or len(found) != 3 or not isinstance(found[0], str):
                continue  # a DefaultValue is a fourth
            declared = parameters.get(_reference(found[1]))
            mapping = mappings.get(found[0])
            if not isinstance(declared, dict) or not isinstance(mapping, dict):
                continue
            for value in declared.get("AllowedValues") or _ANY_NAME:
                if refusal(declared, str(value)) is None and str(value) not in map(str, mapping):
                    yield path, f"{_reference(found[1])}={value} is allowed and not in {found[0]}"
                    break


# Judged already with other values, or not about the template's places.
_ONLY_HERE = {WorksElsewhere, MappingsAreComplete}


def _variants(stack: Stack) -> Iterator[tuple[str, Stack]]:
    """The stack in other Regions, and with each value that a condition asks for.

    Where the template's own Rules refuse such a value, that is what they are for.
    """
    for region in _REGIONS:
        if region != stack.place.region:
            yield f"in {region}", stack.variant(region=region)
    for name, value in dict.fromkeys(_asked(stack.template.get("Conditions"))):
        declared = (stack.template.get("Parameters") or {}).get(name)
        if isinstance(declared, dict) and refusal(declared, value) is None:
            other = stack.variant(**{name: value})
            if not any(violated_rules(other.template, other.parameters, other.place)):
                yield f"with {name}={value}", other


def _asked(conditions: Any) -> Iterator[tuple[str, str]]:
    """Each parameter with a constant that it is compared with."""
    for _, sides in _calls(conditions, "Fn::Equals", []):
        if isinstance(sides, list) and len(sides) == 2:
            for one, other in (sides, sides[::-1]):
                if (name := _reference(one)) and isinstance(other, str | int | float):
                    yield name, str(other)


def _reference(value: Any) -> str:
    return str(value.get("Ref", "")) if isinstance(value, Mapping) else ""


def _calls(
    node: Any, function: str, path: list[str | int]
) -> Iterator[tuple[list[str | int], Any]]:
    """Each call of an intrinsic function, with its place and what it is given."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == function:
                yield path, value
            yield from _calls(value, function, [*path, str(key)])
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _calls(value, function, [*path, number])
