"""The Lambda service with what LocalStack's lacks, as a subclass."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.lambda_ import ResourceNotFoundException
from localstack.services.lambda_ import provider
from localstack.services.lambda_.invocation.lambda_service import LambdaService
from localstack.services.lambda_.provider import LambdaProvider
from localstack.utils.patch import patch

LATEST = ":$LATEST"


class ParityLambdaProvider(LambdaProvider):
    """Lambda whose functions can be deleted whatever became of them, with AWS's words."""

    def __init__(self) -> None:
        super().__init__()
        _let_failed_versions_go()
        # LocalStack warns at each function that logging configuration is "mocked"; ours is not.
        logging.getLogger(provider.__name__).addFilter(lambda it: " mocked " not in str(it.msg))

    def invoke(
        self,
        context: RequestContext,
        function_name: str,
        qualifier: str | None = None,
        **request: Any,
    ) -> Any:
        """Invoke a function; an unknown one is named as it was asked for."""
        try:
            return super().invoke(context, function_name, qualifier=qualifier, **request)
        except ResourceNotFoundException as missing:
            if not qualifier and not function_name.endswith(LATEST):
                missing.message = missing.message.removesuffix(LATEST)
            raise


def _let_failed_versions_go() -> None:
    """Let a function be deleted that could not be prepared, for which nothing has to be stopped."""

    @patch(LambdaService.stop_version)
    def stop_version(
        stop: Callable[[LambdaService, str], None], self: LambdaService, qualified_arn: str
    ) -> None:
        with suppress(ValueError):  # there is no version manager
            stop(self, qualified_arn)
