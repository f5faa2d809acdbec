from collections.abc import Iterator

import pytest

from tests.unit.threaded_http.servers import Running, serving


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A server with the limits as they are."""
    with serving() as found:
        yield found
