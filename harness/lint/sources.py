"""A function's package and what its own code needs, found without running it.

The modules as syntax trees, their imports, environment variables and calls of AWS.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

# What Lambda's Python runtimes bring along ("Building Lambda functions with Python").
GIVEN_BY_RUNTIME = frozenset(
    {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "awslambdaric"}
)


@dataclass(frozen=True)
class Import:
    """`import module` or `from module import names`, at a line of a file."""

    module: str
    names: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True)
class Call:
    """A call of a boto3 client's method; `keywords` are its arguments' names, as far as seen."""

    service: str
    method: str
    keywords: frozenset[str]
    file: str
    line: int


@dataclass(frozen=True)
class SyntaxFault:
    """A file that does not parse as the runtime's Python."""

    file: str
    line: int
    message: str


class Package:
    """The folder of one function's package, read from its handler on."""

    def __init__(self, folder: Path, handler: str, version: tuple[int, int]) -> None:
        self.folder, self.version = folder, version
        self.handler_module, _, self.handler_name = handler.rpartition(".")
        self.faults: list[SyntaxFault] = []

    def place(self, file: str, line: int) -> str:
        """Where something stands, for a finding: "module.py:12", below the package's folder."""
        return f"{Path(file).relative_to(self.folder)}:{line}"

    def provides(self, module: str) -> bool:
        """Whether `import module` finds something: in the package, the runtime or Python."""
        root = module.split(".", 1)[0]
        if root in sys.stdlib_module_names or root in GIVEN_BY_RUNTIME:
            return True
        path = self.folder.joinpath(*module.split("."))
        return (
            path.is_dir()
            or path.with_name(f"{path.name}.py").is_file()
            or any(path.parent.glob(f"{path.name}.*.so"))
            or any(path.parent.glob(f"{path.name}.so"))
        )

    @cached_property
    def modules(self) -> Mapping[str, ast.Module]:
        """The function's own modules, from the handler's on, by file name."""
        found: dict[str, ast.Module] = {}
        ahead = [self.handler_module.replace("/", ".")]
        while ahead:
            module = ahead.pop()
            file = self._own_file(module)
            if file is None or str(file) in found:
                continue
            tree = self._parsed(file)
            if tree is None:
                continue
            found[str(file)] = tree
            for wanted in imports_of(tree, str(file)):
                ahead += [wanted.module, *(f"{wanted.module}.{name}" for name in wanted.names)]
        return found

    @cached_property
    def imports(self) -> list[Import]:
        """What the function's own modules import and cannot do without."""
        return [found for file, tree in self.modules.items() for found in imports_of(tree, file)]

    @cached_property
    def variables(self) -> Mapping[str, tuple[str, int]]:
        """Environment variables without which the code fails, with where each is read."""
        found: dict[str, tuple[str, int]] = {}
        for file, tree in self.modules.items():
            for node in nodes_of(tree):
                match node:
                    case ast.Subscript(
                        value=ast.Attribute(attr="environ"),
                        slice=ast.Constant(value=str(name)),
                        ctx=ast.Load(),
                    ):
                        found.setdefault(name, (file, node.lineno))
        return found

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every text constant in the function's own code."""
        return frozenset(
            node.value
            for tree in self.modules.values()
            for node in nodes_of(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    @cached_property
    def calls(self) -> list[Call]:
        """Calls of AWS: on what `client("s3")` is assigned to, and on names such as `s3`, `_S3`.

        A client that travels under another name is not followed: what is listed is called, what is
        called may not be listed.
        """
        services = {service for tree in self.modules.values() for _, service in _clients(tree)}
        return [
            call
            for file, tree in self.modules.items()
            for call in _calls(tree, file, {s: s for s in services} | dict(_clients(tree)))
        ]

    def exported(self, module: str) -> frozenset[str] | None:
        """The names that an own module has at its top, or None if it is not one or hides them."""
        file = self._own_file(module)
        tree = self.modules.get(str(file))
        if tree is None:
            return None
        names: set[str] = set()
        for node in nodes_of(tree):
            match node:
                case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                    names.add(node.name)
                case ast.Name(ctx=ast.Store()):
                    names.add(node.id)
                case ast.alias():
                    names.add(node.asname or node.name.split(".")[0])
        return frozenset(names) if "*" not in names and "__getattr__" not in names else None

    @cached_property
    def third_party(self) -> frozenset[str]:
        """The top-level names of what was installed into the package."""
        names = set()
        for info in self.folder.glob("*.dist-info"):
            names.add(info.name.split("-", 1)[0].lower().replace("-", "_").replace(".", "_"))
            listed = info / "top_level.txt"
            names |= set(listed.read_text().split()) if listed.is_file() else set()
        return frozenset(names)

    def _own_file(self, module: str) -> Path | None:
        if not module or module.split(".", 1)[0] in self.third_party:
            return None
        path = self.folder.joinpath(*module.split("."))
        for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
            if file.is_file():
                return file
        return None

    def _parsed(self, file: Path) -> ast.Module | None:
        try:
            source = file.read_text(encoding="utf-8")
            return ast.parse(source, str(file), feature_version=self.version)
        except (SyntaxError, UnicodeDecodeError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            fault = SyntaxFault(str(file), line, getattr(error, "msg", None) or str(error))
            if fault not in self.faults:
                self.faults.append(fault)
            return None


@lru_cache(maxsize=64)  # more than the modules of any stack's functions; walking is what costs
def nodes_of(tree: ast.Module) -> tuple[ast.AST, ...]:
    """All nodes of a module, in the order of `ast.walk`; some thirty rules and variants ask."""
    return tuple(ast.walk(tree))


def imports_of(tree: ast.Module, file: str) -> Iterator[Import]:
    """The imports that must succeed: not those in `try` or under `if TYPE_CHECKING`."""
    ahead: list[ast.AST] = list(tree.body)
    while ahead:
        node = ahead.pop()
        match node:
            case ast.Try() if any(map(_catches_import_error, node.handlers)):
                ahead += [*node.orelse, *node.finalbody]
            case ast.If(test=test) if "TYPE_CHECKING" in ast.dump(test):
                ahead += node.orelse
            case ast.Import():
                for alias in node.names:
                    yield Import(alias.name, (), file, node.lineno)
            case ast.ImportFrom(module=str(module), level=0):
                names = tuple(alias.name for alias in node.names)
                yield Import(module, names, file, node.lineno)
            case _:
                ahead += ast.iter_child_nodes(node)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    names = {"ImportError", "ModuleNotFoundError", "Exception"}
    return handler.type is None or any(
        isinstance(node, ast.Name) and node.id in names for node in ast.walk(handler.type)
    )


def _clients(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that hold a client, and the service it is of."""
    for node in nodes_of(tree):
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=value)
            ) if service := _service(value):
                yield _last_name(target), service
            case ast.Call() if service := _service(node):
                yield service, service


def _service(node: ast.AST | None) -> str | None:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="client" | "resource"), args=[ast.Constant(value=str(name)), *_]
        ):
            return name
    return None


def _calls(tree: ast.Module, file: str, clients: Mapping[str, str]) -> Iterator[Call]:
    dictionaries = {
        _last_name(node.targets[0]): node.value
        for node in nodes_of(tree)
        if isinstance(node, ast.Assign)
    }
    for node in nodes_of(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=method)):
                service = _service(owner) or clients.get(_last_name(owner))
                service = service or clients.get(_last_name(owner).strip("_").lower())
                if service:
                    keywords = frozenset(_keywords(node, dictionaries))
                    yield Call(service, method, keywords, file, node.lineno)


def _keywords(call: ast.Call, dictionaries: Mapping[str, ast.AST]) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg:
            yield keyword.arg
            continue
        given = dictionaries.get(_last_name(keyword.value), keyword.value)
        for node in ast.walk(given):
            if isinstance(node, ast.Dict):
                yield from (str(k.value) for k in node.keys if isinstance(k, ast.Constant))


def _last_name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def runtime_version(runtime: object) -> tuple[int, int] | None:
    """(3, 13) for "python3.13"; None for what is no Python."""
    found = re.fullmatch(r"python(\d+)\.(\d+)", str(runtime))
    return (int(found[1]), int(found[2])) if found else None
