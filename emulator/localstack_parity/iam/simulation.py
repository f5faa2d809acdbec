"""SimulatePrincipalPolicy: decided as requests are, from the policies of a user, group or role.

LocalStack compares the texts of actions and resources, so that wildcards, conditions and denials
do not count, and calls an action that no policy names an explicit denial.

Source: IAM API Reference, SimulatePrincipalPolicy. Recorded in LocalStack's tests at v4.14.0,
`iam/test_iam.py::TestIAMIntegrations::test_simulate_principle_policy`; of the positions of
statements, which AWS gives as well, nothing is said here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.iam import NoSuchEntityException
from localstack.services.iam.resources.policy_simulator import BasicIAMPolicySimulator
from localstack.utils.patch import patch

from iam_policies.evaluation import Caller, Callers, Decision, Request, decide
from iam_policies.policies import Policy, parse_identity_policy
from localstack_parity.iam import attached
from localstack_parity.refusals import not_emulated

# What would change the decision, or how it is shown, and is not looked at.
_NOT_EMULATED = (
    *("CallerArn", "PermissionsBoundaryPolicyInputList", "ResourceHandlingOption"),
    *("ResourceOwner", "ResourcePolicy"),
)


def install() -> None:
    """Decide so from now on."""

    @patch(BasicIAMPolicySimulator.simulate_principal_policy)
    def simulate_principal_policy(
        _known: Callable[..., Any],
        _simulator: BasicIAMPolicySimulator,
        context: RequestContext,
        request: Mapping[str, Any],
    ) -> dict[str, Any]:
        for member in _NOT_EMULATED:
            if request.get(member):
                raise not_emulated(context, member)
        return {"IsTruncated": False, "EvaluationResults": list(_results(request, context))}


def _results(request: Mapping[str, Any], context: RequestContext) -> Iterator[dict[str, Any]]:
    arn = request["PolicySourceArn"]
    if attached.holder(arn) is None:
        raise NoSuchEntityException(f"{arn} does not exist.")
    caller = Caller(Callers.IDENTITY, context.account_id, arn, (arn,))
    has = attached.of_identity(caller)
    policies = dict(has.policies)
    for number, document in enumerate(request.get("PolicyInputList") or (), 1):
        policies[f"PolicyInputList.{number}"] = parse_identity_policy(document)
    keys = {
        entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"])
        for entry in request.get("ContextEntries") or ()
    }
    for action in request["ActionNames"]:
        missing = _missing(policies, action, keys)
        for resource in request.get("ResourceArns") or ("*",):
            decision = decide(
                Request(caller, action, resource, caller.account, keys),
                identity=tuple(policies.values()),
                boundary=(has.boundary,) if has.boundary else None,
            )
            matched = _matched(decision, policies)
            shown = {"MatchedStatements": matched, "MissingContextValues": missing}
            name = _name(decision)
            yield {
                **{"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": name},
                **{"EvalDecisionDetails": {}, **shown},
                "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
                "ResourceSpecificResults": [
                    {"EvalResourceName": resource, "EvalResourceDecision": name, **shown}
                ],
            }


def _name(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.explicit else "implicitDeny"


def _matched(decision: Decision, policies: Mapping[str, Policy]) -> list[dict[str, str]]:
    """Return the policy that decided, by the last part of its name."""
    return [
        {"SourcePolicyId": name.rpartition("/")[2], "SourcePolicyType": "IAM Policy"}
        for name, policy in policies.items()
        if any(statement is decision.statement for statement in policy.statements)
    ]


def _missing(
    policies: Mapping[str, Policy], action: str, keys: Mapping[str, tuple[str, ...]]
) -> list[str]:
    """Return the condition keys that policies ask about for an action, and the request lacks."""
    asked = {
        condition.key
        for policy in policies.values()
        for statement in policy.about(action)
        for condition in statement.conditions
    }
    return sorted(asked - keys.keys())
