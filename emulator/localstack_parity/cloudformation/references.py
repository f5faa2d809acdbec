"""What a part of a template refers to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


@dataclass(frozen=True)
class Reference:
    """A name that stands in a template; `attribute` is None unless an attribute is asked for."""

    function: str
    name: str
    attribute: str | None = None

    @property
    def is_condition(self) -> bool:
        """Whether the name is that of a condition."""
        return self.function in ("Condition", "Fn::If")

    @property
    def is_plain(self) -> bool:
        """Whether the name is that of a parameter or of a resource as a whole."""
        return self.attribute is None and not self.is_condition


def references_of_item(item: dict[str, Any]) -> Iterator[Reference]:
    """Find the references of a whole resource or output, except those in its metadata."""
    for key, value in item.items():
        match key, value:
            case "Metadata", _:
                pass
            case "Condition", str():
                yield Reference("Condition", value)
            case "DependsOn", str() | list():
                names = [value] if isinstance(value, str) else value
                yield from (Reference("DependsOn", str(name)) for name in names)
            case _:
                yield from references_of(value)


def references_of(value: Any) -> Iterator[Reference]:
    """Find the references in any piece of a template, such as a property."""
    if isinstance(value, list):
        for item in value:
            yield from references_of(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        match key, item:
            case "Ref", str() if len(value) == 1:
                yield Reference("Ref", item)
            case "Condition", str() if len(value) == 1:
                yield Reference("Condition", item)
            case "Fn::GetAtt", str() | list():
                yield from _attribute(item)
            case "Fn::Sub", str():
                yield from _variables(item, {})
            case "Fn::Sub", [str(text), dict(given)]:
                yield from _variables(text, given)
                yield from references_of(given)
            case "Fn::If", [str(condition), *_]:
                yield Reference("Fn::If", condition)
                yield from references_of(item)
            case _:
                yield from references_of(item)


def _attribute(argument: str | list[Any]) -> Iterator[Reference]:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    name, *attribute = parts or [""]
    if all(isinstance(part, str) for part in attribute):
        yield Reference("Fn::GetAtt", str(name), ".".join(attribute))
    else:  # the attribute's name is made of parameters
        yield Reference("Fn::GetAtt", str(name))
        yield from references_of(attribute)


def _variables(text: str, given: dict[str, Any]) -> Iterator[Reference]:
    for found in _VARIABLE.findall(text):
        name = found.strip()
        if name in given:
            continue
        if "." in name:
            yield Reference("Fn::Sub", *name.split(".", 1))
        else:
            yield Reference("Fn::Sub", name)
