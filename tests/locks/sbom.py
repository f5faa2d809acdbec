"""`make sbom`: a CycloneDX document for each lock, in build/sbom.

Those of npm's packages are npm's own, from version 10 on, and differ in their time and serial
number from one run to the next. No package index is asked for any of them.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.problems import Problem
from tests.locked import locked_environment
from tests.locks import INSTALLATION, TOOLS, name_of, node_locks, python_locks

_PYTHON_OPTIONS = ("--no-validate", "--output-reproducible", "--output-format", "JSON")


def write(folder: Path) -> list[Path]:
    """Write the documents and return their paths. Raises Problem without an npm that makes them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = list(_of_npm(folder))
    program = locked_environment(INSTALLATION, TOOLS) / "cyclonedx-py"
    for lock in python_locks():
        written.append(_document(folder, lock))
        command = (program, "requirements", *_PYTHON_OPTIONS, "--output-file", written[-1], lock)
        subprocess.run(command, check=True)
    return written


def _of_npm(folder: Path) -> Iterator[Path]:
    npm = shutil.which("npm")
    for lock in node_locks():
        command = (npm or "npm", "sbom", "--package-lock-only", "--sbom-format", "cyclonedx")
        done = npm and subprocess.run(command, cwd=lock.parent, capture_output=True, check=False)
        if not done or done.returncode:
            raise Problem(
                f"There is no npm that can list what {name_of(lock)} has.",
                "Install npm 10 or newer, which comes with Node.js 20.",
            )
        path = _document(folder, lock)
        path.write_bytes(done.stdout)
        yield path


def _document(folder: Path, lock: Path) -> Path:
    name = name_of(lock.with_suffix("")).replace("/", "-")
    return folder / f"{name}.cdx.json"


def main() -> int:
    """Write the documents into the folder that is named, and return the exit code."""
    try:
        for path in write(Path(sys.argv[1])):
            print(path)
    except Problem as problem:
        print(problem, file=sys.stderr)
        return problem.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
