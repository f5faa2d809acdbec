"""What AWS answers to a request that nobody can be held to.

The same problem has another code, status and wording in S3, in the services whose answers are (or
were) XML, and in those that speak JSON.
Sources: S3 API Reference, "Error responses"; "Common errors" in the API reference of each service;
IAM User Guide, "Troubleshoot signed requests for AWS APIs".
"""

from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.api.s3 import (
    AccessDenied,
    AuthorizationQueryParametersError,
    SignatureDoesNotMatch,
)
from localstack.services.s3.constants import S3_HOST_ID

from localstack_parity.authentication.problems import Problem, Refused

_WRONG = "The request signature we calculated does not match the signature you provided. Check your"
_S3_WRONG = f"{_WRONG} key and signing method."
_WRONG = (
    f"{_WRONG} AWS Secret Access Key and signing method. Consult the service documentation for"
    " details."
)
_TOKEN = "The security token included in the request is"


# Code and status of S3, then its message; "{}" stands for the detail.
_OF_S3 = {
    Problem.ASYMMETRIC: (
        "NotImplemented",
        501,
        "Signature version 4a is not emulated here; sign with version 4.",
    ),
    Problem.BAD_EXPIRY: (
        "AccessDenied",
        403,
        "Invalid date (should be seconds since epoch): {}",
    ),
    Problem.BAD_QUERY: ("AuthorizationQueryParametersError", 400, "{}"),
    Problem.EXPIRED_TOKEN: ("ExpiredToken", 400, "The provided token has expired."),
    Problem.EXPIRED_URL: ("AccessDenied", 403, "Request has expired"),
    Problem.INCOMPLETE_QUERY: (
        "AuthorizationQueryParametersError",
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential,"
        " X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    ),
    Problem.INCOMPLETE_QUERY_TWO: (
        "AccessDenied",
        403,
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
    ),
    Problem.INVALID_TOKEN: (
        "InvalidToken",
        400,
        "The provided token is malformed or otherwise invalid.",
    ),
    Problem.MALFORMED: (
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header is malformed; {}.",
    ),
    Problem.MISSING: ("AccessDenied", 403, "Access Denied"),
    Problem.SEVERAL: (
        "InvalidArgument",
        400,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query"
        " string parameter or the Authorization header should be specified",
    ),
    Problem.SKEWED: (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    ),
    Problem.UNKNOWN_ALGORITHM: ("InvalidArgument", 400, "Unsupported Authorization Type"),
    Problem.UNKNOWN_KEY: (
        "InvalidAccessKeyId",
        403,
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    Problem.UNSIGNED_HEADERS: (
        "AccessDenied",
        403,
        "There were headers present in the request which were not signed",
    ),
    Problem.WRONG_SCOPE: (
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header is malformed; {}",
    ),
    Problem.WRONG_SIGNATURE: ("SignatureDoesNotMatch", 403, _S3_WRONG),
}

_WITH_FIELDS = {
    "AccessDenied": AccessDenied,
    "AuthorizationQueryParametersError": AuthorizationQueryParametersError,
    "SignatureDoesNotMatch": SignatureDoesNotMatch,
}

# Code of the query protocols, then of the JSON ones, and the message of both.
_INCOMPLETE = ("IncompleteSignature", "IncompleteSignatureException", "{}")
_MISMATCH = ("SignatureDoesNotMatch", "InvalidSignatureException")
_UNKNOWN = ("InvalidClientTokenId", "UnrecognizedClientException")
_OF_OTHERS = {
    Problem.ASYMMETRIC: (
        "IncompleteSignature",
        "IncompleteSignatureException",
        "Signature version 4a is not emulated here; sign with version 4.",
    ),
    Problem.BAD_EXPIRY: _INCOMPLETE,
    Problem.BAD_QUERY: _INCOMPLETE,
    Problem.EXPIRED_TOKEN: ("ExpiredToken", "ExpiredTokenException", f"{_TOKEN} expired"),
    Problem.EXPIRED_URL: (*_MISMATCH, "{}"),
    Problem.INCOMPLETE_QUERY: (
        "IncompleteSignature",
        "IncompleteSignatureException",
        "AWS query-string parameters must include 'X-Amz-Algorithm', 'X-Amz-Credential',"
        " 'X-Amz-Signature', 'X-Amz-SignedHeaders' and 'X-Amz-Date'.",
    ),
    Problem.INVALID_TOKEN: (*_UNKNOWN, f"{_TOKEN} invalid."),
    Problem.MALFORMED: _INCOMPLETE,
    Problem.MISSING: (
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "Request is missing Authentication Token",
    ),
    Problem.SEVERAL: (
        *_MISMATCH,
        "Found both 'X-Amz-Signature' as a query-string parameter and the 'Authorization' header.",
    ),
    Problem.SKEWED: (*_MISMATCH, "{}"),
    Problem.UNKNOWN_ALGORITHM: (
        "IncompleteSignature",
        "IncompleteSignatureException",
        "Unsupported Authorization Type: AWS4-HMAC-SHA256 is the one that is verified here.",
    ),
    Problem.UNKNOWN_KEY: (*_UNKNOWN, f"{_TOKEN} invalid."),
    Problem.VERSION_TWO: (
        "IncompleteSignature",
        "IncompleteSignatureException",
        "Signature version 2 is verified here for Amazon S3 alone; sign with version 4.",
    ),
    Problem.WRONG_SCOPE: (*_MISMATCH, "{}"),
    Problem.WRONG_SIGNATURE: (*_MISMATCH, _WRONG),
}


def answer(context: RequestContext, refused: Refused) -> ServiceException:
    """Return the error of the service that was called."""
    service = context.service.service_name if context.service else ""
    if service == "s3":
        code, status, message = _OF_S3[refused.problem]
        if with_fields := _WITH_FIELDS.get(code):
            text = message.format(refused.detail)
            error: ServiceException = with_fields(text, HostId=S3_HOST_ID, **refused.fields)
            return error
        return CommonServiceException(code, message.format(refused.detail), status_code=status)
    of_query, of_json, message = _OF_OTHERS[refused.problem]
    code, status = _code(service, str(context.protocol), of_query, of_json)
    return CommonServiceException(code, message.format(refused.detail), status_code=status)


def _code(service: str, protocol: str, of_query: str, of_json: str) -> tuple[str, int]:
    if service in ("sqs", "cloudwatch"):  # whose JSON keeps the codes that their XML had
        return of_query, 403
    if protocol == "rest-json":
        return of_json, 403
    if protocol in ("json", "smithy-rpc-v2-cbor"):
        return of_json, 400
    return of_query, 403
