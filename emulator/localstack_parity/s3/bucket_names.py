"""Names that a bucket cannot have, beyond those that LocalStack refuses.

Source: S3 User Guide, "General purpose bucket naming rules": starts and ends that S3 keeps for
itself, for access points, Object Lambda, Outposts, directory buckets and tables.
"""

from localstack.aws.api.s3 import InvalidBucketName
from localstack.services.s3.utils import is_bucket_name_valid

_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def is_valid(name: str) -> bool:
    """Say whether S3 takes a name for a bucket."""
    reserved = name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS)
    return bool(is_bucket_name_valid(name)) and not reserved


def check(name: str) -> None:
    """Raise InvalidBucketName."""
    if not is_valid(name):
        raise InvalidBucketName("The specified bucket is not valid.", BucketName=name)
