"""Errors of S3 name the host and an argument without a value, and number several that are wrong.

Sources: S3 API Reference, "Error responses" (every error has RequestId and HostId); of destinations
that cannot be reached ArgumentName1, ArgumentValue1, ArgumentName2 … are recorded in LocalStack's
tests at v4.14.0, `s3/test_s3_notifications_sqs.py`, `test_multiple_invalid_sqs_arns`; an empty
ArgumentValue in `s3/test_s3.py`, `test_validate_website_configuration`.
"""

import re
from typing import Any
from xml.etree import ElementTree

from localstack.aws.api.s3 import InvalidArgument
from localstack.aws.protocol.serializer import S3ResponseSerializer
from localstack.services.s3.constants import S3_HOST_ID
from localstack.utils.patch import patch

_NUMBERED = re.compile(r"Argument(Name|Value)\d+")


def numbered(errors: list[InvalidArgument]) -> InvalidArgument:
    """Return one error for several of the same message."""
    fields: dict[str, Any] = {}
    for number, error in enumerate(errors, 1):
        fields[f"ArgumentName{number}"] = error.ArgumentName
        fields[f"ArgumentValue{number}"] = error.ArgumentValue
    return InvalidArgument(errors[0].message, **fields)


def install() -> None:
    """Write what LocalStack's models of errors do not have."""

    @patch(S3ResponseSerializer._add_error_tags)
    def add_error_tags(
        add: Any,
        serializer: S3ResponseSerializer,
        error: Any,
        element: ElementTree.Element,
        mime_type: str,
    ) -> None:
        add(serializer, error, element, mime_type)
        fields = vars(error)
        for name in filter(_NUMBERED.fullmatch, fields):
            ElementTree.SubElement(element, name).text = str(fields[name])
        if fields.get("ArgumentValue", "…") is None:
            ElementTree.SubElement(element, "ArgumentValue")
        if "HostId" not in fields:
            ElementTree.SubElement(element, "HostId").text = S3_HOST_ID
