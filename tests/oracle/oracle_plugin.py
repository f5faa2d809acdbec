"""A pytest plugin for LocalStack's tests: they use a running endpoint, and each leaves a record.

Loaded in an environment that has LocalStack and not this project, so it imports nothing of it.
ORACLE_PORT is the port of the endpoint, ORACLE_RECORDS the file that gets a JSON line for each
test: its name, its outcome, and whether the answers equal AWS's with every allowed difference
compared, too ("strict": passed, failed, or null for a test without recorded answers).
"""

import copy
import json
import os
import socket
from collections.abc import Generator
from typing import Any

import pytest

_DOMAIN = "localhost.localstack.cloud"
_strict: dict[int, str] = {}


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Lead LocalStack's clients to the endpoint, and compare recorded answers a second time."""
    from localstack import config
    from localstack_snapshot.snapshots.prototype import SnapshotSession

    port = int(os.environ["ORACLE_PORT"])
    config.GATEWAY_LISTEN = config.UniqueHostAndPortList([config.HostAndPort("127.0.0.1", port)])
    config.LOCALSTACK_HOST = config.HostAndPort(_DOMAIN, port)
    _resolve_without_dns()
    compare = SnapshotSession._assert_all

    def compare_twice(
        self: Any, verify_test_case: bool = True, skip_verification_paths: Any = None
    ) -> Any:
        if self.observed_state and self.recorded_state and self.verify:
            _strict[id(self)] = _without_allowances(self, compare)
        return compare(self, verify_test_case, skip_verification_paths)

    SnapshotSession._assert_all = compare_twice


def _resolve_without_dns() -> None:
    """LocalStack's domain is this machine, where there is no name server too."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *args: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        ours = isinstance(name, str) and (name == _DOMAIN or name.endswith(f".{_DOMAIN}"))
        return resolve("127.0.0.1" if ours else host, *args, **more)

    socket.getaddrinfo = resolved


def _without_allowances(session: Any, compare: Any) -> str:
    other = copy.copy(session)
    try:
        other.observed_state = copy.deepcopy(session.observed_state)
        other.recorded_state = copy.deepcopy(session.recorded_state)
        other.called_keys = set(session.called_keys)
        compare(other, True, [])
    except Exception:
        return "failed"
    return "passed"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that were validated on AWS and need nothing of the emulator's process."""
    kept = [
        item
        for item in items
        if item.get_closest_marker("aws_validated")
        and not item.get_closest_marker("requires_in_process")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Generator[None, Any, Any]:
    """Note how each phase of a test went; write the record after the last one."""
    report: Any = yield
    outcomes: list[str] = item.stash.setdefault(_OUTCOMES, [])
    outcomes.append(report.outcome)
    if report.failed:
        item.stash[_REASON] = str(call.excinfo.value)[:2000] if call.excinfo else ""
    if call.when == "call":
        item.stash[_SNAPSHOT] = id(getattr(item, "funcargs", {}).get("snapshot"))
    if call.when == "teardown":
        worst = next((one for one in ("failed", "skipped") if one in outcomes), "passed")
        record = {
            "test": item.nodeid,
            "outcome": worst,
            "reason": item.stash.get(_REASON, ""),
            "allows": any(item.iter_markers(name="skip_snapshot_verify")),
            "strict": _strict.get(item.stash.get(_SNAPSHOT, 0)),
        }
        with open(os.environ["ORACLE_RECORDS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    return report


_OUTCOMES = pytest.StashKey[list[str]]()
_REASON = pytest.StashKey[str]()
_SNAPSHOT = pytest.StashKey[int]()
