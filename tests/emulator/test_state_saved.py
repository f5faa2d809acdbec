"""What was saved is there again once it is loaded, and goes on from there."""

import hmac
import json
import time
import urllib.error
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from harness.faults.injection import alarms_ahead
from harness.polling import wait_until
from harness.targets import own_routes
from harness.targets.emulator import EmulatorConfig, start
from harness.targets.state_folder import states_path
from harness.targets.target import Target
from tests.emulator.conftest import Emulator
from tests.emulator.holdings import fill, held, keys, make_function, reset, upload

STATES = "/_tapstack/states"
FAILS = """
def handler(event, context):
    raise ValueError("not yet")
"""
SLOW = """
import time
def handler(event, context):
    time.sleep(40)
"""


@pytest.fixture(scope="module")
def config(
    tmp_path_factory: pytest.TempPathFactory,
    installation: Path,
    emulator_environment: Mapping[str, str],
) -> EmulatorConfig:
    folder = tmp_path_factory.mktemp("state")
    environment = {**emulator_environment, "LAMBDA_RETRY_BASE_DELAY": "15"}
    return EmulatorConfig(folder, 0, installation, environment)


@pytest.fixture(scope="module")
def emulator(config: EmulatorConfig) -> Iterator[Emulator]:
    """One of this module's own."""
    with start(config, background=False) as running:
        yield Emulator(running)


def save(emulator: Emulator, name: str) -> Any:
    return own_routes.ask(emulator.endpoint, f"{STATES}/{name}", "POST", within_s=120)


def load(emulator: Emulator, name: str) -> Any:
    return own_routes.ask(emulator.endpoint, f"{STATES}/{name}/load", "POST", within_s=120)


def refusal(emulator: Emulator, path: str) -> tuple[int, str]:
    """The status and the sentence of a request that is refused."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        own_routes.ask(emulator.endpoint, f"{STATES}/{path}", "POST", within_s=120)
    with refused.value as answer:
        return answer.code, json.loads(answer.read())["error"]


def total(emulator: Emulator, namespace: str, name: str) -> float:
    """The sum of a metric of this test's day."""
    now = datetime.now(UTC)
    found = emulator.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=2),
        Period=86400,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def lines(emulator: Emulator) -> list[str]:
    found = emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/copies")
    return [event["message"] for event in found["events"]]


@pytest.fixture(scope="module")
def filled(emulator: Emulator) -> Mapping[str, Any]:
    """What an emulator held when it was saved as `filled`."""
    fill(emulator)
    make_function(emulator, "fails", FAILS)
    emulator.client("lambda").invoke(FunctionName="fails", InvocationType="Event", Payload=b"{}")
    wait_until(
        lambda: any("not yet" in each for each in _lines_of_fails(emulator)),
        deadline_s=30,
        describe="the first attempt",
    )
    s3 = emulator.client("s3")
    s3.put_bucket_versioning(Bucket="images", VersioningConfiguration={"Status": "Enabled"})
    upload_id = s3.create_multipart_upload(Bucket="images", Key="parts")["UploadId"]
    s3.upload_part(
        Bucket="images", Key="parts", UploadId=upload_id, PartNumber=1, Body=b"p" * 1_000_000
    )
    save(emulator, "filled")
    return {"held": held(emulator), "lines": lines(emulator), "upload": upload_id}


def _lines_of_fails(emulator: Emulator) -> list[str]:
    logs = emulator.client("logs")
    groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
    if "/aws/lambda/fails" not in groups:
        return []
    found = logs.filter_log_events(logGroupName="/aws/lambda/fails")
    return [event["message"] for event in found["events"]]


