"""A stack from its first deployment to its last trace, beside one that nobody touches.

Arrange: two environments of the run's own; the stack that is deployed already is left alone. Drive:
change every parameter, replace resources, let an update fail, delete and deploy again. Expect: each
time the stack is what its template says, or exactly what it was, and works.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.evidence.check import Check
from harness.evidence.logs import log_groups
from harness.evidence.observations import Run
from harness.images.edge_cases import picture
from harness.problems import Problem
from harness.run.contracts import guarantee
from harness.run.environments import Changes, Facts, Life, listed, live, require_same
from harness.run.probe import Broken, Probe, no_picture
from harness.run.scenario import Context
from harness.run.wiring import datapoints, measured_alarms
from harness.stack.orphans import EXPORT, LISTED, STACK, Found, remove
from harness.stack.physical_ids import IDENTITIES

TITLE = "deploy, change, fail, delete and deploy again, beside another environment"
GATE = 5
OPTIONS = ()  # what it sends is its own

_SPEC = "TapStack: what the template guarantees (infra/TapStack.yml)"
_CLOUDFORMATION = "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
_UPDATES = f"{_CLOUDFORMATION}using-cfn-updating-stacks-update-behaviors.html"
_S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/"

EMAIL = "changed@example.com"
RESERVED = "3"


def run(context: Context) -> tuple[Run, list[Check]]:
    """Live through it step by step; each begins where the one before has ended."""
    steps = [
        apart,
        email,
        concurrency,
        architecture,
        suffix,
        in_place,
        replacement,
        failed_update,
        refused_deletion,
        deletion,
        again,
        untouched,
    ]
    return live(context, deployed, steps)


# --- Two of them, side by side ------------------------------------------------------------------


@guarantee("deployed", f"{_CLOUDFORMATION}stacks.html")
def deployed(life: Life) -> str:
    """Two environments are deployed side by side, each as the template says."""
    life.one.deploy()
    life.other.deploy()
    life.before = life.other.facts()
    life.one.verify()
    return f"{len(life.one.ids())} resources each"


@guarantee("apart", f"{_CLOUDFORMATION}best-practices.html")
def apart(life: Life) -> str:
    """What is uploaded into one environment is nothing to the other."""
    with life.one.probing() as here, life.other.probing() as there:
        here.prove([picture("here.jpg")])
        here.await_notice(here.put("bad.jpg", b"not a picture", no_picture("rejected")))
        for alarm in measured_alarms(here):
            here.wait(
                f"a datapoint of {alarm['MetricName']}",
                partial(datapoints, here, alarm, "SampleCount", 60),
            )
        if traces := _traces(there):
            raise Broken(f"the other environment has {listed(traces)}")
        there.prove([picture("there.jpg", 1)])
        strange = [
            f"a notification in {probe.stack.name} about {notice.body}"
            for probe, environment in ((here, life.one), (there, life.other))
            for notice in probe.all_notices
            if environment.suffix not in str(notice.body)
        ]
        if strange:
            raise Broken(listed(strange))
    return "no notification, object, log line or datapoint of one is in the other"


def _traces(probe: Probe) -> list[str]:
    """What there is in an environment into which nobody has uploaded anything yet."""
    target, stack = probe.target, probe.stack
    s3, sqs, logs = (target.client(service) for service in ("s3", "sqs", "logs"))
    # An alarm says once that it is OK when it is first evaluated, which is nobody's doing.
    notices = [notice for notice in probe.all_notices if notice.status != "alarm OK"]
    traces = [f"a notification {notice.body}" for notice in notices]
    for bucket in (stack.upload_bucket, stack.processed_bucket):
        found = s3.list_object_versions(Bucket=bucket).get("Versions", [])
        traces += [f"an object {version['Key']}" for version in found]
    for group in log_groups(target, probe.stack.name):
        found = logs.filter_log_events(logGroupName=group, startTime=int(probe.seen.started * 1000))
        traces += [f"a line in {group}: {event['message'][:100]}" for event in found["events"]]
    received = sqs.receive_message(QueueUrl=stack.failure_queue, VisibilityTimeout=0)
    traces += ["a message in its failure queue" for _ in received.get("Messages", [])]
    for alarm in measured_alarms(probe):
        name = f"{alarm['MetricName']} of {alarm['AlarmName']}"
        traces += [f"a datapoint of {name}" for _ in datapoints(probe, alarm, "SampleCount", 60)]
        traces += [f"{alarm['AlarmName']} in ALARM"] if alarm["StateValue"] == "ALARM" else []
    return traces


@guarantee("untouched", f"{_CLOUDFORMATION}best-practices.html")
def untouched(life: Life) -> str:
    """All that happened to one environment has left the other as it was, and it works."""
    require_same(life.before, life.other.facts())
    life.other.prove()
    return f"{len(life.before)} facts are as before"


# --- Each parameter, changed in place -------------------------------------------------------------


@guarantee("email", _SPEC)
def email(life: Life) -> str:
    """With another NotificationEmail the topic has that subscription instead of the old one."""
    if "NotificationEmail" not in life.one.declared:
        return "the template has no such parameter"
    before = life.one.email
    life.one.deploy(NotificationEmail=EMAIL)
    topic = life.one.stack.topic
    pages = life.one.target.client("sns").get_paginator("list_subscriptions_by_topic")
    subscribed = [
        (one["Endpoint"], one["SubscriptionArn"])
        for page in pages.paginate(TopicArn=topic)
        for one in page["Subscriptions"]
        if one["Protocol"] == "email"
    ]
    addresses = [address for address, _ in subscribed]
    # What was never confirmed cannot be removed: SNS forgets it after two days.
    old = [address for address, arn in subscribed if address == before and arn.startswith("arn:")]
    if addresses.count(EMAIL) != 1 or old:
        raise Broken(f"the topic has the subscriptions {subscribed}")
    return f"{EMAIL} is subscribed"


@guarantee("concurrency", f"{_LAMBDA}configuration-concurrency.html")
def concurrency(life: Life) -> str:
    """ReservedConcurrency is reserved, and with -1 nothing is any more; the pipeline works."""
    if "ReservedConcurrency" not in life.one.declared:
        return "the template has no such parameter"
    life.one.deploy(ReservedConcurrency=RESERVED)
    if (found := _reserved(life)) != int(RESERVED):
        raise Broken(f"{found} are reserved with {RESERVED}")
    life.one.prove()
    life.one.deploy(ReservedConcurrency="-1")
    if (found := _reserved(life)) is not None:
        raise Broken(f"{found} are reserved with -1")
    life.one.deploy(ReservedConcurrency=RESERVED)
    return f"{RESERVED}, none, {RESERVED}"


def _reserved(life: Life) -> int | None:
    found = life.one.target.client("lambda").get_function_concurrency(
        FunctionName=life.one.stack.function
    )
    reserved: int | None = found.get("ReservedConcurrentExecutions")
    return reserved


@guarantee("architecture", f"{_LAMBDA}foundation-arch.html")
def architecture(life: Life) -> str:
    """Another Architecture is that of every function, or is refused and changes nothing."""
    if "Architecture" not in life.one.declared:
        return "the template has no such parameter"
    ours = life.one.target.architecture
    theirs = "arm64" if ours == "x86_64" else "x86_64"
    before = life.one.facts()
    try:
        life.one.deploy(Architecture=theirs)
    except Problem as refusal:
        require_same(before, life.one.facts())
        life.one.prove()
        return f"{life.one.target.name} runs no {theirs}: {refusal.happened[:200]}"
    lambda_ = life.one.target.client("lambda")
    for found in life.one.found():
        if found.kind == "AWS::Lambda::Function":
            configuration = lambda_.get_function_configuration(FunctionName=found.name)
            if configuration["Architectures"] != [theirs]:
                raise Broken(f"{found.name} is for {configuration['Architectures']}")
    life.one.deploy(Architecture=ours)
    life.one.prove()
    return f"{theirs}, and {ours} again"


@guarantee("suffix", f"{_CLOUDFORMATION}aws-resource-cfn-customresource.html")
def suffix(life: Life) -> str:
    """A stack keeps its EnvironmentSuffix: another one is refused, and all stays as it was."""
    # The custom resource's function would get another name, and its ServiceToken cannot change.
    reason = life.one.refuse(EnvironmentSuffix=f"{life.one.suffix}-2")
    life.one.prove()
    return reason


# --- Replacement and failure ----------------------------------------------------------------------


def _renamed(life: Life, end: str, *parts: str) -> Changes:
    """Other names for what plays some parts, whatever it is called now."""
    changes = {}
    for part in parts:
        name = life.one.playing(part)
        resource = life.one.template["Resources"][name]
        property_ = IDENTITIES[resource["Type"]].name_property
        before = resource.get("Properties", {}).get(property_, name)
        changes[name] = {property_: {"Fn::Join": ["-", [before, end]]}}
    return changes


# What cannot change its name: all of it is replaced, and what depends on it follows.
RENAMED = ("topic", "function", "log_group", "failure_queue")
# What holds what nobody else has is never deleted because it was replaced.
KEPT = ("upload_bucket", "processed_bucket", "failure_queue")


@guarantee("replacement", _UPDATES)
def replacement(life: Life) -> str:
    """What cannot change its name is replaced: the new one works, the old one is gone."""
    resources, before = life.one.template["Resources"], life.one.ids()
    renamed = _renamed(life, "renamed", *RENAMED)
    kept_ids = {life.one.playing(part) for part in KEPT} | {
        name for name, each in resources.items() if each.get("UpdateReplacePolicy") == "Retain"
    }
    life.one.deploy(life.one.changed(renamed))
    life.one.prove()
    after, found = life.one.ids(), life.one.found()
    replaced = [name for name in before if after.get(name) != before[name]]
    if same := [name for name in renamed if name not in replaced]:
        raise Broken(f"still the same: {', '.join(same)}")
    old = {
        name: Found.of(kind, before[name])
        for name in replaced
        if (kind := resources[name]["Type"]) in LISTED
    }
    wrong = [
        f"the old {one} is {'still' if one in found else 'not'} there"
        for name, one in old.items()
        if (one in found) != (name in kept_ids)
    ]
    if wrong:
        raise Broken(listed(wrong))
    kept = [one for name, one in old.items() if name in kept_ids]
    remove(life.one.target, kept)  # as everybody who keeps something has to, in the end
    return f"{len(replaced)} replaced; kept: {listed(kept)}"


def _other_figures(life: Life) -> Changes:
    """Another threshold, retention, memory, lifecycle and environment: all can change in place."""
    resources, function = life.one.template["Resources"], life.one.playing("function")
    variables = resources[function]["Properties"]["Environment"]["Variables"]
    alarm = next(n for n, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm")
    lifecycle = {"Id": "Added", "Status": "Enabled", "ExpirationInDays": 9, "Prefix": "added/"}
    bucket, group = life.one.playing("upload_bucket"), life.one.playing("log_group")
    rules = resources[bucket]["Properties"].get("LifecycleConfiguration", {}).get("Rules", [])
    return {
        function: {
            "MemorySize": _not(resources[function], "MemorySize", 768, 640),
            "Environment": {"Variables": {**variables, "CHANGED_IN_PLACE": "yes"}},
        },
        group: {"RetentionInDays": _not(resources[group], "RetentionInDays", 14, 30)},
        alarm: {"Threshold": _not(resources[alarm], "Threshold", 50, 51)},
        bucket: {"LifecycleConfiguration": {"Rules": [*rules, lifecycle]}},
    }


def _not(resource: Mapping[str, Any], property_: str, *values: int) -> int:
    """The first of the values that a property does not have already."""
    return next(each for each in values if each != resource["Properties"].get(property_))


def _merged(one: Changes, other: Changes) -> Changes:
    return {name: {**one.get(name, {}), **other.get(name, {})} for name in {**one, **other}}


@guarantee("in-place", _UPDATES)
def in_place(life: Life) -> str:
    """What can change in place does, and goes back: each property is read from its service."""
    template, before, ids = life.one.template, life.one.facts(), life.one.ids()
    changes = _other_figures(life)
    life.one.deploy(life.one.changed(changes))  # which reads back whether all is as it says
    if replaced := [name for name, id_ in life.one.ids().items() if ids.get(name) != id_]:
        raise Broken(f"replaced: {listed(replaced)}")
    changed = life.one.facts()
    if same := [name for name in changes if not _differ(before, changed, name)]:
        raise Broken(f"nothing of it has changed: {listed(same)}")
    life.one.deploy(template)
    require_same(before, life.one.facts())
    return f"{', '.join(sorted({template['Resources'][name]['Type'] for name in changes}))}"


def _differ(before: Facts, after: Facts, name: str) -> bool:
    return any(before.get(fact) != after[fact] for fact in after if fact.startswith(f"{name}."))


@guarantee("failed-update", f"{_CLOUDFORMATION}stack-failure-options.html")
def failed_update(life: Life) -> str:
    """An update that fails is taken back: all is exactly as before, and works."""
    everything = list(life.one.template["Resources"])
    changes = _merged(_renamed(life, "doomed", "topic", "function"), _other_figures(life))
    added = {
        "Added": {"Type": "AWS::SQS::Queue"},
        "Doomed": {
            "Type": "AWS::CloudWatch::Dashboard",
            "DependsOn": [*everything, "Added"],
            "Properties": {"DashboardBody": "{"},
        },
    }
    others = {"NotificationEmail": "doomed@example.com", "ReservedConcurrency": "5"}
    reason = life.one.refuse(
        life.one.changed(changes, added),
        **{name: value for name, value in others.items() if name in life.one.declared},
    )
    if "Doomed" not in reason:
        raise Broken(f"the reason does not name what failed: {reason}")
    life.one.prove()
    return reason


# --- The end, and a new beginning -----------------------------------------------------------------


@guarantee("refused-deletion", f"{_S3}delete-bucket.html")
def refused_deletion(life: Life) -> str:
    """While a bucket holds something, the stack's deletion fails, names it and keeps it whole."""
    stack = life.one.stack
    buckets = [stack.upload_bucket, stack.processed_bucket]
    before = {name: _bucket(life, name) for name in buckets}
    try:
        life.one.delete()
    except Problem as refusal:
        reason = refusal.happened
    else:
        raise Broken("it was deleted with all that was in its buckets")
    if life.one.status() != "DELETE_FAILED" or not any(name in reason for name in buckets):
        raise Broken(f"it is {life.one.status()}, because: {reason}")
    for name in buckets:
        require_same(before[name], _bucket(life, name))
    kept = {"AWS::S3::Bucket", STACK, EXPORT}
    if more := [found for found in life.one.found() if found.kind not in kept]:
        raise Broken(f"not deleted: {listed(sorted(more))}")
    return reason


def _bucket(life: Life, name: str) -> dict[str, str]:
    """What a bucket holds, and how it keeps it."""
    s3 = life.one.target.client("s3")
    held = s3.list_object_versions(Bucket=name).get("Versions", [])
    return {
        "versioning": str(s3.get_bucket_versioning(Bucket=name).get("Status")),
        "encryption": str(
            s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        ),
        **{f"{one['Key']} {one['VersionId']}": one["ETag"] for one in held},
    }


@guarantee("deletion", f"{_CLOUDFORMATION}cfn-console-delete-stack.html")
def deletion(life: Life) -> str:
    """Once the buckets are empty, the stack is deleted and nothing of it is left."""
    life.one.empty()
    life.one.delete()
    if left := life.one.found():
        raise Broken(f"still there: {listed(sorted(left))}")
    return "no resource, export or log group"


@guarantee("again", f"{_CLOUDFORMATION}stacks.html")
def again(life: Life) -> str:
    """It is deployed again under the same name, and works."""
    life.one.deploy()
    life.one.prove()
    return life.one.stack.name
