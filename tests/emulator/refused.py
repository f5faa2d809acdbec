"""What requests are refused with; also of those that boto3 would not send by itself."""

from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator.conftest import REGION, Emulator


def unchecked(emulator: Emulator, service: str) -> Any:
    """Return a client that sends whatever it is given."""
    return _client(emulator.endpoint, service)


@cache
def _client(endpoint: str, service: str) -> Any:
    config = Config(
        parameter_validation=False,
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        proxies={},
    )
    return boto3.Session("test", "test", None, REGION).client(
        service, endpoint_url=endpoint, config=config
    )


def refusal(emulator: Emulator, service: str, operation: str, request: dict[str, Any]) -> str:
    """Return code and message of the error that a request is answered with."""
    with pytest.raises(ClientError) as refused:
        getattr(unchecked(emulator, service), operation)(**request)
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def code_of(call: Any, **request: Any) -> str:
    """Return the code of the error that a call ends with, "OK" if it succeeds."""
    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "OK"
