"""The template as the rules see it: parameters filled in, names made, dependencies followed.

Values are plain, or Unknown where only a deployment could decide them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cfnlint.template import Template as CfnTemplate

from harness.lint.sources import Package
from harness.stack.intrinsics import Place, Resolver
from harness.stack.physical_ids import IDENTITIES, attribute, reference
from harness.stack.template import references

# As long as any account's number; no rule depends on which one it is.
ACCOUNT = "123456789012"
STACK_NAME = "tapstack"

type PathInTemplate = list[str | int]


@dataclass(frozen=True)
class Resource:
    """A resource that the stack will have. `name` is its own or the one CloudFormation makes up.

    `ref` and `arn` are what Ref and GetAtt of the ARN give; `code` is the local path in Code.
    """

    logical_id: str
    kind: str
    name: str
    ref: Any
    arn: Any
    properties: Mapping[str, Any]
    raw: Mapping[str, Any]

    def path(self, *further: str | int) -> PathInTemplate:
        """Where the resource, or something of its properties, is in the template."""
        return ["Resources", self.logical_id, *(["Properties", *further] if further else [])]


class Stack:
    """What will be deployed from a template in a file, with these parameters."""

    def __init__(
        self, template: Mapping[str, Any], parameters: Mapping[str, Any], file: Path, region: str
    ) -> None:
        self.template, self.parameters, self.file = template, parameters, file
        self.packages: dict[tuple[object, ...], Package] = {}  # those that were read, by folder
        self.place = Place(region, ACCOUNT, STACK_NAME)
        self.resolver = Resolver(
            template, parameters, self.place, reference=self._reference, attribute=self._attribute
        )

    def variant(self, *, region: str = "", **parameters: str) -> "Stack":
        """The same template in another Region or with other values, with the same packages."""
        values = {**self.parameters, **parameters}
        other = Stack(self.template, values, self.file, region or self.place.region)
        other.packages = self.packages
        return other

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """The resources whose condition is not false, by logical id."""
        return {
            logical_id: self._resource(logical_id, raw)
            for logical_id, raw in self.template["Resources"].items()
            if isinstance(raw, dict) and self.resolver.included(raw)
        }

    def of(self, kind: str) -> Iterator[Resource]:
        """The resources of type `kind`."""
        return (found for found in self.resources.values() if found.kind == kind)

    def known_as(self, value: Any, kind: str | None = None) -> Resource | None:
        """The resource whose Ref, ARN or name `value` is, of type `kind` if that is given."""
        if not isinstance(value, str):
            return None
        for resource in self.resources.values():
            if kind in {None, resource.kind} and value in (
                resource.ref,
                resource.arn,
                resource.name,
            ):
                return resource
        return None

    @cached_property
    def waits_for(self) -> Mapping[str, frozenset[str]]:
        """What CloudFormation makes before each resource: by DependsOn, Ref, GetAtt, Sub."""
        resources = self.template["Resources"]
        direct = {
            name: {needed for needed in references(raw) if needed in resources} - {name}
            for name, raw in resources.items()
        }
        closures = {}
        for name, needed in direct.items():
            reached, ahead = set(needed), list(needed)
            while ahead:
                for further in direct[ahead.pop()] - reached:
                    reached.add(further)
                    ahead.append(further)
            closures[name] = frozenset(reached)
        return closures

    def environment(self, function: Resource) -> Mapping[str, Any]:
        """The environment variables that the template gives to a function."""
        return dict((function.properties.get("Environment") or {}).get("Variables") or {})

    def role_of(self, function: Resource) -> Resource | None:
        """The role of a function, if it is one of this stack."""
        return self.known_as(function.properties.get("Role"), "AWS::IAM::Role")

    def _resource(self, logical_id: str, raw: Mapping[str, Any]) -> Resource:
        kind = str(raw.get("Type"))
        return Resource(
            logical_id,
            kind,
            self._name(logical_id),
            self._reference(logical_id),
            self._arn(logical_id),
            self.resolver.value(raw.get("Properties") or {}),
            raw,
        )

    def _name(self, logical_id: str) -> str:
        raw = self.template["Resources"][logical_id]
        identity = IDENTITIES.get(str(raw.get("Type")))
        properties = raw.get("Properties") or {}
        if identity and isinstance(properties, dict) and identity.name_property in properties:
            return str(self.resolver.value(properties[identity.name_property]))
        return f"{STACK_NAME}-{logical_id}-MADEUPBYAWS1"

    def _reference(self, logical_id: str) -> Any:
        kind = str(self.template["Resources"][logical_id].get("Type"))
        return reference(kind, self._name(logical_id), self.place)

    def _attribute(self, logical_id: str, wanted: str) -> Any:
        raw = self.template["Resources"][logical_id]
        kind, properties = str(raw.get("Type")), raw.get("Properties")
        path: Any = "/"
        if kind.startswith("AWS::IAM::") and isinstance(properties, dict):
            path = self.resolver.value(properties.get("Path", "/"))
        return attribute(kind, self._name(logical_id), wanted, self.place, path)

    def _arn(self, logical_id: str) -> Any:
        kind = str(self.template["Resources"][logical_id].get("Type"))
        identity = IDENTITIES.get(kind)
        return self._attribute(logical_id, identity.arn_attribute if identity else "Arn")


@lru_cache(maxsize=1)
def described(cfn: CfnTemplate) -> Stack:
    """The Stack of the template that cfn-lint is looking at, with the parameters it was given."""
    sets = cfn.context.parameter_sets or []
    given = dict(sets[0].parameters) if sets else {}
    return Stack(cfn.template, given, Path(cfn.filename or "template.yml"), cfn.regions[0])
