"""E911x: the values of the parameters, and what a deployment has to give."""

import json
from collections.abc import Iterable

from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.intrinsics import Unknown
from harness.stack.parameters import refused, violated_rules
from harness.stack.template import CAPABILITIES, MAX_BODY_BYTES

# The types that have a name of their own only if the template gives one.
# Source: "Acknowledging IAM resources in CloudFormation templates".
_NAMED_IAM = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}


class ParameterValues(StackRule):
    """LocalStack takes any value; CloudFormation creates no change set for a bad one."""

    id = "E9111"
    shortdesc = "Parameter values keep to AllowedPattern, AllowedValues and limits"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "parameters-section-structure.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each value given, or default, that is refused."""
        for name, reason in refused(stack.template, stack.parameters):
            yield ["Parameters", name], reason


class TemplateRules(StackRule):
    """The assertions that a template makes about its parameters."""

    id = "E9112"
    shortdesc = "The template's Rules hold for the parameter values"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "rules-section-structure.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each rule that is broken."""
        for name, reason in violated_rules(stack.template, stack.parameters, stack.place):
            yield ["Rules", name], reason


class Capabilities(StackRule):
    """CloudFormation answers InsufficientCapabilities; LocalStack does not ask."""

    id = "E9113"
    shortdesc = "The template needs no capability that the deployment does not give"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """IAM resources with names, and macros, if the deployment does not acknowledge them."""
        if "CAPABILITY_NAMED_IAM" not in CAPABILITIES:
            for resource in stack.resources.values():
                name = _NAMED_IAM.get(resource.kind)
                if name and name in resource.properties:
                    yield (
                        resource.path(name),
                        f"{resource.logical_id} has a name of its own, which needs "
                        f"CAPABILITY_NAMED_IAM; the deployment gives {', '.join(CAPABILITIES)}",
                    )
        if "Transform" in stack.template and "CAPABILITY_AUTO_EXPAND" not in CAPABILITIES:
            yield ["Transform"], "A macro needs CAPABILITY_AUTO_EXPAND"


class TemplateSize(StackRule):
    """A longer template would have to go through S3."""

    id = "E9114"
    shortdesc = "The template is not longer than CloudFormation takes"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The size of the body as it is sent."""
        body = json.dumps(stack.template, ensure_ascii=False, separators=(",", ":"), default=str)
        if len(body.encode()) > MAX_BODY_BYTES:
            yield [], f"{len(body.encode())} bytes; CloudFormation takes {MAX_BODY_BYTES}"


class RetainedNames(StackRule):
    """What stays behind with a fixed name is in the way of the next deployment."""

    id = "W9115"
    shortdesc = "What is kept when the stack is deleted does not block the next one"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "aws-attribute-deletionpolicy.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets, log groups, queues with Retain and a name that does not change."""
        named = {
            "AWS::S3::Bucket": "BucketName",
            "AWS::Logs::LogGroup": "LogGroupName",
            "AWS::SQS::Queue": "QueueName",
        }
        for resource in stack.resources.values():
            name = resource.properties.get(named.get(resource.kind, ""))
            if name is None or isinstance(name, Unknown):
                continue
            if str(resource.raw.get("DeletionPolicy", "")).startswith("Retain"):
                yield (
                    [*resource.path(), "DeletionPolicy"],
                    f"{resource.logical_id} stays when the stack is deleted, and a new stack "
                    f"cannot create another {name}",
                )
