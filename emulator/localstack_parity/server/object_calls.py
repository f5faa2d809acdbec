"""A short path for the calls that read and write one object of S3, as every image needs three.

LocalStack searches S3's model for the operation that a request is meant for, then reads, and later
writes, every member that its input and output may have: 43 for a PutObject. A third of the
processor time of such a call goes there. GetObject, HeadObject and PutObject of the usual form are
read and written here, from what a request and an answer do have.

A request that is unusual in any way, and every error, is left to LocalStack's parser and
serializer: a header or parameter that is in no list here, one that is there twice, a bucket in the
host, a path with more in it than a bucket and a key. What judges a request (signature, policies,
limits, faults) is not here and comes before and after as ever. `TAPSTACK_SHORT_PATH=off` leaves all
to LocalStack.

Sources: S3 API Reference, GetObject, HeadObject and PutObject; Smithy, "HTTP binding traits".
"""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel
from localstack.aws.protocol.parser import S3RequestParser
from localstack.aws.protocol.serializer import S3ResponseSerializer
from localstack.http import Response
from localstack.services.s3 import utils as s3_utils

SWITCH = "TAPSTACK_SHORT_PATH"

_OPERATIONS = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject"}

# Without `;` and `#`, from which on LocalStack takes nothing for the path.
_SEGMENT = r"[\w.~!$&'()*+,=:@%-]+"
_TARGET = re.compile(
    rf"/([a-z0-9][a-z0-9.-]+)/({_SEGMENT}(?:/{_SEGMENT})*)(?:\?versionId=([\w.-]+))?", re.ASCII
)
_LENGTH = re.compile(r"\d{1,15}", re.ASCII)
_METADATA = "x-amz-meta-"

