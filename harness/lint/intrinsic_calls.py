"""Calls of intrinsic functions in a template as it is written, before they have a value."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.lint.stack import PathInTemplate


def calls_of(
    function: str, node: Any, path: PathInTemplate | None = None
) -> Iterator[tuple[PathInTemplate, Any]]:
    """Each call of `function`, such as "Fn::Equals", below `node`: its place and its argument."""
    here = path or []
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key == function:
                yield here, value
            yield from calls_of(function, value, [*here, str(key)])
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from calls_of(function, value, [*here, number])


def referenced(value: Any) -> str:
    """The logical id that a Ref names; "" for anything else."""
    return str(value.get("Ref", "")) if isinstance(value, Mapping) else ""
