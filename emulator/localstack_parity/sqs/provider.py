"""The SQS service with what LocalStack's lacks, as a subclass."""

from typing import Any

from localstack import config
from localstack.aws.api import RequestContext
from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue
from localstack.services.sqs.provider import SqsProvider
from localstack.utils.bootstrap import is_api_enabled

from localstack_parity.sqs import metrics


class ParitySqsProvider(SqsProvider):
    """SQS that tells CloudWatch what happens to messages and how deep its queues are."""

    def _init_cloudwatch_metrics_reporting(self) -> None:
        """Take the place of LocalStack's own metrics, which make a call for each message."""
        self._cloudwatch_dispatcher = None
        self.cloudwatch_disabled = config.SQS_DISABLE_CLOUDWATCH_METRICS or not is_api_enabled(
            "cloudwatch"
        )
        self._gauges = metrics.Gauges()

    def _start_cloudwatch_metrics_reporting(self) -> None:
        if not self.cloudwatch_disabled:
            self._gauges.start()

    def _stop_cloudwatch_metrics_reporting(self) -> None:
        self._gauges.stop()

    def _put_message(
        self, queue: SqsQueue, context: RequestContext, message_body: str, *args: Any, **kw: Any
    ) -> SqsMessage:
        item = super()._put_message(queue, context, message_body, *args, **kw)
        if not self.cloudwatch_disabled:
            deduplicated = (
                isinstance(queue, FifoQueue)
                and queue.deduplication.get(item.message_deduplication_id) is not item
            )
            metrics.sent(queue, len(message_body.encode()), deduplicated=deduplicated)
        return item

    def receive_message(self, context: RequestContext, queue_url: str, **request: Any) -> Any:
        """Receive up to ten messages."""
        queue = self._resolve_queue(context, queue_url=queue_url)
        response = super().receive_message(context, queue_url, **request)
        if not self.cloudwatch_disabled:
            metrics.received(queue, len(response["Messages"] or ()))
        return response

    def delete_message(
        self, context: RequestContext, queue_url: str, receipt_handle: str, **request: Any
    ) -> None:
        """Delete a message."""
        super().delete_message(context, queue_url, receipt_handle, **request)
        if not self.cloudwatch_disabled:
            metrics.deleted(self._resolve_queue(context, queue_url=queue_url))

    def delete_message_batch(
        self, context: RequestContext, queue_url: str, entries: Any, **request: Any
    ) -> Any:
        """Delete up to ten messages."""
        response = super().delete_message_batch(context, queue_url, entries, **request)
        if not self.cloudwatch_disabled:
            queue = self._resolve_queue(context, queue_url=queue_url)
            metrics.deleted(queue, len(response["Successful"]))
        return response
