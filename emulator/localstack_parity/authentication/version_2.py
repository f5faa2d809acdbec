"""Signature version 2 of S3, in headers and in URLs; botocore's signer makes the string to sign.

Source: S3 User Guide, "Signing and authenticating REST requests". boto3 still presigns with it in
us-east-1 unless it is configured otherwise.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import SplitResult, quote, unquote_plus, unquote_to_bytes

from botocore.auth import HmacV1Auth
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials
from botocore.loaders import Loader

from localstack_parity.authentication.claims import Claim, Place
from localstack_parity.authentication.received import Received

_HEADERS = ("content-md5", "content-type")


# Of the query these choose no other operation: they are for logs, and for the form of a list.
_CHOOSE_NOTHING = frozenset({"list-type", "x-id"})


def _subresources() -> list[str]:
    """Return the parameters that choose an operation of S3, such as retention: all are signed.

    Those that botocore does not know could be added to a URL that was signed without them.
    """
    model = Loader().load_service_model("s3", "service-2")
    queries = (one["http"]["requestUri"].partition("?")[2] for one in model["operations"].values())
    named = {one.partition("=")[0] for query in queries for one in query.split("&") if one}
    return sorted({*HmacV1Auth.QSAOfInterest, *named} - _CHOOSE_NOTHING)


class _Verifier(HmacV1Auth):
    """The signer with the date of the request instead of now."""

    QSAOfInterest = _subresources()

    def __init__(self, key: str, secret: str, date: str) -> None:
        super().__init__(ReadOnlyCredentials(key, secret, None))
        self._date = date

    def _get_date(self) -> str:
        return self._date


def strings_to_sign(received: Received, claim: Claim, bucket_of_host: str) -> Sequence[str]:
    """Return the text that is signed; the bucket belongs to it even if the host names it.

    Of a path that is a bucket's name there is a second one, with a slash behind it: so botocore
    signs it.
    """
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
    paths = (path, f"{path}/") if path.count("/") == 1 and path != "/" else (path,)
    verifier = _Verifier(claim.key, "", date)
    # A name counts as it is read, however it is written.
    pairs = (pair.partition("=") for pair in received.query.split("&") if pair)
    query = "&".join(f"{unquote_plus(name)}{equals}{value}" for name, equals, value in pairs)
    return [
        str(
            verifier.canonical_string(
                received.method, SplitResult("", "host", one, query, ""), headers
            )
        )
        for one in paths
    ]


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
