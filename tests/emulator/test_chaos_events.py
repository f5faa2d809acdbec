"""S3 events that come twice, late, out of order or never, on purpose."""

import json
import signal
import uuid
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest

from harness.polling import wait_until
from harness.problems import Problem
from tests.emulator.chaos import Rule, chaos
from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.observations import await_metric, name_of
from tests.emulator.queues import create_queue

CREATED = "s3:ObjectCreated:*"
KEYS = [f"uploads/{number}.png" for number in range(12)]


class Inbox:
    """A bucket whose events go to a queue."""

    def __init__(self, emulator: Emulator) -> None:
        self._s3, self._sqs = emulator.client("s3"), emulator.client("sqs")
        self.queue = create_queue(self._sqs, "s3")
        self.bucket = f"test-{uuid.uuid4().hex}"
        self.bodies: list[str] = []  # the events that came, as they came
        self._s3.create_bucket(Bucket=self.bucket)
        found = self._sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        rule = {"QueueArn": found["Attributes"]["QueueArn"], "Events": [CREATED]}
        self._s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
        )
        self.arrive(1)  # S3's test event
        self.bodies.clear()

    def put(self, *keys: str) -> None:
        """Write an object under each key, one after the other."""
        for key in keys:
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=b"x")

    def arrive(self, count: int) -> list[str]:
        """Wait until so many events have come; their keys, in the order they came."""

        def probe() -> bool:
            received = self._sqs.receive_message(
                QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            for message in received.get("Messages", []):
                self._sqs.delete_message(
                    QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"]
                )
                self.bodies.append(message["Body"])
            return len(self.bodies) >= count

        wait_until(probe, deadline_s=30, interval_s=0.1, describe=f"{count} S3 events")
        records = [record for body in self.bodies for record in json.loads(body).get("Records", [])]
        return [record["s3"]["object"]["key"] for record in records]

    def remove(self) -> None:
        """Delete the bucket and the queue."""
        for entry in self._s3.list_objects_v2(Bucket=self.bucket).get("Contents", []):
            self._s3.delete_object(Bucket=self.bucket, Key=entry["Key"])
        self._s3.delete_bucket(Bucket=self.bucket)
        self._sqs.delete_queue(QueueUrl=self.queue)


@pytest.fixture
def inbox(emulator: Emulator) -> Iterator[Inbox]:
    made = Inbox(emulator)
    yield made
    made.remove()


def test_a_duplicate_is_the_same_event_again(emulator: Emulator, inbox: Inbox) -> None:
    """Each extra delivery has the payload of the first, its sequencer included."""
    with chaos(emulator, events=[{"bucket": inbox.bucket, "duplicate": 2}]):
        inbox.put("a b.png")
        assert inbox.arrive(3) == ["a+b.png"] * 3

    assert len(set(inbox.bodies)) == 1


def test_a_delayed_event_comes_after_later_ones(emulator: Emulator, inbox: Inbox) -> None:
    """While one event is held back, what is written after it is told of before it."""
    with chaos(emulator, events=[{"bucket": inbox.bucket, "key": "first*", "delay": 2}]):
        inbox.put("first.png", "second.png")

        assert inbox.arrive(2) == ["second.png", "first.png"]


def test_a_dropped_event_never_comes_and_is_journaled(emulator: Emulator, inbox: Inbox) -> None:
    """Of a dropped event nothing arrives; the journal has its bucket, key and sequencer."""
    rule = {"bucket": inbox.bucket, "key": "lost*", "drop": True}
    with chaos(emulator, events=[rule]) as disturbance:
        inbox.put("lost/ü.png", "found.png")
        arrived = inbox.arrive(1)
        (line,) = disturbance.journal()

    assert arrived == ["found.png"]
    assert line.pop("at") > 0
    assert line.pop("sequencer")
    assert name_of(line.pop("destination")) == inbox.queue.rsplit("/", 1)[1]
    assert line == {
        "kind": "event",
        "rule": rule,
        "bucket": inbox.bucket,
        "key": "lost/ü.png",
        "event": "s3:ObjectCreated:Put",
        "versionId": "",
        "heldSeconds": "",
    }


def test_reordered_events_overtake_one_another(emulator: Emulator, inbox: Inbox) -> None:
    """All events arrive, each once, but not in the order of the uploads."""
    with chaos(emulator, events=[{"bucket": inbox.bucket, "reorder": 3}]):
        inbox.put(*KEYS)
        arrived = inbox.arrive(len(KEYS))

    assert sorted(arrived) == sorted(KEYS)
    assert arrived != KEYS


def test_all_rules_that_strike_apply(emulator: Emulator, inbox: Inbox) -> None:
    """A duplicate may be held back as well, each delivery for a share of its own."""
    events = [{"bucket": inbox.bucket, "duplicate": 1}, {"bucket": inbox.bucket, "reorder": 2}]
    with chaos(emulator, events=events) as disturbance:
        inbox.put("twice.png")
        arrived = inbox.arrive(2)
        *_, line = disturbance.journal()

    assert arrived == ["twice.png"] * 2
    assert len(set(line["heldSeconds"].split())) == 2


def _struck(emulator: Emulator, inbox: Inbox, keys: list[str], seed: int) -> dict[str, str]:
    """For how long the event of each key that was struck was held back."""
    rule = {"bucket": inbox.bucket, "probability": 0.5, "reorder": 1}
    with chaos(emulator, events=[rule], seed=seed) as disturbance:
        inbox.put(*keys)
        return {line["key"]: line["heldSeconds"] for line in disturbance.journal()}


def test_the_seed_decides_what_is_struck(emulator: Emulator, inbox: Inbox) -> None:
    """With a seed the same keys are struck by as much, in whatever order they are written."""
    first = _struck(emulator, inbox, KEYS, seed=7)

    assert 0 < len(first) < len(KEYS)
    assert _struck(emulator, inbox, KEYS[::-1], seed=7) == first
    assert _struck(emulator, inbox, KEYS, seed=8) != first


def test_a_rule_strikes_at_most_so_often(emulator: Emulator, inbox: Inbox) -> None:
    """With "times" the rule is spent after so many events."""
    rule = {"bucket": inbox.bucket, "drop": True, "times": 2}
    with chaos(emulator, events=[rule]) as disturbance:
        inbox.put("1.png", "2.png", "3.png")

        assert inbox.arrive(1) == ["3.png"]
        assert [line["key"] for line in disturbance.journal()] == ["1.png", "2.png"]


def test_what_no_rule_is_about_goes_its_way(emulator: Emulator, inbox: Inbox) -> None:
    """Other buckets, other keys, and everything after the end: one delivery each."""
    events: list[Rule] = [
        {"bucket": "another-*", "drop": True},
        {"bucket": inbox.bucket, "key": "other/*", "duplicate": 5},
    ]
    with chaos(emulator, events=events) as disturbance:
        inbox.put("during.png")
        inbox.arrive(1)
        assert disturbance.journal() == []
    inbox.put("other/after.png")
    inbox.put("last.png")
    inbox.arrive(3)

    assert Counter(inbox.arrive(3)) == Counter(["during.png", "other/after.png", "last.png"])


def test_duplicates_are_deliveries_like_others(emulator: Emulator) -> None:
    """A function that S3 may invoke is really invoked twice, and its metrics count it."""
    s3, client = emulator.client("s3"), emulator.client("lambda")
    bucket = f"test-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    source = zipped("def handler(event, context): pass")
    with role_for(emulator) as role, function_of(emulator, source, role) as function:
        client.add_permission(
            FunctionName=function,
            StatementId="s3",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
        )
        s3.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [
                    {"LambdaFunctionArn": function, "Events": [CREATED]}
                ]
            },
        )
        with chaos(emulator, events=[{"bucket": bucket, "duplicate": 1}]):
            s3.put_object(Bucket=bucket, Key="a.png", Body=b"x")
        of = {"FunctionName": name_of(function)}
        await_metric(emulator, "Invocations", of, lambda found: found.get("Sum") == 2)
        await_metric(emulator, "AsyncEventsReceived", of, lambda found: found.get("Sum") == 2)
    s3.delete_object(Bucket=bucket, Key="a.png")
    s3.delete_bucket(Bucket=bucket)


