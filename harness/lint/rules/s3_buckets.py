"""E941x: how buckets are set up."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.lint.policies import resource_policy
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import ACCOUNT, Resource, Stack
from harness.stack.intrinsics import mentions_unknown
from iam_policies.evaluation import Caller, Callers, Request, decide

_ACTIONS = {
    *("AbortIncompleteMultipartUpload", "ExpirationDate", "ExpirationInDays"),
    *("ExpiredObjectDeleteMarker", "NoncurrentVersionExpiration"),
    *("NoncurrentVersionExpirationInDays", "NoncurrentVersionTransition"),
    *("NoncurrentVersionTransitions", "Transition", "Transitions"),
}
_INFREQUENT = {"STANDARD_IA", "ONEZONE_IA"}
_INFREQUENT_DAYS = 30
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Lifecycle(StackRule):
    """PutBucketLifecycleConfiguration answers MalformedXML or InvalidRequest, or keeps all."""

    id = "E9411"
    shortdesc = "Every lifecycle rule does something, and something that S3 can do"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each rule that S3 refuses, or that is of no key."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("LifecycleConfiguration") or {}).get("Rules") or []
            ids: set[object] = set()
            for number, rule in enumerate(rules):
                path = bucket.path("LifecycleConfiguration", "Rules", number)
                name = rule.get("Id", number)
                if not _ACTIONS.intersection(rule):
                    yield path, f"The rule {name} has no action"
                if name in ids:
                    yield [*path, "Id"], f"There are two rules with the id {name}"
                ids.add(name)
                if str(rule.get("Prefix", "")).startswith("/"):
                    yield [*path, "Prefix"], f"The rule {name} is of no key: none begins with /"
                if "ExpiredObjectDeleteMarker" in rule:
                    both = {"ExpirationInDays", "ExpirationDate", "TagFilters"}.intersection(rule)
                    if both:
                        yield path, f"ExpiredObjectDeleteMarker cannot go with {', '.join(both)}"
                for found in _days(rule):
                    if isinstance(found, int) and found < 1:
                        yield path, f"The rule {name} waits {found} days; it is at least 1"
                days = rule.get("ExpirationInDays")
                for transition in rule.get("Transitions") or []:
                    after = transition.get("TransitionInDays")
                    if isinstance(days, int) and isinstance(after, int) and after >= days:
                        yield path, f"A transition after {after} days comes after the expiration"


class Transitions(StackRule):
    """PutBucketLifecycleConfiguration answers InvalidArgument."""

    id = "E9418"
    shortdesc = "Objects stay 30 days before they move to infrequent access, and expire later"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "lifecycle-transition-general-considerations.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each transition that comes too early, or not before the expiration."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("LifecycleConfiguration") or {}).get("Rules") or []
            for number, rule in enumerate(rules):
                path = bucket.path("LifecycleConfiguration", "Rules", number)
                noncurrent = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
                for kind, end in (
                    ("Transition", rule.get("ExpirationInDays")),
                    ("NoncurrentVersionTransition", noncurrent),
                ):
                    single = [rule[kind]] if kind in rule else []
                    for transition in [*single, *(rule.get(f"{kind}s") or [])]:
                        days = transition.get("TransitionInDays")
                        to = transition.get("StorageClass")
                        if to not in _INFREQUENT or not isinstance(days, int):
                            continue
                        if days < _INFREQUENT_DAYS:
                            yield path, f"To {to} after {days} days; it takes {_INFREQUENT_DAYS}"
                        if isinstance(end, int) and end <= days:
                            yield path, f"To {to} after {days} days, and expired after {end}"


class BucketOwnsObjects(StackRule):
    """What another account uploads then belongs to it, and the function may not read it."""

    id = "E9419"
    shortdesc = "The bucket's owner owns every object"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets that leave objects to their writers."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("OwnershipControls") or {}).get("Rules") or []
            for number, rule in enumerate(rules):
                if rule.get("ObjectOwnership") == "ObjectWriter":
                    path = bucket.path("OwnershipControls", "Rules", number)
                    yield path, f"What others write to {bucket.logical_id} is theirs"


class OwnershipAndAcl(StackRule):
    """S3 answers "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced"."""

    id = "E9412"
    shortdesc = "A bucket without ACLs sets none"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets with AccessControl and the ownership that forbids it, which is the default."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("OwnershipControls") or {}).get("Rules") or [{}]
            ownership = rules[0].get("ObjectOwnership", "BucketOwnerEnforced")
            acl = bucket.properties.get("AccessControl", "Private")
            if ownership == "BucketOwnerEnforced" and acl != "Private":
                yield bucket.path("AccessControl"), f"{acl} cannot go with BucketOwnerEnforced"


class PublicAccess(StackRule):
    """They are on by default for new buckets; guard rails of accounts look at the template."""

    id = "W9413"
    shortdesc = "Buckets block public access, all four ways"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "access-control-block-public-access.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each block that is off."""
        for bucket in stack.of("AWS::S3::Bucket"):
            blocks = bucket.properties.get("PublicAccessBlockConfiguration")
            if mentions_unknown(blocks):
                continue
            given = blocks or {}
            off = [name for name in _BLOCKS if str(given.get(name, False)).lower() != "true"]
            if off:
                path = bucket.path("PublicAccessBlockConfiguration")
                yield path, f"{bucket.logical_id} leaves off {', '.join(off)}"


