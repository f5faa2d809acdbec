"""Errors of SQS in XML have an empty element Detail, which LocalStack leaves out.

Recorded in LocalStack's tests at v4.14.0, for all errors of the query protocol in
`sqs/test_sqs.py`; Amazon SQS Developer Guide, "Interpreting Amazon SQS XML API responses".
"""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from localstack.aws.protocol.serializer import SqsQueryResponseSerializer
from localstack.utils.patch import patch


def install() -> None:
    """Add the element."""

    @patch(SqsQueryResponseSerializer._add_error_tags)
    def add_error_tags(
        add: Callable[..., None],
        serializer: SqsQueryResponseSerializer,
        error: Any,
        element: ElementTree.Element,
        mime_type: str,
    ) -> None:
        add(serializer, error, element, mime_type)
        ElementTree.SubElement(element, "Detail")
