"""Access keys: those of the account, of its users and of the sessions of roles, with their secrets.

The account's own key is `test` with the secret `test`, as LocalStack's users have it; twelve digits
with the secret `test` are the key of the root of that account. Every other key is one that IAM or
STS gave out, and no key means anything to anybody else.
"""

import re
import secrets
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localstack import config, constants
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.utils.aws.arns import get_partition
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

OWN_KEY = OWN_SECRET = "test"
_ACCOUNT = re.compile(r"\d{12}")

# What LocalStack's services sign with among themselves: a constant of its source, so another one
# for each process. GetFunction hands out URLs that are signed with it.
_internal_secret = secrets.token_urlsafe(32)
_HAVE_THE_SECRET = (
    "localstack.constants",
    "localstack.aws.connect",
    "localstack.services.lambda_.invocation.lambda_models",
)

_sessions: dict[str, "Key"] = {}  # a session never changes


@dataclass(frozen=True, slots=True)
class Key:
    """What belongs to an access key id; a session's has a token and an end."""

    secrets: tuple[str, ...]
    token: str = ""
    expires: datetime | None = None  # UTC, without a zone, as moto has it


def install() -> None:
    """Give LocalStack's services a secret that nobody outside can know."""
    for name in _HAVE_THE_SECRET:
        if module := sys.modules.get(name):
            module.INTERNAL_AWS_SECRET_ACCESS_KEY = _internal_secret  # type: ignore[attr-defined]


def find(key: str, region: str) -> Key | None:
    """Return what belongs to a key; None if nobody issued it, or it is not active."""
    if key == OWN_KEY:
        return Key((OWN_SECRET,))
    if key in (constants.INTERNAL_AWS_ACCESS_KEY_ID, config.INTERNAL_RESOURCE_ACCOUNT):
        return Key((_internal_secret,))
    if _ACCOUNT.fullmatch(key):
        return Key((OWN_SECRET, _internal_secret))
    return _sessions.get(key) or _issued(key, region)


def forget_sessions() -> None:
    """Know of sessions what STS does, and nothing from before."""
    _sessions.clear()


def is_of_account(key: str) -> bool:
    """Say whether a key is an account's own, rather than a user's or a session's."""
    return key == OWN_KEY or bool(_ACCOUNT.fullmatch(key))


def is_owner(key: str) -> bool:
    """Say whether a key is that of the emulator's own account, under either of its names."""
    return key in (OWN_KEY, constants.DEFAULT_AWS_ACCOUNT_ID)


def _issued(key: str, region: str) -> Key | None:
    account, partition = get_account_id_from_access_key_id(key), get_partition(region)
    sts: Any = sts_backends[account][partition]
    if session := sts.get_assumed_role_from_access_key(key):
        found = Key((session.secret_access_key,), session.session_token, session.expiration)
        _sessions[key] = found
        return found
    iam: Any = iam_backends[account][partition]
    of_user = iam.access_keys.get(key)
    if of_user is None or not of_user.user_name or of_user.status != "Active":
        return None
    return Key((of_user.secret_access_key,))
