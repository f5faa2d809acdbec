"""What cannot be right is refused at once, in Lambda's words, and never as an error of the service.

AWS: Lambda API Reference; the patterns of its model; messages as people report them.
"""

import io
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator
from tests.emulator.functions import function_of, settled, zipped
from tests.emulator.iam import allow, bucket_of, session_of

GOOD = zipped("def handler(event, context):\n    return event\n")
UNZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."


@pytest.fixture(scope="module")
def function(emulator: Emulator, role: str) -> Iterator[str]:
    with function_of(emulator, GOOD, role) as arn:
        yield arn


def error_of(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the message of a refusal, which is the caller's error."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    response = refused.value.response
    assert 400 <= response["ResponseMetadata"]["HTTPStatusCode"] < 500
    return response["Error"]["Code"], response["Error"]["Message"]


def create(emulator: Emulator, role: str, code: dict[str, Any], **more: Any) -> tuple[str, str]:
    return error_of(
        emulator.client("lambda").create_function,
        FunctionName=f"function-{uuid.uuid4().hex[:8]}",
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code=code,
        **more,
    )


@pytest.mark.parametrize("arn", ["junk", "arn:aws:sqs", "arn:::::", "é", "arn:aws:lambda:x"])
def test_an_arn_has_the_form_of_its_kind(
    emulator: Emulator, role: str, function: str, arn: str
) -> None:
    """Nested and in lists too; the error says where."""
    functions = emulator.client("lambda")
    dead_letters: dict[str, Any] = {"DeadLetterConfig": {"TargetArn": arn}}
    layers = {"Layers": [arn]}
    on_failure = {"DestinationConfig": {"OnFailure": {"Destination": arn}}}
    change = functions.update_function_configuration
    for place, (code, message) in {
        "'deadLetterConfig.targetArn'": create(emulator, role, {"ZipFile": GOOD}, **dead_letters),
        "'layers'": create(emulator, role, {"ZipFile": GOOD}, **layers),
        "deadLetterConfig.targetArn": error_of(change, FunctionName=function, **dead_letters),
        "layers": error_of(change, FunctionName=function, **layers),
        "destinationConfig.onFailure.destination": error_of(
            functions.put_function_event_invoke_config, FunctionName=function, **on_failure
        ),
        "eventSourceArn": error_of(
            functions.create_event_source_mapping, FunctionName=function, EventSourceArn=arn
        ),
    }.items():
        if arn == "arn:aws:lambda:x" and "Letter" in place:
            continue  # which the pattern of a target allows
        assert code == "ValidationException", place
        assert place in message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({}, "Please provide a source for function code."),
        ({"S3Key": "k"}, "Please provide a source for function code."),
        ({"S3Bucket": "bucket"}, "Please provide a source for function code."),
        ({"ZipFile": b""}, "Uploaded file must be a non-empty zip"),
        (
            {"ZipFile": GOOD, "S3Bucket": "bucket", "S3Key": "k"},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
    ],
)
def test_a_function_has_one_source_of_code(
    emulator: Emulator, role: str, function: str, code: dict[str, Any], message: str
) -> None:
    update = emulator.client("lambda").update_function_code
    assert create(emulator, role, code) == ("InvalidParameterValueException", message)
    assert error_of(update, FunctionName=function, **code) == (
        "InvalidParameterValueException",
        message,
    )


def _zip(*entries: tuple[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, text in entries:
            package.writestr(name, text)
    return content.getvalue()


def _damaged() -> bytes:
    """A zip whose directory is right and whose only entry is not what its checksum says."""
    return GOOD.replace(b"return event", b"return EVENT")


def _encrypted() -> bytes:
    """A zip that says of its entry that a password is needed."""
    content = bytearray(GOOD)
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    "package",
    [
        b"junk",
        GOOD[:-10],
        _damaged(),
        _encrypted(),
        _zip(("a", "x"), ("a/b", "y")),
        _zip(("a/", ""), ("a", "x")),
        _zip((".", "x")),
        _zip(("a" * 300, "x")),
        _zip(("/".join(["a" * 100] * 60), "x")),
    ],
    ids=[
        *("no zip", "cut off", "damaged", "encrypted", "file above", "folder and file"),
        *("no name", "long name", "long path"),
    ],
)
def test_a_broken_package_is_refused_when_it_is_uploaded(
    emulator: Emulator, role: str, function: str, package: bytes
) -> None:
    """It makes no function that fails later, and says nothing of this machine's folders."""
    functions = emulator.client("lambda")
    expected = ("InvalidParameterValueException", UNZIP)
    assert create(emulator, role, {"ZipFile": package}) == expected
    update = functions.update_function_code
    assert error_of(update, FunctionName=function, ZipFile=package) == expected
    publish = functions.publish_layer_version
    assert error_of(publish, LayerName="broken", Content={"ZipFile": package}) == expected


def test_a_queue_feeds_a_function_whose_role_may_read_it(emulator: Emulator, function: str) -> None:
    """Nothing is left of what was refused."""
    functions, sqs = emulator.client("lambda"), emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    try:
        assert error_of(
            functions.create_event_source_mapping,
            FunctionName=function,
            EventSourceArn=arn["QueueArn"],
        ) == (
            "InvalidParameterValueException",
            "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        )
        listed = functions.list_event_source_mappings(FunctionName=function)
        assert listed["EventSourceMappings"] == []
    finally:
        sqs.delete_queue(QueueUrl=url)


def test_code_in_a_bucket_is_read_with_the_rights_of_who_asks(
    emulator: Emulator, role: str
) -> None:
    """AWS: Lambda needs s3:GetObject of the caller."""
    with (
        bucket_of(emulator) as bucket,
        session_of(emulator, allow(["lambda:*", "iam:*"])) as (
            _,
            client,
        ),
    ):
        emulator.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=GOOD)
        code = {"S3Bucket": bucket, "S3Key": "code.zip"}
        functions = client("lambda")
        denied, _ = error_of(
            functions.create_function,
            FunctionName=f"function-{uuid.uuid4().hex[:8]}",
            Role=role,
            Runtime="python3.13",
            Handler="handler.handler",
            Code=code,
        )
        assert denied == "AccessDeniedException"
        denied, _ = error_of(functions.publish_layer_version, LayerName="l", Content=code)
        assert denied == "AccessDeniedException"


def test_a_layer_shows_nothing_of_the_machine(
    emulator: Emulator, role: str, tmp_path: Path
) -> None:
    """A link to a folder outside is not looked into for extensions."""
    (tmp_path / "a-file-of-the-machine").write_text("x")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        entry = zipfile.ZipInfo("extensions")
        entry.create_system = 3
        entry.external_attr = 0o120777 << 16
        package.writestr(entry, str(tmp_path))
    functions, name = emulator.client("lambda"), f"layer-{uuid.uuid4().hex[:8]}"
    layer = functions.publish_layer_version(LayerName=name, Content={"ZipFile": content.getvalue()})
    functions.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="handler.handler",
        Code={"ZipFile": GOOD},
        Layers=[layer["LayerVersionArn"]],
    )
    try:
        found = settled(emulator, name)
    finally:
        functions.delete_function(FunctionName=name)
        functions.delete_layer_version(LayerName=name, VersionNumber=layer["Version"])
    assert found["State"] == "Failed"
    assert "a-file-of-the-machine" not in found["StateReason"]
    assert "/opt/extensions is a Lambda extension" in found["StateReason"]
