"""Principals of policies that there are not, which AWS refuses to store.

AWS keeps a principal by its unique id, and so has to find it: a role or user of this account has
to be there; of other accounts nothing is known here. Which services there are is known by their
API; a service that has no API of its name is in a short list, and any name before a service's name
is believed (pods.eks.amazonaws.com).

Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

import re
from collections.abc import Iterator
from functools import cache

from localstack.aws.spec import get_service_catalog
from moto.iam.models import iam_backends

from iam_policies.policies import Policy

# Services by the User Guides of which they are principals, and that have no API of this name.
_WITHOUT_API = frozenset(
    """
    application-transformation aws-artifact-account-sync awsconnector bcm billingconsole
    bugbust capacitymanager cloudwatch-crossaccount codecatalyst-runner codestar
    cognito-identity-us-gov config-conforms connector deeplens deepracer dms-fleet-advisor
    ec2-images ec2fastlaunch ec2fleet ec2scheduled ec2sqlha ecs-tasks edgelambda
    eks-connector eks-fargate eks-fargate-pods eks-nodegroup elastictranscoder emrwal
    honeycode integrations iotanalytics iq lambdareplicator lexv2 lookoutmetrics macie
    managedservices marketplace member-account migrationhub monitron
    network-security-director nimble opensearchservice opsworks opsworks-cm
    partnercentral-account-management q qldb rds-preview reachabilityanalyzer replicator
    robomaker s3-object-lambda securityhubv2 sms spot spotfleet sqlworkbench sumerian
    transitgateway vmie vpc-flow-logs worklink
    """.split()  # noqa: SIM905 (as a list it has a line for each)
)
_SERVICE = re.compile(
    r"(?:[a-z0-9-]+\.)*?(?P<name>[a-z0-9-]+)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?"
)
_ELSEWHERE = (".amazon.com", ".aws.internal")  # alexa-appkit.amazon.com and others
_ACCOUNT = re.compile(r"\d{12}")
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")
_ARN = re.compile(r"arn:[a-z-]+:(?P<service>iam|sts)::(?P<account>\d{12}):(?P<path>.+)")


def unknown(policy: Policy, account: str, partition: str) -> Iterator[tuple[str, str]]:
    """Yield type and name of each principal that is none; `account` is the policy's own."""
    for statement in policy.statements:
        for kind, name in statement.principals:
            if kind == "AWS" and not is_identity(name, account, partition):
                yield kind, name
            if kind == "Service" and not is_service(name):
                yield kind, name


def is_identity(name: str, account: str, partition: str) -> bool:
    """Say whether a name may be an account's, a role's or a user's; `account` is the caller's."""
    if _ACCOUNT.fullmatch(name) or _UNIQUE_ID.fullmatch(name):
        return True
    arn = _ARN.fullmatch(name)
    if arn is None:
        return False
    kind = arn["path"].partition("/")[0]
    if arn["service"] == "sts":
        return kind in ("assumed-role", "federated-user", "self")
    if arn["path"] == "root":
        return True
    if kind not in ("role", "user"):
        return False
    if arn["account"] != account:
        return True
    backend = iam_backends[account][partition]
    holders = backend.roles if kind == "role" else backend.users
    return any(one.arn == name for one in list(holders.values()))


@cache
def _services() -> frozenset[str]:
    catalog = get_service_catalog()
    indexes = (catalog.endpoint_prefix_index, catalog.signing_name_index)
    return _WITHOUT_API.union(catalog.service_names, *indexes)


def is_service(name: str) -> bool:
    """Say whether a name such as s3.amazonaws.com may be a service's."""
    found = _SERVICE.fullmatch(name)
    if found is None:
        return name.endswith(_ELSEWHERE)
    return found["name"] in _services()
