"""Signature Version 4 of requests to S3, with a key that is derived once a day.

AWS: "Create a signed AWS API request", IAM User Guide,
https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
"""

import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

_ALGORITHM = "AWS4-HMAC-SHA256"
_NO_BODY = sha256(b"").hexdigest()


def signed(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_id: str,
    secret: str,
    region: str,
) -> dict[str, str]:
    """`headers` with what proves the request; its time is now.

    `path` and `query` are encoded as they are sent, parameters sorted by name; the names of
    `headers`, all of which are signed, are in lower case, and `host` is among them.
    """
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    digest = sha256(body).hexdigest() if body else _NO_BODY
    proven = {**headers, "x-amz-date": now, "x-amz-content-sha256": digest}
    names = sorted(proven)
    # Spaces around a value and runs of them do not count.
    lines = [f"{name}:{' '.join(proven[name].split())}" for name in names]
    request = "\n".join([method, path, query, *lines, "", ";".join(names), digest])
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    to_sign = "\n".join([_ALGORITHM, now, scope, sha256(request.encode()).hexdigest()])
    signature = hmac.digest(_key(secret, scope), to_sign.encode(), "sha256").hex()
    proven["authorization"] = (
        f"{_ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return proven


@lru_cache(maxsize=4)
def _key(secret: str, scope: str) -> bytes:
    """The signing key of a day, a Region and a service."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
