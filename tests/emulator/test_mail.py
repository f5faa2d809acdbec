"""The inbox: every mail that SNS would have sent, and the links in them."""

import json
import socketserver
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from harness.polling import wait_until
from harness.targets import own_routes
from tests.emulator.conftest import Emulator, StartEmulator


@pytest.fixture
def topic(sns: Any) -> Iterator[str]:
    arn = sns.create_topic(Name=f"mail-{uuid.uuid4().hex}")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


def get(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as answer:
        return str(answer.read().decode())


def mails(emulator: Emulator, topic: str, count: int, after: int = 0) -> list[dict[str, Any]]:
    """The mails of a topic, once there are `count` of them."""

    def found() -> list[dict[str, Any]]:
        answer = own_routes.ask(emulator.endpoint, f"/_localstack/mail?after={after}")
        return [each for each in answer["mails"] if each["topic"] == topic]

    return wait_until(
        found, until=lambda each: len(each) >= count, deadline_s=20, describe="the mails"
    )


def test_the_link_of_the_confirmation_confirms(emulator: Emulator, sns: Any, topic: str) -> None:
    """A person clicks it: no signature, no AWS client."""
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")

    (asking,) = mails(emulator, topic, 1)

    assert (asking["kind"], asking["to"]) == ("confirmation", "ops@example.com")
    assert asking["subject"] == "AWS Notification - Subscription Confirmation"
    assert asking["links"][0] in asking["text"]
    assert topic in asking["text"]
    sns.publish(TopicArn=topic, Message="too early")
    assert "SubscriptionArn" in get(asking["links"][0])
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert subscription["SubscriptionArn"].startswith(f"{topic}:")
    assert len(mails(emulator, topic, 1)) == 1  # what was published before is not sent


def test_a_notification_has_subject_text_and_a_link_that_unsubscribes(
    emulator: Emulator, sns: Any, topic: str
) -> None:
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    asking = mails(emulator, topic, 1)[0]
    sns.confirm_subscription(TopicArn=topic, Token=asking["token"])

    sns.publish(TopicArn=topic, Subject="Image processed", Message="all of the text\nin lines")
    sent = mails(emulator, topic, 1, after=asking["number"])[0]

    assert (sent["kind"], sent["subject"]) == ("notification", "Image processed")
    assert sent["text"].startswith("all of the text\nin lines\n")
    assert sent["links"][0] in sent["text"]
    get(sent["links"][0])
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_an_address_that_is_subscribed_again_is_asked_again(
    emulator: Emulator, sns: Any, topic: str
) -> None:
    for _ in range(2):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    first, second = mails(emulator, topic, 2)
    assert first["token"] == second["token"] != ""


def test_json_mail_is_one_document(emulator: Emulator, sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="email-json", Endpoint="ops@example.com")
    asking = mails(emulator, topic, 1)[0]
    sns.confirm_subscription(TopicArn=topic, Token=asking["token"])
    sns.publish(TopicArn=topic, Message="for programs")
    sent = mails(emulator, topic, 1, after=asking["number"])[0]
    assert json.loads(sent["text"])["Message"] == "for programs"


@pytest.mark.parametrize("after", ["-1", "x", "1.5"])
def test_a_number_that_is_none_is_refused(emulator: Emulator, after: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        own_routes.ask(emulator.endpoint, f"/_localstack/mail?after={after}")


class _Smtp(socketserver.StreamRequestHandler):
    """As much of an SMTP server (RFC 5321) as takes a mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (line := self.rfile.readline()) != b".\r\n":
                    self.server.received.append(line.decode().rstrip())  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 yes\r\n")
            if word == b"QUIT":
                return


def test_mails_are_handed_to_a_server_of_ones_own(start_emulator: StartEmulator) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.received = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        emulator = start_emulator(SMTP_HOST=f"127.0.0.1:{server.server_address[1]}")
        sns = emulator.client("sns")
        topic = sns.create_topic(Name="mail")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
        lines = wait_until(
            lambda: list(server.received),  # type: ignore[attr-defined]
            until=lambda found: any("ConfirmSubscription" in line for line in found),
            deadline_s=20,
            describe="the mail",
        )
        server.shutdown()
    assert "To: ops@example.com" in lines
    assert "Subject: AWS Notification - Subscription Confirmation" in lines
