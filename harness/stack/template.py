"""The CloudFormation template as data, with the long form of each tag.

`!Sub x` is {"Fn::Sub": x}. An error is a Problem that names its place.
"""

import json
import re
from collections.abc import Hashable, Iterator, Mapping
from copy import deepcopy
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from harness.problems import Problem
from harness.settings import IN_CHECKOUT

type Template = dict[str, Any]

# "CreateChangeSet" of the CloudFormation API Reference: 51,200 bytes in TemplateBody.
MAX_BODY_BYTES = 51_200
# Deeper than any template that a person writes, and far from where Python gives up.
MAX_DEPTH = 200
# What a deployment acknowledges: IAM resources without names of their own, and no macros.
CAPABILITIES = ("CAPABILITY_IAM",)

# ${Name} and ${Name.Attribute} in Fn::Sub; ${!Literal} is no reference.
_SUBSTITUTED = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


class _Loader(yaml.SafeLoader):
    """SafeLoader that reads YAML as CloudFormation does, dates and keys as the texts they are.

    "CloudFormation template format" of the User Guide: neither aliases nor merges, and no binary,
    omap, pairs, set or timestamp. Without aliases a document is never larger than its file.
    """

    def __init__(self, stream: bytes | str) -> None:
        super().__init__(stream)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise _refusal("CloudFormation takes no YAML aliases", self._mark())
        if self._depth >= MAX_DEPTH:
            why = f"it is nested more than {MAX_DEPTH} deep"
            raise _refusal(why, self._mark())
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _mark(self) -> yaml.Mark:
        return self.peek_event().start_mark  # type: ignore[no-any-return, no-untyped-call]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refusal("a name must be text", key.start_mark)
            if key.tag == "tag:yaml.org,2002:merge":
                raise _refusal("CloudFormation takes no YAML merges (<<)", key.start_mark)
            mapping[key.value] = self.construct_object(value, deep=deep)
        return mapping


def _refusal(why: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=mark)


# `Version: 2012-10-17` is a string to CloudFormation.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _intrinsic)


# AWS: CloudFormation User Guide, "CloudFormation quotas", template body size in an S3 object.
_MOST_BYTES = 1024 * 1024


def load_template(path: Path) -> Template:
    """The template in the file `path`. Problem if it is missing, too long, no YAML or none."""
    try:
        with path.open("rb") as file:  # which may have no end
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise Problem(
                f"{path} is longer than 1 MB, the most that CloudFormation takes of a template.",
                "Name the template with --template, or split it into nested stacks.",
            )
        content = deepcopy(_parsed(text))
    except OSError as error:
        raise Problem(
            f"The template {path} cannot be read: {error.strerror}.",
            "Name the template with --template, or "
            + ("restore the file." if IN_CHECKOUT else "begin a project here: `tapstack init`."),
        ) from error
    except yaml.YAMLError as error:
        raise Problem(
            f"The template {path} does not parse: {_place(error)}.",
            "Correct it there; `cfn-lint` on the file says more.",
        ) from error
    resources = content.get("Resources") if isinstance(content, dict) else None
    if not isinstance(resources, dict) or not all(map(_is_resource, resources.values())):
        raise Problem(
            f"{path} is not a CloudFormation template: it lacks Resources, each with a Type "
            "and Properties.",
            "Name the template with --template, or restore the file.",
        )
    return dict(content)


def parse_template(text: bytes | str) -> Any:
    """What a template's text says. Raises yaml.YAMLError where CloudFormation cannot read it."""
    return yaml.load(text, Loader=_Loader)


@lru_cache(maxsize=8)
def _parsed(text: bytes) -> Any:
    """What a template says, of which nothing may be changed: parsing takes longest of a change."""
    return parse_template(text)


def template_body(template: Template) -> str:
    """The text that CloudFormation is sent. Problem if it is longer than CloudFormation takes."""
    body = json.dumps(template, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) > MAX_BODY_BYTES:
        raise Problem(
            f"The template has {len(body.encode())} bytes; CloudFormation takes {MAX_BODY_BYTES}.",
            "Make it shorter, or split it into stacks.",
        )
    return body


def resource_types(template: Template) -> Mapping[str, str]:
    """Type of each resource that must be there whatever the parameters say, by logical id."""
    return {
        name: resource["Type"]
        for name, resource in template["Resources"].items()
        if "Condition" not in resource
    }


def dependency_cycle(template: Template) -> list[str]:
    """Logical ids of resources that wait for each other, the first one again at the end; or [].

    AWS rejects such a template; LocalStack is busy with it for minutes, then creates nothing.
    """
    resources = template["Resources"]
    waits_for = {
        name: {needed for needed in references(resource) if needed in resources}
        for name, resource in resources.items()
    }
    try:
        TopologicalSorter(waits_for).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def references(value: Any) -> Iterator[str]:
    """Every name that `value` mentions by DependsOn, Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        match key, inner:
            case ("Ref", str(name)) | ("Fn::GetAtt", [str(name), *_]):
                yield name
            case ("Fn::GetAtt", str(name)):
                yield name.split(".", 1)[0]
            case "DependsOn", str() | list():
                yield from [inner] if isinstance(inner, str) else map(str, inner)
            case ("Fn::Sub", str(text)) | ("Fn::Sub", [str(text), *_]):
                yield from _SUBSTITUTED.findall(text)
        yield from references(inner)


def _is_resource(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("Type"), str)
        and isinstance(value.get("Properties", {}), dict)
    )


def _place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())
