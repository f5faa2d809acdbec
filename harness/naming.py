"""Words for a person: the command's name as it was typed, its version, sizes.

Messages speak of `tapstack up`; in a checkout what can be typed is `./tapstack up`.
"""

import os
import platform
import re
import subprocess

from harness.settings import IN_CHECKOUT, ROOT


def command(arguments: str) -> str:
    """`tapstack ARGUMENTS` as a person who called this one can type it."""
    return f"{os.environ.get('TAPSTACK_COMMAND') or 'tapstack'} {arguments}"


def as_typed(text: str) -> str:
    """`text` with its commands as a person who called this one can type them.

    Commands stand between backquotes, or in an indented line as the examples of a help do: first,
    behind a pipe or `&&`, or in `$(…)`.
    """
    start = r"(^ +|\| |&& |\$\(|`)"
    return re.sub(rf"{start}tapstack(?=[ `])", rf"\1{command('').strip()}", text, flags=re.M)


def counted(number: int, what: str) -> str:
    """A number of things for a person.

    >>> counted(1, "finding"), counted(0, "finding")
    ('1 finding', '0 findings')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def size(count: int) -> str:
    """A number of bytes for a person.

    >>> size(3_912), size(24_200_000)
    ('4 kB', '24.2 MB')
    """
    return f"{count / 1e3:.0f} kB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"


def version() -> str:
    """TapStack's version and commit, LocalStack's and Python's, in one line."""
    commit = _commit()
    ours = _stated("pyproject.toml", r'^version = "(.+?)"') + (f" ({commit})" if commit else "")
    localstack = _stated("emulator/requirements.lock", r"^localstack-core==([\w.]+)")
    return f"tapstack {ours}, LocalStack {localstack}, Python {platform.python_version()}"


def _stated(file: str, form: str) -> str:
    try:
        found = re.search(form, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else "unknown"


def _commit() -> str:
    """The commit that is checked out, and whether files differ from it; empty without git."""
    if not IN_CHECKOUT:
        return ""
    command = ("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude", "*")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
