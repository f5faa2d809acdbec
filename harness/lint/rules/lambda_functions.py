"""E920x: functions, as the template sets them up."""

import json
from collections.abc import Iterable

from harness.lint.functions import custom_resources, log_group_name, log_group_of
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Resource, Stack
from harness.stack.intrinsics import mentions_unknown

MAX_MEMORY_MB = 10_240
MAX_ENVIRONMENT_BYTES = 4096
# Of the default 1,000 concurrent executions of an account, 100 stay with unreserved functions.
MAX_RESERVED = 900
MAX_SERVICE_TIMEOUT_S = 3600

_ARNS = {
    "AWS::CloudFormation::CustomResource": ("ServiceToken",),
    "AWS::Lambda::Function": ("Role",),
    "AWS::Lambda::Permission": ("SourceArn",),
    "AWS::SNS::Subscription": ("TopicArn",),
}


class Limits(StackRule):
    """What the schema of the resource type does not know."""

    id = "E9201"
    shortdesc = "Memory, environment and concurrency are within Lambda's limits"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each limit that a function, or all together, would pass."""
        reserved = 0
        for function in stack.of("AWS::Lambda::Function"):
            memory = function.properties.get("MemorySize", 128)
            if _number(memory) and float(str(memory)) > MAX_MEMORY_MB:
                yield function.path("MemorySize"), f"{memory} MB; Lambda has {MAX_MEMORY_MB}"
            variables = stack.environment(function)
            size = len(json.dumps(variables, default=str).encode())
            if size > MAX_ENVIRONMENT_BYTES:
                path = function.path("Environment", "Variables")
                yield path, f"The environment has {size} bytes; Lambda takes 4 KB"
            kept = function.properties.get("ReservedConcurrentExecutions")
            reserved += int(float(str(kept))) if _number(kept) else 0
            if reserved > MAX_RESERVED:
                yield (
                    function.path("ReservedConcurrentExecutions"),
                    f"{reserved} executions reserved: of the default 1,000 of an account, Lambda "
                    "keeps 100 for functions without a reservation",
                )


class Basics(StackRule):
    """cfn-lint cannot tell while Code is a path, so it asks for neither."""

    id = "E9202"
    shortdesc = "A function with a package has a handler and a runtime"
    source_url = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each function that lacks one of them."""
        for function in stack.of("AWS::Lambda::Function"):
            if function.properties.get("PackageType") == "Image":
                continue
            for name in ("Handler", "Runtime", "Role", "Code"):
                if name not in function.properties:
                    yield function.path(name), f"{function.logical_id} has no {name}"


class LogGroupFirst(StackRule):
    """Lambda makes a log group that is missing; the stack's own then exists already."""

    id = "E9203"
    shortdesc = "A function is made after its log group and the policies of its role"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Functions that may run before these are there: AWS creates in parallel."""
        for function in stack.of("AWS::Lambda::Function"):
            waits_for = stack.waits_for[function.logical_id]
            group = log_group_of(stack, function)
            if group and group.logical_id not in waits_for:
                yield (
                    function.path("LoggingConfig"),
                    f"{function.logical_id} may run before {group.logical_id} is made; refer to it "
                    "in LoggingConfig, or name it in DependsOn",
                )
            role = stack.role_of(function)
            for policy in stack.resources.values():
                if (
                    role
                    and policy.kind in {"AWS::IAM::Policy", "AWS::IAM::RolePolicy"}
                    and role.ref
                    in [*(policy.properties.get("Roles") or []), policy.properties.get("RoleName")]
                    and policy.logical_id not in waits_for
                    and _invoked_by_stack(stack, function)
                ):
                    yield (
                        [*function.path(), "DependsOn"],
                        f"{function.logical_id} may run before {policy.logical_id} gives its role "
                        "what it needs; name it in DependsOn",
                    )


class OwnLogGroup(StackRule):
    """Without one, Lambda makes a group that keeps its events for ever and outlives the stack."""

    id = "W9204"
    shortdesc = "Every function logs to a log group of the stack that does not keep events for ever"
    source_url = (
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/"
        "Working-with-log-groups-and-streams.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Functions without a log group, and log groups without a retention."""
        for function in stack.of("AWS::Lambda::Function"):
            if mentions_unknown(function.properties.get("LoggingConfig")):
                continue
            if log_group_of(stack, function) is None:
                yield (
                    function.path("LoggingConfig"),
                    f"{function.logical_id} writes to {log_group_name(function)}, which is no log "
                    "group of the stack",
                )
        for group in stack.of("AWS::Logs::LogGroup"):
            if "RetentionInDays" not in group.properties:
                path = group.path("LogGroupName")
                yield path, f"{group.logical_id} keeps its events for ever: set RetentionInDays"


