"""`tapstack state` and `up --state-from`: a deployed stack in a file, and back from it."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from PIL import Image

from harness.polling import wait_until
from harness.settings import Settings
from harness.targets.embedded import EmbeddedTarget
from harness.targets.ports import choose_port
from tests.integration.conftest import Tapstack


def clients(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, proxies={}),
    )


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(out, "JPEG")
    return out.getvalue()


def outputs(tapstack: Tapstack) -> dict[str, str]:
    status = json.loads(tapstack("status", "--json").stdout)
    return dict(status["stack"]["outputs"])


def process(endpoint: str, found: dict[str, str], key: str) -> None:
    """Upload a picture, and wait until it is there, processed and announced."""
    s3 = clients(endpoint, "s3")
    s3.put_object(Bucket=found["UploadBucketName"], Key=f"uploads/{key}.jpg", Body=picture())

    def done() -> list[str]:
        listed = s3.list_objects_v2(Bucket=found["ProcessedBucketName"]).get("Contents", [])
        return [each["Key"] for each in listed if key in each["Key"]]

    wait_until(done, deadline_s=60, describe="the processed picture")


def test_a_stack_comes_back_from_its_file(tapstack: Tapstack, state_dir: Path) -> None:
    port = str(choose_port(0))
    here = {"TAPSTACK_PORT": port}
    endpoint = f"http://127.0.0.1:{port}"
    up = tapstack("up", **here)
    assert up.returncode == 0, up.stderr
    before = outputs(tapstack)
    process(endpoint, before, "first")

    saved = tapstack("state", "save", "deployed", **here)
    assert (saved.returncode, "tapstack-dev" in saved.stdout) == (0, True), saved.stderr
    while_it_runs = tapstack("state", "list").stdout
    down = tapstack("down")
    assert (down.returncode, "nothing but saved states (deployed)" in down.stdout) == (0, True)
    listed = tapstack("state", "list")
    assert (listed.returncode, listed.stdout) == (0, while_it_runs), listed.stderr
    assert "deployed" in listed.stdout
    assert "  tapstack-dev and " in listed.stdout
    again = tapstack("up", "--state-from", "deployed", **here)

    assert again.returncode == 0, again.stderr
    assert "deployed is loaded" in again.stderr
    assert "tapstack-dev: nothing to change" in again.stderr
    assert outputs(tapstack) == before
    process(endpoint, before, "second")
    verified = tapstack("verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "deployed" in tapstack("state", "list").stdout
    ran = tapstack("up", "--state-from", "deployed", **here)
    assert "deployed is not loaded, as embedded ran already" in ran.stderr

    asked = tapstack("state", "reset")
    assert (asked.returncode, "Nothing was dropped" in asked.stderr) == (2, True)
    assert tapstack("state", "reset", "--yes").returncode == 0
    assert clients(endpoint, "s3").list_buckets()["Buckets"] == []

    tapstack("down")
    elsewhere = tapstack("up", "--state-from", "deployed", TAPSTACK_PORT="0")
    assert elsewhere.returncode == 2
    assert f"was saved at port {port}" in elsewhere.stderr
    assert tapstack("status").returncode == 3
    missing = tapstack("up", "--state-from", "other", **here)
    assert (missing.returncode, "There is no state other" in missing.stderr) == (2, True)
    assert tapstack("status").returncode == 3
    assert "is no name for a state" in tapstack("up", "--state-from", "../x", **here).stderr


def at_a_terminal(typed: str, *arguments: str, state: Path) -> tuple[int, str]:
    """The exit code of `tapstack ARGUMENTS` and what it says to who types that."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        done = subprocess.run(
            [sys.executable, "-P", "-m", "harness", *arguments, "--state", str(state)],
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stdout + done.stderr


def test_nothing_is_replaced_unasked(tapstack: Tapstack, target: EmbeddedTarget) -> None:
    """With nobody to ask that is no success; nobody is asked about a state that is not there."""
    here = {"TAPSTACK_STATE": str(target.state_dir)}
    target.client("s3").create_bucket(Bucket="stays")
    for typed in (tapstack("state", "load", "nosuch", *yes, **here) for yes in ((), ("--yes",))):
        assert (typed.returncode, typed.stdout) == (2, "")
        assert typed.stderr.startswith("There is no state nosuch.\nThere is none at all.")
    code, said = at_a_terminal("y\n", "state", "load", "nosuch", state=target.state_dir)
    assert (code, "There is no state nosuch" in said, "Replace" in said) == (2, True, False)

    assert tapstack("state", "save", "mine", **here).returncode == 0
    asked = tapstack("state", "load", "mine", **here)
    assert (asked.returncode, "Nothing was replaced" in asked.stderr) == (2, True)
    assert "state load mine --yes` does it" in asked.stderr
    code, said = at_a_terminal("n\n", "state", "load", "mine", state=target.state_dir)
    assert (code, "Replace all" in said, "Nothing was replaced" in said) == (0, True, True)
    assert [each["Name"] for each in target.client("s3").list_buckets()["Buckets"]] == ["stays"]


def test_saved_states_go_where_that_is_asked_for(tapstack: Tapstack, state_dir: Path) -> None:
    """Nothing has to run for it."""
    embedded = EmbeddedTarget(Settings(state_dir=state_dir, port=0))
    embedded.start()
    assert tapstack("state", "save", "mine").returncode == 0
    embedded.stop()
    assert "mine" in tapstack("state", "list").stdout
    done = tapstack("down", "--saved")
    assert (done.returncode, "Removed what was saved: mine." in done.stdout) == (0, True)
    assert "Nothing was saved" in tapstack("state", "list").stdout


def test_nothing_starts_for_a_state_that_is_not_there(tapstack: Tapstack, state_dir: Path) -> None:
    for name, sentence in (("nosuch", "There is no state nosuch"), ("../x", "is no name for")):
        done = tapstack("up", "--state-from", name, TARGET="embedded")
        assert (done.returncode, sentence in done.stderr) == (2, True), done.stderr
        assert not (state_dir / "emulator").exists()
    listed = tapstack("state", "list")
    assert (listed.returncode, "Nothing was saved" in listed.stdout) == (0, True)
