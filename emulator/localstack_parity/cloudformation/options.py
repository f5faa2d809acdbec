"""How the caller of a stack operation wants it to go.

Kept with the stack, for LocalStack creates the executor of an operation itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from localstack.services.cloudformation.v2.entities import Stack


@dataclass(frozen=True)
class Options:
    """The wishes of one operation.

    ``on_failure`` is what becomes of a stack whose creation or update fails; ``DELETE`` is for
    creations only. ``retained`` are the resources that a deletion leaves alone; a ``forced`` one
    leaves alone what cannot be deleted. ``former_tags`` are those of the stack before an update.
    ``key`` is the access key with whose rights resources are changed, "" the account's own.
    ``timeout_s`` is how long a creation may take, None without limit.
    """

    on_failure: Literal["ROLLBACK", "DO_NOTHING", "DELETE"] = "ROLLBACK"
    retain_except_on_create: bool = False
    retained: frozenset[str] = frozenset()
    forced: bool = False
    former_tags: Sequence[dict[str, str]] = ()
    key: str = ""
    timeout_s: float | None = None


def options_of(stack: Stack) -> Options:
    """Return the wishes for the operation that the stack is in, or about to begin."""
    return getattr(stack, "options", Options())


def choose(stack: Stack, options: Options) -> None:
    """Set the wishes for the next operation on the stack."""
    stack.options = options
