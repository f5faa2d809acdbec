"""The messages that a queue hands to a function, as AWS hands them.

Each attribute of a message has its empty lists, and a message the digest of its attributes; without
attributes that is null where the mapping has a batching window, and not there where it has none.
LocalStack leaves all of it out. Recorded in LocalStack's tests at v4.14.0, all on one day,
`lambda_/event_source_mapping/test_lambda_integration_sqs.py`: `test_sqs_event_source_mapping`,
`test_message_body_and_attributes_passed_correctly` and `test_redrive_policy_with_failing_lambda`.
"""

from typing import Any

from localstack.services.lambda_.event_source_mapping.pollers.sqs_poller import SqsPoller

type Record = dict[str, Any]


def install() -> None:
    """Complete the records that LocalStack makes of messages, once they are filtered."""
    add_source = SqsPoller.add_source_metadata

    def add_source_metadata(self: SqsPoller, records: list[Record]) -> Any:
        waits = self.maximum_batching_window > 0
        return add_source(self, [complete(record, waits=waits) for record in records])

    SqsPoller.add_source_metadata = add_source_metadata


def complete(record: Record, *, waits: bool) -> Record:
    """Return a record with what AWS has in each, in its order; `waits` for a batching window."""
    attributes = {
        name: {"stringListValues": [], "binaryListValues": [], **attribute}
        for name, attribute in record["messageAttributes"].items()
    }
    digests = {name: record.get(name) for name in ("md5OfMessageAttributes", "md5OfBody")}
    others = {name: value for name, value in record.items() if name not in digests}
    if not waits and digests["md5OfMessageAttributes"] is None:
        del digests["md5OfMessageAttributes"]
    return {**others, "messageAttributes": attributes, **digests}
