"""The workflow runs each test once, on one of its machines."""

from fnmatch import fnmatch
from pathlib import Path

import yaml

_ROOT = Path(__file__).resolve().parents[2]
_IGNORE = "--ignore-glob="


def _files(tests: str) -> list[Path]:
    """The test files that pytest would take for these arguments, after the shell's wildcards."""
    ignored = [each.removeprefix(_IGNORE) for each in tests.split() if each.startswith(_IGNORE)]
    paths = [
        path for each in tests.split() if not each.startswith(_IGNORE) for path in _ROOT.glob(each)
    ]
    files = [
        file for path in paths for file in (path.rglob("test_*.py") if path.is_dir() else [path])
    ]
    return [
        file for file in files if not any(fnmatch(str(file), str(_ROOT / each)) for each in ignored)
    ]


def test_every_test_file_is_in_exactly_one_part() -> None:
    workflow = yaml.safe_load((_ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    parts = workflow["jobs"]["test"]["strategy"]["matrix"]["include"]
    run = sorted(file for part in parts for file in _files(part["tests"]))
    assert run == sorted((_ROOT / "tests").rglob("test_*.py"))
