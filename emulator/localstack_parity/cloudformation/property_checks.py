"""Whether the properties of a resource are such as its type takes, and such as are emulated here.

CloudFormation looks at them when it comes to the resource, every reference resolved, by the schema
in its registry (property_schemas.json, which make_resource_types.py made). What AWS takes and the
emulator does not carry out is refused as well: property_coverage.py lists it.

Source of the words: what people report, such as https://github.com/aws/aws-cdk/issues/28984.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from localstack_parity.cloudformation import property_coverage as coverage
from localstack_parity.cloudformation.schemas import violations

# What `aws cloudformation package` replaces by the place of an upload.
_PACKAGED = {
    "AWS::Lambda::Function": "#/Code",
    "AWS::Lambda::LayerVersion": "#/Content",
}


def problem(name: str, resource_type: str, properties: Mapping[str, Any]) -> str | None:
    """Say why a resource cannot have these properties; None if it can."""
    given = _without_none(properties)
    schema = schema_of(resource_type)
    if schema and (found := sorted(set(violations(given, schema, schema)))):
        advice = (
            " Code on this machine has to be uploaded first: run `aws cloudformation package` and "
            "deploy the template that it writes."
            if any(line.startswith(f"{_PACKAGED.get(resource_type)}: expected") for line in found)
            else ""
        )
        lines = "\n".join(found)
        return f"Properties validation failed for resource {name} with message:\n{lines}{advice}"
    if refused := coverage.refused(resource_type, given):
        return f"Property {refused} of {resource_type} is not emulated here."
    return None


def schema_of(resource_type: str) -> Mapping[str, Any] | None:
    """Return the schema of a type's properties, if it is known."""
    return _schemas().get(resource_type)


@cache
def _schemas() -> Mapping[str, Mapping[str, Any]]:
    text = (files(__package__) / "property_schemas.json").read_text()
    types: Mapping[str, Mapping[str, Any]] = json.loads(text)["types"]
    return types


def _without_none(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_none(item) for key, item in value.items() if item is not None}
        case list():
            return [_without_none(item) for item in value if item is not None]
    return value