class CustomResourceTimeout(StackRule):
    """CloudFormation gives up at ServiceTimeout, while the function may still be at work."""

    id = "E9205"
    shortdesc = "A custom resource waits at least as long as its function may take"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "aws-resource-cloudformation-customresource.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each custom resource whose ServiceTimeout is out of bounds or shorter than that."""
        for resource in custom_resources(stack):
            token = resource.properties.get("ServiceToken")
            if token is None:
                yield resource.path("ServiceToken"), f"{resource.logical_id} has no ServiceToken"
                continue
            function = stack.known_as(token, "AWS::Lambda::Function")
            timeout = resource.properties.get("ServiceTimeout", MAX_SERVICE_TIMEOUT_S)
            if not _number(timeout):
                continue
            if not 1 <= float(timeout) <= MAX_SERVICE_TIMEOUT_S:
                path = resource.path("ServiceTimeout")
                yield path, f"{timeout} s; it is 1 to {MAX_SERVICE_TIMEOUT_S}"
            elif function and float(function.properties.get("Timeout", 3)) > float(timeout):
                yield (
                    resource.path("ServiceTimeout"),
                    f"{timeout} s, while {function.logical_id} may take "
                    f"{function.properties.get('Timeout', 3)} s",
                )
            if function and function.properties.get("ReservedConcurrentExecutions") == 0:
                yield function.path("ReservedConcurrentExecutions"), "Its custom resource needs one"


class NeverRuns(StackRule):
    """Lambda throttles every invocation of such a function."""

    id = "W9207"
    shortdesc = "No function has a concurrency of 0"
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Functions that never run, with the parameters given."""
        for function in stack.of("AWS::Lambda::Function"):
            if str(function.properties.get("ReservedConcurrentExecutions")) == "0":
                path = function.path("ReservedConcurrentExecutions")
                yield path, f"{function.logical_id} never runs: it may have no execution"


class Qualifiers(StackRule):
    """PutFunctionEventInvokeConfig answers ResourceNotFoundException."""

    id = "E9208"
    shortdesc = "Qualifiers are $LATEST, or a version or alias of the stack"
    source_url = (
        "https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each qualifier that names nothing."""
        aliases = {alias.properties.get("Name") for alias in stack.of("AWS::Lambda::Alias")}
        for config in stack.of("AWS::Lambda::EventInvokeConfig"):
            qualifier = config.properties.get("Qualifier")
            if isinstance(qualifier, str) and not (
                qualifier == "$LATEST" or qualifier.isdigit() or qualifier in aliases
            ):
                yield config.path("Qualifier"), f"There is no version or alias {qualifier}"


class ArnsWhereAsked(StackRule):
    """Ref of a role or function is its name: "Value … failed to satisfy constraint"."""

    id = "E9206"
    shortdesc = "What has to be an ARN is one"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "intrinsic-function-reference-ref.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each property with something else."""
        for resource in stack.resources.values():
            names = _ARNS.get(resource.kind, ())
            if resource.kind.startswith("Custom::"):
                names = _ARNS["AWS::CloudFormation::CustomResource"]
            for name in names:
                value = resource.properties.get(name)
                if isinstance(value, str) and not value.startswith("arn:"):
                    yield resource.path(name), f"{name} is to be an ARN, and {value} is none"


def _invoked_by_stack(stack: Stack, function: Resource) -> bool:
    """Whether the stack's own creation invokes the function: it serves a custom resource."""
    return any(
        resource.properties.get("ServiceToken") == function.arn
        for resource in custom_resources(stack)
    )


def _number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
