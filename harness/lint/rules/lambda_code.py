"""E923x: handler code in an environment that is used again and stopped at the timeout."""

import ast
from collections.abc import Iterable, Iterator

from harness.lint.code_rule import CodeRule, Fault
from harness.lint.functions import packages
from harness.lint.rule import Finding, StackRule
from harness.lint.sources import Package, nodes_of
from harness.lint.stack import Stack

# Of botocore: "Config reference", connect_timeout and read_timeout.
_READ_TIMEOUT_S = 60.0
_DEFAULT_TIMEOUT_S = 3  # of a function

_CONTAINERS = {"list", "dict", "set", "defaultdict", "Counter", "OrderedDict"}
_GROWS = {"append", "add", "extend", "insert", "setdefault", "update"}
_SHRINKS = {"clear", "discard", "pop", "popitem", "popleft", "remove"}
_TEMPORARY = {"mkstemp", "mkdtemp"}
_CLEANS = {"unlink", "remove", "rmtree", "removedirs"}
_LOGS = {"debug", "info", "warning", "error", "exception", "critical", "print"}
_ANY_FAULT = {"BaseException", "Exception", "ClientError", "BotoCoreError"}


class CallsEndInTime(StackRule):
    """Lambda stops the function in the middle of such a call: no error, no second try."""

    id = "E9231"
    shortdesc = "A call of AWS that hangs is given up before the function times out"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each client whose timeouts leave no time for an answer."""
        for function, package in packages(stack):
            given = function.properties.get("Timeout", _DEFAULT_TIMEOUT_S)
            if not str(given).isdigit():
                continue
            for place, config in _clients(package):
                read_s, attempts = _patience(config)
                if read_s * attempts >= int(str(given)):
                    tries = f"{attempts} times " if attempts > 1 else ""
                    yield (
                        function.path("Timeout"),
                        f"{place}: a call may wait {tries}{read_s:g} s for an answer, and "
                        f"{function.logical_id} is stopped after {given} s",
                    )
                    break


class NothingIsHeaped(CodeRule):
    """Module state lives as long as the environment: Runtime.OutOfMemory, or stale answers."""

    id = "W9232"
    shortdesc = "Modules heap up nothing from one invocation to the next"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"

    def faults(self, tree: ast.Module) -> Iterator[Fault]:
        """Each container of a module that only grows, and each cache without a bound."""
        lasting = {name for node in tree.body for name in _empty_container(node)}
        inside = [node for part in tree.body if _is_function(part) for node in ast.walk(part)]
        smaller = set()
        for node in inside:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                    attr in _SHRINKS
                ):
                    smaller.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Del()):
                    smaller.add(name)
        for node in inside:
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if (
                    name in lasting - smaller and attr in _GROWS
                ):
                    yield node, f"{name} grows with every invocation"
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()) if (
                    name in lasting - smaller
                ):
                    yield node, f"{name} grows with every invocation"
                case ast.FunctionDef(decorator_list=decorators, args=given) if given.args and any(
                    map(_is_unbounded_cache, decorators)
                ):
                    yield node, f"the cache of {node.name} grows with every invocation"


class TmpIsCleared(CodeRule):
    """/tmp is as lasting as the environment: "No space left on device" after some invocations."""

    id = "W9233"
    shortdesc = "What is written to /tmp is removed again"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"

    def faults(self, tree: ast.Module) -> Iterator[Fault]:
        """Each temporary file in a module that removes none."""
        calls = [node for node in nodes_of(tree) if isinstance(node, ast.Call)]
        if any(_name(call.func) in _CLEANS for call in calls):
            return
        for call in calls:
            kept = any(
                k.arg == "delete" and isinstance(k.value, ast.Constant) and k.value.value is False
                for k in call.keywords
            )
            texts = [a.value for a in ast.walk(call) if isinstance(a, ast.Constant)]
            in_tmp = any(isinstance(text, str) and text.startswith("/tmp") for text in texts)
            writes = _name(call.func).startswith(("write", "download_", "save")) or (
                _name(call.func) == "open"
                and any(str(text)[:1] in {"w", "a", "x"} for text in texts)
            )
            if _name(call.func) in _TEMPORARY or kept or (in_tmp and writes):
                yield call, "this file stays when the invocation has ended"


class EnvironmentStaysInside(CodeRule):
    """AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN are environment variables of every function."""

    id = "W9234"
    shortdesc = "The environment is not handed on as a whole"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"

    def faults(self, tree: ast.Module) -> Iterator[Fault]:
        """Each use of os.environ but for single variables."""
        single: set[int] = set()
        for node in nodes_of(tree):
            match node:
                case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                    single.add(id(inner))
                case ast.Compare(comparators=sides):
                    single.update(map(id, sides))
        for node in nodes_of(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="os"), attr="environ") if (
                    id(node) not in single
                ):
                    yield node, "the whole environment, with the role's credentials in it"


class FaultsAreRaised(StackRule):
    """Lambda retries what raises; what is swallowed is lost and nobody is notified."""

    id = "W9235"
    shortdesc = "No fault of AWS is swallowed"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each call of AWS whose faults are passed over, or only logged."""
        for function, package in packages(stack):
            for file, tree in package.modules.items():
                lines = {call.line for call in package.calls if call.file == file}
                for node in _swallowing(tree):
                    end = node.end_lineno or node.lineno
                    if found := [line for line in lines if node.lineno <= line <= end]:
                        place = package.place(file, found[0])
                        yield function.path("Code"), f"{place}: a fault of this call is swallowed"


