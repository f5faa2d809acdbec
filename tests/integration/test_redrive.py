"""`tapstack redrive`: what failed for good is sent again, once, and nothing is lost on the way."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from harness.evidence.ledger import Notice
from harness.polling import wait_until
from harness.redrive import Item, Redrive, redrive
from harness.run.notifications import subscribed
from harness.settings import Settings, read_settings
from harness.stack.deploy import deploy
from harness.stack.deployed import Stack
from harness.targets.embedded import EmbeddedTarget

SUFFIX = "redrive"


class Pipeline:
    """A stack whose function gives up at once, and all that is heard of it."""

    def __init__(self, target: EmbeddedTarget, stack: Stack) -> None:
        self.target, self.stack, self.outputs = target, stack, stack.outputs
        self.heard: list[Notice] = []
        function = target.client("lambda").get_function_configuration(
            FunctionName=stack.outputs["FunctionName"]
        )
        self._role = function["Role"].rsplit("/", 1)[-1]

    def upload(self) -> str:
        """Put a picture into the upload bucket; its key."""
        key, file = f"uploads/{uuid4().hex}.jpg", io.BytesIO()
        Image.new("RGB", (64, 48), "teal").save(file, "JPEG")
        self.target.client("s3").put_object(
            Bucket=self.outputs["UploadBucketName"], Key=key, Body=file.getvalue()
        )
        return key

    @contextmanager
    def denied(self, action: str) -> Iterator[None]:
        """Take a permission from the function for a while."""
        iam, where = self.target.client("iam"), {"RoleName": self._role, "PolicyName": "away"}
        statement = {"Effect": "Deny", "Action": action, "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_role_policy(**where, PolicyDocument=json.dumps(document))
        try:
            yield
        finally:
            iam.delete_role_policy(**where)

    def said_of(self, key: str) -> list[str]:
        """The statuses of the notifications of a picture, as they came."""
        bodies = [notice.body for notice in self.heard]
        return [str(b["status"]) for b in bodies if (b.get("source") or {}).get("key") == key]

    def hears(self, key: str, *statuses: str) -> None:
        """Wait until these notifications of a picture have come, and no others."""
        wait_until(
            lambda: self.said_of(key),
            until=lambda said: len(said) >= len(statuses),
            deadline_s=40,
            interval_s=0.1,
            describe=f"{', '.join(statuses)} of {key}",
        )
        assert self.said_of(key) == list(statuses)

    def hears_nothing_more(self, key: str, *statuses: str) -> None:
        """Once a picture that came later is announced, there is still no other notification."""
        self.hears(self.upload(), "processed")
        assert self.said_of(key) == list(statuses)

    def in_queue(self) -> int:
        """How many messages of the failure queue can be received."""
        name = "ApproximateNumberOfMessages"
        answer = self.target.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["FailureQueueUrl"], AttributeNames=[name]
        )
        return int(answer["Attributes"][name])

    def queue(self, body: object) -> None:
        """Put a message into the failure queue."""
        self.target.client("sqs").send_message(
            QueueUrl=self.outputs["FailureQueueUrl"],
            MessageBody=body if isinstance(body, str) else json.dumps(body),
        )

    def record(self, request_id: str, key: str) -> dict[str, Any]:
        """The record of a failed request for a picture, as Lambda writes it."""
        found = self.target.client("s3").head_object(
            Bucket=self.outputs["UploadBucketName"], Key=key
        )
        object_ = {"key": key, "versionId": found["VersionId"], "sequencer": "0055AED6DCD90281E5"}
        about = {"bucket": {"name": self.outputs["UploadBucketName"]}, "object": object_}
        return {
            "version": "1.0",
            "timestamp": "2026-01-01T00:00:00.000Z",
            "requestContext": {
                "requestId": request_id,
                "functionArn": f"{self.outputs['FunctionArn']}:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 3,
            },
            "requestPayload": {
                "Records": [
                    {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": about}
                ]
            },
        }

    def redrive(self, report: Callable[[Item], None] = lambda item: None) -> Redrive:
        """Send what is in the queue again."""
        return redrive(self.target, self.stack, execute=True, report=report)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project's template, a state folder of its own and any free port."""
    folder = tmp_path_factory.mktemp("state")
    return read_settings(
        {"state_dir": folder, "port": "0", "suffix": SUFFIX, "target": "embedded"}, env={}
    )


@pytest.fixture(scope="module")
def deployed(settings: Settings) -> Iterator[tuple[EmbeddedTarget, Stack]]:
    """The stack on an emulator of its own, with a function that is not tried again."""
    target = EmbeddedTarget(settings)
    target.start(background=False)
    try:
        stack = deploy(target, settings)
        target.client("lambda").update_function_event_invoke_config(
            FunctionName=stack.outputs["FunctionName"], MaximumRetryAttempts=0
        )
        yield target, stack
    finally:
        target.stop()


def _empty(sqs: Any, queue: str) -> None:
    """Delete what a queue holds; SQS purges one only once a minute."""
    while received := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in received:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def pipeline(deployed: tuple[EmbeddedTarget, Stack]) -> Iterator[Pipeline]:
    """The stack, listened to, with an empty failure queue."""
    target, stack = deployed
    pipeline = Pipeline(target, stack)
    _empty(target.client("sqs"), stack.outputs["FailureQueueUrl"])
    topic = stack.outputs["NotificationTopicArn"]
    with subscribed(target, topic, f"heard-{uuid4().hex[:12]}") as listen:
        listen(pipeline.heard.append)
        yield pipeline


