"""The interpreters that functions can run on here, and what a function finds in its environment."""

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from localstack_parity.lambda_runtime import node_runtime, own_runtime, python_runtime
from localstack_parity.lambda_runtime.interpreter import LAYERS, Interpreter, Unsupported

_IN_IMAGE = Path("/opt/tapstack/runtimes")  # see emulator/Dockerfile
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


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
    """Return what a Lambda runtime, such as python3.13, is here.

    Raises Unsupported where AWS would run the function and this machine cannot.
    """
    if sys.platform != "linux":
        raise Unsupported("Functions run as processes on Linux only: use the compose target.")
    if not runtime:
        raise Unsupported("Functions from container images cannot run here: use a zip archive.")
    found: Interpreter | None = python_runtime.find(runtime, folder())
    if found := found or node_runtime.find(runtime, folder()):
        return found
    raise Unsupported(
        f"{runtime} is needed to run this function and is not installed"
        f"{_remedy(runtime)}; installed: {', '.join(installed()) or 'none'}."
    )


def installed() -> Iterator[str]:
    """Yield the runtimes that functions can have here, as Lambda calls them."""
    yield from python_runtime.installed(folder())
    yield from node_runtime.installed(folder())


def _remedy(runtime: str) -> str:
    """Return where a runtime would have been found."""
    in_image = folder() == _IN_IMAGE
    for major in node_runtime.VERSIONS:
        if runtime == f"nodejs{major}.x":
            if in_image:
                return (
                    f' in this image: build it with NODE_VERSIONS="{major}", which is '
                    f'TAPSTACK_NODE="{major}" for `tapstack up`'
                )
            return (
                f": it takes Node.js {major}, on the emulator's PATH, from a version manager such "
                f"as nvm, or in {folder()}/{runtime}/bin"
            )
    others = [f"python3.{minor}" for minor in (10, 11, 12, 14)]
    if in_image:
        return " in this image: use python3.13 or, where it can be installed, TARGET=embedded"
    remedy = f" (./tapstack install --python {runtime[6:]} makes it)" if runtime in others else ""
    return f" under {folder()}{remedy}"


def visible_folders(
    interpreter: Interpreter, task_root: Path, layers: Path | None = None
) -> dict[str, str]:
    """Return what the isolated function sees, and where: the layout of AWS's runtimes."""
    inside = {"/var/task": task_root, **({LAYERS: layers} if layers else {})}
    return {
        **interpreter.visible(),
        **{path: str(source.resolve()) for path, source in inside.items()},
    }


def command(
    interpreter: Interpreter,
    env: Mapping[str, str],
    opt: str,
    *,
    isolated: bool,
    debugger: int | None,
) -> list[str]:
    """Return what starts the runtime: its command, or a wrapper script with that as arguments.

    Source: AWS Lambda Developer Guide, "Modifying the runtime environment", Wrapper scripts;
    recorded in LocalStack's tests at v4.14.0,
    `lambda_/test_lambda_common.py::TestLambdaRuntimesCommon::test_runtime_wrapper_invoke`.
    """
    started = list(interpreter.command(env, opt, isolated=isolated, debugger=debugger))
    wrapper = env.get("AWS_LAMBDA_EXEC_WRAPPER")
    if not wrapper:
        return started
    if not isolated:  # then package and layers are where they were unpacked
        for inside, outside in (("/var/task", env["LAMBDA_TASK_ROOT"]), (LAYERS, opt)):
            if wrapper.startswith(f"{inside}/"):
                wrapper = outside + wrapper.removeprefix(inside)
                break
    return [wrapper, *started]


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
    Source: AWS Lambda Developer Guide, "Defined runtime environment variables"; PATH and
    LD_LIBRARY_PATH are recorded in LocalStack's tests at v4.14.0,
    `lambda_/test_lambda_common.py::TestLambdaRuntimesCommon::test_introspection_invoke`.
    """
    task = "/var/task" if isolated else str(task_root)
    lang, runtime = interpreter.folders(isolated=isolated)
    libraries = (f"{lang}/lib", "/lib64", "/usr/lib64", runtime, f"{runtime}/lib", task)
    variables = {
        "PATH": f"{lang}/bin:/usr/local/bin:/usr/bin/:/bin:{opt}/bin",
        "LD_LIBRARY_PATH": ":".join((*libraries, f"{task}/lib", f"{opt}/lib")),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": task,
        "LAMBDA_RUNTIME_DIR": runtime,
        **interpreter.variables(task, opt, isolated=isolated),
        "PWD": task,
        **{name: str(given[name]) for name in _FROM_LOCALSTACK if name in given},
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{interpreter.runtime}",
        "SHLVL": "0",
    }
    if group := logging.get("LogGroup"):
        variables["AWS_LAMBDA_LOG_GROUP_NAME"] = group
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
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
