"""Node.js functions: the machine's `node` of their version, with a runtime client of ours.

AWS's own client is compiled against Node.js; nodejs/ beside this is what functions see of it. The
AWS SDK for JavaScript is what was installed in the folder of runtimes, in `nodejs/node_modules`.
Sources: AWS Lambda Developer Guide, "Building Lambda functions with Node.js" (what is experimental
is off), "Working with layers for Node.js Lambda functions" (NODE_PATH); the scripts of AWS's images
have how the heap goes with a function's memory.
"""

import json
import os
import pwd
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VERSIONS = ("20", "22", "24")
SDK = "nodejs/node_modules"  # below the folder of runtimes
_CLIENT = Path(__file__).with_name("nodejs")
_NAME = re.compile(r"nodejs(\d+)\.x")
_PROBE_TIMEOUT_S = 10.0
# Where version managers keep what they install, below the person's home or the machine's root.
_MANAGED = (
    *(".nvm/versions/node/v*/bin/node", ".nodenv/versions/*/bin/node"),
    *(
        ".local/share/fnm/node-versions/v*/installation/bin/node",
        ".asdf/installs/nodejs/*/bin/node",
    ),
    *(".local/share/mise/installs/node/*/bin/node", ".volta/tools/image/node/*/bin/node"),
    "n/versions/node/*/bin/node",
)
# What AWS switches off, and since when a Node.js knows the switch is in its list of options.
_OFF = ("require-module", "detect-module")
_SIZES = ("--max-semi-space-size", "--max-old-space-size")  # of the heap, young and old, in MiB
_ASKED = """JSON.stringify({
    path: process.execPath, version: process.versions.node,
    options: [...process.allowedNodeEnvironmentFlags],
})"""


@dataclass(frozen=True)
class Node:
    """A program `node` and the AWS SDK for it, if that was installed."""

    runtime: str  # nodejs20.x
    program: Path
    options: tuple[str, ...]
    sdk: Path | None

    @property
    def version_name(self) -> str:
        """Its name in the first line of a log."""
        return f"nodejs:{_major(self.runtime)}.v1"

    def visible(self) -> dict[str, str]:
        """Return what an isolated function sees: the layout of AWS's runtimes."""
        inside = {"/var/lang/bin/node": self.program}
        inside |= {f"/var/runtime/{file.name}": file for file in _CLIENT.glob("*.mjs")}
        if self.sdk:
            inside["/var/runtime/node_modules"] = self.sdk
        return {path: str(source.resolve()) for path, source in inside.items()}

    def folders(self, *, isolated: bool) -> tuple[str, str]:
        """Return where the program and the runtime client are."""
        if isolated:
            return "/var/lang", "/var/runtime"
        return str(self.program.parent.parent), str(_CLIENT)

    def variables(self, task: str, opt: str, *, isolated: bool) -> dict[str, str]:
        """Return where Node.js looks for modules: layers before what the runtime brings along."""
        _, runtime = self.folders(isolated=isolated)
        sdk = f"{runtime}/node_modules" if isolated or not self.sdk else str(self.sdk)
        own = f"{opt}/nodejs/node{_major(self.runtime)}/node_modules"
        path = (own, f"{opt}/nodejs/node_modules", sdk, runtime, task)
        return {"NODE_PATH": ":".join(path)}

    def command(
        self, env: Mapping[str, str], opt: str, *, isolated: bool, debugger: int | None
    ) -> list[str]:
        """Return the command of the runtime client; the heap has the function's memory.

        What the function sets in NODE_OPTIONS counts instead.
        """
        lang, runtime = self.folders(isolated=isolated)
        program = f"{lang}/bin/node" if isolated else str(self.program)
        own = env.get("NODE_OPTIONS", "").replace("_", "-")
        options = [
            f"--no-experimental-{name}"
            for name in self.options
            if f"--experimental-{name}" not in own
        ]
        if not any(size in own for size in _SIZES):
            memory_mb = int(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
            young = memory_mb // 10
            sizes = zip(_SIZES, (young // 2, memory_mb - young), strict=True)
            options += [f"{name}={size}" for name, size in sizes]
        if debugger:
            options.append(f"--inspect-brk=127.0.0.1:{debugger}")
        return [program, *options, f"{runtime}/index.mjs"]

    def attempt(self) -> list[str]:
        """Return a command that ends with 0 where it can run isolated."""
        return ["/var/lang/bin/node", "-e", ""]


def find(runtime: str, folder: Path) -> Node | None:
    """Return the newest `node` of a runtime's version; None if there is none.

    That of the folder of runtimes comes first: `nodejs20.x/bin/node`.
    """
    if (major := _major(runtime)) not in VERSIONS:
        return None
    found = {program: _asked(program, _changed(program)) for program in _programs(folder)}
    fitting = [
        (place, one) for place, one in found.items() if one and one[1].split(".")[0] == major
    ]
    if not fitting:
        return None
    own = folder / runtime
    _, (path, _, options) = max(
        fitting, key=lambda it: (it[0].is_relative_to(own), _numbers(it[1][1]))
    )
    sdk = folder / SDK
    return Node(runtime, Path(path), options, sdk if sdk.is_dir() else None)


def installed(folder: Path) -> Iterator[str]:
    """Yield the runtimes whose `node` is on this machine, as Lambda calls them."""
    yield from (name for major in VERSIONS if find(name := f"nodejs{major}.x", folder))


def _major(runtime: str) -> str:
    named = _NAME.fullmatch(runtime)
    return named[1] if named else ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _programs(folder: Path) -> Iterator[Path]:
    yield from folder.glob("nodejs*.x/bin/node")
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for place in (*path, "/usr/local/bin", "/usr/bin"):
        for name in ("node", "nodejs"):
            if os.access(program := Path(place, name), os.X_OK):
                yield program
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)  # HOME is a folder of the emulator's own
    for root in (home, Path("/usr/local")):
        for pattern in _MANAGED:
            yield from root.glob(pattern)


def _changed(program: Path) -> int:
    try:
        return program.stat().st_mtime_ns
    except OSError:
        return 0


@cache
def _asked(program: Path, changed: int) -> tuple[str, str, tuple[str, ...]] | None:
    """Return the real path, version and known switches of a program; None if it is no Node.js."""
    try:
        answer = subprocess.run(
            [program, "-p", _ASKED],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": os.defpath},
            timeout=_PROBE_TIMEOUT_S,
            check=True,
        )
        said = json.loads(answer.stdout)
        switches = tuple(name for name in _OFF if f"--experimental-{name}" in said["options"])
        return said["path"], said["version"], switches
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None