class OwnRegion(CodeRule):
    """A client of another Region does not find the stack's topics, queues and functions there."""

    id = "E9236"
    shortdesc = "Clients are of the Region that the function runs in"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"

    def faults(self, tree: ast.Module) -> Iterator[Fault]:
        """Each client or session whose Region is written out."""
        for node in nodes_of(tree):
            match node:
                case ast.keyword(arg="region_name", value=ast.Constant(value=str(region))):
                    yield node.value, f"{region} is written out; Lambda sets AWS_REGION"


def _clients(package: Package) -> Iterator[tuple[str, ast.AST | None]]:
    """Each `client("service")` with its place and the Config it is given, if that is in sight."""
    for file, tree in package.modules.items():
        configs = {
            node.targets[0].id: node.value
            for node in nodes_of(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in nodes_of(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="client" | "resource"), args=[ast.Constant()]
                ):
                    given = next((k.value for k in node.keywords if k.arg == "config"), None)
                    config = configs.get(given.id) if isinstance(given, ast.Name) else given
                    if given is None or _is_config(config):
                        place = package.place(file, node.lineno)
                        yield place, config


def _is_config(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) == "Config"


def _patience(config: ast.AST | None) -> tuple[float, int]:
    """Seconds for one answer, and how often it is tried if the Config says so."""
    read_s, attempts = _READ_TIMEOUT_S, 1
    for keyword in config.keywords if isinstance(config, ast.Call) else ():
        match keyword:
            case ast.keyword(
                arg="read_timeout", value=ast.Constant(value=int() | float() as given)
            ):
                read_s = float(given)
            case ast.keyword(arg="retries", value=ast.Dict(keys=keys, values=values)):
                for key, value in zip(keys, values, strict=True):
                    match key, value:
                        case ast.Constant(value="total_max_attempts"), ast.Constant(value=int(n)):
                            attempts = n
                        case ast.Constant(value="max_attempts"), ast.Constant(value=int(n)):
                            attempts = n + 1
    return read_s, attempts


def _empty_container(node: ast.AST) -> Iterator[str]:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name)], value=value)
            | ast.AnnAssign(target=ast.Name(id=name), value=value)
        ):
            match value:
                case ast.List(elts=[]) | ast.Dict(keys=[]):
                    yield name
                case ast.Call(func=ast.Name(id=kind)) if kind in _CONTAINERS:
                    yield name


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _is_unbounded_cache(decorator: ast.AST) -> bool:
    match decorator:
        case ast.Name(id="cache") | ast.Attribute(attr="cache"):
            return True
        case ast.Call(func=ast.Name(id="lru_cache") | ast.Attribute(attr="lru_cache"), keywords=k):
            return any(
                isinstance(each.value, ast.Constant) and each.value.value is None for each in k
            )
    return False


def _swallowing(tree: ast.Module) -> Iterator[ast.With | ast.Try]:
    """Blocks whose faults of any kind go no further than a log."""
    for node in nodes_of(tree):
        match node:
            case ast.With(items=items):
                calls = [i.context_expr for i in items if isinstance(i.context_expr, ast.Call)]
                caught = [a for call in calls if _name(call.func) == "suppress" for a in call.args]
                if _ANY_FAULT.intersection(map(_name, caught)):
                    yield node
            case ast.Try(handlers=handlers):
                if any(_only_logs(h) for h in handlers if _catches_all(h)):
                    yield node


def _catches_all(handler: ast.ExceptHandler) -> bool:
    names = map(_name, ast.walk(handler.type)) if handler.type else ["Exception"]
    return bool(_ANY_FAULT.intersection(names))


def _only_logs(handler: ast.ExceptHandler) -> bool:
    for statement in handler.body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Expr(value=ast.Call(func=called)) if _name(called) in _LOGS:
                continue
        return False
    return True


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
