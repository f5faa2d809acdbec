"""The requests that the gateway gets: werkzeug's, in which what is not there is found missing fast.

LocalStack looks for every header and argument that an operation may have, some 40 for a PutObject.
For each that is missing werkzeug makes an exception with a page of HTML, and drops it.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.wrappers import Request

from threaded_http.environ import Environ


class RequestHeaders(Headers):
    """The headers of a request, with the case of their names."""

    def get(
        self,
        key: str,
        default: Any = None,
        type: Callable[[str], Any] | None = None,  # noqa: A002 (werkzeug's name for it)
    ) -> Any:
        """Return the first value of a name in whatever case, as `type` makes it."""
        wanted = key.lower()
        for name, value in self._list:
            if name.lower() == wanted:
                try:
                    return value if type is None else type(value)
                except ValueError:
                    return default
        return default

    def __contains__(self, key: str) -> bool:
        """Say whether there is a header of this name."""
        return self.get(key) is not None


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
