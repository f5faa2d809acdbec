"""E922x: what was written for an emulator, and means nothing on AWS."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.lint.functions import packages
from harness.lint.rule import Finding, StackRule
from harness.lint.sources import Package, nodes_of
from harness.lint.stack import Stack

_CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_HERE = re.compile(
    r"https?://(localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|[\w.-]*localstack"
    r"[\w.-]*)(:\d+)?(/.*)?",
    re.IGNORECASE,
)


class OwnCredentials(StackRule):
    """A function signs with its role's keys: others are InvalidAccessKeyId, or a leaked secret."""

    id = "E9221"
    shortdesc = "No credentials are written in a function's code"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each credential that a client or a session is made with."""
        for function, package in packages(stack):
            for written in _constants(package, _CREDENTIALS):
                yield (
                    function.path("Code"),
                    f"{written.place}: {written.name} is written in the code; AWS does not know"
                    " it. Leave it out, the function's role has keys of its own",
                )


class EndpointsOfAws(StackRule):
    """On AWS nothing listens there: EndpointConnectionError."""

    id = "E9222"
    shortdesc = "No client of a function is sent to the developer's machine"
    source_url = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Endpoints in the code, and in the environment that the template sets."""
        for function, package in packages(stack):
            for written in _constants(package, ("endpoint_url",)):
                if _HERE.fullmatch(written.value):
                    yield (
                        function.path("Code"),
                        f"{written.place}: endpoint_url is {written.value}, which is not there on"
                        " AWS. Leave it out, the emulator sets AWS_ENDPOINT_URL",
                    )
        for function in stack.of("AWS::Lambda::Function"):
            for name, value in stack.environment(function).items():
                endpoint = isinstance(value, str) and _HERE.fullmatch(value)
                if name.startswith("AWS_ENDPOINT_URL") and endpoint:
                    yield (
                        function.path("Environment", "Variables"),
                        f"{name} is {value}, which is not there on AWS",
                    )


@dataclass(frozen=True)
class _Written:
    """A text that is given under a name, as an argument or in a dictionary of them."""

    name: str
    value: str
    place: str


def _constants(package: Package, names: Iterable[str]) -> Iterator[_Written]:
    """Yield what is given under `names` whatever happens; a value that depends may be right."""
    for file, tree in package.modules.items():
        bound = _bound(tree)
        for name, node in _given(tree):
            match node:
                case ast.Constant(value=str(value)):
                    pass
                case ast.Name(id=known) if known in bound:
                    value = bound[known]
                case _:
                    continue
            if name in names and value:
                place = package.place(file, node.lineno)
                yield _Written(name, value, place)


def _given(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes_of(tree):
        match node:
            case ast.keyword(arg=str(name), value=value):
                yield name, value
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, value


def _bound(tree: ast.Module) -> dict[str, str]:
    """Return the texts of names that are assigned once."""
    values: dict[str, list[ast.expr | None]] = {}
    for node in nodes_of(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        values.setdefault(target.id, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                values.setdefault(name, []).append(value)
    return {
        name: node.value
        for name, (node, *more) in values.items()
        if not more and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
