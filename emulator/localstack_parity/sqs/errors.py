"""Errors of SQS as AWS words them.

In XML they have an empty element Detail, and an attribute that is unknown is the sender's fault.
In a batch, a message that is too long has words of its own, and the code of the query protocol.

Recorded in LocalStack's tests at v4.14.0, `sqs/test_sqs.py`: all errors of the query protocol;
`test_set_unsupported_attribute_standard`; `test_send_batch_message_size`. Amazon SQS Developer
Guide, "Interpreting Amazon SQS XML API responses".
"""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from localstack.aws.api.sqs import InvalidAttributeName
from localstack.aws.protocol.serializer import SqsQueryResponseSerializer
from localstack.utils.patch import patch


def install() -> None:
    """Add what LocalStack leaves out."""
    InvalidAttributeName.sender_fault = True

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


def say_as_in_a_batch(failed: dict[str, Any]) -> None:
    """Reword the entry of a batch that failed in the words of a single message."""
    if failed["Code"] == "InvalidParameterValueException":
        failed["Code"] = "InvalidParameterValue"
        failed["SenderFault"] = True
        if "Message must be shorter" in failed["Message"]:
            failed["Message"] = failed["Message"].replace("are invalid", "cannot be validated")
