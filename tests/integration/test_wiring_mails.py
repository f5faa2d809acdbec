"""The wiring scenario counts mails: one a notification for who has confirmed, none for others."""

import time
from collections.abc import Sequence

from harness.evidence.check import Check
from harness.evidence.observations import Observations
from harness.run.contracts import Guarantee, tried
from harness.run.probe import NotSeen, Probe
from harness.targets.inbox import read_mails
from scenarios import wiring
from tests.integration.place import Place
from tests.mutants.code_edits import Rewrite
from tests.mutants.mutant import Editing

TWICE = Rewrite(
    "image_processor/announcements",
    "publish",
    "sns.publish($...ARGUMENTS)",
    "sns.publish(TopicArn=topic_arn, Message=json.dumps(message))\nsns.publish($...ARGUMENTS)",
)


def probe_of(place: Place, name: str, edits: Sequence[Editing] = ()) -> Probe:
    """A probe of the project with these edits."""
    _, stack = place.deployed(name, edits)
    outputs = stack.outputs
    seen = Observations(
        upload_bucket=outputs["UploadBucketName"],
        processed_bucket=outputs["ProcessedBucketName"],
        started=time.time(),
        late_after_s=300,
        shows=(),
    )
    return Probe(place.target, stack, seen, place.settings.pictures, 45)


def counted(probe: Probe) -> Check:
    """What the scenario finds."""
    with probe.listening():
        try:
            return tried(wiring.mails, probe)
        finally:
            probe.stop()


def test_who_has_confirmed_is_mailed_once_and_nobody_else(place: Place) -> None:
    """The stack's own address, which nobody has confirmed, was only asked; nothing stays."""
    probe = probe_of(place, "once")
    check = counted(probe)
    assert (check.passed, check.detail) == (True, "3 notifications, each mailed once")
    asked = [mail.kind for mail in read_mails(place.target.endpoint) or [] if "ops@" in mail.to]
    assert set(asked) == {"confirmation"}
    topic = probe.stack.topic
    left = place.target.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert {each["Endpoint"] for each in left} == {"ops@example.com"}


def test_a_second_mail_about_an_upload_fails_it(place: Place) -> None:
    check = counted(probe_of(place, "twice", [TWICE]))
    assert check.passed is False
    assert check.detail.startswith("2 mails about uploads/")


def test_without_an_inbox_it_is_not_checked() -> None:
    """As on a target of somebody else's."""

    def keep(_: str) -> str:
        raise NotSeen("endpoint keeps no mails that could be counted")

    check = tried(Guarantee("mails", "mails", "source", keep), "a target")
    assert (check.passed, check.detail) == (None, "endpoint keeps no mails that could be counted")
