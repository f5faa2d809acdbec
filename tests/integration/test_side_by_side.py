"""Commands side by side, and one after another that was killed: what each leaves to the next."""

import io
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from harness.polling import wait_until
from harness.run.scenario import RunOptions, run_scenario
from harness.settings import Settings, read_settings
from harness.stack.deploy import deploy, find_stack
from harness.stack.deployed import Stack
from harness.stack.deployment_lock import deployment_lock
from harness.stack.orphans import BUCKET, found_of_kind
from harness.targets import chaos
from harness.targets.embedded import EmbeddedTarget
from harness.targets.endpoint import EndpointTarget

KEEPS = """
Parameters:
  EnvironmentSuffix: {Type: String}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties: {BucketName: !Sub "kept-${EnvironmentSuffix}"}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "queue-${EnvironmentSuffix}"}
"""
FAILS = (
    KEEPS
    + """
  Doomed:
    Type: AWS::CloudWatch::Dashboard
    DependsOn: [Bucket, Queue]
    Properties: {DashboardName: !Sub "doomed-${EnvironmentSuffix}", DashboardBody: "{"}
"""
)
OTHER = "Resources: {Topic: {Type: AWS::SNS::Topic}}"

type Tapstack = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def settings(target: EmbeddedTarget) -> Settings:
    """The project's template, with a state folder that all commands here share."""
    given = {"state_dir": target.state_dir, "port": "0", "suffix": "runs"}
    return read_settings(given, env={})


