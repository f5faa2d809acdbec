"""Whole objects of S3, by requests that have what S3 needs and nothing else.

An image takes a PutObject, two GetObjects and a GetObjectTagging. With boto3 each costs 1.2 to 1.7
ms of processor time, which is the pipeline's here; so asked, a quarter of that. What has no plain
answer is boto3's again, with its retries and its errors.

AWS: S3 API Reference, PutObject, GetObject and GetObjectTagging.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError
from botocore.parsers import create_parser

from harness.targets.clients import ATTEMPTS, KEY_ID, SECRET
from harness.targets.connections import Answer, Connections
from harness.targets.signing import signed
from harness.targets.target import Target

_METADATA = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The bytes of a version of an object, and what GetObject says of it."""

    data: bytes
    version: str = ""
    content_type: str = ""
    encryption: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


class WholeObjects:
    """Objects of one endpoint, by path-style requests. Threads may share it.

    `client` is the boto3 client of LocalClients that reads where the first attempt failed.
    """

    def __init__(self, client: Any) -> None:
        meta = client.meta
        self._client, self._region = client, meta.region_name
        self._operation = meta.service_model.operation_model
        self._parser = create_parser(meta.service_model.protocol)
        self._connections = Connections(
            meta.endpoint_url, meta.config.connect_timeout, meta.config.read_timeout
        )

    def put(
        self, bucket: str, key: str, data: bytes, content_type: str, metadata: Mapping[str, str]
    ) -> str:
        """Write an object, in one attempt; its version, "" in a bucket without.

        Raises ClientError for a refusal, BotoCoreError where there is no answer, and ValueError for
        metadata that no header can carry.
        """
        headers = {"content-type": content_type, "content-length": str(len(data))}
        headers |= {f"{_METADATA}{name.lower()}": value for name, value in metadata.items()}
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise ValueError("metadata of S3 is printable ASCII")
        answer = self._ask("PUT", bucket, key, "", headers, data)
        if answer.status != 200:
            error = self._parsed("PutObject", answer)
            raise self._client.exceptions.from_code(error["Error"]["Code"])(error, "PutObject")
        return answer.headers.get("x-amz-version-id", "")

    def get(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Read an object. Raises ClientError or BotoCoreError, after as many attempts as boto3."""
        answer = self._read(bucket, key, f"versionId={quote(version, safe='')}" if version else "")
        if answer is None:
            return _got(self._client.get_object(**_where(bucket, key, version)))
        headers = answer.headers
        return StoredObject(
            answer.body,
            headers.get("x-amz-version-id", ""),
            headers.get("content-type", ""),
            headers.get("x-amz-server-side-encryption", ""),
            {
                name.removeprefix(_METADATA): value
                for name, value in headers.items()
                if name.startswith(_METADATA)
            },
        )

    def tags(self, bucket: str, key: str, version: str = "") -> dict[str, str]:
        """Read the tags of an object. Raises as `get` does."""
        query = f"tagging=&versionId={quote(version, safe='')}" if version else "tagging="
        if answer := self._read(bucket, key, query):
            found = self._parsed("GetObjectTagging", answer)
        else:
            found = self._client.get_object_tagging(**_where(bucket, key, version))
        return {tag["Key"]: tag["Value"] for tag in found["TagSet"]}

    def _read(self, bucket: str, key: str, query: str) -> Answer | None:
        """The answer of the first attempt; None if it is not a plain one."""
        try:
            answer = self._ask("GET", bucket, key, query, {}, b"")
        except BotoCoreError:
            return None
        return answer if answer.status == 200 else None

    def _ask(
        self,
        method: str,
        bucket: str,
        key: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        path = f"{self._connections.folder}/{bucket}/{quote(key)}"
        proven = signed(
            method,
            path,
            query,
            {"host": self._connections.host, **headers},
            body,
            key_id=KEY_ID,
            secret=SECRET,
            region=self._region,
        )
        target = f"{path}?{query}" if query else path
        return self._connections.ask(method, target, proven, body)

    def _parsed(self, operation: str, answer: Answer) -> dict[str, Any]:
        """An answer as boto3 gives it."""
        received = {
            "status_code": answer.status,
            "headers": answer.headers,
            "body": answer.body,
        }
        shape = self._operation(operation).output_shape
        parsed: dict[str, Any] = self._parser.parse(received, shape)
        return parsed


def whole_objects(target: Target) -> WholeObjects:
    """Those of a target: a read has as many attempts as with boto3."""
    return WholeObjects(target.client("s3", attempts=ATTEMPTS - 1))


def _got(answer: Mapping[str, Any]) -> StoredObject:
    """What boto3 has read."""
    with answer["Body"] as body:
        return StoredObject(
            body.read(),
            answer.get("VersionId", ""),
            answer.get("ContentType", ""),
            answer.get("ServerSideEncryption", ""),
            answer.get("Metadata", {}),
        )


def _where(bucket: str, key: str, version: str) -> dict[str, str]:
    """An object's place as boto3 takes it."""
    return {"Bucket": bucket, "Key": key} | ({"VersionId": version} if version else {})
