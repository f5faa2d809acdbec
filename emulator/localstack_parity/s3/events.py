"""Event notifications as S3 sends them: with AWS's keys and sequencers, and until they arrive.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import unquote

from localstack.aws.api import RequestContext
from localstack.aws.api.s3 import InvalidArgument
from localstack.services.s3.notifications import (
    BaseNotifier,
    BucketVerificationContext,
    EventBridgeNotifier,
    LambdaNotifier,
    NotificationDispatcher,
    S3EventNotificationContext,
    SnsNotifier,
    SqsNotifier,
    _matching_event,
)
from localstack.utils.aws.arns import parse_arn, s3_bucket_arn, sqs_queue_url_for_arn
from localstack.utils.aws.client_types import ServicePrincipal

from localstack_parity import activity, internal_calls
from localstack_parity.chaos import events as faults
from localstack_parity.s3 import errors, notification_rules
from localstack_parity.s3.later import Later

LOG = logging.getLogger(__name__)

# "Starting with version 2.4, Amazon S3 uses a single unified version for all event types." 2.5 has
# awsGeneratedTags for buckets with tags that AWS has put there, of which there are none here.
EVENT_VERSION = "2.5"

SUBJECT = "Amazon S3 Notification"

# The waits between the attempts to deliver one event: about five minutes in all.
RETRY_DELAYS_S = (0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 60, 60, 60)


_ACTIVITY = "a notification of S3 that is delivered or will be tried again"


class Sequencers:
    """Sequencers that grow from one event to the next, in the order in which they are drawn.

    Hexadecimal digits as on AWS, and like there not always equally many: "right pad the shorter
    value with zeros, and then do a lexicographic comparison".
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def draw(self) -> str:
        """Return a value greater than every one before it."""
        with self._lock:
            self._last = max(self._last + 1, time.time_ns())
            return f"00{self._last:016X}".rstrip("0")


def _payload(notifier: type[BaseNotifier], ctx: S3EventNotificationContext, config: Any) -> str:
    """Return the event as JSON. AWS encodes a key as a form does: a space is a plus sign."""
    event = notifier._get_event_payload(ctx, config.get("Id"))
    record = event["Records"][0]
    record["eventVersion"] = EVENT_VERSION
    record["responseElements"]["x-amz-request-id"] = ctx.request_id
    described = record["s3"]["object"]
    described["key"] = ctx.key_name.replace("%20", "+")
    if "sequencer" in described:
        described["sequencer"] = ctx.sequencer
    return json.dumps(event)


def _concerns(ctx: S3EventNotificationContext, config: Any) -> bool:
    """Whether a destination wants to know of an event."""
    return _matching_event(config["Events"], ctx.event_type) and notification_rules.matches(
        config, unquote(ctx.key_name)
    )


def _call(operation: str, arn: str, ctx: S3EventNotificationContext, **parameters: Any) -> None:
    """Call the service of the destination `arn` as S3 does, on behalf of the bucket."""
    parsed = parse_arn(arn)
    internal_calls.call(
        parsed["service"],
        operation,
        parameters,
        region=parsed["region"],
        principal=ServicePrincipal.s3,
        source_arn=s3_bucket_arn(ctx.bucket_name, region=ctx.region),
    )


class ToLambda(LambdaNotifier):
    """Delivers to a function; an error is raised, not lost in the log."""

    should_notify = staticmethod(_concerns)

    @staticmethod
    def _get_arn_value_and_name(notifier_configuration: dict[str, Any]) -> tuple[str, str]:
        """Return the function, and what AWS calls it in an error."""
        return notifier_configuration.get("LambdaFunctionArn", ""), "CloudFunction"

    def _verify_target(self, target_arn: str, verification_ctx: BucketVerificationContext) -> None:
        """Raise AWS's one error for a function that is not there or may not be invoked."""
        try:
            super()._verify_target(target_arn, verification_ctx)
        except InvalidArgument as error:
            error.ArgumentName = f"{target_arn}, null"
            error.ArgumentValue = f"Not authorized to invoke function [{target_arn}]"
            raise

    def notify(self, ctx: S3EventNotificationContext, config: dict[str, Any]) -> None:
        """Invoke the function asynchronously."""
        arn = config["LambdaFunctionArn"]
        payload = BytesIO(_payload(LambdaNotifier, ctx, config).encode())
        _call("Invoke", arn, ctx, FunctionName=arn, InvocationType="Event", Payload=payload)


