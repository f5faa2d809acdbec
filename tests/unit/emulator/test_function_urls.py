"""Where function URLs lead, whatever other routes come and go."""

import json

from tests.unit.emulator.conftest import Run

PATHS = """
import json
from localstack.services.edge import ROUTER
from localstack.services.lambda_.urlrouter import FunctionUrlRouter
from localstack_parity.lambda_runtime import function_urls

function_urls.offer(FunctionUrlRouter(ROUTER, None))
ROUTER.remove(ROUTER.add("/comes/and/goes", endpoint=print))
matcher = ROUTER.url_map.bind("localhost")
found = {}
for below in ("", "a/b", "/a/b", "a//b"):
    rule, parts = matcher.match(f"{function_urls.PATH}/us-east-1/abc/{below}", method="GET")
    found[below] = parts.get("path", "")
print(json.dumps(found))
"""


def test_doubled_slashes_are_no_redirect(run: Run) -> None:
    """The router copies its routes whenever a service adds one; the copies lead there as well."""
    assert json.loads(run(PATHS)) == {"": "", "a/b": "a/b", "/a/b": "/a/b", "a//b": "a//b"}
