"""What a stack operation has done, and what it leaves to be deleted.

Made by the executor; read by rollback.py, which takes the steps back.
"""

from dataclasses import dataclass
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model_preproc import PreprocResource


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
