"""Modules that LocalStack imports early and needs late, or never: loaded when they are used.

Each of these takes 0.1 s or more: of EC2's 2,000 types CloudFormation's engine names two, SAM's
translator has a model of every property that it knows, openapi_core is for a check that is off, and
SNS's certificate is an RSA key that is made while the module is imported.
"""

import os
import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import Any

_NEEDED_LATE = {
    "localstack.aws.api.ec2": ("AvailabilityZoneList", "DescribeAvailabilityZonesResult"),
    "localstack.services.sns.certificate": ("SNS_SERVER_CERT", "SNS_SERVER_PRIVATE_KEY"),
    "samtranslator.translator.managed_policy_translator": ("ManagedPolicyLoader",),
    "samtranslator.translator.transform": ("transform",),
}
_OF_A_CHECK = {
    "openapi_core": ("OpenAPI",),
    "openapi_core.contrib.werkzeug": ("WerkzeugOpenAPIRequest", "WerkzeugOpenAPIResponse"),
    "openapi_core.exceptions": ("OpenAPIError",),
    "openapi_core.validation.request.exceptions": ("RequestValidationError",),
    "openapi_core.validation.response.exceptions": ("ResponseValidationError",),
}
_CHECKED = ("OPENAPI_VALIDATE_REQUEST", "OPENAPI_VALIDATE_RESPONSE")  # LocalStack's settings
_loading = threading.RLock()


class _Later:
    """One name of a module, for those who import it; whatever is done with it loads the module."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _loaded(self) -> Any:
        with _loading:
            if isinstance(sys.modules.get(self._module), _StandIn):
                del sys.modules[self._module]
            module = import_module(self._module)
        return getattr(module, self._name)

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        return self._loaded()(*arguments, **more)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._loaded(), attribute)

    def __or__(self, other: Any) -> Any:  # as in an annotation
        return self._loaded() | other

    def __str__(self) -> str:
        return str(self._loaded())


class _StandIn(ModuleType):
    """Stands for a module until that is loaded. Any other name than those it has loads it, too."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Later(self.__name__, name)._loaded()


def install() -> None:
    """Have stand-ins for these modules. To be called before LocalStack is imported."""
    checks = any(os.environ.get(name, "0").lower() not in ("0", "false", "") for name in _CHECKED)
    for module, names in (_NEEDED_LATE if checks else _NEEDED_LATE | _OF_A_CHECK).items():
        stand_in = _StandIn(module)
        for name in names:
            setattr(stand_in, name, _Later(module, name))
        sys.modules[module] = stand_in
