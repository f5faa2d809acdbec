"""`tapstack empty`: a bucket without anything in it, and what stays is said."""

import uuid

from harness.targets.embedded import EmbeddedTarget
from tests.integration.conftest import Tapstack


def test_every_version_and_marker_goes_if_it_is_agreed(
    tapstack: Tapstack, target: EmbeddedTarget
) -> None:
    s3, name = target.client("s3"), f"full-{uuid.uuid4().hex[:12]}"
    here = {"TAPSTACK_STATE": str(target.state_dir)}
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=name, Key="a", Body=body)
    s3.delete_object(Bucket=name, Key="a")

    asked = tapstack("empty", name, **here)
    assert (asked.returncode, "2 versions of objects" in asked.stdout) == (2, True)
    assert asked.stderr.startswith("Nothing was deleted.")
    assert "1 delete marker" in asked.stdout
    assert len(s3.list_object_versions(Bucket=name)["Versions"]) == 2

    done = tapstack("empty", name, "--yes", **here)
    assert done.returncode == 0, done.stderr
    left = s3.list_object_versions(Bucket=name)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers")
    assert "holds nothing" in tapstack("empty", name, **here).stdout
    s3.delete_bucket(Bucket=name)

    gone = tapstack("empty", name, "--yes", **here)
    assert (gone.returncode, "There is no bucket" in gone.stderr) == (2, True)


def test_what_is_held_stays_and_is_said(tapstack: Tapstack, target: EmbeddedTarget) -> None:
    """A legal hold keeps a version ("S3 Object Lock", User Guide)."""
    s3, name = target.client("s3"), f"held-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    held = {"Key": "held", "Body": b"x", "ObjectLockLegalHoldStatus": "ON"}
    s3.put_object(Bucket=name, **held)
    s3.put_object(Bucket=name, Key="free", Body=b"x")
    done = tapstack("empty", name, "--yes", TAPSTACK_STATE=str(target.state_dir))
    assert done.returncode == 1
    assert "not deleted: held, version " in done.stderr
    assert [each["Key"] for each in s3.list_object_versions(Bucket=name)["Versions"]] == ["held"]
