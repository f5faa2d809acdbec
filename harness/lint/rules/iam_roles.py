"""E932x: requirements of the role: settings, managed policies and keys ask something of it."""

from collections.abc import Iterable, Iterator
from typing import Any

from harness.lint.functions import needed_actions, packages
from harness.lint.policies import MANAGED, arns_in, key_may, role_may
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import PathInTemplate, Resource, Stack
from harness.stack.intrinsics import Unknown

# What Lambda tries with the role when it makes a function with such settings.
# Source: "Giving Lambda functions access to resources in an Amazon VPC", "Visualize Lambda function
# invocations using AWS X-Ray".
_SETTINGS = {
    "VpcConfig": ("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
    "TracingConfig": ("xray:PutTraceSegments",),
}
# Where a resource names the key that encrypts it.
_KEY_PROPERTIES = {
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::Logs::LogGroup": "KmsKeyId",
}
_OF_OBJECTS = ("s3:GetObject", "s3:PutObject")
_USES = ("kms:GenerateDataKey", "kms:Decrypt")


class SettingsMay(StackRule):
    """CreateFunction answers "The provided execution role does not have permissions to call"."""

    id = "E9321"
    shortdesc = "A function's role grants what its VPC and its tracing need"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each setting for which the role lacks something."""
        for function in stack.of("AWS::Lambda::Function"):
            role = stack.role_of(function)
            for name, actions in _SETTINGS.items():
                given = function.properties.get(name) or {}
                on = given.get("SubnetIds") or given.get("Mode") == "Active"
                missing = [a for a in actions if role and not role_may(stack, role, a, ["*"])]
                if on and role and missing:
                    yield (
                        function.path(name),
                        f"{role.logical_id} does not grant {', '.join(missing)} on *, which "
                        f"{name} of {function.logical_id} needs",
                    )


class ManagedPolicies(StackRule):
    """IAM answers "Policy … does not exist or is not attachable"."""

    id = "E9322"
    shortdesc = "AWS's managed policies are named with their path"
    source_url = (
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/"
        "AWSLambdaBasicExecutionRole.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each policy of AWS under another path than it has."""
        paths = {name.rpartition("/")[2]: name for name in MANAGED}
        for role in stack.of("AWS::IAM::Role"):
            given = [*(role.properties.get("ManagedPolicyArns") or [])]
            for arn in [*given, role.properties.get("PermissionsBoundary")]:
                owner, _, name = str(arn).partition(":policy/")
                right = paths.get(name.rpartition("/")[2])
                if owner.endswith("::aws") and right and right != name:
                    path = role.path("ManagedPolicyArns")
                    yield path, f"AWS has no policy {name}; it is {right}"


class KeysMay(StackRule):
    """The call is answered with AccessDenied or KMSAccessDenied; alarms fail in silence."""

    id = "E9323"
    shortdesc = "Principals that use what a key of the stack encrypts may use the key"
    source_url = "https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function and alarm that uses an encrypted resource and not its key."""
        for resource, key, path in _encrypted(stack):
            for function in _users(stack, resource):
                role = stack.role_of(function)
                missing = [a for a in _USES if role and not key_may(stack, key, a, role=role)]
                if role and missing:
                    yield (
                        path,
                        f"{role.logical_id} may not {' and '.join(missing)} with {key.logical_id}, "
                        f"and {function.logical_id} uses {resource.logical_id}",
                    )
            for alarm in stack.of("AWS::CloudWatch::Alarm"):
                notifies = resource.ref in (alarm.properties.get("AlarmActions") or [])
                missing = [a for a in _USES if not key_may(stack, key, a, service="cloudwatch")]
                if notifies and missing:
                    yield (
                        path,
                        f"The policy of {key.logical_id} does not let cloudwatch.amazonaws.com "
                        f"{' and '.join(missing)}, and {alarm.logical_id} notifies "
                        f"{resource.logical_id}",
                    )
                    break


def _encrypted(stack: Stack) -> Iterator[tuple[Resource, Resource, PathInTemplate]]:
    """Each resource that a key of the stack encrypts, with the key."""
    for resource in stack.resources.values():
        named = _KEY_PROPERTIES.get(resource.kind, "")
        if key := stack.known_as(resource.properties.get(named), "AWS::KMS::Key"):
            yield resource, key, resource.path(named)
        for rule in _encryption(resource):
            default = rule.get("ServerSideEncryptionByDefault") or {}
            if key := stack.known_as(default.get("KMSMasterKeyID"), "AWS::KMS::Key"):
                yield resource, key, resource.path("BucketEncryption")


def _encryption(resource: Resource) -> list[Any]:
    given = resource.properties.get("BucketEncryption") or {}
    return [] if isinstance(given, Unknown) else given.get("ServerSideEncryptionConfiguration", [])


def _users(stack: Stack, resource: Resource) -> Iterator[Resource]:
    """The functions whose environment names a resource, and whose code calls its service.

    A bucket's events name it too: there, the role says who reads or writes its objects.
    """
    services = {"AWS::S3::Bucket": "s3", "AWS::SNS::Topic": "sns", "AWS::SQS::Queue": "sqs"}
    service = services.get(resource.kind, "")
    for function, package in packages(stack):
        named = [stack.known_as(v, resource.kind) for v in stack.environment(function).values()]
        called = any(call.service == service and needed_actions(call) for call in package.calls)
        if (resource in named or _touches_objects(stack, function, resource)) and called:
            yield function


def _touches_objects(stack: Stack, function: Resource, bucket: Resource) -> bool:
    role = stack.role_of(function)
    if bucket.kind != "AWS::S3::Bucket" or role is None:
        return False
    objects = [arn for arn in arns_in(stack, role, bucket) if arn != bucket.arn]
    return any(role_may(stack, role, action, objects) for action in _OF_OBJECTS)
