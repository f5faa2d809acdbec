"""Limits of the shell: what `ulimit` says that a process may have, looked at before one is started.

An emulator that runs into one fails in the middle of something else, which it blames.
"""

import os
import resource

from harness.problems import Problem

_MB = 1024**2
# (limit, option of ulimit, its unit in bytes, what is limited, least). An emulator reserves 1.5 GB
# of addresses; the largest file is its log or an object; threads of a user count as processes.
_LEAST = (
    (resource.RLIMIT_AS, "v", 1024, "memory", 2048 * _MB),
    (resource.RLIMIT_DATA, "d", 1024, "data", 1024 * _MB),
    (resource.RLIMIT_FSIZE, "f", 1024, "size of files", 256 * _MB),
    (resource.RLIMIT_NPROC, "u", 1, "number of processes", 512),
    (resource.RLIMIT_NOFILE, "n", 1, "number of open files", 256),
)


def check_limits() -> None:
    """Problem for the first limit with which an emulator cannot work."""
    for limit, option, unit, what, least in _LEAST:
        soft, _ = resource.getrlimit(limit)
        if limit == resource.RLIMIT_NPROC and os.geteuid() == 0:
            continue  # "getrlimit(2)": it does not hold for who may do everything
        if soft != resource.RLIM_INFINITY and soft < least:
            raise Problem(
                f"This shell limits the {what} to {soft // unit} (`ulimit -{option}`); the "
                f"emulator needs at least {least // unit}.",
                f"Raise it: `ulimit -{option} unlimited`, or `ulimit -{option} {least // unit}`.",
            )
