"""The function: a grey preview of each picture that is put under incoming/, and its announcement.

A picture that cannot be read raises: Lambda tries again twice, and drops the event then.
"""

import io
import json
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config
from PIL import Image, ImageOps

SIDE = 256  # pixels
_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
_S3, _SNS = boto3.client("s3", config=_CONFIG), boto3.client("sns", config=_CONFIG)


def handler(event: dict[str, Any], context: Any) -> None:
    """Make a preview for each record of S3's event."""
    for record in event.get("Records", []):
        bucket, uploaded = record["s3"]["bucket"]["name"], record["s3"]["object"]
        key, version = unquote_plus(uploaded["key"]), uploaded["versionId"]
        started = {"key": key, "version_id": version, "sequencer": uploaded["sequencer"]}
        print(json.dumps({"message": "Started", **started}))
        answer = _S3.get_object(Bucket=bucket, Key=key, VersionId=version)
        form, data = preview(answer["Body"].read())
        output = "previews/" + key.removeprefix("incoming/")
        stored = _S3.put_object(
            Bucket=bucket, Key=output, Body=data, ContentType=f"image/{form.lower()}"
        )
        message = {
            "status": "processed",
            "source": {"bucket": bucket, "key": key, "versionId": version},
            "output": {"bucket": bucket, "key": output, "versionId": stored["VersionId"]},
            "requestId": context.aws_request_id,
        }
        _SNS.publish(TopicArn=os.environ["TOPIC_ARN"], Message=json.dumps(message))


def preview(data: bytes) -> tuple[str, bytes]:
    """The format of a picture, and its preview in that format."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
        form = str(picture.format)
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):  # sixteen bits of grey
            upright = upright.point([level // 257 for level in range(65_536)], "L")
        if upright.has_transparency_data:
            white = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(white, upright.convert("RGBA"))
        grey = upright.convert("RGB").convert("L")
        grey.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        grey.save(out, form, quality=90)
        return form, out.getvalue()
