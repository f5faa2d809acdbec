"""Signature version 2 of S3, in headers and in URLs; botocore's signer makes the string to sign.

Source: S3 User Guide, "Signing and authenticating REST requests". boto3 still presigns with it in
us-east-1 unless it is told otherwise.
"""

from collections.abc import Mapping
from urllib.parse import quote, unquote_to_bytes, urlsplit

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials

from localstack_parity.authentication.claims import Claim, Place
from localstack_parity.authentication.received import Received

_HEADERS = ("content-md5", "content-type")


class _Verifier(HmacV1Auth):
    """The signer with the date of the request instead of now."""

    def __init__(self, key: str, secret: str, date: str) -> None:
        super().__init__(ReadOnlyCredentials(key, secret, None))
        self._date = date

    def _get_date(self) -> str:
        return self._date


def string_to_sign(received: Received, claim: Claim, bucket_of_host: str) -> str:
    """Return the text that is signed; the bucket belongs to it even if the host names it."""
    of_query = of_url(received.arguments) if claim.place is Place.QUERY else {}
    headers = HTTPHeaders()
    for name, value in {**of_query, **received.headers}.items():
        if name.startswith("x-amz-") or name in _HEADERS:
            headers[name] = value
    date = received.headers.get("date", "")
    if claim.place is Place.QUERY:
        date = claim.expires
    elif "x-amz-date" in headers:
        date = ""
    path = quote(unquote_to_bytes(received.path), safe="/-_.~")
    if bucket_of_host:
        path = f"/{bucket_of_host}{path}"
    verifier = _Verifier(claim.key, "", date)
    split = urlsplit(f"//host{path}?{received.query}")
    return str(verifier.canonical_string(received.method, split, headers))


def of_url(arguments: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a presigned URL has as parameters."""
    lower = {name.lower(): value for name, value in arguments.items()}
    return {
        name: value
        for name, value in lower.items()
        if name.startswith("x-amz-") or name in _HEADERS
    }


def signature(secret: str, text: str) -> str:
    """Return the signature of `text`, in base64."""
    return str(_Verifier("", secret, "").sign_string(text))
