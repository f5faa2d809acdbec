"""S3's event of an upload, as a function receives it.

AWS: "Event message structure",
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

type Event = dict[str, Any]


def s3_event(
    region: str,
    bucket: str,
    bucket_arn: str,
    *,
    key: str,
    version: str | None,
    size: int | None,
    sequencer: str,
    name: str = "ObjectCreated:Put",
) -> Event:
    """The event with one record: `size` in bytes, the key encoded as a form does."""
    record = {
        "eventVersion": "2.5",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "eventName": name,
        "userIdentity": {"principalId": "AWS:TAPSTACK"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "TAPSTACK", "x-amz-id-2": "TAPSTACK"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "contract",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "TAPSTACK"},
                "arn": bucket_arn,
            },
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": size,
                "eTag": "0" * 32,
                "versionId": version,
                "sequencer": sequencer,
            },
        },
    }
    return {"Records": [record]}
