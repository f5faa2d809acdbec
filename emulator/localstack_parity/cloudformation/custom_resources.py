"""Custom resources: ``Custom::*`` and ``AWS::CloudFormation::CustomResource``.

LocalStack loads ``CustomResourceProvider`` through the entry point in ``plugins``.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html
"""

import json
import logging
import os
import secrets
import string
import uuid
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceProvider,
    ResourceRequest,
)

from localstack_parity.cloudformation import operations
from localstack_parity.cloudformation.answers import Mailbox, NoAnswerError, mailbox

LOG = logging.getLogger(__name__)

RESOURCE_TYPE = "AWS::CloudFormation::CustomResource"

# AWS waits an hour unless the template says ServiceTimeout. Nobody wants to wait an hour here for
# a function that forgot to answer: without ServiceTimeout the wait is shorter, and the reason of
# the failure says how long it was.
DEFAULT_TIMEOUT_S = int(os.environ.get("TAPSTACK_CUSTOM_RESOURCE_TIMEOUT", "300"))
AWS_TIMEOUT_S = 3600
MAX_ANSWER_BYTES = 4096
MAX_PHYSICAL_ID_BYTES = 1024

_PHYSICAL_ID = "__PhysicalResourceId"
_PROPERTIES = "__ResourceProperties"

type Model = dict[str, Any]


class RequestFailedError(Exception):
    """The request came to nothing; its text is the reason shown in the stack's events."""

    def __init__(self, reason: str, physical_id: str | None = None) -> None:
        super().__init__(reason)
        self.physical_id = physical_id


@dataclass(frozen=True)
class Answer:
    """What the function said: the resource's id and the values for Fn::GetAtt."""

    physical_id: str
    data: Model


class CustomResourceProvider(ResourceProvider[Model]):
    """What LocalStack's CloudFormation engine calls for every custom resource."""

    TYPE = RESOURCE_TYPE
    SCHEMA: ClassVar[Model] = {"primaryIdentifier": [f"/properties/{_PHYSICAL_ID}"]}

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Send Create; after a failure send the Delete that AWS's rollback would send."""
        properties = as_strings(request.desired_state)
        try:
            answer = _ask(request, "Create", properties)
        except RequestFailedError as failure:
            created = failure.physical_id or _generated_id(request)
            _clean_up(request, created, properties)
            return _failed(failure, {})
        return _succeeded(answer, properties)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Send Update; a new physical id means replacement.

        The executor has the old one deleted when the whole stack has been updated. A resource stays
        with its function: "ServiceToken … Updates are not supported" (CloudFormation Template
        Reference, AWS::CloudFormation::CustomResource).
        """
        before = request.previous_state or {}
        properties = as_strings(request.desired_state)
        old_id, old_properties = before[_PHYSICAL_ID], before[_PROPERTIES]
        if properties.get("ServiceToken") != old_properties["ServiceToken"]:
            return _failed(RequestFailedError("Modifying service token is not allowed."), before)
        try:
            answer = _ask(
                request,
                "Update",
                properties,
                PhysicalResourceId=old_id,
                OldResourceProperties=old_properties,
            )
        except RequestFailedError as failure:
            # Rollback sends another Update, in which these are the old properties.
            return _failed(failure, {**before, _PROPERTIES: properties})
        return _succeeded(answer, properties)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Send Delete; a resource whose Create failed was already sent one."""
        state = request.previous_state or {}
        if _PHYSICAL_ID not in state:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model={})
        try:
            _ask(request, "Delete", state[_PROPERTIES], PhysicalResourceId=state[_PHYSICAL_ID])
        except RequestFailedError as failure:
            return _failed(failure, state)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={})


def as_strings(value: Any) -> Any:
    """Return properties as a custom resource receives them: booleans and numbers as text."""
    match value:
        case dict():
            return {key: as_strings(item) for key, item in value.items() if item is not None}
        case list():
            return [as_strings(item) for item in value]
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return value


def _ask(
    request: ResourceRequest[Model], request_type: str, properties: Model, **more: Any
) -> Answer:
    """Send one request to the ServiceToken and wait for its answer.

    Raises RequestFailedError with AWS's reason: not sent, not answered in time, answered FAILED, or
    answered with something that is not an answer.
    """
    token = properties.get("ServiceToken")
    if not token:
        raise RequestFailedError("Missing required property ServiceToken")
    timeout_s = _timeout_s(properties)
    course = None if request_type == "Delete" else operations.under_way(request.stack_id)
    with mailbox(course) as box:
        event = {
            "RequestType": request_type,
            "ServiceToken": token,
            "ResponseURL": box.url,
            "StackId": request.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": request.logical_resource_id,
            "ResourceType": request.resource_type,
            "ResourceProperties": properties,
            **more,
        }
        _send(request, token, event)
        return read_answer(_wait(box, event, timeout_s), event)


