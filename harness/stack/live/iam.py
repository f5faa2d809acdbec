"""IAM: roles and the policies of identities."""

from typing import Any

from harness.stack.live.common import Gone, Properties, document, picked, read, tags
from harness.targets.target import Target


def role(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::IAM::Role with its own and its attached policies."""
    iam = target.client("iam")
    found = read(iam.get_role, "NoSuchEntity", RoleName=physical_id).get("Role")
    if not found:
        raise Gone(physical_id)
    names = _pages(iam, "list_role_policies", "PolicyNames", RoleName=physical_id)
    attached = _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=physical_id)
    boundary = found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return {
        **picked(found, "RoleName", "Path", "Description", "MaxSessionDuration"),
        "AssumeRolePolicyDocument": document(found["AssumeRolePolicyDocument"]),
        "Policies": [_inline(iam, physical_id, name) for name in names],
        "ManagedPolicyArns": [policy["PolicyArn"] for policy in attached],
        "PermissionsBoundary": boundary,
        "Tags": tags(found.get("Tags", [])),
    }


def inline_policy(target: Target, _: str, properties: Properties) -> Properties:
    """AWS::IAM::Policy: the roles that have a policy of its name."""
    iam, name = target.client("iam"), str(properties["PolicyName"])
    documents = {}
    for owner in properties.get("Roles") or []:
        found = read(iam.get_role_policy, "NoSuchEntity", RoleName=owner, PolicyName=name)
        if found:
            documents[owner] = document(found["PolicyDocument"])
    if not documents:
        raise Gone(f"the policy {name} of any role")
    return {
        "PolicyName": name,
        "PolicyDocument": next(iter(documents.values())),
        "Roles": list(documents),
    }


def managed_policy(target: Target, physical_id: str, _: Properties) -> Properties:
    """AWS::IAM::ManagedPolicy in its default version."""
    iam = target.client("iam")
    found = read(iam.get_policy, "NoSuchEntity", PolicyArn=physical_id).get("Policy")
    if not found:
        raise Gone(physical_id)
    version = iam.get_policy_version(PolicyArn=physical_id, VersionId=found["DefaultVersionId"])
    owners = _pages(iam, "list_entities_for_policy", "PolicyRoles", PolicyArn=physical_id)
    return {
        "ManagedPolicyName": found["PolicyName"],
        **picked(found, "Path", "Description"),
        "PolicyDocument": document(version["PolicyVersion"]["Document"]),
        "Roles": [owner["RoleName"] for owner in owners],
    }


def _inline(iam: Any, role_name: str, name: str) -> dict[str, Any]:
    found = iam.get_role_policy(RoleName=role_name, PolicyName=name)
    return {"PolicyName": name, "PolicyDocument": document(found["PolicyDocument"])}


def _pages(iam: Any, operation: str, part: str, **arguments: str) -> list[Any]:
    pages = iam.get_paginator(operation).paginate(**arguments)
    return [item for page in pages for item in page[part]]