# Headers that are no parameter of these operations.
_ABOUT_THE_REQUEST = frozenset(
    {
        *("host", "user-agent", "connection", "accept-encoding", "expect"),
        *("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"),
        *("amz-sdk-invocation-id", "amz-sdk-request", "x-amzn-trace-id", "x-moto-account-id"),
    }
)
_CONDITIONS = ("if-match", "if-none-match")
_READING = frozenset({*_CONDITIONS, "range", "x-amz-checksum-mode", "x-amz-expected-bucket-owner"})
_WRITING = frozenset(
    {
        *_CONDITIONS,
        *("cache-control", "content-disposition", "content-language", "content-length"),
        *("content-md5", "content-type", "x-amz-acl", "x-amz-expected-bucket-owner"),
        *("x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "x-amz-checksum-crc32c"),
        *("x-amz-checksum-crc64nvme", "x-amz-checksum-sha1", "x-amz-checksum-sha256"),
        *("x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"),
        *("x-amz-storage-class", "x-amz-tagging"),
    }
)
_WITH_BODY = frozenset({200, 206})  # the status of answers that may have one

# What a request without a body states of it: another hash is an error.
_OF_NO_BODY = frozenset(
    {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "UNSIGNED-PAYLOAD"}
)


def install() -> None:
    """Begin, unless it is switched off."""
    match os.environ.get(SWITCH, ""):
        case "off":
            return
        case "" | "on":
            _read_what_is_there()
            _write_what_is_there()
        case unknown:
            raise ValueError(f"{SWITCH}={unknown}: it is on or off.")


def _read_what_is_there() -> None:
    parse_all = S3RequestParser.parse

    def parse(self: S3RequestParser, request: Any) -> Any:
        return read(self.service, request) or parse_all(self, request)

    S3RequestParser.parse = parse


def _write_what_is_there() -> None:
    write_all = S3ResponseSerializer.serialize_to_response

    def serialize_to_response(
        self: S3ResponseSerializer,
        response: Mapping[str, Any],
        operation_model: OperationModel,
        headers: Any,
        request_id: str,
    ) -> Any:
        if operation_model.name in _OPERATIONS.values():
            with suppress(Exception):  # of a value that cannot be written: LocalStack says so
                if written := write(self, response, operation_model, headers, request_id):
                    return written
        return write_all(self, response, operation_model, headers, request_id)

    S3ResponseSerializer.serialize_to_response = serialize_to_response


@dataclass(frozen=True)
class _Input:
    """How the parameters of an operation are read; `names` maps headers to them."""

    operation: OperationModel
    names: Mapping[str, str]
    absent: Mapping[str, Any]  # what LocalStack makes of a request that has none


def read(service: ServiceModel, request: Any) -> tuple[OperationModel, dict[str, Any]] | None:
    """Return the operation that a request is meant for, and its parameters; None if unusual."""
    operation = _OPERATIONS.get(request.method)
    target = _TARGET.fullmatch(request.environ.get("RAW_URI", ""))
    if operation is None or target is None:
        return None
    bucket, key, version = target[1], unquote(target[2]), target[3]
    if "\ufffd" in key or key.endswith("/") or s3_utils.uses_host_addressing(request.headers):
        return None
    how = _input(service, operation)
    found: dict[str, Any] = {}
    metadata: dict[str, str] = {}
    content_hash = ""
    for name, value in request.headers:
        lower = name.lower()
        if lower in how.names:
            if (parameter := how.names[lower]) in found:
                return None
            found[parameter] = value
        elif lower == "x-amz-content-sha256":
            content_hash = value
        elif lower.startswith(_METADATA) and operation == "PutObject":
            metadata[name[len(_METADATA) :]] = value
        elif lower not in _ABOUT_THE_REQUEST:
            return None
    parameters = {**how.absent, **found, "Bucket": bucket, "Key": key}
    if operation == "PutObject":
        if version or not _LENGTH.fullmatch(found.get("ContentLength", "")):
            return None
        parameters["Metadata"] = metadata
        parameters["ContentLength"] = int(found["ContentLength"])
        if parameters["ContentLength"]:
            parameters["Body"] = request._get_stream_for_parsing()
    else:
        if content_hash not in _OF_NO_BODY:
            return None
        parameters["VersionId"] = version
    return how.operation, parameters


@cache
def _input(service: ServiceModel, operation: str) -> _Input:
    model = service.operation_model(operation)
    members = model.input_shape.members.items()
    taken = _WRITING if operation == "PutObject" else _READING
    names = {
        header: name
        for name, shape in members
        if shape.serialization.get("location") == "header"
        and (header := shape.serialization["name"].lower()) in taken
    }
    absent = {name: None for name, shape in members if "location" in shape.serialization}
    return _Input(model, MappingProxyType(names), MappingProxyType(absent))


def write(
    serializer: S3ResponseSerializer,
    answer: Mapping[str, Any],
    operation: OperationModel,
    headers: Any,
    request_id: str,
) -> Response | None:
    """Return the HTTP response for what the service answers; None if there is more to it."""
    written: dict[str, tuple[str, Any]] = {}
    members, status, body = operation.output_shape.members, 200, None
    for member, value in answer.items():
        shape = members.get(member)
        if shape is None or value is None:
            continue
        place, name = shape.serialization.get("location"), shape.serialization.get("name", member)
        if place == "header":
            text = value
            if shape.type_name != "string":
                text = serializer._serialize_header_value(shape, value)
            written[name.lower()] = name, text
        elif place == "headers":
            written |= {f"{name}{one}".lower(): (f"{name}{one}", it) for one, it in value.items()}
        elif place == "statusCode":
            status = int(value)
        elif shape.serialization.get("streaming") and not isinstance(value, str | bytes):
            body = value
        else:
            return None
    if status not in _WITH_BODY or (operation.name == "GetObject" and body is None):
        return None
    _, content_type = written.pop("content-type", ("", None))
    response = Response(
        body,
        status,
        written.values(),
        content_type=serializer._get_mime_type(headers) if content_type is None else content_type,
    )
    serializer._prepare_additional_traits_in_response(response, operation, request_id)
    return response
