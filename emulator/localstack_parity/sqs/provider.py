"""The SQS service with what LocalStack's lacks, as a subclass."""

from collections.abc import Mapping
from typing import Any

from localstack import config
from localstack.aws.api import RequestContext, ServiceException
from localstack.aws.api.sqs import KmsNotFound
from localstack.services.sqs.models import FifoQueue, SqsMessage, SqsQueue, sqs_stores
from localstack.services.sqs.provider import MessageMoveTaskManager, SqsProvider
from localstack.utils.bootstrap import is_api_enabled

from localstack_parity import kms_keys
from localstack_parity.sqs import errors, metrics, ranges
from localstack_parity.sqs.receive_attempts import ReceiveAttempts
from localstack_parity.stores import every


class ParitySqsProvider(SqsProvider):
    """SQS that reports to CloudWatch what happens to messages and how deep its queues are."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts = ReceiveAttempts()
        errors.install()

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

    def on_before_state_reset(self) -> None:
        """Have nothing happen to messages meanwhile, and let who waits for one go."""
        self._queue_update_worker.stop()
        self._message_move_task_manager.close()
        for _, _, store in every(sqs_stores):
            for queue in list(store.queues.values()):
                queue.shutdown()

    def on_before_state_save(self) -> None:
        """Have nothing happen to messages meanwhile."""
        self._queue_update_worker.stop()

    on_before_state_load = on_before_state_save

    def on_after_state_save(self) -> None:
        """Have messages come back, and become visible, when their time comes."""
        self._queue_update_worker.start()

    on_after_state_load = on_after_state_save

    def on_after_state_reset(self) -> None:
        """Begin again."""
        self.attempts = ReceiveAttempts()
        self._message_move_task_manager = MessageMoveTaskManager()
        self._queue_update_worker.start()

    def create_queue(
        self, context: RequestContext, queue_name: str, attributes: Any = None, **request: Any
    ) -> Any:
        """Make a queue, or return that of this name."""
        answer = super().create_queue(context, queue_name, attributes, **request)
        _encrypt_once(self._resolve_queue(context, queue_name), attributes)
        return answer

    def set_queue_attributes(
        self, context: RequestContext, queue_url: str, attributes: Any, **request: Any
    ) -> None:
        """Change attributes of a queue."""
        super().set_queue_attributes(context, queue_url, attributes, **request)
        _encrypt_once(self._resolve_queue(context, queue_url=queue_url), attributes)

    def send_message_batch(
        self, context: RequestContext, queue_url: str, entries: Any, **request: Any
    ) -> Any:
        """Send up to ten messages; each succeeds or fails by itself."""
        answer = super().send_message_batch(context, queue_url, entries, **request)
        for failed in answer["Failed"] or ():
            errors.say_as_in_a_batch(failed)
        return answer

    def _put_message(
        self,
        queue: SqsQueue,
        context: RequestContext,
        message_body: str,
        delay_seconds: int | None = None,
        message_attributes: Any = None,
        message_system_attributes: Any = None,
        *identifiers: Any,
        **named_identifiers: Any,
    ) -> SqsMessage:
        ranges.check_message(delay_seconds, message_attributes, message_system_attributes)
        _require_key(queue)
        item = super()._put_message(
            queue,
            context,
            message_body,
            delay_seconds,
            message_attributes,
            message_system_attributes,
            *identifiers,
            **named_identifiers,
        )
        kept = item
        if isinstance(queue, FifoQueue):
            kept = queue.deduplication.get(item.message_deduplication_id, item)
            item.sequence_number = kept.sequence_number
        if not self.cloudwatch_disabled:
            metrics.sent(queue, len(message_body.encode()), deduplicated=kept is not item)
        return item

    def receive_message(
        self,
        context: RequestContext,
        queue_url: str,
        visibility_timeout: int | None = None,
        receive_request_attempt_id: str | None = None,
        **request: Any,
    ) -> Any:
        """Receive up to ten messages."""
        queue = self._resolve_queue(context, queue_url=queue_url)
        attempt = receive_request_attempt_id if isinstance(queue, FifoQueue) else None
        if attempt:
            with queue.mutex:
                if again := self.attempts.repeat(queue, attempt, visibility_timeout):
                    return again
        response = super().receive_message(
            context, queue_url, visibility_timeout=visibility_timeout, **request
        )
        if attempt:
            with queue.mutex:
                self.attempts.remember(queue, attempt, response)
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

    def change_message_visibility_batch(
        self, context: RequestContext, queue_url: str, entries: Any, **request: Any
    ) -> Any:
        """Change how long messages stay invisible; each entry succeeds or fails by itself."""
        failed = {entry["Id"]: error for entry in entries if (error := _visibility_error(entry))}
        good = [entry for entry in entries if entry["Id"] not in failed]
        if entries and not good:
            return {"Successful": [], "Failed": list(failed.values())}
        answer = super().change_message_visibility_batch(context, queue_url, good, **request)
        return {**answer, "Failed": [*answer["Failed"], *failed.values()]}

    def delete_message_batch(
        self, context: RequestContext, queue_url: str, entries: Any, **request: Any
    ) -> Any:
        """Delete up to ten messages."""
        response = super().delete_message_batch(context, queue_url, entries, **request)
        if not self.cloudwatch_disabled:
            queue = self._resolve_queue(context, queue_url=queue_url)
            metrics.deleted(queue, len(response["Successful"]))
        return response


def _encrypt_once(queue: SqsQueue, attributes: Mapping[str, str] | None) -> None:
    """Switch the encryption with SQS's own key off where the queue gets a key of KMS.

    It stays off when that key is taken away. Recorded in LocalStack's tests at v4.14.0:
    `sqs/test_sqs.py`, `test_set_queue_attributes_default_values`; SQS API Reference,
    SetQueueAttributes: "Only one server-side encryption option is supported per queue".
    """
    if (attributes or {}).get("KmsMasterKeyId"):
        queue.attributes["SqsManagedSseEnabled"] = "false"


def _require_key(queue: SqsQueue) -> None:
    """Raise KmsNotFound if the queue's key is not there: SQS notices when it has to encrypt."""
    key = queue.attributes.get("KmsMasterKeyId")
    if key and not kms_keys.exists(key, queue.account_id, queue.region):
        raise KmsNotFound(f"Key '{key}' does not exist")


def _visibility_error(entry: dict[str, Any]) -> dict[str, Any] | None:
    try:
        ranges.check_visibility(entry)
    except ServiceException as error:
        return {
            "Id": entry["Id"],
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": error.message,
        }
    return None
