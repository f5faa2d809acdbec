"""Nothing is accepted in silence: a value that AWS refuses is refused, whatever would become of it.

LocalStack's parsers look at the names and types of a request's members, and its providers at some
of their values. Here all others are looked at, in one place, before the provider has the request:
by the constraints of the service's model (constraints.py), where the service enforces its own
model, and by a table of the service for what its model does not hold.

A value of an enum that is newer than the model is refused too: what is not known cannot be
emulated. Services that are not named here are LocalStack's own.

The codes are those that AWS answered to LocalStack's tests: `Value … failed to satisfy constraint`
in the `*.snapshot.json` of https://github.com/localstack/localstack.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.spec import load_service
from localstack.http import Response

from localstack_parity import constraints
from localstack_parity.bad_requests import error_of

type Check = Callable[[Mapping[str, Any], RequestContext], None]

# What a service calls a request that breaks its model. S3 and SQS have words of their own.
_CODES = {
    "cloudformation": "ValidationError",
    "cloudwatch": "ValidationError",
    "events": "ValidationException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "lambda": "ValidationException",
    "logs": "InvalidParameterException",
    "sns": "ValidationError",
    "sts": "ValidationError",
}

# What it is called in JSON and CBOR, by a service that had XML before. Recorded:
# cloudwatch/test_cloudwatch.py, TestCloudwatch::test_set_alarm_invalid_input.
_JSON_NAMES = {"cloudwatch": "ValidationException"}

# Where an operation calls it otherwise than its service. Recorded: logs/test_logs_delivery.py,
# TestDeliveryDestinations::test_put_delivery_destination_invalid_format.
_OWN_CODES = {("logs", "PutDeliveryDestination"): "ValidationException"}

# Requests that are refused in other words than those of a broken model: by the service's table.
_OWN_WORDS = {("cloudwatch", "PutMetricData")}

# Members of a request that are refused in other words: by LocalStack, in AWS's.
_OWN_MEMBERS = {
    ("lambda", "CreateFunction"): ("Runtime",),
    ("lambda", "ListLayers"): ("CompatibleRuntime", "CompatibleArchitecture"),
    ("lambda", "PublishLayerVersion"): ("CompatibleRuntimes", "CompatibleArchitectures"),
    ("lambda", "UpdateFunctionConfiguration"): ("Runtime",),
}

# Services with a table: CHECKS in their ranges.py, `*` for all operations. It is loaded when they
# are first called.
_TABLES = ("apigateway", "cloudwatch", "logs", "s3", "sns", "sqs")


def enforce(_chain: HandlerChain, context: RequestContext, _response: Response) -> None:
    """Refuse a request with a value that AWS does not take."""
    if context.service and context.operation:
        for check in _checks(context.service.service_name, context.operation.name):
            check(context.service_request or {}, context)


@cache
def _checks(service: str, operation: str) -> tuple[Check, ...]:
    """Return what an operation's requests have to pass."""
    enforced = service in _CODES and (service, operation) not in _OWN_WORDS
    by_model = _model_check(service, operation) if enforced else None
    table = _table(service)
    return tuple(check for check in (table.get("*"), by_model, table.get(operation)) if check)


def _table(service: str) -> Mapping[str, Check]:
    if service not in _TABLES:
        return {}
    table: Mapping[str, Check] = import_module(f"localstack_parity.{service}.ranges").CHECKS
    return table


def _model_check(service: str, operation: str) -> Check | None:
    shape = load_service(service).operation_model(operation).input_shape
    violations_of = constraints.compile_input(shape, _OWN_MEMBERS.get((service, operation), ()))
    if violations_of is None:
        return None
    code = _OWN_CODES.get((service, operation), _CODES[service])

    def check(request: Mapping[str, Any], _context: RequestContext) -> None:
        if violations := violations_of(request):
            message = constraints.message(violations)
            said = _without_values(message) if service == "iam" else message
            raise error_of(code, said, json_name=_JSON_NAMES.get(service, ""))

    return check


def _without_values(message: str) -> str:
    """Leave out a value and what an enum holds: IAM shows neither.

    Recorded in LocalStack's tests at v4.14.0, iam/test_iam.py::TestIAMServiceSpecificCredentials.
    """
    hidden = re.sub(r"Value '.*?' at '", "Value at '", message, flags=re.DOTALL)
    return re.sub(r"enum value set: \[[^]]*\]", "enum value set", hidden)
