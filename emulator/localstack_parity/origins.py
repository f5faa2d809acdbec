"""Whose code raised an exception: that of this distribution, or that of what it corrects."""

from traceback import walk_tb

OURS = __name__.partition(".")[0]
_PACKAGES = frozenset({OURS, "localstack", "moto"})


def package_of(exception: BaseException) -> str:
    """Return the package whose code, or what it called of libraries, raised an exception.

    One of localstack_parity, localstack and moto; "" if none of them was involved.
    """
    found = ""
    for frame, _ in walk_tb(exception.__traceback__):
        package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        found = package if package in _PACKAGES else found
    return found
