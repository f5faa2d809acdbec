"""E941x: how buckets are set up."""

from collections.abc import Iterable

from harness.intrinsics import mentions_unknown
from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack

_ACTIONS = {
    *("AbortIncompleteMultipartUpload", "ExpirationDate", "ExpirationInDays"),
    *("ExpiredObjectDeleteMarker", "NoncurrentVersionExpiration"),
    *("NoncurrentVersionExpirationInDays", "NoncurrentVersionTransition"),
    *("NoncurrentVersionTransitions", "Transition", "Transitions"),
}
_BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


class Lifecycle(StackRule):
    """PutBucketLifecycleConfiguration answers MalformedXML or InvalidRequest."""

    id = "E9411"
    shortdesc = "Every lifecycle rule does something, and something that S3 can do"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each rule that S3 refuses."""
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
                if "ExpiredObjectDeleteMarker" in rule:
                    both = {"ExpirationInDays", "ExpirationDate", "TagFilters"}.intersection(rule)
                    if both:
                        yield path, f"ExpiredObjectDeleteMarker cannot go with {', '.join(both)}"
                days = rule.get("ExpirationInDays")
                for transition in rule.get("Transitions") or []:
                    after = transition.get("TransitionInDays")
                    if isinstance(days, int) and isinstance(after, int) and after >= days:
                        yield path, f"A transition after {after} days comes after the expiration"


class OwnershipAndAcl(StackRule):
    """S3 answers "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced"."""

    id = "E9412"
    shortdesc = "A bucket without ACLs sets none"
    description = shortdesc
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
    """The four are on by default for new buckets; a template that says less means it."""

    id = "W9413"
    shortdesc = "Buckets block public access, all four ways"
    description = shortdesc
    source_url = (
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
        "access-control-block-public-access.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each block that is off."""
        for bucket in stack.of("AWS::S3::Bucket"):
            blocks = bucket.properties.get("PublicAccessBlockConfiguration")
            if blocks is None or mentions_unknown(blocks):
                continue
            off = [name for name in _BLOCKS if str(blocks.get(name, False)).lower() != "true"]
            if off:
                path = bucket.path("PublicAccessBlockConfiguration")
                yield path, f"{bucket.logical_id} leaves off {', '.join(off)}"


class OldVersions(StackRule):
    """Without versions there are no old ones: the rule does nothing."""

    id = "W9414"
    shortdesc = "Rules about old versions are for buckets that keep versions"
    description = shortdesc
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Buckets that expire noncurrent versions and are not versioned."""
        for bucket in stack.of("AWS::S3::Bucket"):
            rules = (bucket.properties.get("LifecycleConfiguration") or {}).get("Rules") or []
            versioning = (bucket.properties.get("VersioningConfiguration") or {}).get("Status")
            if versioning != "Enabled" and any(
                name.startswith("Noncurrent") for rule in rules for name in rule
            ):
                path = bucket.path("LifecycleConfiguration")
                yield path, f"{bucket.logical_id} expires old versions and keeps none"
