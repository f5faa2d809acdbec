"""ECR as far as tools ask it: which repositories there are, and that another does not exist.

Repositories are those that stacks have made (CDK's bootstrap asks for one); nothing can be put into
one, and every other operation is refused. LocalStack 4.14.0 has no ECR at all. osls asks for the
repository of a service before it removes the service.
Source: Amazon ECR API Reference, DescribeRepositories.
"""

from collections.abc import Iterator
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

_TYPE = "AWS::ECR::Repository"


def service() -> Service:
    """Return the service, for LocalStack to load when it is first called."""
    model = load_service("ecr")
    operations: dict[str, Any] = dict.fromkeys(model.operation_names, _refuse)
    operations["DescribeRepositories"] = _describe_repositories
    return Service("ecr", skeleton=Skeleton(model, operations))


def _refuse(_context: RequestContext, _request: dict[str, Any]) -> dict[str, Any]:
    raise NotImplementedError  # see refusals.py


def _describe_repositories(context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
    there = {each["repositoryName"]: each for each in _repositories(context)}
    registry = request.get("registryId", context.account_id)
    if registry != context.account_id:
        there = {}
    for name in request.get("repositoryNames", ()):
        if name not in there:
            raise CommonServiceException(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id "
                f"'{registry}'",
            )
    return {"repositories": [there[name] for name in request.get("repositoryNames", there)]}


def _repositories(context: RequestContext) -> Iterator[dict[str, Any]]:
    # Loaded with the service: its modules are a quarter of those of a start.
    from localstack.services.cloudformation.stores import cloudformation_stores

    stacks = cloudformation_stores[context.account_id][context.region].stacks_v2
    for stack in list(stacks.values()):
        for resource in list(stack.resolved_resources.values()):
            if resource["Type"] == _TYPE and (name := resource.get("PhysicalResourceId")):
                registry = f"{context.account_id}.dkr.ecr.{context.region}.amazonaws.com"
                yield {
                    "repositoryArn": resource["Properties"]["Arn"],
                    "registryId": context.account_id,
                    "repositoryName": name,
                    "repositoryUri": f"{registry}/{name}",
                    "createdAt": stack.creation_time,
                    "imageTagMutability": "MUTABLE",
                }
