"""The messages that a queue hands to a function, as AWS hands them.

Every message has md5OfMessageAttributes, null without attributes, and each attribute has its empty
lists; LocalStack leaves both out. Recorded in LocalStack's tests at v4.14.0,
`lambda_/event_source_mapping/test_lambda_integration_sqs.py`: `test_sqs_event_source_mapping` and
`test_message_body_and_attributes_passed_correctly`.
"""

from collections.abc import Callable
from typing import Any

from localstack.services.lambda_.event_source_mapping.pollers import sqs_poller
from localstack.utils.patch import patch

type Record = dict[str, Any]


def install() -> None:
    """Complete the records that LocalStack makes of messages."""

    @patch(sqs_poller.transform_into_events)
    def transform(
        original: Callable[[list[dict[str, Any]]], list[Record]], messages: list[dict[str, Any]]
    ) -> list[Record]:
        return [complete(record) for record in original(messages)]


def complete(record: Record) -> Record:
    """Return a record with what AWS has in each, in its order."""
    attributes = {
        name: {"stringListValues": [], "binaryListValues": [], **attribute}
        for name, attribute in record["messageAttributes"].items()
    }
    digests = {name: record.get(name) for name in ("md5OfMessageAttributes", "md5OfBody")}
    others = {name: value for name, value in record.items() if name not in digests}
    return {**others, "messageAttributes": attributes, **digests}
