"""Defects in what the image processor does with an event: order, errors, outputs."""

from tests.mutants.code_edits import AtTop, Rewrite, SetArgument
from tests.mutants.mutant import Mutant
from tests.mutants.template_edits import Set

_HANDLER = "image_processor/handler"
_OUTPUTS = "image_processor/outputs"
_UPLOADS = "image_processor/uploads"
_AWS = "https://docs.aws.amazon.com/"
_S3 = f"{_AWS}AmazonS3/latest/userguide/"
_EVENT = f"{_S3}notification-content-structure.html"
_NOTIFIED_TWICE = "S3 delivers at least once: people are notified twice of the same picture."
_EVENTS = f"{_S3}EventNotifications.html"
_LAMBDA = f"{_AWS}lambda/latest/dg/"
_ASYNC = f"{_LAMBDA}invocation-async-error-handling.html"
_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"

MUTANTS = [
    # Reading events
    Mutant(
        "key-unquoted-without-plus",
        "unquote instead of unquote_plus",
        [
            Rewrite(
                _UPLOADS,
                "",
                "from urllib.parse import unquote_plus",
                "from urllib.parse import unquote",
            ),
            Rewrite(_UPLOADS, "from_record", "unquote_plus($X)", "unquote($X)"),
        ],
        "NoSuchKey for every key with a space, which S3 sends as a plus.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "key-as-it-comes",
        "The key of the event is not decoded",
        [Rewrite(_UPLOADS, "from_record", "unquote_plus($X)", "str($X)")],
        "NoSuchKey for every key that is not plain ASCII.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "reads-the-latest-version",
        "The version of the event is not read",
        [Rewrite(_UPLOADS, "fetch", '{"VersionId": $X} if $X else {}', "dict[str, str]()")],
        "A newer picture is announced as the older one.",
        f"{_S3}versioning-workflows.html",
        "contract",
    ),
    Mutant(
        "only-the-first-record",
        "The rest of an event's records is ignored",
        [
            Rewrite(
                _HANDLER, "handler", "S3Event(event).records", "list(S3Event(event).records)[:1]"
            )
        ],
        "Uploads are lost where an event tells of several.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "test-event-fails",
        "s3:TestEvent has no records",
        [Rewrite(_HANDLER, "handler", '"Records" not in event', 'event.get("Unheard")')],
        "The event that S3 sends when notifications are set fails, three times.",
        f"{_S3}notification-content-structure.html",
        "contract",
    ),
    # Order and duplicates
    Mutant(
        "no-idempotency",
        "The output is written without a condition",
        [
            Rewrite(
                _OUTPUTS,
                "store",
                'condition = {"IfNoneMatch": "*"}',
                "condition = dict[str, str]()",
                first_of=2,
            )
        ],
        _NOTIFIED_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "duplicates-are-announced",
        "A duplicate is noticed and announced all the same",
        [
            Rewrite(
                _HANDLER,
                "_process",
                "if verdict is Verdict.DUPLICATE:\n    return None",
                'if verdict is Verdict.DUPLICATE:\n    _count("DuplicateEvents")',
            )
        ],
        _NOTIFIED_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "rejections-are-announced-twice",
        "No receipt is looked at for a rejection",
        [
            Rewrite(
                _HANDLER,
                "_process",
                "Outcome($X, contested=True)",
                "Outcome($X, contested=False)",
                first_of=2,
            )
        ],
        _NOTIFIED_TWICE,
        _EVENTS,
        "contract",
    ),
    Mutant(
        "order-is-ignored",
        "What comes last is written last",
        [Rewrite(_OUTPUTS, "judge", "uploads.newer($...ARGS)", "upload.sequencer")],
        "An older picture replaces the newer one: S3 keeps no order.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "sequencers-as-numbers",
        "The longer sequencer counts as the later",
        [
            Rewrite(
                _UPLOADS,
                "newer",
                "return $A > $B",
                'return int(sequencer or "0", 16) > int(other or "0", 16) and length > 0',
            )
        ],
        "Once a sequencer is shorter, the newer picture is thrown away.",
        _EVENT,
        "contract",
    ),
    Mutant(
        "redrive-is-a-duplicate",
        "redriveOf is not read",
        [Rewrite(_HANDLER, "handler", "Invocation.of(event, $X)", "Invocation.of({}, $X)")],
        "An upload that was written and not announced is sent again, and again not announced.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
    # Errors
    Mutant(
        "errors-are-swallowed",
        "A fault is logged, and Lambda hears of none",
        [Rewrite(_HANDLER, "handler", "raise NotFinished($X)", "logger.error($X)")],
        "No retry, no failure destination: the upload is lost.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "everything-is-fine",
        "Whatever is raised, the upload counts as done",
        [Rewrite(_HANDLER, "handler", "failed.append($X)", "pass")],
        "No retry, no failure destination: the upload is lost.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "bad-images-are-retried",
        "A rejection is raised",
        [
            Rewrite(
                _HANDLER,
                "_process",
                "message = announcements.rejected($...ARGS)",
                (
                    "raise NotFinished(str(rejection)) from rejection\n"
                    "message = announcements.rejected($...ARGS)"
                ),
            )
        ],
        "Each bad picture is tried three times, and raises the alarm for errors.",
        _ASYNC,
        "contract",
    ),
    Mutant(
        "rejections-are-not-counted",
        "No metric for rejected images",
        [
            Rewrite(
                _HANDLER,
                "_handle",
                "_count(record.metric)",
                'if status != "rejected":\n    _count(record.metric)',
            )
        ],
        "The alarm for rejected images is never raised.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html",
        "lint",
    ),
    Mutant(
        "metrics-without-the-function",
        "The dimension function_name is not set",
        [Rewrite(_HANDLER, "", "metrics.set_default_dimensions($...ARGS)", "pass")],
        "The alarm compares all dimensions and finds no data.",
        f"{_AWS}AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html",
        "lint",
    ),
    # Outputs
    Mutant(
        "metadata-is-lost",
        "The output has no metadata",
        [SetArgument(_OUTPUTS, "store", "Metadata", None)],
        "The uploader's metadata is gone.",
        f"{_S3}UsingMetadata.html",
        "contract",
    ),
    Mutant(
        "metadata-over-the-limit",
        "What was done is added, whether there is room or not",
        [Rewrite(_OUTPUTS, "", "MAX_METADATA_BYTES = $X", "MAX_METADATA_BYTES = 20480")],
        "PutObject fails: MetadataTooLarge.",
        f"{_S3}UsingMetadata.html",
        "contract",
    ),
    Mutant(
        "content-type-by-name",
        "The content type comes from the extension",
        [
            AtTop(_OUTPUTS, "import mimetypes"),
            SetArgument(
                _OUTPUTS, "store", "ContentType", 'mimetypes.guess_type(key)[0] or "image/jpeg"'
            ),
        ],
        "Browsers do not show a PNG that is named .jpg with nosniff.",
        f"{_AWS}AmazonS3/latest/API/API_PutObject.html",
        "contract",
    ),
    Mutant(
        "output-under-a-new-name",
        "The output loses the folders of its upload",
        [Rewrite(_OUTPUTS, "output_key", "PREFIX + $X", 'PREFIX + key.rpartition("/")[2]')],
        "Two uploads of the same name overwrite each other.",
        _SPEC,
        "contract",
    ),
    Mutant(
        "output-into-its-own-bucket",
        "Outputs go to the upload bucket, below uploads/, and the role lets them",
        [
            Rewrite(_OUTPUTS, "", "PREFIX = $X", 'PREFIX = "uploads/small/"'),
            Rewrite(
                _HANDLER,
                "_process",
                "outputs.store(_S3, PROCESSED_BUCKET, $...ARGS)",
                "outputs.store(_S3, upload.bucket, $...ARGS)",
            ),
            Set("ImageProcessorRole..KeepReceipts.Resource", "!Sub ${UploadBucket.Arn}/*"),
        ],
        "Each output is an upload again: Lambda stops the loop after 16 rounds.",
        f"{_LAMBDA}invocation-recursion.html",
        "lint",
    ),
]
