"""The emulator's image, and the docker command that everything about containers goes through.

The person's own `docker` command is used, so that contexts and DOCKER_HOST work as they are used
to.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from harness.alive import OnProgress, still
from harness.files import content_hash
from harness.problems import Problem
from harness.settings import Settings

LINES_SHOWN = 15
_ANSWER_S = 20.0  # for what an engine knows at once
_PULL_S = 600.0
_BUILD_S = 1800.0
# Everything that ends up in the image: what .dockerignore lets through, and itself.
INPUTS = (
    ".dockerignore",
    "emulator/Dockerfile",
    "emulator/installer.lock",
    "emulator/requirements.lock",
    "emulator/runtime/requirements.lock",
    "emulator/runtime/nodejs",
    "emulator/pyproject.toml",
    "emulator/hatch_build.py",
    "emulator/localstack_parity",
    "libraries",
)


class Unavailable(Problem):
    """The emulator cannot run in Docker on this machine; it may still run without."""


@cache
def engine_architecture() -> str:
    """That of the engine's machine, as Lambda calls it: x86_64 or arm64. Raises Unavailable."""
    if not shutil.which("docker"):
        raise Unavailable("There is no docker command.", "Install Docker, or use TARGET=embedded.")
    answer = docker("version", "--format", "{{.Server.Arch}}")
    if answer.returncode:
        raise Unavailable(
            f"No Docker engine answers: {last_line(answer.stderr)}.",
            "Start Docker, or use TARGET=embedded.",
        )
    return "arm64" if answer.stdout.strip() in {"arm64", "aarch64"} else "x86_64"


def image_name(settings: Settings) -> str:
    """The image that was chosen, or ours, tagged with a hash of what it is made of."""
    if settings.image:
        return settings.image
    content = content_hash(*(settings.sources / name for name in INPUTS))
    chosen = f"{settings.base_image} {settings.node_versions} {content}"
    tag = hashlib.sha256(chosen.encode()).hexdigest()[:12]
    return f"tapstack-emulator:{tag}"


def ensure_image(settings: Settings, on_progress: OnProgress) -> str:
    """Make sure that the engine has the image, and return its name.

    Ours is built where it is not there; one that was chosen is pulled. Raises Unavailable.
    """
    engine_architecture()
    image = image_name(settings)
    if _has(image):
        return image
    if settings.image:
        with still(f"pulling {image}", on_progress):
            _pull(image)
        return image
    with _building(settings):
        if not _has(image):
            if not _has(settings.base_image):
                with still(f"pulling {settings.base_image}", on_progress):
                    _pull(settings.base_image)
            on_progress(f"building the image {image} on {settings.base_image}, in a minute or two")
            with still("building the image", on_progress):
                _build(settings, image)
    return image


def _has(image: str) -> bool:
    return docker("image", "inspect", "--format", "{{.Id}}", image).returncode == 0


def _pull(image: str) -> None:
    done = docker("pull", "--quiet", image, timeout_s=_PULL_S)
    if done.returncode:
        raise Unavailable(
            f"The image {image} is not on this machine and cannot be pulled: "
            f"{last_line(done.stderr)}.",
            "Use TARGET=embedded, or name an image with Python 3.13 in BASE_IMAGE.",
        )


def _build(settings: Settings, image: str) -> None:
    emulator = settings.sources / "emulator"
    # A network with certificates of its own names them here; see emulator/Dockerfile.
    certificates = Path(os.environ.get("SSL_CERT_FILE") or os.devnull)
    if certificates.is_file():
        shutil.copyfile(certificates, emulator / ".ca-certificates.crt")
    done = docker(
        *("build", "--build-arg", f"BASE_IMAGE={settings.base_image}"),
        *("--build-arg", f"NODE_VERSIONS={settings.node_versions}"),
        *("--tag", image, "--tag", "tapstack-emulator:latest"),
        *("--file", str(emulator / "Dockerfile"), str(settings.sources)),
        timeout_s=_BUILD_S,
        merged=True,
    )
    if done.returncode:
        raise Unavailable(
            f"The image of the emulator could not be built on {settings.base_image}.",
            "Solve that, or use TARGET=embedded.",
            details=end_of(done.stdout.splitlines()),
        )


@contextmanager
def _building(settings: Settings) -> Iterator[None]:
    """Let one build happen at a time; the kernel frees the lock of a process that died."""
    settings.installation.mkdir(parents=True, exist_ok=True)
    with open(settings.installation / "image.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def docker(
    *arguments: str, timeout_s: float = _ANSWER_S, merged: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run `docker ARGUMENTS`; see run_command."""
    return run_command("docker", *arguments, timeout_s=timeout_s, merged=merged)


def run_command(
    *command: str,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
    merged: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever its exit code; `merged` puts its errors into stdout.

    Raises Unavailable if it takes longer than `timeout_s` seconds.
    """
    try:
        return subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"`{' '.join(command[:2])}` gave no answer within {timeout_s:g} s.",
            "See whether the Docker engine is well, or use TARGET=embedded.",
        ) from error


def last_line(text: str) -> str:
    """What a command said last, for a sentence: without its full stop, or a question after it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"\.?( [^.?]*\?)?$", "", lines[-1]) if lines else "it does not say why"


def end_of(lines: list[str]) -> str:
    """The last lines of an output, as the details of a Problem."""
    return "\n".join(f"  | {line}" for line in lines[-LINES_SHOWN:])