def test_an_emulator_ends_with_events_held_back(start_emulator: StartEmulator) -> None:
    """An event that is to come in an hour keeps nobody waiting who stops the emulator."""
    emulator = start_emulator()
    inbox = Inbox(emulator)
    with chaos(emulator, events=[{"delay": 3600}]) as disturbance:
        inbox.put("late.png")
        assert len(disturbance.journal()) == 1
        process = psutil.Process(emulator.running.pid)

        process.send_signal(signal.SIGTERM)

        process.wait(timeout=30)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "give one of duplicate, delay, drop, reorder"),
        ({"drop": True, "delay": 1}, "give one of"),
        ({"drop": False}, "'drop' is true"),
        ({"duplicate": 0}, "'duplicate' is a whole number"),
        ({"duplicate": 1.5}, "'duplicate' is a whole number"),
        ({"delay": "5"}, "'delay' is a number"),
        ({"delay": None}, "'delay' is a number"),
        ({"reorder": -1}, "'reorder' is a number"),
        ({"drop": True, "probability": 2}, "'probability' is a number"),
        ({"drop": True, "buckets": "*"}, "there is no 'buckets'"),
        ({"drop": True, "key": 7}, "'key' is text"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    emulator: Emulator, rule: Rule, sentence: str
) -> None:
    """What is wrong with the rule is said in one sentence; nothing is in force."""
    with pytest.raises(Problem, match=sentence), chaos(emulator, events=[rule]):
        pass
