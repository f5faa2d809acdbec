"""Error reports: errors that are not a Problem yet, in one sentence each.

They are of the disk, of the target, or a defect of ours: then a file has the traceback.
"""

import errno
import os
import tempfile
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from botocore import exceptions as aws

from harness.files import trusted_folder
from harness.problems import Problem

_ENVIRONMENT = {
    errno.ENOSPC: "Free some space on that disk, or inodes (`df -i`), and run the command again.",
    errno.EDQUOT: "Free some space of your quota, and run the command again.",
    errno.EACCES: "Make it accessible to you.",
    errno.EPERM: "Make it accessible to you.",
    errno.EROFS: "Make it writable.",
    errno.EFBIG: "Raise the limit on the size of files: `ulimit -f unlimited`.",
    errno.EAGAIN: "Raise the limit on the number of processes: `ulimit -u` shows it, "
    "`pids.max` that of a container.",
    errno.ENOMEM: "Raise the limit on memory (`ulimit -v`), or free some.",
    errno.ENOTDIR: "Name a folder, for example in TAPSTACK_STATE.",
}


def problem_of(error: BaseException, state_dir: Path) -> Problem:
    """The Problem that says what `error` means to a person; ours have their traceback in a file."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in _ENVIRONMENT:
        place = f"{error.filename}: " if error.filename else ""
        remedy = _ENVIRONMENT[error.errno]
        if error.filename and Path(os.fsdecode(error.filename)).is_relative_to(state_dir):
            remedy = f"{remedy.removesuffix('.')}, or name another folder in TAPSTACK_STATE."
        return Problem(f"{place}{error.strerror}.", remedy)
    if isinstance(error, MemoryError):
        return Problem("There is no memory left.", _ENVIRONMENT[errno.ENOMEM])
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return Problem("No further thread can be started.", _ENVIRONMENT[errno.EAGAIN])
    if isinstance(
        error, aws.ConnectionError | aws.HTTPClientError
    ):  # none could be made, or it was cut
        return Problem(
            f"The target stopped answering: {_one_line(error)}.",
            "`tapstack status` says whether it runs, `tapstack logs --emulator` what it said last.",
        )
    file = _traceback_file(error, state_dir)
    if isinstance(error, aws.ClientError | aws.BotoCoreError):
        return Problem(
            f"A request to the target failed: {_one_line(error)}.",
            f"`tapstack logs --emulator` may say why; where it happened is in {file}.",
        )
    return Problem(
        f"Something went wrong that should not: {type(error).__name__}: {_one_line(error)}.",
        f"Please report it with {file}; TAPSTACK_DEBUG=1 shows the traceback at once.",
    )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _traceback_file(error: BaseException, state_dir: Path) -> Path:
    """Where the traceback was written: below the state folder, or with the temporary files."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
    text = "".join(traceback.format_exception(error))
    with suppress(OSError, Problem):
        return _written(trusted_folder(trusted_folder(state_dir) / "errors") / name, text)
    with suppress(OSError):
        return _written(Path(tempfile.gettempdir()) / name, text)
    return Path("no file, for none can be written")


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "x") as file:
        file.write(text)
    return path
