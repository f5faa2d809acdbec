"""Physical ids, ARNs and attributes as AWS forms them: what Ref and GetAtt return.

Source: "Return values" of each type in the AWS CloudFormation Template Reference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.stack.intrinsics import Place, Unknown


@dataclass(frozen=True)
class Identity:
    """The identity of one resource type.

    `name_property` is the property that holds the name; `ref` and `arn` are made of the name and
    the place; `attributes` are those of GetAtt that are the name itself.
    """

    name_property: str
    arn: str = ""
    ref: str = "{name}"
    attributes: tuple[str, ...] = ()
    arn_attribute: str = "Arn"
    further: Mapping[str, str] = field(default_factory=dict)


_TOPIC = "arn:{partition}:sns:{region}:{account}:{name}"

IDENTITIES: Mapping[str, Identity] = {
    "AWS::S3::Bucket": Identity(
        "BucketName",
        "arn:{partition}:s3:::{name}",
        further={
            "DomainName": "{name}.s3.amazonaws.com",
            "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
        },
    ),
    "AWS::Lambda::Function": Identity(
        "FunctionName", "arn:{partition}:lambda:{region}:{account}:function:{name}"
    ),
    "AWS::SNS::Topic": Identity(
        "TopicName", _TOPIC, ref=_TOPIC, attributes=("TopicName",), arn_attribute="TopicArn"
    ),
    "AWS::SQS::Queue": Identity(
        "QueueName",
        "arn:{partition}:sqs:{region}:{account}:{name}",
        ref="https://sqs.{region}.amazonaws.com/{account}/{name}",
        attributes=("QueueName",),
    ),
    "AWS::Logs::LogGroup": Identity(
        "LogGroupName", "arn:{partition}:logs:{region}:{account}:log-group:{name}:*"
    ),
    "AWS::IAM::Role": Identity("RoleName", "arn:{partition}:iam::{account}:role/{name}"),
    "AWS::IAM::ManagedPolicy": Identity(
        "ManagedPolicyName",
        "arn:{partition}:iam::{account}:policy/{name}",
        ref="arn:{partition}:iam::{account}:policy/{name}",
        arn_attribute="PolicyArn",
    ),
    "AWS::CloudWatch::Alarm": Identity(
        "AlarmName", "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"
    ),
    "AWS::CloudWatch::Dashboard": Identity("DashboardName"),
    "AWS::KMS::Key": Identity("KeyId", "arn:{partition}:kms:{region}:{account}:key/{name}"),
}


def reference(kind: str, name: str, place: Place) -> str | Unknown:
    """What Ref gives for a resource of type `kind` that is called `name`."""
    identity = IDENTITIES.get(kind)
    return _filled(identity.ref, name, place) if identity else Unknown(f"Ref of {kind}")


def attribute(kind: str, name: str, wanted: str, place: Place, path: object = "/") -> str | Unknown:
    """What GetAtt gives for the attribute `wanted` of a `kind` called `name`.

    `path` is that of a role or policy, which its ARN has before the name.
    """
    identity = IDENTITIES.get(kind)
    if identity and wanted == identity.arn_attribute and identity.arn:
        if isinstance(path, Unknown):
            return path
        return _filled(identity.arn, f"{str(path)[1:]}{name}", place)
    if identity and wanted in identity.attributes:
        return name
    if identity and wanted in identity.further:
        return _filled(identity.further[wanted], name, place)
    return Unknown(f"{wanted} of {kind}")


def name_of(kind: str, physical_id: str) -> str:
    """The name in a physical id, which is an ARN for topics and a URL for queues."""
    if kind == "AWS::SNS::Topic":
        return physical_id.rsplit(":", 1)[-1]
    if kind in {"AWS::SQS::Queue", "AWS::IAM::ManagedPolicy"}:
        return physical_id.rsplit("/", 1)[-1]
    return physical_id


def _filled(form: str, name: str, place: Place) -> str:
    return form.format(
        name=name, partition=place.partition, region=place.region, account=place.account
    )
