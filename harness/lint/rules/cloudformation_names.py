"""E910x: names, with the values of the parameters in them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from harness.lint.rule import Finding, StackRule
from harness.lint.stack import Stack
from harness.stack.intrinsics import Unknown
from harness.stack.parameters import refusal
from harness.stack.physical_ids import IDENTITIES

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

# What the API Reference of each service says about the name in its Create or Put operation.
_FORMS: Mapping[str, tuple[str, re.Pattern[str]]] = {
    "AWS::Lambda::Function": ("FunctionName", re.compile(r"[A-Za-z0-9_-]{1,64}")),
    "AWS::SQS::Queue": ("QueueName", re.compile(r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?")),
    "AWS::SNS::Topic": ("TopicName", re.compile(r"(?=.{1,256}$)[A-Za-z0-9_-]+(\.fifo)?")),
    "AWS::CloudWatch::Alarm": ("AlarmName", re.compile(r"(?!:)[^\x00-\x1f]{1,255}")),
    "AWS::CloudWatch::Dashboard": ("DashboardName", re.compile(r"[A-Za-z0-9_-]{1,255}")),
    "AWS::Logs::LogGroup": ("LogGroupName", re.compile(r"(?!aws/)[\w./#-]{1,512}", re.ASCII)),
    "AWS::IAM::Role": ("RoleName", re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)),
}

_EXPORT = re.compile(r"[A-Za-z0-9:-]{1,255}")

# What people put where they may.
_USUAL_VALUES = ("prod", "Prod", "PROD", "pr_42", "pr-42-", "-pr", "a.b", "feature/x", "a b")


def bucket_name_fault(name: str) -> str | None:
    """Why S3 does not take a bucket name, or None if it does."""
    if not _BUCKET.fullmatch(name):
        return (
            "a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, "
            "with a letter or digit at both ends"
        )
    if ".." in name or _IP_ADDRESS.fullmatch(name):
        return "a bucket's name has no two dots in a row and is no IP address"
    if name.startswith(_RESERVED_STARTS) or name.endswith(_RESERVED_ENDS):
        return "that start or end of a bucket's name is reserved by S3"
    return None


def name_fault(kind: str, name: str) -> str | None:
    """Why AWS does not take `name` for a resource of type `kind`, or None if it does."""
    if kind == "AWS::S3::Bucket":
        return bucket_name_fault(name)
    property_name, form = _FORMS.get(kind, ("", re.compile("")))
    if property_name and not form.fullmatch(name):
        return f"{len(name)} characters; {property_name} must match {form.pattern}"
    return None


class BucketName(StackRule):
    """LocalStack makes such a name lower case; S3 refuses it."""

    id = "E9107"
    shortdesc = "Bucket names follow the rules of S3"
    source_url = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The names as the given parameters make them."""
        yield from _bad_names(stack, {"AWS::S3::Bucket"})


class ResourceName(StackRule):
    """Length and characters of the names of all but buckets."""

    id = "E9102"
    shortdesc = "Names of functions, queues, topics, alarms, dashboards and log groups fit"
    source_url = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The names as the given parameters make them."""
        yield from _bad_names(stack, set(_FORMS))


class NamesForAllParameters(StackRule):
    """A deployment to another environment must not fail where this one worked."""

    id = "E9103"
    shortdesc = "Every value that a parameter allows makes names that AWS takes"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "parameters-section-structure.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """The first value of each text parameter that would make a bad name."""
        for parameter, declared in (stack.template.get("Parameters") or {}).items():
            if declared.get("Type") != "String":
                continue
            for value in _candidates(declared):
                other = stack.variant(**{parameter: value})
                bad = list(_bad_names(other, {"AWS::S3::Bucket", *_FORMS}))
                if bad and not list(_bad_names(stack, {"AWS::S3::Bucket", *_FORMS})):
                    path = ["Parameters", parameter]
                    yield path, f"{parameter}={value} is allowed, but then: {bad[0][1]}"
                    break


class FifoNames(StackRule):
    """CreateQueue and CreateTopic answer InvalidParameterValue."""

    id = "E9108"
    shortdesc = "Names end with .fifo where the queue or topic is FIFO, and only there"
    source_url = (
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each name that does not fit its kind."""
        kinds = {"AWS::SQS::Queue": "FifoQueue", "AWS::SNS::Topic": "FifoTopic"}
        for resource in stack.resources.values():
            identity, fifo = IDENTITIES.get(resource.kind), kinds.get(resource.kind)
            name = resource.properties.get(identity.name_property) if identity else None
            if not fifo or not isinstance(name, str):
                continue
            wanted = str(resource.properties.get(fifo, False)).lower() == "true"
            if name.endswith(".fifo") != wanted:
                path = resource.path(identity.name_property if identity else "")
                yield path, f"{name}: the name ends with .fifo if {fifo} is true, and only then"


class UniqueNames(StackRule):
    """The second of two resources with one name cannot be created."""

    id = "E9104"
    shortdesc = "No two resources of a type have the same name"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each resource whose name another of its type has already."""
        seen: dict[tuple[str, str], str] = {}
        for resource in stack.resources.values():
            identity = IDENTITIES.get(resource.kind)
            if not identity:
                continue
            first = seen.setdefault((resource.kind, resource.name), resource.logical_id)
            if first != resource.logical_id:
                yield (
                    resource.path(identity.name_property),
                    f"{resource.logical_id} has the same name as {first}: {resource.name}",
                )


class ExportNames(StackRule):
    """CloudFormation: "For each AWS account, Export names must be unique within a Region"."""

    id = "E9105"
    shortdesc = "Exports have names of their own"
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
        "outputs-section-structure.html"
    )

    def findings(self, stack: Stack) -> Iterable[Finding]:
        """Each name that is none, is used twice, or that two environments would share."""
        seen: dict[object, str] = defaultdict(str)
        for name, output in (stack.template.get("Outputs") or {}).items():
            raw = (output.get("Export") or {}).get("Name")
            exported = stack.resolver.value(raw)
            if raw is None or isinstance(exported, Unknown) or not stack.resolver.included(output):
                continue
            path = ["Outputs", name, "Export", "Name"]
            if not _EXPORT.fullmatch(str(exported)):
                yield path, f"{exported} is to be of letters, digits, colons and hyphens"
            if exported in seen:
                yield path, f"{name} is exported under the name of {seen[exported]}: {exported}"
            elif isinstance(raw, str):
                yield path, f"{exported} is the same in every environment: only one can export it"
            seen[exported] = name


def _bad_names(stack: Stack, kinds: set[str]) -> Iterator[Finding]:
    for resource in stack.resources.values():
        identity = IDENTITIES.get(resource.kind)
        if identity is None or resource.kind not in kinds:
            continue
        name = resource.properties.get(identity.name_property)
        if isinstance(name, str) and (fault := name_fault(resource.kind, name)):
            path = resource.path(identity.name_property)
            yield path, f"{resource.logical_id} would be called {name}: {fault}"


def _candidates(declared: Mapping[str, object]) -> Iterator[str]:
    """Values that the declaration allows: the usual ones, and the longest one."""
    longest = declared.get("MaxLength") or 64
    for filler in "a1":
        for length in range(int(str(longest)), 0, -1):
            if refusal(declared, filler * length) is None:
                yield filler * length
                break
    yield from (value for value in _USUAL_VALUES if refusal(declared, value) is None)
    allowed = declared.get("AllowedValues")
    yield from map(str, allowed) if isinstance(allowed, list) else ()
