"""Clients for a scenario's calls: of an emulator, or of the AWS account that boto3 finds."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from tests.conformance.play import Play

REGION = "us-east-1"  # the one where buckets need no LocationConstraint
_EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"  # of AWS's documentation; nobody has it


def against(endpoint: str | None) -> Callable[[], Play]:
    """Return what makes plays against an endpoint, or against AWS if it is None.

    Raises botocore's errors if AWS cannot be asked who asks.
    """
    own = boto3.Session(region_name=REGION) if endpoint is None else _session("test", "test")
    if (credentials := own.get_credentials()) is None:
        raise NoCredentialsError
    found = credentials.get_frozen_credentials()
    sessions = {
        "own": own,
        "unknown key": _session(_EXAMPLE_KEY, "nobody's"),
        "wrong secret": _session(found.access_key, "wrong", found.token),
    }

    @cache
    def client(service: str, credentials: str) -> Any:
        return sessions[credentials].client(
            service,
            endpoint_url=endpoint,
            config=Config(
                retries={"total_max_attempts": 1},
                parameter_validation=False,  # what is wrong is for the service to say
                s3={"addressing_style": "path"} if endpoint else {},
                proxies={} if endpoint else None,
            ),
        )

    account = client("sts", "own").get_caller_identity()["Account"]
    return lambda: Play(client, account, REGION)


def _session(key: str, secret: str, token: str | None = None) -> boto3.Session:
    return boto3.Session(key, secret, token, REGION)
