"""Who is let through: the evaluation logic."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iam_policies.evaluation import Source, decide
from iam_policies.policies import Policy
from tests.unit.iam_policies.documents import (
    ACCOUNT,
    ANYBODY,
    BUCKET,
    OBJECT,
    ROLE,
    ROOT,
    S3,
    SESSION,
    Fields,
    allow,
    deny,
    identity,
    of_resource,
    request,
)

# Source of all: IAM User Guide, "Policy evaluation logic" and the pages below it.

ACCOUNT_ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}


def test_nothing_is_allowed_that_no_policy_allows() -> None:
    """The implicit deny."""
    decision = decide(request(), identity=identity(allow("s3:PutObject")))
    assert (decision.allowed, decision.explicit) == (False, False)
    assert decision.source is Source.IDENTITY


def test_a_policy_of_the_identity_allows() -> None:
    """For its actions on its resources."""
    policies = identity(allow(["s3:Get*"], [f"{BUCKET}/uploads/*"]))
    assert decide(request(), identity=policies).allowed
    assert not decide(request(action="s3:PutObject"), identity=policies).allowed
    assert not decide(request(resource=f"{BUCKET}/other"), identity=policies).allowed


def test_not_action_and_not_resource_mean_all_others() -> None:
    """ "Matches everything except the specified list." """
    policies = identity(
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": f"{BUCKET}/secret/*"}
    )
    assert decide(request(), identity=policies).allowed
    assert not decide(request(action="iam:CreateRole", resource="*"), identity=policies).allowed
    assert not decide(request(resource=f"{BUCKET}/secret/x"), identity=policies).allowed


def test_an_explicit_deny_of_the_identity_wins() -> None:
    """Over what any policy allows."""
    policies = identity(allow("*"), deny("s3:GetObject", OBJECT))
    decision = decide(request(), identity=policies)
    assert decision.explicit
    assert decision.source is Source.IDENTITY


def test_in_the_same_account_either_policy_is_enough() -> None:
    """The resource's policy alone allows a role that it names."""
    for name in (ROLE, SESSION):
        policy = of_resource(allow("s3:GetObject", OBJECT, Principal={"AWS": name}))
        decision = decide(request(), resource=policy)
        assert decision.allowed
        assert decision.source is Source.RESOURCE


def test_a_policy_that_names_the_account_leaves_it_to_the_account() -> None:
    """ "It delegates authority to the account", whose own policies then have to allow."""
    for principal in (ACCOUNT_ROOT, {"AWS": ACCOUNT}):
        policy = of_resource(allow("s3:GetObject", OBJECT, Principal=principal))
        assert not decide(request(), resource=policy).allowed
        assert decide(request(), resource=policy, identity=identity(allow("s3:*"))).allowed


def test_across_accounts_both_policies_are_needed() -> None:
    """The owner's and the caller's."""
    own = identity(allow("s3:*"))
    theirs = of_resource(allow("s3:GetObject", OBJECT, Principal={"AWS": ROLE}))
    foreign = request(account="444455556666")
    assert not decide(foreign, identity=own).allowed
    assert not decide(foreign, resource=theirs).allowed
    assert decide(foreign, identity=own, resource=theirs).allowed


def test_a_deny_of_the_resource_hits_everyone_it_means_root_too() -> None:
    """Even the account's own root user."""
    policy = of_resource(deny("s3:*", f"{BUCKET}/*", Principal="*"))
    for caller in (ROOT, request().caller, S3, ANYBODY):
        decision = decide(request(caller), identity=identity(allow("*")), resource=policy)
        assert decision.explicit
        assert decision.source is Source.RESOURCE


def test_a_deny_for_an_account_means_all_of_it() -> None:
    """Its users and roles too."""
    policy = of_resource(deny("s3:*", f"{BUCKET}/*", Principal=ACCOUNT_ROOT))
    assert decide(request(), identity=identity(allow("*")), resource=policy).explicit


def test_root_may_do_what_nobody_denies() -> None:
    """In its own account only."""
    assert decide(request(ROOT)).allowed
    assert not decide(request(ROOT, account="444455556666")).allowed


def test_not_principal_denies_all_but_those_named_in_full() -> None:
    """ "You must also specify the account ARN of the not-denied principal." """

    def denied(*names: str) -> bool:
        policy = of_resource(
            {
                "Effect": "Deny",
                "NotPrincipal": {"AWS": list(names)},
                "Action": "s3:*",
                "Resource": "*",
            }
        )
        return decide(request(), identity=identity(allow("*")), resource=policy).explicit

    assert not denied(SESSION, ROLE, f"arn:aws:iam::{ACCOUNT}:root")
    assert denied(ROLE)
    assert denied(f"arn:aws:iam::{ACCOUNT}:role/other")


