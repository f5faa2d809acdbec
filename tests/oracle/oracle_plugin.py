"""A pytest plugin for LocalStack's tests: they use a running endpoint, and each leaves a record.

Loaded in an environment that has LocalStack and not this project, so it imports nothing of it.
ORACLE_PORT is the port of the endpoint. JSON files name what is not run, and why: ORACLE_LEFT_OUT
tests that need what is not here, ORACLE_SUPERSEDED those whose answers AWS documents otherwise by
now. So does ORACLE_OVERTAKEN keys of answers that are not compared. The file ORACLE_RECORDS gets a
JSON line for each test: its name, its outcome, whether the answers equal AWS's with every
difference that the test allows compared, too ("strict": passed, failed, or null for a test without
recorded answers), where they differ then, and whether in a key that is overtaken.
"""

import copy
import io
import json
import os
import socket
from collections.abc import Generator
from typing import Any

import pytest

_DOMAIN = "localhost.localstack.cloud"
_USUAL_PORT = "4566"
_LONGEST_VALUE = 120
_differences: dict[int, list[str]] = {}


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Lead LocalStack's clients to the endpoint, and compare recorded answers a second time."""
    from localstack import config
    from localstack_snapshot.snapshots.prototype import SnapshotSession

    port = int(os.environ["ORACLE_PORT"])
    config.GATEWAY_LISTEN = config.UniqueHostAndPortList([config.HostAndPort("127.0.0.1", port)])
    config.LOCALSTACK_HOST = config.HostAndPort(_DOMAIN, port)
    _resolve_without_dns()
    overtaken = [f"$..{key}" for key in _read("ORACLE_OVERTAKEN")]
    compare = SnapshotSession._assert_all

    def compare_twice(
        self: Any, verify_test_case: bool = True, skip_verification_paths: Any = None
    ) -> Any:
        if self.observed_state and self.recorded_state and self.verify:
            _differences[id(self)] = _without_allowances(self, compare)
        allowed = list(skip_verification_paths or [])
        if verify_test_case or allowed:  # else nothing is compared
            allowed += overtaken
        try:
            return compare(self, verify_test_case, allowed)
        except AssertionError as error:
            error.args = ("; ".join(_places(error)) or str(error),)
            raise

    SnapshotSession._assert_all = compare_twice


def _resolve_without_dns() -> None:
    """LocalStack's domain is this machine, and so is localhost with all names below it.

    A function of the tests names LocalStack's usual port, whatever the endpoint's is.
    """
    resolve = socket.getaddrinfo

    def resolved(host: Any, port: Any = None, *args: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and f".{name}".endswith((f".{_DOMAIN}", ".localhost")):
            host = "127.0.0.1"
            port = os.environ["ORACLE_PORT"] if str(port) == _USUAL_PORT else port
        return resolve(host, port, *args, **more)

    socket.getaddrinfo = resolved


def _without_allowances(session: Any, compare: Any) -> list[str]:
    """Return where the answers differ from AWS's if every difference counts."""
    other = copy.copy(session)
    read_streams(session.observed_state)
    try:
        other.observed_state = copy.deepcopy(session.observed_state)
        other.recorded_state = copy.deepcopy(session.recorded_state)
        other.called_keys = set(session.called_keys)
        compare(other, True, [])
    except Exception as error:
        return _places(error) or [str(error)]
    return []


def read_streams(answers: dict[str, Any]) -> None:
    """Put the text in place of each stream, which can be read but once; nothing else changes.

    The comparison parses JSON in texts, one level each time that it is called; so this must not.
    """
    for key, value in answers.items():
        if isinstance(value, io.IOBase):
            answers[key] = value.read().decode()
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                read_streams(inner)


def _places(error: Exception) -> list[str]:
    """Return where recorded and observed answers differ, with both."""
    return [
        f"{result.key}{change.path()[4:]}: {_short(change.t1)} → {_short(change.t2)}"
        for result in getattr(error, "result", [])
        for changes in result.result.tree.values()
        for change in changes
    ]


def _read(variable: str) -> dict[str, str]:
    with open(os.environ[variable], encoding="utf-8") as file:
        read: dict[str, str] = json.load(file)
    return read


def _short(value: Any) -> str:
    return repr(value)[:_LONGEST_VALUE]


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
    for outcome, variable in (
        ("left out", "ORACLE_LEFT_OUT"),
        ("superseded", "ORACLE_SUPERSEDED"),
    ):
        for one, why in _read(variable).items():
            for item in kept:
                name = item.nodeid.removeprefix("tests/aws/services/")
                if name.endswith(one) or name.startswith((f"{one}[", f"{one}::")):
                    item.stash[_NOT_RUN], item.stash[_REASON] = outcome, why
                    item.add_marker(pytest.mark.skip(reason=why))


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
        found = _differences.get(item.stash.get(_SNAPSHOT, 0))
        keys = tuple(f"['{key}']" for key in _read("ORACLE_OVERTAKEN"))
        differences = [one for one in found or [] if not one.partition(": ")[0].endswith(keys)]
        record = {
            "test": item.nodeid,
            "outcome": item.stash.get(_NOT_RUN, worst),
            "reason": item.stash.get(_REASON, ""),
            "allows": any(item.iter_markers(name="skip_snapshot_verify")),
            "strict": None if found is None else "failed" if differences else "passed",
            "differences": differences,
            "overtaken": len(found or []) > len(differences),
        }
        with open(os.environ["ORACLE_RECORDS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")
    return report


_OUTCOMES = pytest.StashKey[list[str]]()
_REASON = pytest.StashKey[str]()
_SNAPSHOT = pytest.StashKey[int]()
_NOT_RUN = pytest.StashKey[str]()
