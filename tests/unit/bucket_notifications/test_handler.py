"""The custom resource's function, with the faults that no emulator shows on request."""

import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functions import load_handler

FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:image-processor-dev"
PROPERTIES = {
    "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:notifications",
    "Bucket": "uploads-bucket",
    "FunctionArn": FUNCTION,
    "IdPrefix": "tapstack-dev",
    "Prefix": "uploads/",
    "Suffixes": [".jpg", ".png"],
}
OTHERS = {
    "EventBridgeConfiguration": {},
    "QueueConfigurations": [
        {"Id": "theirs", "QueueArn": "arn:aws:sqs:::q", "Events": ["s3:ObjectRemoved:*"]}
    ],
    "LambdaFunctionConfigurations": [
        {"Id": "tapstack-dev2:.jpg", "LambdaFunctionArn": FUNCTION, "Events": ["s3:Replication:*"]}
    ],
}


class Bucket:
    """A bucket's notification configuration, and the S3 client of somebody who may change it.

    `faults` are raised by the next writes, one each.
    """

    def __init__(self, configuration: dict[str, Any] | None = None) -> None:
        self.configuration = configuration or {}
        self.faults: list[Exception] = []
        self.after_write: Callable[[], None] = lambda: None
        self.writes: list[dict[str, Any]] = []

    def get_bucket_notification_configuration(self, Bucket: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        return {**deepcopy(self.configuration), "ResponseMetadata": {}}

    def put_bucket_notification_configuration(self, **request: Any) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.writes.append(request)
        self.configuration = request["NotificationConfiguration"]
        self.after_write()

    @property
    def ids(self) -> list[str]:
        return [e["Id"] for e in self.configuration.get("LambdaFunctionConfigurations", [])]


def refused(code: str, message: str = "No.") -> ClientError:
    """An error as S3 answers it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "PutBucketNotification")


def request(kind: str, **more: Any) -> dict[str, Any]:
    """A request of CloudFormation, without a ResponseURL."""
    return {
        "RequestType": kind,
        "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/tapstack-dev/1",
        "RequestId": "7f0c",
        "LogicalResourceId": "BucketNotifications",
        "ResourceProperties": PROPERTIES,
        **more,
    }


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The handler's module, which does not pause between tries."""
    module = load_handler("bucket_notifications")
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    return module


class Answers(list[dict[str, Any]]):
    """What arrived at a ResponseURL; the first `failures` of them were answered with 503."""

    url = ""
    failures = 0
    content_types: list[str | None]


@pytest.fixture
def answers() -> Iterator[Answers]:
    """A ResponseURL that keeps what is PUT to it."""
    received = Answers()
    received.content_types = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert len(body) <= 4096
            received.append(json.loads(body))
            received.content_types.append(self.headers["Content-Type"])
            self.send_response(503 if len(received) <= received.failures else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        received.url = f"http://127.0.0.1:{server.server_port}/answer"
        yield received
        server.shutdown()
        thread.join()


def test_create_sets_one_entry_per_suffix_and_keeps_all_others(function: ModuleType) -> None:
    """Create adds our entries to the bucket's configuration and loses nothing that was in it."""
    bucket = Bucket(OTHERS)
    physical_id = function.carry_out(request("Create"), bucket)
    assert physical_id == "uploads-bucket/tapstack-dev"
    assert bucket.ids == ["tapstack-dev2:.jpg", "tapstack-dev:.jpg", "tapstack-dev:.png"]
    assert bucket.configuration["EventBridgeConfiguration"] == {}
    assert bucket.configuration["QueueConfigurations"] == OTHERS["QueueConfigurations"]
    assert "ResponseMetadata" not in bucket.configuration
    assert bucket.configuration["LambdaFunctionConfigurations"][1] == {
        "Id": "tapstack-dev:.jpg",
        "LambdaFunctionArn": FUNCTION,
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {
            "Key": {
                "FilterRules": [
                    {"Name": "prefix", "Value": "uploads/"},
                    {"Name": "suffix", "Value": ".jpg"},
                ]
            }
        },
    }


def test_a_second_create_changes_nothing(function: ModuleType) -> None:
    """A request that is repeated finds its work done, however S3 spells and orders it."""
    bucket = Bucket()
    function.carry_out(request("Create"), bucket)
    entries = bucket.configuration["LambdaFunctionConfigurations"]
    entries.reverse()
    for rule in entries[0]["Filter"]["Key"]["FilterRules"]:
        rule["Name"] = rule["Name"].title()
    function.carry_out(request("Create"), bucket)
    assert len(bucket.writes) == 1


def test_update_replaces_only_our_entries(function: ModuleType) -> None:
    """Update removes suffixes that are gone and adds new ones; the resource stays the same."""
    bucket = Bucket(OTHERS)
    first = function.carry_out(request("Create"), bucket)
    changed = {**PROPERTIES, "Suffixes": [".png", ".jpeg"]}
    event = request("Update", ResourceProperties=changed, OldResourceProperties=PROPERTIES)
    assert function.carry_out(event, bucket) == first
    assert bucket.ids == ["tapstack-dev2:.jpg", "tapstack-dev:.png", "tapstack-dev:.jpeg"]


def test_update_to_another_owner_takes_the_former_owners_entries_away(function: ModuleType) -> None:
    """Entries under the old IdPrefix would overlap with the new ones, which S3 refuses."""
    bucket = Bucket()
    function.carry_out(request("Create"), bucket)
    changed = {**PROPERTIES, "IdPrefix": "renamed"}
    event = request("Update", ResourceProperties=changed, OldResourceProperties=PROPERTIES)
    assert function.carry_out(event, bucket) == "uploads-bucket/renamed"
    assert bucket.ids == ["renamed:.jpg", "renamed:.png"]


def test_update_to_another_bucket_is_a_replacement(function: ModuleType) -> None:
    """A new physical id makes CloudFormation delete the old resource with its old properties."""
    changed = {**PROPERTIES, "Bucket": "other-bucket"}
    event = request("Update", ResourceProperties=changed, OldResourceProperties=PROPERTIES)
    assert function.carry_out(event, Bucket()) == "other-bucket/tapstack-dev"


def test_delete_removes_only_our_entries(function: ModuleType) -> None:
    """Delete leaves the bucket as if we had never been there, without asking others' targets."""
    bucket = Bucket(OTHERS)
    function.carry_out(request("Create"), bucket)
    event = request("Delete", PhysicalResourceId="uploads-bucket/tapstack-dev")
    assert function.carry_out(event, bucket) == "uploads-bucket/tapstack-dev"
    assert bucket.configuration == OTHERS
    assert bucket.writes[-1]["SkipDestinationValidation"] is True


def test_delete_tolerates_a_missing_bucket(function: ModuleType) -> None:
    """A bucket that is gone has no notifications."""
    bucket = Bucket({"LambdaFunctionConfigurations": [{"Id": "tapstack-dev:.gif", "Events": []}]})
    bucket.configuration["LambdaFunctionConfigurations"][0]["LambdaFunctionArn"] = FUNCTION
    bucket.faults = [refused("NoSuchBucket")]
    function.carry_out(request("Delete", PhysicalResourceId="x"), bucket)


@pytest.mark.parametrize("properties", [PROPERTIES, {}])
def test_delete_of_what_could_not_be_created_succeeds(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, properties: dict[str, Any]
) -> None:
    """Whatever made Create fail does not keep the stack from rolling back."""
    monkeypatch.setattr(function, "PATIENCE_S", 0.0)
    bucket = Bucket()
    function.carry_out(request("Create"), bucket)
    bucket.faults = [refused("AccessDenied")] * 10
    function.carry_out(
        request("Delete", PhysicalResourceId="not-created", ResourceProperties=properties), bucket
    )


def test_delete_that_is_not_allowed_fails(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries that are still there are not reported as deleted."""
    monkeypatch.setattr(function, "PATIENCE_S", 0.0)
    bucket = Bucket()
    function.carry_out(request("Create"), bucket)
    bucket.faults = [refused("AccessDenied")] * 10
    with pytest.raises(ClientError, match="AccessDenied"):
        function.carry_out(request("Delete", PhysicalResourceId="x"), bucket)


@pytest.mark.parametrize(
    "fault",
    [
        refused("OperationAborted", "A conflicting conditional operation is in progress"),
        refused("InvalidArgument", "Unable to validate the following destination configurations"),
        refused("AccessDenied"),
        refused("SlowDown"),
    ],
)
def test_what_passes_is_tried_again(function: ModuleType, fault: ClientError) -> None:
    """Concurrent changes and permissions that are not known everywhere yet are waited out."""
    bucket = Bucket()
    bucket.faults = [fault, fault]
    function.carry_out(request("Create"), bucket)
    assert bucket.ids == ["tapstack-dev:.jpg", "tapstack-dev:.png"]


def test_what_does_not_pass_fails_at_once(function: ModuleType) -> None:
    """An overlap with somebody else's entries is not going to go away."""
    bucket = Bucket()
    bucket.faults = [refused("InvalidArgument", "Configurations overlap.")]
    with pytest.raises(ClientError, match="overlap"):
        function.carry_out(request("Create"), bucket)
    assert not bucket.writes


def test_a_destination_that_stays_invalid_is_reported(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A destination that stays invalid is reported with S3's own words."""
    monkeypatch.setattr(function, "PATIENCE_S", 0.0)
    bucket = Bucket()
    bucket.faults = [refused("InvalidArgument", "Unable to validate the following dest")] * 10
    with pytest.raises(ClientError, match="Unable to validate"):
        function.carry_out(request("Create"), bucket)


def test_a_write_that_another_writer_undid_is_made_again(function: ModuleType) -> None:
    """S3 has no conditional write for this: a read afterwards decides, and all entries stay."""
    bucket = Bucket()

    def somebody_writes_what_they_read_before() -> None:
        bucket.after_write = lambda: None
        bucket.configuration = deepcopy(OTHERS)

    bucket.after_write = somebody_writes_what_they_read_before
    function.carry_out(request("Create"), bucket)
    assert bucket.ids == ["tapstack-dev2:.jpg", "tapstack-dev:.jpg", "tapstack-dev:.png"]


@pytest.mark.parametrize("name", ["Bucket", "FunctionArn", "IdPrefix", "Prefix", "Suffixes"])
def test_a_missing_property_is_named(function: ModuleType, name: str) -> None:
    """The reason in the stack's events says what is wrong with the template."""
    properties = {key: value for key, value in PROPERTIES.items() if key != name}
    with pytest.raises(ValueError, match=name):
        function.carry_out(request("Create", ResourceProperties=properties), Bucket())


def call(function: ModuleType, event: dict[str, Any], s3: Any, remaining_s: float = 60.0) -> None:
    """Invoke the handler with `s3` as its client."""
    function.boto3 = SimpleNamespace(client=lambda *_, **__: s3)  # type: ignore[attr-defined]
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: remaining_s * 1000)
    function.handler(event, context)


def test_success_is_answered(function: ModuleType, answers: Answers) -> None:
    """The answer repeats the ids of the request; a content type would break the URL's signature."""
    call(function, request("Create", ResponseURL=answers.url), Bucket())
    assert list(answers) == [
        {
            "Status": "SUCCESS",
            "Reason": "done",
            "PhysicalResourceId": "uploads-bucket/tapstack-dev",
            "StackId": request("Create")["StackId"],
            "RequestId": "7f0c",
            "LogicalResourceId": "BucketNotifications",
        }
    ]
    assert not answers.content_types[0]


def test_failure_is_answered_with_its_reason(function: ModuleType, answers: Answers) -> None:
    """However long the reason is, the answer stays within CloudFormation's 4096 bytes."""
    bucket = Bucket()
    bucket.faults = [refused("InvalidArgument", "Überlappung " * 1000)]
    call(function, request("Create", ResponseURL=answers.url), bucket)
    assert answers[0]["Status"] == "FAILED"
    assert answers[0]["Reason"].startswith("ClientError: An error occurred (InvalidArgument)")
    assert answers[0]["PhysicalResourceId"] == "not-created"


def test_a_failed_update_keeps_the_resources_id(function: ModuleType, answers: Answers) -> None:
    """Another id would make CloudFormation delete the resource that is still in use."""
    changed = {**PROPERTIES, "Bucket": ""}
    event = request(
        "Update",
        ResponseURL=answers.url,
        PhysicalResourceId="uploads-bucket/tapstack-dev",
        ResourceProperties=changed,
        OldResourceProperties=PROPERTIES,
    )
    call(function, event, Bucket())
    assert answers[0]["Status"] == "FAILED"
    assert answers[0]["PhysicalResourceId"] == "uploads-bucket/tapstack-dev"


def test_an_answer_goes_out_before_the_function_times_out(
    function: ModuleType, answers: Answers
) -> None:
    """A call that hangs is given up while there is time to say so."""

    class Hanging:
        def get_bucket_notification_configuration(self, **_: Any) -> None:
            threading.Event().wait(60)

    call(function, request("Create", ResponseURL=answers.url), Hanging(), remaining_s=12.1)
    assert answers[0]["Status"] == "FAILED"
    assert "time was nearly over" in answers[0]["Reason"]


def test_an_answer_is_sent_again_until_it_arrives(function: ModuleType, answers: Answers) -> None:
    """A lost answer would hold the stack up until its timeout."""
    answers.failures = 2
    call(function, request("Create", ResponseURL=answers.url), Bucket())
    assert [answer["Status"] for answer in answers] == ["SUCCESS"] * 3


def test_an_answer_that_never_arrives_fails_the_invocation(
    function: ModuleType, answers: Answers
) -> None:
    """Lambda then tries the whole request again, which changes nothing that is already right."""
    answers.failures = 3
    with pytest.raises(OSError, match="503"):
        call(function, request("Create", ResponseURL=answers.url), Bucket())
