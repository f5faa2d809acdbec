"""Runs a slice of LocalStack's tests that were validated on AWS against this emulator.

With --plain also against LocalStack without the plugin, to tell what fails here alone.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from harness.polling import wait_until
from harness.settings import ROOT
from harness.targets.emulator import EmulatorConfig, answers, start
from harness.targets.ports import choose_port
from tests.oracle.outcomes import Records, by_frequency, compared, read_records
from tests.oracle.slices import SLICES, exceptions, paths_of

_SECONDS_A_TEST = 300  # two retries of an invocation come after one and two minutes


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
@click.option(
    "--plain",
    type=click.Choice(["all", "failed"]),
    help="Run LocalStack without the plugin as well: all tests, or those that failed here.",
)
@click.option("--differences", is_flag=True, help="Print where answers differ, and how often.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="A folder that gets one named after the slice, with a record of each test as JSON.",
)
def main(
    slice_: str,
    tests: Path,
    python: Path,
    *,
    plain: str | None,
    differences: bool,
    keep: Path | None,
) -> None:
    """Run SLICE (a service, or a path below tests/aws/services); exit code 1 if a test fails.

    With --plain, or with what --keep has of an earlier run with it, what fails there too does not
    count.
    """
    try:
        paths = paths_of(slice_, tests)
    except FileNotFoundError as error:
        raise click.UsageError(f"{error} By name there are {', '.join(SLICES)}.") from error
    with tempfile.TemporaryDirectory(prefix="oracle-") as temporary:
        folder = (keep or Path(temporary)) / slice_
        finished = folder / "here" / "run.json"
        finished.unlink(missing_ok=True)
        here = _run(finished.parent, paths, tests, python, plain=False)
        finished.write_text(json.dumps({"commit": _commit()}))
        failed = [test for test, record in here.items() if record["outcome"] == "failed"]
        other = read_records(folder / "plain" / "records.jsonl")
        if asked := {"all": paths, "failed": failed}.get(plain or "", []):
            other = _run(folder / "plain", asked, tests, python, plain=True)
    click.echo("\n".join(compared(here, other)))
    if differences:
        click.echo("\n".join(by_frequency(here)))
    alone = [test for test in failed if other.get(test, {}).get("outcome") != "failed"]
    sys.exit(1 if alone or not here else 0)


def _commit() -> str:
    """Return which commit of this project runs, with a + if the checkout has changes."""
    return subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def _run(folder: Path, paths: list[str], tests: Path, python: Path, *, plain: bool) -> Records:
    """Start what is to be tested, run the tests, and return a record of each."""
    (folder / "home").mkdir(parents=True, exist_ok=True)
    records = folder / "records.jsonl"
    records.unlink(missing_ok=True)
    named = {kind: folder / f"{kind}.json" for kind in ("left_out", "superseded", "overtaken")}
    for kind, file in named.items():
        file.write_text(json.dumps(exceptions(kind)))
    with _plain(folder, python) if plain else _ours(folder) as port:
        environment = {
            "PATH": os.defpath,
            "HOME": str(folder / "home"),
            "TZ": "UTC",
            "PYTHONPATH": str(Path(__file__).parent),
            "PYTHONDONTWRITEBYTECODE": "1",
            "ORACLE_PORT": str(port),
            "ORACLE_RECORDS": str(records),
            **{f"ORACLE_{kind.upper()}": str(file) for kind, file in named.items()},
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
        done = subprocess.run(command, cwd=tests, env=environment, stdout=sys.stderr, check=False)
    require_whole(done.returncode, records)
    return read_records(records)


def require_whole(code: int, records: Path) -> None:
    """Raise ClickException, and delete the records, unless pytest came to its end.

    A part of a slice would be counted as the whole of it, by later runs and by the table, too.
    """
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        records.unlink(missing_ok=True)
        raise click.ClickException(
            f"pytest ended with {code} before all tests had run, so nothing is counted. What it "
            "said is above; run the slice again."
        )


@contextmanager
def _ours(folder: Path) -> Iterator[int]:
    config = EmulatorConfig(
        state_dir=folder / "state",
        port=0,
        installation=ROOT / ".tapstack",
        # As long as on AWS: the tests look at functions that are being updated.
        environment={"TAPSTACK_LAMBDA_UPDATE_S": "1"},
    )
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
