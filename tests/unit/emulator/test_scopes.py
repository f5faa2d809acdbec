"""Region, partition and account are remembered for a credential scope as LocalStack reads them."""

from tests.unit.emulator.conftest import Run

SCOPES = """
from itertools import product
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.http import Request
from localstack_parity.server import scopes

theirs = (handlers.add_region_from_header, handlers.rewrite_region, handlers.add_account_id)
keys = ("test", "123456789012", "LSIAQAAAAAAVNCBMPNSG", "LKIAQAAAAAAHFR7TTTXM",
    "AKIAIOSFODNN7EXAMPLE", "a/b", "", "1234567890123", "key with blanks")
regions = ("us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1", "mars-1", "", "US-EAST-1")
sent = [
    f"AWS4-HMAC-SHA256 Credential={key}/20261127/{region}/s3/aws4_request,{rest}"
    for key, region, rest in product(keys, regions, (" SignedHeaders=host, Signature=00", ""))
]
one, other = (f"Credential={key}/20261127/{region}/s3/aws4_request"
    for key, region in (("test", "us-east-1"), ("123456789012", "eu-west-1")))
sent += [
    f"AWS4-HMAC-SHA256 {one}, SignedHeaders=host, Signature=00, {other}",
    f"AWS4-HMAC-SHA256 {one} {other}", f"AWS4-HMAC-SHA256 SignedHeaders=host, {other}",
    f"AWS4-ECDSA-P256-SHA256 {other}", "AWS test:signature", "Bearer token", "", "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=test/2026/us-east-1/s3/aws4_request",
    "AWS4-HMAC-SHA256 Credential=123456789012/20261127/us-east-1/s3/aws4_request/more",
]

def found(header, steps):
    headers = {"Authorization": header} if header else {}
    context = RequestContext(Request("GET", "/", headers=headers))
    for step in steps:
        step(None, context, None)
    return context.region, context.partition, context.account_id, sorted(context.request.headers)

for header in sent * 2:
    ours = found(header, [scopes.add_region_and_account])
    print(header, ours, "same" if ours == found(header, theirs) else f"not {found(header, theirs)}")
print(scopes._known.cache_info().hits)
"""


def test_region_and_account_are_the_same(run: Run) -> None:
    """GIVEN scopes, odd ones and several in one header too THEN LocalStack finds the same."""
    *found, hits = run(SCOPES).splitlines()
    assert [line for line in found if not line.endswith("same")] == []
    assert len(found) > 250
    assert int(hits) > 100
