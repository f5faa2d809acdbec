"""The console's pages Dashboard, Inbox, Failures and Resources: what the stack has of each."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from harness.polling import wait_until
from harness.targets.inbox import read_mails
from tests.browser import SOON_MS
from tests.integration.conftest import Tapstack
from tests.integration.console.conftest import Console, picture


def test_the_numbers_of_the_dashboard_are_those_of_get_metric_data(
    page: Page, console: Console
) -> None:
    s3, bucket = console.target.client("s3"), console.stack.outputs["UploadBucketName"]
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"uploads/counted-{number}.jpg", Body=picture(64, 48))
    page.keyboard.press("1")
    expect(page.locator(".row.processed", has_text="counted-")).to_have_count(3)
    page.keyboard.press("2")
    widget = page.locator(".card", has=page.locator('img[alt^="Invocations and errors"]'))
    widget.locator("summary", has_text="numbers").click()
    # A datapoint is drawn once its minute is over, and at the next look after that.
    expect(widget.locator("td").first).not_to_be_empty(timeout=2 * SOON_MS)
    call = json.loads(_call_of(widget))
    answer = console.target.client("cloudwatch").get_metric_data(**call)
    expected = {
        f"{at:%Y-%m-%d %H:%M}": value
        for result in answer["MetricDataResults"]
        if result["Label"] == "Invocations"
        for at, value in zip(result["Timestamps"], result["Values"], strict=True)
    }
    shown = {
        row.locator("th").inner_text(): float(row.locator("td").first.inner_text())
        for row in widget.locator("tbody tr").all()
    }
    assert shown == expected
    assert sum(shown.values()) >= 3


def _call_of(widget: Locator) -> str:
    widget.locator("summary", has_text="GetMetricData").click()
    return widget.locator("details", has_text="GetMetricData").locator("pre").inner_text()


@pytest.mark.parametrize(("state", "reason"), [("ALARM", "set by a test"), ("OK", "and set back")])
def test_an_alarm_turns_red_with_its_reason_and_green_again(
    page: Page, console: Console, state: str, reason: str
) -> None:
    cloudwatch = console.target.client("cloudwatch")
    name = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    alarm = page.locator(".alarms li", has_text=name)
    page.keyboard.press("2")

    def set_and_look() -> str:
        """The evaluation, once a minute, may come first: only a change has its reason."""
        other = "OK" if state == "ALARM" else "ALARM"
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=other, StateReason="before it")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)
        page.wait_for_timeout(3000)
        return alarm.first.inner_text()

    wait_until(
        set_and_look,
        until=lambda text: state in text and reason in text,
        deadline_s=120,
        describe=f"{name} in {state}",
    )


def test_an_address_is_confirmed_by_its_mail(page: Page, console: Console) -> None:
    sns, topic = console.target.client("sns"), console.stack.outputs["NotificationTopicArn"]
    page.keyboard.press("3")
    asking = page.locator(".row.confirmation", has_text="ops@example.com")
    asking.first.click()
    letter = page.locator("#story .letter")
    expect(letter).to_contain_text("Action=ConfirmSubscription")
    page.locator("#confirm").click()
    expect(page.locator("#story .good")).to_contain_text("is confirmed")
    sns.publish(TopicArn=topic, Subject="Image processed", Message="<b>as text</b>")
    wait_until(
        lambda: [mail.kind for mail in read_mails(console.target.endpoint) or []],
        until=lambda kinds: "notification" in kinds,
        deadline_s=60,
        describe="the notification in the emulator's inbox",
    )
    sent = page.locator(".row.notification", has_text="Image processed")
    sent.first.click()
    expect(letter).to_contain_text("<b>as text</b>")
    expect(letter).to_contain_text("unsubscribe")


def test_the_mails_in_the_terminal(tapstack: Tapstack, console: Console) -> None:
    state = str(console.settings.state_dir)
    shown = tapstack("mail", TAPSTACK_STATE=state)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "AWS Notification - Subscription Confirmation" in shown.stdout
    mails = json.loads(tapstack("mail", "--json", TAPSTACK_STATE=state).stdout)
    assert mails[0]["links"][0].startswith("http://")


def test_what_failed_is_sent_again_after_a_look(page: Page, console: Console) -> None:
    target, outputs = console.target, console.stack.outputs
    key = "uploads/failed-for-good.jpg"
    target.client("s3").put_object(
        Bucket=outputs["UploadBucketName"], Key=f"{key}", Body=picture(64, 48)
    )
    event = {"bucket": {"name": outputs["UploadBucketName"]}, "object": {"key": key}}
    record = {
        "timestamp": "2026-01-01T00:00:00.000Z",
        "requestContext": {
            **{"requestId": "11111111-1111-4111-8111-111111111111"},
            **{"functionArn": outputs["FunctionArn"], "condition": "RetriesExhausted"},
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"Records": [{"s3": event}]},
        "responsePayload": {"errorMessage": "<i>out of memory</i>"},
    }
    sqs, queue = target.client("sqs"), outputs["FailureQueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(record))
    page.keyboard.press("4")
    failure = page.locator(".failure", has_text="failed-for-good.jpg")
    expect(failure).to_contain_text("would be sent again")
    expect(failure).to_contain_text("RetriesExhausted after 3 attempts")
    expect(failure).to_contain_text("<i>out of memory</i>")
    page.locator("#send").click()
    expect(failure).to_contain_text("✔ sent again")
    expect(page.locator(".said")).to_contain_text("1 of 1 sent")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}


def test_the_stack_its_objects_and_its_logs(page: Page, console: Console) -> None:
    outputs = console.stack.outputs
    console.target.client("s3").put_object(
        Bucket=outputs["UploadBucketName"], Key="uploads/looked-at/one.jpg", Body=picture(64, 48)
    )
    page.keyboard.press("6")
    expect(page.locator("td", has_text=outputs["FunctionArn"])).to_have_count(1)
    page.get_by_role("button", name=outputs["UploadBucketName"]).click()
    for name in ("uploads/", "looked-at/", "one.jpg"):
        page.get_by_role("button", name=name).click()
    shown = page.locator(".frame img")
    expect(shown).to_be_visible()
    assert shown.evaluate("each => each.decode().then(() => each.naturalWidth)") == 64
    page.get_by_role("button", name="log: image-processor").click()
    expect(page.locator(".tail")).to_contain_text("looked-at/one.jpg")
    page.keyboard.press("/")
    page.keyboard.type('{ $.message = "Nothing like it" }')
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("No line of the last 15 minutes")
    page.keyboard.press("Escape")
