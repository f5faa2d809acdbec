"""The locks, looked at from outside: known vulnerabilities, and what is in each as an SBOM."""

from pathlib import Path

from harness.settings import ROOT

TOOLS = Path(__file__).with_name("requirements.lock")
INSTALLATION = ROOT / ".tapstack"


def python_locks() -> list[Path]:
    """Every lock of Python packages in the checkout that something here is installed from."""
    own = (ROOT / name for name in ("requirements.lock", "requirements-dev.lock"))
    below = (ROOT / folder for folder in ("emulator", "harness", "lambda", "tests"))
    return [*own, *sorted(lock for folder in below for lock in folder.rglob("*.lock"))]


def node_locks() -> list[Path]:
    """Every lock of packages of npm: what functions in Node.js get, and tools of the tests."""
    below = (ROOT / folder for folder in ("emulator", "tests"))
    found = (lock for folder in below for lock in folder.rglob("package-lock.json"))
    return sorted(lock for lock in found if "node_modules" not in lock.parts)


def name_of(lock: Path) -> str:
    """Its path in the checkout."""
    return str(lock.relative_to(ROOT))
