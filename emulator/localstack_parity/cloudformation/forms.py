"""The form that sections of a template and calls of functions have to have.

Source: AWS CloudFormation User Guide, "Template sections", and Template Reference, "Intrinsic
functions"; the messages that people report.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

_OF_OBJECTS = ("Conditions", "Mappings", "Outputs", "Parameters", "Resources", "Rules")

# What each function needs; the words of these refusals were recorded on AWS, but for some.
_LIST_OF = "or a function that returns a list of strings (such as Fn::GetAZs)"
_NEEDS = {
    "Fn::Base64": "one string",
    "Fn::Cidr": "an address block, a count and the bits of the subnets",
    "Fn::Equals": "a list of 2 string parameters.",
    "Fn::FindInMap": "the name of a map, a top-level key and a second-level key",
    "Fn::GetAZs": "the name of a Region",
    "Fn::GetAtt": "two non-empty parameters, the resource name and the resource attribute",
    "Fn::If": "the name of a condition, a value if it is true and one if it is false",
    "Fn::ImportValue": "the name of an export",
    "Fn::Join": "two parameters, (1) a string delimiter and (2) a list of strings to be joined "
    f"{_LIST_OF} to be joined.",
    "Fn::Select": "a list argument with two elements: an integer index and a list",
    "Fn::Split": "two parameters, (1) a string delimiter and (2) a string to be split or a "
    "function that returns a string to be split.",
    "Fn::Sub": "a string, or a string and a map of values",
}
_OF_CONDITIONS = {"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}
_NO_OBJECT = {
    "": "Template format error: Any {0} member must be an object ({1}).",
    "Mappings": "Template format error: Every Mappings member {1} must be a map",
    "Resources": "Template format error: Any Resources member must be an object.",
}
_OF_MACROS = {"Fn::Transform"}
_COUNTS = {
    "Fn::Equals": (2, 2),
    "Fn::If": (3, 3),
    "Fn::Join": (2, 2),
    "Fn::Select": (2, 2),
    "Fn::Split": (2, 2),
}


def check_sections(template: Mapping[str, Any]) -> None:
    """Raise unless sections, and what stands in them by name, are objects."""
    for section in _OF_OBJECTS:
        members = template.get(section)
        if members is None:
            continue
        if not isinstance(members, dict):
            raise ValidationError(f"Template format error: {section} must be an object.")
        for name, member in members.items():
            made_by_macro = name.startswith("Fn::")
            if not isinstance(member, dict) and not made_by_macro:
                raise ValidationError(_NO_OBJECT.get(section, _NO_OBJECT[""]).format(section, name))
    if not isinstance(template.get("Description", ""), (str, type(None))):
        raise ValidationError("Template format error: Description must be a string.")
    for transform in _listed(template.get("Transform")):
        name = transform.get("Name") if isinstance(transform, dict) else transform
        if not isinstance(name, str):
            raise ValidationError("Key Name of transform definition must be a string.")


def check_resources(resources: Mapping[str, Any]) -> None:
    """Raise unless the names of resources are letters and digits, and their properties objects."""
    for name, resource in resources.items():
        if not (name.isascii() and name.isalnum()):
            raise ValidationError(
                f"Template format error: Resource name {name} is non alphanumeric."
            )
        if not isinstance(resource.get("Properties"), (dict, type(None))):
            raise ValidationError(f"Template format error: Properties of {name} must be an object.")
        for attribute in ("CreationPolicy", "UpdatePolicy"):
            if attribute in resource:
                raise ValidationError(f"{attribute} is not emulated here (resource {name}).")


def check_functions(template: Mapping[str, Any]) -> None:
    """Raise if a function is called that there is not, or called with what it does not take."""
    for section in ("Conditions", "Outputs", "Resources"):
        for function, argument in _calls(template.get(section) or {}):
            if function not in _NEEDS.keys() | _OF_CONDITIONS | _OF_MACROS:
                known = ", ".join(sorted(_NEEDS.keys() | _OF_CONDITIONS))
                raise ValidationError(
                    f"Template format error: Encountered unsupported function: {function} "
                    f"Supported functions are: [{known}]"
                )
            if not _takes(function, argument):
                needs = _NEEDS.get(function, "a list of conditions")
                every = function if function == "Fn::Select" else f"every {function} object"
                raise ValidationError(f"Template error: {every} requires {needs}")


def _calls(value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            for key, item in value.items():
                if key.startswith("Fn::"):
                    yield key, item
                yield from _calls(item)
        case list():
            for item in value:
                yield from _calls(item)


def _takes(function: str, argument: Any) -> bool:
    if function in _COUNTS:
        least, most = _COUNTS[function]
        return isinstance(argument, list) and least <= len(argument) <= most
    match function, argument:
        case "Fn::Sub", str() | [str(), dict()]:
            return True
        case "Fn::Sub", _:
            return False
        case "Fn::GetAtt", str() | [_, _, *_]:
            return True
        case "Fn::GetAtt", _:
            return False
        case "Fn::FindInMap" | "Fn::And" | "Fn::Or" | "Fn::Equals" | "Fn::Not", _:
            return isinstance(argument, list) and bool(argument)
    return argument is not None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