def test_a_service_needs_the_resources_policy() -> None:
    """With the conditions that the policy asks for."""
    policy = of_resource(
        allow(
            "lambda:InvokeFunction",
            "arn:aws:lambda:us-east-1:1:function:f",
            Principal={"Service": "s3.amazonaws.com"},
            Condition={
                "StringEquals": {"AWS:SourceAccount": ACCOUNT},
                "ArnLike": {"AWS:SourceArn": BUCKET},
            },
        )
    )

    def allowed(**context: Any) -> bool:
        asked = request(
            S3, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:1:function:f", **context
        )
        return decide(asked, resource=policy).allowed

    assert allowed(aws__sourceaccount=ACCOUNT, aws__sourcearn=BUCKET)
    assert not allowed(aws__sourceaccount="444455556666", aws__sourcearn=BUCKET)
    assert not allowed(aws__sourceaccount=ACCOUNT, aws__sourcearn=f"{BUCKET}2")
    assert not allowed(aws__sourceaccount=ACCOUNT)
    assert not decide(request(S3)).allowed


def test_anonymous_callers_need_a_policy_for_everyone() -> None:
    """Naming an account is not enough."""
    for principal, allowed in (("*", True), ({"AWS": "*"}, True), (ACCOUNT_ROOT, False)):
        policy = of_resource(allow("s3:GetObject", OBJECT, Principal=principal))
        assert decide(request(ANYBODY), resource=policy).allowed is allowed


def test_a_role_is_assumed_only_by_those_it_trusts() -> None:
    """An identity's policy alone does not do; a trusted account's identity needs one."""
    own = identity(allow("sts:AssumeRole"))

    def assumes(principal: Any, policies: list[Policy]) -> bool:
        trust = of_resource({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})
        asked = request(action="sts:AssumeRole", resource=f"arn:aws:iam::{ACCOUNT}:role/other")
        return decide(asked, identity=policies, resource=trust, needs_resource_policy=True).allowed

    assert not assumes({"Service": "lambda.amazonaws.com"}, own)
    assert assumes({"AWS": ROLE}, [])
    assert assumes(ACCOUNT_ROOT, own)
    assert not assumes(ACCOUNT_ROOT, [])


def test_a_boundary_limits_what_the_identitys_policies_allow() -> None:
    """It allows nothing by itself."""
    own, boundary = identity(allow("s3:*")), identity(allow("s3:Get*"))
    assert decide(request(), identity=own, boundary=boundary).allowed
    limited = decide(request(action="s3:PutObject"), identity=own, boundary=boundary)
    assert (limited.allowed, limited.source) == (False, Source.BOUNDARY)
    assert not decide(request(), boundary=boundary).allowed


def test_the_deciding_statement_is_named() -> None:
    """For the record of what was used."""
    policies = identity(allow("sqs:*", Sid="Queues"), allow("s3:*", Sid="Objects"))
    decision = decide(request(), identity=policies)
    assert decision.statement is not None
    assert decision.statement.sid == "Objects"


_ACTIONS = st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "sqs:SendMessage"])
_RESOURCES = st.sampled_from([OBJECT, f"{BUCKET}/*", BUCKET, "*", "arn:aws:sqs:*:*:queue"])
_CONDITIONS = st.sampled_from(
    [{}, {"Condition": {"StringEquals": {"k": "a"}}}, {"Condition": {"Null": {"k": "true"}}}]
)


@st.composite
def _statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Allow", "Deny")) -> Fields:
    return {
        "Effect": draw(st.sampled_from(effects)),
        "Action": draw(_ACTIONS),
        "Resource": draw(_RESOURCES),
        **draw(_CONDITIONS),
    }


_REQUESTS = st.builds(
    request,
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
    resource=st.sampled_from([OBJECT, BUCKET, "arn:aws:sqs:us-east-1:1:queue"]),
    k=st.sampled_from(["a", "b"]),
)


@given(_REQUESTS, st.lists(_statements(), min_size=1, max_size=5))
def test_a_deny_of_everything_leaves_nothing(asked: Any, statements: list[Fields]) -> None:
    """Whatever else the policies say, in whatever order."""
    assert decide(asked, identity=identity(*statements, deny("*"))).explicit
    assert decide(asked, identity=identity(deny("*"), *statements)).explicit


@given(_REQUESTS, st.lists(_statements(), min_size=1, max_size=5), _statements(("Allow",)))
def test_one_more_allow_takes_nothing_away(
    asked: Any, statements: list[Fields], more: Fields
) -> None:
    """What was allowed stays allowed, what was denied explicitly stays denied."""
    before = decide(asked, identity=identity(*statements))
    after = decide(asked, identity=identity(*statements, more))
    assert after.allowed >= before.allowed
    assert after.explicit == before.explicit


@given(_REQUESTS, st.lists(_statements(), min_size=2, max_size=5))
def test_the_order_of_statements_does_not_matter(asked: Any, statements: list[Fields]) -> None:
    """Nor which of an identity's policies a statement is in."""
    together = decide(asked, identity=identity(*statements))
    backwards = decide(asked, identity=identity(*reversed(statements)))
    apart = decide(asked, identity=[policy for one in statements for policy in identity(one)])
    assert together.allowed == backwards.allowed == apart.allowed


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_an_unmet_condition_takes_a_statement_out(effect: str) -> None:
    """Allow and Deny alike."""
    one = {**allow("s3:GetObject"), "Effect": effect, "Condition": {"StringEquals": {"k": "a"}}}
    base = [] if effect == "Allow" else [allow("s3:*")]
    decision = decide(request(k="b"), identity=identity(one, *base))
    assert decision.allowed is (effect == "Deny")
