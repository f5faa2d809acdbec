"""Why the properties and attributes of a resource change, as a change set says it.

AWS: CloudFormation API Reference, ResourceChangeDetail and ResourceTargetDefinition.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack_parity.cloudformation import resource_types
from localstack_parity.cloudformation.references import Reference, references_of

type Change = dict[str, Any]

_MISSING: Any = object()
_DIRECT = {"ChangeSource": "DirectModification"}
_ATTRIBUTES = (
    "CreationPolicy",
    "DeletionPolicy",
    "Metadata",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)


@dataclass(frozen=True)
class Situation:
    """What the details of a change depend on; a template's resources are by their logical ids.

    `replaced` says of each resource that is modified whether it is replaced.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    parameters: frozenset[str]  # whose values change
    replaced: dict[str, bool]
    with_values: bool


def contexts(change: Change) -> list[dict[str, Any]]:
    """The values of a resource's properties before and after a change."""
    return [
        json.loads(change.get(context) or "{}").get("Properties") or {}
        for context in ("BeforeContext", "AfterContext")
    ]


def details_of(
    name: str,
    resource_type: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    situation: Situation,
) -> Iterator[Change]:
    """Yield a change for each attribute and property, and each reason."""
    old, new = situation.before.get(name, {}), situation.after.get(name, {})
    for attribute in _ATTRIBUTES:
        sources = list(sources_of(new.get(attribute), situation))
        if sources or old.get(attribute) != new.get(attribute):
            target = {"Attribute": attribute, "RequiresRecreation": "Never"}
            yield from _of_target(sources, target, situation)
    given = new.get("Properties") or {}
    for key in dict.fromkeys([*before, *after]):
        values = before.get(key, _MISSING), after.get(key, _MISSING)
        sources = list(sources_of(given.get(key), situation))
        if values[0] == values[1] and (situation.with_values or not sources):
            continue
        target = _target(key, resource_type, *values, with_values=situation.with_values)
        yield from _of_target(sources, target, situation)


def _of_target(sources: Sequence[Change], target: Change, situation: Situation) -> Iterator[Change]:
    """Yield the changes of one target: by what it refers to, or by the template itself."""
    if situation.with_values:  # what is only supposed to change has not changed
        sources = [one for one in sources if one["Evaluation"] == "Static"]
    for source in sources:
        yield {"Target": target, **source}
    if not sources:
        yield {"Target": target, "Evaluation": "Static", **_DIRECT}
    elif situation.with_values or any(
        one["ChangeSource"] == "ParameterReference" for one in sources
    ):
        yield {"Target": target, "Evaluation": "Dynamic", **_DIRECT}


def sources_of(value: Any, situation: Situation) -> Iterator[Change]:
    """Yield what changes and a property refers to, each once."""
    for reference in dict.fromkeys(references_of(value)):
        if found := _source(reference, situation):
            yield found


def _source(reference: Reference, situation: Situation) -> Change | None:
    name, attribute = reference.name, reference.attribute
    if reference.is_condition:
        return None
    if attribute is None and name in situation.parameters:
        return _caused("ParameterReference", name, certain=True)
    replaced = situation.replaced.get(name)
    if replaced is None or (attribute is None and not replaced):
        return None
    if attribute is None:
        return _caused("ResourceReference", name, certain=True)
    return _caused("ResourceAttribute", f"{name}.{attribute}", certain=replaced)


def _caused(source: str, entity: str, *, certain: bool) -> Change:
    evaluation = "Static" if certain else "Dynamic"
    return {"ChangeSource": source, "CausingEntity": entity, "Evaluation": evaluation}


def _target(key: str, resource_type: str, old: Any, new: Any, *, with_values: bool) -> Change:
    target = {
        "Attribute": "Properties",
        "Name": key,
        "RequiresRecreation": recreation_of(key, resource_type, old, new),
    }
    if with_values:
        target["Path"] = f"/Properties/{key}"
        kind = "Add" if old is _MISSING else "Remove" if new is _MISSING else "Modify"
        target["AttributeChangeType"] = kind
        for name, value in (("BeforeValue", old), ("AfterValue", new)):
            if value is not _MISSING:
                target[name] = value if isinstance(value, str) else json.dumps(value)
    return target


def recreation_of(key: str, resource_type: str, old: Any, new: Any) -> str:
    """Say whether a changed property has its resource replaced: Always or Never."""
    for path in resource_types.replaced_by(resource_type):
        first, *rest = path.split("/")
        if first == key and (not rest or _at(old, rest) != _at(new, rest)):
            return "Always"
    return "Never"


def _at(value: Any, path: Sequence[str]) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def replacement_of(details: Sequence[Change]) -> str:
    """Say whether a resource is replaced: for certain, perhaps, or not.

    AWS: API Reference, ResourceChange: RequiresRecreation and Evaluation decide it.
    """
    evaluations = {
        one["Evaluation"] for one in details if one["Target"]["RequiresRecreation"] == "Always"
    }
    return "True" if "Static" in evaluations else "Conditional" if evaluations else "False"