@pytest.fixture
def tapstack(target: EmbeddedTarget, settings: Settings, tmp_path: Path) -> Iterator[Tapstack]:
    """Begin `tapstack ARGUMENTS` on that emulator; what still runs at the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness", *arguments],
            cwd=settings.root,
            env={
                **os.environ,
                "TAPSTACK_STATE": str(settings.state_dir),
                "TAPSTACK_REPORTS": str(tmp_path / "reports"),
                "TAPSTACK_PORT": "0",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait()


@pytest.fixture
def suffix() -> str:
    """That of an environment of the test's own."""
    return uuid.uuid4().hex[:12]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code, and all that the command said."""
    said, _ = process.communicate(timeout=300)
    return process.returncode, said


def written(folder: Path, text: str) -> str:
    """The path of a template with that text."""
    path = folder / f"{uuid.uuid4().hex}.yml"
    path.write_text(text)
    return str(path)


# --- Deployments ----------------------------------------------------------------------------------


def test_deployments_at_once_all_succeed(tapstack: Tapstack, suffix: str, tmp_path: Path) -> None:
    """Whoever comes second finds the stack there, and so does every later one."""
    command = ("up", "--suffix", suffix, "--template", written(tmp_path, KEEPS))
    for code, said in map(ended, [tapstack(*command) for _ in range(3)]):
        assert code == 0, said
    code, said = ended(tapstack(*command))
    assert code == 0
    assert "nothing to change" in said


def test_a_command_that_waits_says_for_whom(
    tapstack: Tapstack, settings: Settings, suffix: str, tmp_path: Path
) -> None:
    """The command that deploys, its process, and that it is our turn at last."""
    with deployment_lock(replace(settings, suffix=suffix), print):
        waits = tapstack("up", "--suffix", suffix, "--template", written(tmp_path, KEEPS))
        assert waits.stdout
        heard = next(line for line in waits.stdout if "is being deployed by" in line)
    assert f"process {os.getpid()}" in heard
    code, said = ended(waits)
    assert code == 0
    assert "our turn" in said


def test_a_failed_deployment_is_not_in_the_way_of_the_next(
    tapstack: Tapstack, target: EmbeddedTarget, suffix: str, tmp_path: Path
) -> None:
    """The rolled back stack goes, and so does the empty bucket that it has kept."""
    code, said = ended(tapstack("up", "--suffix", suffix, "--template", written(tmp_path, FAILS)))
    assert code == 1
    assert "Doomed" in said
    code, said = ended(tapstack("up", "--suffix", suffix, "--template", written(tmp_path, KEEPS)))
    assert code == 0, said
    assert "since an earlier failure" in said


def test_an_orphan_that_holds_something_is_named_with_what_removes_it(
    tapstack: Tapstack, target: EmbeddedTarget, suffix: str, tmp_path: Path
) -> None:
    """It is never removed unasked; `destroy --yes` does it, and the way is free."""
    s3, bucket = target.client("s3"), f"kept-{suffix}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="photo.jpg", Body=b"x")
    command = ("--suffix", suffix, "--template", written(tmp_path, KEEPS))

    code, said = ended(tapstack("up", *command))
    assert code == 1
    assert f"{bucket} is there already, holds objects, and belongs to no stack" in said
    assert "`tapstack destroy --yes`" in said
    code, said = ended(tapstack("destroy", *command))
    assert (code, f"AWS::S3::Bucket {bucket}" in said) == (2, True)
    assert "Nothing was removed." in said
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1

    assert ended(tapstack("destroy", *command, "--yes"))[0] == 0
    assert bucket not in [found.name for found in found_of_kind(target, BUCKET)]
    assert ended(tapstack("up", *command))[0] == 0


def test_another_template_does_not_replace_what_is_deployed(
    tapstack: Tapstack, target: EmbeddedTarget, settings: Settings, suffix: str, tmp_path: Path
) -> None:
    """It is refused before anything is changed, with what it would delete; --replace does it."""
    own = replace(settings, suffix=suffix, template=Path(written(tmp_path, KEEPS)))
    before = deploy(target, own)
    other = ("up", "--suffix", suffix, "--template", written(tmp_path, OTHER))
    code, said = ended(tapstack(*other))
    assert code == 2
    assert "would delete 2 of its 2 resources, Bucket, Queue" in " ".join(said.split())
    assert "--replace" in said
    assert find_stack(target, own) == before
    assert ended(tapstack(*other, "--replace"))[0] == 0


def test_another_port_is_not_ignored(tapstack: Tapstack, suffix: str, tmp_path: Path) -> None:
    """Whoever asks for one gets it, or is told why not."""
    code, said = ended(tapstack("up", "--suffix", suffix, "--port", "4999"))
    assert code == 2
    assert "not at port 4999" in said
    assert "--state" in said


# --- Runs that are killed -------------------------------------------------------------------------


def queues(target: EmbeddedTarget, stack: str) -> list[str]:
    """The queues of runs on that stack."""
    found = target.client("sqs").list_queues(QueueNamePrefix=f"{stack}-run-")
    return [str(url) for url in found.get("QueueUrls", [])]


def subscriptions(target: EmbeddedTarget, topic: str) -> list[str]:
    """The endpoints of queues that are subscribed to a topic."""
    found = target.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [one["Endpoint"] for one in found if one["Protocol"] == "sqs"]


def uploaded(target: EmbeddedTarget, bucket: str) -> int:
    """How many objects there are in the upload bucket."""
    return int(target.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"])


def test_a_run_that_is_asked_to_end_leaves_nothing(
    tapstack: Tapstack, target: EmbeddedTarget, settings: Settings
) -> None:
    """As with Ctrl-C: what is under way is finished, the report written, the queue removed."""
    stack = deploy(target, settings)
    run = tapstack("run", "daily-load", "--images", "400", "--day", "200s", "--suffix", "runs")
    bucket = stack.outputs["UploadBucketName"]
    wait_until(lambda: uploaded(target, bucket), deadline_s=200, describe="the first upload")
    run.send_signal(signal.SIGTERM)
    code, said = ended(run)
    assert code == 128 + signal.SIGTERM, said
    assert "Traceback" not in said
    assert "it was interrupted" in said
    assert queues(target, stack.name) == []
    assert subscriptions(target, stack.outputs["NotificationTopicArn"]) == []


def test_what_a_killed_run_leaves_is_seen_and_removed(
    tapstack: Tapstack, target: EmbeddedTarget, settings: Settings
) -> None:
    """`verify` names its queue, and the next `up` removes it; a run that lives keeps its own."""
    stack = deploy(target, settings)
    run = tapstack("run", "daily-load", "--images", "400", "--day", "200s", "--suffix", "runs")
    wait_until(lambda: queues(target, stack.name), deadline_s=120, describe="the run's queue")
    code, said = ended(tapstack("verify", "--suffix", "runs"))
    assert code == 0, said

    run.kill()
    run.wait()
    (queue,) = queues(target, stack.name)
    code, said = ended(tapstack("verify", "--suffix", "runs"))
    assert code == 1
    assert queue.rsplit("/", 1)[-1] in said

    code, said = ended(tapstack("up", "--suffix", "runs"))
    assert code == 0
    assert "a run that was killed had left" in said
    assert queues(target, stack.name) == []
    assert subscriptions(target, stack.outputs["NotificationTopicArn"]) == []
    assert ended(tapstack("verify", "--suffix", "runs"))[0] == 0


DISTURBS = """
import sys, time
from harness.settings import read_settings
from harness.targets.embedded import EmbeddedTarget
from harness.targets.endpoint import EndpointTarget
from harness.faults.function_settings import reserved_concurrency, timeout
from harness.faults.injection import compressed, disturbed

