"""How this process uses memory while it makes and compares pictures, of some megabytes each."""

import ctypes
from contextlib import suppress

# Of mallopt(3).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGEST = 32 * 1024**2  # bytes: the most that M_MMAP_THRESHOLD may be
_KEPT = 64 * 1024**2
_ARENAS = 2


def keep_freed_memory() -> None:
    """Let the C library keep what is freed for the next picture, in two arenas for all threads.

    By default it gives large pieces back to the kernel, which then clears every page anew: a tenth
    to a fifth of the processor time that pictures take. Other libraries than glibc are left alone.
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_ARENA_MAX, _ARENAS)
