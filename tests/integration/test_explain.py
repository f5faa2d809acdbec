"""`tapstack explain` for uploads of one's own: what the deployed stack shows of them."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from harness.polling import wait_until
from harness.run.own_upload import NotUploaded, story
from harness.settings import Settings
from harness.stack.deployed import Stack
from harness.targets.embedded import EmbeddedTarget
from tests.integration.place import emulator_for
from tests.mutants.code_edits import Rewrite

type Deployed = tuple[EmbeddedTarget, Stack, Settings]

# Fails for a picture of this height with what the function's log shows, and Lambda retries it.
FAILS = Rewrite(
    "image_processor/handler",
    "_process",
    "image = imaging.process($DATA)",
    'image = imaging.process($DATA)\nif image.height == 77:\n    raise ValueError("not today")',
)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A stack with its bucket, in an emulator of its own."""
    with emulator_for(tmp_path_factory.mktemp("explain")) as place:
        settings, stack = place.deployed("explain", [FAILS])
        yield place.target, stack, settings


def put(
    deployed: Deployed, key: str, data: bytes, metadata: Mapping[str, str] | None = None
) -> str:
    """Upload it; the id of its version."""
    target, stack, _ = deployed
    answer = target.client("s3").put_object(
        Bucket=stack.outputs["UploadBucketName"], Key=key, Body=data, Metadata=metadata or {}
    )
    return str(answer["VersionId"])


def picture(width: int = 64, height: int = 48) -> bytes:
    """A JPEG of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "JPEG")
    return file.getvalue()


def told(deployed: Deployed, wanted: str, *parts: str) -> str:
    """The story of an upload, once it has all these parts."""
    target, stack, _ = deployed
    return wait_until(
        lambda: "\n".join(story(target, stack, wanted)),
        until=lambda text: all(part in text for part in parts),
        deadline_s=40,
        describe=f"{' and '.join(parts)} in the story of {wanted}",
    )


def story_of_version(deployed: Deployed, wanted: str, version: str) -> str:
    """What is told from this version on, once its attempt is over."""
    target, stack, _ = deployed

    def read() -> str:
        return "\n".join(story(target, stack, wanted)).partition(f"as version {version}")[2]

    ended = re.compile(r"attempt 1 .*: success(.*\n)+  notified   processed")
    return wait_until(
        read, until=ended.search, deadline_s=40, describe=f"the end of {wanted} {version}"
    )


@pytest.mark.parametrize(
    "wanted", ["uploads/cats/a b+ü.jpg", "cats/a b+ü.jpg", "a b+ü.jpg", "processed/cats/a b+ü.jpg"]
)
def test_a_picture_is_followed_from_its_upload_to_its_output(
    deployed: Deployed, wanted: str
) -> None:
    """By its key, its path, enough of its end, or the key of its output."""
    version = put(deployed, "uploads/cats/a b+ü.jpg", picture())
    text = story_of_version(deployed, wanted, version)
    request = re.findall(r"delivered  request ([0-9a-f-]{36}), sequencer \w+", text)[-1]
    assert re.search(r"attempt 1 \S+ \S+: success, \d+ ms, \d+ MB", text)
    assert re.search(rf"notified   processed \S+ \S+, by request {request}", text)
    assert re.search(r"output     processed/cats/a b\+ü.jpg, version \S+, image/jpeg 64x48, ", text)
    assert re.search(r"INFO Processed .*cats/a b\+ü.jpg", text)


@pytest.mark.parametrize(
    "metadata", [{"note": "x" * 2044}, {"source-version": "of-mine"}], ids=["full", "same name"]
)
def test_an_output_is_known_whatever_the_metadata_of_the_upload(
    deployed: Deployed, metadata: Mapping[str, str]
) -> None:
    """By its tag: they may leave no room for the function's, or have one of its names."""
    key = f"uploads/metadata/{len(str(metadata))}.jpg"
    version = put(deployed, key, picture(), metadata)
    text = story_of_version(deployed, key, version)
    assert re.search(r"output     processed/metadata/\d+.jpg, version \S+, image/jpeg ", text)


