"""Python functions: a virtual environment of their version, with AWS's runtime client and boto3.

Source: AWS Lambda Developer Guide, "Building Lambda functions with Python" and "Working with layers
for Python Lambda functions".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack_parity.lambda_runtime import debugging
from localstack_parity.lambda_runtime.interpreter import LAYERS

_BOOTSTRAP = Path(__file__).with_name("python_bootstrap.py")
_BOOTSTRAP_INSIDE = "/var/rapid/bootstrap.py"  # on AWS in /var/runtime, which is read-only here


@dataclass(frozen=True)
class Python:
    """A virtual environment and what was installed into it."""

    runtime: str  # python3.13
    folder: Path

    @property
    def version_name(self) -> str:
        """Its name in the first line of a log."""
        return f"{self.runtime.replace('python', 'python:')}.v1"

    @property
    def packages(self) -> Path:
        """What AWS's runtime brings along: the runtime interface client and boto3."""
        return self.folder / "lib" / self.runtime / "site-packages"

    def visible(self) -> dict[str, str]:
        """Return what an isolated function sees: the layout of AWS's runtimes."""
        inside = {"/var/lang": self.folder, "/var/runtime": self.packages}
        inside[_BOOTSTRAP_INSIDE] = _BOOTSTRAP
        # A virtual environment refers to its Python by the path it was made with, links and all.
        link = self.folder / "bin" / "python"
        while link.is_symlink():
            link = link.parent / link.readlink()
            base = str(link.parent.parent)
            if base not in ("/", "/usr", str(self.folder)):
                inside[base] = Path(base)
        return {path: str(source.resolve()) for path, source in inside.items()}

    def folders(self, *, isolated: bool) -> tuple[str, str]:
        """Return where the interpreter and the runtime's packages are."""
        if isolated:
            return "/var/lang", "/var/runtime"
        return str(self.folder), str(self.packages)

    def variables(self, task: str, opt: str, *, isolated: bool) -> dict[str, str]:
        """Return where Python finds the runtime's packages."""
        _, runtime = self.folders(isolated=isolated)
        return {"PYTHONPATH": runtime}

    def command(
        self, env: Mapping[str, str], opt: str, *, isolated: bool, debugger: int | None
    ) -> list[str]:
        """Return the command of the runtime client, which python_bootstrap.py starts."""
        lang, _ = self.folders(isolated=isolated)
        options = [] if self.runtime == "python3.10" else ["-P"]
        if opt != LAYERS:
            options += ["-X", f"tapstack_layers={opt}"]
        if debugger:
            place = debugging.folder(isolated=isolated)
            options += ["-X", f"tapstack_debugger={debugger}:{place}"]
        program = _BOOTSTRAP_INSIDE if isolated else str(_BOOTSTRAP)
        return [f"{lang}/bin/python", *options, program]

    def attempt(self) -> list[str]:
        """Return a command that ends with 0 where it can run isolated."""
        return ["/var/lang/bin/python", "-c", "import awslambdaric"]


def installed(folder: Path) -> list[str]:
    """Return the runtimes that were made in `folder`, as Lambda calls them."""
    return sorted(python.parent.parent.name for python in folder.glob("python3.*/bin/python"))


def find(runtime: str, folder: Path) -> Python | None:
    """Return a runtime of `folder`; None if it was not made."""
    return Python(runtime, folder / runtime) if runtime in installed(folder) else None