@pytest.fixture
def command(
    project_root: Path, settings: Settings, pipeline: Pipeline
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `tapstack redrive ARGUMENTS` on the stack."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "harness", "redrive", "--suffix", SUFFIX, *arguments],
            cwd=project_root,
            env={**os.environ, "TAPSTACK_STATE": str(settings.state_dir)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def _actions(done: Redrive) -> Mapping[str, int]:
    return {item.action: done.count(item.action) for item in done.items}


def test_what_failed_is_shown_first_and_processed_once_its_cause_is_mended(
    pipeline: Pipeline, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """A dry run changes nothing; then the image is processed, announced once, and out of the
    queue; then there is nothing left to do.
    """
    with pipeline.denied("s3:GetObject*"):
        key = pipeline.upload()
        pipeline.hears(key, "failed")
    assert pipeline.in_queue() == 1

    for _ in range(2):
        shown = command()
        assert shown.returncode == 0, shown.stderr
        assert f"{key}, version " in shown.stdout
        assert "RetriesExhausted after 1 attempt at 20" in shown.stdout
        assert "would be sent again" in shown.stdout
        assert "1 in the failure queue: 1 would be sent again." in shown.stdout
        assert pipeline.in_queue() == 1
    assert pipeline.said_of(key) == ["failed"]

    done = command("--execute")
    assert done.returncode == 0, done.stderr
    assert "1 in the failure queue: 1 sent again." in done.stdout
    assert pipeline.in_queue() == 0
    pipeline.hears(key, "failed", "processed")
    pipeline.target.client("s3").head_object(
        Bucket=pipeline.outputs["ProcessedBucketName"], Key=pipeline.stack.keys.output(key)
    )

    empty = command("--execute")
    assert empty.returncode == 0, empty.stderr
    assert empty.stdout == "The failure queue is empty: there is nothing to send again.\n"
    pipeline.hears_nothing_more(key, "failed", "processed")


def test_what_fails_again_is_announced_once_at_last(pipeline: Pipeline) -> None:
    """GIVEN the first request wrote the output and the second failed as well
    WHEN the event is sent a third time THEN it is known as theirs.
    """
    with pipeline.denied("sns:Publish"):
        key = pipeline.upload()
        pipeline.hears(key, "failed")
        first = pipeline.redrive()
        pipeline.hears(key, "failed", "failed")
    assert first.count("sent") == 1
    assert pipeline.in_queue() == 1  # what fails again meanwhile is not sent over and over
    (item,) = pipeline.redrive().items
    assert item.failure
    assert item.failure.before == (first.items[0].failure and first.items[0].failure.request_id,)
    assert item.failure.request_id == first.items[0].sent_as
    pipeline.hears(key, "failed", "failed", "processed")
    pipeline.hears_nothing_more(key, "failed", "failed", "processed")


def test_a_failure_that_is_in_the_queue_twice_is_sent_once(pipeline: Pipeline) -> None:
    """The notifier may have kept it twice; both messages go."""
    key = pipeline.upload()
    pipeline.hears(key, "processed")
    record = pipeline.record(str(uuid4()), key)
    pipeline.queue(record)
    pipeline.queue(record)
    assert _actions(pipeline.redrive()) == {"sent": 1, "repeat": 1}
    assert pipeline.in_queue() == 0


def test_what_is_no_failed_invocation_is_left(
    pipeline: Pipeline, command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """It is counted, told why, and can still be received; that is no error."""
    pipeline.queue("not JSON")
    pipeline.queue({**pipeline.record("a", pipeline.upload()), "requestPayload": "text"})
    done = command("--execute", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["found"], document["left"], document["sent"]) == (2, 2, 0)
    assert {item["why"] for item in document["items"]} == {
        "it is no record of an invocation",
        "its event is no JSON object, and the function takes nothing else",
    }
    assert pipeline.in_queue() == 2


def test_nothing_is_lost_if_it_is_stopped_halfway(pipeline: Pipeline) -> None:
    """What was sent is out of the queue, the rest can be received at once and goes next time."""
    with pipeline.denied("s3:GetObject*"):
        keys = [pipeline.upload() for _ in range(3)]
        for key in keys:
            pipeline.hears(key, "failed")

    def stop(item: Item) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.redrive(stop)
    assert pipeline.in_queue() == 2
    assert _actions(pipeline.redrive()) == {"sent": 2}
    for key in keys:
        pipeline.hears(key, "failed", "processed")


def test_what_lambda_refuses_stays_in_the_queue(pipeline: Pipeline) -> None:
    """The message is deleted only after Lambda has accepted its event."""
    missing = f"{pipeline.outputs['FunctionArn']}-missing"
    record = pipeline.record("a", pipeline.upload())
    record["requestContext"]["functionArn"] = missing
    pipeline.queue(record)
    stack = replace(pipeline.stack, outputs={**pipeline.outputs, "FunctionArn": missing})
    done = redrive(pipeline.target, stack, execute=True)
    assert _actions(done) == {"refused": 1}
    assert "ResourceNotFound" in done.items[0].why
    assert pipeline.in_queue() == 1


def test_a_stack_that_is_not_there_is_named(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    """One clear sentence, and exit code 2."""
    done = command("--suffix", "nowhere")
    assert done.returncode == 2
    assert "tapstack-nowhere is not deployed" in done.stderr
    assert "Traceback" not in done.stderr
