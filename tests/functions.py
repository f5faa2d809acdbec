"""Load a function's handler module for a test: all of them are called `handler`."""

import importlib.util
import sys
from types import ModuleType

from tests.conftest import ROOT


def load_handler(function: str) -> ModuleType:
    """Return a fresh copy of lambda/<function>/handler.py, under a name of its own."""
    path = ROOT / "lambda" / function / "handler.py"
    spec = importlib.util.spec_from_file_location(f"{function}_handler", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module
