"""What is in the way of a deployment, before anything is changed.

Two things that a change set would not say: that it takes away most of what is deployed, for it is
of another template; and that a name which a new stack is to give is taken by an orphan, something
that an earlier stack has left behind and that belongs to none.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from harness.alive import OnProgress
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.failures import DeploymentFailed
from harness.stack.intrinsics import Place, Resolver, Unknown
from harness.stack.orphans import BUCKET, QUEUE, Found, found_of_kind, remove
from harness.stack.physical_ids import IDENTITIES
from harness.stack.template import Template, parse_template
from harness.targets.target import Target

# Types whose creation fails if the name is taken, and that may outlive their stack.
_TYPES = (BUCKET, QUEUE, "AWS::Logs::LogGroup", "AWS::Lambda::Function")
_NAMED = 3


def deployed_ids(cloudformation: Any, stack_name: str) -> list[str]:
    """The logical ids of the template that a stack was deployed from."""
    answer = cloudformation.get_template(StackName=stack_name, TemplateStage="Original")
    body = answer["TemplateBody"]
    template = parse_template(body) if isinstance(body, str) else body  # as it was sent
    return list(template["Resources"])


def refuse_replacement(settings: Settings, deployed: Collection[str], template: Template) -> None:
    """Problem if the template would leave less than half of what is `deployed`, by logical id."""
    gone = [each for each in deployed if each not in template["Resources"]]
    if 2 * len(gone) <= len(deployed):
        return
    more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
    raise Problem(
        f"{settings.stack_name} was deployed from another template: {settings.template} would "
        f"delete {len(gone)} of its {len(deployed)} resources, {', '.join(gone[:_NAMED])}{more}.",
        "Deploy it beside that with --stack-name NAME, or say --replace if they are to go.",
    )


def make_way(
    target: Target,
    template: Template,
    values: Mapping[str, str],
    place: Place,
    deployed: Collection[str],
    on_progress: OnProgress,
) -> None:
    """Remove orphans that hold nothing from where resources that are not `deployed` are to be made.

    Raises DeploymentFailed for the first that holds something: what it holds is not ours to lose.
    """
    taken = list(_taken_names(target, template, values, place, deployed))
    owned = _owned(target) if taken else set()
    for logical_id, found in taken:
        if found in owned:
            continue  # CloudFormation says whose it is
        if held := _held(target, found):
            raise DeploymentFailed(
                f"{logical_id} cannot be made: {found.name} is there already, holds {held}, and "
                "belongs to no stack: an earlier one has left it.",
                "`tapstack destroy --yes` removes it with all that it holds; another --suffix "
                "leaves it alone.",
            )
        if stayed := remove(target, [found]):
            raise DeploymentFailed(
                f"{logical_id} cannot be made: an earlier stack has left {stayed[0]}.",
                "Remove it by hand, or use another --suffix.",
            )
        on_progress(f"removed {found}, which held nothing and belonged to no stack any more")


def orphans(
    target: Target, template: Template, values: Mapping[str, str], place: Place
) -> list[Found]:
    """What has a name that the template gives, and belongs to no stack."""
    taken = [found for _, found in _taken_names(target, template, values, place)]
    owned = _owned(target) if taken else set()
    return [found for found in taken if found not in owned]


def _taken_names(
    target: Target,
    template: Template,
    values: Mapping[str, str],
    place: Place,
    but: Collection[str] = (),
) -> Iterator[tuple[str, Found]]:
    """Resources of the template, `but` for some, whose name is taken, each with what has it."""
    resolver = Resolver(
        template,
        values,
        place,
        reference=lambda name: Unknown(name),
        attribute=lambda name, _: Unknown(name),
    )
    there: dict[str, list[Found]] = {}
    for logical_id, resource in template["Resources"].items():
        kind, properties = resource["Type"], resource.get("Properties") or {}
        if logical_id in but or kind not in _TYPES or not resolver.included(resource):
            continue
        wanted = resolver.value(properties.get(IDENTITIES[kind].name_property))
        if not isinstance(wanted, str):
            continue  # CloudFormation finds a name that is free
        if kind not in there:
            there[kind] = list(found_of_kind(target, kind))
        yield from ((logical_id, found) for found in there[kind] if found.name == wanted)


def _owned(target: Target) -> set[Found]:
    """All that belongs to a stack.

    What an update could not delete belongs to its stack no more ("Update behaviors of stack
    resources"); what a deletion could not delete still does.
    """
    cloudformation = target.client("cloudformation")
    owned = set()
    stacks = cloudformation.get_paginator("describe_stacks").paginate()
    for stack in [one for page in stacks for one in page["Stacks"]]:
        pages = cloudformation.get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=stack["StackId"]):
            for resource in page["StackResourceSummaries"]:
                deleted = resource["ResourceStatus"].startswith("DELETE_")
                if not deleted or stack["StackStatus"] == "DELETE_FAILED":
                    physical_id = str(resource.get("PhysicalResourceId"))
                    owned.add(Found.of(resource["ResourceType"], physical_id))
    return owned


def _held(target: Target, found: Found) -> str:
    """What would be lost with it, in words; empty if nothing would."""
    if found.kind == BUCKET:
        listed = target.client("s3").list_object_versions(Bucket=found.name, MaxKeys=1)
        return "objects" if listed.get("Versions") or listed.get("DeleteMarkers") else ""
    if found.kind == QUEUE:
        counts = target.client("sqs").get_queue_attributes(
            QueueUrl=found.physical_id, AttributeNames=["All"]
        )["Attributes"]
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return "messages" if any(int(counts[name]) for name in names) else ""
    return "what it may still be needed for"