target = EmbeddedTarget(read_settings({"state_dir": sys.argv[1], "port": "0"}, env={}))
function = sys.argv[2]
with (
    timeout(target, function, 3),
    reserved_concurrency(target, function, 2),
    disturbed(target, faults=[{"service": "s3", "operation": "PutObject"}]),
    compressed(target, lambda_retry_s=1),
):
    print("disturbed", flush=True)
    time.sleep(600)
"""


def test_settings_and_faults_of_a_killed_run_are_put_back(
    tapstack: Tapstack, target: EmbeddedTarget, settings: Settings
) -> None:
    """The function is as its template says again, and calls succeed as before."""
    stack = deploy(target, settings)
    function, lambda_ = stack.outputs["FunctionName"], target.client("lambda")
    before = chaos.ask(target.endpoint, "GET")
    run = subprocess.Popen(
        [sys.executable, "-P", "-c", DISTURBS, str(settings.state_dir), function],
        cwd=settings.root,
        env={**os.environ, "PYTHONPATH": str(settings.root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with run:
        assert run.stdout
        assert run.stdout.readline() == "disturbed\n"
        run.kill()
    assert lambda_.get_function_configuration(FunctionName=function)["Timeout"] == 3

    code, said = ended(tapstack("up", "--suffix", "runs"))
    assert code == 0, said
    assert said.count("a run that was killed had left") == 4
    assert lambda_.get_function_configuration(FunctionName=function)["Timeout"] == 60
    assert "ReservedConcurrentExecutions" not in lambda_.get_function_concurrency(
        FunctionName=function
    )
    after = chaos.ask(target.endpoint, "GET")
    assert {**after, "seed": None} == {**before, "seed": None}


# --- What is changed behind a run's back ----------------------------------------------------------


def tampered(target: EmbeddedTarget, settings: Settings, stack: Stack) -> None:
    """Once there are outputs: tags for one, other bytes on disk for one, and a foreign receipt."""
    s3, bucket = target.client("s3"), stack.outputs["ProcessedBucketName"]
    since = datetime.now(UTC)

    def outputs() -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [one["Key"] for one in found if one["LastModified"] > since]

    first, second, *_ = wait_until(
        outputs, until=lambda keys: len(keys) > 1, deadline_s=120, describe="two outputs"
    )
    s3.put_object_tagging(
        Bucket=bucket, Key=first, Tagging={"TagSet": [{"Key": "seen", "Value": "yes"}]}
    )
    body = s3.get_object(Bucket=bucket, Key=second)["Body"].read()
    files = (file for file in settings.state_dir.rglob("*") if file.is_file())
    for file in [one for one in files if one.stat().st_size == len(body)]:
        if file.read_bytes() == body:
            file.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    s3.put_object(Bucket=stack.outputs["UploadBucketName"], Key="receipts/foreign.json", Body=b"{}")


def test_what_is_changed_behind_a_runs_back_is_noticed(
    target: EmbeddedTarget, settings: Settings, tmp_path: Path
) -> None:
    """Tags, bytes on the disk and an object among the receipts each fail a check that says so."""
    stack = deploy(target, settings)
    own = replace(settings, reports_dir=tmp_path / "reports")
    options = RunOptions(images=30, day_s=15)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(tampered, target, settings, stack)
        quiet = Console(file=io.StringIO())
        result = run_scenario("daily-load", target, own, stack, options, quiet)
        done.result()
    failed = {c["id"]: c["detail"] for c in result.report["checks"] if c["passed"] is False}
    assert "changed after it was announced: its bytes" in failed["pixels"]
    assert "its tag source-version is None" in failed["metadata"]
    assert "receipts/foreign.json" in failed["nothing-extra"]
    assert set(failed) == {"pixels", "metadata", "nothing-extra"}
    assert result.report["images"]["wrong"] == 2
    s3, where = target.client("s3"), {"Bucket": stack.outputs["UploadBucketName"]}
    # As a version: a delete marker would be one more foreign object, to a run that begins now.
    for foreign in s3.list_object_versions(**where, Prefix="receipts/foreign.json")["Versions"]:
        s3.delete_object(**where, Key=foreign["Key"], VersionId=foreign["VersionId"])


class Cutting(socketserver.BaseRequestHandler):
    """Passes requests on, and cuts the connection before the answer to every third upload."""

    upstream: tuple[str, int]
    uploads: Iterator[int]
    cut: list[int]

    def handle(self) -> None:
        with socket.create_connection(self.upstream) as server:
            stops = threading.Event()
            back = threading.Thread(target=self._answers, args=(server, stops), daemon=True)
            back.start()
            while data := self.request.recv(65536):
                if data.startswith(b"PUT ") and b"/uploads/run-" in data.split(b"\r\n", 1)[0]:
                    number = next(self.uploads)
                    if number % 3 == 0:
                        self.cut.append(number)
                        stops.set()
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def _answers(self, server: socket.socket, stops: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if stops.is_set() and not data.startswith(b"HTTP/1.1 100"):
                    self.request.shutdown(socket.SHUT_RDWR)
                    return
                self.request.sendall(data)


def test_uploads_whose_answer_was_lost_are_recovered(
    target: EmbeddedTarget, settings: Settings, tmp_path: Path
) -> None:
    """They are stored, processed and announced once: nothing is sent twice, and the sums add up."""
    stack = deploy(target, settings)
    address = urlsplit(target.endpoint)
    assert address.port
    Cutting.upstream, Cutting.uploads, Cutting.cut = ("127.0.0.1", address.port), count(1), []
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Cutting) as proxy:
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        own = replace(
            settings,
            endpoint=f"http://127.0.0.1:{proxy.server_address[1]}",
            reports_dir=tmp_path / "reports",
            state_dir=tmp_path / "state",
        )
        quiet = Console(file=io.StringIO())
        options = RunOptions(images=30, day_s=10)
        result = run_scenario("daily-load", EndpointTarget(own), own, stack, options, quiet)
        proxy.shutdown()
    images = result.report["images"]
    failed = {c["id"]: c["detail"] for c in result.report["checks"] if c["passed"] is False}
    assert failed == {}
    assert images["recovered"] == len(Cutting.cut) == 10
    assert images["recovered"] + images["processed"] == images["uploaded"] == 30
