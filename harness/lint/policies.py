"""What the policies of a template allow.

The evaluation is the emulator's own, so that lint and a run cannot disagree. What only a deployment
could decide counts in the template's favour: a finding is certain.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.lint.stack import ACCOUNT, PathInTemplate, Resource, Stack
from harness.stack.intrinsics import Unknown, mentions_unknown
from iam_policies.evaluation import Caller, Callers, Request, decide
from iam_policies.policies import (
    NOTHING,
    InvalidPolicy,
    Policy,
    parse_identity_policy,
    parse_resource_policy,
)

# What AWS's own policies for functions allow, on every resource.
# Source: AWS Managed Policy Reference.
_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_INTERFACES = [f"ec2:{verb}NetworkInterface" for verb in ("Create", "Delete")]
_TRACES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
_READ = [
    f"{service}:{verb}*"
    for service in ("cloudwatch", "kms", "lambda", "logs", "s3", "sns", "sqs")
    for verb in ("Describe", "Get", "List")
]
MANAGED: Mapping[str, list[str]] = {
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaVPCAccessExecutionRole": [
        *_LOGS,
        *_INTERFACES,
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
    ],
    "service-role/AWSLambdaSQSQueueExecutionRole": [
        *_LOGS,
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    ],
    "AWSXRayDaemonWriteAccess": _TRACES,
    "AWSXrayWriteOnlyAccess": _TRACES,
    "ReadOnlyAccess": _READ,
    "AmazonS3FullAccess": ["s3:*"],
    "AmazonS3ReadOnlyAccess": ["s3:Get*", "s3:List*", "s3:Describe*"],
    "AmazonSNSFullAccess": ["sns:*"],
    "AmazonSQSFullAccess": ["sqs:*"],
    "CloudWatchLogsFullAccess": ["logs:*"],
    "AdministratorAccess": ["*"],
}
_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}

_ANY_OBJECT = "any/object"  # a key that no policy of a template has in mind


@dataclass(frozen=True)
class Document:
    """A policy document of the template; `owner` has it, `targets` are what it is attached to.

    `identity` says that it belongs to a role and not to a resource.
    """

    owner: Resource
    content: Any
    path: PathInTemplate
    identity: bool
    targets: tuple[Any, ...] = ()

    def statements(self) -> Iterator[tuple[PathInTemplate, Mapping[str, Any]]]:
        """Each statement with its place."""
        found = self.content.get("Statement", []) if isinstance(self.content, dict) else []
        if isinstance(found, dict):
            yield [*self.path, "Statement"], found
            return
        for number, statement in enumerate(found):
            if isinstance(statement, dict):
                yield [*self.path, "Statement", number], statement

    def parsed(self) -> Policy:
        """The document as IAM reads it. Raises InvalidPolicy where IAM refuses it."""
        content = _favourable(self.content)
        if isinstance(content, dict) and content.get("Statement") == []:
            return NOTHING
        text = json.dumps(content)
        return parse_identity_policy(text) if self.identity else parse_resource_policy(text)


def documents(stack: Stack) -> Iterator[Document]:
    """Every policy of the stack but those about who may take on a role."""
    for resource in stack.resources.values():
        properties = resource.properties
        for number, policy in enumerate(properties.get("Policies") or []):
            if resource.kind.startswith("AWS::IAM::") and isinstance(policy, dict):
                path = resource.path("Policies", number, "PolicyDocument")
                targets = (resource.ref,)
                yield Document(resource, policy.get("PolicyDocument"), path, True, targets)
        if resource.kind in {
            "AWS::IAM::Policy",
            "AWS::IAM::ManagedPolicy",
            "AWS::IAM::RolePolicy",
            *_RESOURCE_POLICIES,
        }:
            named = properties.get(_RESOURCE_POLICIES.get(resource.kind, "Roles"))
            targets = tuple(named) if isinstance(named, list) else (named,)
            yield Document(
                resource,
                properties.get("PolicyDocument"),
                resource.path("PolicyDocument"),
                resource.kind.startswith("AWS::IAM::"),
                (*targets, properties.get("RoleName")),
            )


def trust_policy(role: Resource) -> Document:
    """Who may take on a role."""
    content = role.properties.get("AssumeRolePolicyDocument")
    return Document(role, content, role.path("AssumeRolePolicyDocument"), False)


def role_policies(stack: Stack, role: Resource) -> list[Policy] | None:
    """The policies of a role; None if one of them is not known here or not valid."""
    found = [d for d in documents(stack) if d.identity and role.ref in d.targets]
    for arn in role.properties.get("ManagedPolicyArns") or []:
        managed = _managed(stack, role, arn)
        if managed is None:
            return None
        found += managed
    return _parsed(found)


def _boundary(stack: Stack, role: Resource) -> list[Policy] | None:
    """The permissions boundary of a role; None if it has none, or one that is not known here."""
    arn = role.properties.get("PermissionsBoundary")
    found = _managed(stack, role, arn) if arn else None
    return _parsed(found) if found else None


def _managed(stack: Stack, role: Resource, arn: Any) -> list[Document] | None:
    """What a managed policy says, if it is one of the stack or known here."""
    own = stack.known_as(arn, "AWS::IAM::ManagedPolicy")
    name = str(arn).partition(":policy/")[2]
    if own:
        return [d for d in documents(stack) if d.owner is own]
    if name not in MANAGED:
        return None
    statement = {"Effect": "Allow", "Action": MANAGED[name], "Resource": "*"}
    content = {"Version": "2012-10-17", "Statement": [statement]}
    return [Document(role, content, role.path("ManagedPolicyArns"), True)]


def role_may(stack: Stack, role: Resource, action: str, arns: Iterable[str]) -> bool:
    """Whether a role may do `action` on one of `arns`; True if that is unknown here."""
    policies = role_policies(stack, role)
    if policies is None:
        return True
    caller = Caller(Callers.IDENTITY, ACCOUNT, str(role.arn), (str(role.arn),))
    for arn in arns:
        request = Request(caller, action, arn, ACCOUNT, _context(stack, role))
        policy = resource_policy(stack, arn)
        boundary = _boundary(stack, role)
        if decide(request, identity=policies, boundary=boundary, resource=policy).allowed:
            return True
    return False


def arns_in(stack: Stack, role: Resource, resource: Resource) -> list[str]:
    """The ARN of a resource; for a bucket also those of objects that the role's policies name."""
    arns = [str(resource.arn)]
    if resource.kind == "AWS::S3::Bucket":
        arns.append(f"{resource.arn}/{_ANY_OBJECT}")
        for policy in role_policies(stack, role) or []:
            for statement in policy.statements:
                texts = [p.text for p in statement.resources]
                arns += [
                    text.replace("*", _ANY_OBJECT)
                    for text in texts
                    if text.startswith(f"{resource.arn}/")
                ]
    return arns


