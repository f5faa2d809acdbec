"""Subscription filters: what matches goes to a function, and a write never waits for it or fails.

AWS: CloudWatch Logs User Guide, "Log group-level subscription filters" (the permission's SourceArn
is the group's ARN with `:*`); Lambda Developer Guide, "Invoking a Lambda function asynchronously"
(CloudWatch Logs does). LocalStack invokes it while events are written, as a source without `:*`,
and a function that may not be invoked has the write fail. Recorded in LocalStack's tests at
v4.14.0: `logs/test_logs_subscription_filters.py::TestSubscriptionFilters`.
"""

import base64
import gzip
import io
import json
import logging
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to
from localstack.utils.aws import arns
from localstack.utils.aws.client_types import ServicePrincipal

from localstack_parity import internal_calls
from localstack_parity.logs.event_store import Event
from localstack_parity.logs.patterns import compile_pattern

LOG = logging.getLogger(__name__)


def send(stream: Any, events: Sequence[Event]) -> None:
    """Send events that a stream has stored to each subscription whose pattern they match."""
    for subscription in list(stream.log_group.subscription_filters.values()):
        matches = compile_pattern(subscription.filter_pattern or "")
        if found := [event for event in events if matches(event.message)]:
            _send(stream, subscription, found)


def _send(stream: Any, subscription: Any, events: Sequence[Event]) -> None:
    """Send events to what is subscribed; why they cannot be sent is in the emulator's log."""
    group = stream.log_group.name
    content = {
        "messageType": "DATA_MESSAGE",
        "owner": stream.account_id,
        "logGroup": group,
        "logStream": stream.log_stream_name,
        "subscriptionFilters": [subscription.name],
        "logEvents": [
            {"id": f"{event.id:056d}", "timestamp": event.timestamp, "message": event.message}
            for event in events
        ],
    }
    data = gzip.compress(json.dumps(content).encode())
    target = subscription.destination_arn
    try:
        if ":lambda:" in target:
            source = arns.log_group_arn(group, stream.account_id, stream.region)
            _invoke(target, data, f"{source}:*")
        else:
            _put_record(target, data, subscription.role_arn)
    except (ClientError, BotoCoreError) as error:
        LOG.info("Events of %s were not sent to %s: %s", group, target, error)


def _invoke(function: str, data: bytes, source_arn: str) -> None:
    event = {"awslogs": {"data": base64.b64encode(data).decode()}}
    internal_calls.call(
        "lambda",
        "Invoke",
        {
            "FunctionName": function,
            "InvocationType": "Event",
            "Payload": io.BytesIO(json.dumps(event).encode()),
        },
        region=arns.parse_arn(function)["region"],
        principal="logs",
        source_arn=source_arn,
    )


def _put_record(stream_arn: str, data: bytes, role_arn: str) -> None:
    """Put a record into a stream of Firehose with the rights of the subscription's role."""
    clients = connect_to.with_assumed_role(
        role_arn=role_arn,
        service_principal=ServicePrincipal.logs,
        region_name=arns.parse_arn(stream_arn)["region"],
    )
    clients.firehose.put_record(
        DeliveryStreamName=arns.firehose_name(stream_arn), Record={"Data": data}
    )
