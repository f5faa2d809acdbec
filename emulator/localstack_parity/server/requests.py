"""The requests that the gateway gets: werkzeug's, in which what is not there is found missing fast.

LocalStack looks for every header and argument that an operation may have, some 40 for a PutObject.
For each that is missing werkzeug makes an exception with a page of HTML, and drops it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.wrappers import Request

from threaded_http.environ import Environ


class RequestHeaders(Headers):
    """The headers of a request, with the case of their names."""

    def __init__(self, sent: Iterable[tuple[str, str]] = ()) -> None:
        """Take headers as they were sent: the server has looked for line ends in them."""
        self._list = list(sent)
        self._first: dict[str, str] | None = None  # values by name in lower case, when asked for

    def get(
        self,
        key: str,
        default: Any = None,
        type: Callable[[str], Any] | None = None,  # noqa: A002 (werkzeug's name for it)
    ) -> Any:
        """Return the first value of a name in whatever case, as `type` makes it."""
        if self._first is None:
            self._first = {name.lower(): value for name, value in reversed(self._list)}
        value = self._first.get(key.lower())
        if value is None:
            return default
        try:
            return value if type is None else type(value)
        except ValueError:
            return default

    def __contains__(self, key: str) -> bool:
        """Say whether there is a header of this name."""
        return self.get(key) is not None

    # What changes headers, by which werkzeug's other methods do it, too.

    def add(self, key: str, value: Any, /, **kwargs: Any) -> None:
        """Add a header."""
        super().add(key, value, **kwargs)
        if self._first is not None:  # what was there stays the first
            self._first.setdefault(key.lower(), self._list[-1][1])

    def set(self, key: str, value: Any, /, **kwargs: Any) -> None:
        """Replace all headers of a name by one."""
        super().set(key, value, **kwargs)
        self._first = None

    def remove(self, key: str) -> None:
        """Remove all headers of a name."""
        super().remove(key)
        self._first = None

    def pop(self, *args: Any) -> Any:
        """Remove headers and return what was there."""
        self._first = None
        return super().pop(*args)

    def popitem(self) -> tuple[str, str]:
        """Remove and return the last header."""
        self._first = None
        name, value = super().popitem()
        return name, value

    def clear(self) -> None:
        """Remove all headers."""
        super().clear()
        self._first = None

    def __setitem__(self, key: Any, value: Any) -> None:
        """Set a header by its name, or some by their places."""
        super().__setitem__(key, value)
        self._first = None

    def __delitem__(self, key: Any) -> None:
        """Remove headers by their name or by their places."""
        super().__delitem__(key)
        self._first = None


class Arguments(ImmutableMultiDict[str, str]):
    """The arguments of a URL or the fields of a form."""

    def get(
        self,
        key: str,
        default: Any = None,
        type: Callable[[str], Any] | None = None,  # noqa: A002 (werkzeug's name for it)
    ) -> Any:
        """Return the first value of a name, as `type` makes it."""
        return super().get(key, default, type) if key in self else default


class GatewayRequest(Request):
    """A request as the gateway gets it."""

    parameter_storage_class = Arguments


def request_of(environ: Environ) -> GatewayRequest:
    """Return the request of an environment that threaded_http made."""
    request = GatewayRequest(environ)
    request.headers = RequestHeaders(environ["rolo.headers"])
    return request
