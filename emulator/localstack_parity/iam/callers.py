"""Who makes a request: found out from its credentials, or from what LocalStack says of itself."""

from functools import lru_cache
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.constants import INTERNAL_AWS_ACCESS_KEY_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from iam_policies.evaluation import Caller, Callers
from localstack_parity.authentication import gate

# What LocalStack puts in for a request without credentials.
NO_KEY = "injectedaccesskey"
# Keys that LocalStack itself gives out: for sessions and for users.
OF_SESSIONS = "LSIA"
_ISSUED = (OF_SESSIONS, "LKIA")

ANONYMOUS = Caller(Callers.ANONYMOUS)


def caller_of(context: RequestContext) -> Caller | None:
    """Return who asks. Raises what AWS answers to a key that it never gave out."""
    internal = context.internal_request_params
    key = access_key(context)
    if is_issued(key):
        return holder(key, context)
    if internal is not None:
        if service := internal.get("service_principal"):
            return _service(service, context.region)
        if key == INTERNAL_AWS_ACCESS_KEY_ID:
            return None
    if key == NO_KEY:
        return ANONYMOUS
    return _root(context.account_id, context.partition)


def is_issued(key: str) -> bool:
    """Say whether a key is a user's or a session's, rather than an account's own."""
    return key.startswith(_ISSUED)


def source_arn(context: RequestContext) -> str:
    """Return the resource on whose behalf a service calls; "" if it does not say."""
    return str((context.internal_request_params or {}).get("source_arn") or "")


def access_key(context: RequestContext) -> str:
    """Return the access key id: the proven one, or what one of LocalStack's services signs with."""
    if not gate.is_internal(context):
        proof = gate.of(context)
        return proof.key if proof else NO_KEY
    _, _, credential = str(context.request.headers.get("Authorization", "")).partition(
        "Credential="
    )
    return credential.partition("/")[0] or NO_KEY


@lru_cache(maxsize=64)
def _root(account: str, partition: str) -> Caller:
    arn = f"arn:{partition}:iam::{account}:root"
    return Caller(Callers.ROOT, account, arn, (arn,))


@lru_cache(maxsize=64)
def _service(name: str, region: str) -> Caller:
    """A service under its name and, as some use it, the Region's: logs.us-east-1.amazonaws.com."""
    principal = f"{name}.amazonaws.com"
    return Caller(Callers.SERVICE, "", principal, (principal, f"{name}.{region}.amazonaws.com"))


_holders: dict[str, Caller] = {}  # a key never changes hands


def forget() -> None:
    """Know of keys what IAM and STS do, and nothing from before."""
    _holders.clear()


def holder(key: str, context: RequestContext) -> Caller:
    """Return whose key it is. Raises what AWS answers to a key that it never gave out."""
    caller = _holders.get(key)
    if caller is None:
        caller = _session(key, context) or _user(key, context)
        if caller is None:
            raise _unknown_key(context)
        _holders[key] = caller
    return caller


def _session(key: str, context: RequestContext) -> Caller | None:
    backend: Any = sts_backends[context.account_id][context.partition]
    session = backend.get_assumed_role_from_access_key(key)
    if session is None:
        return None
    names = (session.arn, session.role_arn) if session.role_arn else (session.arn,)
    return Caller(Callers.IDENTITY, context.account_id, session.arn, names)


def _user(key: str, context: RequestContext) -> Caller | None:
    backend: Any = iam_backends[context.account_id][context.partition]
    user = backend.get_user_from_access_key_id(key)
    if user is None:
        return None
    return Caller(Callers.IDENTITY, context.account_id, user.arn, (user.arn,))


def _unknown_key(context: RequestContext) -> CommonServiceException:
    """IAM User Guide and S3 API Reference, "Error responses"."""
    if context.service and context.service.service_name == "s3":
        return CommonServiceException(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            status_code=403,
        )
    return CommonServiceException(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
        status_code=403,
    )
