"""Names that AWS knows: service principals, and global condition keys."""

from functools import cache

import botocore.session

# Source: IAM User Guide, "AWS global condition context keys"; those of tags without the tag's name.
GLOBAL_CONDITION_KEYS = frozenset(
    f"aws:{name.lower()}"
    for name in (
        "AssumedRoot",
        "CalledVia",
        "CalledViaFirst",
        "CalledViaLast",
        "CurrentTime",
        "Ec2InstanceSourceVpc",
        "Ec2InstanceSourcePrivateIPv4",
        "EpochTime",
        "FederatedProvider",
        "IsMcpServiceAction",
        "MultiFactorAuthAge",
        "MultiFactorAuthPresent",
        "PrincipalAccount",
        "PrincipalArn",
        "PrincipalIsAWSService",
        "PrincipalOrgID",
        "PrincipalOrgPaths",
        "PrincipalServiceName",
        "PrincipalServiceNamesList",
        "PrincipalTag",
        "PrincipalType",
        "Referer",
        "RequestTag",
        "RequestedRegion",
        "ResourceAccount",
        "ResourceOrgID",
        "ResourceOrgPaths",
        "ResourceTag",
        "SecureTransport",
        "SourceAccount",
        "SourceArn",
        "SourceIdentity",
        "SourceIp",
        "SourceOrgID",
        "SourceOrgPaths",
        "SourceOwner",
        "SourceVpc",
        "SourceVpcArn",
        "SourceVpce",
        "TagKeys",
        "TokenIssueTime",
        "UserAgent",
        "UserId",
        "Username",
        "ViaAWSService",
        "VpceAccount",
        "VpceOrgID",
        "VpceOrgPaths",
        "VpcSourceIp",
    )
)

# Principals whose name is that of no API.
_FURTHER = frozenset(
    {"delivery.logs", "edgelambda", "vpc-flow-logs", "cloudtrail", "ecs-tasks", "ops.apigateway"}
    | {"replicator.lambda", "spot", "spotfleet", "trustedadvisor", "lambda", "logging.s3"}
)


def is_service_principal(name: str) -> bool:
    """Whether `name`, such as lambda.amazonaws.com, is how a service of AWS calls itself."""
    for ending in (".amazonaws.com", ".amazonaws.com.cn"):
        if name.endswith(ending):
            service = name.removesuffix(ending)
            # Some have a Region in them: logs.eu-central-1.amazonaws.com.
            return service in _services() or service.split(".")[0] in _services()
    return False


@cache
def _services() -> frozenset[str]:
    session = botocore.session.Session()
    names = set(session.get_available_services()) | _FURTHER
    endpoints = session.get_data("endpoints") or {}
    for partition in endpoints.get("partitions", []):
        names |= set(partition.get("services", {}))
    return frozenset(name.removeprefix("api.") for name in names)