def test_a_picture_that_is_bad_has_its_reason(deployed: Deployed) -> None:
    """The one that people were notified of."""
    put(deployed, "uploads/bad.png", b"no picture at all")
    text = told(deployed, "bad.png", "version 1 of 1: rejected", "notified   rejected")
    assert re.search(r"why        \S+ .*\n  stored", text)
    assert "output     none" in text


def test_what_s3_notifies_nobody_of_is_said_with_what_it_does(deployed: Deployed) -> None:
    """A suffix in capitals is stored and not processed."""
    put(deployed, "uploads/CAPITALS.JPG", picture())
    text = told(deployed, "CAPITALS.JPG")
    assert "version 1 of 1: ignored" in text
    assert "uploads/*.jpg, uploads/*.jpeg, uploads/*.png, by case: rename it" in text


def test_attempts_that_failed_are_there_before_the_last_retry(deployed: Deployed) -> None:
    """With the function's own error in the log, and where it will be found in the end."""
    put(deployed, "uploads/fails.jpg", picture(99, 77))
    text = told(deployed, "fails.jpg", "version 1 of 1: not processed", "not today")
    assert re.search(r"attempt 1 \S+ \S+: error", text)
    assert "`tapstack redrive`" in text


def test_each_version_has_its_own_story(deployed: Deployed) -> None:
    """In the order in which they were stored, and a deletion behind them."""
    target, stack, _ = deployed
    first = put(deployed, "uploads/twice.jpg", picture(32, 16))
    told(deployed, "twice.jpg", "version 1 of 1: processed", "32x16")
    second = put(deployed, "uploads/twice.jpg", b"broken")
    target.client("s3").delete_object(
        Bucket=stack.outputs["UploadBucketName"], Key="uploads/twice.jpg"
    )
    text = told(deployed, "uploads/twice.jpg", "version 2 of 2: rejected")
    assert "version 1 of 2: processed" in text
    assert text.index(f"as version {first}") < text.index("32x16") < text.index(second)
    assert "deleted " in text


def test_what_is_not_there_is_answered_with_what_is(deployed: Deployed) -> None:
    """Keys that are alike, or all that end so."""
    put(deployed, "uploads/one/same.gif", b"")
    put(deployed, "uploads/two/same.gif", b"")
    target, stack, _ = deployed
    with pytest.raises(NotUploaded, match=r"ends 2 keys of \S+: uploads/one/same.gif, uploads/two"):
        story(target, stack, "same.gif")
    with pytest.raises(NotUploaded) as raised:
        story(target, stack, "uploads/one/sane.gif")
    assert "one/same.gif" in raised.value.remedy


def test_the_end_of_a_key_is_looked_for_in_runs_after_ones_own_uploads(deployed: Deployed) -> None:
    """Of several runs, all are named, the newest first."""
    old, new = "uploads/run-20260101T120000-1a2b", "uploads/run-20260102T120000-0000"
    put(deployed, f"{old}/user-140/once.gif", b"")
    for folder in (old, new):
        put(deployed, f"{folder}/user-140/🌄 dawn.gif", b"")
    assert f"{old}/user-140/once.gif\n" in told(deployed, "user-140/once.gif")
    target, stack, _ = deployed
    with pytest.raises(NotUploaded, match=rf"ends 2 keys of \S+: {new}/\S+ dawn.gif, {old}/"):
        story(target, stack, "user-140/🌄 dawn.gif")
    put(deployed, "uploads/user-140/🌄 dawn.gif", b"")
    assert told(deployed, "🌄 dawn.gif").startswith("uploads/user-140/🌄 dawn.gif\n")


