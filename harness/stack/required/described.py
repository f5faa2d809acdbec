"""A stack as requirements see it, whether its template describes it or it is deployed.

Both have resources with properties as a template writes them, so that one judgement serves both.
Resources are found by their type and their role, which the outputs and references between them
tell; logical ids are nobody's business.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.stack.intrinsics import mentions_unknown
from harness.stack.required.file import Required

BUCKET, FUNCTION = "AWS::S3::Bucket", "AWS::Lambda::Function"

type Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Part:
    """A resource. `ref` and `arn` are what Ref and GetAtt give of it."""

    logical_id: str
    kind: str
    name: str
    ref: Any
    arn: Any
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Filter:
    """The keys of a bucket whose events S3 sends to `target`, an ARN, set up by `maker`, a part."""

    maker: str
    path: Path
    bucket: str
    target: Any
    prefix: str
    suffix: str


@dataclass(frozen=True)
class Described:
    """A stack: its parts, its outputs by name, those that are exported, its buckets' filters."""

    parts: Sequence[Part]
    outputs: Mapping[str, Any]
    exported: Collection[str]
    filters: Sequence[Filter]

    def of(self, kind: str) -> Iterator[Part]:
        """The parts of type `kind`."""
        return (part for part in self.parts if part.kind == kind)

    def named_by(self, output: str, kind: str) -> Part | None:
        """The part whose Ref is the value of an output."""
        value = self.outputs.get(output)
        return next((part for part in self.of(kind) if part.ref == value), None)


@dataclass(frozen=True)
class Unmet:
    """A requirement that does not hold: at which part, at which of its properties, and why.

    Without a part, `path` is one of the template itself.
    """

    required: Required
    part: str
    path: Path
    what: str

    @property
    def where(self) -> str:
        """The part and its property, as a person would write it."""
        return ".".join(map(str, (self.part, *self.path) if self.part else self.path))

    @property
    def sentence(self) -> str:
        """What is required where, and what is there instead."""
        return f"{self.required.place} requires {self.what}"

    def __str__(self) -> str:
        return f"{self.where}: {self.sentence}"


def equal(
    required: Required, part: Part, path: Path, what: str, default: Any = None
) -> Iterator[Unmet]:
    """Unmet unless a property of the part has the required value."""
    found = value_at(part.properties, path)
    found = default if found is None else found
    if mentions_unknown(found) or _same(found, required.value):
        return
    said = f"it is {text(found)}" if found is not None else "there is none"
    what = what.format(text(required.value))
    yield Unmet(required, part.logical_id, path, f"{what}, and {said}")


def _same(found: Any, wanted: Any) -> bool:
    one, other = number(found), number(wanted)
    if one is not None and other is not None:
        return one == other
    return text(found) == text(wanted)


def text(value: Any) -> str:
    """A value as a template has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_at(value: Any, path: Path) -> Any:
    """What is at a path; None if the path leads nowhere, what is Unknown as soon as it is met."""
    for step in path:
        if mentions_unknown(value) and not isinstance(value, dict | list):
            return value
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def number(value: Any) -> float | None:
    """The number that a value is; None if it is none, or is unknown."""
    try:
        return None if isinstance(value, bool) else float(str(value))
    except ValueError:
        return None