class ToQueue(SqsNotifier):
    """Delivers to a queue; an error is raised, not lost in the log."""

    should_notify = staticmethod(_concerns)

    def notify(self, ctx: S3EventNotificationContext, config: dict[str, Any]) -> None:
        """Send one message, with the X-Ray header of the request that caused it."""
        arn = config["QueueArn"]
        trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": ctx.xray}}
        _call(
            "SendMessage",
            arn,
            ctx,
            QueueUrl=sqs_queue_url_for_arn(arn),
            MessageBody=_payload(SqsNotifier, ctx, config),
            MessageSystemAttributes=trace if ctx.xray else {},
        )


class ToTopic(SnsNotifier):
    """Delivers to a topic; an error is raised, not lost in the log."""

    should_notify = staticmethod(_concerns)

    @staticmethod
    def _get_arn_value_and_name(notifier_configuration: dict[str, Any]) -> tuple[str, str]:
        """Return the topic, and what AWS calls it in an error."""
        return notifier_configuration.get("TopicArn", ""), "Topic"

    def notify(self, ctx: S3EventNotificationContext, config: dict[str, Any]) -> None:
        """Publish one message."""
        arn = config["TopicArn"]
        message = _payload(SnsNotifier, ctx, config)
        _call("Publish", arn, ctx, TopicArn=arn, Message=message, Subject=SUBJECT)


class RetryingDispatcher(NotificationDispatcher):
    """Delivers each event at least once: a delivery that fails is tried again, later and later."""

    notifiers: ClassVar[dict[str, BaseNotifier]] = {
        "QueueConfigurations": ToQueue(),
        "TopicConfigurations": ToTopic(),
        "LambdaFunctionConfigurations": ToLambda(),
        "EventBridgeConfiguration": EventBridgeNotifier(),
    }

    def __init__(self) -> None:
        super().__init__()
        self._later = Later("s3-later")

    def verify_configuration(
        self,
        notification_configurations: Mapping[str, Any],
        skip_destination_validation: bool,
        context: RequestContext,
        bucket_name: str,
    ) -> None:
        """Raise for an ARN that is none; then one error for all destinations out of reach."""
        super().verify_configuration(notification_configurations, True, context, bucket_name)
        if skip_destination_validation:
            return
        failed = []
        for kind, entries in notification_configurations.items():
            for entry in entries if isinstance(entries, list) else ():
                try:
                    super().verify_configuration({kind: [entry]}, False, context, bucket_name)
                except InvalidArgument as error:
                    failed.append(error)
        if failed:
            raise errors.numbered(failed)

    def drop(self) -> None:
        """Give up on the events that wait to be delivered."""
        for _ in range(self._later.drop()):
            activity.end(_ACTIVITY)

    def _submit_notification(
        self, notifier: BaseNotifier, ctx: S3EventNotificationContext, config: dict[str, Any]
    ) -> None:
        held = _faults(notifier, ctx, config) if faults.RULES.rules else (0.0,)
        for delay_s in held:
            activity.begin(_ACTIVITY)
            self._submit(delay_s, notifier, ctx, config, 0)

    def _submit(
        self,
        delay_s: float,
        notifier: BaseNotifier,
        ctx: S3EventNotificationContext,
        config: dict[str, Any],
        attempt: int,
    ) -> None:
        if delay_s:
            self._later.call(delay_s, partial(self._submit, 0.0, notifier, ctx, config, attempt))
            return
        with suppress(RuntimeError):  # the emulator is shutting down
            self.executor.submit(self._deliver, notifier, ctx, config, attempt)

    def _deliver(
        self,
        notifier: BaseNotifier,
        ctx: S3EventNotificationContext,
        config: dict[str, Any],
        attempt: int,
    ) -> None:
        try:
            notifier.notify(ctx, config)
            activity.end(_ACTIVITY)
        except Exception as error:
            what = f"event {ctx.event_type} of {ctx.bucket_name}/{ctx.key_name}"
            if attempt >= len(RETRY_DELAYS_S):
                LOG.error("Giving up on %s after %s attempts: %s", what, attempt + 1, error)
                activity.end(_ACTIVITY)
                return
            LOG.warning("Delivery of %s failed and will be tried again: %s", what, error)
            self._submit(RETRY_DELAYS_S[attempt], notifier, ctx, config, attempt + 1)


def _faults(
    notifier: BaseNotifier, ctx: S3EventNotificationContext, config: dict[str, Any]
) -> list[float]:
    """How long to hold back each delivery of an event, as the faults in force want it."""
    arns = (config.get(f"{kind}Arn") for kind in ("LambdaFunction", "Queue", "Topic"))
    return faults.deliveries(
        ctx.bucket_name,
        unquote(ctx.key_name),
        next(filter(None, arns), notifier.service_name),
        event=ctx.event_type,
        versionId=ctx.key_version_id or "",
        sequencer=ctx.sequencer,
    )
