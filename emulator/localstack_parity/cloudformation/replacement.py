"""Whether an update can change a resource where it is, or needs a new one.

LocalStack decides by the text of the template, so a reference to something that changes in another
respect counts as a new value.

Source: AWS CloudFormation User Guide, "Understand update behaviors of stack resources".
"""

from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import PreprocResource

from localstack_parity.cloudformation import resource_types


def is_needed(before: PreprocResource, after: PreprocResource) -> bool:
    """Say whether a property changed that cannot be changed in a resource that exists."""
    if before.resource_type != after.resource_type:
        return True
    old, new = properties_of(before), properties_of(after)
    return any(
        _at(old, path) != _at(new, path) for path in resource_types.replaced_by(after.resource_type)
    )


def refusal(before: PreprocResource, after: PreprocResource) -> str | None:
    """Give AWS's reason why a resource with a custom name cannot be replaced, if it is one.

    The new resource would have to have the name that the old one still holds.
    Source: AWS re:Post, "How do I update a CloudFormation stack that fails with the error
    'CloudFormation cannot update a stack when a custom-named resource requires replacing'?"
    """
    name = custom_name(after)
    if name is None or name != custom_name(before):
        return None
    return (
        "CloudFormation cannot update a stack when a custom-named resource requires "
        f"replacing. Rename {name} and update the stack again."
    )


def custom_name(resource: PreprocResource) -> str | None:
    """Return the name that the template gives a resource, None if CloudFormation makes one up."""
    path = name_property(resource.resource_type)
    return properties_of(resource).get(path) if path else None


def name_property(resource_type: str) -> str | None:
    """Return the property that is the name of resources of this type, if there is one."""
    last = resource_type.rsplit("::", 1)[-1]
    paths = resource_types.replaced_by(resource_type)
    return next((path for path in ("Name", f"{last}Name") if path in paths), None)


def properties_of(resource: PreprocResource) -> dict[str, Any]:
    """Return the properties of a resource; none if the template gives it none."""
    given = resource.properties
    return {} if is_nothing(given) else dict(given.properties)


def _at(properties: Mapping[str, Any], path: str) -> Any:
    value: Any = properties
    for part in path.split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
