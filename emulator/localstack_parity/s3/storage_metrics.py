"""Storage metrics of buckets on demand, where AWS reports them once a day.

``POST /_tapstack/s3/storage-metrics`` on the emulator's endpoint, for all buckets or with
``?bucket=NAME`` for one, measures BucketSizeBytes and NumberOfObjects of the present minute; the
answer has them as JSON too.

Source: Amazon S3 User Guide, "Metrics and dimensions"
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html).
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from localstack.aws.connect import connect_to
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.s3.models import S3Bucket, S3DeleteMarker, s3_stores

PATH = "/_tapstack/s3/storage-metrics"
NAMESPACE = "AWS/S3"
ALL_TYPES = "AllStorageTypes"

STORAGE_TYPES = {
    "STANDARD": "StandardStorage",
    "STANDARD_IA": "StandardIAStorage",
    "ONEZONE_IA": "OneZoneIAStorage",
    "REDUCED_REDUNDANCY": "ReducedRedundancyStorage",
    "INTELLIGENT_TIERING": "IntelligentTieringFAStorage",
    "GLACIER_IR": "GlacierInstantRetrievalStorage",
    "GLACIER": "GlacierStorage",
    "DEEP_ARCHIVE": "DeepArchiveStorage",
}


def install() -> None:
    """Offer the metrics at the emulator's endpoint."""
    ROUTER.add(PATH, endpoint=_report, methods=["POST"])


def _report(request: Request) -> Response:
    wanted = request.args.get("bucket")
    found = [bucket for bucket in _buckets() if wanted in (None, bucket.name)]
    if wanted and not found:
        return Response.for_json({"message": f"There is no bucket {wanted}."}, status=404)
    now = datetime.now(UTC)
    answer = {}
    for bucket in found:
        count, sizes = measure(bucket)
        data = [_datum("NumberOfObjects", bucket, ALL_TYPES, count, "Count", now)] + [
            _datum("BucketSizeBytes", bucket, type_, size, "Bytes", now)
            for type_, size in sizes.items()
        ]
        connect_to(
            aws_access_key_id=bucket.bucket_account_id, region_name=bucket.bucket_region
        ).cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
        answer[bucket.name] = {"NumberOfObjects": count, "BucketSizeBytes": dict(sizes)}
    return Response.for_json(answer)


def measure(bucket: S3Bucket) -> tuple[int, Counter[str]]:
    """The number of objects, and their bytes by storage type.

    Both count "current and noncurrent objects" and the "parts for all incomplete multipart uploads
    to the bucket"; delete markers are objects without bytes.
    """
    count = 0
    sizes: Counter[str] = Counter()
    for stored in list(bucket.objects.values(with_versions=True)):
        count += 1
        if not isinstance(stored, S3DeleteMarker):
            sizes[_storage_type(stored.storage_class)] += stored.size
    for upload in list(bucket.multiparts.values()):
        for part in list(upload.parts.values()):
            count += 1
            sizes[_storage_type(upload.object.storage_class)] += part.size
    return count, sizes


def _storage_type(storage_class: str | None) -> str:
    return STORAGE_TYPES.get(storage_class or "STANDARD", STORAGE_TYPES["STANDARD"])


def _buckets() -> Iterator[S3Bucket]:
    """All buckets of all accounts; those of an account are the same in every region."""
    for regions in list(s3_stores.values()):
        for store in list(regions.values())[:1]:
            yield from list(store.buckets.values())


def _datum(
    metric: str, bucket: S3Bucket, storage_type: str, value: int, unit: str, at: datetime
) -> dict[str, Any]:
    dimensions = {"BucketName": bucket.name, "StorageType": storage_type}
    return {
        "MetricName": metric,
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
        "Value": value,
        "Unit": unit,
        "Timestamp": at,
    }
