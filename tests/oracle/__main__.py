"""Runs a slice of LocalStack's tests that were validated on AWS against this emulator.

With --plain also against LocalStack without the plugin, to tell what fails here alone.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from harness.polling import wait_until
from harness.settings import ROOT
from harness.targets.emulator import EmulatorConfig, answers, start
from harness.targets.ports import choose_port

_SERVICES = "tests/aws/services"
# By the services of a pipeline; any other path below tests/aws/services is a slice, too.
SLICES: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3",),
    "sns": ("sns",),
    "sqs": ("sqs/test_sqs.py", "sqs/test_sqs_move_task.py"),
    "cloudwatch": ("cloudwatch",),
    "logs": ("logs",),
    "iam": ("iam/test_iam.py", "sts"),
    "cloudformation": ("cloudformation/api", "cloudformation/engine"),
    "lambda": ("lambda_/test_lambda_api.py",),
}
_SECONDS_A_TEST = 75

type Records = dict[str, dict[str, Any]]


@click.command()
@click.argument("slice_", metavar="SLICE")
@click.option(
    "--tests",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with tests/ and pyproject.toml of LocalStack's repository at v4.14.0.",
)
@click.option(
    "--python",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The Python of an environment with localstack-core[test]==4.14.0.",
)
@click.option("--plain", is_flag=True, help="Run LocalStack without the plugin as well.")
def main(slice_: str, tests: Path, python: Path, *, plain: bool) -> None:
    """Run SLICE (a service, or a path below tests/aws/services); exit code 1 if a test fails.

    With --plain, only if one fails here that passes there.
    """
    paths = [f"{_SERVICES}/{path}" for path in SLICES.get(slice_, (slice_,))]
    if missing := [path for path in paths if not (tests / path.partition("::")[0]).exists()]:
        known = ", ".join(SLICES)
        raise click.UsageError(f"There is no {missing[0]} in {tests}. By name there are {known}.")
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        here = _run(Path(folder) / "here", paths, tests, python, plain=False)
        other = _run(Path(folder) / "plain", paths, tests, python, plain=True) if plain else {}
    click.echo("\n".join(_compared(here, other)))
    failed = {test for test, record in here.items() if record["outcome"] == "failed"}
    passed_there = {test for test, record in other.items() if record["outcome"] == "passed"}
    sys.exit(1 if (failed & passed_there if plain else failed) or not here else 0)


def _compared(here: Records, plain: Records) -> Iterator[str]:
    """Yield what failed, and counts: how it came out, and strictly."""
    for test, record in here.items():
        there = plain.get(test, {}).get("outcome")
        if record["outcome"] == "failed" or there == "failed":
            note = f" (plain LocalStack: {there})" if there else ""
            yield f"{record['outcome']:<7} {test}{note}"
            if record["reason"]:
                yield f"        {record['reason'].splitlines()[0][:200]}"
    for name, records in (("here", here), ("plain LocalStack", plain)):
        if records:
            counted = Counter(record["outcome"] for record in records.values())
            allowed = [record for record in records.values() if record["allows"]]
            strict = sum(record["strict"] == "passed" for record in allowed)
            yield (
                f"{name}: {len(records)} tests, {counted['passed']} passed, "
                f"{counted['failed']} failed, {counted['skipped']} skipped; with the differences "
                f"that tests allow compared, too, {strict} of {len(allowed)} hold"
            )


def _run(folder: Path, paths: list[str], tests: Path, python: Path, *, plain: bool) -> Records:
    """Start what is to be tested, run the tests, and return a record of each."""
    (folder / "home").mkdir(parents=True)
    records = folder / "records.jsonl"
    with _plain(folder, python) if plain else _ours(folder) as port:
        environment = {
            "PATH": os.defpath,
            "HOME": str(folder / "home"),
            "TZ": "UTC",
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ORACLE_PORT": str(port),
            "ORACLE_RECORDS": str(records),
            "TEST_SKIP_LOCALSTACK_START": "1",
            "SECONDARY_TEST_AWS_SECRET_ACCESS_KEY": "test",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            "DNS_ADDRESS": "0",
        }
        command = [
            *(str(python.absolute()), "-m", "pytest", "-p", "oracle_plugin"),
            *("-p", "no:cacheprovider", "-q", "--no-header", "--tb=no", "--show-capture=no"),
            *(f"--timeout={_SECONDS_A_TEST}", "--timeout-method=signal", *paths),
        ]
        subprocess.run(command, cwd=tests, env=environment, stdout=sys.stderr, check=False)
    lines = records.read_text().splitlines() if records.exists() else []
    return {record["test"]: record for record in map(json.loads, lines)}


@contextmanager
def _ours(folder: Path) -> Iterator[int]:
    config = EmulatorConfig(state_dir=folder / "state", port=0, installation=ROOT / ".tapstack")
    with start(config, background=False) as running:
        yield running.port


@contextmanager
def _plain(folder: Path, python: Path) -> Iterator[int]:
    port = choose_port(0)
    environment = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(folder / "home"),
        "CONFIG_DIR": str(folder / "home"),
        "FILESYSTEM_ROOT": str(folder / "filesystem"),
        "LOCALSTACK_VOLUME_DIR": str(folder / "volume"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "OVERRIDE_IN_DOCKER": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "LS_LOG": "error",
    }
    command = [str(python.absolute()), "-I", "-m", "localstack.runtime.main"]
    process = subprocess.Popen(
        command, env=environment, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        wait_until(
            lambda: answers(port) or process.poll() is not None,
            until=bool,
            deadline_s=120,
            interval_s=0.3,
            describe="plain LocalStack to answer",
        )
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    main()