def _timeout_s(properties: Model) -> int:
    given = properties.get("ServiceTimeout")
    if given is None:
        return DEFAULT_TIMEOUT_S
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= AWS_TIMEOUT_S:
        raise RequestFailedError(f"ServiceTimeout must be between 1 and {AWS_TIMEOUT_S}: {given}")
    return int(given)


def _send(request: ResourceRequest[Model], token: str, event: Model) -> None:
    clients, body = request.aws_client_factory, json.dumps(event)
    try:
        if ":sns:" in token:
            clients.sns.publish(
                TopicArn=token, Message=body, Subject="AWS CloudFormation custom resource request"
            )
        else:
            clients.lambda_.invoke(FunctionName=token, InvocationType="Event", Payload=body)
    except ClientError as error:
        raise RequestFailedError(error.response["Error"].get("Message") or str(error)) from error


def _wait(box: Mailbox, event: Model, timeout_s: int) -> bytes:
    try:
        return box.wait(timeout_s)
    except NoAnswerError as known:
        raise RequestFailedError(
            "CloudFormation did not receive a response from your Custom Resource. "
            f"Please check your logs for requestId [{event['RequestId']}]. If you are using the "
            "Python cfn-response module, you may need to update your Lambda function code so that "
            f"CloudFormation can attach the updated version. ({known})"
        ) from None


def read_answer(body: bytes, event: Model) -> Answer:
    """Read a response object as CloudFormation does.

    AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
    Raises RequestFailedError for status FAILED and for an object that breaks the rules there.
    """
    if len(body) > MAX_ANSWER_BYTES:
        raise RequestFailedError("Response object is too long.")
    try:
        response = json.loads(body)
    except ValueError:
        response = None
    if not isinstance(response, dict):
        raise RequestFailedError("Invalid Response object: it is not a JSON object")
    status = response.get("Status")
    if status not in ("SUCCESS", "FAILED"):
        raise RequestFailedError(
            f"Invalid Response object: '{status}' is not a valid ResponseStatus"
        )
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if response.get(name) != event[name]:
            raise RequestFailedError(f"Invalid Response object: {name} differs from the request's")
    physical_id = response.get("PhysicalResourceId")
    if (
        not isinstance(physical_id, str)
        or not physical_id
        or len(physical_id.encode()) > MAX_PHYSICAL_ID_BYTES
    ):
        raise RequestFailedError("Invalid PhysicalResourceId")
    if status == "FAILED":
        raise RequestFailedError(
            "Received response status [FAILED] from custom resource. "
            f"Message returned: {response.get('Reason')} (RequestId: {event['RequestId']})",
            physical_id,
        )
    data = response.get("Data") or {}
    if not isinstance(data, dict):
        raise RequestFailedError("Invalid Response object: Data is not a JSON object")
    return Answer(physical_id, as_strings(data))


def _clean_up(request: ResourceRequest[Model], physical_id: str, properties: Model) -> None:
    """Send a Delete whose failure cannot change the outcome, as in AWS's rollback and cleanup."""
    try:
        _ask(request, "Delete", properties, PhysicalResourceId=physical_id)
    except RequestFailedError as failure:
        LOG.warning("Delete of custom resource %s failed: %s", physical_id, failure)


def _generated_id(request: ResourceRequest[Model]) -> str:
    """Make the id that CloudFormation gives a resource which never reported its own."""
    alphabet = string.ascii_uppercase + string.digits
    suffix = "".join(secrets.choice(alphabet) for _ in range(12))
    return f"{request.stack_name}-{request.logical_resource_id}-{suffix}"


def _succeeded(answer: Answer, properties: Model) -> ProgressEvent[Model]:
    model = {**answer.data, _PHYSICAL_ID: answer.physical_id, _PROPERTIES: properties}
    return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def _failed(failure: RequestFailedError, state: Model) -> ProgressEvent[Model]:
    return ProgressEvent(OperationStatus.FAILED, resource_model=state, message=str(failure))
