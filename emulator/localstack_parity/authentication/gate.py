"""Stands in front of every service: nobody is who a request says before its signature proves it.

Calls of LocalStack's services to each other do not come over a connection, have no signature and
need none; what comes over one cannot pass for such a call.
"""

import hashlib
import os
import re
from io import BytesIO
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.runtime import get_current_runtime
from localstack.services.s3 import provider as s3_provider
from localstack.services.s3 import utils as s3_utils
from localstack.utils.aws.request_context import mock_aws_request_headers

from localstack_parity.authentication import (
    bodies,
    claims,
    forms,
    keys,
    proof,
    received,
    refusals,
    version_2,
)
from localstack_parity.authentication.claims import Claim, Place, Version
from localstack_parity.authentication.problems import Problem, Refused
from localstack_parity.authentication.proof import Authentication
from localstack_parity.authentication.received import Received
from localstack_parity.authentication.version_4 import ChunkSignatures
from localstack_parity.bad_requests import name_an_operation

SWITCH = "TAPSTACK_SIGNATURES"

_RAW_HASH = "tapstack.raw_hash"
_ATTRIBUTE = "authentication"
_RECEIVED = "received"
_SHA256 = re.compile(r"[0-9a-f]{64}")

# Services that somebody without credentials may call, if a policy or an ACL lets everybody in.
_OPEN_TO_ANYBODY = frozenset({"s3", "sns", "sqs"})


def install() -> None:
    """Put the handlers into LocalStack's chain, each before what would spoil its evidence."""
    keys.install()
    chain = get_current_runtime().components.gateway.request_handlers
    chain.insert(0, receive)
    chain.insert(chain.index(handlers.content_decoder), keep_hash_of_encoded_body)
    chain[chain.index(handlers.parse_pre_signed_url_request)] = authenticate
    handlers.serve_custom_service_request_handlers.append(require_signature)
    handlers.serve_custom_service_request_handlers.append(forms.name_what_is_posted)
    handlers.run_custom_response_handlers.append(forms.answer_without_document)
    s3_provider.AwsChunkedDecoder = bodies.DecodedBody
    s3_provider.validate_post_policy = forms.check_policy


def of(context: RequestContext) -> Authentication | None:
    """Return the proof of who sent a request; None for an anonymous or an internal one."""
    found: Authentication | None = getattr(context, _ATTRIBUTE, None)
    return found


def is_signed(request: Any, service: str) -> bool:
    """Say whether a signature proves who sent a request that no service's API serves."""
    return bool(_signer(request, service))


def is_signed_by_owner(request: Any) -> bool:
    """Say whether the emulator's own account, and not a user or a role, sent a request.

    It may be signed for any service, as there is none that serves it.
    """
    if os.environ.get(SWITCH) == "off" and "Authorization" not in request.headers:
        return True
    return keys.is_owner(_signer(request, None))


def _signer(request: Any, service: str | None) -> str:
    """Return the key that signed a request for a service, or for any; "" if that is not proven."""
    raw = received.of(request)
    try:
        claim = claims.of(raw)
        if claim is None:
            return ""
        if os.environ.get(SWITCH) != "off":
            content = hashlib.sha256(request.get_data()).hexdigest()
            proof.of(raw, claim, service or claim.service, payload_hash=content)
    except Refused:
        return ""
    return claim.key


def is_internal(context: RequestContext) -> bool:
    """Say whether one of LocalStack's services makes the call, within this process."""
    return not hasattr(context, _RECEIVED)


