"""The emulator's own routes are its owner's: functions reach them, and may not use them."""

import json
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.parse import quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.emulator.conftest import Emulator, StartEmulator
from tests.emulator.functions import function_of, role_for, zipped
from tests.emulator.iam import allow, session_of

ASKS = """
import os
import urllib.error
import urllib.request

def handler(event, context):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + event["path"])
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as refusal:
        return refusal.code
"""
OWN = [
    "/_localstack/chaos",
    "/_localstack/plugins",
    "/_localstack/diagnose",
    "//_localstack/chaos",
    "/_tapstack/iam",
    "/_tapstack/isolation",
    "/_aws/ses",
    "/_aws/sqs/messages",
    "/_aws/sns/sms-messages",
    "/_aws/cloudwatch/metrics/raw",
    "/_aws/lambda/runtimes",
    "/_aws/lambda-url",
]


def ask(
    emulator: Emulator, path: str, method: str = "GET", signer: Credentials | None = None
) -> tuple[int, str]:
    """The status and the body of an answer."""
    signed = AWSRequest(method, emulator.endpoint + path, headers={"User-Agent": "test"})
    if signer:
        SigV4Auth(signer, "tapstack", "us-east-1").add_auth(signed)
    request = urllib.request.Request(
        signed.url, headers=dict(signed.headers.items()), method=method
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.read().decode()


@pytest.fixture
def queue(emulator: Emulator) -> Iterator[str]:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="secret")
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("path", OWN)
def test_without_the_owners_signature_it_is_closed(emulator: Emulator, path: str) -> None:
    """One sentence says how to sign."""
    for method in ("GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD"):
        status, body = ask(emulator, path, method)
        assert status == 403, method
        if method != "HEAD":
            assert "sign the request with the key test" in body


@pytest.mark.parametrize("path", ["health", "info", "init", "init/ready"])
def test_tools_see_that_it_runs(emulator: Emulator, path: str) -> None:
    """Testcontainers and health checks of CI do not sign."""
    assert ask(emulator, f"/_localstack/{path}")[0] == 200
    if path == "health":
        assert ask(emulator, f"/_localstack/{path}", "HEAD")[0] == 200
    assert ask(emulator, f"/_localstack/{path}", "PUT")[0] == 403


def test_a_function_cannot_use_them(emulator: Emulator) -> None:
    """It reads no queue that its role may not read, and has nothing go wrong for others."""
    with (
        role_for(emulator) as role,
        function_of(emulator, zipped(ASKS), role) as function,
    ):
        for path in ("/_aws/sqs/messages", "/_localstack/chaos", "/_tapstack/iam"):
            answer = emulator.client("lambda").invoke(
                FunctionName=function, Payload=json.dumps({"path": path})
            )
            assert json.load(answer["Payload"]) == 403, path


def test_only_the_owner_reads_a_queue_past_its_policy(emulator: Emulator, queue: str) -> None:
    """Not a role of the account, whatever it may do; not the root of another account."""
    path = f"/_aws/sqs/messages?QueueUrl={quote(queue, safe='')}"
    with session_of(emulator, allow("*")) as (_, client):
        role = client("sqs")._request_signer._credentials
        assert ask(emulator, path, signer=role)[0] == 403
    assert ask(emulator, path, signer=Credentials("222222222222", "test"))[0] == 403
    assert ask(emulator, path, signer=Credentials("test", "wrong"))[0] == 403
    status, messages = ask(emulator, path, signer=Credentials("test", "test"))
    assert (status, "secret" in messages) == (200, True)


def test_curl_signs_as_the_refusal_says(emulator: Emulator, queue: str) -> None:
    """Bodies and parameters too, as the examples of emulator/README.md have them."""
    for path, arguments in (
        ("/_localstack/chaos", []),
        ("/_localstack/chaos/seed", ["--data", '{"seed": 0}']),
        (f"/_aws/sqs/messages/{queue.partition('/queue/')[2]}", []),
    ):
        answer = subprocess.run(
            [
                *("curl", "--silent", "--noproxy", "*", "--output", "/dev/null"),
                *("--write-out", "%{http_code}"),
                *("--aws-sigv4", "aws:amz:us-east-1:tapstack", "--user", "test:test"),
                *(emulator.endpoint + path, *arguments),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert answer.stdout == "200", path


def test_what_aws_shows_to_everybody_stays_open(emulator: Emulator) -> None:
    """The certificate of SNS's messages, and endpoints with an authorization of their own."""
    emulator.client("sns").list_topics()
    certificate = "/_aws/sns/SimpleNotificationService-6c6f63616c737461636b69736e696365.pem"
    assert ask(emulator, certificate)[0] == 200
    assert "sign the request" not in ask(emulator, "/_aws/lambda-url/us-east-1/nobody/")[1]
    assert "sign the request" not in ask(emulator, "/_aws/execute-api/nobody/test/")[1]


def test_who_verifies_no_signature_asks_for_none(start_emulator: StartEmulator) -> None:
    emulator = start_emulator(TAPSTACK_SIGNATURES="off")
    assert ask(emulator, "/_localstack/chaos")[0] == 200
