"""The S3 service with what LocalStack's lacks, as a subclass.

Loaded through the entry point ``s3:parity`` in ``plugins``.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from localstack import config
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.services.s3.constants import DEFAULT_BUCKET_ENCRYPTION
from localstack.services.s3.exceptions import MalformedXML
from localstack.services.s3.models import S3Bucket, S3DeleteMarker, S3Object
from localstack.services.s3.notifications import S3EventNotificationContext
from localstack.services.s3.storage.core import LimitedIterableStream

from localstack_parity import kms_keys
from localstack_parity.iam.guard import REFUSED_DELETIONS
from localstack_parity.s3 import (
    bucket_names,
    errors,
    key_stores,
    metadata,
    notification_rules,
    object_lock,
    packed_tags,
    repeats,
)
from localstack_parity.s3.disk_store import DiskObjectStore, DiskRange
from localstack_parity.s3.events import RetryingDispatcher, Sequencers
from localstack_parity.s3.key_locks import KeyLocks
from localstack_parity.s3.listings import Listings
from localstack_parity.s3.repeats import CompletedUploads

MAX_DELETIONS = 1000  # of one DeleteObjects request


class ParityS3Provider(Listings):
    """S3 with objects on disk, atomic conditional writes, AWS's event notifications, listings."""

    def __init__(self) -> None:
        self.objects = DiskObjectStore(Path(config.dirs.tmp) / "s3-objects")
        super().__init__(self.objects)
        self._notification_dispatcher: RetryingDispatcher = RetryingDispatcher()
        self._preconditions_locks = _NotNeeded()
        self._sequencers = Sequencers()
        self._locks = KeyLocks()
        self.completed = CompletedUploads()
        metadata.install()
        packed_tags.install()
        key_stores.install()
        errors.install()

    def create_bucket(self, context: RequestContext, request: Any) -> Any:
        """Make a bucket."""
        bucket_names.check(request["Bucket"])
        return super().create_bucket(context, request)

    def head_bucket(self, context: RequestContext, bucket: str, **request: Any) -> Any:
        """Say of a bucket that it is there, and no alias of an access point."""
        answer = super().head_bucket(context, bucket, **request)
        return {**answer, "AccessPointAlias": False}

    def on_after_state_reset(self) -> None:
        """Begin again."""
        super().on_after_state_reset()
        self.completed = CompletedUploads()
        self._expiration_cache.clear()

    def drop_notifications(self) -> None:
        """Give up on the notifications that wait to be delivered."""
        self._notification_dispatcher.drop()

    # Everything that changes a key happens one after the other for that key: the condition, the
    # write, the tags and the event. So If-None-Match and If-Match decide about what is really
    # there, a refused writer finds the winner's tags, and sequencers grow in the order of writes.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html

    def put_object(self, context: RequestContext, request: Any) -> Any:
        """Write an object."""
        metadata.refuse_too_much(request.get("Metadata"))
        _, bucket = self._get_cross_account_bucket(context, request["Bucket"])
        object_lock.refuse_without_checksum(bucket, request, context.request.headers.keys())
        _require_default_key(bucket, request)
        with self._locks.held(request["Bucket"], [request["Key"]]):
            return super().put_object(context, request)

    def get_object(self, context: RequestContext, request: Any) -> Any:
        """Read an object, or a range of it; the server takes its bytes from the file."""
        answer = super().get_object(context, request)
        if isinstance(body := answer.get("Body"), LimitedIterableStream):
            answer["Body"] = DiskRange(body.iterable, body.max_length)
        return answer

    def post_object(self, context: RequestContext, bucket: str, **request: Any) -> Any:
        """Write an object from a browser's form."""
        metadata.refuse_too_much(request.get("metadata"))
        with self._locks.held(bucket, [request.get("key", "")]):
            return super().post_object(context, bucket, **request)

    def copy_object(self, context: RequestContext, request: Any) -> Any:
        """Write a copy of another object."""
        metadata.refuse_too_much(request.get("Metadata"))
        _require_default_key(self._get_cross_account_bucket(context, request["Bucket"])[1], request)
        with self._locks.held(request["Bucket"], [request["Key"]]):
            return super().copy_object(context, request)

    def create_multipart_upload(self, context: RequestContext, request: Any) -> Any:
        """Begin an upload in parts."""
        metadata.refuse_too_much(request.get("Metadata"))
        _require_default_key(self._get_cross_account_bucket(context, request["Bucket"])[1], request)
        return super().create_multipart_upload(context, request)

    def complete_multipart_upload(
        self, context: RequestContext, bucket: str, key: str, **request: Any
    ) -> Any:
        """Write an object from the parts of an upload."""
        upload = (bucket, key, request["upload_id"])
        parts = repeats.parts_of(request.get("multipart_upload"))
        with self._locks.held(bucket, [key]):
            _, s3_bucket = self._get_cross_account_bucket(context, bucket)
            unknown = upload[2] not in s3_bucket.multiparts
            if unknown and (known := self.completed.answer(upload, parts)):
                return known
            answer = super().complete_multipart_upload(context, bucket, key, **request)
            self.completed.remember(upload, parts, answer)
        return answer

    def delete_object(
        self,
        context: RequestContext,
        bucket: str,
        key: str,
        if_match: str | None = None,
        **request: Any,
    ) -> Any:
        """Delete an object or put a delete marker."""
        with self._locks.held(bucket, [key]):
            if if_match:
                _, s3_bucket = self._get_cross_account_bucket(context, bucket)
                repeats.require_match(s3_bucket, key, if_match)
            return super().delete_object(context, bucket, key, **request)

    def delete_objects(
        self, context: RequestContext, bucket: str, delete: Any, **request: Any
    ) -> Any:
        """Delete up to a thousand objects, but for those that the caller may not delete.

        Nor those that have not the ETag which their entry names.
        """
        refused = context.get(REFUSED_DELETIONS) or []
        entries = delete.get("Objects") or []
        if len(entries) + len(refused) > MAX_DELETIONS:
            raise MalformedXML()
        answer: Any = {}
        with self._locks.held(bucket, [entry["Key"] for entry in entries]):
            _, s3_bucket = self._get_cross_account_bucket(context, bucket)
            failed = repeats.mismatches(s3_bucket, entries)
            entries = [entry for entry in entries if entry["Key"] not in failed]
            refused = [*refused, *failed.values()]
            if entries or not refused:
                delete = {**delete, "Objects": entries}
                answer = super().delete_objects(context, bucket, delete, **request)
        if refused:
            answer["Errors"] = [*answer.get("Errors", ()), *refused]
        return answer

    def get_object_tagging(
        self, context: RequestContext, bucket: str, key: str, **request: Any
    ) -> Any:
        """Return an object's tags; those written with it are there as soon as it is."""
        with self._locks.held(bucket, [key]):
            return super().get_object_tagging(context, bucket, key, **request)

    def delete_bucket_encryption(
        self, context: RequestContext, bucket: str, **request: Any
    ) -> None:
        """Go back to SSE-S3, without which no bucket can be.

        AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketEncryption.html
        """
        super().delete_bucket_encryption(context, bucket, **request)
        _, s3_bucket = self._get_cross_account_bucket(context, bucket)
        s3_bucket.encryption_rule = DEFAULT_BUCKET_ENCRYPTION

    def put_bucket_notification_configuration(
        self, context: RequestContext, bucket: str, notification_configuration: Any, **request: Any
    ) -> None:
        """Replace the bucket's notification configuration."""
        notification_rules.check(notification_configuration)
        super().put_bucket_notification_configuration(
            context, bucket, notification_configuration, **request
        )

    def _notify(
        self,
        context: RequestContext,
        s3_bucket: S3Bucket,
        s3_object: S3Object | S3DeleteMarker | None = None,
        s3_notif_ctx: S3EventNotificationContext | None = None,
    ) -> None:
        if not s3_bucket.notification_configuration:
            return
        happened = s3_notif_ctx or S3EventNotificationContext.from_request_context(
            context, s3_bucket=s3_bucket, s3_object=s3_object
        )
        happened.event_time = datetime.now(UTC)
        happened.sequencer = self._sequencers.draw()
        super()._notify(context, s3_bucket, s3_notif_ctx=happened)


def _require_default_key(bucket: S3Bucket, request: Any) -> None:
    """Raise KMS's error if a bucket encrypts with a key that is not there.

    S3 takes any key for a bucket's default, and notices when it has to encrypt.
    """
    default = (bucket.encryption_rule or {}).get("ApplyServerSideEncryptionByDefault") or {}
    key = default.get("KMSMasterKeyID")
    if not key or request.get("ServerSideEncryption"):
        return
    if not kms_keys.exists(key, bucket.bucket_account_id, bucket.bucket_region):
        raise CommonServiceException("KMS.NotFoundException", f"Key '{key}' does not exist")


class _NotNeeded:
    """Stands where the base class would keep a lock for every key that it ever saw."""

    def __getitem__(self, _: str) -> Self:
        return self

    def pop(self, *_: Any) -> None:
        """Forget nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass
