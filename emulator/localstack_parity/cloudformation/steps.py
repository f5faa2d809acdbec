"""What a stack operation has done, and what it leaves to be deleted."""

from dataclasses import dataclass
from typing import Any, Protocol

from localstack.aws.api.cloudformation import ChangeAction, StackStatus
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import PreprocResource
from localstack.services.cloudformation.resource_provider import ProgressEvent
from localstack.services.cloudformation.v2.entities import ChangeSet, Stack

from localstack_parity.cloudformation.operations import Course
from localstack_parity.cloudformation.options import Options


@dataclass(frozen=True)
class Step:
    """One resource that was made or changed: how it was before, if it was, and how it was to be."""

    name: str
    before: PreprocResource | None
    after: PreprocResource
    replaces: bool = False


@dataclass(frozen=True)
class Discarded:
    """A physical resource that is no longer wanted; `superseded` if another has taken its name."""

    name: str
    resource: dict[str, Any]
    kept: bool = False
    superseded: bool = False


@dataclass(frozen=True)
class Outcome:
    """How an operation ends: the stack's status, if it decides that, and what went wrong."""

    status: StackStatus | None
    reason: str | None = None
    failure: str | None = None


@dataclass(frozen=True)
class Unrestored:
    """A resource that a rollback could not give its old properties, and how it is instead."""

    step: Step
    now: dict[str, Any]


class Operation(Protocol):
    """The creation, update or deletion of a stack, as far as it came.

    `course` is what the outside sees of it. `operation` is "CREATE", "UPDATE" or "DELETE";
    `existed` are the resources before it and `resources` those now, by logical id; `failed` are
    the logical ids of what could not be done.
    """

    stack: Stack
    change_set: ChangeSet
    options: Options
    course: Course
    operation: str
    existed: dict[str, Any]
    resources: dict[str, Any]
    steps: list[Step]
    failed: list[str]
    discarded: list[Discarded]
    unrestored: list[Unrestored]

    def act(
        self, name: str, action: ChangeAction, resource: dict[str, Any], after: Any = None
    ) -> tuple[ProgressEvent[Any], dict[str, Any]]:
        """Change or delete a resource outside the plan; return the outcome, recording nothing."""
        ...

    def report(
        self,
        name: str,
        resource_type: str,
        action: ChangeAction,
        status: str,
        reason: str | None = None,
    ) -> None:
        """Record an event of a resource; `status` is a name of LocalStack's OperationStatus."""
        ...
