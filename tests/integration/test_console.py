"""`tapstack console` in a real browser: what a person sees and does there."""

import io
import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from harness.polling import wait_until
from harness.settings import Settings, read_settings
from harness.stack.deploy import bring_up
from harness.stack.deployed import Stack
from harness.targets.embedded import EmbeddedTarget
from harness.targets.inbox import read_mails
from tests.browser import chromium
from tests.integration.conftest import Tapstack

SOON_MS = 60_000  # a busy machine


@dataclass(frozen=True)
class Console:
    """A console that runs, and the stack that it shows."""

    link: str
    target: EmbeddedTarget
    stack: Stack
    settings: Settings
    reports: Path

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token(self) -> str:
        return urlsplit(self.link).fragment.removeprefix("token=")


@pytest.fixture(scope="module")
def console(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console as a person starts it, beside a stack in an emulator of its own."""
    state = tmp_path_factory.mktemp("state")
    reports = tmp_path_factory.mktemp("reports")
    settings = read_settings({"state_dir": state, "target": "embedded"}, {"TAPSTACK_PORT": "0"})
    target = EmbeddedTarget(settings)
    stack = bring_up(target, settings)
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness", "console", "--listen", "0"],
        cwd=project_root,
        env={
            **os.environ,
            **{"TAPSTACK_STATE": str(state), "TAPSTACK_REPORTS": str(reports)},
            **{"TARGET": "embedded", "TAPSTACK_PORT": "0"},
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert command.stdout
        yield Console(command.stdout.readline().strip(), target, stack, settings, reports)
    finally:
        command.terminate()
        command.wait(timeout=30)
        target.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser: Browser, console: Console) -> Iterator[Page]:
    """The page, opened by its link; it may write nothing to the browser's console."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(console.link)
    expect(page.locator("#state")).to_contain_text("live", timeout=SOON_MS)
    yield page
    page.close()
    assert not said


@pytest.fixture(scope="module")
def uploads_of_others(console: Console) -> None:
    """One upload that is processed, one that is rejected, and one that the function never gets."""
    s3, bucket = console.target.client("s3"), console.stack.outputs["UploadBucketName"]
    s3.put_object(Bucket=bucket, Key="uploads/from-elsewhere.png", Body=picture(form="PNG"))
    s3.put_object(Bucket=bucket, Key="uploads/broken.png", Body=b"no picture")
    s3.put_object(Bucket=bucket, Key="uploads/notes.txt", Body=b"no picture either")


def picture(width: int = 1600, height: int = 1200, form: str = "JPEG") -> bytes:
    """A picture's bytes."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, form)
    return file.getvalue()


def test_the_token_leaves_the_address_bar(page: Page, console: Console) -> None:
    assert "token" not in page.url
    assert console.token


def test_a_photo_is_dropped_and_seen(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "a & <b>odd</b>.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    )
    story = page.locator("#story")
    expect(story).to_contain_text("1600 × 1200", timeout=SOON_MS)
    expect(story).to_contain_text("1024 × 768")
    expect(story).to_contain_text("published")
    expect(story.locator(".log")).to_contain_text("Processed", timeout=SOON_MS)
    expect(page.locator(".row.processed", has_text="a & <b>odd<-b>.jpg")).to_have_count(1)
    for image in story.locator("img").all():
        assert image.evaluate("each => each.decode().then(() => each.naturalWidth)") == 640


@pytest.mark.usefixtures("uploads_of_others")
def test_uploads_of_others_appear(page: Page) -> None:
    wait = {"timeout": SOON_MS}
    expect(page.locator(".row.processed", has_text="from-elsewhere.png")).to_have_count(1, **wait)
    expect(page.locator(".row.rejected", has_text="broken.png")).to_have_count(1, **wait)
    expect(page.locator(".row.ignored", has_text="notes.txt")).to_have_count(1, **wait)


@pytest.mark.usefixtures("uploads_of_others")
def test_what_is_no_picture_is_not_shown(page: Page) -> None:
    page.locator(".row", has_text="broken.png").click(timeout=SOON_MS)
    expect(page.locator("#story .frame")).to_contain_text("no picture", timeout=SOON_MS)
    expect(page.locator("#story .problem")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator("#story")).to_be_hidden()


def test_a_file_that_the_function_does_not_get_is_refused_with_the_reason(page: Page) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "photo.JPG", "mimeType": "image/jpeg", "buffer": picture(8, 8)}
    )
    expect(page.locator(".said.problem")).to_contain_text("capitals count")


@pytest.mark.usefixtures("uploads_of_others")
def test_the_keyboard_is_enough(page: Page) -> None:
    for name in ("from-elsewhere", "broken"):
        expect(page.locator(".row", has_text=name)).to_have_count(1, timeout=SOON_MS)
    page.keyboard.press("/")
    page.keyboard.type("from-elsewhere")
    expect(page.locator(".row")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".row")).not_to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#story h2")).to_contain_text("uploads/")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Host": "evil.example"}),
        ("GET", {"Origin": "http://evil.example"}),
        ("GET", {"Sec-Fetch-Site": "cross-site"}),
        ("PUT", {}),
        ("PUT", {"X-TapStack-Token": "guess"}),
    ],
)
def test_strangers_are_refused(console: Console, method: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(
        f"{console.origin}/api/photo?name=x.jpg", b"" if method == "PUT" else None, method=method
    )
    for name, value in headers.items():
        request.add_header(name, value)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 403
    assert "frame-ancestors 'none'" in refused.value.headers["Content-Security-Policy"]


def test_it_says_since_when_the_target_is_gone_and_finds_it_again(
    page: Page, console: Console
) -> None:
    console.target.stop()
    expect(page.locator("#gone")).to_contain_text("Gone since", timeout=SOON_MS)
    bring_up(console.target, console.settings)
    expect(page.locator("#gone")).to_be_hidden(timeout=SOON_MS)


def test_the_numbers_of_the_dashboard_are_those_of_get_metric_data(
    page: Page, console: Console
) -> None:
    s3, bucket = console.target.client("s3"), console.stack.outputs["UploadBucketName"]
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"uploads/counted-{number}.jpg", Body=picture(64, 48))
    page.keyboard.press("1")
    wait = {"timeout": SOON_MS}
    expect(page.locator(".row.processed", has_text="counted-")).to_have_count(3, **wait)
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
    asking.first.click(timeout=SOON_MS)
    letter = page.locator("#story .letter")
    expect(letter).to_contain_text("Action=ConfirmSubscription", timeout=SOON_MS)
    page.locator("#confirm").click()
    expect(page.locator("#story")).to_contain_text("is confirmed", timeout=SOON_MS)
    sns.publish(TopicArn=topic, Subject="Image processed", Message="<b>as text</b>")
    wait_until(
        lambda: [mail.kind for mail in read_mails(console.target.endpoint) or []],
        until=lambda kinds: "notification" in kinds,
        deadline_s=60,
        describe="the notification in the emulator's inbox",
    )
    sent = page.locator(".row.notification", has_text="Image processed")
    sent.first.click(timeout=SOON_MS)
    expect(letter).to_contain_text("<b>as text</b>", timeout=SOON_MS)
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
    expect(failure).to_contain_text("would be sent again", timeout=SOON_MS)
    expect(failure).to_contain_text("RetriesExhausted after 3 attempts")
    expect(failure).to_contain_text("<i>out of memory</i>")
    page.locator("#send").click()
    expect(failure).to_contain_text("✔ sent again", timeout=SOON_MS)
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
    expect(page.locator("td", has_text=outputs["FunctionArn"])).to_have_count(1, timeout=SOON_MS)
    page.get_by_role("button", name=outputs["UploadBucketName"]).click()
    for name in ("uploads/", "looked-at/", "one.jpg"):
        page.get_by_role("button", name=name).click(timeout=SOON_MS)
    shown = page.locator(".frame img")
    expect(shown).to_be_visible(timeout=SOON_MS)
    assert shown.evaluate("each => each.decode().then(() => each.naturalWidth)") == 64
    page.get_by_role("button", name="log: image-processor").click()
    expect(page.locator(".tail")).to_contain_text("looked-at/one.jpg", timeout=SOON_MS)
    page.keyboard.press("/")
    page.keyboard.type('{ $.message = "Nothing like it" }')
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("No line of the last 15 minutes", timeout=SOON_MS)
    page.keyboard.press("Escape")


def test_nothing_beside_the_stack_is_shown(console: Console) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{console.origin}/api/objects?bucket=of-others", timeout=30)
    assert refused.value.code == 409


def test_a_scenario_is_started_watched_to_its_end_and_its_report_opened(
    page: Page, console: Console
) -> None:
    page.keyboard.press("5")
    if not finished_runs(console):
        no_run = "No run has been finished yet"
        expect(page.locator("main")).to_contain_text(no_run, timeout=SOON_MS)
    expect(page.locator("#scenario option")).not_to_have_count(0, timeout=SOON_MS)
    page.locator("#images").fill("20")
    page.locator("#day").fill("3s")
    page.locator("#start").click()
    expect(page.locator(".progress")).to_contain_text("of 20 images processed", timeout=SOON_MS)
    expect(page.locator("#start")).to_be_disabled()
    expect(page.locator(".output")).to_contain_text("PASSED daily-load", timeout=3 * SOON_MS)
    expect(page.locator(".said.good")).to_have_text("daily-load: ✔ passed", timeout=SOON_MS)
    expect(page.locator(".progress")).to_have_count(0)
    row = page.locator(".row.report", has_text="20 of 20 images as they should be").first
    expect(row).to_contain_text("✔ passed", timeout=SOON_MS)
    row.focus()
    said: list[str] = []
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    report = opened.value
    report.on("pageerror", lambda error: said.append(str(error)))
    expect(report.locator(".verdict .word")).to_contain_text("PASSED")
    expect(report.locator("#images tbody tr[data-place]")).not_to_have_count(0)
    assert report.evaluate("origin") == "null"  # neither the token nor the console's API
    report.locator("#query").fill("outcome:wrong")
    expect(report.locator("#shown-count")).to_have_text("0 of 20")
    report.close()
    assert not said


def finished_runs(console: Console) -> list[Path]:
    return list(console.reports.glob("*-daily-load"))


def test_a_run_of_the_terminal_is_watched_to_its_end_and_compared(
    page: Page, console: Console, tapstack: Tapstack
) -> None:
    places = {
        "TAPSTACK_STATE": str(console.settings.state_dir),
        "TAPSTACK_REPORTS": str(console.reports),
    }
    daily_load = ("run", "daily-load", "--images", "20", "--day")
    if not finished_runs(console):
        tapstack(*daily_load, "3s", **places)
    page.keyboard.press("1")
    running = threading.Thread(target=tapstack, args=(*daily_load, "4s"), kwargs=places)
    running.start()
    try:
        shown = page.locator(".progress")
        expect(shown).to_contain_text("daily-load on tapstack-dev", timeout=SOON_MS)
        expect(shown).to_contain_text("20 of 20 images processed", timeout=2 * SOON_MS)
        page.locator("nav a", has_text="Runs").click()
        expect(page.locator("#start")).to_be_disabled()
        page.keyboard.press("1")
        expect(shown).to_contain_text("has ended", timeout=2 * SOON_MS)
    finally:
        running.join()
    shown.locator("a").click()
    boxes = page.locator(".choice input")
    expect(boxes).to_have_count(2, timeout=SOON_MS)
    for box in boxes.all():
        box.check()
    page.locator("#compare").click()
    compared = page.locator("#story")
    expect(compared).to_contain_text("day: 3.0 then, 4.0 now", timeout=SOON_MS)
    expect(compared.locator("tbody tr", has_text="throughput")).to_contain_text("images/s")
    page.keyboard.press("Escape")


def test_what_cannot_be_started_is_said(page: Page) -> None:
    page.keyboard.press("5")
    expect(page.locator("#scenario option")).not_to_have_count(0, timeout=SOON_MS)
    page.locator("#scenario").select_option("contract")
    expect(page.locator("#images")).to_be_disabled()
    page.locator("#scenario").select_option("daily-load")
    page.locator("#images").fill("no")
    page.locator("#start").click()
    expect(page.locator(".said.problem")).to_contain_text("'no' is not a number of images")


# Of each page what is there once it has been filled.
FILLED = {
    "pipeline": ".row",
    "dashboard": ".card img",
    "inbox": ".row.mail",
    "failures": ".said:not(:empty)",
    "runs": "#scenario option",
    "resources": ".bar button",
}


@pytest.fixture(scope="module")
def looks(browser: Browser, console: Console, uploads_of_others: None) -> Iterator[dict[str, Page]]:
    """The console in light and in dark, for axe-core, which the page's own policy keeps out."""
    windows = {
        scheme: browser.new_page(color_scheme=scheme, bypass_csp=True)
        for scheme in ("light", "dark")
    }
    for window in windows.values():
        window.goto(console.link)
    yield windows
    for window in windows.values():
        window.close()


@pytest.mark.parametrize("name", FILLED)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(looks: dict[str, Page], scheme: str, name: str) -> None:
    """On any page, with an upload and a mail opened; nor does anything scroll sideways at 320."""
    window = looks[scheme]
    window.set_viewport_size({"width": 1280, "height": 720})
    window.evaluate("name => { location.hash = name; }", name)
    expect(window.locator(FILLED[name]).first).to_be_attached(timeout=SOON_MS)
    if name in ("pipeline", "inbox"):
        window.locator(".row").first.click()
        expect(window.locator("#story")).to_be_visible(timeout=SOON_MS)
    found = [
        (each["id"], each["impact"], [node["html"] for node in each["nodes"]])
        for each in Axe().run(window).response["violations"]
        if each["impact"] in ("serious", "critical") or each["id"] == "page-has-heading-one"
    ]
    assert found == []
    window.set_viewport_size({"width": 320, "height": 700})
    assert window.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_page_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    """What can be clicked can be reached by Tab, and the focus is seen."""
    for number in range(1, len(FILLED) + 1):
        page.keyboard.press("Escape")  # out of a field, where a number is one
        page.keyboard.press(str(number))
        expect(page.locator("nav a[aria-current]")).to_contain_text(str(number))
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => {
                const it = document.activeElement;
                return [it.tagName, getComputedStyle(it).outlineStyle];
            }"""
        )
        assert focus[0] not in ("BODY", "MAIN")
        assert focus[1] == "solid" or focus[0] in ("INPUT", "SELECT")
    beyond = page.evaluate(
        """() => [...document.querySelectorAll("[onclick], .row, button, a, summary")]
            .filter((it) => it.offsetParent && it.tabIndex < 0).map((it) => it.outerHTML)"""
    )
    assert beyond == []


@pytest.mark.parametrize("path", ["..%2f..%2fetc/passwd", "latest/report.html", "x/report.html"])
def test_only_reports_are_served(console: Console, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{console.origin}/reports/{path}", timeout=30)
    assert refused.value.code == 404
