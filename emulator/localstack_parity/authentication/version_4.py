"""Signature version 4: the canonical request, the string to sign, the keys derived for it.

botocore signs what it has encoded itself; a verifier meets requests of every client, so the path,
the query and the headers are brought into canonical form here.
Sources: IAM User Guide, "Create a signed AWS API request"; S3 API Reference, "Signature
calculations for the Authorization header: transferring a payload in multiple chunks" and the same
with trailing headers.
"""

import hashlib
import hmac
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from botocore.utils import normalize_url_path

from localstack_parity.authentication.claims import Claim, Version
from localstack_parity.authentication.received import Received

_UNRESERVED = "-_.~"
_NOTHING = hashlib.sha256(b"").hexdigest()


@lru_cache(maxsize=1024)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """Return the key for a day, a Region and a service; derived once, as a client does."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(received: Received, claim: Claim, payload_hash: str) -> str:
    """Return the text that a client hashes; S3 takes paths as they are, others normalise them."""
    path = received.path or "/"
    if claim.service == "s3":
        path = quote(unquote_to_bytes(path), safe=f"/{_UNRESERVED}")
    else:
        path = quote(normalize_url_path(path), safe="/~")
    query = ""
    if received.query:
        pairs = sorted(
            (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
            for name, value in received.parameters
            if name != b"X-Amz-Signature"
        )
        query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = "".join(
        f"{name}:{' '.join(received.headers.get(name, '').split())}\n"
        for name in claim.signed_headers
    )
    names = ";".join(claim.signed_headers)
    return f"{received.method}\n{path}\n{query}\n{headers}\n{names}\n{payload_hash}"


def string_to_sign(claim: Claim, canonical: str) -> str:
    """Return the text that is signed for a canonical request."""
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()
    return f"{Version.FOUR}\n{claim.time}\n{claim.scope}\n{digest}"


def signature(secret: str, claim: Claim, text: str) -> str:
    """Return the signature of `text` in the scope of `claim`."""
    key = signing_key(secret, claim.date, claim.region, claim.service)
    return hmac.digest(key, text.encode(), "sha256").hex()


class ChunkSignatures:
    """The signatures of an upload in chunks; each covers its chunk and the signature before."""

    def __init__(self, secret: str, claim: Claim) -> None:
        self._secret = secret
        self._claim = claim
        self._previous = claim.signature

    def of_chunk(self, content_hash: str) -> str:
        """Return the signature that the next chunk must have."""
        return self._next("PAYLOAD", f"{_NOTHING}\n{content_hash}")

    def of_trailer(self, headers: bytes) -> str:
        """Return the signature that the trailing headers must have."""
        return self._next("TRAILER", hashlib.sha256(headers).hexdigest())

    def _next(self, what: str, content: str) -> str:
        claim = self._claim
        head = f"{Version.FOUR}-{what}\n{claim.time}\n{claim.scope}\n{self._previous}"
        self._previous = signature(self._secret, claim, f"{head}\n{content}")
        return self._previous
