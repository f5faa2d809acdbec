"""The steps of an installation: what runs them, and what a person reads if one fails.

As harness/install.py, which takes them, this needs nothing but the standard library.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from harness.problems import Problem

OUTPUT_LINES_SHOWN = 10
_SAY_EVERY_S = 15.0  # that it goes on

# What pip and uv say, in their various words, and what a person should read instead.
CAUSES = (
    (
        ("no space left", "errno 28", "os error 28", "disk quota"),
        "there is no disk space left",
        "Free some space (about 1 GB is needed) and run it again.",
    ),
    (
        ("permission denied", "read-only file system", "not a directory", "file exists"),
        "a folder cannot be written",
        "Make the project's folder writable and run it again.",
    ),
    (
        (
            *("unknownissuer", "certificate verify failed", "certificate_verify_failed"),
            *("self-signed", "self_signed_cert", "unable_to_get_issuer"),
        ),
        "the certificate of the package index is not trusted here",
        "If your network has an authority of its own, name the file of its certificate in "
        "SSL_CERT_FILE, PIP_CERT and NODE_EXTRA_CA_CERTS, and run it again.",
    ),
    (
        (
            *(
                "connection",
                "connect error",
                "error sending request",
                "request failed",
                "timed out",
            ),
            *("dns error", "name resolution", "network is unreachable", "proxy", "certificate"),
            *("failed to fetch", "no matching distribution found"),
        ),
        "the package index cannot be reached",
        "Check the network, and the proxy and index settings of pip, uv and npm, and run it again.",
    ),
)

# Settings of the person's shell that would put packages somewhere else.
MISPLACING = {
    *("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"),
    *("PIP_USER", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_OFFLINE"),
}


def run_step(log: IO[str], *command: str | Path) -> None:
    """Run one step with its output in the log; raise Problem with the cause if it fails.

    What of the person's settings would put packages somewhere else does not reach it.
    """
    began, since = log.seek(0, os.SEEK_END), time.monotonic()
    with subprocess.Popen(
        command,
        env={name: value for name, value in os.environ.items() if name not in MISPLACING},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    ) as process:
        while True:
            try:
                code = process.wait(_SAY_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                say(f"  still at it, {time.monotonic() - since:.0f} s")
            except BaseException:
                process.kill()  # as subprocess.run does
                raise
    if code != 0:
        log.seek(began)
        raise explain(log.read(), Path(log.name))


def explain(output: str, log: Path) -> Problem:
    """Return what a person should read instead of the output of a step that failed."""
    for words, happened, remedy in CAUSES:
        if any(word in output.lower() for word in words):
            return Problem(f"The installation stopped: {happened}.", f"{remedy} Log: {log}")
    lines = output.strip().splitlines()[-OUTPUT_LINES_SHOWN:]
    return Problem(
        "The installation stopped with an error of pip, uv or npm.",
        f"Run the command again once it is solved. Log: {log}",
        details="\n".join(f"  | {line}" for line in lines),
    )


def say(line: str) -> None:
    """Tell the person; standard output belongs to the command that comes after."""
    print(line, file=sys.stderr, flush=True)


def package_source(installation: Path) -> tuple[str, ...]:
    """Options of pip and uv that say where packages come from; none is their own index.

    An installation with a wheelhouse (see harness/wheelhouse) takes them from there alone. Raises
    Problem if that folder has gone.
    """
    wheelhouse = installation / "wheelhouse"
    if not wheelhouse.is_symlink():
        return ()
    wheels = wheelhouse / "wheels"
    if not wheels.is_dir():
        raise Problem(
            f"The wheelhouse {wheelhouse.readlink()} is not there, and packages come from it.",
            f"Bring it back or, to use the package index instead, remove {wheelhouse}.",
        )
    return ("--no-index", "--find-links", str(wheels))
