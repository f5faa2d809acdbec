"""Policies that AWS refuses to store: of identities, roles' trust, and resources.

LocalStack takes trust policies as they come, and knows no principals. What is wrong with the text
of an identity's policy beyond its principals, LocalStack says.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "AWS JSON policy elements:
Principal"; S3 API Reference, PutBucketPolicy; SNS API Reference, SetTopicAttributes; SQS API
Reference, SetQueueAttributes. The messages are those that people report, and those with which
versity/versitygw imitates AWS (iamapi/policy, issues 646 to 650).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.lambda_ import InvalidParameterValueException

from iam_policies import reference
from iam_policies.matching import Kind, Pattern
from iam_policies.policies import (
    InvalidPolicy,
    Policy,
    check_resources,
    parse_resource_policy,
    statements_of,
)
from localstack_parity.iam import attached, principals, public

_SID = re.compile("[0-9A-Za-z]*")
# SNS Developer Guide, "Amazon SNS API permissions": those of a topic. SNS refuses sns:*, as people
# report.
_OF_ALL = ("*", "sns:*")
_OF_TOPICS = frozenset(
    f"sns:{name}"
    for name in [
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "Receive",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
        "TagResource",
        "UntagResource",
    ]
)


def check_identity(_context: RequestContext, parameters: Any) -> None:
    """Raise MalformedPolicyDocument for a policy of an identity that names principals."""
    for statement in _statements(parameters.get("PolicyDocument")):
        if statement.keys() & {"Principal", "NotPrincipal"}:
            raise _malformed("Policy document should not specify a principal.")
        _check_sid(statement)


def check_trust(context: RequestContext, parameters: Any) -> None:
    """Raise MalformedPolicyDocument for a trust policy that IAM does not take."""
    key = "AssumeRolePolicyDocument"
    text = parameters.get(key if key in parameters else "PolicyDocument")
    statements = list(_statements(text))
    for statement in statements:
        if "NotPrincipal" in statement:
            raise _malformed("AssumeRole policy must not contain NotPrincipal field.")
        if statement.get("Principal") == "*":
            raise _malformed("Principal must be a JSON object.")
        for field in ("Resource", "NotResource"):
            if field in statement:
                raise _malformed(f"Has prohibited field {field}")
        _check_sid(statement)
    if not statements and not _is_object(text):
        return  # of which LocalStack says that it is none
    try:
        policy = parse_resource_policy(str(text))
    except InvalidPolicy as problem:
        raise _malformed(str(problem)) from None
    for one in policy.statements:
        if any(not action.text.lower().startswith("sts:") for action in one.actions):
            raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
        if any(kind == "CanonicalUser" for kind, _ in one.principals):
            raise _malformed('Invalid principal in policy: "CanonicalUser"')
    for kind, name in principals.unknown(policy, context.account_id, context.partition):
        raise _malformed(f'Invalid principal in policy: "{kind.upper()}":"{name}"')


def check_bucket(context: RequestContext, parameters: Any) -> None:
    """Raise MalformedPolicy, or AccessDenied for a public one of a bucket that blocks those."""
    name = parameters["Bucket"]
    bucket = attached.bucket(name)
    owner = parameters.get("ExpectedBucketOwner")
    if owner and bucket and owner != bucket.bucket_account_id:
        return  # which S3 says first
    text = str(parameters.get("Policy") or "")
    try:
        policy = parse_resource_policy(text)
        check_resources(policy)
        _check_bucket(policy, name)
        for _ in principals.unknown(policy, context.account_id, context.partition):
            raise InvalidPolicy("Invalid principal in policy")
    except InvalidPolicy as problem:
        raise CommonServiceException("MalformedPolicy", _no_policy(text) or str(problem)) from None
    if bucket and public.refuses_policy(bucket, policy):
        raise CommonServiceException("AccessDenied", "Access Denied", status_code=403)


def check_topic(context: RequestContext, parameters: Any) -> None:
    """Raise InvalidParameter for a policy that a topic does not take."""
    policy = (parameters.get("Attributes") or {}).get("Policy")
    if parameters.get("AttributeName") == "Policy":
        policy = parameters.get("AttributeValue") or ""
    if policy is None:
        return
    try:
        parsed = parse_resource_policy(str(policy))
        check_resources(parsed)
        for _ in principals.unknown(parsed, context.account_id, context.partition):
            raise InvalidPolicy("PrincipalNotFound")
    except InvalidPolicy as problem:
        message = f"Invalid parameter: Policy Error: {problem}"
        raise CommonServiceException("InvalidParameter", message) from None
    for statement in parsed.statements:
        if len(statement.resources) > 1:
            message = "Invalid parameter: Policy statement must apply to a single resource!"
            raise CommonServiceException("InvalidParameter", message)
        for action in statement.actions:
            of_topics = any(action.matches(one, {}) for one in _OF_TOPICS)
            if not of_topics or action.text.lower() in _OF_ALL:
                message = "Invalid parameter: Policy statement action out of service scope!"
                raise CommonServiceException("InvalidParameter", message)


def check_queue(context: RequestContext, parameters: Any) -> None:
    """Raise InvalidAttributeValue. An empty policy takes it away."""
    policy = (parameters.get("Attributes") or {}).get("Policy")
    if not policy:
        return
    try:
        parsed = parse_resource_policy(str(policy))
        check_resources(parsed, arns=False)  # recorded on AWS: SQS takes other texts
        for _ in principals.unknown(parsed, context.account_id, context.partition):
            raise InvalidPolicy("Invalid principal in policy")
    except InvalidPolicy:
        message = "Invalid value for the parameter Policy."
        raise CommonServiceException("InvalidAttributeValue", message) from None


def check_logs(_context: RequestContext, parameters: Any) -> None:
    """Raise InvalidParameterException for what is no policy of a resource."""
    try:
        parsed = parse_resource_policy(str(parameters.get("policyDocument") or ""))
        check_resources(parsed, arns=False)  # recorded on AWS: Logs takes other texts
    except InvalidPolicy:
        message = "Could not convert to persistable policy."
        raise CommonServiceException("InvalidParameterException", message) from None


def check_permission(context: RequestContext, parameters: Any) -> None:
    """Raise InvalidParameterValueException for a function's permission that is nobody's."""
    name = str(parameters.get("Principal") or "")
    of_account = principals.is_identity(name, context.account_id, context.partition)
    if name != "*" and not of_account and not principals.is_service(name):
        raise InvalidParameterValueException(
            "The provided principal was invalid. Please check the principal and try again.",
            Type="User",
        )


def _check_bucket(policy: Policy, bucket: str) -> None:
    for statement in policy.statements:
        for action in statement.actions:
            if not any(action.matches(f"s3:{one}", {}) for one in reference.names("s3")):
                raise InvalidPolicy("Policy has invalid action")
        for resource in statement.resources:
            named = resource.text.rpartition(":::")[2].partition("/")[0]
            if "$" not in named and not Pattern(named, Kind.LIKE).matches(bucket, {}):
                raise InvalidPolicy("Policy has invalid resource")


def _no_policy(text: str) -> str:
    """Return what S3 says of a text that is no policy at all, as it was recorded on AWS."""
    if not _is_object(text):
        return "Policies must be valid JSON and the first byte must be '{'"
    return "" if "Statement" in json.loads(text) else "Missing required field Statement"


def _is_object(text: Any) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except ValueError:
        return False


def _statements(text: Any) -> Iterator[dict[str, Any]]:
    """Yield the statements of a text, as far as it is a policy."""
    if _is_object(text):
        found = json.loads(str(text)).get("Statement")
        yield from (one for one in statements_of(found) if isinstance(one, dict))


def _check_sid(statement: dict[str, Any]) -> None:
    sid = statement.get("Sid", "")
    if isinstance(sid, str) and not _SID.fullmatch(sid):
        raise _malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the "
            "regular expression [0-9A-Za-z]*"
        )


def _malformed(message: str) -> CommonServiceException:
    return CommonServiceException("MalformedPolicyDocument", message)
