"""What a scenario is: calls in their order, what to keep of the answers, and how to clean up.

In texts of a call's parameters `$name` stands for a name of the scenario's own, `$account` and
`$region` for where it is played, and any other word after a dollar for what an earlier call saved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Text:
    """A parameter that is a JSON text, such as a policy: written as what it says."""

    value: Any


@dataclass(frozen=True)
class Package:
    """A parameter that is the ZIP file of a function whose module `handler` has this source."""

    source: str


@dataclass(frozen=True)
class Call:
    """One API call: `service` and `operation` as boto3 names them.

    `keep` is a JMESPath expression for what is compared of a successful answer; without it nothing
    but the success is. `save` names what later calls need, by such expressions. With `until` the
    call is repeated until that expression is true of the answer; `retry` names error codes that
    pass by themselves. `credentials` is "own", "unknown key" or "wrong secret".
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    keep: str | None = None
    save: Mapping[str, str] = field(default_factory=dict)
    until: str | None = None
    retry: Sequence[str] = ()
    credentials: str = "own"


@dataclass(frozen=True)
class Scenario:
    """Calls that show `rows` of emulator/FIDELITY.md; `clean_up` runs whatever has failed."""

    name: str
    rows: tuple[str, ...]
    calls: tuple[Call, ...]
    clean_up: tuple[Call, ...] = ()