class OldVersions(StackRule):
    """What is overwritten or deleted stays, and is paid for, until a rule expires it."""

    id = "W9414"
    shortdesc = "Buckets that keep versions expire old ones, and only those do"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets with versions and no rule for the old ones, or with a rule and no versions."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("LifecycleConfiguration") or {}).get("Rules") or []
            versioning = (bucket.properties.get("VersioningConfiguration") or {}).get("Status")
            expiring = [r for r in rules if any(name.startswith("Noncurrent") for name in r)]
            path = bucket.path("LifecycleConfiguration")
            if versioning != "Enabled" and expiring:
                yield path, f"{bucket.logical_id} expires old versions and keeps none"
            if versioning == "Enabled" and not any(map(_is_of_all_keys, expiring)):
                yield path, f"{bucket.logical_id} keeps old versions for ever"


class ExpiresEverything(StackRule):
    """A rule that has lost its prefix deletes what it was not meant for."""

    id = "W9415"
    shortdesc = "Rules that expire current objects say which ones"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Rules that expire the current version of every object, but for those of access logs."""
        for bucket in stack.of("AWS::S3::Bucket"):
            if any(_logs_to(each, bucket) for each in stack.of("AWS::S3::Bucket")):
                continue
            rules = (bucket.properties.get("LifecycleConfiguration") or {}).get("Rules") or []
            for number, rule in enumerate(rules):
                if _is_of_all_keys(rule) and {"ExpirationInDays", "ExpirationDate"} & set(rule):
                    path = bucket.path("LifecycleConfiguration", "Rules", number)
                    yield path, f"{rule.get('Id', number)} deletes every object of the bucket"


class Encryption(StackRule):
    """S3 encrypts by default; guard rails of accounts look at the template."""

    id = "W9416"
    shortdesc = "Buckets say how they are encrypted"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets without BucketEncryption."""
        for bucket in stack.of("AWS::S3::Bucket"):
            if "BucketEncryption" not in bucket.properties:
                yield bucket.path("BucketName"), f"{bucket.logical_id} has no BucketEncryption"


class TlsOnly(StackRule):
    """Without such a policy S3 answers plain HTTP too (AWS Config: s3-bucket-ssl-requests-only)."""

    id = "W9417"
    shortdesc = "Buckets deny requests that do not come over TLS"
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets that anybody with the right may use in the clear."""
        anyone = Caller(Callers.ROOT, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", (ACCOUNT,))
        for bucket in stack.of("AWS::S3::Bucket"):
            key = f"{bucket.arn}/key"
            plain = {"aws:securetransport": "false"}
            request = Request(anyone, "s3:GetObject", key, ACCOUNT, plain)
            policy = resource_policy(stack, key)
            if not decide(request, resource=policy).explicit:
                path = bucket.path("BucketName")
                yield path, f"{bucket.logical_id} has no policy that denies requests without TLS"


def _logs_to(bucket: Resource, other: Resource) -> bool:
    """Whether `other` gets the access logs of a bucket."""
    logging = bucket.properties.get("LoggingConfiguration") or {}
    return bucket is not other and logging.get("DestinationBucketName") == other.ref


def _is_of_all_keys(rule: Mapping[str, Any]) -> bool:
    """Whether a lifecycle rule is about every object of its bucket."""
    return not {"Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"} & set(rule)


def _days(rule: Mapping[str, Any]) -> Iterator[Any]:
    """Every number of days in a lifecycle rule."""
    for name, value in rule.items():
        if isinstance(value, Mapping):
            yield from _days(value)
        elif name.endswith(("Days", "DaysAfterInitiation")):
            yield value
