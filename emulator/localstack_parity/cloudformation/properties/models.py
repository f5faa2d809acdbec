"""What the resource types of this package share."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)

type Model = dict[str, Any]


def updated(request: ResourceRequest[Model], *kept: str) -> Model:
    """Return the wanted properties, and those that only the previous state knows.

    `kept` are the read-only properties (an ARN, say) and names that CloudFormation has made up.
    """
    before = request.previous_state or {}
    return {**{name: before[name] for name in kept if name in before}, **request.desired_state}


def chosen(model: Model, names: Iterable[str]) -> Model:
    """Return those of the named properties that the model has."""
    return {name: model[name] for name in names if model.get(name) is not None}


def as_text(value: object) -> str:
    """Return a scalar as services take it in text: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def tag_changes(before: Model, after: Model) -> tuple[list[dict[str, str]], list[str]]:
    """Return the tags (Key and Value) to set and the keys of those to take away."""
    had = {tag["Key"]: tag["Value"] for tag in before.get("Tags") or []}
    wanted = {tag["Key"]: as_text(tag["Value"]) for tag in after.get("Tags") or []}
    added = [{"Key": key, "Value": value} for key, value in wanted.items() if had.get(key) != value]
    return added, [key for key in had if key not in wanted]


def done(model: Model) -> ProgressEvent[Model]:
    """Answer that all is well."""
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def failed(model: Model, reason: str) -> ProgressEvent[Model]:
    """Answer that the resource failed, for a reason that the stack's events will show."""
    return ProgressEvent(OperationStatus.FAILED, resource_model=model, message=reason)


def exists_already(request: ResourceRequest[Model], name: str) -> ProgressEvent[Model]:
    """Answer that there is a resource of that name, which CloudFormation does not take over.

    For services whose call to create also succeeds when there is such a resource.
    """
    return failed(
        {},
        f"Resource of type '{request.resource_type}' with identifier '{name}' already exists.",
    )


@contextmanager
def undone_on_error(undo: Callable[[], object]) -> Iterator[None]:
    """Take back the first steps of a creation if a later one fails, so that nothing is left."""
    try:
        yield
    except Exception:
        with suppress(Exception):
            undo()
        raise
