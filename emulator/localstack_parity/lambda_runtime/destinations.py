"""What happens to an asynchronous event at its end: invocation records and dead letters.

Shapes: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations" and
"Adding a dead-letter queue"
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). A record in a
queue has the event's trace; recorded in LocalStack's tests at v4.14.0,
`lambda_/test_lambda.py::TestLambdaConcurrency::test_reserved_concurrency`.
"""

import json
from functools import cached_property
from typing import Any

from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.utils.aws import arns
from localstack.utils.aws.client_types import ServicePrincipal
from localstack.utils.aws.message_forwarding import send_event_to_target
from localstack.utils.time import timestamp_millis
from localstack.utils.xray.trace_header import TraceHeader

from localstack_parity.lambda_runtime.event_queue import Event

MAX_ERROR_MESSAGE = 1024  # bytes of the error message that go into a dead letter's attribute


def invocation_record(
    event: Event, version: FunctionVersion, condition: str, result: InvocationResult | None
) -> dict[str, Any]:
    """The record that a destination receives; ``result`` is None if the last attempt never ran."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": timestamp_millis(),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": version.qualified_arn,
            "condition": condition,
            "approximateInvokeCount": event.retries + (result is not None),
        },
        "requestPayload": _json(event.payload),
    }
    if result is not None:
        record["responseContext"] = {"statusCode": 200, "executedVersion": version.id.qualifier}
        if result.is_error:
            record["responseContext"]["functionError"] = "Unhandled"
        record["responsePayload"] = _json(result.payload)
    return record


def dead_letter_attributes(
    event: Event, condition: str, result: InvocationResult | None
) -> dict[str, Any]:
    """RequestID, ErrorCode and ErrorMessage as message attributes of SQS and SNS."""
    response = _json(result.payload) if result else None
    message = response.get("errorMessage") if isinstance(response, dict) else None
    text = str(message or condition).encode()[:MAX_ERROR_MESSAGE].decode(errors="ignore")
    return {
        "RequestID": {"DataType": "String", "StringValue": event.request_id},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if result else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": text},
    }


class Sender:
    """Sends on behalf of one function version, with its role."""

    def __init__(self, version: FunctionVersion) -> None:
        self._version = version

    def send_record(self, target_arn: str, event: Event, record: dict[str, Any]) -> None:
        """Send an event's record to a destination; raises what the target's service answers."""
        body = json.dumps(record, separators=(",", ":"), ensure_ascii=False)
        match target_arn.split(":")[2]:
            case "lambda":
                self._client("lambda").invoke(
                    FunctionName=target_arn, InvocationType="Event", Payload=body.encode()
                )
            case "sqs" | "sns":
                self._send_message(target_arn, body, {"MessageSystemAttributes": _trace(event)}, {})
            case _:
                condition = record["requestContext"]["condition"]
                outcome = "Success" if condition == "Success" else "Failure"
                send_event_to_target(
                    target_arn=target_arn,
                    event=record,
                    role=self._version.config.role,
                    source_arn=self._version.id.unqualified_arn(),
                    source_service="lambda",
                    events_source="lambda",
                    events_detail_type=f"Lambda Function Invocation Result - {outcome}",
                )

    def send_dead_letter(self, target_arn: str, event: Event, attributes: dict[str, Any]) -> None:
        """Send an event, as it came, to a dead-letter queue or topic."""
        self._send_message(target_arn, event.payload.decode(), {}, attributes)

    def _send_message(
        self, target_arn: str, body: str, queued: dict[str, Any], attributes: dict[str, Any]
    ) -> None:
        """Send a message to a topic or, with the members `queued`, to a queue."""
        more = {"MessageAttributes": attributes} if attributes else {}
        if target_arn.split(":")[2] == "sqs":
            self._client("sqs").send_message(
                QueueUrl=arns.sqs_queue_url_for_arn(target_arn),
                MessageBody=body,
                **queued,
                **more,
            )
        else:
            self._client("sns").publish(TopicArn=target_arn, Message=body, **more)

    @cached_property
    def _clients(self) -> Any:
        # Kept: assuming the role and making a client take longer than sending.
        return connect_to.with_assumed_role(
            role_arn=self._version.config.role,
            service_principal=ServicePrincipal.lambda_,
            region_name=self._version.id.region,
        )

    def _client(self, service: str) -> Any:
        return self._clients.get_client(service).request_metadata(
            service_principal=ServicePrincipal.lambda_,
            source_arn=self._version.id.unqualified_arn(),
        )


def _trace(event: Event) -> dict[str, Any]:
    """Return the trace that an event is part of; one begins with it unless its sender had one."""
    header = event.trace or TraceHeader().ensure_root_exists().to_header_str()
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}


def _json(payload: bytes | None) -> Any:
    try:
        return json.loads(payload or b"null")
    except ValueError:
        return (payload or b"").decode(errors="replace")
