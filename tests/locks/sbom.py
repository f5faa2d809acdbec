"""`make sbom`: a CycloneDX document for each lock of Python packages, in build/sbom."""

import subprocess
import sys
from pathlib import Path

from tests.locked import locked_environment
from tests.locks import INSTALLATION, TOOLS, name_of, python_locks


def write(folder: Path) -> list[Path]:
    """Write the documents, the same for the same locks, and return their paths."""
    program = locked_environment(INSTALLATION, TOOLS) / "cyclonedx-py"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for lock in python_locks():
        name = name_of(lock).removesuffix(".lock").replace("/", "-")
        written.append(folder / f"{name}.cdx.json")
        options = (
            "--no-validate",
            "--output-reproducible",
            "--output-format",
            "JSON",
            "--output-file",
        )
        subprocess.run([program, "requirements", *options, written[-1], lock], check=True)
    return written


if __name__ == "__main__":
    for path in write(Path(sys.argv[1])):
        print(path)
