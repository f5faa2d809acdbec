"""Puts our resource providers in the place of LocalStack's for the types it gets wrong.

Called once at the start, through ``plugins``. Registering a type a second time would leave to
chance which provider wins, so LocalStack's own plugin is told another class after it has loaded.
"""

from importlib import import_module
from typing import Any

from localstack.services.cloudformation import resource_provider
from plux import Plugin, PluginLifecycleListener, PluginSpec

# Resource type to module and class; loaded when the type is first used.
PROVIDERS = {
    "AWS::Logs::LogGroup": ("localstack_parity.cloudformation.log_group", "LogGroupProvider"),
}


class _Corrector(PluginLifecycleListener):
    def on_load_after(
        self, plugin_spec: PluginSpec, plugin: Plugin, load_result: Any | None = None
    ) -> None:
        if plugin_spec.name in PROVIDERS:
            module, name = PROVIDERS[plugin_spec.name]
            plugin.factory = getattr(import_module(module), name)


def install() -> None:
    """From now on the types in PROVIDERS are handled by our classes."""
    resource_provider.plugin_manager.add_listener(_Corrector())
