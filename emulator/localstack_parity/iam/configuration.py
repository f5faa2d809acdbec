"""What AWS checks about permissions when something is configured, not only when it is used."""

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException

from iam_policies import resources
from iam_policies.actions import Needed
from iam_policies.evaluation import Caller, Callers, Request, decide
from localstack_parity.iam import attached, documents, public
from localstack_parity.iam.context import RequestKeys

_LAMBDA = Caller(Callers.SERVICE, "", "lambda.amazonaws.com", ("lambda.amazonaws.com",))

_ARN_COLONS = 5

# What Lambda does with a destination or dead-letter target, by the target's service.
_DELIVERIES = {
    "lambda": ("lambda:InvokeFunction", "InvokeFunction"),
    "sns": ("sns:Publish", "Publish"),
    "sqs": ("sqs:SendMessage", "SendMessage"),
    "events": ("events:PutEvents", "PutEvents"),
    "s3": ("s3:PutObject", "PutObject"),
}


def check(context: RequestContext) -> None:
    """Raise what AWS answers to a configuration that it would not take."""
    if context.service and context.operation:
        operation = f"{context.service.service_name}:{context.operation.name}"
        if checking := _CHECKS.get(operation):
            checking(context, context.service_request or {})


def _function(context: RequestContext, parameters: Any) -> None:
    """Lambda API Reference, CreateFunction: the role is tried out, and with it the DLQ."""
    role = parameters.get("Role")
    if role and role.count(":") < _ARN_COLONS:
        return  # of what is no ARN, Lambda says which expression it has to satisfy
    if role and not _trusts_lambda(context, role):
        raise InvalidParameterValueException(
            "The role defined for the function cannot be assumed by Lambda.", Type="User"
        )
    target = (parameters.get("DeadLetterConfig") or {}).get("TargetArn")
    role = role or _role_of(context, parameters)
    if target and role and (action := _refused_delivery(context, role, target)):
        service = target.split(":")[2].upper()
        raise InvalidParameterValueException(
            f"The provided execution role does not have permissions to call {action} on {service}",
            Type="User",
        )


def _event_source(context: RequestContext, parameters: Any) -> None:
    """Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""
    source, role = parameters.get("EventSourceArn") or "", _role_of(context, parameters)
    if source.split(":")[2:3] != ["sqs"] or not role:
        return
    for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        if not _may(context, role, f"sqs:{name}", source):
            raise InvalidParameterValueException(
                f"The provided execution role does not have permissions to call {name} on SQS",
                Type="User",
            )


def _boundary(context: RequestContext, parameters: Any) -> None:
    """IAM API Reference, CreateRole, PutRolePermissionsBoundary and those of users."""
    arn = str(parameters.get("PermissionsBoundary") or "")
    if arn and not attached.is_managed_policy(arn, context.account_id, context.partition):
        raise CommonServiceException(
            "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status_code=404
        )


def _new_role(context: RequestContext, parameters: Any) -> None:
    documents.check_trust(context, parameters)
    _boundary(context, parameters)


def _invoke_config(context: RequestContext, parameters: Any) -> None:
    """Lambda Developer Guide, "Adding a destination": the role must be allowed to reach it."""
    role = _role_of(context, parameters)
    for destination in (parameters.get("DestinationConfig") or {}).values():
        target = (destination or {}).get("Destination")
        if target and role and (action := _refused_delivery(context, role, target)):
            raise InvalidParameterValueException(
                f"The function's execution role does not have permissions to call {action} on"
                f" {target}",
                Type="User",
            )


def _acl(context: RequestContext, parameters: Any) -> None:
    """S3 User Guide, "Blocking public access": BlockPublicAcls."""
    bucket = attached.bucket(parameters["Bucket"]) if public.has_acl(parameters) else None
    if bucket and public.refuses_acl(bucket, parameters):
        raise CommonServiceException("AccessDenied", "Access Denied", status_code=403)


_CHECKS = {
    "iam:CreatePolicy": documents.check_identity,
    "iam:CreatePolicyVersion": documents.check_identity,
    "iam:CreateRole": _new_role,
    "iam:CreateUser": _boundary,
    "iam:PutGroupPolicy": documents.check_identity,
    "iam:PutRolePolicy": documents.check_identity,
    "iam:PutUserPolicy": documents.check_identity,
    "iam:UpdateAssumeRolePolicy": documents.check_trust,
    "iam:PutRolePermissionsBoundary": _boundary,
    "iam:PutUserPermissionsBoundary": _boundary,
    "lambda:AddPermission": documents.check_permission,
    "lambda:CreateEventSourceMapping": _event_source,
    "lambda:CreateFunction": _function,
    "lambda:UpdateFunctionConfiguration": _function,
    "lambda:PutFunctionEventInvokeConfig": _invoke_config,
    "lambda:UpdateFunctionEventInvokeConfig": _invoke_config,
    "logs:PutResourcePolicy": documents.check_logs,
    "s3:PutBucketPolicy": documents.check_bucket,
    "s3:PutBucketAcl": _acl,
    "s3:PutObjectAcl": _acl,
    "s3:PutObject": _acl,
    "s3:CopyObject": _acl,
    "s3:CreateMultipartUpload": _acl,
    "sns:CreateTopic": documents.check_topic,
    "sns:SetTopicAttributes": documents.check_topic,
    "sqs:CreateQueue": documents.check_queue,
    "sqs:SetQueueAttributes": documents.check_queue,
}


def _trusts_lambda(context: RequestContext, role: str) -> bool:
    trust = attached.of_resource(role)
    account = role.split(":")[4]
    needed = Needed("sts:AssumeRole", {"RoleArn": role})
    keys = RequestKeys(context, _LAMBDA, needed, account)
    asked = Request(_LAMBDA, "sts:AssumeRole", role, account, keys)
    return trust is not None and decide(asked, resource=trust).allowed


def _refused_delivery(context: RequestContext, role: str, target: str) -> str | None:
    """Return what the role may not do with a target; None if it may, or if it is unknown."""
    service = target.split(":")[2]
    if service not in _DELIVERIES:
        return None
    action, name = _DELIVERIES[service]
    return None if _may(context, role, action, target) else name


def _may(context: RequestContext, role: str, action: str, target: str) -> bool:
    """Say whether a function with this role may do something with a resource."""
    account = role.split(":")[4]
    session = f"arn:aws:sts::{account}:assumed-role/{role.rsplit('/', 1)[-1]}/awslambda"
    caller = Caller(Callers.IDENTITY, account, session, (session, role))
    owner = resources.account_of(target) or account
    keys = RequestKeys(context, caller, Needed(action, {}), owner)
    has = attached.of_identity(caller)
    decision = decide(
        Request(caller, action, target, owner, keys),
        identity=tuple(has.policies.values()),
        boundary=(has.boundary,) if has.boundary else None,
        resource=attached.of_resource(target),
    )
    return decision.allowed


def _role_of(context: RequestContext, parameters: Any) -> str | None:
    name = str(parameters["FunctionName"])
    function = attached.function(name, context.account_id, context.region)
    return function.latest().config.role if function else None
