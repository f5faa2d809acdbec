"""The functions' code, where CloudFormation can fetch it.

Packages behind local `Code:` paths are built, zipped and uploaded under their content's name, and
the template names their places instead.
"""

import hashlib
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from harness.alive import OnProgress, still
from harness.naming import size
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.package import build, check_syntax, zipped
from harness.stack.template import Template
from harness.targets.target import Target


def local_code(template: Template, template_file: Path) -> dict[str, Path]:
    """The folders behind the local `Code:` paths of a template, by logical id."""
    return {
        name: (template_file.parent / resource["Properties"]["Code"]).resolve()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        and isinstance(resource.get("Properties", {}).get("Code"), str)
    }


def upload_code(
    template: Template,
    target: Target,
    settings: Settings,
    account: str,
    architecture: str,
    on_progress: OnProgress,
) -> dict[str, Path]:
    """Replace each local `Code:` path by the place of its zip, as `cloudformation package` does.

    Packages of the project are built for `architecture`, "x86_64" or "arm64". Returns the zips by
    logical id.
    """
    local = local_code(template, settings.template)
    if not local:
        return {}
    ours = {folder.name for folder in local.values() if folder.parent == settings.build_dir}
    with still("building the functions' packages", on_progress):
        packages = build(settings, architecture, ours) if ours else []
    for package in packages:
        state = "built" if package.fresh else "up to date"
        on_progress(f"{package.name}: {state}, {size(package.unzipped_bytes)} unzipped")
    s3 = target.client("s3")
    bucket = artifact_bucket(account, target.region)
    _ensure_bucket(s3, bucket, target.region)
    zips = {}
    for name, folder in local.items():
        if not folder.is_dir():
            raise Problem(
                f"The code of {name} is to come from {folder}, which is not there.",
                "Correct the Code: path in the template; it is relative to the template's folder.",
            )
        check_syntax(folder)
        zips[name] = made = zipped(folder, settings)
        if not _is_there(s3, bucket, made):
            on_progress(f"{name}: uploading {size(made.stat().st_size)}")
            _upload(s3, bucket, made)
        template["Resources"][name]["Properties"]["Code"] = {
            "S3Bucket": bucket,
            "S3Key": made.name,
        }
    return zips


def _ensure_bucket(s3: Any, bucket: str, region: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        place = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        # "CreateBucket": us-east-1 is the Region that must not be named.
        s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else place))
        s3.put_public_access_block(
            Bucket=bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )


def _is_there(s3: Any, bucket: str, zipped: Path) -> bool:
    """Whether the bucket has these bytes: the ETag of one part without a KMS key is their MD5."""
    try:
        found = s3.head_object(Bucket=bucket, Key=zipped.name)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    digest = hashlib.md5(zipped.read_bytes(), usedforsecurity=False).hexdigest()
    return bool(found["ETag"].strip('"') == digest)


def _upload(s3: Any, bucket: str, zipped: Path) -> None:
    with zipped.open("rb") as body:
        s3.put_object(Bucket=bucket, Key=zipped.name, Body=body, ContentType="application/zip")


def artifact_bucket(account: str, region: str) -> str:
    """The bucket that holds the functions' packages of every environment of an account."""
    return f"tapstack-artifacts-{account}-{region}"
