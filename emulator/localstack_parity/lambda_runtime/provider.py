"""The Lambda service with what LocalStack's lacks, as a subclass."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_ import provider
from localstack.services.lambda_.api_utils import FULL_FN_ARN_PATTERN
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.patch import patch

from localstack_parity.lambda_runtime import configurations, folders, function_urls, packages

LATEST = ":$LATEST"
_LOOK_EVERY_S = 0.02


class ParityLambdaProvider(LambdaProvider):
    """Lambda whose functions can be deleted whatever became of them, with AWS's words."""

    def __init__(self) -> None:
        super().__init__()
        _let_failed_versions_go()
        # CreateFunction waits until the function is active: 0.5 s for what takes 0.05.
        provider.poll_condition = partial(provider.poll_condition, interval=_LOOK_EVERY_S)
        function_urls.offer(self.router)
        packages.install()
        configurations.install()
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


def _let_failed_versions_go() -> None:
    """Let a function be deleted that could not be prepared, for which nothing has to be stopped."""

    @patch(LambdaService.stop_version)
    def stop_version(
        stop: Callable[[LambdaService, str], None], self: LambdaService, qualified_arn: str
    ) -> None:
        with suppress(ValueError):  # there is no version manager
            stop(self, qualified_arn)
