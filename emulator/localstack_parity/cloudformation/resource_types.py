"""What CloudFormation knows about the types of resources."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

CUSTOM = "AWS::CloudFormation::CustomResource"


def is_custom(type_name: str) -> bool:
    """Say whether resources of this type are those of a function or topic."""
    return type_name == CUSTOM or type_name.startswith("Custom::")


def exists(type_name: str) -> bool:
    """Say whether CloudFormation has this type."""
    return is_custom(type_name) or type_name in _types()


def has_attribute(type_name: str, attribute: str) -> bool:
    """Say whether Fn::GetAtt may ask a resource of this type for the attribute.

    What a custom resource answers is only known at run time, what a nested stack gives as well.
    """
    if is_custom(type_name):
        return True
    if type_name == "AWS::CloudFormation::Stack":
        return attribute.startswith("Outputs.")
    return attribute in _about(type_name, "attributes")


def replaced_by(type_name: str) -> list[str]:
    """Return the paths of the properties whose change replaces a resource of this type."""
    return [] if is_custom(type_name) else _about(type_name, "replaced_by")


def kind_of_tags(type_name: str) -> str | None:
    """Return `list` (of Key and Value) or `map` as the property Tags is, None without it."""
    kind: str | None = _types().get(type_name, {}).get("tags")
    return kind


def _about(type_name: str, what: str) -> list[str]:
    found: list[str] = _types().get(type_name, {}).get(what, [])
    return found


@cache
def _types() -> Mapping[str, Mapping[str, Any]]:
    text = (files(__package__) / "resource_types.json").read_text()
    types: Mapping[str, Mapping[str, Any]] = json.loads(text)["types"]
    return types


def with_tags(
    type_name: str, properties: Mapping[str, Any], tags: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """Return a resource's properties with a stack's tags among its own, which come first.

    AWS: CloudFormation User Guide, "Resource tag": stack-level tags propagate to the resources
    that support tagging.
    """
    kind, own = kind_of_tags(type_name), properties.get("Tags")
    if not tags or kind is None:
        return dict(properties)
    if kind == "map":
        merged: Any = {tag["Key"]: tag["Value"] for tag in tags} | dict(own or {})
    else:
        named = {tag["Key"] for tag in own or []}
        merged = [*(own or []), *(dict(tag) for tag in tags if tag["Key"] not in named)]
    return {**properties, "Tags": merged}
