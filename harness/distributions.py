"""The project's own distributions – libraries, emulator, harness – as wheels: `make wheels`."""

import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from harness.settings import ROOT


def build_distributions(root: Path, folder: Path) -> None:
    """Build a wheel of each project below `root` into `folder`, without a network.

    Raises CalledProcessError if one cannot be built; uv has said why on standard error.
    """
    libraries = [file.parent for file in sorted(root.glob("libraries/*/pyproject.toml"))]
    for project in (*libraries, root / "emulator", root):
        subprocess.run(
            [
                *(find_uv_bin(), "build", "--quiet", "--wheel", "--offline"),
                *("--no-build-isolation", "--python", sys.executable),
                *("--out-dir", folder, project),
            ],
            check=True,
        )


if __name__ == "__main__":
    build_distributions(ROOT, Path(sys.argv[1]))
