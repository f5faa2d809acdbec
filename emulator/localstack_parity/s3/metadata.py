"""The limit on an object's metadata.

In: the metadata of a request that makes an object. Out: nothing, or S3's refusal. Called by the
provider before LocalStack, which takes metadata of any size, sees the request.
"""

from collections.abc import Mapping

from localstack.aws.api import CommonServiceException

MAX_BYTES = 2048


def refuse_too_much(metadata: Mapping[str, str] | None) -> None:
    """Raise MetadataTooLarge for more than 2 KB.

    "The size of user-defined metadata is measured by taking the sum of the number of bytes in the
    UTF-8 encoding of each key and value" (AWS: "Working with object metadata"; "Error responses").
    """
    size = sum(len(name.encode()) + len(value.encode()) for name, value in (metadata or {}).items())
    if size > MAX_BYTES:
        raise CommonServiceException(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            status_code=400,
        )
