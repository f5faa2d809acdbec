"""Which keys of KMS are there, for the services that encrypt with them."""

from localstack.services.kms.models import kms_stores
from localstack.utils.aws.arns import InvalidArnException, parse_arn

# Keys that AWS makes for each of its services when they are first used.
_MANAGED = "alias/aws/"


def exists(identifier: str, account: str, region: str) -> bool:
    """Say whether a key is there, by its ID, its ARN, its alias or the ARN of its alias."""
    name = identifier
    if identifier.startswith("arn:"):
        try:
            arn = parse_arn(identifier)
        except InvalidArnException:
            return False
        account, region, name = arn["account"], arn["region"], arn["resource"]
    if name.startswith(_MANAGED):
        return True
    store = kms_stores[account][region]
    return name in store.aliases or name.removeprefix("key/") in store.keys