def comparable(found: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is for the time being: faults are not kept, alarms go on."""
    kept = {name: value for name, value in found.items() if name not in ("faults", "alarms")}
    for each in kept["functions"]:
        each.pop("RevisionId", None)
    return kept


def test_everything_is_there_again(emulator: Emulator, filled: Mapping[str, Any]) -> None:
    reset(emulator)
    assert held(emulator)["buckets"] == []

    about = load(emulator, "filled")["about"]

    assert about["stacks"] == ["stack"]
    found = held(emulator)
    assert comparable(found) == comparable(filled["held"])
    assert found["faults"] == 0
    assert [each["AlarmName"] for each in found["alarms"]] == ["many"]
    assert lines(emulator) == filled["lines"]
    s3 = emulator.client("s3")
    assert s3.get_object(Bucket="images", Key="done/one")["Body"].read() == b"one"
    s3.complete_multipart_upload(
        Bucket="images",
        Key="parts",
        UploadId=filled["upload"],
        MultipartUpload={
            "Parts": [
                {"PartNumber": each["PartNumber"], "ETag": each["ETag"]}
                for each in s3.list_parts(Bucket="images", Key="parts", UploadId=filled["upload"])[
                    "Parts"
                ]
            ]
        },
    )
    assert s3.get_object(Bucket="images", Key="parts")["Body"].read() == b"p" * 1_000_000
    sqs = emulator.client("sqs")
    queue = sqs.get_queue_url(QueueName="mine")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "hello"
    assert total(emulator, "Mine", "Count") == 1


def test_it_goes_on_from_there(emulator: Emulator, filled: Mapping[str, Any]) -> None:
    load(emulator, "filled")

    upload(emulator, "two")
    emulator.client("cloudwatch").put_metric_data(
        Namespace="Mine", MetricData=[{"MetricName": "Count", "Value": 2}]
    )

    assert total(emulator, "Mine", "Count") == 3
    assert set(keys(emulator)) >= {"done/one", "done/two"}
    with alarms_ahead(cast(Target, emulator), 60):  # the minute of these values has passed
        wait_until(
            lambda: _state_of_alarm(emulator) == "ALARM", deadline_s=30, describe="the alarm"
        )
    cloudformation = emulator.client("cloudformation")
    cloudformation.delete_stack(StackName="stack")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="stack", WaiterConfig={"Delay": 1}
    )
    queues = emulator.client("sqs").list_queues()["QueueUrls"]
    assert [url.rsplit("/", 1)[1] for url in queues] == ["mine"]


def _state_of_alarm(emulator: Emulator) -> str:
    (alarm,) = emulator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return str(alarm["StateValue"])


def test_an_event_that_waited_for_its_retry_is_tried_again(
    emulator: Emulator, filled: Mapping[str, Any]
) -> None:
    load(emulator, "filled")
    before = len([each for each in _lines_of_fails(emulator) if "not yet" in each])

    wait_until(
        lambda: len([e for e in _lines_of_fails(emulator) if "not yet" in e]) > before,
        deadline_s=60,
        describe="the second attempt",
    )


def test_who_is_busy_is_not_saved(emulator: Emulator, filled: Mapping[str, Any]) -> None:
    reset(emulator)
    make_function(emulator, "slow", SLOW)
    emulator.client("lambda").invoke(FunctionName="slow", InvocationType="Event")
    time.sleep(1)

    status, sentence = refusal(emulator, "busy")

    assert status == 409
    assert "Nothing was saved" in sentence
    assert "an invocation of slow" in sentence
    names = [each["name"] for each in own_routes.ask(emulator.endpoint, STATES)["states"]]
    assert names == ["filled"]
    reset(emulator)


def test_what_cannot_be_kept_is_not_saved_by_half(
    emulator: Emulator, filled: Mapping[str, Any]
) -> None:
    emulator.client("events").put_rule(Name="nightly", ScheduleExpression="rate(1 day)")

    status, sentence = refusal(emulator, "partly")

    assert (status, "events" in sentence) == (400, True)


def test_a_damaged_state_changes_nothing(emulator: Emulator, filled: Mapping[str, Any]) -> None:
    reset(emulator)
    emulator.client("s3").create_bucket(Bucket="mine")
    file = emulator.state_dir / "emulator" / "states" / "filled.state"
    good = file.read_bytes()
    file.write_bytes(good[:-1000])
    try:
        assert "not as it was saved here" in refusal(emulator, "filled/load")[1]
    finally:
        file.write_bytes(good)
    assert "There is no state other" in refusal(emulator, "other/load")[1]
    assert [each["Name"] for each in emulator.client("s3").list_buckets()["Buckets"]] == ["mine"]


@pytest.mark.parametrize("said", [{"localstack-parity": "0.0.1"}, {"content": 1}])
def test_what_another_version_has_saved_is_refused(
    emulator: Emulator, config: EmulatorConfig, said: Mapping[str, Any]
) -> None:
    """A version has a number; between two, commits may keep what is held in another form."""
    save(emulator, "older")
    path = states_path(config.state_dir) / "older.state"
    form, about, content = path.read_bytes()[:-32].split(b"\n", 2)
    data = b"\n".join((form, json.dumps({**json.loads(about), **said}).encode(), content))
    signature = hmac.digest((path.parent / "key").read_bytes(), data, "sha256")
    path.write_bytes(data + signature)

    status, sentence = refusal(emulator, "older/load")

    assert status == 400
    assert "The state older was saved by" in sentence
