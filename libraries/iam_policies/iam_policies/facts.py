"""Facts: what condition keys are read from, and how a member of a request becomes a value.

Where the facts of a request come from is the caller's affair: Facts is a protocol.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from iam_policies.evaluation import Caller

type Value = str | tuple[str, ...] | None
type Tags = Mapping[str, str]


class Facts(Protocol):
    """What the keys are read from."""

    @property
    def caller(self) -> Caller:
        """Who asks."""
        ...

    @property
    def owner(self) -> str:
        """The account of the resource."""
        ...

    @property
    def region(self) -> str:
        """Where the request goes."""
        ...

    @property
    def service(self) -> str:
        """The name of the API, such as s3."""
        ...

    @property
    def operation(self) -> str:
        """The operation that was called, such as PutObject."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The members of the request."""
        ...

    @property
    def source_arn(self) -> str:
        """The resource on whose behalf a service calls."""
        ...

    @property
    def source_account(self) -> str:
        """The account of that resource."""
        ...

    def header(self, name: str) -> str:
        """A header of the request; "" if it is not there."""
        ...

    def argument(self, name: str) -> str:
        """An argument of the URL; "" if it is not there."""
        ...

    def address(self) -> str:
        """Where the request comes from."""
        ...

    def encrypted(self) -> bool:
        """Whether it counts as sent over TLS."""
        ...

    def signature(self) -> tuple[str, str, int | None]:
        """REST-HEADER, REST-QUERY-STRING or POST, the algorithm, and the age in milliseconds."""
        ...

    def unique_id(self) -> str:
        """The id of a user or role that no other ever has."""
        ...

    def issued(self) -> str:
        """When the caller's temporary credentials were issued; "" if they are not temporary."""
        ...

    def function_arn(self) -> str:
        """The function that the caller's credentials were given to."""
        ...

    def principal_tags(self) -> Tags:
        """Of the caller: those of its user or role, and of its session."""
        ...

    def resource_tags(self) -> Tags:
        """Of the resource that the action is about."""
        ...

    def object_tags(self) -> Tags:
        """Of the object version that is there already."""
        ...

    def boundary(self) -> str:
        """The permissions boundary that the user or role has whom the request is about."""
        ...


def parameter(*path: str) -> Callable[[Facts], Value]:
    """A value of the request, by the names of the members that lead to it."""

    def read(facts: Facts) -> Value:
        value: Any = facts.parameters
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return text(value)

    return read


def first(*paths: tuple[str, ...]) -> Callable[[Facts], Value]:
    """The first of several members that the request has."""
    readers = [parameter(*path) for path in paths]
    return lambda facts: next((value for read in readers if (value := read(facts))), None)


def text(value: Any) -> Value:
    """Write a member of a request as policies write it."""
    if value is None or value == "":
        return None
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value) or None
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value).lower() if isinstance(value, bool) else str(value)