def test_the_command_asks_the_stack_where_no_report_knows_the_key(
    deployed: Deployed, project_root: Path, tmp_path: Path
) -> None:
    """A key that neither has is one problem, and no traceback."""
    put(deployed, "uploads/mine.jpg", picture())
    told(deployed, "mine.jpg", "version 1 of 1: processed")
    found = run(deployed, project_root, tmp_path, "mine.jpg")
    assert found.returncode == 0, found.stderr
    assert "version 1 of 1: processed" in found.stdout
    missing = run(deployed, project_root, tmp_path, "yours.tiff")
    assert missing.returncode == 2
    bucket = deployed[1].outputs["UploadBucketName"]
    assert missing.stderr.splitlines() == [
        f"There is no report of a run in {tmp_path}/latest, and {bucket} has no upload "
        "'yours.tiff'.",
        "Name a key of that bucket, or its end.",
    ]
    assert "Traceback" not in missing.stderr


def run(
    deployed: Deployed, project_root: Path, reports: Path, key: str
) -> subprocess.CompletedProcess[str]:
    """`tapstack explain KEY` with an empty folder of reports."""
    settings = deployed[2]
    own: Mapping[str, str] = {
        "TAPSTACK_STATE": str(settings.state_dir),
        "TAPSTACK_REPORTS": str(reports),
        "ENVIRONMENT": settings.suffix,
    }
    return subprocess.run(
        [sys.executable, "-P", "-m", "harness", "explain", key],
        cwd=project_root,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def command(deployed: Deployed, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `tapstack ARGUMENTS` on this stack."""
    _, _, settings = deployed
    return subprocess.run(
        [sys.executable, "-P", "-m", "harness", *arguments, "--state", str(settings.state_dir)],
        env={**os.environ, "TARGET": "embedded", "ENVIRONMENT": settings.suffix},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_log_lines_of_one_key(deployed: Deployed) -> None:
    """By enough of its end; of another key that is handled at the same time, none."""
    put(deployed, "uploads/logged/one.jpg", picture())
    put(deployed, "uploads/logged/other.jpg", picture())
    for name in ("one", "other"):
        told(deployed, f"logged/{name}.jpg", "notified   processed")
    shown = command(deployed, "logs", "one.jpg", "--since", "10m", "--function", "processor")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "INFO Processed" in shown.stdout
    assert "platform.report" in shown.stdout
    assert "uploads/logged/other.jpg" not in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("never.jpg",), "No function has logged"),
        (("--since", "yesterday"), "'yesterday' is not a time"),
        (("--function", "payroll"), "There is no function 'payroll'"),
        (("one.jpg", "--follow"), "Use one of them"),
        (("--emulator", "--since", "5m"), "Use -n alone"),
    ],
)
def test_log_lines_that_cannot_be_had_are_said(
    deployed: Deployed, arguments: tuple[str, ...], said: str
) -> None:
    shown = command(deployed, "logs", *arguments)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in shown.stderr


def test_the_environment_for_other_tools(deployed: Deployed) -> None:
    """In a shell that evaluates it, an SDK reaches the target whatever was set before."""
    _, _, settings = deployed
    tapstack = f"{sys.executable} -P -m harness env --state '{settings.state_dir}'"
    ask = "import boto3; print(boto3.client('s3').list_buckets()['Buckets'])"
    shown = subprocess.run(
        [
            *("sh", "-euc"),
            f'eval "$({tapstack})"; {sys.executable} -c "{ask}"; eval "$({tapstack} --unset)"; '
            'echo "left: ${AWS_ENDPOINT_URL-} ${AWS_REGION-} ${AWS_ACCESS_KEY_ID-}"',
        ],
        env={
            **os.environ,
            **{"TARGET": "embedded", "AWS_PROFILE": "of-mine", "AWS_SESSION_TOKEN": "mine"},
            **{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"},
            **{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "image-upload-bucket" in shown.stdout
    assert shown.stdout.endswith("left:   \n")
