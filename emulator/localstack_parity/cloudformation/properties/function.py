"""AWS::Lambda::Function: every property applies, and is as it was without it once it is gone.

AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
"""

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.lambda_.resource_providers.aws_lambda_function import (
    LambdaFunctionProvider,
)

from localstack_parity.cloudformation.properties.models import (
    Model,
    as_text,
    tag_changes,
    undone_on_error,
)
from localstack_parity.lambda_runtime.guard import check_features

_RESERVED = "ReservedConcurrentExecutions"


# What a property is without the template saying so, for one that the template had before.
# AWS: Lambda API reference, CreateFunction.
_DEFAULTS: Model = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


class Provider(LambdaFunctionProvider):
    """Functions that are what their template says."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Create the function, then set what CreateFunction does not take."""
        check_features(request.desired_state)
        request.desired_state = _with_texts(request.desired_state)
        event = super().create(request)
        functions = request.aws_client_factory.lambda_
        name = event.resource_model["FunctionName"]
        with undone_on_error(lambda: functions.delete_function(FunctionName=name)):
            _set_storage(request, {}, event.resource_model)
            return _reserve(request, event)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Update what has changed: code and configuration, storage, tags, reserved concurrency."""
        check_features(request.desired_state)
        before, wanted = request.previous_state or {}, _with_texts(request.desired_state)
        name = before["FunctionName"]
        log_group = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
        gone = {
            key: default
            for key, default in {**_DEFAULTS, "LoggingConfig": log_group}.items()
            if key in before and key not in wanted
        }
        request.desired_state = {**gone, **wanted}
        event = self._update(request, before)
        if _RESERVED not in request.desired_state:
            event.resource_model.pop(_RESERVED, None)
        if "Tags" not in request.desired_state:
            event.resource_model.pop("Tags", None)
        _set_storage(request, before, event.resource_model)
        _tag(request, before, event.resource_model)
        return _reserve(request, event)

    def _update(self, request: ResourceRequest[Model], before: Model) -> ProgressEvent[Model]:
        """Update code and configuration, as far as they differ from what they were.

        The package of code that stays need not be there any more.
        """
        wanted = request.desired_state
        model = {**before, **wanted}
        changed = {name for name in wanted if wanted[name] != before.get(name)}
        if changed <= {_RESERVED, "Tags", "EphemeralStorage"}:
            return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)
        if not changed & {"Code", "Architectures"}:
            request.desired_state = {name: wanted[name] for name in wanted if name != "Code"}
        event = super().update(request)
        event.resource_model = model
        request.desired_state = wanted
        return event


def _with_texts(model: Model) -> Model:
    """Return the properties with environment variables as texts: true, not True."""
    if "Environment" not in model:
        return model
    variables = model["Environment"].get("Variables") or {}
    texts = {name: as_text(value) for name, value in variables.items()}
    return {**model, "Environment": {**model["Environment"], "Variables": texts}}


def _set_storage(request: ResourceRequest[Model], before: Model, model: Model) -> None:
    usual = _DEFAULTS["EphemeralStorage"]
    wanted: Model = model.get("EphemeralStorage") or usual
    if wanted != before.get("EphemeralStorage", usual):
        functions, name = request.aws_client_factory.lambda_, model["FunctionName"]
        functions.update_function_configuration(
            FunctionName=name, EphemeralStorage={"Size": int(wanted["Size"])}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)


def _tag(request: ResourceRequest[Model], before: Model, model: Model) -> None:
    functions, arn = request.aws_client_factory.lambda_, model["Arn"]
    added, gone = tag_changes(before, model)
    if added:
        functions.tag_resource(Resource=arn, Tags={tag["Key"]: tag["Value"] for tag in added})
    if gone:
        functions.untag_resource(Resource=arn, TagKeys=gone)


def _reserve(request: ResourceRequest[Model], event: ProgressEvent[Model]) -> ProgressEvent[Model]:
    if event.status is not OperationStatus.SUCCESS:
        return event
    functions, name = request.aws_client_factory.lambda_, event.resource_model["FunctionName"]
    reserved = event.resource_model.get(_RESERVED)
    if reserved is not None:
        functions.put_function_concurrency(
            FunctionName=name, ReservedConcurrentExecutions=int(reserved)
        )
    elif (request.previous_state or {}).get(_RESERVED) is not None:
        functions.delete_function_concurrency(FunctionName=name)
    return event