def _context(stack: Stack, role: Resource) -> dict[str, str]:
    """What every request of a function says of itself."""
    return {
        "aws:securetransport": "true",
        "aws:principalarn": str(role.arn),
        "aws:principalaccount": ACCOUNT,
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:requestedregion": stack.place.region,
        "aws:resourceaccount": ACCOUNT,
        "aws:viaawsservice": "false",
        "s3:resourceaccount": ACCOUNT,
        "s3:tlsversion": "1.3",
    }


def service_may(
    stack: Stack, service: str, action: str, arn: str, policy: Policy | None, source_arn: Any
) -> bool:
    """Whether a service of AWS may do `action` on `arn` on behalf of the resource `source_arn`."""
    principal = f"{service}.amazonaws.com"
    context = {
        "aws:securetransport": "true",
        "aws:sourceaccount": ACCOUNT,
        "aws:principalisawsservice": "true",
        "aws:principalservicename": principal,
        **({} if isinstance(source_arn, Unknown) else {"aws:sourcearn": str(source_arn)}),
    }
    caller = Caller(Callers.SERVICE, "", principal, (principal,))
    request = Request(caller, action, arn, ACCOUNT, context)
    return decide(request, resource=policy).allowed


def key_may(
    stack: Stack, key: Resource, action: str, *, role: Resource | None = None, service: str = ""
) -> bool:
    """Whether a role, or else a service of AWS, may do `action` with a KMS key of the stack.

    A key's policy has to let somebody in before a role's own policies count; naming the account is
    enough for that (AWS KMS Developer Guide, "Key policies in AWS KMS").
    """
    content = key.properties.get("KeyPolicy")
    policy = parsed_or_none(Document(key, content, key.path("KeyPolicy"), False, (key.ref,)))
    if service:
        return service_may(stack, service, action, str(key.arn), policy, Unknown("alarm"))
    policies = role_policies(stack, role) if role else []
    if role is None or policies is None:
        return True
    caller = Caller(Callers.IDENTITY, ACCOUNT, str(role.arn), (str(role.arn),))
    request = Request(caller, action, str(key.arn), ACCOUNT, _context(stack, role))
    return decide(request, identity=policies, resource=policy, needs_resource_policy=True).allowed


