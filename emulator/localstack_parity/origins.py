"""Whose code raised an exception: that of this distribution, or that of what it corrects."""

from traceback import walk_tb

OURS = __name__.partition(".")[0]
_PACKAGES = frozenset({OURS, "localstack", "moto"})
# Ours in the place of the standard library's: like that, it raises for its caller.
_LIBRARY = frozenset({f"{OURS}.nesting"})


def package_of(exception: BaseException) -> str:
    """Return the package whose code, or what it called of libraries, raised an exception.

    One of localstack_parity, localstack and moto; "" if none of them was involved.
    """
    found = ""
    for frame, _ in walk_tb(exception.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        found = package if package in _PACKAGES and module not in _LIBRARY else found
    return found
