"""What a request says of its signature: the key, the time, the scope; nothing of it proven yet.

Sources: IAM User Guide, "Elements of an AWS API request signature" and "Create a signed AWS API
request"; S3 API Reference, "Authenticating requests: using query parameters", "Browser-based
uploads using POST"; S3 User Guide, "Signing and authenticating REST requests" (version 2).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.received import Received


class Version(StrEnum):
    """The versions of signatures, by the value of the condition key s3:signatureversion."""

    TWO = "AWS"
    FOUR = "AWS4-HMAC-SHA256"


class Place(StrEnum):
    """Where a request carries its signature, by the value of the condition key s3:authType."""

    HEADER = "REST-HEADER"
    QUERY = "REST-QUERY-STRING"
    FORM = "POST"


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature as a request states it."""

    version: Version
    place: Place
    key: str
    signature: str
    token: str = ""
    date: str = ""  # of the scope, as are region and service
    region: str = ""
    service: str = ""
    time: str = ""  # when it was signed, in version 4
    expires: str = ""  # in a query: seconds after that time; in version 2 of the epoch
    signed_headers: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """The credential scope without the key."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


_QUERY_FOUR = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
_QUERY_TWO = ("AWSAccessKeyId", "Expires", "Signature")
_PART = re.compile(r"(\w+)=([^,\s]+)")
_TIME = re.compile(r"\d{8}T\d{6}Z")


def of(received: Received) -> Claim | None:
    """Return what the header or the query claims; None for a request without a signature."""
    authorization = received.headers.get("authorization", "")
    arguments = received.arguments if received.query else {}
    four = any(f"X-Amz-{name}" in arguments for name in _QUERY_FOUR)
    two = "AWSAccessKeyId" in arguments and "Signature" in arguments
    if authorization and (four or two):
        raise Refused(Problem.SEVERAL)
    if authorization:
        return _of_header(authorization, received.headers)
    if four:
        return _of_query(arguments)
    return _of_query_two(arguments) if two else None


def of_form(fields: Mapping[str, str]) -> Claim | None:
    """Return what a browser's form claims; its names are in lower case and it has all it needs."""
    token = fields.get("x-amz-security-token", "")
    if "x-amz-signature" in fields:
        if fields.get("x-amz-algorithm") != Version.FOUR:
            raise Refused(Problem.MALFORMED, "only AWS4-HMAC-SHA256 is verified here")
        key, date, region, service = _scope(fields["x-amz-credential"])
        return Claim(
            Version.FOUR,
            Place.FORM,
            key,
            fields["x-amz-signature"],
            token,
            date,
            region,
            service,
            fields["x-amz-date"],
        )
    if "awsaccesskeyid" in fields:
        return Claim(Version.TWO, Place.FORM, fields["awsaccesskeyid"], fields["signature"], token)
    return None


def _of_header(authorization: str, headers: Mapping[str, str]) -> Claim:
    token = headers.get("x-amz-security-token", "")
    algorithm, _, rest = authorization.partition(" ")
    if algorithm == Version.TWO:
        key, colon, signature = rest.strip().partition(":")
        if not colon:
            raise Refused(Problem.MALFORMED, "AWS authorization header is invalid")
        return Claim(Version.TWO, Place.HEADER, key, signature, token)
    if algorithm.startswith("AWS4-ECDSA"):
        raise Refused(Problem.ASYMMETRIC)
    if algorithm != Version.FOUR:
        raise Refused(Problem.UNKNOWN_ALGORITHM)
    parts = dict(_PART.findall(rest))
    for name in ("Credential", "Signature", "SignedHeaders"):
        if name not in parts:
            raise Refused(Problem.MALFORMED, f"Authorization header requires '{name}' parameter")
    key, date, region, service = _scope(parts["Credential"])
    time = headers.get("x-amz-date") or headers.get("date", "")
    if not time:
        raise Refused(
            Problem.MALFORMED,
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header",
        )
    return Claim(
        Version.FOUR,
        Place.HEADER,
        key,
        parts["Signature"],
        token,
        date,
        region,
        service,
        time,
        signed_headers=tuple(parts["SignedHeaders"].split(";")),
    )


def _of_query(arguments: Mapping[str, str]) -> Claim:
    algorithm = arguments.get("X-Amz-Algorithm", "")
    if algorithm.startswith("AWS4-ECDSA"):
        raise Refused(Problem.ASYMMETRIC)
    required = [name for name in _QUERY_FOUR if name != "Expires"]
    if algorithm != Version.FOUR or any(f"X-Amz-{name}" not in arguments for name in required):
        raise Refused(Problem.INCOMPLETE_QUERY)
    try:
        key, date, region, service = _scope(arguments["X-Amz-Credential"])
    except Refused as refused:
        problem = f"Error parsing the X-Amz-Credential parameter; {refused.detail}."
        raise Refused(Problem.BAD_QUERY, problem) from None
    if not _TIME.fullmatch(arguments["X-Amz-Date"]):
        raise Refused(
            Problem.BAD_QUERY,
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        )
    return Claim(
        Version.FOUR,
        Place.QUERY,
        key,
        arguments["X-Amz-Signature"],
        arguments.get("X-Amz-Security-Token", ""),
        date,
        region,
        service,
        arguments["X-Amz-Date"],
        arguments.get("X-Amz-Expires", ""),
        tuple(arguments["X-Amz-SignedHeaders"].lower().split(";")),
    )


def _of_query_two(arguments: Mapping[str, str]) -> Claim:
    if any(name not in arguments for name in _QUERY_TWO):
        raise Refused(Problem.INCOMPLETE_QUERY_TWO)
    return Claim(
        Version.TWO,
        Place.QUERY,
        arguments["AWSAccessKeyId"],
        arguments["Signature"],
        arguments.get("x-amz-security-token", ""),
        expires=arguments["Expires"],
    )


def _scope(credential: str) -> tuple[str, str, str, str]:
    """Split KEY/20260101/us-east-1/s3/aws4_request; a key may itself have slashes."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise Refused(
            Problem.MALFORMED,
            "the Credential is mal-formed; expecting"
            ' "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"',
        )
    return parts[0], parts[1], parts[2], parts[3]
