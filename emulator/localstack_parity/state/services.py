"""What LocalStack's services hold, and how each is notified of a change.

A service shows its containers to a visitor: LocalStack's stores, moto's backends, folders. Of those
in SERVICES everything is known to come back; any other that was used has none of it kept.
"""

import shutil
from collections.abc import Iterator
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from localstack.services.plugins import SERVICE_PLUGINS, Service
from localstack.services.stores import AccountRegionBundle
from localstack.state import AssetDirectory, StateLifecycleHook, StateVisitor
from moto.core.base_backend import BackendDict

# Used, and with nothing to be kept.
_STATELESS = frozenset({"ecr", "resourcegroupstaggingapi"})
SERVICES = (
    *("iam", "sts", "kms", "ssm", "secretsmanager", "s3", "logs", "cloudwatch", "sqs", "sns"),
    *("ses", "lambda", "cloudformation"),
)


class _Containers(StateVisitor):
    """Notes the containers that a service shows."""

    def __init__(self) -> None:
        self.stores: dict[str, Any] = {}
        self.folders: list[Path] = []

    @singledispatchmethod
    def visit(self, state_container: Any) -> None:
        """Note one. Raises TypeError for one that nothing is known of."""
        raise TypeError(f"What is a {type(state_container).__name__}?")

    @visit.register
    def _(self, state_container: AccountRegionBundle) -> None:
        self.stores[f"localstack.{state_container.service_name}"] = state_container

    @visit.register
    def _(self, state_container: BackendDict) -> None:
        self.stores[f"moto.{state_container.service_name}"] = state_container

    @visit.register
    def _(self, state_container: AssetDirectory) -> None:
        self.folders.append(Path(state_container.path))


def used() -> list[str]:
    """Return the services that were loaded because somebody called them."""
    return [name for name in SERVICE_PLUGINS.list_available() if SERVICE_PLUGINS.is_running(name)]


def unknown() -> list[str]:
    """Return the services that were used, and whose state cannot be kept."""
    found = [name for name in used() if name not in SERVICES and name not in _STATELESS]
    return [name for name in found if name != "events" or _has_events_rules()]


def load(names: list[str]) -> None:
    """Have services loaded, as their first request does."""
    for name in names:
        SERVICE_PLUGINS.require(name)


def provider(name: str) -> Any:
    """Return the provider of a service that was used; None of one that was not."""
    service = _service(name)
    return service._provider if service else None


def stores(names: list[str]) -> dict[str, Any]:
    """Return the stores and backends of services, by a name for each."""
    return _containers(names).stores


def tell(moment: str, names: list[str]) -> None:
    """Call a method of StateLifecycleHook of each service."""
    for name in names:
        service = _service(name)
        if service and isinstance(service.lifecycle_hook, StateLifecycleHook):
            getattr(service.lifecycle_hook, moment)()


def clear() -> None:
    """Drop what all services that were used hold."""
    names = used()
    tell("on_before_state_reset", names)
    shown = _containers(names)
    for bundle in shown.stores.values():
        if isinstance(bundle, AccountRegionBundle):
            bundle.reset()
    BackendDict.reset()  # of moto: all of them
    if events := provider("events"):
        _clear_events(events)
    for folder in shown.folders:
        for entry in folder.iterdir() if folder.is_dir() else ():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    tell("on_after_state_reset", names)


def content(container: Any) -> Any:
    """Return what a store or backend holds: by account, and what its accounts share."""
    accounts = {key: dict.__getitem__(container, key) for key in list(container)}
    return accounts, getattr(container, "_universal", None)


def put(name: str, held: Any) -> None:
    """Have a store or backend, which is empty, hold what the one of that name held."""
    current, (accounts, shared) = stores(used())[name], held
    for key, value in accounts.items():
        dict.__setitem__(current, key, value)
    if isinstance(current, AccountRegionBundle):
        current._universal = shared
    elif not any(current is one for one in BackendDict._instances):
        BackendDict._instances.append(current)  # those that moto resets


def _has_events_rules() -> bool:
    """Say whether EventBridge holds more than every account's bus, which SSM sends events to."""
    from localstack.services.events.models import events_stores

    return any(
        store.event_buses.keys() - {"default"}
        or any(bus.rules for bus in store.event_buses.values())
        or store.archives
        or store.replays
        or store.connections
        or store.api_destinations
        for _, _, store in events_stores.iter_stores()
    )


def _clear_events(events: Any) -> None:
    """Drop what EventBridge keeps beside its store: an object for each bus, rule and target."""
    from localstack.services.events.scheduler import JobScheduler

    JobScheduler.instance().jobs.clear()
    for name, value in vars(events).items():
        if name.endswith("_store") and isinstance(value, dict):
            value.clear()


def _containers(names: list[str]) -> _Containers:
    visitor = _Containers()
    for service in _services(names):
        service.accept_state_visitor(visitor)
    return visitor


def _services(names: list[str]) -> Iterator[Service]:
    for name in names:
        if service := _service(name):
            yield service


def _service(name: str) -> Service | None:
    if not SERVICE_PLUGINS.is_running(name):
        return None
    container = SERVICE_PLUGINS.get_service_container(name)
    return container.service if container else None
