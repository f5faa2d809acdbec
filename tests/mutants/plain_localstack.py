"""LocalStack as it is released, with the two things that this stack cannot do without there.

Functions run as processes instead of in Docker, and custom resources call their function; nothing
else of localstack_parity is loaded. plain.py starts it with the emulator's Python.
"""

import os
import sys
import tempfile
import threading
from pathlib import Path

from localstack_parity import launch


def main() -> None:
    """Run LocalStack below the folder in TAPSTACK_EMULATOR_STATE until it is told to stop."""
    lifeline = int(os.environ.pop(launch.LIFELINE_VARIABLE))
    threading.Thread(target=launch._watch_lifeline, args=(lifeline,), daemon=True).start()
    state = Path(os.environ[launch.STATE_VARIABLE])
    folders = launch.state_folders(state)
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ.update({**launch.DEFAULTS, **folders})
    tempfile.tempdir = tempfile.mkdtemp(dir=state)

    # Imported late: LocalStack reads its settings from the environment while it is imported.
    from localstack.runtime import hooks
    from localstack.runtime.main import main as run_localstack
    from localstack.services.lambda_ import hooks as lambda_hooks

    from localstack_parity import plugins

    plugins.on_start = hooks.on_infra_start()(_nothing)
    plugins.on_function_version = lambda_hooks.inject_ldm_provisioner()(_nothing_for)
    try:
        run_localstack()
    except SystemExit as leaving:
        sys.stdout.flush()
        os._exit(leaving.code if isinstance(leaving.code, int) else 1)


def _nothing() -> None:
    pass


def _nothing_for(version_manager: object) -> None:
    pass


if __name__ == "__main__":
    main()
