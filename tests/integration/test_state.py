"""`tapstack state` and `up --state-from`: a deployed stack in a file, and back from it."""

import io
import json
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from PIL import Image

from harness.polling import wait_until
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
    assert tapstack("down").returncode == 0
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
    assert (asked.returncode, "Nothing was dropped" in asked.stdout) == (0, True)
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
