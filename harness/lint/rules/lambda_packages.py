"""E921x: what is in the package of a function, and whether its code can run there."""

import struct
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

from harness.lint.functions import code_folder, is_method, packages
from harness.lint.rule import Finding, StackRule
from harness.lint.sources import GIVEN_BY_RUNTIME, Package, runtime_version
from harness.lint.stack import Stack
from harness.stack.intrinsics import Unknown
from harness.stack.package import MAX_UNZIPPED_BYTES

# Set by Lambda itself ("Defined runtime environment variables").
_SET_BY_LAMBDA = ("AWS_", "_", "LAMBDA_", "PATH", "LANG", "TZ", "LD_LIBRARY_PATH", "PYTHONPATH")
_MACHINES = {62: "x86_64", 183: "arm64"}  # e_machine of ELF: EM_X86_64, EM_AARCH64


class CodeIsThere(StackRule):
    """`aws cloudformation package` stops at a path that does not exist."""

    id = "E9211"
    shortdesc = "The folder that Code: names exists and holds something"
    source_url = "https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function whose code is not where the template says."""
        for function in stack.of("AWS::Lambda::Function"):
            folder = code_folder(stack, function)
            if folder and not (folder.is_dir() and any(folder.iterdir())):
                code = function.properties["Code"]
                yield (
                    function.path("Code"),
                    f"There is nothing at {code}; `tapstack build` makes it",
                )


class HandlerExists(StackRule):
    """Lambda answers Runtime.ImportModuleError or Runtime.HandlerNotFound to every event."""

    id = "E9212"
    shortdesc = "The handler is a function of a module in the package"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each handler that is not there."""
        for function, package in packages(stack):
            handler = function.properties["Handler"]
            module = package.handler_module.replace("/", ".")
            names = package.exported(module)
            if not package.handler_module:
                yield function.path("Handler"), f"{handler!r} is not of the form module.function"
            elif not package.provides(module):
                yield function.path("Handler"), f"The package has no module {module}"
            elif names is not None and package.handler_name not in names:
                path = function.path("Handler")
                yield path, f"The module {module} has no {package.handler_name}"


class CodeParses(StackRule):
    """A module with a syntax error cannot be imported."""

    id = "E9213"
    shortdesc = "The function's modules are Python of the version of its runtime"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each module that does not parse."""
        for function, package in packages(stack):
            _ = package.modules
            for fault in package.faults:
                place = package.place(fault.file, fault.line)
                yield function.path("Runtime"), f"{place}: {fault.message}"


class ImportsAreThere(StackRule):
    """What is installed on the developer's machine is not on AWS."""

    id = "E9214"
    shortdesc = "What a function imports is in its package, the runtime or Python"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Imports that would fail, in the function's own code and by what packages require."""
        for function, package in packages(stack):
            path = function.path("Code")
            for wanted in package.imports:
                place = package.place(wanted.file, wanted.line)
                if not package.provides(wanted.module):
                    yield path, f"{place}: the package has no {wanted.module}"
                    continue
                names = package.exported(wanted.module)
                for name in wanted.names if names is not None else ():
                    inside = package.provides(f"{wanted.module}.{name}")
                    if name not in (names or ()) and name != "*" and not inside:
                        yield path, f"{place}: {wanted.module} has no {name}"
            for name, needed in _unmet_requirements(package):
                yield path, f"{name} needs {needed}, which the package lacks"


class PackageSize(StackRule):
    """CreateFunction answers "Unzipped size must be smaller than 262144000 bytes"."""

    id = "E9215"
    shortdesc = "A package has at most 250 MB unzipped"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each package that is larger."""
        for function, package in packages(stack):
            size = sum(file.stat().st_size for file in package.folder.rglob("*") if file.is_file())
            if size > MAX_UNZIPPED_BYTES:
                yield function.path("Code"), f"{size / 1e6:.0f} MB unzipped; Lambda takes 250 MB"


class Platform(StackRule):
    """A compiled module for another processor or Python fails to load at the first event."""

    id = "E9216"
    shortdesc = "Compiled modules fit the function's architecture and runtime"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The first compiled module of each package that does not."""
        for function, package in packages(stack):
            architectures = function.properties.get("Architectures") or ["x86_64"]
            wanted = architectures[0] if isinstance(architectures, list) else Unknown("none")
            tag = "cpython-{}{}-".format(*package.version)
            for file in sorted(package.folder.rglob("*.so*")):
                built_for = _machine(file)
                name = file.relative_to(package.folder)
                if built_for and not isinstance(wanted, Unknown) and built_for != wanted:
                    path = function.path("Architectures")
                    yield path, f"{name} is for {built_for}, the function runs on {wanted}"
                    break
                if ".cpython-" in file.name and tag not in file.name:
                    path = function.path("Runtime")
                    yield path, f"{name} is not for {function.properties['Runtime']}"
                    break


class VariablesAreSet(StackRule):
    """os.environ["X"] raises KeyError, before the first event if it is at the top of a module."""

    id = "E9217"
    shortdesc = "The template sets every environment variable that the code cannot do without"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each variable that is read and not set."""
        for function, package in packages(stack):
            given = stack.environment(function)
            for name, (file, line) in package.variables.items():
                if name not in given and not name.startswith(_SET_BY_LAMBDA):
                    place = package.place(file, line)
                    path = function.path("Environment", "Variables")
                    yield path, f"{place} reads {name}, which the template does not set"


class ClientMethods(StackRule):
    """A method that a boto3 client does not have is an AttributeError at that call."""

    id = "E9218"
    shortdesc = "The code calls methods that boto3's clients have"
    source_url = "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each call of a method that is not there."""
        for function, package in packages(stack):
            for call in package.calls:
                if not is_method(call):
                    place = package.place(call.file, call.line)
                    yield (
                        function.path("Code"),
                        f"{place}: no {call.service}.{call.method} in boto3",
                    )


class KnownRuntime(StackRule):
    """The other rules of this module read Python only; say so rather than pass in silence."""

    id = "W9219"
    shortdesc = "The package of every function can be judged"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Functions with a package that is not Python of at most the version that judges it."""
        for function in stack.of("AWS::Lambda::Function"):
            runtime = function.properties.get("Runtime")
            version = runtime_version(runtime)
            if code_folder(stack, function) and (version is None or version > sys.version_info[:2]):
                yield function.path("Runtime"), f"Packages for {runtime} are not judged here"


def _unmet_requirements(package: Package) -> Iterator[tuple[str, str]]:
    """Distributions of a package and what they require that is not there."""
    present = {_normal(info.name.split("-", 1)[0]) for info in package.folder.glob("*.dist-info")}
    present |= {_normal(name) for name in GIVEN_BY_RUNTIME} | {"python_dateutil"}
    for info in sorted(package.folder.glob("*.dist-info")):
        distribution = PathDistribution(info)
        for requirement in distribution.requires or []:
            specification, _, marker = requirement.partition(";")
            name = _normal(_leading_name(specification))
            # Other markers (of a platform or version) would need a judgement; leave those out.
            if not marker and name not in present:
                yield info.name.split("-", 1)[0], name


def _leading_name(specification: str) -> str:
    name = ""
    for character in specification.strip():
        if not (character.isalnum() or character in "-_."):
            break
        name += character
    return name


def _normal(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _machine(file: Path) -> str | None:
    """What processor an ELF file is for; None if it is no such file."""
    with file.open("rb") as content:
        header = content.read(20)
    if len(header) < 20 or header[:4] != b"\x7fELF":
        return None
    (machine,) = struct.unpack("<H", header[18:20])
    return _MACHINES.get(machine, f"machine {machine}")
