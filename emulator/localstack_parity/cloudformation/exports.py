"""Exports of stacks: a name belongs to one stack, and what is imported stays as it is.

Source: AWS CloudFormation User Guide, "Get exported outputs from a deployed CloudFormation stack",
and AWS re:Post, "Remediating Cannot delete/update export".
"""

from collections.abc import Iterator, Sequence

from localstack.aws.api.cloudformation import Output, StackStatus
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import Stack


class ExportError(Exception):
    """An export that cannot be made, changed or deleted; the text is AWS's reason."""


def check_update(stack: Stack, outputs: Sequence[Output]) -> None:
    """Raise ExportError if the stack cannot have these outputs in the place of its present ones."""
    names = [output["ExportName"] for output in outputs if "ExportName" in output]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ExportError(f"Duplicate Export names: [{twice[0]}]")
    wanted = {o["ExportName"]: o["OutputValue"] for o in outputs if "ExportName" in o}
    for other in _others(stack):
        for name in wanted.keys() & other.resolved_exports.keys():
            raise ExportError(
                f"Export with name {name} is already exported by stack {other.stack_name}"
            )
    for name, value in stack.resolved_exports.items():
        if wanted.get(name) != value and (users := importers(stack, name)):
            verb = "update" if name in wanted else "delete"
            raise ExportError(f"Cannot {verb} export {name} as it is in use by {_listed(users)}.")


def check_deletion(stack: Stack) -> None:
    """Raise ExportError if another stack imports something of this one."""
    for name in stack.resolved_exports:
        if users := importers(stack, name):
            raise ExportError(
                f"Delete canceled. Cannot delete export {name} as it is in use by {_listed(users)}."
            )


def importers(stack: Stack, name: str) -> list[str]:
    """Return the names of the other stacks that import this export."""
    return [other.stack_name for other in _others(stack) if name in imports_of(other)]


def imports_of(stack: Stack) -> set[str]:
    """Return the names of the exports that a stack imported when it was last changed."""
    found: set[str] = getattr(stack, "imports", set())
    return found


def _others(stack: Stack) -> Iterator[Stack]:
    store = get_cloudformation_store(stack.account_id, stack.region_name)
    for other in list(store.stacks_v2.values()):
        if other is not stack and other.status != StackStatus.DELETE_COMPLETE:
            yield other


def _listed(names: Sequence[str]) -> str:
    return " and ".join(sorted(names))
