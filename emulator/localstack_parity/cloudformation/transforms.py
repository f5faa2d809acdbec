"""The transforms that a template may ask for: those that are emulated, and the account's macros.

AWS: CloudFormation Template Reference, "Transform macros"; User Guide, "Using macros".
"""

from collections.abc import Container, Iterator, Mapping
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

SERVERLESS = "AWS::Serverless-2016-10-31"
_EMULATED = (SERVERLESS, "AWS::Include", "AWS::LanguageExtensions")


def check(template: Mapping[str, Any], macros: Container[str], account: str) -> None:
    """Raise if the template asks for a transform that is not there."""
    for name in names(template):
        if name in _EMULATED or name in macros:
            continue
        if name.startswith("AWS::"):
            raise ValidationError(f"The transform {name} is not emulated here.")
        raise ValidationError(f"No transform named {account}::{name} found.")


def names(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the transforms that a template asks for, as a whole or in its parts."""
    yield from _named(template.get("Transform"))
    yield from _in_parts(template)


def _in_parts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                if key == "Fn::Transform":
                    yield from _named(item)
                yield from _in_parts(item)
        case list():
            for item in value:
                yield from _in_parts(item)


def _named(transform: Any) -> Iterator[str]:
    match transform:
        case str():
            yield transform
        case {"Name": str(name)}:
            yield name
        case list():
            for one in transform:
                yield from _named(one)
