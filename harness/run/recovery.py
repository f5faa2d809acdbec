"""Recovery: uploads that had no answer, and are in the bucket all the same.

A connection that is cut does not show what became of the request. Jepsen calls what was not
acknowledged and is there nevertheless *recovered*: it counts as uploaded, and all that must come of
an upload must come of it.
"""

import math
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.evidence.ledger import Entry, Ledger, run_folder


def recover_one(s3: Any, bucket: str, ledger: Ledger, entry: Entry) -> bool:
    """Look in the bucket for an upload that had no good answer; whether it is there."""
    return _recover(s3, bucket, entry.key, ledger, {(entry.key, entry.etag): entry}) > 0


def recover(s3: Any, bucket: str, ledger: Ledger) -> int:
    """Look in the bucket for each upload that had no good answer; how many are there."""
    missing = {(e.key, e.etag): e for e in ledger.entries if e.unanswered and e.etag}
    prefixes = {run_folder(entry.key) for entry in missing.values()}
    return sum(_recover(s3, bucket, prefix, ledger, missing) for prefix in sorted(prefixes))


def _recover(
    s3: Any, bucket: str, prefix: str, ledger: Ledger, missing: dict[tuple[str, str], Entry]
) -> int:
    found = 0
    try:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for version in (one for page in pages for one in page.get("Versions", [])):
            entry = missing.pop((version["Key"], version["ETag"].strip('"')), None)
            if entry:
                # S3 rounds LastModified to seconds; before it was due nothing was sent.
                at = max(entry.due, math.floor(version["LastModified"].timestamp()))
                ledger.recovered(entry, version["VersionId"], version["Size"], at)
                found += 1
    except (BotoCoreError, ClientError):
        pass  # whether the target is still there is for others to find out
    return found
