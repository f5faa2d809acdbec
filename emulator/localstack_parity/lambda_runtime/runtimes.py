"""The interpreters that functions can run on here, and what a function finds in its environment."""

import os
import platform
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from localstack_parity.lambda_runtime import own_runtime

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
LAYERS = "/opt"  # where a function finds the content of its layers


class Unsupported(Exception):
    """A function cannot run on this machine; the text says why and what is needed."""


@dataclass(frozen=True)
class Interpreter:
    """An installed function runtime: a virtual environment and the Python it was made from."""

    runtime: str  # as Lambda calls it: python3.13
    folder: Path
    base: Path

    @property
    def packages(self) -> Path:
        """What AWS's runtime brings along: the runtime interface client and boto3."""
        return self.folder / "lib" / self.runtime / "site-packages"


def folder() -> Path:
    """Return where the function runtimes are installed.

    TAPSTACK_RUNTIMES says it; else it is in the emulator's own environment (see own_runtime).
    """
    return Path(os.environ.get("TAPSTACK_RUNTIMES") or own_runtime.FOLDER)


def check_architecture(wanted: Iterable[str]) -> None:
    """Raise Unsupported unless the machine has the architecture a function is built for."""
    here = _ARCHITECTURES.get(platform.machine().lower(), platform.machine())
    if here not in (architectures := list(wanted)):
        raise Unsupported(
            f"The function is built for {', '.join(architectures)} and this machine is {here}: "
            f"deploy it here with Architectures [{here}]."
        )


def find(runtime: str | None) -> Interpreter:
    """Return the interpreter of a Lambda runtime, such as python3.13.

    Raises Unsupported where AWS would run the function and this machine cannot.
    """
    if sys.platform != "linux":
        raise Unsupported("Functions run as processes on Linux only: use the compose target.")
    if not runtime:
        raise Unsupported("Functions from container images cannot run here: use a zip archive.")
    home = folder() / runtime
    if runtime not in installed():
        raise Unsupported(
            f"{runtime} is needed to run this function and is not installed under {folder()}; "
            f"installed: {', '.join(installed()) or 'none'}."
        )
    return _interpreter(home)


def installed() -> list[str]:
    """Return the runtimes that functions can have here, as Lambda calls them."""
    return sorted(python.parent.parent.name for python in folder().glob("*/bin/python"))


@cache
def _interpreter(home: Path) -> Interpreter:
    python = (home / "bin" / "python").resolve()
    return Interpreter(home.name, home, base=python.parent.parent)


def visible_folders(
    interpreter: Interpreter, task_root: Path, layers: Path | None = None
) -> dict[str, str]:
    """Return which folders the isolated function sees, and where: the layout of AWS's runtimes."""
    inside = {
        "/var/lang": interpreter.folder,
        "/var/runtime": interpreter.packages,
        "/var/task": task_root,
        **({LAYERS: layers} if layers else {}),
    }
    # A virtual environment refers to its Python by the path it was made with, links and all.
    link = interpreter.folder / "bin" / "python"
    while link.is_symlink():
        link = link.parent / link.readlink()
        base = str(link.parent.parent)
        if base not in ("/", "/usr", str(interpreter.folder)):
            inside[base] = Path(base)
    return {path: str(source.resolve()) for path, source in inside.items()}


def bootstrap(interpreter: Interpreter, opt: str) -> str:
    """Return the program that a runtime process runs, with AWS's order of what is imported from.

    The package comes first, then layers, then what the runtime brings along. Source: AWS Lambda
    Developer Guide, "Working with layers for Python Lambda functions".
    """
    layers = [f"{opt}/python/lib/{interpreter.runtime}/site-packages", f"{opt}/python"]
    return (
        f"import os, sys; sys.path[:0] = [os.environ['LAMBDA_TASK_ROOT'], *{layers}]; "
        "from awslambdaric.__main__ import main; main(sys.argv)"
    )


def environment(
    interpreter: Interpreter,
    task_root: Path,
    opt: str,
    *,
    isolated: bool,
    private: Path,
    given: Mapping[str, str],
    own: Mapping[str, str],
    logging: Mapping[str, str],
) -> dict[str, str]:
    """Return a function's environment variables, from nothing.

    `given` is LocalStack's proposal, of which only what AWS documents is taken; `own` are the
    function's; `logging` is its LoggingConfig; `private` is a folder of the environment's own;
    `opt` is where the content of its layers is.
    Source: AWS Lambda Developer Guide, "Defined runtime environment variables".
    """
    task = "/var/task" if isolated else str(task_root)
    runtime = "/var/runtime" if isolated else str(interpreter.packages)
    lang = "/var/lang" if isolated else str(interpreter.folder)
    variables = {
        "PATH": f"{lang}/bin:/usr/local/bin:/usr/bin:/bin:{opt}/bin",
        "LD_LIBRARY_PATH": f"{lang}/lib:/lib64:/usr/lib64:{runtime}:{task}:{task}/lib:{opt}/lib",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": task,
        "LAMBDA_RUNTIME_DIR": runtime,
        "PYTHONPATH": runtime,
        "PWD": task,
        **{name: str(given[name]) for name in _FROM_LOCALSTACK if name in given},
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{interpreter.runtime}",
        "AWS_LAMBDA_LOG_FORMAT": logging.get("LogFormat", "Text"),
    }
    if group := logging.get("LogGroup"):
        variables["AWS_LAMBDA_LOG_GROUP_NAME"] = group
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    if not isolated:
        variables |= {"HOME": str(private), "TMPDIR": str(private)}
    variables |= own
    if endpoint := given.get("AWS_ENDPOINT_URL"):
        variables["AWS_ENDPOINT_URL"] = endpoint
    return variables


_FROM_LOCALSTACK = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_ADDRESS",
    "_AWS_XRAY_DAEMON_PORT",
    "_HANDLER",
)
