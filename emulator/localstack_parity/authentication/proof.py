"""The proof itself: the signature that a request claims, computed again with the key's secret."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

from localstack_parity.authentication import clock, keys, version_2, version_4
from localstack_parity.authentication.claims import Claim, Place, Version
from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.received import Received

# Headers that may be unsigned: they say how the body is sent, and the body is held to them.
_MAY_BE_UNSIGNED = frozenset(
    {"x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer"}
)


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who signed a request and how; what condition keys such as s3:signatureAge ask for."""

    key: str
    version: Version
    place: Place
    signed: datetime | None  # unknown in URLs and forms of version 2
    secret: str = ""

    def age_ms(self) -> int | None:
        """Return how old the signature is, in milliseconds."""
        if self.signed is None:
            return None
        return int((datetime.now(UTC) - self.signed).total_seconds() * 1000)


def of(
    received: Received,
    claim: Claim,
    service: str,
    *,
    payload_hash: str = "",
    form_policy: str = "",
    bucket_of_host: str = "",
) -> Authentication:
    """Return the proof of a claim, or raise Refused.

    `payload_hash` is what version 4 signs for the content; `form_policy` is what a form signs
    instead of a request.
    """
    key = keys.find(claim.key, claim.region or "us-east-1")
    if key is None or (keys.is_of_account(claim.key) and _is_in_a_function(received)):
        raise Refused(Problem.UNKNOWN_KEY)
    signed = clock.check(received, claim, datetime.now(UTC))
    if claim.version is Version.FOUR:
        _check_service(claim, service)
    elif service != "s3":
        raise Refused(Problem.VERSION_TWO)
    if service == "s3" and claim.version is Version.FOUR and claim.place is not Place.FORM:
        _check_headers(received, claim)
    canonical = ""
    if form_policy:
        texts: Sequence[str] = [form_policy]
    elif claim.version is Version.FOUR:
        canonical = version_4.canonical_request(received, claim, payload_hash)
        texts = [version_4.string_to_sign(claim, canonical)]
    else:
        texts = version_2.strings_to_sign(received, claim, bucket_of_host)
    for secret, text in product(key.secrets, texts):
        if hmac.compare_digest(_signature(secret, claim, text), claim.signature.encode()):
            _check_token(claim, key)
            return Authentication(claim.key, claim.version, claim.place, signed, secret)
    raise Refused(Problem.WRONG_SIGNATURE, **_compared(claim, texts[0], canonical))


def _compared(claim: Claim, text: str, canonical: str) -> dict[str, str]:
    """Return what S3 shows, so that a client's author finds where the two differ."""
    fields = {
        "AWSAccessKeyId": claim.key,
        "SignatureProvided": claim.signature,
        "StringToSign": text,
        "StringToSignBytes": text.encode().hex(" "),
    }
    if canonical:
        fields["CanonicalRequest"] = canonical
        fields["CanonicalRequestBytes"] = canonical.encode().hex(" ")
    return fields


def _signature(secret: str, claim: Claim, text: str) -> bytes:
    if claim.version is Version.FOUR:
        return version_4.signature(secret, claim, text).encode()
    return version_2.signature(secret, text).encode()


def _check_token(claim: Claim, key: keys.Key) -> None:
    if key.token and not claim.token:
        raise Refused(Problem.UNKNOWN_KEY)  # S3 and STS know such a key only with its token
    if claim.token != key.token:
        raise Refused(Problem.INVALID_TOKEN)
    if key.expires and key.expires.replace(tzinfo=UTC) < datetime.now(UTC):
        raise Refused(Problem.EXPIRED_TOKEN)


def _check_service(claim: Claim, service: str) -> None:
    if claim.service == service:
        return
    if service == "s3":
        raise Refused(
            Problem.WRONG_SCOPE,
            f'incorrect service "{claim.service}". This endpoint belongs to "s3".',
        )
    raise Refused(
        Problem.WRONG_SCOPE, f"Credential should be scoped to correct service: '{service}'."
    )


def _check_headers(received: Received, claim: Claim) -> None:
    """S3 API Reference, "Signature calculations": all headers x-amz-* have to be signed."""
    unsigned = [
        name
        for name in received.headers
        if name.startswith("x-amz-")
        and name not in claim.signed_headers
        and name not in _MAY_BE_UNSIGNED
    ]
    if unsigned or "host" not in claim.signed_headers:
        raise Refused(Problem.UNSIGNED_HEADERS, HeadersNotSigned=", ".join(unsigned) or "host")


def _is_in_a_function(received: Received) -> bool:
    """Whether the caller runs in Lambda, which SDKs say of themselves.

    A function has keys of its own; the account's, written into a handler, is none that AWS knows.
    """
    return "exec-env/AWS_Lambda_" in received.headers.get("user-agent", "")