def resource_policy(stack: Stack, arn: str) -> Policy | None:
    """What the stack attaches to a bucket (or an object in it), topic or queue; None if nothing."""
    whole = arn.partition("/")[0] if ":s3:::" in arn else arn
    resource = stack.known_as(whole)
    found = [
        d for d in documents(stack) if not d.identity and resource and resource.ref in d.targets
    ]
    policies = _parsed(found)
    return Policy(tuple(s for p in policies for s in p.statements)) if policies else None


def overlap(pattern: str, other: str) -> bool:
    """Whether some text matches both of two patterns with the wildcards * and ?.

    >>> overlap("bucket/*", "bucket/uploads/*.jpg"), overlap("bucket/processed/*", "bucket/up*")
    (True, False)
    """
    if not pattern or not other:
        return set(pattern + other) <= {"*"}
    if pattern[0] == "*":
        return overlap(pattern[1:], other) or overlap(pattern, other[1:])
    if other[0] == "*":
        return overlap(other, pattern)
    same = pattern[0] == other[0] or "?" in (pattern[0], other[0])
    return same and overlap(pattern[1:], other[1:])


def parsed_or_none(document: Document) -> Policy | None:
    """The policy, if IAM takes it; that it does not is another rule's finding."""
    try:
        return document.parsed()
    except (InvalidPolicy, AttributeError, TypeError):
        return None


def _parsed(found: Iterable[Document]) -> list[Policy] | None:
    policies = [parsed_or_none(document) for document in found]
    return None if None in policies else [p for p in policies if p is not None]


def _favourable(content: Any) -> Any:
    """The document without what is unknown: it allows where it may, denies where it must."""
    if not isinstance(content, dict):
        return content
    statements = content.get("Statement")
    listed = statements if isinstance(statements, list) else [statements]
    kept = []
    for statement in listed:
        if not isinstance(statement, dict) or not mentions_unknown(statement):
            kept.append(statement)
        elif statement.get("Effect") == "Allow":
            kept.append(_widened(statement))
    return {**content, "Statement": kept}


def _widened(statement: Mapping[str, Any]) -> dict[str, Any]:
    widened = {}
    for element, value in statement.items():
        if not mentions_unknown(value):
            widened[element] = value
        elif element == "Condition":
            known = {
                operator: {key: v for key, v in keys.items() if not mentions_unknown(v)}
                for operator, keys in value.items()
            }
            widened[element] = {operator: keys for operator, keys in known.items() if keys}
        else:
            widened[element] = "*"
    return widened
