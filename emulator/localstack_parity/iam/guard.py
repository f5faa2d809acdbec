"""Lets a request through, or answers as AWS does: the last handler before a service sees it."""

import os
from typing import Any

from localstack.aws import handlers
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response
from localstack.services.edge import ROUTER
from localstack.services.s3.models import S3Bucket
from localstack.services.sts.provider import ROLE_ARN_REGEX, SESSION_NAME_REGEX

from iam_policies import actions, resources
from iam_policies.actions import Needed
from iam_policies.evaluation import Caller, Callers, Decision, Request, Source, decide
from iam_policies.policies import Policy
from iam_policies.resources import Where
from localstack_parity.iam import answers, attached, callers, configuration, public, record
from localstack_parity.iam.context import RequestKeys

SWITCH = "TAPSTACK_IAM"
REFUSED_DELETIONS = "refused_deletions"  # attribute of a request's context: entries of Errors

# Services whose resources have policies that can deny; nothing else keeps the root of the account
# out that they belong to.
_WITH_DENIALS = frozenset({"s3", "sns", "sqs", "sts"})

# What a service does on its own behalf, where AWS asks the resource's policy. Other calls between
# LocalStack's services have no counterpart on AWS, or are made with a role.
_OF_SERVICES = frozenset(
    {"lambda:InvokeFunction", "sns:Publish", "sqs:SendMessage", "s3:PutObject", "sts:AssumeRole"}
)

# What a holder of a subscription's token or ARN may do, as a link in a mail does (SNS API).
_WITHOUT_CREDENTIALS = frozenset({("sns", "ConfirmSubscription"), ("sns", "Unsubscribe")})

# S3 User Guide, "Bucket policies": root can get back in, whatever the policy says.
_ALWAYS_ROOTS = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})

# S3 API Reference, "Permissions" of these: without s3:ListBucket, what is missing is forbidden.
_TELL_WHAT_IS_MISSING = frozenset({"GetObject", "HeadObject", "GetObjectAttributes"})
_MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


def install() -> None:
    """Begin to enforce, unless it is switched off."""
    if os.environ.get(SWITCH) == "off":
        return
    handlers.serve_custom_service_request_handlers.append(enforce)
    handlers.run_custom_response_handlers.append(conceal_what_is_missing)
    ROUTER.add(record.PATH, endpoint=record.answer, methods=["GET"])


