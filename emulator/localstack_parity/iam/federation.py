"""Sessions of federated users, which GetFederationToken gives out.

A session policy is refused here, and without one such a session may do only what the policy of a
resource lets its own ARN do. LocalStack answers with the keys of an example, which nobody can use.

Source: STS API Reference, GetFederationToken; IAM User Guide, "Permissions for GetFederationToken".
Recorded in LocalStack's tests at v4.14.0, `sts/test_sts.py::TestSTSIntegrations`,
test_get_federation_token.
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.utils.aws.arns import get_partition
from localstack.utils.patch import patch
from moto.core.responses import ActionResult
from moto.sts.models import AssumedRole
from moto.sts.responses import TokenResponse

from localstack_parity.iam import callers
from localstack_parity.refusals import not_emulated

OPERATION = "GetFederationToken"
_DEFAULT_S = 43_200
_ROOTS_LONGEST_S = 3_600


class FederatedUser(AssumedRole):
    """A session that has a name and no role."""

    @property
    def user_id(self) -> str:
        """The account and the name."""
        return f"{self.account_id}:{self.session_name}"

    @property
    def arn(self) -> str:
        """By what policies name it."""
        partition = get_partition(self.region_name)
        return f"arn:{partition}:sts::{self.account_id}:federated-user/{self.session_name}"


def install() -> None:
    """Give out sessions that are some."""

    @patch(TokenResponse.get_federation_token)
    def get_federation_token(_known: Callable[..., ActionResult], request: Any) -> ActionResult:
        duration_s = int(request._get_param("DurationSeconds") or _DEFAULT_S)
        if not callers.is_issued(request.get_access_key()):
            duration_s = min(duration_s, _ROOTS_LONGEST_S)
        session = _begin(request.backend, request.region, request._get_param("Name"), duration_s)
        return ActionResult(
            {
                "Credentials": {
                    "AccessKeyId": session.access_key_id,
                    "SecretAccessKey": session.secret_access_key,
                    "SessionToken": session.session_token,
                    "Expiration": session.expiration,
                },
                "FederatedUser": {"FederatedUserId": session.user_id, "Arn": session.arn},
                "PackedPolicySize": 0,
            }
        )


def check(parameters: Mapping[str, Any], context: RequestContext) -> None:
    """Refuse what AWS refuses to a session, and what has no effect here."""
    if callers.access_key(context).startswith(callers.OF_SESSIONS):
        raise CommonServiceException(
            "AccessDenied",
            f"Cannot call {OPERATION} with session credentials",
            status_code=403,
        )
    for member in ("Policy", "PolicyArns", "Tags"):
        if parameters.get(member):
            raise not_emulated(context, member)


def _begin(backend: Any, region: str, name: str, duration_s: int) -> FederatedUser:
    account, access_key = backend._create_access_key(role="")
    session = FederatedUser(
        account_id=account,
        region_name=region,
        access_key=access_key,
        role_session_name=name,
        role_arn="",
        policy="",
        duration=duration_s,
        external_id="",
    )
    backend.assumed_roles.append(session)
    return session
