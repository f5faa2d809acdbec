"""The first program of a Python function's process: it starts AWS's runtime client.

The interpreter of the function runs it, with nothing of the emulator to import. As on AWS it is the
last argument, with the options of Python before it, and reads the handler from the environment: a
wrapper script may add options and name another handler. Its own options are
`-X tapstack_layers=FOLDER`, where the content of layers is unless it is in /opt, and
`-X tapstack_debugger=PORT:FOLDER` to wait at a port for a debugger, with the folder of debugpy.
"""

import os
import sys
from importlib import import_module


def main() -> None:
    """Serve invocations until the process is ended."""
    options = {name: str(value) for name, value in sys._xoptions.items()}
    if debugger := options.get("tapstack_debugger"):
        _wait_for_debugger(*debugger.split(":", 1))
    _import_from(options.get("tapstack_layers", "/opt"))
    client = import_module("awslambdaric.__main__")
    client.main([sys.argv[0], os.environ.get("_HANDLER", "")])


def _import_from(opt: str) -> None:
    """Import from the package first, then from layers, then what the runtime brings along."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    layers = [f"{opt}/python/lib/{name}/site-packages", f"{opt}/python"]
    # Python 3.10 knows no -P, and has the folder of this file in first place.
    own = 0 if getattr(sys.flags, "safe_path", False) else 1
    sys.path[:own] = [os.environ["LAMBDA_TASK_ROOT"], *layers]


def _wait_for_debugger(port: str, folder: str) -> None:
    sys.path.insert(0, folder)
    debugpy = import_module("debugpy")
    sys.path.pop(0)
    debugpy.listen(("127.0.0.1", int(port)), in_process_debug_adapter=True)
    debugpy.wait_for_client()


if __name__ == "__main__":
    main()
