"""Addresses of APIs in a template, as text or with AWS::URLSuffix: they lead to the emulator."""

import re
from collections.abc import Callable

from localstack import config
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
)
from localstack.utils.patch import patch

# LocalStack's engine looks for the same.
_API = re.compile(r"https?://([^./]+)\.execute-api\.[a-z0-9-]+\.[^/:]+(?::\d+)?(?:/(.*))?")


def install() -> None:
    """Replace them by paths of the emulator, which need no DNS (addresses.py)."""

    @patch(ChangeSetModelPreproc._perform_static_replacements)
    def replace(_replace: Callable[[str], str], _engine: object, value: str) -> str:
        if (api := _API.fullmatch(value)) and value not in config.CFN_STRING_REPLACEMENT_DENY_LIST:
            identity, path = api.groups()
            return f"{config.external_service_url()}/_aws/execute-api/{identity}/{path or ''}"
        return value
