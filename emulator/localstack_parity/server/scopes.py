"""Whose request it is and for which Region: remembered for each credential scope.

LocalStack reads both from the Authorization header with three searches, and looks up what follows
from them, for each request anew.
"""

import re
from functools import lru_cache

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.runtime.runtime import LocalstackRuntime
from localstack.utils.aws.arns import get_partition

_CREDENTIAL = "Credential="
_SCOPE = re.compile(
    rf"AWS4-HMAC-SHA256 {_CREDENTIAL}([\w-]+)/\d{{8}}/([a-z0-9-]+)/[a-z0-9-]+/aws4_request",
    re.ASCII,
)


def install(runtime: LocalstackRuntime) -> None:
    """Put one handler where LocalStack has three, one after the other."""
    requests = runtime.components.gateway.request_handlers
    first = requests.index(handlers.add_region_from_header)
    theirs = [handlers.add_region_from_header, handlers.rewrite_region, handlers.add_account_id]
    if requests[first : first + len(theirs)] != theirs:
        raise RuntimeError("LocalStack's handlers of Region and account stand in another order.")
    requests[first : first + len(theirs)] = [add_region_and_account]


def add_region_and_account(
    chain: HandlerChain, context: RequestContext, response: Response
) -> None:
    """Set Region, partition and account of a request."""
    authorization = context.request.headers.get("Authorization", "")
    # Of several credentials the last one counts, so that the first says nothing.
    known = authorization.count(_CREDENTIAL) == 1 and _known(authorization.partition(",")[0])
    if not known:
        handlers.add_region_from_header(chain, context, response)
        handlers.rewrite_region(chain, context, response)
        handlers.add_account_id(chain, context, response)
        return
    context.region, context.partition, context.account_id = known
    context.request.headers.add("x-moto-account-id", context.account_id)


@lru_cache(maxsize=1024)
def _known(scope: str) -> tuple[str, str, str] | None:
    """Return Region, partition and account; None for what LocalStack reads otherwise."""
    found = _SCOPE.fullmatch(scope)
    if found is None:
        return None
    key, region = found.groups()
    if region not in handlers.rewrite_region.region_rewriter_strategy.available_regions:
        return None
    return region, get_partition(region), get_account_id_from_access_key_id(key)