def receive(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Keep what came over a connection as it came, before any other handler touches it.

    A call within the process has its operation from the start; nothing else has.
    """
    if context.operation is None:
        setattr(context, _RECEIVED, received.of(context.request))


def keep_hash_of_encoded_body(
    _chain: HandlerChain, context: RequestContext, _response: Response
) -> None:
    """Hash a compressed body before it is unpacked: that is what its sender signed."""
    request = context.request
    if is_internal(context) or (context.service and context.service.service_name == "s3"):
        return
    if (request.content_encoding or "").lower() == "gzip":
        data = request.stream.read()
        request.environ[_RAW_HASH] = hashlib.sha256(data).hexdigest()
        request.stream = BytesIO(data)


def authenticate(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Find out who sent a request, or raise what AWS answers."""
    if not context.service or is_internal(context):
        return
    try:
        _authenticate(context, getattr(context, _RECEIVED))
    except Refused as refused:
        name_an_operation(context)
        raise refusals.answer(context, refused) from None
    except Exception:
        name_an_operation(context)
        raise


def require_signature(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Refuse who has none, but where AWS does without."""
    if not context.service or not context.operation or of(context) or is_internal(context):
        return
    if (
        context.service.service_name not in _OPEN_TO_ANYBODY
        and context.operation.resolved_auth_type != "none"
    ):
        raise refusals.answer(context, Refused(Problem.MISSING))


def _authenticate(context: RequestContext, request: Received) -> None:
    service = context.service.signing_name
    fields: dict[str, str] = {}
    claim = claims.of(request)
    if claim is None and service == "s3" and forms.is_form(context.request):
        fields = forms.fields_of(context.request)
        claim = claims.of_form(fields)
    found = None
    if claim is not None:
        found = _proven(context, request, claim, service, fields)
        setattr(context, _ATTRIBUTE, found)
        if claim.place is not Place.HEADER:
            _restore_headers(context, request, claim)
    if service == "s3":
        _hold_body_to_headers(context.request, request, claim, found)


def _proven(
    context: RequestContext, request: Received, claim: Claim, service: str, fields: dict[str, str]
) -> Authentication:
    if os.environ.get(SWITCH) == "off":
        return Authentication(claim.key, claim.version, claim.place, None)
    return proof.of(
        request,
        claim,
        service,
        payload_hash=_payload_hash(context.request, request, claim),
        form_policy=fields.get("policy", ""),
        bucket_of_host=s3_utils.uses_host_addressing(context.request.headers) or "",
    )


def _payload_hash(request: Any, raw: Received, claim: Claim) -> str:
    """Return what the signature covers of the content: S3 takes the client's word and checks it."""
    if claim.version is Version.TWO or claim.place is Place.FORM:
        return ""
    if claim.service != "s3":
        kept = request.environ.get(_RAW_HASH)
        return str(kept or hashlib.sha256(request.get_data()).hexdigest())
    stated = raw.headers.get("x-amz-content-sha256", "")
    if claim.place is Place.QUERY:
        if of_url := raw.arguments.get("X-Amz-Content-Sha256"):
            return of_url
        return stated if "x-amz-content-sha256" in claim.signed_headers else bodies.UNSIGNED
    return bodies.checked(stated)


def _restore_headers(context: RequestContext, raw: Received, claim: Claim) -> None:
    """Put what a URL or a form carries for a header where LocalStack looks for it."""
    headers = context.request.headers
    if claim.place is Place.QUERY and context.service.service_name == "s3":
        of_url = version_2.of_url(raw.arguments)
        if claim.version is Version.FOUR:
            of_url = _headers_of_url(raw, claim)
        for name, value in of_url.items():
            if name not in headers:
                headers.add(name, value)
    headers["Authorization"] = mock_aws_request_headers(
        claim.service or "s3", claim.key, claim.region or "us-east-1"
    )["Authorization"]


def _headers_of_url(raw: Received, claim: Claim) -> dict[str, str]:
    """Return the parameters that stand for headers; JavaScript's SDK writes them so.

    It also writes a checksum, of no content, that only counts if it is signed as a header.
    """
    mechanism = {"algorithm", "credential", "date", "expires", "signature", "signedheaders"}
    found = {}
    for name, value in raw.arguments.items():
        lower = name.lower()
        if not lower.startswith("x-amz-") and lower not in ("if-match", "if-none-match"):
            continue
        if lower.removeprefix("x-amz-") in mechanism:
            continue
        if lower.startswith("x-amz-checksum-") and lower not in claim.signed_headers:
            continue
        found[lower] = value
    return found


def _hold_body_to_headers(
    request: Any, raw: Received, claim: Claim | None, found: Authentication | None
) -> None:
    if claim is not None and claim.place is Place.FORM:
        return
    stated = request.headers.get("x-amz-content-sha256", "")
    if stated.startswith(bodies.STREAMING):
        signatures = None
        if claim and found and found.secret and stated.startswith(bodies.SIGNED_CHUNKS):
            signatures = ChunkSignatures(found.secret, claim)
        bodies.check_streaming(stated, raw.headers)
        trailer = raw.headers.get("x-amz-trailer", "").strip().lower()
        request.stream = bodies.EncodedBody(request.stream, trailer, signatures)
        encodings = request.headers.get("Content-Encoding", "").split(",")
        if len(encodings) > 1:  # LocalStack takes out aws-chunked, but not with a blank before it
            request.headers["Content-Encoding"] = ",".join(name.strip() for name in encodings)
        return
    sha256 = stated if _SHA256.fullmatch(stated) else ""
    md5 = bodies.well_formed_md5(raw.headers.get("content-md5", ""))
    if sha256 or md5:
        chunked = "chunked" in raw.headers.get("transfer-encoding", "").lower()
        length = request.content_length if chunked else request.content_length or 0
        request.stream = bodies.VerifiedBody(
            request.stream, length, sha256, md5, is_part="partNumber" in raw.arguments
        )
