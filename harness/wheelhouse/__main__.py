"""`make wheelhouse`: everything for a machine without a network, in build/wheelhouse."""

import sys
from pathlib import Path

from harness.install_steps import say
from harness.problems import Problem
from harness.settings import IN_CHECKOUT, read_settings
from harness.wheelhouse.gather import gather


def main() -> int:
    """Gather it into the folder that is named, and return the exit code."""
    try:
        if not IN_CHECKOUT:
            raise Problem("A wheelhouse is made in a checkout.", "Clone the repository.")
        folder = Path(sys.argv[1]).absolute()
        folder.parent.mkdir(parents=True, exist_ok=True)
        digest = gather(read_settings(), folder, say)
    except Problem as problem:
        say(str(problem))
        return problem.exit_code
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"{folder}  {size / 1e6:.0f} MB")
    print(f"Take it to the other machine, and there:  ./install FOLDER\nIt shows  {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
