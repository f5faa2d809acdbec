"""What a call of AWS's API is about, as far as a rule can ask: who calls what on which resource."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import UnknownServiceError
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.spec import load_service

from iam_policies.evaluation import Callers
from localstack_parity.iam import callers

# Which parameter names the resource: the first of these that a call has.
_RESOURCES = (
    *("Bucket", "TopicArn", "TargetArn", "QueueUrl", "QueueName", "FunctionName"),
    *("logGroupName", "AlarmName", "RoleName", "StackName", "Name"),
)
_MESSAGES = ("Message", "MessageBody")


@dataclass(frozen=True)
class Call:
    """A call. `outside` is False if a service of the emulator makes it.

    `callers` are the ARNs of who calls and, of each, the last part: of a function's call the names
    of its role and of its session. `resource` is the name of the bucket, topic, queue, function or
    so. `key` is the object key; of a message, that which its JSON has as "key".
    """

    service: str
    operation: str
    region: str
    outside: bool
    callers: tuple[str, ...]
    resource: str
    key: str

    @property
    def identity(self) -> str:
        """What is the same in every run with the same input."""
        return f"{self.service}:{self.operation} {self.resource}/{self.key}"

    def described(self) -> dict[str, str]:
        """The call, for the journal."""
        return {
            "service": self.service,
            "operation": self.operation,
            "resource": self.resource,
            "key": self.key,
            "caller": self.callers[0] if self.callers else "",
        }


def read(context: RequestContext) -> Call | None:
    """What a request is about; None for what is no call of AWS's API, or housekeeping."""
    if not context.service or not context.operation:
        return None
    names = _callers(context)
    if context.is_internal_call and not names:
        return None
    parameters: Any = context.service_request or {}
    return Call(
        context.service.service_name,
        context.operation.name,
        context.region,
        not context.is_internal_call,
        names,
        _resource(parameters),
        _key(parameters),
    )


def check_exists(service: str | None, operation: str | None) -> None:
    """Raise ValueError for a misspelt name, which would strike nothing and tell nobody."""
    if service is None:
        return
    try:
        known = load_service(service).operation_names
    except UnknownServiceError:
        raise ValueError(f"there is no service {service!r}; names are as in boto3.") from None
    if operation is not None and operation not in known:
        raise ValueError(f"{service} has no operation {operation!r}; names are as in AWS's API.")


def _callers(context: RequestContext) -> tuple[str, ...]:
    """The names of who calls. Of calls from inside only services have any.

    LocalStack writes a function's log with the function's role: that is no call of the function.
    """
    try:
        caller = callers.caller_of(context)
    except CommonServiceException:  # a key that nobody has, where no policies are asked
        return ()
    if caller is None or (context.is_internal_call and caller.kind is not Callers.SERVICE):
        return ()
    return tuple(dict.fromkeys(part for name in caller.names for part in (name, _last(name))))


def _resource(parameters: dict[str, Any]) -> str:
    value = next((str(parameters[name]) for name in _RESOURCES if parameters.get(name)), "")
    return _last(urlsplit(value).path if "://" in value else value)


def _last(name: str) -> str:
    """The last part of an ARN, a URL or a path."""
    return name.rsplit(":", 1)[-1].rsplit("/", 1)[-1]


def _key(parameters: dict[str, Any]) -> str:
    if key := parameters.get("Key"):
        return str(key)
    message = next((parameters[name] for name in _MESSAGES if parameters.get(name)), None)
    if not isinstance(message, str) or '"key"' not in message:
        return ""
    try:
        return _find_key(json.loads(message))
    except (ValueError, RecursionError):
        return ""


def _find_key(value: Any) -> str:
    """The first member called "key" with text in it, at any depth."""
    if isinstance(value, dict):
        if isinstance(key := value.get("key"), str):
            return key
        value = list(value.values())
    if isinstance(value, list):
        return next((key for one in value if (key := _find_key(one))), "")
    return ""
