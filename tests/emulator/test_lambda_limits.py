"""Lambda's API refuses what is beyond its limits, in AWS's words.

AWS: Lambda Developer Guide, "Lambda quotas"; API reference of each operation.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, zipped

SOURCE = "def handler(event, context): return len(event.get('text', ''))"


@pytest.fixture(scope="module")
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, zipped(SOURCE), role) as arn:
        yield arn


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            {"Timeout": 901},
            "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: "
            "Member must have value less than or equal to 900",
        ),
        (
            {"MemorySize": 20000},
            "1 validation error detected: Value '20000' at 'memorySize' failed to satisfy "
            "constraint: Member must have value less than or equal to 10240",
        ),
        (
            {"EphemeralStorage": {"Size": 10241}},
            "1 validation error detected: Value '10241' at 'ephemeralStorage.size' failed to "
            "satisfy constraint: Member must have value less than or equal to 10240",
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "MINE": "y"}}},
            "Lambda was unable to configure your environment variables because the environment "
            "variables you have provided contains reserved keys that are currently not supported "
            "for modification. Reserved keys used in this request: AWS_REGION",
        ),
        (
            {"Environment": {"Variables": {"MY-NAME": "x"}}},
            "1 validation error detected: Value at 'environment.variables' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must satisfy regular "
            "expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
        ),
    ],
)
def test_a_function_stays_within_the_limits(
    emulator: Emulator, role: str, function: str, setting: dict[str, Any], message: str
) -> None:
    """CreateFunction and UpdateFunctionConfiguration refuse what Lambda does not have."""
    with (
        pytest.raises(ClientError) as created,
        function_of(emulator, zipped(SOURCE), role, **setting),
    ):
        pass
    with pytest.raises(ClientError) as updated:
        emulator.client("lambda").update_function_configuration(FunctionName=function, **setting)
    assert created.value.response["Error"]["Message"] == message
    assert updated.value.response["Error"]["Message"] == message


def test_an_event_is_retried_twice_at_most(emulator: Emulator, function: str) -> None:
    """MaximumRetryAttempts goes from 0 to 2, MaximumEventAgeInSeconds up to six hours."""
    client = emulator.client("lambda")
    for setting in ({"MaximumRetryAttempts": 3}, {"MaximumEventAgeInSeconds": 21601}):
        with pytest.raises(ClientError, match="Member must have value less than or equal to"):
            client.put_function_event_invoke_config(FunctionName=function, **setting)


def test_a_payload_is_json(emulator: Emulator, function: str) -> None:
    """Anything else is refused before the function runs, synchronously or not."""
    for kind in ("RequestResponse", "Event"):
        with pytest.raises(ClientError) as refusal:
            emulator.client("lambda").invoke(
                FunctionName=function, InvocationType=kind, Payload=b"{'no': 'json'}"
            )
        error = refusal.value.response["Error"]
        assert error["Code"] == "InvalidRequestContentException"
        assert error["Message"].startswith(
            "Could not parse request body into json: Could not parse payload into json: "
        )


@pytest.mark.parametrize(
    ("payload", "problem", "column"),
    [
        (b"n\x87r", "Invalid UTF-8 start byte 0x87", 3),
        (b"\x99\xeb", "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value", 1),
        (b" x", "Unexpected character ('x' (code 120)): expected a valid value", 2),
    ],
)
def test_a_payload_that_cannot_be_read_is_named_as_awss_parser_does(
    emulator: Emulator, function: str, payload: bytes, problem: str, column: int
) -> None:
    """test_lambda.py::TestLambdaErrors::test_lambda_invoke_payload_encoding_error, v4.14.0."""
    with pytest.raises(ClientError) as refusal:
        emulator.client("lambda").invoke(FunctionName=function, Payload=payload)
    said = refusal.value.response["Error"]["Message"]
    assert f"Could not parse payload into json: {problem}" in said
    assert said.endswith(f"line: 1, column: {column}]")


@pytest.mark.parametrize(
    ("kind", "limit", "message"),
    [
        (
            "RequestResponse",
            6 * 1024 * 1024,
            "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
        ),
        (
            "Event",
            1024 * 1024,
            "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
        ),
    ],
)
def test_a_payload_has_a_largest_size(
    emulator: Emulator, function: str, kind: str, limit: int, message: str
) -> None:
    """6 MB for synchronous, 1 MB for asynchronous invocations; one byte more is refused.

    AWS: Lambda API reference, "Invoke".
    """
    client = emulator.client("lambda")
    largest = json.dumps({"text": "x" * (limit - len('{"text": ""}'))}).encode()

    answer = client.invoke(FunctionName=function, InvocationType=kind, Payload=largest)
    with pytest.raises(ClientError) as refusal:
        client.invoke(FunctionName=function, InvocationType=kind, Payload=largest + b" ")

    assert answer["StatusCode"] in (200, 202)
    assert refusal.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
    assert refusal.value.response["Error"]["Message"] == message
