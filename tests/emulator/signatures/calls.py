"""Clients and requests whose signatures are checked."""

import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator.conftest import REGION, Emulator


def client(emulator: Emulator, service: str, *credentials: str | None, **config: Any) -> Any:
    """A client with a configuration of its own, signing as the account unless told otherwise."""
    return boto3.Session(*(credentials or ("test", "test")), region_name=REGION).client(
        service,
        endpoint_url=emulator.endpoint,
        config=Config(
            retries={"total_max_attempts": 1},
            proxies={},
            **{"s3": {"addressing_style": "path"}, **config},
        ),
    )


def code_of(call: Any, **parameters: Any) -> tuple[str, int]:
    """The error's code and status; ("", 200) if there is none."""
    try:
        call(**parameters)
    except ClientError as error:
        response = error.response
        return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
    return "", 200


def http(method: str, url: str, body: bytes | None = None, /, **headers: str) -> tuple[int, bytes]:
    """Send a request as it stands; an underscore in a header's name is a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body, named, method=method)) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
