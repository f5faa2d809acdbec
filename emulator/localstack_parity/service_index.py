"""LocalStack's index of all AWS operations, made once instead of at every start.

Without it each start reads the definition of every AWS service, which takes seconds and 300 MB that
are never given back. `python -m localstack_parity.service_index` makes it, in the environment that
LocalStack is installed in; launch.py offers it to LocalStack.
"""

import os
import sys
from pathlib import Path

ROOT = Path(sys.prefix) / "share" / "localstack-parity"
# Where LocalStack looks for it, below its FILESYSTEM_ROOT (`static_libs` in localstack.config).
_STATIC = Path("usr") / "lib" / "localstack"


def offer(filesystem_root: Path) -> None:
    """Let a LocalStack with this FILESYSTEM_ROOT find the index, if it has been made."""
    made, link = ROOT / _STATIC, filesystem_root / _STATIC
    if made.is_dir() and not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(made, target_is_directory=True)


def is_made() -> bool:
    """Say whether this environment has the index."""
    return (ROOT / _STATIC).is_dir() and any((ROOT / _STATIC).iterdir())


def main() -> None:
    """Make the index of the installed LocalStack, unless it is there."""
    (ROOT / _STATIC).mkdir(parents=True, exist_ok=True)
    os.environ |= {"FILESYSTEM_ROOT": str(ROOT), "OVERRIDE_IN_DOCKER": "0", "HOME": str(ROOT)}

    # Imported late: LocalStack reads its settings from the environment while it is imported.
    from localstack.aws import spec

    spec.main()


if __name__ == "__main__":
    main()
