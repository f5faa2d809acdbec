"""Defects in the notifications of both functions, and in what the failure queue keeps."""

from tests.mutants.code_edits import AtTop, Rewrite, SetEntry
from tests.mutants.mutant import Mutant

_ANNOUNCEMENTS = "image_processor/announcements"
_NOTIFIER = "failure_notifier/handler"
_AWS = "https://docs.aws.amazon.com/"
_LAMBDA = f"{_AWS}lambda/latest/dg/"
_S3 = f"{_AWS}AmazonS3/latest/userguide/"
_EVENT = f"{_S3}notification-content-structure.html"
_SPEC = "TapStack: what the function guarantees (docs/pipeline.md)"

MUTANTS = [
    # Of the image processor
    Mutant(
        "notifications-may-fail",
        "A notification that cannot be sent is logged and forgotten",
        [
            AtTop(_ANNOUNCEMENTS, "from contextlib import suppress"),
            Rewrite(
                _ANNOUNCEMENTS,
                "publish",
                "sns.publish($...ARGS)",
                "with suppress(Exception):\n    sns.publish($...ARGS)",
            ),
        ],
        "SNS has a bad minute, and nobody is ever notified of those pictures.",
        f"{_LAMBDA}invocation-async-error-handling.html",
        "lint",
    ),
    Mutant(
        "subject-as-long-as-the-key",
        "The whole key is in the mail's subject",
        [
            Rewrite(
                _ANNOUNCEMENTS,
                "subject",
                "return start + $X",
                "return start + plain[: room + 1000]",
            )
        ],
        "Publish fails: InvalidParameter, at most 100 characters.",
        f"{_AWS}sns/latest/api/API_Publish.html",
        "contract",
    ),
    Mutant(
        "subject-in-any-script",
        "The key is in the mail's subject as it is",
        [Rewrite(_ANNOUNCEMENTS, "subject", '"".join($X)', "key[:]")],
        "Publish fails: InvalidParameter, ASCII only.",
        f"{_AWS}sns/latest/api/API_Publish.html",
        "contract",
    ),
    Mutant(
        "key-in-the-message-as-it-came",
        "The notification has the key percent-encoded",
        [
            AtTop(_ANNOUNCEMENTS, "from urllib.parse import quote"),
            SetEntry(_ANNOUNCEMENTS, "_source", "key", "quote(upload.key)"),
        ],
        "Who reads it looks for a key that is not there.",
        _SPEC,
        "contract",
    ),
    # Of the failure notifier
    Mutant(
        "failures-are-not-kept",
        "The failure notifier announces and keeps nothing",
        [Rewrite(_NOTIFIER, "handler", "keep($...ARGS)", "pass")],
        "The event cannot be sent again.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
    Mutant(
        "failures-with-an-encoded-key",
        "The failure notifier does not decode the key",
        [Rewrite(_NOTIFIER, "sources", "unquote_plus($X)", "$X")],
        "Who reads it looks for a key that is not there.",
        _EVENT,
        "wiring",
    ),
    Mutant(
        "failures-in-another-shape",
        "The notifier reads the S3 event itself, not the record around it",
        [Rewrite(_NOTIFIER, "sources", 'record.get("requestPayload")', "record")],
        "The notification does not say which picture failed.",
        f"{_LAMBDA}invocation-async-retain-records.html",
        "wiring",
    ),
]