def enforce(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Raise what AWS answers if a request is not allowed."""
    if not context.operation or not context.service:
        return
    caller = callers.caller_of(context)
    if caller is None:
        return
    service = context.service.service_name
    if caller is callers.ANONYMOUS and (service, context.operation.name) in _WITHOUT_CREDENTIALS:
        return
    parameters: Any = context.service_request or {}
    if service == "s3" and context.operation.name == "DeleteObjects":
        _set_refused_deletions_aside(context, caller, parameters)
    else:
        for needed in actions.needed(service, context.operation.name, parameters):
            _require(context, caller, needed)
    configuration.check(context)


def require(context: RequestContext, needed: Needed, key: str) -> None:
    """Raise what AWS answers if the holder of a key may not do something; "": who asks."""
    if os.environ.get(SWITCH) == "off":
        return
    if caller := callers.holder(key, context) if key else callers.caller_of(context):
        _require(context, caller, needed)


def conceal_what_is_missing(
    _chain: HandlerChain, context: RequestContext, response: Response
) -> None:
    """Answer 403 instead of 404 to who may not list the bucket."""
    if (
        response.status_code != 404
        or not context.operation
        or context.operation.name not in _TELL_WHAT_IS_MISSING
        or getattr(context.service_exception, "code", "") not in _MISSING
    ):
        return
    caller = callers.caller_of(context)
    parameters: Any = context.service_request or {}
    listing = Needed("s3:ListBucket", {"Bucket": parameters["Bucket"]})
    bucket = _bucket(listing)
    if caller is None or bucket is None:
        return
    try:
        _judge(context, caller, listing, bucket)
    except CommonServiceException as denied:
        error = handlers.handle_service_exception.create_exception_response(denied, context)
        response.update_from(error)


def _set_refused_deletions_aside(context: RequestContext, caller: Caller, parameters: Any) -> None:
    """Leave what may be deleted in the request; the provider adds the others to its answer.

    S3 API Reference, DeleteObjects: 200, with an error for each object that could not be deleted.
    """
    kept, refused = [], []
    for entry, needs in actions.deletions(parameters):
        try:
            for needed in needs:
                _require(context, caller, needed)
            kept.append(entry)
        except CommonServiceException as denied:
            refused.append({**entry, "Code": denied.code, "Message": denied.message})
    if refused:
        parameters["Delete"]["Objects"] = kept
        setattr(context, REFUSED_DELETIONS, refused)


def _require(context: RequestContext, caller: Caller, needed: Needed) -> None:
    if caller.kind is Callers.SERVICE and needed.action not in _OF_SERVICES:
        return
    if caller.kind is Callers.ROOT and _is_roots_own(context, caller, needed):
        return
    bucket = _bucket(needed)
    if bucket is None and _is_about_bucket(needed):
        return  # S3 says to everyone who is known that there is no such bucket
    if needed.action == "sts:AssumeRole" and _is_malformed(needed):
        return  # STS says so first
    _judge(context, caller, needed, bucket)


def _is_roots_own(context: RequestContext, caller: Caller, needed: Needed) -> bool:
    """Say whether nothing can keep root out: what it asks for is its account's, without denials."""
    if needed.action.partition(":")[0] in _WITH_DENIALS and needed.action not in _ALWAYS_ROOTS:
        return False
    bucket = _bucket(needed)
    where = Where(context.partition, context.region, caller.account)
    arn = resources.arn_of(needed.action, needed.parameters, where)
    owner = str(bucket.bucket_account_id) if bucket else resources.account_of(arn)
    return not resources.is_of_another(owner, caller.account)


def _judge(
    context: RequestContext, caller: Caller, needed: Needed, bucket: S3Bucket | None
) -> None:
    """Record the decision; raise the error of the service if it is a refusal."""
    request, decision = _decide(context, caller, needed, bucket)
    role = _recorded(caller)
    if decision.allowed:
        if role:
            record.allowed(role, request, decision)
        return
    denied = answers.access_denied(context, request, decision)
    if role:
        record.refused(role, request, str(denied))
    raise denied


def _is_malformed(needed: Needed) -> bool:
    """Say whether STS refuses a request for its form, before it asks who may assume the role.

    Recorded on AWS: LocalStack's tests, v4.14.0, test_sts_invalid_parameters.
    """
    name = needed.parameters.get("RoleSessionName") or ""
    arn = needed.parameters.get("RoleArn") or ""
    return not (ROLE_ARN_REGEX.match(arn) and SESSION_NAME_REGEX.match(name))


def _is_about_bucket(needed: Needed) -> bool:
    return (
        needed.action.startswith("s3:")
        and needed.action != "s3:CreateBucket"
        and bool(needed.parameters.get("Bucket"))
    )


def _bucket(needed: Needed) -> S3Bucket | None:
    return attached.bucket(needed.parameters["Bucket"]) if _is_about_bucket(needed) else None


def _decide(
    context: RequestContext, caller: Caller, needed: Needed, bucket: S3Bucket | None
) -> tuple[Request, Decision]:
    where = Where(context.partition, context.region, caller.account or context.account_id)
    arn = resources.arn_of(needed.action, needed.parameters, where)
    owner = bucket.bucket_account_id if bucket else resources.account_of(arn) or where.account
    keys = RequestKeys(context, caller, needed, owner, arn)
    request = Request(caller, needed.action, arn, owner, keys)

    policy: Policy | None = None
    if bucket:
        policy = attached.of_bucket(bucket)
    elif needed.action != "iam:PassRole":
        policy = attached.of_resource(arn)
    if policy and bucket and public.restricted(bucket, policy) and _is_outsider(caller, owner):
        policy = _only_denials(policy)
    has = attached.of_identity(caller) if caller.kind is Callers.IDENTITY else None
    decision = decide(
        request,
        identity=tuple(has.policies.values()) if has else (),
        boundary=(has.boundary,) if has and has.boundary else None,
        resource=policy,
        needs_resource_policy=needed.action == "sts:AssumeRole",
    )
    if (
        bucket
        and caller.kind is Callers.ANONYMOUS
        and not decision.allowed
        and not decision.explicit
        and public.allowed_by_acl(bucket, needed.action, needed.parameters)
    ):
        return request, Decision(True, Source.RESOURCE)
    return request, decision


def _is_outsider(caller: Caller, owner: str) -> bool:
    return caller.kind is not Callers.SERVICE and caller.account != owner


def _only_denials(policy: Policy) -> Policy:
    return Policy(tuple(one for one in policy.statements if not one.allows))


def _recorded(caller: Caller) -> str:
    """Return the role whose use is recorded; "" for everyone else."""
    name = caller.names[-1] if caller.names else ""
    return name if ":role/" in name else ""
