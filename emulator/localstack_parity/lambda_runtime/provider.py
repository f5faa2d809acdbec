"""The Lambda service with what LocalStack's lacks, as a subclass."""

import logging
from dataclasses import replace
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import InvokeMode, ResourceNotFoundException
from localstack.services.lambda_ import api_utils, provider
from localstack.services.lambda_.api_utils import FULL_FN_ARN_PATTERN
from localstack.services.lambda_.invocation.lambda_models import Function
from localstack.services.lambda_.invocation.models import lambda_stores

from localstack_parity.authentication.gate import is_internal
from localstack_parity.lambda_runtime import (
    changes,
    configurations,
    folders,
    function_urls,
    packages,
    queue_events,
)
from localstack_parity.lambda_runtime.layer_listings import LayerListings

LATEST = ":$LATEST"


class ParityLambdaProvider(LayerListings):
    """Lambda whose functions can be deleted whatever became of them, with AWS's words."""

    lambda_service: changes.UnhurriedLambdaService

    def __init__(self) -> None:
        changes.install()
        super().__init__()
        function_urls.offer(self.router)
        packages.install()
        configurations.install()
        queue_events.install()
        # LocalStack warns at each function that logging configuration is "mocked"; ours is not.
        logging.getLogger(provider.__name__).addFilter(lambda it: " mocked " not in str(it.msg))

    def on_after_state_reset(self) -> None:
        """Begin again, without the packages that were unpacked."""
        super().on_after_state_reset()
        folders.remove_unpacked()

    def on_after_state_load(self) -> None:
        """Have every function as it was; LocalStack gives each but five seconds to be unpacked."""
        for _, _, store in lambda_stores.iter_stores():
            for function in store.functions.values():
                for version in function.versions.values():
                    for unpacked in (version.config, *version.config.layers):
                        unpacked.code.prepare_for_execution()
        super().on_after_state_load()

    def create_function(self, context: RequestContext, request: Any) -> Any:
        """Create a function, which is pending for a moment."""
        with changes.taking_time(context):
            return super().create_function(context, request)

    def update_function_code(self, context: RequestContext, request: Any) -> Any:
        """Update a function's code, which takes a moment."""
        self._refuse_while_changing(context, request["FunctionName"])
        with changes.taking_time(context):
            return super().update_function_code(context, request)

    def update_function_configuration(self, context: RequestContext, request: Any) -> Any:
        """Update a function's configuration, which takes a moment."""
        self._refuse_while_changing(context, request["FunctionName"])
        with changes.taking_time(context):
            return super().update_function_configuration(context, request)

    def publish_version(self, context: RequestContext, function_name: str, **request: Any) -> Any:
        """Publish a version of a function that is not being changed."""
        self._refuse_while_changing(context, function_name)
        return super().publish_version(context, function_name, **request)

    def tag_resource(self, context: RequestContext, resource: str, **request: Any) -> Any:
        """Tag a function that is not being changed, or something else."""
        if FULL_FN_ARN_PATTERN.fullmatch(resource):
            self._refuse_while_changing(context, resource)
        return super().tag_resource(context, resource, **request)

    def invoke(
        self,
        context: RequestContext,
        function_name: str,
        invocation_type: str | None = None,
        **request: Any,
    ) -> Any:
        """Invoke a function; services that send it an event, or look whether they may, try again
        while it is created.
        """
        if invocation_type in ("Event", "DryRun") and is_internal(context):
            function = _function(context, function_name)
            if function and changes.pending(function.latest()):
                self.lambda_service.await_settled(function, changes.pending)
        return super().invoke(context, function_name, invocation_type, **request)

    def create_function_url_config(
        self,
        context: RequestContext,
        function_name: str,
        auth_type: str,
        qualifier: str | None = None,
        **request: Any,
    ) -> Any:
        """Give a function a URL."""
        response = super().create_function_url_config(
            context, function_name, auth_type, qualifier=qualifier, **request
        )
        function = FULL_FN_ARN_PATTERN.search(response["FunctionArn"])
        configs = (
            lambda_stores[function["account_id"]][function["region_name"]]
            .functions[function["function_name"]]
            .function_url_configs
        )
        key = qualifier or function["qualifier"] or "$LATEST"
        url = function_urls.url(function["region_name"], configs[key].url_id)
        configs[key] = replace(configs[key], url=url)
        return {**response, "FunctionUrl": url}

    def get_function_url_config(
        self, context: RequestContext, function_name: str, **request: Any
    ) -> Any:
        """Return a function's URL, with the mode that is usual if none was asked for."""
        return _with_mode(super().get_function_url_config(context, function_name, **request))

    def list_function_url_configs(
        self, context: RequestContext, function_name: str, **request: Any
    ) -> Any:
        """List a function's URLs, with that mode."""
        listed = super().list_function_url_configs(context, function_name, **request)
        configs = [_with_mode(each) for each in listed["FunctionUrlConfigs"]]
        return {**listed, "FunctionUrlConfigs": configs}

    def delete_function_concurrency(
        self, context: RequestContext, function_name: str, **request: Any
    ) -> None:
        """Give back what was reserved for a function, which has to be there."""
        self.get_function_concurrency(context, function_name)
        super().delete_function_concurrency(context, function_name, **request)

    def get_policy(self, context: RequestContext, function_name: str, **request: Any) -> Any:
        """Return a function's policy; AWS says no more of a missing function than of the policy."""
        try:
            return super().get_policy(context, function_name, **request)
        except ResourceNotFoundException as missing:
            missing.message = "The resource you requested does not exist."
            raise

    def _refuse_while_changing(self, context: RequestContext, function_name: str) -> None:
        """Raise ResourceConflictException; a service that makes the change tries again instead."""
        if function := _function(context, function_name):
            if is_internal(context):
                self.lambda_service.await_settled(function, changes.changing)
            changes.refuse_while_changing(function.latest())


def _with_mode(answer: Any) -> Any:
    return {**answer, "InvokeMode": answer.get("InvokeMode") or InvokeMode.BUFFERED}


def _function(context: RequestContext, name: str) -> Function | None:
    """Return the function that a name or an ARN is of, if there is one."""
    account, region = api_utils.get_account_and_region(name, context)
    name, _ = api_utils.get_name_and_qualifier(name, None, context)
    return lambda_stores[account][region].functions.get(name)
